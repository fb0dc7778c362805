/* A TCP connection to the server under test, without a wait in any call. It knows no HTTP. */
#ifndef CLIENT_CHANNEL_H
#define CLIENT_CHANNEL_H

#include <sys/socket.h>
#include <sys/types.h>

#include "base/loop.h"
#include "base/timers.h"
#include "client/arrival.h"

struct iovec;

struct channel {
    int fd;           /* -1 = closed */
    uint32_t watched; /* what the loop waits for */
    bool connecting;
    bool used;          /* it has carried a request */
    uint64_t opened_ns; /* its socket */
    void *owner;        /* the request that it carries; NULL = idle */

    /* of client/channels */
    size_t address; /* which of the server's */
    size_t addresses_tried;
    uint64_t connect_by_ns;
    struct timer timer;
    struct channel *older, *newer; /* among the idle ones */
};

/* Begins to connect; the loop then tells with `channel` when there is something to do. False with
 * errno set when that failed at once. */
bool channel_open(struct channel *channel, struct loop *loop,
                  const struct sockaddr_storage *address);
/* After the loop told of one that is connecting: 0 when it is connected, else why not. */
int channel_connected(struct channel *channel);
void channel_close(struct channel *channel, struct loop *loop);

/* Waits for that from now on. False with errno set when epoll refuses. */
bool channel_watch(struct channel *channel, struct loop *loop, uint32_t events);
/* Whether nothing can be asked over an idle one: it was closed, or holds bytes of nobody's. */
bool channel_is_spent(const struct channel *channel);

/* Bytes written of the pieces behind the first `skip` ones; -1 with errno. */
ssize_t channel_write(const struct channel *channel, const struct iovec *pieces, size_t count,
                      size_t skip);
/* Bytes read; 0 = it has ended; -1 with errno. `*arrived_ns` is when the newest of them did, 0
 * where the kernel does not say. */
ssize_t channel_read(const struct channel *channel, void *bytes, size_t size,
                     const struct arrival_clock *clock, uint64_t *arrived_ns);

#endif
