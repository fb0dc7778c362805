/* Why a later round gains nothing over the first, or still does when it should not. */
#include <math.h>
#include <stdlib.h>

#include "base/memory.h"
#include "report/advice_facts.h"
#include "report/page.h"
#include "report/remarks.h"

#define CACHED_LITTLE 0.10
#define CACHED_MOST   0.50
#define KV_FULL       0.90
#define KV_USED       0.01
#define PAIRS_MIN     10 /* below it the absence of a gain means nothing */
#define GAIN_MIN      1.05

static double preemptions(const struct advice_facts *facts, const struct round *round)
{
    static const char *const names[] = {"preemptions", "vllm:num_preemptions",
                                        "kv_cache_eviction_count", NULL};
    struct watched_round figures;
    return advice_server_metric(facts, round, names, &figures) ? figures.value : NO_VALUE;
}

static double kv_usage_max(const struct advice_facts *facts, const struct round *round)
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

static bool gains_nothing(const struct advice_facts *facts)
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

static void say_pressure(const struct advice_facts *facts, struct buffer *out)
{
    double usage = fmax(kv_usage_max(facts, facts->first), kv_usage_max(facts, facts->round));
    double thrown = fmax(preemptions(facts, facts->first), preemptions(facts, facts->round));
    if (usage >= KV_USED) {
        advice_add_sentence(out, "The KV cache was up to ");
        buffer_printf(out, "%s full", figure_share(usage).text);
    }
    if (usage >= KV_FULL)
        buffer_printf(out, ", so it has to forget: fewer or shorter prompts, or a larger cache");
    if (thrown > 0.0) {
        advice_add_sentence(out, "The server counted ");
        buffer_printf(out, "%.0f preemptions or evictions", thrown);
    }
}

void advice_say_no_gain(const struct advice_facts *facts, struct buffer *out)
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
void advice_say_still_improving(const struct advice_facts *facts, struct buffer *out)
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
