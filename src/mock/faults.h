/* What the built-in server does wrong on purpose: the kinds, and which of them a request meets. */
#ifndef MOCK_FAULTS_H
#define MOCK_FAULTS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/random.h"
#include "mock/knobs.h"

/* kind, its knob, whether it happens at one point in mid-stream */
#define FAULTS(X)                           \
    X(FAULT_REFUSE, refuse, false)          \
    X(FAULT_ERROR_429, error_429, false)    \
    X(FAULT_ERROR_500, error_500, false)    \
    X(FAULT_STALL, stall, true)             \
    X(FAULT_RESET, reset, true)             \
    X(FAULT_CLOSE_KEPT, close_kept, false)  \
    X(FAULT_ERROR_EVENT, error_event, true) \
    X(FAULT_NO_DONE, no_done, false)        \
    X(FAULT_NO_FINISH, no_finish, false)    \
    X(FAULT_SPLIT_UTF8, split_utf8, true)   \
    X(FAULT_CRLF, crlf, false)              \
    X(FAULT_COMMENTS, comments, false)      \
    X(FAULT_COALESCE, coalesce, false)      \
    X(FAULT_GARBAGE, garbage, true)         \
    X(FAULT_NO_USAGE, no_usage, false)      \
    X(FAULT_NOT_A_STREAM, not_a_stream, false)

enum fault {
#define FAULT_KIND(kind, knob, mid_stream) kind,
    FAULTS(FAULT_KIND)
#undef FAULT_KIND
};

/* A request may meet several. */
struct faults {
    uint32_t met; /* one bit per kind */
    double where; /* in the reply, 0 ≤ x < 1, for those in mid-stream */
};

/* Takes the same number of draws whatever the knobs are, so that turning one on moves no other. */
struct faults faults_draw(struct random *random, const struct mock_knobs *knobs);
bool faults_any_in_mid_stream(struct faults faults);

static inline bool faults_have(struct faults faults, enum fault kind)
{
    return (faults.met >> kind & 1u) != 0;
}

#endif
