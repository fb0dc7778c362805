/* The one table of per-request metrics: it yields every name in every output. One row is one
 * metric. */
#ifndef RESULT_METRIC_H
#define RESULT_METRIC_H

#include "result/record.h"

enum metric_id {
    METRIC_TTFT,
    METRIC_ITL,
    METRIC_LATENCY,
    METRIC_CHUNK_GAP, /* over all requests: from the round's histogram, not from a record */
    METRIC_USER_TTFT,
    METRIC_USER_LATENCY,
    METRIC_TTFA,
    METRIC_QUEUE,
    METRIC_CONNECT,
    METRIC_RETRY,
    METRIC_COUNT
};

struct metric {
    const char *key;   /* "ttft" */
    const char *title; /* "TTFT" */
    const char *means; /* one line, for the manual and help */
    /* False when the request has no value. NULL for chunk gaps. */
    bool (*value)(const struct record *record, uint64_t *ns);
    bool in_table; /* stands in the guide's table */
};

extern const struct metric metrics_table[METRIC_COUNT];

/* n of the ITL formula: completion tokens, less reasoning tokens if none were streamed. */
uint32_t record_itl_tokens(const struct record *record);

#endif
