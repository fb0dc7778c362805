#include "ui/request_detail.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/file.h"
#include "base/memory.h"
#include "base/statistics.h"
#include "report/remarks.h"
#include "ui/figures.h"
#include "ui/timeline.h"

#define LABEL_COLS 10
#define AGAIN_NS   (500 * NS_PER_MS)
#define WIDE_COLS  112

/* ---- what the journal has of it ---- */

void bulk_cache_free(struct bulk_cache *cache)
{
    for (unsigned i = 0; i < DETAIL_ROUNDS; i++)
        bulk_free(&cache->entries[i].bulk);
    *cache = (struct bulk_cache){0};
}

static struct bulk_entry *entry_for(struct bulk_cache *cache, const struct record *record)
{
    for (unsigned i = 0; i < DETAIL_ROUNDS; i++) {
        struct bulk_entry *entry = &cache->entries[i];
        if (entry->level == record->level && entry->round == record->round &&
            entry->index == record->index)
            return entry;
    }
    struct bulk_entry *entry = &cache->entries[cache->next++ % DETAIL_ROUNDS];
    bulk_free(&entry->bulk);
    *entry =
        (struct bulk_entry){.level = record->level, .round = record->round, .index = record->index};
    return entry;
}

static struct bulk_entry *read_bulk(struct bulk_cache *cache, const struct ui *ui,
                                    const struct record *record)
{
    if (!ui->directory || !record)
        return NULL;
    struct bulk_entry *entry = entry_for(cache, record);
    if (entry->ok || (entry->read && ui->now_ns < entry->due_ns))
        return entry;
    char *path = path_join(ui->directory, "journal.jsonl");
    entry->ok = bulk_read(&entry->bulk, path, record, &entry->error);
    entry->read = true;
    entry->due_ns = ui->now_ns + AGAIN_NS;
    free(path);
    return entry;
}

/* Of a run of the same dataset. */
static void find_baseline(struct request_detail *detail, struct bulk_cache *cache,
                          const struct ui *ui)
{
    const struct level *level;
    const struct round *round;
    const struct record *record = detail->sides[detail->count - 1].record;
    if (!record ||
        !baseline_find(&ui->baseline, detail->row.level, detail->sides[detail->count - 1].round,
                       &level, &round) ||
        round->prompts_key != detail->sides[detail->count - 1].round->prompts_key)
        return;
    uint32_t count = round_record_count(round);
    if (cache->same_as != record || cache->same_in != round || cache->same_of != count ||
        cache->same_when != ui->run->releases) {
        cache->same = NULL;
        for (uint32_t i = 0; i < count && !cache->same; i++)
            if (round->records[i].sample == record->sample &&
                round->records[i].turn == record->turn)
                cache->same = &round->records[i];
        cache->same_as = record;
        cache->same_in = round;
        cache->same_of = count;
        cache->same_when = ui->run->releases;
    }
    detail->baseline = cache->same;
    detail->baseline_level = level->number;
    detail->baseline_round = round->number;
}

void request_detail_make(struct request_detail *detail, struct bulk_cache *cache, struct ui *ui,
                         const struct request_row *row)
{
    *detail = (struct request_detail){.row = *row};
    const struct record *records[] = {row->other, row->record};
    for (int i = 0; i < DETAIL_ROUNDS; i++) {
        bool shown = i == 1;
        if (!records[i] && !shown)
            continue;
        const struct round *round =
            shown ? row->round : level_find_round(row->level, records[i]->round);
        detail->sides[detail->count].round = round;
        detail->sides[detail->count].record = records[i];
        detail->sides[detail->count].shown = shown;
        detail->sides[detail->count].bulk = read_bulk(cache, ui, records[i]);
        detail->count++;
    }
    /* Rounds stand in their order. */
    if (detail->count == 2 && detail->sides[0].round->number > detail->sides[1].round->number) {
        typeof(detail->sides[0]) first = detail->sides[0];
        detail->sides[0] = detail->sides[1];
        detail->sides[1] = first;
    }
    find_baseline(detail, cache, ui);
}

/* Where the longest gap of what was read is; 0 = there is none. */
static uint32_t find_longest_gap(const struct bulk *bulk)
{
    const struct chunk_times *chunks = &bulk->chunks;
    uint32_t at = 0, longest_us = 0;
    for (uint32_t i = 1; i < chunks->count; i++)
        if (chunks->us[i] - chunks->us[i - 1] > longest_us) {
            longest_us = chunks->us[i] - chunks->us[i - 1];
            at = i;
        }
    return at;
}

/* ---- times ---- */

static double since_sent_ms(const struct record *record, uint64_t at_ns)
{
    return record->sent_ns && at_ns > record->sent_ns
               ? (double)(at_ns - record->sent_ns) / NS_PER_MS
               : NO_VALUE;
}

static double headers_ms(const struct request_row *row)
{
    return since_sent_ms(row->record, row->record->first_byte_ns);
}

static double first_event_ms(const struct request_row *row)
{
    return since_sent_ms(row->record, row->record->first_event_ns);
}

static double first_answer_ms(const struct request_row *row)
{
    return since_sent_ms(row->record, row->record->first_answer_ns);
}

/* Of what was not cached. */
static double prefill(const struct request_row *row)
{
    double ttft_ms = request_value(row, VALUE_TTFT), cached = request_value(row, VALUE_CACHED);
    double fresh = row->record->prompt_tokens == TOKENS_UNKNOWN
                       ? NO_VALUE
                       : row->record->prompt_tokens * (1 - (isnan(cached) ? 0 : cached / 100));
    return fresh / (ttft_ms / 1e3);
}

enum time_format { TIME_MS, TIME_GAP, TIME_SHARE, TIME_COUNT };

static const struct time_column {
    const char *title;
    int narrow, wide; /* columns; 0 = not shown there */
    enum time_format format;
    enum request_value value;
    double (*of)(const struct request_row *row); /* NULL = the value's own */
    bool has_change;
} time_columns[] = {
    {"queue", 6, 6, TIME_MS, VALUE_QUEUE, NULL, false},
    {"connect", 8, 9, TIME_MS, VALUE_CONNECT, NULL, false},
    {"headers", 8, 9, TIME_MS, 0, headers_ms, false},
    {"1st event", 0, 11, TIME_MS, 0, first_event_ms, false},
    {"TTFT", 8, 9, TIME_MS, VALUE_TTFT, NULL, true},
    {"1st answer", 0, 12, TIME_MS, 0, first_answer_ms, true},
    {"max gap", 9, 0, TIME_MS, VALUE_GAP, NULL, true},
    {"max gap, at chunk", 0, 19, TIME_GAP, VALUE_GAP, NULL, true},
    {"ITL", 7, 8, TIME_MS, VALUE_ITL, NULL, true},
    {"latency", 9, 10, TIME_MS, VALUE_LATENCY, NULL, true},
    {"cached", 8, 8, TIME_SHARE, VALUE_CACHED, NULL, false},
    {"prefill tok/s", 0, 0, TIME_COUNT, 0, prefill, true},
};

static double time_value(const struct time_column *column, const struct request_row *row)
{
    if (!row->record)
        return column->of ? NO_VALUE : request_value(row, column->value);
    return column->of ? column->of(row) : request_value(row, column->value);
}

static void put_time(struct canvas *canvas, int row, int col, int cols,
                     const struct time_column *column, const struct request_row *request,
                     const struct bulk_entry *bulk)
{
    double value = time_value(column, request);
    struct figure figure = column->format == TIME_SHARE   ? figure_share(value / 100)
                           : column->format == TIME_COUNT ? figure_count(value)
                                                          : figure_of(value, 2);
    if (column->format == TIME_GAP) {
        /* The figure stands where it does without its place. */
        canvas_put_right(canvas, row, col, cols - 6, STYLE(ROLE_TEXT), text_of(figure.text));
        uint32_t at = bulk && bulk->ok ? find_longest_gap(&bulk->bulk) : 0;
        if (at)
            canvas_printf(canvas, row, col + cols - 6, 6, STYLE(ROLE_DIM), ", %u", at + 1);
        return;
    }
    canvas_put_right(canvas, row, col, cols, STYLE(ROLE_TEXT), text_of(figure.text));
}

static void put_label(const struct request_detail *detail, struct ui *ui, struct canvas *canvas,
                      int row, int col, int side)
{
    const struct round *round = detail->sides[side].round;
    const char *word = detail->sides[side].shown
                           ? "this"
                           : round_temperature(round, ui_summary(ui, detail->row.level, round));
    canvas_printf(canvas, row, col, LABEL_COLS, STYLE(round->number == 1 ? ROLE_COLD : ROLE_WARM),
                  "R%u %s", round->number, word);
}

static struct request_row side_row(const struct request_detail *detail, int side)
{
    struct request_row row = detail->row;
    row.round = detail->sides[side].round;
    row.record = detail->sides[side].record;
    if (row.record)
        row.flight = NULL;
    return row;
}

/* What the last side is held against: the baseline's, else the first side's. False for nothing. */
static bool held_against(const struct request_detail *detail, struct request_row *row)
{
    *row = side_row(detail, 0);
    if (detail->baseline)
        row->record = detail->baseline;
    return detail->baseline || (detail->count == 2 && row->record);
}

int request_detail_times_rows(const struct request_detail *detail)
{
    return 1 + detail->count + (detail->count == 2 || detail->baseline);
}

int request_detail_times(const struct request_detail *detail, struct ui *ui, struct canvas *canvas,
                         struct rect rect)
{
    struct request_row before;
    bool wide = rect.cols >= WIDE_COLS - 6, has_change = held_against(detail, &before);
    int last = detail->count - 1, col = rect.col + LABEL_COLS, end = rect.col + rect.cols;
    for (int side = 0; side < detail->count; side++)
        put_label(detail, ui, canvas, rect.row + 1 + side, rect.col, side);
    if (detail->baseline)
        canvas_printf(canvas, rect.row + 2 + last, rect.col, LABEL_COLS, STYLE(ROLE_DIM),
                      "vs L%u R%u", detail->baseline_level, detail->baseline_round);
    for (size_t i = 0; i < ARRAY_SIZE(time_columns); i++) {
        const struct time_column *column = &time_columns[i];
        int width = wide ? column->wide : column->narrow;
        if (width == 0 || col + width > end)
            continue;
        canvas_put_right(canvas, rect.row, col, width, STYLE(ROLE_DIM), text_of(column->title));
        struct request_row rows[DETAIL_ROUNDS] = {0};
        for (int side = 0; side < detail->count; side++) {
            rows[side] = side_row(detail, side);
            put_time(canvas, rect.row + 1 + side, col, width, column, &rows[side],
                     detail->sides[side].bulk);
        }
        if (has_change && column->has_change && rows[last].record) {
            struct figure change =
                figure_change(time_value(column, &before), time_value(column, &rows[last]));
            int room = column->format == TIME_GAP ? width - 6 : width;
            canvas_put_right(canvas, rect.row + 2 + last, col, room, STYLE(ROLE_DIM),
                             text_of(change.text));
        }
        col += width;
    }
    return request_detail_times_rows(detail);
}

/* ---- bars ---- */

static double end_ms(const struct request_row *row)
{
    return row->record ? since_sent_ms(row->record, row->record->end_ns)
                       : request_value(row, VALUE_LATENCY);
}

int request_detail_bars(const struct request_detail *detail, struct canvas *canvas,
                        struct rect rect)
{
    double longest_ms = 0;
    for (int side = 0; side < detail->count; side++) {
        struct request_row row = side_row(detail, side);
        longest_ms = fmax(longest_ms, end_ms(&row));
    }
    for (int side = 0; side < detail->count && side < rect.rows; side++) {
        struct request_row row = side_row(detail, side);
        const struct bulk_entry *bulk = detail->sides[side].bulk;
        bool waits = row.flight && !row.flight->first_token_ns;
        struct timeline timeline = {.wait_ms = waits ? NO_VALUE : request_value(&row, VALUE_TTFT),
                                    .end_ms = end_ms(&row),
                                    .gap_ms = request_value(&row, VALUE_ITL),
                                    .chunks = bulk && bulk->ok ? &bulk->bulk.chunks : NULL,
                                    .failed = row.record && !record_succeeded(row.record)};
        bool cold = row.round->number == 1;
        int at = rect.row + side;
        canvas_printf(canvas, at, rect.col, 4, STYLE(cold ? ROLE_COLD : ROLE_WARM), "R%u",
                      row.round->number);
        timeline_draw(canvas, at, rect.col + 3, rect.cols - 3, &timeline, longest_ms, "wait ",
                      cold ? ROLE_COLD : ROLE_WARM);
    }
    return detail->count;
}

/* ---- in words ---- */

/* Of one that has nothing to stand beside. */
static void say_alone(const struct request_row *row, struct buffer *out)
{
    double ttft_ms = request_value(row, VALUE_TTFT), tokens = request_value(row, VALUE_OUTPUT);
    if (row->flight && !row->flight->first_token_ns) {
        buffer_printf(out, "waiting for its first token, %s so far", figure_age(ttft_ms).text);
        return;
    }
    buffer_printf(out, "first token after %s, then ", figure_span(ttft_ms).text);
    buffer_printf(out, "%s tokens at %s each", figure_count(tokens).text,
                  figure_span(request_value(row, VALUE_ITL)).text);
    if (row->flight)
        buffer_add_string(out, " so far");
}

void request_detail_says(const struct request_detail *detail, struct ui *ui, bool wide,
                         struct buffer *out)
{
    const struct request_row *row = &detail->row;
    if (row->record && !record_succeeded(row->record)) {
        const char *advice = error_class_advice(row->record->error);
        buffer_printf(out, "%s%s%s", row->record->error_text ? row->record->error_text : "-",
                      advice[0] ? ". " : "", advice);
        return;
    }
    double factor = request_value(row, VALUE_FASTER);
    if (detail->count < 2 || !isfinite(factor)) {
        say_alone(row, out);
        return;
    }
    const struct comparison *comparison =
        ui_comparison_of(ui, METRIC_TTFT, detail->sides[1].round, detail->sides[0].round);
    struct request_row first = side_row(detail, 0), later = side_row(detail, 1);
    buffer_printf(out, "R%u %s, ", later.round->number,
                  figure_span(request_value(&later, VALUE_TTFT)).text);
    buffer_printf(out, "R%u %s: %s", first.round->number,
                  figure_span(request_value(&first, VALUE_TTFT)).text, figure_faster(factor).text);
    if (isfinite(comparison->speed_up))
        buffer_printf(out, "; the median is %s", figure_times(comparison->speed_up).text);
    double cached = request_value(&later, VALUE_CACHED);
    if (isfinite(cached)) {
        const struct summary *summary = ui_summary(ui, row->level, detail->sides[1].round);
        buffer_printf(out, "; %s was cached", figure_share(cached / 100).text);
        if (wide)
            buffer_printf(out, ", %s of all prompts", figure_share(summary->cached_share).text);
    }
}
