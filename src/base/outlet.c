#include "base/outlet.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <unistd.h>

#include "base/clock.h"

static int open_anew(int fd)
{
    char path[32];
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    int own = open(path, O_WRONLY | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
    /* A terminal that another user owns, as after su: as its own terminal a process may have it. */
    if (own < 0 && tcgetpgrp(fd) >= 0)
        own = open("/dev/tty", O_WRONLY | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
    return own >= 0 ? own : fcntl(fd, F_DUPFD_CLOEXEC, 3);
}

void outlet_open(struct outlet *outlet, int fd)
{
    *outlet = (struct outlet){.fd = open_anew(fd)};
    outlet->lost = outlet->fd < 0;
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

bool outlet_send(struct outlet *outlet)
{
    while (outlet->pending.size) {
        ssize_t sent = write(outlet->fd, outlet->pending.data, outlet->pending.size);
        if (sent > 0) {
            buffer_consume(&outlet->pending, (size_t)sent);
        } else if (sent < 0 && errno == EAGAIN) {
            break;
        } else if (sent == 0 || errno != EINTR) {
            outlet->lost = true;
            buffer_clear(&outlet->pending);
        }
    }
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
