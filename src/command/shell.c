#include "command/shell.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/memory.h"

#define LOOK_MS 20

static _Noreturn void become_shell(const char *command)
{
    setpgid(0, 0);
    signals_unblock();
    /* A background job of a script starts with SIGINT ignored: what is passed on must arrive. */
    static const int plain[] = {SIGINT, SIGTERM, SIGHUP, SIGPIPE};
    for (size_t i = 0; i < ARRAY_SIZE(plain); i++)
        signal(plain[i], SIG_DFL);
    int nothing = open("/dev/null", O_RDONLY | O_CLOEXEC);
    if (nothing >= 0)
        dup2(nothing, STDIN_FILENO);
    dup2(STDERR_FILENO, STDOUT_FILENO);
    execl("/bin/sh", "sh", "-c", command, (char *)NULL);
    _exit(127);
}

/* The status of waitpid. */
static int wait_for(pid_t child, struct signals *signals)
{
    int status = 0;
    pid_t ended;
    while ((ended = waitpid(child, &status, WNOHANG)) == 0 || (ended < 0 && errno == EINTR)) {
        struct pollfd arrived = {.fd = signals->fd, .events = POLLIN};
        poll(&arrived, 1, LOOK_MS);
        int number = signals_take(signals);
        if (number)
            kill(-child, number);
    }
    return status;
}

bool shell_run(const char *command, struct signals *signals, struct error *error)
{
    pid_t child = fork();
    if (child < 0)
        return error_set(error, "cannot start a shell: %s", strerror(errno));
    if (child == 0)
        become_shell(command);
    setpgid(child, child); /* here too: a signal may come before the child gets to it */
    int status = wait_for(child, signals);
    if (WIFSIGNALED(status))
        return error_set(error, "\"%.200s\" was ended by signal %d", command, WTERMSIG(status));
    return WEXITSTATUS(status) == 0 ||
           error_set(error, "\"%.200s\" ended with status %d", command, WEXITSTATUS(status));
}
