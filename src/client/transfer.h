/* A slot for requests, one after the other: the stream of the one that is under way, its limits of
 * time, and the conversation that the slot belongs to. Transports put what they need behind it. */
#ifndef CLIENT_TRANSFER_H
#define CLIENT_TRANSFER_H

#include "base/clock.h"
#include "client/stream.h"

/* A worker that did nothing for so long was stopped, or its machine slept: its clock readings since
 * then are worth nothing. Being busy is no such gap, the health verdict tells of that. */
#define STALL_NS (250 * NS_PER_MS)

struct transfer {
    struct stream stream;
    bool in_flight;
    struct timer limit; /* in owner->limits; it may come too early, never too late */
    uint64_t limit_ns;  /* when; UINT64_MAX = not set */
    uint64_t free_since_ns;
    const struct request *next_turn; /* of its conversation, which keeps the slot; NULL = none */
    uint64_t next_turn_ns;
    struct timer turn_timer;
};

void transfer_init(struct transfer *transfer, struct transfer_owner *owner);
void transfer_free(struct transfer *transfer);

/* Hands the request to the owner's transport. */
void transfer_start(struct transfer *transfer, const struct request *request, uint64_t intended_ns,
                    bool ramped);

/* ---- for transports: each ends it and tells the owner */

/* The answer came to its end by HTTP's rules. */
void transfer_end(struct transfer *transfer);
/* It did not. */
void transfer_break(struct transfer *transfer, enum error_class class, const char *text);
/* After bytes were read. */
void transfer_note_done(struct transfer *transfer);

/* ---- for the worker */

/* Ends it now, for that reason. */
void transfer_abort(struct transfer *transfer, enum error_class class, const char *text);
/* Ends those whose time is over: in all, for the first token, or 1 s after [DONE]. */
void transfer_check_limits(struct transfer_owner *owner, uint64_t now);

/* Called between all steps that are short by nature; `expected_ns` of waiting are none of a gap. */
static inline void transfer_owner_alive(struct transfer_owner *owner, uint64_t now,
                                        uint64_t expected_ns)
{
    if (now > owner->alive_ns + expected_ns + clock_driven_ns(STALL_NS))
        owner->stalled_ns = now;
    owner->alive_ns = now;
}

#endif
