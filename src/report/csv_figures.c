/* figures.csv: one figure a line, for pandas and SQL. */
#include <math.h>
#include <stdlib.h>

#include "base/memory.h"
#include "base/values.h"
#include "report/csv.h"
#include "report/files.h"
#include "report/server_rows.h"

/* What all lines of one part of a round share. */
struct part {
    struct buffer *out;
    struct buffer before; /* level … turn, with the comma behind */
    struct buffer note;   /* as a field */
};

/* `mark` is "" or what is to be noted of this figure alone. */
static void add_marked(struct part *part, const char *metric, const char *statistic, double value,
                       int decimals, const char *unit, const char *mark)
{
    buffer_add_text(part->out, buffer_text(&part->before));
    buffer_printf(part->out, "%s,%s,", metric, statistic);
    csv_number(part->out, value, decimals);
    buffer_printf(part->out, ",%s,", unit);
    struct buffer note = {0};
    buffer_printf(&note, "%s%s", mark, mark[0] && part->note.size ? "; " : "");
    buffer_add_text(&note, buffer_text(&part->note));
    csv_field(part->out, buffer_text(&note));
    buffer_free(&note);
    buffer_add_char(part->out, '\n');
}

static void add_figure(struct part *part, const char *metric, const char *statistic, double value,
                       int decimals, const char *unit, bool estimated)
{
    add_marked(part, metric, statistic, value, decimals, unit, estimated ? "estimated" : "");
}

static void begin_part(struct part *part, struct buffer *out, const struct run *run,
                       const struct level *level, const struct round *round,
                       struct summary_part which)
{
    *part = (struct part){.out = out};
    const struct segment *segment = &round->segments[which.segment > 0 ? which.segment : 0];
    buffer_printf(&part->before, "%u,", level->number);
    csv_field(&part->before, text_of(run->stage));
    buffer_add_char(&part->before, ',');
    csv_field(&part->before, text_of(run_level_dataset(run, level)->name));
    buffer_add_char(&part->before, ',');
    if (segment->concurrency)
        buffer_printf(&part->before, "%u", segment->concurrency);
    buffer_add_char(&part->before, ',');
    if (segment->rate > 0.0)
        buffer_printf(&part->before, "%g", segment->rate);
    buffer_printf(&part->before, ",%u,", round->number);
    if (which.segment >= 0)
        buffer_printf(&part->before, "%d", which.segment);
    buffer_add_char(&part->before, ',');
    if (which.turn >= 0)
        buffer_printf(&part->before, "%d", which.turn);
    buffer_add_char(&part->before, ',');

    const struct {
        bool holds;
        const char *text;
    } marks[] = {
        {level->hidden, "hidden"}, /* first: fluxperf view looks there */
        {round->incomplete, "incomplete"},
        {round->interrupted, "interrupted"},
        {round->paused_ns > 0, "paused"},
        {round->segment_count > 1 && which.segment < 0, "load changed"},
        {level->note != NULL, level->note},
    };
    for (size_t i = 0; i < ARRAY_SIZE(marks); i++)
        if (marks[i].holds)
            buffer_printf(&part->note, "%s%s", part->note.size ? "; " : "", marks[i].text);
}

static void end_part(struct part *part)
{
    buffer_free(&part->before);
    buffer_free(&part->note);
}

static void add_metrics(struct part *part, const struct summary *summary)
{
    for (size_t id = 0; id < METRIC_COUNT; id++) {
        bool estimated = id == METRIC_ITL && summary->output_estimated;
        add_figure(part, metrics_table[id].key, "count", (double)summary->metrics[id].count, 0,
                   "requests", false);
        bool exact = !metrics_table[id].value || values_were_exact(&summary->metrics[id]);
        for (size_t i = 0; i < STATISTIC_COUNT; i++) {
            bool near = !exact && statistics_table[i].key[0] == 'p';
            const char *mark = near && estimated ? "estimated; within 0.1 %"
                               : near            ? "within 0.1 %"
                               : estimated       ? "estimated"
                                                 : "";
            add_marked(part, metrics_table[id].key, statistics_table[i].key,
                       statistics_get(&summary->metrics[id], &statistics_table[i]) / NS_PER_MS, 4,
                       "ms", mark);
        }
    }
}

static void add_totals(struct part *part, const struct summary *summary)
{
    const struct round_counts *counts = &summary->counts;
    bool in = summary->input_estimated, out = summary->output_estimated, slo = summary->has_slo;
    const struct {
        const char *metric, *statistic;
        double value;
        int decimals;
        const char *unit;
        bool estimated;
    } totals[] = {
        {"requests", "planned", counts->planned, 0, "requests", false},
        {"requests", "succeeded", counts->succeeded, 0, "requests", false},
        {"requests", "failed", counts->failed, 0, "requests", false},
        {"requests", "cancelled", counts->cancelled, 0, "requests", false},
        {"requests", "not_sent", counts->not_sent, 0, "requests", false},
        {"duration", "value", summary->duration_s, 6, "s", false},
        {"input_tokens", "sum", (double)summary->input_tokens, 0, "tokens", in},
        {"input_tokens", "avg", summary->avg_input_tokens, 4, "tokens", in},
        {"output_tokens", "sum", (double)summary->output_tokens, 0, "tokens", out},
        {"output_tokens", "avg", summary->avg_output_tokens, 4, "tokens", out},
        {"token_throughput", "value", summary->token_throughput, 4, "tokens/s", out},
        {"request_throughput", "value", summary->request_throughput, 4, "requests/s", false},
        {"goodput_tokens", "value", summary->goodput_tokens_per_s, 4, "tokens/s", out},
        {"goodput_requests", "value", summary->goodput_requests_per_s, 4, "requests/s", false},
        {"slo_met", "requests", slo ? summary->slo_met_requests : NO_VALUE, 0, "requests", false},
        {"slo_met", "tokens", slo ? (double)summary->slo_met_tokens : NO_VALUE, 0, "tokens", out},
        {"cached_share", "value", summary->cached_share, 6, "ratio", false},
        {"server_hit_rate", "value", summary->server_hit_rate, 6, "ratio", false},
        {"unexplained_share", "value", summary->unexplained_share, 6, "ratio", false},
        {"coalesced_share", "value", summary->coalesced_share, 6, "ratio", false},
    };
    for (size_t i = 0; i < ARRAY_SIZE(totals); i++)
        add_figure(part, totals[i].metric, totals[i].statistic, totals[i].value, totals[i].decimals,
                   totals[i].unit, totals[i].estimated);
}

static void add_health(struct part *part, const struct health *health)
{
    const struct {
        const char *metric, *statistic;
        uint64_t ns;
    } lags[] = {
        {"stamp_lag", "p50", health->stamp_lag_p50_ns},
        {"stamp_lag", "p99", health->stamp_lag_p99_ns},
        {"stamp_lag", "max", health->stamp_lag_max_ns},
        {"dispatch_lag", "p50", health->dispatch_lag_p50_ns},
        {"dispatch_lag", "p99", health->dispatch_lag_p99_ns},
        {"dispatch_lag", "max", health->dispatch_lag_max_ns},
    };
    for (size_t i = 0; i < ARRAY_SIZE(lags); i++)
        add_figure(part, lags[i].metric, lags[i].statistic, (double)lags[i].ns / NS_PER_MS, 4, "ms",
                   false);
    add_figure(part, "loop_busy", "value", health->loop_busy, 4, "ratio", false);
}

static void add_comparison(struct part *part, const struct round *cold, const struct round *warm)
{
    struct comparison comparison;
    comparison_make(&comparison, cold, warm);
    add_figure(part, "ttft_speed_up", "pairs", comparison.pairs, 0, "requests", false);
    add_figure(part, "ttft_speed_up", "median", comparison.speed_up, 4, "ratio", false);
    add_figure(part, "ttft_speed_up", "low", comparison.low, 4, "ratio", false);
    add_figure(part, "ttft_speed_up", "high", comparison.high, 4, "ratio", false);
    add_figure(part, "ttft_saved", "median", comparison.saved_ms, 4, "ms", false);
}

/* What each figure was in the round that this one is held against, and how far it is from there. */
static void add_baseline(struct part *part, const struct baseline *baseline, const struct run *run,
                         const struct level *level, const struct round *round,
                         const struct summary *summary)
{
    struct differences differences;
    if (!baseline_differences(&differences, baseline, run, level, round, summary))
        return;
    for (size_t i = 0; i < COMPARE_FIGURE_COUNT; i++) {
        const struct compare_figure *figure = &compare_figures[i];
        const struct difference *difference = &differences.figures[i];
        const struct comparison *comparison = &difference->comparison;
        if (isnan(difference->before) && isnan(difference->now))
            continue;
        char key[48];
        snprintf(key, sizeof key, "against_baseline_%s", figure->key);
        bool per_s = strcmp(figure->unit, "/s") == 0, tokens = strstr(figure->title, "okens");
        const char *unit = figure->is_share ? "ratio"
                           : !per_s         ? figure->unit
                           : tokens         ? "tokens/s"
                                            : "requests/s";
        add_figure(part, key, "baseline", difference->before, 4, unit, false);
        add_figure(part, key, "change", difference->change.change, 5, "ratio", false);
        if (!comparison->before || !comparison->after)
            continue;
        add_figure(part, key, "low", difference->change.low, 5, "ratio", false);
        add_figure(part, key, "high", difference->change.high, 5, "ratio", false);
        add_figure(part, key, "shown",
                   comparison->has_interval ? comparison->word != COMPARISON_NOT_SHOWN : NO_VALUE,
                   0, "", false);
    }
    differences_free(&differences);
}

static void add_server(struct part *part, const struct run *run, const struct level *level,
                       const struct round *round)
{
    struct server_rows rows = server_rows_make(run, level, round, false);
    for (uint32_t i = 0; i < rows.count; i++) {
        const struct watched *watched = rows.rows[i].watched;
        const struct watched_round *figures = &rows.rows[i].round;
        struct buffer key = {0};
        char rate_unit[32];
        csv_field(&key, text_of(watched->key));
        server_row_rate_unit(watched, rate_unit);
        const struct {
            const char *statistic;
            double value;
        } values[] = {{"before", figures->before},
                      {"after", figures->after},
                      {"change", figures->change},
                      {"value", figures->value}};
        for (size_t v = 0; v < ARRAY_SIZE(values); v++)
            add_figure(part, key.data, values[v].statistic, values[v].value, 6, watched->unit,
                       false);
        add_figure(part, key.data, "count", (double)figures->statistics.count, 0, "samples", false);
        for (size_t s = 0; s < STATISTIC_COUNT; s++)
            add_figure(part, key.data, statistics_table[s].key,
                       statistics_get(&figures->statistics, &statistics_table[s]), 6, rate_unit,
                       false);
        buffer_free(&key);
    }
    server_rows_free(&rows);
}

static void add_part(struct buffer *out, const struct run *run, const struct baseline *baseline,
                     const struct level *level, const struct round *round,
                     struct summary_part which)
{
    struct part part;
    struct summary summary;
    bool whole = which.segment < 0 && which.turn < 0;
    begin_part(&part, out, run, level, round, which);
    summary_make_part(&summary, run, level, round, which);
    add_metrics(&part, &summary);
    add_totals(&part, &summary);
    if (whole)
        add_health(&part, &round->health);
    if (whole)
        add_server(&part, run, level, round);
    if (whole && round->number > 1)
        add_comparison(&part, &level->rounds[0], round);
    if (whole)
        add_baseline(&part, baseline, run, level, round, &summary);
    summary_free(&summary);
    end_part(&part);
}

static void add_round(struct buffer *out, const struct run *run, const struct baseline *baseline,
                      const struct level *level, const struct round *round)
{
    add_part(out, run, baseline, level, round, (struct summary_part){-1, -1});
    int32_t segments = round->segment_count > 1 ? (int32_t)round->segment_count : 0;
    for (int32_t segment = 0; segment < segments; segment++)
        add_part(out, run, baseline, level, round, (struct summary_part){segment, -1});
    int32_t turns = round_last_turn(round);
    for (int32_t turn = 1; turns > 1 && turn <= turns; turn++)
        add_part(out, run, baseline, level, round, (struct summary_part){-1, turn});
}

void csv_figures(struct buffer *out, const struct run *run, const struct baseline *baseline)
{
    buffer_add_string(out, "level,stage,dataset,concurrency,rate,round,segment,turn,metric,"
                           "statistic,value,unit,note\n");
    for (uint32_t l = 0; l < run->level_count; l++)
        for (uint32_t r = 0; r < run->levels[l]->round_count; r++)
            add_round(out, run, baseline, run->levels[l], &run->levels[l]->rounds[r]);
}
