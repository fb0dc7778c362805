/* One request as a list has it, ended or in flight, and what filters, columns and sorting ask of
 * it. */
#ifndef UI_REQUEST_ROW_H
#define UI_REQUEST_ROW_H

#include "result/run.h"
#include "telemetry/in_flight.h"

struct request_row {
    const struct run *run;
    const struct level *level;
    const struct round *round;
    const struct record *record; /* NULL = in flight */
    const struct flight *flight; /* in flight only */
    const struct record *other;  /* the same request in round 1; of one of round 1 in the last; or
                                    NULL */
    uint64_t now_ns;
};

enum request_value {
    VALUE_INDEX,
    VALUE_TURN,
    VALUE_ROUND,
    VALUE_TTFT,
    VALUE_ITL,
    VALUE_GAP, /* the longest */
    VALUE_LATENCY,
    VALUE_INPUT,
    VALUE_OUTPUT,
    VALUE_CACHED,
    VALUE_FASTER, /* than in round 1, by TTFT; in round 1: what the last one is */
    VALUE_QUEUE,
    VALUE_CONNECT,
    VALUE_USER_TTFT,
    VALUE_STATUS,
    VALUE_ATTEMPTS,
    VALUE_SAMPLE,
    VALUE_MISSED, /* how many limits */
    VALUE_STATE,  /* how far it came: waiting, streaming, ok, then the errors */
    REQUEST_VALUE_COUNT
};

struct request_value_row {
    const char *name; /* in filters */
    const char *unit; /* "ms", "%", "" */
    double (*of)(const struct request_row *row);
};

/* NaN where a request has no value. One in flight has its age as latency, and as TTFT while it
 * waits. */
extern const struct request_value_row request_values[REQUEST_VALUE_COUNT];

static inline double request_value(const struct request_row *row, enum request_value value)
{
    return request_values[value].of(row);
}

/* How many turns its conversation has. */
uint16_t request_turns(const struct request_row *row);
/* "ok", an error class, "waiting", "streaming". */
const char *request_state(const struct request_row *row);
/* The first limit it missed ("TTFT"), NULL when it met all, failed or is in flight. */
const char *request_missed(const struct request_row *row);
/* The question it asks; data NULL when that is not known. */
struct text request_prompt(const struct request_row *row);

#endif
