/* What was measured of one request. All instants are CLOCK_MONOTONIC ns from the run's start; 0
 * means that it did not happen. */
#ifndef RESULT_RECORD_H
#define RESULT_RECORD_H

#include <stdbool.h>
#include <stdint.h>

/* class, shown as, what a person can do about it */
#define ERROR_CLASSES(X)                                                                     \
    X(ERR_NONE, "none", "")                                                                  \
    X(ERR_CONNECT, "connect", "is the server running, and reachable from here?")             \
    X(ERR_TLS, "tls", "check the certificate, or use --cacert or --insecure")                \
    X(ERR_TIMEOUT_CONNECT, "timeout_connect", "raise --connect-timeout, or check the way")   \
    X(ERR_TIMEOUT_FIRST_TOKEN, "timeout_first_token", "lower the load, or raise the limit")  \
    X(ERR_TIMEOUT_TOTAL, "timeout_total", "raise --timeout, or ask for fewer tokens")        \
    X(ERR_HTTP_STATUS, "http_status", "the server's answer says why")                        \
    X(ERR_STREAM_ERROR, "stream_error", "the server's log says why")                         \
    X(ERR_NOT_A_STREAM, "not_a_stream", "does the endpoint stream? check its path")          \
    X(ERR_TRUNCATED, "truncated", "the server or a proxy cut the answer off")                \
    X(ERR_EMPTY, "empty", "the server answered without a token")                             \
    X(ERR_BAD_JSON, "bad_json", "the stream holds something that is not JSON")               \
    X(ERR_TOO_LARGE, "too_large", "raise --max-response-bytes, or limit the output")         \
    X(ERR_STALLED_CLIENT, "stalled_client", "end what else runs here, or measure elsewhere") \
    X(ERR_CANCELLED, "cancelled", "")

enum error_class {
#define X(id, name, advice) id,
    ERROR_CLASSES(X)
#undef X
        ERROR_CLASS_COUNT
};

const char *error_class_name(enum error_class class);
const char *error_class_advice(enum error_class class);

#define TOKENS_UNKNOWN UINT32_MAX

enum finish_reason {
    FINISH_NONE,
    FINISH_STOP,
    FINISH_LENGTH,
    FINISH_TOOL_CALLS,
    FINISH_OTHER,
    FINISH_REASON_COUNT
};

const char *finish_reason_name(enum finish_reason reason);

struct record {
    /* which request */
    uint32_t index;  /* in the order of the plan, from 0 */
    uint32_t sample; /* row of the dataset, from 0 */
    uint16_t level;  /* number, from 1 */
    uint16_t round;  /* number, from 1 */
    uint16_t turn;   /* of its conversation, from 1 */
    uint16_t segment;
    uint16_t dropped_turns; /* oldest ones left out of the history, for --max-context-tokens */
    uint64_t body_hash;
    uint32_t prompt_bytes; /* of all its messages */
    uint32_t shared_bytes; /* longest common prefix with any other prompt of the round */

    /* instants */
    uint64_t intended_ns;
    uint64_t dispatched_ns;
    uint64_t first_sent_ns;
    uint64_t sent_ns;
    uint64_t first_byte_ns;
    uint64_t first_event_ns;
    uint64_t first_token_ns;
    uint64_t first_answer_ns;
    uint64_t last_token_ns;
    uint64_t end_ns;
    uint64_t connect_ns; /* a span: connection set-up of the attempt that was sent; 0 when reused */

    /* what came */
    uint32_t prompt_tokens, completion_tokens, cached_tokens, reasoning_tokens; /* by usage */
    uint32_t first_chunk_tokens; /* where usage comes with every chunk; 0 = not known */
    uint32_t chunks;             /* with text */
    uint32_t coalesced_chunks;
    uint32_t longest_gap_us; /* between two of them */
    uint32_t events;
    uint64_t response_bytes;
    uint64_t first_token_lag_ns; /* stamp − kernel arrival */

    uint16_t http_status;
    uint8_t attempts;     /* times the request was written */
    uint8_t error;        /* enum error_class */
    uint8_t finish;       /* enum finish_reason */
    uint8_t http_version; /* 10, 11, 20, 30; 0 = no answer came */
    bool reused_connection;
    bool streamed_reasoning;
    bool ramped;       /* sent while the rate still grew */
    bool lag_at_least; /* no kernel stamp: the lag is a lower bound */
    bool done_seen;    /* [DONE] came */

    /* owned */
    uint32_t chunk_count; /* of chunk_us */
    uint32_t reply_size;
    uint32_t *chunk_us;      /* µs since sent of each chunk with text */
    char *reply;             /* escaped, as between the quotes of a JSON string */
    char *reply_id;          /* what the server calls its answer; NULL = it does not say */
    char *error_text;        /* NULL when it succeeded */
    struct capture *capture; /* with --debug; NULL = none */
    uint64_t journal_offset; /* where its line begins */
};

_Static_assert(sizeof(struct record) <= 256, "a million requests cost their fixed parts");

static inline bool record_succeeded(const struct record *record)
{
    return record->error == ERR_NONE;
}

/* Frees what it owns, not itself. */
void record_free_owned(struct record *record);

/* Completion tokens by usage, else text chunks (`*estimated` is set then). */
uint32_t record_output_tokens(const struct record *record, bool *estimated);
/* Prompt tokens by usage, else bytes / 4. */
uint32_t record_input_tokens(const struct record *record, bool *estimated);

#endif
