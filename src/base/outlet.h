/* Bytes on their way to a terminal or a pipe that may stop reading at any time: what it does not
 * take at once waits here, and never the caller. */
#ifndef BASE_OUTLET_H
#define BASE_OUTLET_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buffer.h"

struct outlet {
    int fd;
    bool never_waits; /* a write takes what fits and returns */
    bool lost;        /* nothing will ever be taken again */
    int cause;        /* of that, an errno */
    struct buffer pending;
};

/* To what `fd` is, which stays the caller's. A terminal or a pipe is opened anew, so that not to
 * wait is this outlet's own way, and not that of everybody who shares the descriptor; where that is
 * not allowed, it is asked before each small write. A file keeps its place. */
void outlet_open(struct outlet *outlet, int fd);
/* Drops what waits. */
void outlet_close(struct outlet *outlet);
void outlet_add(struct outlet *outlet, struct text text);
/* Sends what is taken at once. True when nothing waits any more. */
bool outlet_send(struct outlet *outlet);
/* Sends all of it, waiting at most so long. False when it was not taken: the rest is dropped. */
bool outlet_drain(struct outlet *outlet, uint64_t timeout_ns);

static inline bool outlet_is_empty(const struct outlet *outlet)
{
    return outlet->pending.size == 0;
}

#endif
