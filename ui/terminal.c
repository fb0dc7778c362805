#include "ui/terminal.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/signalfd.h>
#include <termios.h>
#include <unistd.h>

#include "base/memory.h"

static const int fatal_signals[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGQUIT};

/* A signal handler and die() know only what is global. */
static struct {
    volatile sig_atomic_t taken;
    struct termios before;
    char leave[512];
    size_t leave_size;
    int leave_fd;
    int stderr_before, stderr_memory;
    off_t stderr_read;
    struct sigaction fatal_before[ARRAY_SIZE(fatal_signals)];
} state = {.stderr_before = -1, .stderr_memory = -1};

/* Only write and tcsetattr. */
static void reset_terminal(void)
{
    ssize_t written = write(state.leave_fd, state.leave, state.leave_size);
    (void)written; /* a terminal that is gone, or does not read */
    tcsetattr(STDIN_FILENO, TCSANOW, &state.before);
}

static void on_fatal(int number)
{
    int saved = errno;
    if (state.taken) {
        state.taken = 0;
        reset_terminal();
        dup2(state.stderr_before, STDERR_FILENO);
    }
    for (size_t i = 0; i < ARRAY_SIZE(fatal_signals); i++)
        if (fatal_signals[i] == number)
            sigaction(number, &state.fatal_before[i], NULL);
    errno = saved;
    raise(number);
}

static void pass_keys_on(void)
{
    struct termios settings = state.before;
    settings.c_iflag &= ~(tcflag_t)(IXON | BRKINT | PARMRK | ICRNL | INLCR | IGNCR);
    settings.c_oflag &= ~(tcflag_t)ONLCR;
    settings.c_lflag &= ~(tcflag_t)(ICANON | ISIG | IEXTEN | ECHO | ECHONL);
    settings.c_cc[VMIN] = 1;
    settings.c_cc[VTIME] = 0;
    tcsetattr(STDIN_FILENO, TCSANOW, &settings);
}

void terminal_take(const char *leave, int fd)
{
    if (tcgetattr(STDIN_FILENO, &state.before) != 0)
        return;
    pass_keys_on();
    snprintf(state.leave, sizeof state.leave, "%s", leave);
    state.leave_size = strlen(state.leave);
    state.leave_fd = fd;
    fflush(stderr);
    if (state.stderr_memory < 0)
        state.stderr_memory = memfd_create("stderr", MFD_CLOEXEC);
    if (state.stderr_memory >= 0) {
        state.stderr_before = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3);
        dup2(state.stderr_memory, STDERR_FILENO);
    }
    struct sigaction action = {.sa_handler = on_fatal};
    sigemptyset(&action.sa_mask);
    for (size_t i = 0; i < ARRAY_SIZE(fatal_signals); i++)
        sigaction(fatal_signals[i], &action, &state.fatal_before[i]);
    state.taken = 1;
    die_set_hook(terminal_give_back);
}

void terminal_give_back(void)
{
    if (!state.taken)
        return;
    state.taken = 0;
    reset_terminal();
    fflush(stderr);
    if (state.stderr_before >= 0) {
        dup2(state.stderr_before, STDERR_FILENO);
        close(state.stderr_before);
        state.stderr_before = -1;
    }
    for (size_t i = 0; i < ARRAY_SIZE(fatal_signals); i++)
        sigaction(fatal_signals[i], &state.fatal_before[i], NULL);
    die_set_hook(NULL);
}

void terminal_reset(void)
{
    if (state.leave_size)
        reset_terminal();
}

void terminal_give_up(void)
{
    int nowhere = open("/dev/null", O_WRONLY | O_CLOEXEC);
    for (int fd = STDOUT_FILENO; nowhere >= 0 && fd <= STDERR_FILENO; fd++)
        if (isatty(fd))
            dup2(nowhere, fd);
    if (nowhere >= 0)
        close(nowhere);
}

void terminal_read_stderr(struct buffer *out)
{
    char bytes[4096];
    ssize_t size;
    if (state.stderr_memory < 0)
        return;
    while ((size = pread(state.stderr_memory, bytes, sizeof bytes, state.stderr_read)) > 0) {
        buffer_add(out, bytes, (size_t)size);
        state.stderr_read += size;
    }
}

/* ---- signals ---- */

static sigset_t handled(void)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGTSTP);
    sigaddset(&set, SIGCONT);
    sigaddset(&set, SIGWINCH);
    return set;
}

/* Never called: they are blocked. */
static void on_stop(int number)
{
    (void)number;
}

int terminal_signals_open(void)
{
    sigset_t set = handled();
    pthread_sigmask(SIG_BLOCK, &set, NULL);
    /* Where nobody handles SIGTSTP, ncurses does, and ignores it while it draws: one that waits to
     * be read is lost by that. */
    signal(SIGTSTP, on_stop);
    int fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
    if (fd < 0)
        die("cannot read signals: %s", strerror(errno));
    return fd;
}

void terminal_signals_close(int fd)
{
    sigset_t set = handled();
    signal(SIGTSTP, SIG_DFL);
    pthread_sigmask(SIG_UNBLOCK, &set, NULL);
    close(fd);
}

void terminal_drop_interrupts(void)
{
    const struct timespec now = {0};
    sigset_t interrupt;
    sigemptyset(&interrupt);
    sigaddset(&interrupt, SIGINT);
    while (sigtimedwait(&interrupt, NULL, &now) == SIGINT)
        ;
}

int terminal_signals_take(int fd)
{
    struct signalfd_siginfo info;
    return read(fd, &info, sizeof info) == sizeof info ? (int)info.ssi_signo : 0;
}
