#include "base/outlet.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <sys/param.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"

static int open_anew(int fd, bool terminal)
{
    char path[32];
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    int own = open(path, O_WRONLY | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
    /* A terminal that another user owns, as after su: as its own terminal a process may have it. */
    if (own < 0 && terminal && tcgetpgrp(fd) >= 0)
        own = open("/dev/tty", O_WRONLY | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
    return own;
}

void outlet_open(struct outlet *outlet, int fd)
{
    struct stat status = {0};
    bool terminal = isatty(fd);
    *outlet = (struct outlet){.fd = -1};
    if (terminal || (fstat(fd, &status) == 0 && S_ISFIFO(status.st_mode)))
        outlet->fd = open_anew(fd, terminal);
    outlet->never_waits = outlet->fd >= 0 || S_ISREG(status.st_mode);
    if (outlet->fd < 0)
        outlet->fd = fcntl(fd, F_DUPFD_CLOEXEC, 3);
    outlet->lost = outlet->fd < 0;
    outlet->cause = outlet->lost ? errno : 0;
}

void outlet_close(struct outlet *outlet)
{
    if (outlet->fd >= 0)
        close(outlet->fd);
    buffer_free(&outlet->pending);
    *outlet = (struct outlet){.fd = -1, .lost = true};
}

void outlet_add(struct outlet *outlet, struct text text)
{
    if (!outlet->lost)
        buffer_add_text(&outlet->pending, text);
}

/* At most PIPE_BUF bytes after poll() are what a pipe takes without a wait. */
static ssize_t write_some(const struct outlet *outlet, struct text rest)
{
    struct pollfd ready = {.fd = outlet->fd, .events = POLLOUT};
    if (outlet->never_waits)
        return write(outlet->fd, rest.data, rest.size);
    if (poll(&ready, 1, 0) == 0) {
        errno = EAGAIN;
        return -1;
    }
    return write(outlet->fd, rest.data, MIN(rest.size, PIPE_BUF));
}

bool outlet_send(struct outlet *outlet)
{
    struct text rest = buffer_text(&outlet->pending);
    while (rest.size) {
        ssize_t sent = write_some(outlet, rest);
        if (sent > 0) {
            rest = (struct text){rest.data + sent, rest.size - (size_t)sent};
        } else if (sent < 0 && errno == EAGAIN) {
            break;
        } else if (sent == 0 || errno != EINTR) {
            outlet->lost = true;
            outlet->cause = sent == 0 ? EIO : errno;
            rest.size = 0;
        }
    }
    buffer_consume(&outlet->pending, outlet->pending.size - rest.size);
    return outlet_is_empty(outlet);
}

bool outlet_drain(struct outlet *outlet, uint64_t timeout_ns)
{
    uint64_t until_ns = real_now_ns() + timeout_ns, now;
    while (!outlet_send(outlet) && (now = real_now_ns()) < until_ns) {
        struct pollfd ready = {.fd = outlet->fd, .events = POLLOUT};
        poll(&ready, 1, (int)((until_ns - now + NS_PER_MS - 1) / NS_PER_MS));
    }
    bool taken = outlet_is_empty(outlet) && !outlet->lost;
    buffer_clear(&outlet->pending);
    return taken;
}
