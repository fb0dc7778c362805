#include "ui/metric_cells.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/memory.h"
#include "result/round_kept.h"
#include "telemetry/watched_history.h"
#include "ui/figures.h"

/* ---- words ---- */

static void put_seconds(char *text, size_t size, double seconds)
{
    double ms = seconds * 1e3;
    if (fabs(seconds) >= 10)
        snprintf(text, size, "%.1f s", seconds);
    else
        snprintf(text, size, fabs(ms) < 100 ? "%.1f ms" : "%.0f ms", ms);
}

static void put_bytes(char *text, size_t size, double bytes)
{
    static const char *const units[] = {"B", "kB", "MB", "GB", "TB"};
    size_t unit = 0;
    while (fabs(bytes) >= 1000 && unit + 1 < ARRAY_SIZE(units)) {
        bytes /= 1000;
        unit++;
    }
    snprintf(text, size, unit && fabs(bytes) < 100 ? "%.1f %s" : "%.0f %s", bytes, units[unit]);
}

struct metric_text metric_value_text(const struct watched *watched, double value)
{
    struct metric_text out = {"-"};
    char *text = out.text;
    const size_t size = sizeof out.text;
    if (!isfinite(value))
        return out;
    if (strcmp(watched->unit, "s") == 0 || strcmp(watched->unit, "seconds") == 0)
        put_seconds(text, size, value);
    else if (strcmp(watched->unit, "bytes") == 0)
        put_bytes(text, size, value);
    else if (watched->role == ROLE_KV_USAGE)
        snprintf(text, size, "%.*f %%", fabs(value) < 0.0995 && value > 0 ? 1 : 0, value * 100);
    else if (strcmp(watched->unit, "ratio") == 0 && fabs(value) < 10)
        snprintf(text, size, "%.2f", value);
    else if (value == floor(value) || fabs(value) >= 1000)
        snprintf(text, size, "%s", figure_count(value).text);
    else
        snprintf(text, size, fabs(value) < 10 ? "%.2f" : "%.1f", value);
    return out;
}

struct metric_text metric_round_text(const struct watched *watched,
                                     const struct watched_round *figures)
{
    struct metric_text out = {"-"};
    if (watched->kind == WATCHED_COUNTER && isfinite(figures->change)) {
        struct metric_text gain = metric_value_text(watched, figures->change);
        snprintf(out.text, sizeof out.text, "+ %.30s", gain.text);
    } else if (isfinite(figures->before) && isfinite(figures->after)) {
        struct metric_text before = metric_value_text(watched, figures->before);
        struct metric_text after = metric_value_text(watched, figures->after);
        /* The unit once: 58 → 61 %. */
        const char *unit = strchr(before.text, ' '), *other = strchr(after.text, ' ');
        size_t size = unit && other && strcmp(unit, other) == 0 ? (size_t)(unit - before.text)
                                                                : strlen(before.text);
        snprintf(out.text, sizeof out.text, "%.*s → %.16s", (int)(size < 16 ? size : 16),
                 before.text, after.text);
    } else {
        out = metric_value_text(watched, figures->value);
    }
    return out;
}

void metric_origin_text(const struct watched *watched, char *text, size_t size)
{
    char kind[48];
    snprintf(kind, sizeof kind, "%s", watched_kind_name(watched->kind));
    if (watched->kind == WATCHED_COUNTER)
        snprintf(kind, sizeof kind, "counter, a second");
    else if (watched->kind == WATCHED_HISTOGRAM && isnan(watched->quantile))
        snprintf(kind, sizeof kind, "mean of a histogram");
    else if (watched->kind == WATCHED_HISTOGRAM)
        snprintf(kind, sizeof kind, "p%g of a histogram", watched->quantile * 100);
    bool renamed = watched->origin[0] && strcmp(watched->origin, watched->key) != 0;
    snprintf(text, size, "%s%s%s", kind, renamed ? ", from " : "", renamed ? watched->origin : "");
}

/* ---- rounds ---- */

struct entry {
    const struct watched *watched;
    uint16_t level, round;
    bool final;
    uint64_t due_ns;
    struct watched_round figures;
};

/* Each entry by itself, so that what was given out does not move. */
struct metric_rounds {
    struct entry **entries;
    size_t count;
};

struct metric_rounds *metric_rounds_new(void)
{
    return xcalloc(1, sizeof(struct metric_rounds));
}

void metric_rounds_free(struct metric_rounds *rounds)
{
    for (size_t i = 0; rounds && i < rounds->count; i++)
        free(rounds->entries[i]);
    if (rounds)
        free(rounds->entries);
    free(rounds);
}

static struct entry *entry_of(struct metric_rounds *rounds, const struct watched *watched,
                              uint16_t level, uint16_t round)
{
    for (size_t i = 0; i < rounds->count; i++) {
        struct entry *entry = rounds->entries[i];
        if (entry->watched == watched && entry->level == level && entry->round == round)
            return entry;
    }
    struct entry *entry = xcalloc(1, sizeof *entry);
    *entry = (struct entry){.watched = watched, .level = level, .round = round};
    rounds->entries = xreallocarray(rounds->entries, rounds->count + 1, sizeof *rounds->entries);
    return rounds->entries[rounds->count++] = entry;
}

const struct watched_round *metric_rounds_get(struct metric_rounds *rounds, const struct run *run,
                                              const struct watched *watched,
                                              const struct level *level, const struct round *round,
                                              uint64_t now_ns)
{
    struct entry *entry = entry_of(rounds, watched, level->number, round->number);
    if (entry->final || now_ns < entry->due_ns)
        return &entry->figures;
    bool ended = round_has_ended(round);
    round_watched(run, level, round, watched, &entry->figures);
    /* The scrape right after its end may still be on the way. */
    entry->final = ended && (entry->figures.has_after || now_ns > round->end_ns + 10 * NS_PER_S);
    entry->due_ns = now_ns + NS_PER_S;
    return &entry->figures;
}

/* ---- series ---- */

double *metric_values(const struct ui *ui, const struct watched *watched,
                      const struct time_window *window)
{
    const struct samples *samples = &ui->run->samples;
    uint32_t series = history_find_series(ui->run->history, watched->key);
    struct history_cell *cells = time_window_query(ui, window, series);
    double *values = xcalloc(window->count, sizeof *values);
    double interval_s = samples_source_count(samples) ? samples_source(samples, 0)->interval_s : 1;
    double hold_s = 2 * fmax(interval_s, 1) + 1;
    uint32_t held = 0;
    for (uint32_t i = 0; i < window->count; i++) {
        values[i] = watched_of_cell(watched, &cells[i]);
        held = isnan(values[i]) ? held + 1 : 0;
        if (i && held && held * window->step_s < hold_s && cells[i].covered_ns)
            values[i] = values[i - 1];
    }
    free(cells);
    return values;
}
