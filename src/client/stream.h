/* One streamed answer as it comes, whatever brings it: its SSE reader and the record it fills.
 * Stamps come first, parsing after. */
#ifndef CLIENT_STREAM_H
#define CLIENT_STREAM_H

#include "base/http.h"
#include "base/timers.h"
#include "client/delta_memo.h"
#include "client/lag.h"
#include "client/request.h"
#include "client/sse.h"
#include "result/capture.h"
#include "result/record.h"
#include "telemetry/event.h"

struct curl_slist;
struct transfer;
struct transport;
struct transport_kind;

/* The same for all requests of a run. Read-only while workers run. */
struct transfer_settings {
    const struct transport_kind *transport;
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
    struct transport *transport;
    struct event_lane *lane;
    struct lag lag;
    struct timers limits;           /* of transfers: when one of them must be looked at */
    uint16_t level, round, segment; /* of what is dispatched now */
    uint32_t connects;              /* connections opened for requests of this round */
    uint64_t alive_ns;              /* the last time the worker was seen to do something */
    uint64_t stalled_ns;            /* when it did so again after it had been stopped */
    /* Told of each transfer that ended, and of connections that were opened before a round. */
    void (*ended)(void *context, struct transfer *transfer);
    void (*opened)(void *context, uint32_t count);
    void *context;
};

/* Of what a server calls an answer; a longer one is cut. */
#define REPLY_ID_BYTES 64

enum body_kind { BODY_UNSEEN, BODY_STREAM, BODY_OTHER };

/* What a chunk touches stands in front, side by side. */
struct stream {
    struct transfer_owner *owner;
    const struct request *request;
    uint64_t stamp_ns;  /* of the piece that is read */
    uint64_t last_turn; /* owner's turn of the last chunk */
    uint64_t done_ns;   /* when [DONE] came */
    uint32_t *chunk_us;
    uint32_t chunk_capacity;
    uint32_t tokens_seen;
    enum body_kind body_kind;
    struct event chunk;   /* with text, to be pushed: more may have come with it; count 0 = none */
    bool ending;          /* the answer is over: an event that is cut off is no bad JSON */
    struct record record; /* instants are absolute until the end */
    struct delta_memo memo;
    struct sse sse;
    struct buffer reply;
    struct buffer other_body; /* the first bytes of what is no stream */
    char reply_id[REPLY_ID_BYTES + 1];
};

void stream_init(struct stream *stream, struct transfer_owner *owner);
void stream_free(struct stream *stream);

/* The request is dispatched now. */
void stream_begin(struct stream *stream, const struct request *request, uint64_t intended_ns,
                  bool ramped);
/* The connection is ready and the request about to be written, for the first time or again: the
 * last time counts. `opened_ns` is when its socket was opened for it; 0 = it is a kept one. */
void stream_note_sent(struct stream *stream, uint64_t opened_ns);
/* The answer's head began. */
void stream_note_head(struct stream *stream, uint64_t at_ns);
/* A piece of the body that was read at `stamp_ns`; record.http_status is known. False when no more
 * of it is wanted: the error is set. */
bool stream_take(struct stream *stream, struct text piece, uint64_t stamp_ns);
/* After all pieces of a read. */
void stream_read_ends(struct stream *stream);

/* The answer ended by HTTP's rules, or broke off for that reason, which counts for nothing behind
 * [DONE]. Gives the record to the collector. */
void stream_end(struct stream *stream, uint64_t at_ns);
void stream_break(struct stream *stream, uint64_t at_ns, enum error_class class, const char *text);

#endif
