#include "base/loop.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/clock.h"

bool loop_init(struct loop *loop, struct error *error)
{
    *loop = (struct loop){.epoll_fd = -1, .wake_fd = -1};
    loop->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    if (loop->epoll_fd < 0)
        return error_set(error, "cannot create an epoll instance: %s", strerror(errno));
    loop->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (loop->wake_fd < 0 || !loop_watch(loop, loop->wake_fd, EPOLLIN, loop)) {
        error_set(error, "cannot create an eventfd: %s", strerror(errno));
        loop_free(loop);
        return false;
    }
    loop->woke_ns = now_ns();
    return true;
}

void loop_free(struct loop *loop)
{
    if (loop->wake_fd >= 0)
        close(loop->wake_fd);
    if (loop->epoll_fd >= 0)
        close(loop->epoll_fd);
    loop->wake_fd = loop->epoll_fd = -1;
}

bool loop_add(struct loop *loop, int fd, uint32_t events, void *owner)
{
    struct epoll_event event = {.events = events, .data.ptr = owner};
    return epoll_ctl(loop->epoll_fd, EPOLL_CTL_ADD, fd, &event) == 0;
}

bool loop_watch(struct loop *loop, int fd, uint32_t events, void *owner)
{
    struct epoll_event event = {.events = events, .data.ptr = owner};
    if (epoll_ctl(loop->epoll_fd, EPOLL_CTL_MOD, fd, &event) == 0)
        return true;
    return errno == ENOENT && loop_add(loop, fd, events, owner);
}

void loop_unwatch(struct loop *loop, int fd)
{
    /* A closed descriptor has left epoll by itself. */
    epoll_ctl(loop->epoll_fd, EPOLL_CTL_DEL, fd, NULL);
}

void loop_close(struct loop *loop, int fd)
{
    loop_unwatch(loop, fd);
    close(fd);
}

static void drain_wake(struct loop *loop)
{
    uint64_t count;
    while (read(loop->wake_fd, &count, sizeof count) < 0 && errno == EINTR)
        ;
}

/* As epoll_wait, with a deadline in nanoseconds. Kernels before 5.11 have no epoll_pwait2, and some
 * sandboxes forbid it: ppoll on the epoll descriptor waits as finely, in two calls. */
static int wait_once(struct loop *loop, struct epoll_event *events, int most, uint64_t timeout_ns,
                     bool forever)
{
    struct timespec span = {.tv_sec = (time_t)(timeout_ns / NS_PER_S),
                            .tv_nsec = (long)(timeout_ns % NS_PER_S)};
    const struct timespec *timeout = forever ? NULL : &span;
    if (!loop->lacks_pwait2) {
        int count = epoll_pwait2(loop->epoll_fd, events, most, timeout, NULL);
        if (count >= 0 || (errno != ENOSYS && errno != EPERM))
            return count;
        loop->lacks_pwait2 = true;
    }
    struct pollfd any = {.fd = loop->epoll_fd, .events = POLLIN};
    int count = ppoll(&any, 1, timeout, NULL);
    return count > 0 ? epoll_wait(loop->epoll_fd, events, most, 0) : count;
}

size_t loop_wait(struct loop *loop, uint64_t deadline_ns, struct loop_ready *ready, size_t most)
{
    struct epoll_event events[256];
    if (most > 256)
        most = 256;
    uint64_t now = now_ns();
    bool forever = deadline_ns == LOOP_FOREVER;
    uint64_t timeout_ns = !forever && deadline_ns > now ? clock_real_ns(deadline_ns - now) : 0;

    int count = wait_once(loop, events, (int)most, timeout_ns, forever);
    loop->woke_ns = now_ns();
    loop->waited_ns += loop->woke_ns - now;

    size_t filled = 0;
    for (int i = 0; i < count; i++) {
        if (events[i].data.ptr == loop)
            drain_wake(loop);
        else
            ready[filled++] = (struct loop_ready){events[i].data.ptr, events[i].events};
    }
    return filled;
}

void loop_wake(struct loop *loop)
{
    uint64_t one = 1;
    while (write(loop->wake_fd, &one, sizeof one) < 0 && errno == EINTR)
        ;
}
