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

/* The kernel stamps with CLOCK_REALTIME. Both clocks are read now, so that a clock that was set
 * since the run began does no harm. */
static uint64_t monotonic_of(const struct timespec *stamp)
{
    uint64_t age_ns = clock_driven_ns(real_wall_ns() - timespec_ns(stamp));
    uint64_t now = now_ns();
    return age_ns < now ? now - age_ns : 0;
}

uint64_t arrival_peek_ns(int fd)
{
    char byte;
    _Alignas(struct cmsghdr) char control[256];
    struct iovec piece = {.iov_base = &byte, .iov_len = 1};
    struct msghdr message = {.msg_iov = &piece,
                             .msg_iovlen = 1,
                             .msg_control = control,
                             .msg_controllen = sizeof control};
    if (recvmsg(fd, &message, MSG_PEEK | MSG_DONTWAIT) <= 0)
        return 0;
    for (struct cmsghdr *at = CMSG_FIRSTHDR(&message); at; at = CMSG_NXTHDR(&message, at)) {
        if (at->cmsg_level != SOL_SOCKET || at->cmsg_type != SCM_TIMESTAMPING)
            continue;
        struct scm_timestamping stamps;
        memcpy(&stamps, CMSG_DATA(at), sizeof stamps);
        if (stamps.ts[0].tv_sec)
            return monotonic_of(&stamps.ts[0]);
    }
    return 0;
}
