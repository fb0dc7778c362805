#include "command/signals.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/console.h"
#include "base/memory.h"

#define LOOK_NS       (100 * NS_PER_MS)
#define LAST_WORDS_NS (300 * NS_PER_MS)

static sigset_t handled(void)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGHUP);
    return set;
}

void signals_block(struct signals *signals)
{
    sigset_t set = handled();
    pthread_sigmask(SIG_BLOCK, &set, NULL);
    *signals = (struct signals){.fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK)};
    if (signals->fd < 0)
        die("cannot read signals: %s", strerror(errno));
}

void signals_unblock(void)
{
    sigset_t set = handled();
    pthread_sigmask(SIG_UNBLOCK, &set, NULL);
}

int signals_take(struct signals *signals)
{
    struct signalfd_siginfo info;
    if (read(signals->fd, &info, sizeof info) != sizeof info)
        return 0;
    if (!signals->first)
        signals->first = (int)info.ssi_signo;
    return (int)info.ssi_signo;
}

void signals_let_out(struct signals *signals)
{
    while (!console_send(signals->first ? LAST_WORDS_NS : LOOK_NS) && !signals->first)
        signals_take(signals);
}

int signals_status(const struct signals *signals, int status)
{
    return signals->first ? 128 + signals->first : status;
}
