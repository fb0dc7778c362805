/* Live's levels: how far each is, and what its warm round gained. */
#include <math.h>
#include <stdlib.h>

#include "base/memory.h"
#include "ui/figures.h"
#include "ui/frame.h"
#include "ui/live.h"
#include "ui/plot.h"

/* Columns of one line: label, two bars with their counts, the result. */
struct grid_cols {
    int label, bar, count, result;
};

static uint32_t level_count(const struct ui *ui)
{
    return ui->run ? atomic_load_explicit(&ui->run->level_count, memory_order_acquire) : 0;
}

/* Those in sight. */
struct shown_levels {
    const struct level **levels;
    uint32_t count;
};

static struct shown_levels find_shown(const struct ui *ui)
{
    uint32_t all = level_count(ui);
    struct shown_levels shown = {.levels = xcalloc(all, sizeof *shown.levels)};
    for (uint32_t i = 0; i < all; i++)
        if (!ui_is_hidden(ui, ui->run->levels[i]))
            shown.levels[shown.count++] = ui->run->levels[i];
    return shown;
}

static struct grid_cols columns_for(const struct shown_levels *shown, int cols, bool boxed)
{
    struct grid_cols grid = {.result = boxed ? 38 : 31};
    int digits = 3;
    for (uint32_t i = 0; i < shown->count; i++) {
        const struct level *level = shown->levels[i];
        for (uint32_t samples = level->samples / 1000; samples; samples /= 10)
            digits = digits < 9 ? digits + 1 : digits;
        char label[80];
        snprintf(label, sizeof label, "L%u %s", level->number, level->label);
        int width = text_columns(text_of(label));
        grid.label = width > grid.label ? width : grid.label;
    }
    int most = cols / 4;
    grid.label = grid.label > most ? most : grid.label;
    grid.count = boxed ? 2 * digits + 2 : digits + 1;
    grid.bar = (cols - grid.label - 2 - grid.result) / 2 - grid.count - 5;
    grid.bar = grid.bar > 40 ? 40 : grid.bar;
    return grid;
}

static void draw_round(struct canvas *canvas, int row, int col, const struct grid_cols *grid,
                       const struct round *round, bool boxed)
{
    uint32_t done = round_done_count(round), planned = round->counts.planned;
    enum role role = round->number == 1 ? ROLE_COLD : ROLE_WARM;
    col += canvas_printf(canvas, row, col, 4, STYLE(ROLE_DIM), "R%u", round->number) + 1;
    for (int i = 0; i < grid->bar; i++)
        canvas_put(canvas, row, col + i, 1, STYLE(ROLE_DIM), TEXT("·"));
    plot_bar(canvas, row, col, grid->bar, planned ? (double)done / planned : 0, STYLE(role));
    char count[32];
    if (boxed)
        snprintf(count, sizeof count, "%u/%u", done, planned);
    else
        snprintf(count, sizeof count, "%u", done);
    canvas_put_right(canvas, row, col + grid->bar, grid->count, STYLE(ROLE_TEXT), text_of(count));
}

static double ttft_ms(struct ui *ui, const struct level *level, const struct round *round)
{
    return ui_summary(ui, level, round)->metrics[METRIC_TTFT].p50 / 1e6;
}

/* "238 → 95 ms   2.5× faster [2.4, 2.6]", or "so far" while it is not known yet. */
static void draw_result(struct ui *ui, struct canvas *canvas, int row, int col, int cols,
                        const struct level *level, bool boxed)
{
    const struct round *cold = &level->rounds[0];
    const struct round *warm = &level->rounds[level->round_count - 1];
    double before_ms = ttft_ms(ui, level, cold), after_ms = ttft_ms(ui, level, warm);
    if (isnan(before_ms))
        return;
    int at = col;
    if (warm == cold)
        at += canvas_printf(canvas, row, at, cols, STYLE(ROLE_TEXT), "%5s ms",
                            figure_short(before_ms).text);
    else
        at += canvas_printf(canvas, row, at, cols, STYLE(ROLE_TEXT), "%5s → %s ms",
                            figure_short(before_ms).text,
                            isnan(after_ms) ? "…" : figure_short(after_ms).text);
    const struct comparison *comparison = warm == cold ? NULL : ui_comparison(ui, cold, warm);
    if (!comparison)
        return;
    at = col + 16 > at + 2 ? col + 16 : at + 2;
    bool final = round_has_ended(warm);
    const char *word = !final                                  ? "so far"
                       : comparison->word == COMPARISON_FASTER ? "faster"
                       : comparison->word == COMPARISON_SLOWER ? "slower"
                       : comparison->has_interval              ? "no difference shown"
                                                               : "";
    enum role role = !final || comparison->word == COMPARISON_NOT_SHOWN ? ROLE_TEXT
                     : comparison->word == COMPARISON_FASTER            ? ROLE_GOOD
                                                                        : ROLE_BAD;
    at += canvas_printf(canvas, row, at, col + cols - at, STYLE(role), "%.1f× %s",
                        comparison->speed_up, word);
    if (boxed && final && comparison->has_interval && comparison->word != COMPARISON_NOT_SHOWN)
        canvas_printf(canvas, row, at + 1, col + cols - at - 1, STYLE(ROLE_DIM), "[%.1f, %.1f]",
                      comparison->low, comparison->high);
}

static void draw_level(struct ui *ui, struct canvas *canvas, int row, struct rect inside,
                       const struct grid_cols *grid, const struct level *level, bool boxed)
{
    char label[80];
    bool selected = level == ui_level(ui);
    snprintf(label, sizeof label, "L%u %s", level->number, level->label);
    canvas_put(canvas, row, inside.col, grid->label,
               (struct style){.role = ROLE_TEXT, .flags = selected ? STYLE_BOLD : 0},
               text_of(label));
    int col = inside.col + grid->label + 2;
    uint32_t rounds = level->round_count;
    if (rounds == 0) {
        const char *word = ui->state == STATE_FINISHED ? "not run"
                           : level->note               ? "queued"
                                                       : "waiting";
        canvas_put(canvas, row, col, inside.col + inside.cols - col, STYLE(ROLE_DIM),
                   text_of(word));
        return;
    }
    int each = grid->bar + grid->count + 5;
    if (grid->bar > 0) {
        draw_round(canvas, row, col, grid, &level->rounds[0], boxed);
        if (rounds > 1)
            draw_round(canvas, row, col + each, grid, &level->rounds[rounds - 1], boxed);
        col += 2 * each;
    }
    draw_result(ui, canvas, row, col, inside.col + inside.cols - col, level, boxed);
}

/* Requests that this and later rounds and levels will still send. */
static uint64_t requests_to_go(const struct ui *ui)
{
    uint64_t count = 0;
    for (uint32_t i = 0; i < level_count(ui); i++) {
        const struct level *level = ui->run->levels[i];
        uint32_t begun = level->round_count;
        if (!level->free_run) /* whose next pass may be planned already */
            count += (uint64_t)(level->rounds_planned - begun) * level->samples;
        if (begun && !round_has_ended(&level->rounds[begun - 1]))
            count += level->rounds[begun - 1].counts.planned -
                     round_done_count(&level->rounds[begun - 1]);
    }
    return count;
}

static void draw_to_go(const struct ui *ui, struct canvas *canvas, int row, struct rect inside)
{
    double left_s = ui_seconds_left(ui);
    uint64_t requests = requests_to_go(ui);
    if (!live_is_on(ui) || isnan(left_s) || requests == 0)
        return;
    const struct live_view *live = ui->live;
    double each_s = left_s / (live->planned - live->done ? live->planned - live->done : 1);
    char line[128], clock[24];
    format_clock(clock, sizeof clock, each_s * (double)requests);
    snprintf(line, sizeof line, "%llu requests to go, about %s", (unsigned long long)requests,
             clock);
    canvas_put_right(canvas, row, inside.col, inside.cols, STYLE(ROLE_DIM), text_of(line));
}

static void totals(struct ui *ui, char *out, size_t size)
{
    const struct level *level = ui_level(ui);
    const struct round *round = ui_round(ui);
    out[0] = '\0';
    if (!level || !round)
        return;
    const struct summary *summary = ui_summary(ui, level, round);
    uint32_t judged = summary->counts.succeeded + summary->counts.failed;
    if (summary->has_slo && judged)
        snprintf(out, size, "SLO met %s   goodput %s tok/s   failed %u",
                 figure_share((double)summary->slo_met_requests / judged).text,
                 figure_of(summary->goodput_tokens_per_s, 0).text, summary->counts.failed);
    else
        snprintf(out, size, "failed %u", summary->counts.failed);
}

/* The first to show, so that the one that runs is among them. */
static uint32_t first_shown(const struct ui *ui, const struct shown_levels *shown, int rows)
{
    const struct level *running = ui_level(ui);
    uint32_t count = shown->count, at = 1; /* how many up to the running one */
    for (uint32_t i = 0; i < count; i++)
        if (running && shown->levels[i]->number <= running->number)
            at = i + 1;
    if (rows < 1 || count <= (uint32_t)rows)
        return 0;
    /* One more below it, where there is one: what comes next. */
    uint32_t last = at < count ? at + 1 : count;
    return last > (uint32_t)rows ? last - (uint32_t)rows : 0;
}

void live_levels_draw(struct ui *ui, struct canvas *canvas, struct rect rect, bool boxed)
{
    char right[160], title[40] = "levels";
    struct rect inside = {rect.row, rect.col + 1, rect.rows, rect.cols - 2};
    struct shown_levels shown = find_shown(ui);
    if (shown.count < level_count(ui))
        snprintf(title, sizeof title, "levels, %u hidden", level_count(ui) - shown.count);
    totals(ui, right, sizeof right);
    if (boxed) {
        inside = canvas_box(canvas, rect, title, right);
    } else if (rect.rows > 1) {
        canvas_rule(canvas, rect.row, rect.col, rect.cols, title, NULL);
        inside.row++;
        inside.rows--;
    }
    struct grid_cols grid = columns_for(&shown, inside.cols, boxed);
    uint32_t first = first_shown(ui, &shown, inside.rows);
    int row = 0;
    for (uint32_t i = first; i < shown.count && row < inside.rows; i++, row++)
        draw_level(ui, canvas, inside.row + row, inside, &grid, shown.levels[i], boxed);
    bool room = row < inside.rows;
    if (boxed && (room || (row && !shown.levels[first + (uint32_t)row - 1]->round_count)))
        draw_to_go(ui, canvas, inside.row + inside.rows - 1, inside);
    free(shown.levels);
}
