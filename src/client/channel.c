#include "client/channel.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/uio.h>

#include "base/clock.h"

#define PIECES_MOST 4

static socklen_t address_size(const struct sockaddr_storage *address)
{
    return address->ss_family == AF_INET6 ? sizeof(struct sockaddr_in6)
                                          : sizeof(struct sockaddr_in);
}

bool channel_open(struct channel *channel, struct loop *loop,
                  const struct sockaddr_storage *address)
{
    channel->opened_ns = now_ns();
    channel->fd = socket(address->ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (channel->fd < 0)
        return false;
    int yes = 1;
    setsockopt(channel->fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    arrival_enable(channel->fd);
    channel->watched = EPOLLOUT;
    channel->connecting = true;
    channel->used = false;
    if ((connect(channel->fd, (const struct sockaddr *)address, address_size(address)) == 0 ||
         errno == EINPROGRESS) &&
        loop_add(loop, channel->fd, channel->watched, channel))
        return true;
    int reason = errno;
    channel_close(channel, loop);
    errno = reason;
    return false;
}

int channel_connected(struct channel *channel)
{
    int reason = 0;
    socklen_t size = sizeof reason;
    if (getsockopt(channel->fd, SOL_SOCKET, SO_ERROR, &reason, &size) != 0)
        reason = errno;
    channel->connecting = reason != 0;
    return reason;
}

void channel_close(struct channel *channel, struct loop *loop)
{
    if (channel->fd >= 0)
        loop_close(loop, channel->fd);
    channel->fd = -1;
    channel->connecting = false;
}

bool channel_watch(struct channel *channel, struct loop *loop, uint32_t events)
{
    if (channel->watched == events)
        return true;
    channel->watched = events;
    return loop_watch(loop, channel->fd, events, channel);
}

bool channel_is_spent(const struct channel *channel)
{
    char byte;
    return recv(channel->fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) >= 0 ||
           (errno != EAGAIN && errno != EINTR);
}

ssize_t channel_write(const struct channel *channel, const struct iovec *pieces, size_t count,
                      size_t skip)
{
    struct iovec left[PIECES_MOST];
    struct msghdr message = {.msg_iov = left};
    for (size_t i = 0; i < count; i++) {
        size_t over = skip < pieces[i].iov_len ? skip : pieces[i].iov_len;
        skip -= over;
        if (over < pieces[i].iov_len)
            left[message.msg_iovlen++] = (struct iovec){
                .iov_base = (char *)pieces[i].iov_base + over, .iov_len = pieces[i].iov_len - over};
    }
    return sendmsg(channel->fd, &message, MSG_NOSIGNAL);
}

ssize_t channel_read(const struct channel *channel, void *bytes, size_t size,
                     const struct arrival_clock *clock, uint64_t *arrived_ns)
{
    _Alignas(struct cmsghdr) char control[ARRIVAL_CONTROL_BYTES];
    struct iovec piece = {.iov_base = bytes, .iov_len = size};
    struct msghdr message = {.msg_iov = &piece,
                             .msg_iovlen = 1,
                             .msg_control = control,
                             .msg_controllen = sizeof control};
    ssize_t got = recvmsg(channel->fd, &message, 0);
    *arrived_ns = got > 0 ? arrival_of_message(&message, clock) : 0;
    return got;
}
