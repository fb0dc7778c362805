#include "result/metric.h"

#include <stddef.h>

/* An instant that did not happen is 0; a span needs both its ends, in their order. */
static bool span(uint64_t from_ns, uint64_t to_ns, uint64_t *ns)
{
    if (from_ns == 0 || to_ns < from_ns)
        return false;
    *ns = to_ns - from_ns;
    return true;
}

static bool ttft(const struct record *record, uint64_t *ns)
{
    return span(record->sent_ns, record->first_token_ns, ns);
}

static bool ttfa(const struct record *record, uint64_t *ns)
{
    return span(record->sent_ns, record->first_answer_ns, ns);
}

static bool latency(const struct record *record, uint64_t *ns)
{
    return span(record->sent_ns, record->end_ns, ns);
}

uint32_t record_itl_tokens(const struct record *record)
{
    bool estimated;
    uint32_t tokens = record_output_tokens(record, &estimated);
    uint32_t unseen =
        record->reasoning_tokens == TOKENS_UNKNOWN || record->streamed_reasoning || estimated
            ? 0
            : record->reasoning_tokens;
    return tokens > unseen ? tokens - unseen : 0;
}

/* The first chunk's tokens came at the first instant, so they have no interval of their own; how
 * many they were is known only where usage comes with every chunk, else they count as one. */
static bool itl(const struct record *record, uint64_t *ns)
{
    uint32_t tokens = record_itl_tokens(record);
    uint32_t first = record->first_chunk_tokens ? record->first_chunk_tokens : 1;
    uint64_t whole;
    if (tokens <= first || !span(record->first_token_ns, record->last_token_ns, &whole) ||
        whole == 0)
        return false;
    uint32_t intervals = tokens - first;
    *ns = (whole + intervals / 2) / intervals;
    return true;
}

static bool user_ttft(const struct record *record, uint64_t *ns)
{
    return span(record->intended_ns, record->first_token_ns, ns);
}

static bool user_latency(const struct record *record, uint64_t *ns)
{
    return span(record->intended_ns, record->end_ns, ns);
}

/* connect_ns belongs to the attempt that counted. An attempt before it went out on a kept
 * connection, which took no time to open. */
static bool queue(const struct record *record, uint64_t *ns)
{
    if (!span(record->intended_ns, record->first_sent_ns, ns))
        return false;
    uint64_t connect_ns = record->attempts > 1 ? 0 : record->connect_ns;
    *ns = *ns > connect_ns ? *ns - connect_ns : 0;
    return true;
}

static bool connect(const struct record *record, uint64_t *ns)
{
    *ns = record->connect_ns;
    return record->sent_ns != 0;
}

static bool retry(const struct record *record, uint64_t *ns)
{
    return span(record->first_sent_ns, record->sent_ns, ns);
}

const struct metric metrics_table[METRIC_COUNT] = {
    [METRIC_TTFT] = {"ttft", "TTFT", "time to first token: first token − sent", ttft, true},
    [METRIC_ITL] = {"itl", "ITL", "(last token − first token) / (n − 1), one value a request", itl,
                    true},
    [METRIC_LATENCY] = {"latency", "Latency", "end − sent", latency, true},
    [METRIC_CHUNK_GAP] = {"chunk_gap", "Chunk gap",
                          "every interval between chunks with text, over all requests", NULL,
                          false},
    [METRIC_USER_TTFT] = {"user_ttft", "User TTFT", "first token − the intended instant", user_ttft,
                          false},
    [METRIC_USER_LATENCY] = {"user_latency", "User latency", "end − the intended instant",
                             user_latency, false},
    [METRIC_TTFA] = {"ttfa", "TTFA", "time to first answer: past any reasoning", ttfa, false},
    [METRIC_QUEUE] = {"queue", "Queue", "waiting that the client caused before sending", queue,
                      false},
    [METRIC_CONNECT] = {"connect", "Connect", "opening the connection; 0 where one was kept",
                        connect, false},
    [METRIC_RETRY] = {"retry", "Retry", "sent − first sent, where a kept connection was dead",
                      retry, false},
};
