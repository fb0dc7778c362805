/* timeline.csv: a row a second, of 10 s where the run is longer than an hour, of 60 s where it is
 * longer than a day. */
#include <math.h>
#include <stdlib.h>

#include "base/memory.h"
#include "report/csv.h"
#include "report/files.h"

/* Rows that are asked for at once. */
#define BLOCK 512

static double mean(const struct history_cell *cell)
{
    return history_mean(cell);
}

static double p50(const struct history_cell *cell)
{
    return history_quantile(cell, 0.50);
}

static double p99(const struct history_cell *cell)
{
    return history_quantile(cell, 0.99);
}

static double max(const struct history_cell *cell)
{
    return cell->count ? cell->max : NO_VALUE;
}

static double percent(const struct history_cell *cell)
{
    return history_mean(cell) * 100.0;
}

static double count(const struct history_cell *cell)
{
    return (double)cell->count;
}

static const struct column {
    const char *name;
    enum history_figure figure;
    double (*value)(const struct history_cell *cell);
    int decimals;
} columns[] = {
    {"ttft_avg_ms", HISTORY_TTFT, mean, 2},
    {"ttft_p50_ms", HISTORY_TTFT, p50, 2},
    {"ttft_p99_ms", HISTORY_TTFT, p99, 2},
    {"ttft_max_ms", HISTORY_TTFT, max, 2},
    {"chunk_gap_avg_ms", HISTORY_GAP, mean, 2},
    {"chunk_gap_p50_ms", HISTORY_GAP, p50, 2},
    {"chunk_gap_p99_ms", HISTORY_GAP, p99, 2},
    {"chunk_gap_max_ms", HISTORY_GAP, max, 2},
    {"tokens_per_s", HISTORY_TOKENS, history_rate, 1},
    {"finished", HISTORY_FINISHED, count, 0},
    {"failed", HISTORY_FAILED, count, 0},
    {"in_flight", HISTORY_IN_FLIGHT, history_rate, 2},
    {"oldest_wait_s", HISTORY_OLDEST_WAIT, max, 3},
    {"cached_percent", HISTORY_CACHED, percent, 2},
};

static bool is_counter(const struct run *run, const char *series)
{
    const struct watched *watched = samples_find(&run->samples, series);
    return watched && watched->kind == WATCHED_COUNTER;
}

static void add_header(struct buffer *out, const struct run *run, uint32_t series_count)
{
    buffer_add_string(out, "time_s,utc,level,round,events");
    for (size_t i = 0; i < ARRAY_SIZE(columns); i++)
        buffer_printf(out, ",%s", columns[i].name);
    for (uint32_t i = HISTORY_FIGURE_COUNT; i < series_count; i++) {
        const char *name = history_series_name(run->history, i);
        struct buffer field = {0};
        buffer_printf(&field, "%s%s", name, is_counter(run, name) ? "_per_s" : "");
        buffer_add_char(out, ',');
        csv_field(out, buffer_text(&field));
        buffer_free(&field);
    }
    buffer_add_char(out, '\n');
}

/* The round that was under way when the row began, or that began in it. `over` holds for each level
 * how many of its rounds ended before. */
static void add_round(struct buffer *out, const struct run *run, uint32_t *over, uint64_t from_ns,
                      uint64_t to_ns)
{
    for (uint32_t l = 0; l < run->level_count; l++) {
        const struct level *level = run->levels[l];
        const struct round *round = &level->rounds[over[l]];
        while (over[l] < level->round_count && round->end_ns && round->end_ns <= from_ns)
            round = &level->rounds[++over[l]];
        if (over[l] < level->round_count && round->start_ns < to_ns) {
            buffer_printf(out, ",%u,%u", level->number, round->number);
            return;
        }
    }
    buffer_add_string(out, ",,");
}

/* What stands in `events` by its kind, beside a server that went away. */
static const char *const event_kinds[] = {"note", "alarm", "load", "reset", "pause"};

/* Notes, alarms, changes of load: "note: more slots; load: 10 → 12". `next` is the first change
 * that no row before had; they stand in the order of time. */
static void add_events(struct buffer *out, const struct run *run, uint64_t to_ns, uint32_t *next)
{
    uint32_t count = changes_count(&run->changes);
    struct buffer events = {0};
    for (; *next < count && changes_at(&run->changes, *next)->at_ns < to_ns; ++*next) {
        const struct change *change = changes_at(&run->changes, *next);
        const char *server = change_of_server(change);
        if (server)
            buffer_printf(&events, "%s%s", events.size ? "; " : "", server);
        for (size_t i = 0; i < ARRAY_SIZE(event_kinds); i++)
            if (strcmp(change->kind, event_kinds[i]) == 0)
                buffer_printf(&events, "%s%s: %s", events.size ? "; " : "", change->kind,
                              change->text);
    }
    buffer_add_char(out, ',');
    csv_field(out, buffer_text(&events));
    buffer_free(&events);
}

/* Rows whose cells were asked for. */
struct block {
    struct history_cell *cells[HISTORY_SERIES_MAX];
    bool counters[HISTORY_SERIES_MAX];
    uint32_t series_count;
    uint32_t next_change;
    uint32_t *over; /* see add_round */
};

static void add_row(struct buffer *out, const struct run *run, struct block *block, size_t at,
                    uint64_t from_ns, uint64_t width_ns)
{
    char utc[32];
    clock_format_utc(run->anchor.wall_ns + from_ns, utc, sizeof utc);
    buffer_printf(out, "%lu,%s", (unsigned long)(from_ns / NS_PER_S), utc);
    add_round(out, run, block->over, from_ns, from_ns + width_ns);
    add_events(out, run, from_ns + width_ns, &block->next_change);
    for (size_t i = 0; i < ARRAY_SIZE(columns); i++) {
        buffer_add_char(out, ',');
        csv_number(out, columns[i].value(&block->cells[columns[i].figure][at]),
                   columns[i].decimals);
    }
    for (uint32_t i = HISTORY_FIGURE_COUNT; i < block->series_count; i++) {
        const struct history_cell *cell = &block->cells[i][at];
        double value = !block->counters[i] ? history_mean(cell)
                       : cell->count       ? history_rate(cell)
                                           : NO_VALUE;
        buffer_add_char(out, ',');
        if (isfinite(value))
            buffer_printf(out, "%.6g", value);
    }
    buffer_add_char(out, '\n');
}

void csv_timeline(struct buffer *out, const struct run *run)
{
    struct history *history = run->history;
    struct block block = {.series_count = history_series_count(history)};
    for (uint32_t i = 0; i < block.series_count; i++)
        block.cells[i] = xcalloc(BLOCK, sizeof *block.cells[i]);
    for (uint32_t i = HISTORY_FIGURE_COUNT; i < block.series_count; i++)
        block.counters[i] = is_counter(run, history_series_name(history, i));
    block.over = xcalloc(run->level_count, sizeof *block.over);
    uint64_t width_ns = history_whole_width_ns(history), now_ns = history_now_ns(history);
    uint64_t rows = now_ns / width_ns + (now_ns % width_ns != 0);

    add_header(out, run, block.series_count);
    uint64_t first = history_oldest_ns(history, width_ns) / width_ns;
    for (uint64_t row = first; row < rows; row += BLOCK) {
        for (uint32_t i = 0; i < block.series_count; i++)
            history_query(history, i, (row + BLOCK) * width_ns, BLOCK * width_ns, block.cells[i],
                          BLOCK);
        for (size_t at = 0; at < BLOCK && row + at < rows; at++)
            add_row(out, run, &block, at, (row + at) * width_ns, width_ns);
    }
    for (uint32_t i = 0; i < block.series_count; i++)
        free(block.cells[i]);
    free(block.over);
}

/* ---- reading ---- */

static bool begins_event(struct text text)
{
    if (text_starts_with(text, "server down") || text_starts_with(text, "server back"))
        return true;
    for (size_t i = 0; i < ARRAY_SIZE(event_kinds); i++) {
        size_t size = strlen(event_kinds[i]);
        if (text_starts_with(text, event_kinds[i]) && size < text.size && text.data[size] == ':')
            return true;
    }
    return false;
}

/* Cuts the next event off. A semicolon inside a note parts it only where another event might
 * begin. */
static struct text take_event(struct text *events)
{
    size_t end = 0;
    while (end < events->size) {
        struct text rest = {events->data + end, events->size - end};
        if (text_starts_with(rest, "; ") &&
            begins_event((struct text){rest.data + 2, rest.size - 2}))
            break;
        end++;
    }
    struct text event = {events->data, end};
    end = end < events->size ? end + 2 : end;
    *events = (struct text){events->data + end, events->size - end};
    return event;
}

void csv_timeline_notes(struct text row, void (*took)(void *context, struct text note),
                        void *context)
{
    enum { EVENTS = 5 }; /* which field they are */
    static const char note[] = "note: ";
    struct buffer field = {0};
    bool any = true;
    for (int i = 0; i < EVENTS && any; i++)
        any = csv_take_field(&row, &field);
    for (struct text rest = buffer_text(&field); any && rest.size;) {
        struct text event = take_event(&rest);
        if (text_starts_with(event, note))
            took(context,
                 (struct text){event.data + sizeof note - 1, event.size - (sizeof note - 1)});
    }
    buffer_free(&field);
}
