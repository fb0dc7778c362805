/* What --debug keeps of a request beside its record, on its way from a worker to the debug log: the
 * body as sent and, if wanted, the events of the stream. All captures share a budget of memory:
 * what is beyond it is counted instead of kept. */
#ifndef RESULT_CAPTURE_H
#define RESULT_CAPTURE_H

#include <stdatomic.h>

#include "base/buffer.h"

struct capture_budget {
    uint64_t limit_bytes;
    bool events; /* keep them too */
    _Atomic uint64_t held_bytes;
    _Atomic uint64_t requests_lost;
    _Atomic uint64_t events_lost;
};

struct capture {
    struct capture_budget *budget;
    uint64_t held_bytes; /* of the budget */
    char *session_id;    /* NULL = none */
    char *body;
    size_t body_size;
    struct buffer events; /* packed, for capture_next_event */
    uint32_t events_lost;
};

struct captured_event {
    uint64_t at_ns; /* its arrival, from the run's start */
    struct text name, data;
};

/* Copies both. NULL, counted, when the budget has no room. */
struct capture *capture_new(struct capture_budget *budget, struct text body,
                            const char *session_id);
void capture_delete(struct capture *capture);
void capture_add_event(struct capture *capture, const struct captured_event *event);
/* The event at `*offset`, which moves on; begin with 0. False behind the last one. */
bool capture_next_event(const struct capture *capture, size_t *offset,
                        struct captured_event *event);

#endif
