/* One streamed request on its way: a reused libcurl handle, its SSE reader, and the record it
 * fills. Stamps come first, parsing after. */
#ifndef CLIENT_TRANSFER_H
#define CLIENT_TRANSFER_H

#include <curl/curl.h>

#include "base/histogram.h"
#include "base/http.h"
#include "base/timers.h"
#include "client/delta_memo.h"
#include "client/request.h"
#include "client/sse.h"
#include "result/capture.h"
#include "result/record.h"
#include "telemetry/event.h"

/* The same for all requests of a run. Read-only while workers run. */
struct transfer_settings {
    const char *url;
    const struct http_settings *http;
    struct curl_slist *headers;
    const char *session_header; /* NULL = none */
    double timeout_s;
    double first_token_timeout_s; /* NaN = none */
    bool fresh_connections;
    size_t max_response_bytes;
    bool keep_text;
    uint64_t origin_ns;             /* the run's start */
    struct capture_budget *capture; /* NULL = nothing is kept for a debug log */
};

/* What a worker lends to its transfers. */
struct transfer_owner {
    const struct transfer_settings *settings;
    struct event_lane *lane;
    CURLM *multi;
    uint16_t level, round, segment; /* of what is dispatched now */
    uint64_t turn;     /* counts curl_multi_socket_action calls: two chunks in one are coalesced */
    uint64_t stamp_ns; /* of what is handed over now … */
    uint32_t stamp_uses; /* … and of so many pieces before it in this turn */
    bool lag_pending;    /* the next stamp is compared with … */
    uint64_t arrival_ns; /* … the kernel's stamp, or the wake-up when there was none */
    bool arrival_is_wake;
    uint64_t readable_since_ns; /* what is read in this turn did not wait before */
    uint64_t lag_stamp_ns;      /* the stamp that was compared in this turn; 0 = none */
    uint32_t turn_chunks;       /* with text, in this turn */
    uint64_t turn_gap_ns;       /* from the chunk before to the first of them */
    struct record *turn_first;  /* whose first token came in this turn */
    uint64_t mean_gap_ns;       /* of late, between two chunks of a request */
    struct histogram
        stamp_lag; /* of this round, ns: first tokens, and what was looked at by chance */
    struct histogram chunk_lag; /* only the latter, as if looked at each SAMPLE_NS */
    bool lag_by_chance;
    bool lag_at_least;
    uint32_t connects;
};

enum body_kind { BODY_UNSEEN, BODY_STREAM, BODY_OTHER };

struct transfer {
    CURL *easy;
    struct curl_slist session_node; /* a header of its own in front of the shared ones */
    char session_line[256];
    struct transfer_owner *owner;
    const struct request *request;
    struct record record; /* instants are absolute until the end */
    struct sse sse;
    struct delta_memo memo;
    struct buffer reply;
    struct buffer other_body; /* the first bytes of what is no stream */
    uint32_t *chunk_us;
    uint32_t chunk_capacity;
    uint64_t stamp_ns; /* of the write callback that runs */
    uint64_t socket_opened_ns;
    uint64_t last_turn; /* owner's turn of the last chunk */
    uint64_t done_ns;   /* when [DONE] came */
    uint32_t tokens_seen;
    enum body_kind body_kind;
    bool in_flight;
    bool ending;  /* the answer is over: an event that is cut off is no bad JSON */
    bool stalled; /* the worker was away while it was in flight */
    char error_text[600];
    char curl_error[CURL_ERROR_SIZE];
    uint64_t free_since_ns;
    const struct request *next_turn; /* of its conversation, which keeps the slot; NULL = none */
    uint64_t next_turn_ns;
    struct timer turn_timer;
};

/* NULL when libcurl has no more handles. */
struct transfer *transfer_new(struct transfer_owner *owner);
void transfer_free(struct transfer *transfer);

/* Hands the request to libcurl. False when libcurl refuses. */
bool transfer_start(struct transfer *transfer, const struct request *request, uint64_t intended_ns,
                    bool ramped);
/* libcurl is done with it: says how it ended and gives the record to the collector. */
void transfer_finish(struct transfer *transfer, CURLcode code);
/* Ends it now, for that reason. `text` may be NULL. */
void transfer_abort(struct transfer *transfer, enum error_class class, const char *text);
/* Limits that libcurl does not know: first token, and 1 s after [DONE]. Ends the transfer when one
 * has passed. True when it did. */
bool transfer_check_limits(struct transfer *transfer, uint64_t at_ns);

#endif
