#include "ui/time_window.h"

#include <stdio.h>

#include "base/memory.h"

#define SPAN_LEAST_S 30 /* of a whole run that is young */

/* When the last round ended; while one has no end, the latest instant that is known. */
static uint64_t last_instant_ns(const struct run *run)
{
    uint64_t last_ns = 0;
    uint32_t levels = atomic_load_explicit(&run->level_count, memory_order_acquire);
    for (uint32_t i = 0; i < levels; i++)
        for (uint32_t j = 0; j < run->levels[i]->round_count; j++) {
            const struct round *round = &run->levels[i]->rounds[j];
            if (!round_has_ended(round))
                return history_now_ns(run->history);
            last_ns = round->end_ns > last_ns ? round->end_ns : last_ns;
        }
    return last_ns ? last_ns : history_now_ns(run->history);
}

static bool is_moving(const struct ui *ui)
{
    return ui->state != STATE_FINISHED && ui->state != STATE_WAITING;
}

uint64_t time_window_now_ns(const struct ui *ui)
{
    if (is_moving(ui))
        return ui->now_ns / NS_PER_S * NS_PER_S; /* the second that is still filling would dip */
    return (last_instant_ns(ui->run) + NS_PER_S - 1) / NS_PER_S * NS_PER_S;
}

/* What a plot covers when nobody chose: a second for each of its columns, less while the run is
 * young, and all of a run that is over. */
static uint32_t fitting_span_s(uint32_t run_s, uint32_t columns, bool moving)
{
    static const uint32_t spans_s[] = {30, 60, 90, 120, 180, 240, 300};
    if (!moving)
        return run_s > 10 ? run_s : 10;
    for (size_t i = 0; i < ARRAY_SIZE(spans_s) && spans_s[i] < columns; i++)
        if (run_s <= spans_s[i])
            return spans_s[i];
    return columns;
}

struct time_window time_window_of(const struct ui *ui, uint64_t end_ns, uint32_t usual_s, int cols)
{
    bool moving = is_moving(ui);
    uint32_t columns = cols > 0 ? (uint32_t)cols : 1, end_s = (uint32_t)(end_ns / NS_PER_S);
    uint32_t span_s = ui->span_s;
    if (span_s == UI_SPAN_ALL)
        span_s = end_s > SPAN_LEAST_S ? end_s : SPAN_LEAST_S;
    else if (span_s == 0 && usual_s && usual_s < end_s)
        span_s = usual_s;
    else if (span_s == 0)
        span_s = fitting_span_s(end_s, usual_s ? usual_s : columns, moving);
    struct time_window window = {.step_s = (span_s + columns - 1) / columns,
                                 .live = moving && ui->back_s == 0};
    window.count = (span_s + window.step_s - 1) / window.step_s;
    end_s = end_s > ui->back_s ? end_s - ui->back_s : 0;
    int64_t end_step = (end_s + window.step_s - 1) / window.step_s;
    window.first_s = (end_step - window.count) * window.step_s;
    return window;
}

struct history_cell *time_window_query(const struct ui *ui, const struct time_window *window,
                                       uint32_t series)
{
    struct history_cell *cells = xcalloc(window->count, sizeof *cells);
    int64_t end_s = window->first_s + (int64_t)window->count * window->step_s;
    uint64_t span_ns = (uint64_t)window->count * window->step_s * NS_PER_S;
    history_query(ui->run->history, series, (uint64_t)end_s * NS_PER_S, span_ns, cells,
                  window->count);
    return cells;
}

/* ---- marks ---- */

static void add_mark(struct plot_mark *marks, uint32_t *count, const struct time_window *window,
                     uint32_t most, uint64_t at_ns, const char *label)
{
    int64_t at = (int64_t)(at_ns / NS_PER_S) - window->first_s;
    if (at < 0 || at / window->step_s >= window->count || *count == most)
        return;
    marks[*count].at = (uint32_t)(at / window->step_s);
    snprintf(marks[(*count)++].label, sizeof marks->label, "%s", label);
}

static const struct {
    const char *kind, *label;
} marked[] = {{"note", "note"}, {"alarm", "!"}};

static void segment_mark(const struct segment *segment, char label[static 24])
{
    switch (segment_part_of(segment - 1, segment)) {
    case PART_RESET:
        snprintf(label, 24, "reset");
        break;
    case PART_CONCURRENCY:
        snprintf(label, 24, "→%u", segment->concurrency);
        break;
    case PART_RATE:
        snprintf(label, 24, "→%g/s", segment->rate);
        break;
    }
}

uint32_t time_window_marks(const struct ui *ui, const struct time_window *window, bool full,
                           struct plot_mark *marks, uint32_t most)
{
    uint32_t count = 0;
    uint32_t levels = atomic_load_explicit(&ui->run->level_count, memory_order_acquire);
    for (uint32_t i = 0; i < levels; i++) {
        const struct level *level = ui->run->levels[i];
        for (uint32_t j = 0; j < level->round_count; j++) {
            const struct round *round = &level->rounds[j];
            char label[24];
            if (full)
                snprintf(label, sizeof label, "L%u R%u", level->number, round->number);
            else if (round->number == 1)
                snprintf(label, sizeof label, "L%u", level->number);
            else
                snprintf(label, sizeof label, "R%u", round->number);
            add_mark(marks, &count, window, most, round->start_ns, label);
            for (uint32_t k = 1; k < round->segment_count; k++) {
                const struct segment *segment = &round->segments[k];
                segment_mark(segment, label);
                add_mark(marks, &count, window, most, segment->start_ns, label);
            }
        }
    }
    uint32_t changes = changes_count(&ui->run->changes);
    for (uint32_t i = 0; i < changes; i++) {
        const struct change *change = changes_at(&ui->run->changes, i);
        const char *server = change_of_server(change);
        if (server)
            add_mark(marks, &count, window, most, change->at_ns,
                     strcmp(server, "server down") == 0 ? "down" : "back");
        for (size_t k = 0; k < ARRAY_SIZE(marked); k++)
            if (strcmp(change->kind, marked[k].kind) == 0)
                add_mark(marks, &count, window, most, change->at_ns, marked[k].label);
    }
    return count;
}
