/* How a worker's requests reach the server. There are several kinds; a run uses one of them, and
 * each worker has one of its own, which only its thread uses. */
#ifndef CLIENT_TRANSPORT_H
#define CLIENT_TRANSPORT_H

#include "base/loop.h"
#include "client/transfer.h"

/* The part that all kinds begin with. */
struct transport {
    struct loop *loop;
    struct transfer_owner *owner;
};

/* Ends of transfers are told by transfer_end and transfer_break, also from within `start`. */
struct transport_kind {
    const char *name; /* as files of a run have it */

    /* NULL with the reason. */
    struct transport *(*create)(struct loop *loop, struct transfer_owner *owner,
                                struct error *error);
    void (*destroy)(struct transport *transport);

    /* A transfer with what this kind needs behind it; NULL when there is no room for more. */
    struct transfer *(*transfer_new)(struct transport *transport);
    void (*transfer_free)(struct transfer *transfer);
    /* Sends transfer->stream.request. */
    void (*start)(struct transport *transport, struct transfer *transfer);
    /* Takes it back before its answer has ended; its connection is closed. */
    void (*stop)(struct transport *transport, struct transfer *transfer);

    /* How many connections are worth keeping between requests; UINT32_MAX = as many as there are.
     */
    void (*keep)(struct transport *transport, uint32_t connections);
    /* Opens a connection and keeps it, with a GET of that URL where it takes one: whatever comes of
     * it is told as opened. */
    bool (*open)(struct transport *transport, const char *url);

    /* What the loop found. */
    void (*serve)(struct transport *transport, const struct loop_ready *ready, size_t count);
    /* When its own timers want to be served; UINT64_MAX = never. */
    uint64_t (*next_ns)(const struct transport *transport);
    void (*serve_timers)(struct transport *transport);
};

#endif
