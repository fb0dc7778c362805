#include "report/advice.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/memory.h"
#include "report/page.h"
#include "report/remarks.h"
#include "result/comparison.h"

/* A TTFT is high when a person waits for it, when nearly no request meets the limit on it, or when
 * its tail is another thing than its middle. */
#define HIGH_TTFT_MS    1000.0
#define MISSED_SHARE    0.9
#define TAIL_RATIO      10.0
#define TAIL_MS         500.0
#define QUARTERS_RATIO  1.5 /* of TTFT, longest to shortest inputs: the input is what takes long */
#define CACHED_LITTLE   0.10
#define CACHED_MOST     0.50
#define KV_FULL         0.90
#define NEXT_TO_NOTHING 0.01
#define PAIRS_MIN       10 /* below it the absence of a gain means nothing */
#define GAIN_MIN        1.05
#define TIMEOUT_MARGIN  1.2
#define EXCERPT_WIDTH   100

struct facts {
    const struct run *run;
    const struct level *level;
    const struct round *round, *first, *before; /* of the level; `before` = the round before */
    const struct summary *summary;
    struct comparison gain; /* over the first round; of a later one */
};

/* ---- small ones ---- */

static double ms(double ns)
{
    return ns / NS_PER_MS;
}

/* "2310 ms", "18.3 ms" */
static void add_ms(struct buffer *out, double value)
{
    buffer_printf(out, "%s ms", figure_of(value, value < 100.0 ? 1 : 0).text);
}

/* Ends the sentence before. */
static void add_sentence(struct buffer *out, const char *words)
{
    if (out->size && out->data[out->size - 1] != '?')
        buffer_add_char(out, '.');
    buffer_printf(out, "%s%s", out->size ? " " : "", words);
}

/* A limit that `value` is on the good side of: three digits, rounded away from it. */
static double limit_beyond(double value, bool is_minimum)
{
    double step = pow(10.0, floor(log10(value)) - 2.0);
    return is_minimum ? floor(value * 0.999999 / step) * step
                      : (floor(value * 1.000001 / step) + 1.0) * step;
}

static int by_value(const void *left, const void *right)
{
    double a = *(const double *)left, b = *(const double *)right;
    return (a > b) - (a < b);
}

static bool timed_out(const struct facts *facts, enum error_class class, uint32_t *count)
{
    *count = 0;
    for (uint32_t i = 0; i < facts->summary->error_count; i++)
        if (facts->summary->errors[i].class == class)
            *count += facts->summary->errors[i].count;
    return *count > 0;
}

/* A number among the run's options; false when it was not given. */
static bool option_number(const struct run *run, const char *name, double *value)
{
    struct json_scan scan = json_scan_begin(text_of(run->config_json));
    struct text key;
    if (!run->config_json || !json_enter_object(&scan))
        return false;
    while (json_next_key(&scan, &key))
        if (text_is(key, name))
            return json_peek(&scan) == JSON_NUMBER && json_scan_double(&scan, value);
        else
            json_skip(&scan);
    return false;
}

/* ---- the server's own metrics ---- */

/* The first of the names that the run watches; each engine has its own. */
static bool server_metric(const struct facts *facts, const struct round *round,
                          const char *const *names, struct watched_round *out)
{
    const struct samples *samples = &facts->run->samples;
    for (uint32_t i = 0; i < samples_watched_count(samples); i++) {
        const struct watched *watched = samples_watched(samples, i);
        for (size_t n = 0; names[n]; n++) {
            if (watched->kind == WATCHED_ABSENT ||
                (strcmp(watched->key, names[n]) != 0 && strcmp(watched->origin, names[n]) != 0))
                continue;
            samples_round(samples, watched, facts->level->number, round->number, round->start_ns,
                          round->end_ns, out);
            return true;
        }
    }
    return false;
}

static double server_seconds_as_ms(const struct facts *facts, const char *const *names)
{
    struct watched_round figures;
    return server_metric(facts, facts->round, names, &figures) ? figures.value * 1000.0 : NO_VALUE;
}

static double preemptions(const struct facts *facts, const struct round *round)
{
    static const char *const names[] = {"preemptions", "vllm:num_preemptions",
                                        "kv_cache_eviction_count", NULL};
    struct watched_round figures;
    return server_metric(facts, round, names, &figures) ? figures.value : NO_VALUE;
}

static double kv_usage_max(const struct facts *facts, const struct round *round)
{
    const struct samples *samples = &facts->run->samples;
    const struct watched *watched = samples_find_role(samples, ROLE_KV_USAGE);
    struct watched_round figures;
    if (!watched)
        return NO_VALUE;
    samples_round(samples, watched, facts->level->number, round->number, round->start_ns,
                  round->end_ns, &figures);
    return figures.statistics.max;
}

/* ---- everything failed ---- */

static bool has_advice_of_its_own(enum error_class class)
{
    return class == ERR_TIMEOUT_CONNECT || class == ERR_TIMEOUT_FIRST_TOKEN ||
           class == ERR_TIMEOUT_TOTAL;
}

static void say_all_failed(const struct facts *facts, struct buffer *out)
{
    const struct summary *summary = facts->summary;
    const struct run *run = facts->run;
    if (summary->counts.succeeded || !summary->counts.failed || !summary->error_count)
        return;
    const struct error_group *group = &summary->errors[0];
    if (has_advice_of_its_own(group->class))
        return;
    const char *model = run->model ? run->model : "-";
    char *text = text_visible(text_of(group->text), EXCERPT_WIDTH);
    buffer_printf(out, "All %u failed, most with %s", summary->counts.failed,
                  error_class_name(group->class));
    if (group->http_status)
        buffer_printf(out, " %u", group->http_status);
    buffer_printf(out, "%s%s. ", text[0] ? ": " : "", text);
    free(text);
    if (group->http_status == 401 || group->http_status == 403)
        buffer_printf(out, "Is the key right? --api-key or FLUXPERF_API_KEY give it");
    else if (group->http_status == 404)
        buffer_printf(out, "Is there %s at the server, which lists %s? Is the path of %s right?",
                      model, run->models ? run->models : "no models", run->endpoint);
    else if (group->class == ERR_CONNECT)
        buffer_printf(out, "Is the server at %s still running?", run->endpoint);
    else
        buffer_printf(out,
                      "Endpoint %s, model %s (the server lists %s); fluxperf -n 1 -c 1 "
                      "--debug shows one request in full",
                      run->endpoint, model, run->models ? run->models : "none");
}

/* ---- nothing meets the limits ---- */

/* What 90 % of the requests that succeeded stay below, or above a minimum; in the limit's unit. */
static double limit_for_most(const struct facts *facts, size_t limit)
{
    bool open_loop = facts->level->rate > 0.0;
    const enum metric_id metrics[SLO_LIMIT_COUNT] = {
        open_loop ? METRIC_USER_TTFT : METRIC_TTFT, METRIC_ITL,
        open_loop ? METRIC_USER_LATENCY : METRIC_LATENCY};
    if (!slo_limits[limit].is_minimum)
        return ms(facts->summary->metrics[metrics[limit]].p90);
    uint32_t all = round_record_count(facts->round), count = 0;
    double *values = xcalloc(all, sizeof *values);
    for (uint32_t i = 0; i < all; i++) {
        const struct record *record = &facts->round->records[i];
        uint64_t ns;
        bool estimated;
        if (record_succeeded(record) && metrics_table[METRIC_LATENCY].value(record, &ns) && ns)
            values[count++] =
                record_output_tokens(record, &estimated) / ((double)ns / (double)NS_PER_S);
    }
    if (count)
        qsort(values, count, sizeof *values, by_value);
    double value = count ? values[count / 10] : NO_VALUE;
    free(values);
    return value;
}

static void say_no_goodput(const struct facts *facts, struct buffer *out)
{
    const struct summary *summary = facts->summary;
    if (!summary->has_slo || summary->slo_met_requests || !summary->counts.succeeded)
        return;
    buffer_printf(out, "No request met the limits");
    const char *before = ": ";
    for (size_t i = 0; i < SLO_LIMIT_COUNT; i++) {
        if (!summary->slo_missed[i])
            continue;
        double limit = limit_for_most(facts, i);
        buffer_printf(out, "%s%u of %u missed %s", before, summary->slo_missed[i],
                      summary->counts.succeeded, slo_limits[i].key);
        if (isfinite(limit) && limit > 0.0)
            buffer_printf(out, ", which 90 %% would meet at %g",
                          limit_beyond(limit, slo_limits[i].is_minimum));
        before = "; ";
    }
    buffer_printf(out, ". Lower the load, or the expectations");
}

/* ---- TTFT is high ---- */

static bool ttft_is_high(const struct facts *facts)
{
    const struct summary *summary = facts->summary;
    const struct statistics *ttft = &summary->metrics[METRIC_TTFT];
    return ms(ttft->p50) >= HIGH_TTFT_MS ||
           summary->slo_missed[0] > MISSED_SHARE * summary->counts.succeeded ||
           (ms(ttft->p99) >= TAIL_MS && ttft->p99 >= TAIL_RATIO * ttft->p50);
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
static void say_inputs(const struct facts *facts, struct buffer *out)
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
                (struct input){record_input_tokens(record, &estimated), ms((double)ns)};
    }
    if (count >= 4) {
        qsort(inputs, count, sizeof *inputs, by_tokens);
        double ratio =
            mean_ttft(&inputs[count - count / 4], count / 4) / mean_ttft(inputs, count / 4);
        add_sentence(out, "Inputs have ");
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
        add_ms(out, queue_ms);
    buffer_printf(out, "%s", isfinite(queue_ms) ? " in its queue" : "");
    if (isfinite(prefill_ms)) {
        buffer_printf(out, "%s", isfinite(queue_ms) ? " and " : "");
        add_ms(out, prefill_ms);
        buffer_printf(out, " of prefill");
    }
}

/* They come before TTFT. */
static void say_client_times(const struct statistics *metrics, struct buffer *out)
{
    double queue = metrics[METRIC_QUEUE].p50, connect = metrics[METRIC_CONNECT].p50;
    if (queue + connect < NEXT_TO_NOTHING * metrics[METRIC_TTFT].p50) {
        add_sentence(out, "The client's queue and connecting, which are not in it, took next to "
                          "nothing");
        return;
    }
    add_sentence(out, "Before it, and not in it: ");
    add_ms(out, ms(queue));
    buffer_printf(out, " in the client's queue, ");
    add_ms(out, ms(connect));
    buffer_printf(out, " to connect (P50)");
}

static void say_high_ttft(const struct facts *facts, struct buffer *out)
{
    static const char *const queue_names[] = {
        "server_queue_mean", "vllm:request_queue_time_seconds", "tgi_request_queue_duration", NULL};
    static const char *const prefill_names[] = {"server_prefill_mean",
                                                "vllm:request_prefill_time_seconds", NULL};
    const struct statistics *metrics = facts->summary->metrics;
    if (!facts->summary->counts.succeeded || !ttft_is_high(facts))
        return;
    buffer_printf(out, "Where TTFT goes (P50 ");
    add_ms(out, ms(metrics[METRIC_TTFT].p50));
    buffer_printf(out, ", P99 ");
    add_ms(out, ms(metrics[METRIC_TTFT].p99));
    buffer_printf(out, "): ");
    double queue = server_seconds_as_ms(facts, queue_names);
    say_server_times(queue, server_seconds_as_ms(facts, prefill_names), out);
    say_client_times(metrics, out);
    say_inputs(facts, out);
    if (queue > ms(metrics[METRIC_TTFT].avg) / 2.0)
        add_sentence(out, "Requests wait for their turn: lower the load, or add servers");
}

/* ---- a later round that gains nothing ---- */

static bool gains_nothing(const struct facts *facts)
{
    const struct comparison *gain = &facts->gain;
    return gain->pairs >= PAIRS_MIN && gain->word != COMPARISON_FASTER &&
           (gain->has_interval || gain->speed_up < GAIN_MIN);
}

static int by_plan(const void *left, const void *right)
{
    const struct record *a = *(const struct record *const *)left;
    const struct record *b = *(const struct record *const *)right;
    if (a->index != b->index)
        return a->index < b->index ? -1 : 1;
    return (a->turn > b->turn) - (a->turn < b->turn);
}

static const struct record **records_by_plan(const struct round *round)
{
    uint32_t count = round_record_count(round);
    const struct record **records = xcalloc(count, sizeof *records);
    for (uint32_t i = 0; i < count; i++)
        records[i] = &round->records[i];
    if (count)
        qsort(records, count, sizeof *records, by_plan);
    return records;
}

/* Of the requests that both rounds sent; false when a body differs. */
static bool bodies_are_the_same(const struct round *a, const struct round *b, uint32_t *common)
{
    const struct record **as = records_by_plan(a), **bs = records_by_plan(b);
    uint32_t a_count = round_record_count(a), b_count = round_record_count(b);
    bool same = true;
    *common = 0;
    for (uint32_t i = 0, k = 0; i < a_count && k < b_count;) {
        int order = by_plan(&as[i], &bs[k]);
        *common += order == 0;
        same = same && (order != 0 || as[i]->body_hash == bs[k]->body_hash);
        i += order <= 0;
        k += order >= 0;
    }
    free(as);
    free(bs);
    return same;
}

static void say_pressure(const struct facts *facts, struct buffer *out)
{
    double usage = fmax(kv_usage_max(facts, facts->first), kv_usage_max(facts, facts->round));
    double thrown = fmax(preemptions(facts, facts->first), preemptions(facts, facts->round));
    if (isfinite(usage)) {
        add_sentence(out, "The KV cache was up to ");
        buffer_printf(out, "%s full", figure_share(usage).text);
    }
    if (usage >= KV_FULL)
        buffer_printf(out, ", so it has to forget: fewer or shorter prompts, or a larger cache");
    if (thrown > 0.0) {
        add_sentence(out, "The server counted ");
        buffer_printf(out, "%.0f preemptions or evictions", thrown);
    }
}

static void say_no_gain(const struct facts *facts, struct buffer *out)
{
    const struct summary *summary = facts->summary;
    uint32_t common;
    if (round_should_be_cold(facts->round) || !gains_nothing(facts))
        return;
    buffer_printf(out, "Round %u gains nothing over round 1. ", facts->round->number);
    if (!bodies_are_the_same(facts->first, facts->round, &common)) {
        buffer_printf(out, "Its bodies are not those of round 1");
        return;
    }
    buffer_printf(out, "All %u bodies are the same by their hash, and ", common);
    if (!isfinite(summary->cached_share))
        buffer_printf(out, "the server does not say what came from its cache: is prefix caching "
                           "on?");
    else if (summary->cached_share < CACHED_LITTLE)
        buffer_printf(out,
                      "%s of input tokens came from the cache: is prefix caching on, and are "
                      "prompts (%.0f tokens on average) longer than its blocks?",
                      figure_share(summary->cached_share).text, summary->avg_input_tokens);
    else if (summary->cached_share < CACHED_MOST)
        buffer_printf(out,
                      "%s of input tokens came from the cache: a cache that fills in the "
                      "background needs --settle or more --rounds",
                      figure_share(summary->cached_share).text);
    else
        buffer_printf(out,
                      "%s of input tokens came from the cache: what TTFT consists of here is "
                      "not prefill. Prompts of %.0f tokens may be too short, or requests wait "
                      "in a queue",
                      figure_share(summary->cached_share).text, summary->avg_input_tokens);
    say_pressure(facts, out);
}

/* Caches that fill in the background are warm only after some rounds. */
static void say_still_improving(const struct facts *facts, struct buffer *out)
{
    struct comparison step;
    if (facts->round->number < 3 || round_should_be_cold(facts->round))
        return;
    comparison_make(&step, facts->before, facts->round);
    if (step.word == COMPARISON_FASTER)
        buffer_printf(out,
                      "Round %u is still %.2f times as fast as round %u: the cache was not warm "
                      "yet, so more --rounds or a longer --settle show more",
                      facts->round->number, step.speed_up, facts->before->number);
}

/* ---- time ran out ---- */

static uint32_t timed_out_before_a_token(const struct round *round)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < round_record_count(round); i++)
        count += round->records[i].error == ERR_TIMEOUT_TOTAL && !round->records[i].first_token_ns;
    return count;
}

/* Of all requests that got so far, those that timed out too. */
static double p99_of_all_ms(const struct round *round, enum metric_id id)
{
    uint32_t all = round_record_count(round);
    uint64_t *values = xcalloc(all, sizeof *values);
    size_t count = 0;
    for (uint32_t i = 0; i < all; i++)
        count += metrics_table[id].value(&round->records[i], &values[count]);
    double p99 = ms(statistics_of(values, count).p99);
    free(values);
    return p99;
}

static void say_time_needed(const struct facts *facts, struct buffer *out)
{
    double tokens = NO_VALUE, ttft_ms = p99_of_all_ms(facts->round, METRIC_TTFT);
    double itl_ms = p99_of_all_ms(facts->round, METRIC_ITL);
    option_number(facts->run, "max_output_tokens", &tokens);
    double need_s = (ttft_ms + tokens * itl_ms) / 1000.0;
    if (isfinite(need_s))
        buffer_printf(out,
                      ": TTFT P99 and %.0f tokens at ITL P99 take %.3g s here, so give --timeout "
                      "%.0f or more, or ask for fewer tokens",
                      tokens, need_s, ceil(need_s * TIMEOUT_MARGIN));
    else if (isfinite(itl_ms))
        buffer_printf(out, ": replies have no limit here. Bound them with --max-output-tokens, or "
                           "raise --timeout");
    else
        buffer_printf(out, ": try one request with -n 1 -c 1 and a long --timeout, to see how long "
                           "it takes");
}

static void say_timeout(const struct facts *facts, struct buffer *out)
{
    uint32_t count;
    double limit_s;
    if (!timed_out(facts, ERR_TIMEOUT_TOTAL, &count))
        return;
    uint32_t before = timed_out_before_a_token(facts->round);
    buffer_printf(out, "%u ran out of time", count);
    if (option_number(facts->run, "timeout", &limit_s))
        buffer_printf(out, " (--timeout %g)", limit_s);
    if (before == count)
        buffer_printf(out, ", all before the first token");
    else if (before)
        buffer_printf(out, ", %u of them before the first token", before);
    else
        buffer_printf(out, ", all while tokens came");
    say_time_needed(facts, out);
}

static void say_first_token_timeout(const struct facts *facts, struct buffer *out)
{
    uint32_t count;
    double limit_s;
    if (!timed_out(facts, ERR_TIMEOUT_FIRST_TOKEN, &count))
        return;
    buffer_printf(out, "%u got no token in time", count);
    if (option_number(facts->run, "first_token_timeout", &limit_s))
        buffer_printf(out, " (--first-token-timeout %g)", limit_s);
    buffer_printf(out, ": the server queues them or is still reading the prompt. Lower the load, "
                       "shorten the input, or raise the limit");
}

static void say_connect_timeout(const struct facts *facts, struct buffer *out)
{
    uint32_t count;
    if (timed_out(facts, ERR_TIMEOUT_CONNECT, &count))
        buffer_printf(out,
                      "%u could not connect in time: the server's queue for new connections "
                      "is full, or a firewall swallows them. Lower the load, or raise "
                      "--connect-timeout",
                      count);
}

/* ---- the table ---- */

/* What is to be done first stands first. Each adds one sentence, or nothing. */
static void (*const rules[])(const struct facts *facts, struct buffer *out) = {
    say_all_failed, say_timeout, say_first_token_timeout, say_connect_timeout, say_no_goodput,
    say_high_ttft,  say_no_gain, say_still_improving,
};

void advice_make(struct advice *advice, const struct run *run, const struct level *level,
                 const struct round *round, const struct summary *summary)
{
    struct facts facts = {.run = run, .level = level, .round = round, .summary = summary};
    *advice = (struct advice){.sentences = xcalloc(ARRAY_SIZE(rules), sizeof *advice->sentences)};
    facts.first = level_find_round(level, 1);
    facts.before = level_find_round(level, (uint16_t)(round->number - 1));
    if (round->number > 1 && facts.first)
        comparison_make(&facts.gain, facts.first, round);
    for (size_t i = 0; i < ARRAY_SIZE(rules); i++) {
        struct buffer sentence = {0};
        rules[i](&facts, &sentence);
        if (sentence.size) {
            if (sentence.data[sentence.size - 1] != '?')
                buffer_add_char(&sentence, '.');
            advice->sentences[advice->count++] = buffer_take(&sentence);
        }
    }
}

void advice_free(struct advice *advice)
{
    for (size_t i = 0; i < advice->count; i++)
        free(advice->sentences[i]);
    free(advice->sentences);
    *advice = (struct advice){0};
}
