#include "client/arrival.h"

#include <string.h>
#include <sys/socket.h>
#include <time.h>

/* These need struct timespec, which they do not bring. */
#include <linux/errqueue.h>
#include <linux/net_tstamp.h>

#include "base/clock.h"

void arrival_enable(int fd)
{
    int flags = SOF_TIMESTAMPING_RX_SOFTWARE | SOF_TIMESTAMPING_SOFTWARE;
    setsockopt(fd, SOL_SOCKET, SO_TIMESTAMPING, &flags, sizeof flags);
}

struct arrival_clock arrival_clock_read(void)
{
    struct arrival_clock clock;
    uint64_t after_ns;
    /* A thread that loses its processor in between tries again. */
    int tries = 0;
    do {
        clock.now_ns = now_ns();
        clock.wall_ns = real_wall_ns();
        after_ns = now_ns();
    } while (after_ns - clock.now_ns > clock_driven_ns(NS_PER_US) && ++tries < 3);
    return clock;
}

/* When the kernel stamped the message's newest bytes, by its own clock; 0 = it did not. */
static uint64_t stamp_wall_ns(const struct msghdr *message)
{
    struct msghdr *headers = (struct msghdr *)(uintptr_t)message;
    for (struct cmsghdr *at = CMSG_FIRSTHDR(headers); at; at = CMSG_NXTHDR(headers, at)) {
        if (at->cmsg_level != SOL_SOCKET || at->cmsg_type != SCM_TIMESTAMPING)
            continue;
        struct scm_timestamping stamps;
        memcpy(&stamps, CMSG_DATA(at), sizeof stamps);
        if (stamps.ts[0].tv_sec)
            return timespec_ns(&stamps.ts[0]);
    }
    return 0;
}

uint64_t arrival_of_message(const struct msghdr *message, const struct arrival_clock *clock)
{
    uint64_t wall_ns = stamp_wall_ns(message);
    if (wall_ns == 0)
        return 0;
    if (wall_ns <= clock->wall_ns) {
        uint64_t before_ns = clock_driven_ns(clock->wall_ns - wall_ns);
        return before_ns < clock->now_ns ? clock->now_ns - before_ns : 0;
    }
    /* Later than a turn of the loop lasts: the clock was set back. */
    uint64_t after_ns = wall_ns - clock->wall_ns;
    return after_ns < NS_PER_S ? clock->now_ns + clock_driven_ns(after_ns) : 0;
}

uint64_t arrival_peek_ns(int fd)
{
    char byte;
    _Alignas(struct cmsghdr) char control[ARRIVAL_CONTROL_BYTES];
    struct iovec piece = {.iov_base = &byte, .iov_len = 1};
    struct msghdr message = {.msg_iov = &piece,
                             .msg_iovlen = 1,
                             .msg_control = control,
                             .msg_controllen = sizeof control};
    if (recvmsg(fd, &message, MSG_PEEK | MSG_DONTWAIT) <= 0)
        return 0;
    /* Both clocks are read now, so that one that was set since the run began does no harm. */
    struct arrival_clock clock = arrival_clock_read();
    return arrival_of_message(&message, &clock);
}
