#include "result/record_history.h"

#include "base/clock.h"

/* A request may be in flight for an hour at most. */
#define WAIT_SECONDS_MAX 3600

void record_add_cached(const struct record *record, struct history *history)
{
    if (record->cached_tokens == TOKENS_UNKNOWN || record->prompt_tokens == TOKENS_UNKNOWN ||
        record->prompt_tokens == 0)
        return;
    double share = (double)record->cached_tokens / record->prompt_tokens;
    history_add(history, HISTORY_CACHED, record->end_ns, share < 1.0 ? share : 1.0,
                record->prompt_tokens);
}

/* Chunks of one second, and how many of them had no gap before them: both go in together. */
struct second {
    uint64_t start_ns;
    uint32_t chunks, without_gap;
};

static void add_second(struct history *history, const struct second *second, double in_chunk)
{
    if (second->chunks)
        history_add(history, HISTORY_TOKENS, second->start_ns, in_chunk, second->chunks);
    if (second->without_gap)
        history_add(history, HISTORY_GAP, second->start_ns, 0.0, second->without_gap);
}

static void add_chunks(const struct record *record, struct history *history)
{
    bool estimated;
    uint32_t tokens = record_output_tokens(record, &estimated);
    double in_chunk = record->chunk_count ? (double)tokens / record->chunk_count : 0.0;
    struct second second = {0};
    for (uint32_t i = 0; i < record->chunk_count; i++) {
        uint64_t at_ns = record->sent_ns + record->chunk_us[i] * NS_PER_US;
        uint32_t gap_us = i ? record->chunk_us[i] - record->chunk_us[i - 1] : 0;
        if (at_ns >= second.start_ns + NS_PER_S) {
            add_second(history, &second, in_chunk);
            second = (struct second){.start_ns = at_ns - at_ns % NS_PER_S};
        }
        second.chunks++;
        second.without_gap += i && gap_us == 0;
        if (gap_us)
            history_add(history, HISTORY_GAP, at_ns, gap_us / 1e3, 1);
    }
    add_second(history, &second, in_chunk);
}

/* How long it had waited at the end of each second, and at its first token. */
static void add_wait(const struct record *record, struct history *history)
{
    uint64_t until_ns = record->first_token_ns ? record->first_token_ns : record->end_ns;
    uint64_t at_ns = (record->sent_ns / NS_PER_S + 1) * NS_PER_S - 1;
    for (int i = 0; i < WAIT_SECONDS_MAX && at_ns < until_ns; i++, at_ns += NS_PER_S)
        history_add(history, HISTORY_OLDEST_WAIT, at_ns, (double)(at_ns - record->sent_ns) / 1e9,
                    1);
    if (until_ns > record->sent_ns)
        history_add(history, HISTORY_OLDEST_WAIT, until_ns,
                    (double)(until_ns - record->sent_ns) / 1e9, 1);
}

void record_add_to_history(const struct record *record, struct history *history)
{
    if (record->sent_ns) {
        add_chunks(record, history);
        add_wait(record, history);
    }
    if (record->sent_ns && record->first_token_ns >= record->sent_ns)
        history_add(history, HISTORY_TTFT, record->first_token_ns,
                    (double)(record->first_token_ns - record->sent_ns) / 1e6, 1);
    history_add_over(history, HISTORY_IN_FLIGHT, record->dispatched_ns, record->end_ns, 1.0);
    history_add(history, HISTORY_FINISHED, record->end_ns, 1.0, 1);
    if (!record_succeeded(record))
        history_add(history, HISTORY_FAILED, record->end_ns, 1.0, 1);
    record_add_cached(record, history);
}
