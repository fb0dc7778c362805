#include "report/advice.h"

#include <math.h>
#include <stdlib.h>

#include "base/memory.h"
#include "report/advice_facts.h"
#include "report/page.h"

#define EXCERPT_WIDTH 100

/* ---- everything failed ---- */

static bool has_advice_of_its_own(enum error_class class)
{
    return class == ERR_TIMEOUT_CONNECT || class == ERR_TIMEOUT_FIRST_TOKEN ||
           class == ERR_TIMEOUT_TOTAL;
}

static void say_all_failed(const struct advice_facts *facts, struct buffer *out)
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
    if (summary->counts.failed == 1)
        buffer_printf(out, "The only one failed with %s", error_class_name(group->class));
    else
        buffer_printf(out, "All %u failed%s with %s", summary->counts.failed,
                      group->count < summary->counts.failed ? ", most" : "",
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
    else if (group->class == ERR_STALLED_CLIENT)
        buffer_printf(out, "End what else runs on this machine, or measure from another");
    else
        buffer_printf(out,
                      "Endpoint %s, model %s (the server lists %s); fluxperf -n 1 -c 1 "
                      "--debug shows one request in full",
                      run->endpoint, model, run->models ? run->models : "none");
}

/* ---- nothing meets the limits ---- */

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

/* What 90 % of the requests that succeeded stay below, or above a minimum; in the limit's unit. */
static double limit_for_most(const struct advice_facts *facts, size_t limit)
{
    bool open_loop = facts->level->rate > 0.0;
    const enum metric_id metrics[SLO_LIMIT_COUNT] = {
        open_loop ? METRIC_USER_TTFT : METRIC_TTFT, METRIC_ITL,
        open_loop ? METRIC_USER_LATENCY : METRIC_LATENCY};
    if (!slo_limits[limit].is_minimum)
        return advice_ms(facts->summary->metrics[metrics[limit]].p90);
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

static void say_no_goodput(const struct advice_facts *facts, struct buffer *out)
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

/* ---- the table ---- */

/* What is to be done first stands first. Each adds one sentence, or nothing. */
static void (*const rules[])(const struct advice_facts *facts, struct buffer *out) = {
    say_all_failed,
    advice_say_timeout,
    advice_say_first_token_timeout,
    advice_say_connect_timeout,
    say_no_goodput,
    advice_say_high_ttft,
    advice_say_no_gain,
    advice_say_still_improving,
};

void advice_make(struct advice *advice, const struct run *run, const struct level *level,
                 const struct round *round, const struct summary *summary)
{
    struct advice_facts facts = {.run = run, .level = level, .round = round, .summary = summary};
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
