/* Where a high TTFT goes: what the client did before it, the server's queue, prefill, the inputs.
 */
#include <math.h>
#include <stdlib.h>

#include "base/memory.h"
#include "report/advice_facts.h"

/* A TTFT is high when a person waits for it, when nearly no request meets the limit on it, or when
 * its tail is another thing than its middle. */
#define HIGH_TTFT_MS    1000.0
#define MISSED_SHARE    0.9
#define TAIL_RATIO      10.0
#define TAIL_MS         500.0
#define QUARTERS_RATIO  1.5 /* of TTFT, longest to shortest inputs: the input is what takes long */
#define NEXT_TO_NOTHING 0.01

static double server_seconds_as_ms(const struct advice_facts *facts, const char *const *names)
{
    struct watched_round figures;
    return advice_server_metric(facts, facts->round, names, &figures) ? figures.value * 1000.0
                                                                      : NO_VALUE;
}

static bool ttft_is_high(const struct advice_facts *facts)
{
    const struct summary *summary = facts->summary;
    const struct statistics *ttft = &summary->metrics[METRIC_TTFT];
    return advice_ms(ttft->p50) >= HIGH_TTFT_MS ||
           summary->slo_missed[0] > MISSED_SHARE * summary->counts.succeeded ||
           (advice_ms(ttft->p99) >= TAIL_MS && ttft->p99 >= TAIL_RATIO * ttft->p50);
}

struct input {
    double tokens, ttft_ms;
};

static int by_tokens(const void *left, const void *right)
{
    const struct input *a = left, *b = right;
    return (a->tokens > b->tokens) - (a->tokens < b->tokens);
}

static double mean_ttft(const struct input *inputs, size_t count)
{
    double sum = 0.0;
    for (size_t i = 0; i < count; i++)
        sum += inputs[i].ttft_ms;
    return sum / (double)count;
}

/* Longest input, median, and how much longer the longest quarter waits than the shortest. */
static void say_inputs(const struct advice_facts *facts, struct buffer *out)
{
    uint32_t all = round_record_count(facts->round);
    struct input *inputs = xcalloc(all, sizeof *inputs);
    size_t count = 0;
    for (uint32_t i = 0; i < all; i++) {
        const struct record *record = &facts->round->records[i];
        uint64_t ns;
        bool estimated;
        if (record_succeeded(record) && metrics_table[METRIC_TTFT].value(record, &ns))
            inputs[count++] =
                (struct input){record_input_tokens(record, &estimated), advice_ms((double)ns)};
    }
    if (count >= 4) {
        qsort(inputs, count, sizeof *inputs, by_tokens);
        double ratio =
            mean_ttft(&inputs[count - count / 4], count / 4) / mean_ttft(inputs, count / 4);
        advice_add_sentence(out, "Inputs have ");
        buffer_printf(out, "%.0f tokens in the middle and %.0f at most", inputs[count / 2].tokens,
                      inputs[count - 1].tokens);
        if (ratio >= QUARTERS_RATIO)
            buffer_printf(out, "; the longest quarter waits %.1f times as long as the shortest",
                          ratio);
    }
    free(inputs);
}

static void say_server_times(double queue_ms, double prefill_ms, struct buffer *out)
{
    if (!isfinite(queue_ms) && !isfinite(prefill_ms)) {
        buffer_printf(out, "--prometheus-url would tell the server's queue from its prefill");
        return;
    }
    buffer_printf(out, "by the server's metrics, on average ");
    if (isfinite(queue_ms))
        advice_add_ms(out, queue_ms);
    buffer_printf(out, "%s", isfinite(queue_ms) ? " in its queue" : "");
    if (isfinite(prefill_ms)) {
        buffer_printf(out, "%s", isfinite(queue_ms) ? " and " : "");
        advice_add_ms(out, prefill_ms);
        buffer_printf(out, " of prefill");
    }
}

/* They come before TTFT. */
static void say_client_times(const struct statistics *metrics, struct buffer *out)
{
    double queue = metrics[METRIC_QUEUE].p50, connect = metrics[METRIC_CONNECT].p50;
    if (queue + connect < NEXT_TO_NOTHING * metrics[METRIC_TTFT].p50) {
        advice_add_sentence(out,
                            "The client's queue and connecting, which are not in it, took next to "
                            "nothing");
        return;
    }
    advice_add_sentence(out, "Before it, and not in it: ");
    advice_add_ms(out, advice_ms(queue));
    buffer_printf(out, " in the client's queue, ");
    advice_add_ms(out, advice_ms(connect));
    buffer_printf(out, " to connect (P50)");
}

void advice_say_high_ttft(const struct advice_facts *facts, struct buffer *out)
{
    static const char *const queue_names[] = {
        "server_queue_mean", "vllm:request_queue_time_seconds", "tgi_request_queue_duration", NULL};
    static const char *const prefill_names[] = {"server_prefill_mean",
                                                "vllm:request_prefill_time_seconds", NULL};
    const struct statistics *metrics = facts->summary->metrics;
    if (!facts->summary->counts.succeeded || !ttft_is_high(facts))
        return;
    buffer_printf(out, "Where TTFT goes (P50 ");
    advice_add_ms(out, advice_ms(metrics[METRIC_TTFT].p50));
    buffer_printf(out, ", P99 ");
    advice_add_ms(out, advice_ms(metrics[METRIC_TTFT].p99));
    buffer_printf(out, "): ");
    double queue = server_seconds_as_ms(facts, queue_names);
    say_server_times(queue, server_seconds_as_ms(facts, prefill_names), out);
    say_client_times(metrics, out);
    say_inputs(facts, out);
    if (queue > advice_ms(metrics[METRIC_TTFT].avg) / 2.0)
        advice_add_sentence(out, "Requests wait for their turn: lower the load, or add servers");
}
