/* Live's plots over time, and how TTFT spreads. */
#include <math.h>
#include <stdlib.h>

#include "base/memory.h"
#include "report/page.h"
#include "ui/live.h"
#include "ui/plot.h"
#include "ui/spread.h"
#include "ui/time_window.h"

/* A request's TTFT is drawn until the next one's, for so long at most: with few requests a second
 * the plot would be a comb. */
#define HOLD_SECONDS 10
#define MARKS_MAX    32

bool live_is_on(const struct ui *ui)
{
    return ui->live && ui->live->level &&
           (ui->state == STATE_RUNNING || ui->state == STATE_PAUSED || ui->state == STATE_STOPPING);
}

struct figure live_figure(double value)
{
    return figure_of(value, value < 10 ? 2 : value < 100 ? 1 : 0);
}

static double value_of(const struct history_cell *cell, enum live_plot which)
{
    if (cell->covered_ns == 0)
        return (double)NAN;
    return which <= LIVE_ITL ? history_mean(cell) : history_rate(cell);
}

static double *values_in(const struct ui *ui, const struct time_window *window,
                         enum live_plot which)
{
    static const uint32_t series[LIVE_PLOTS] = {[LIVE_TTFT] = HISTORY_TTFT,
                                                [LIVE_ITL] = HISTORY_GAP,
                                                [LIVE_TOKENS] = HISTORY_TOKENS,
                                                [LIVE_IN_FLIGHT] = HISTORY_IN_FLIGHT};
    struct history_cell *cells = time_window_query(ui, window, series[which]);
    double *values = xcalloc(window->count, sizeof *values);
    uint32_t held = 0;
    for (uint32_t i = 0; i < window->count; i++) {
        values[i] = value_of(&cells[i], which);
        held = isnan(values[i]) ? held + 1 : 0;
        if (which <= LIVE_ITL && i && held && held * window->step_s <= HOLD_SECONDS)
            values[i] = values[i - 1];
    }
    free(cells);
    return values;
}

#define RECENT_S 5

/* Whole seconds only, and none from before the round. */
static double recent_rate(const struct ui *ui, uint32_t series)
{
    uint64_t end_ns = ui->now_ns / NS_PER_S * NS_PER_S;
    uint64_t begun_s = ui->live->round_start_ns / NS_PER_S + 1, end_s = end_ns / NS_PER_S;
    uint64_t seconds = end_s > begun_s ? end_s - begun_s : 0;
    seconds = seconds > RECENT_S ? RECENT_S : seconds;
    struct history_cell cells[RECENT_S];
    history_query(ui->run->history, series, end_ns, seconds * NS_PER_S, cells, seconds);
    double sum = 0;
    for (uint64_t i = 0; i < seconds; i++)
        sum += cells[i].sum;
    return seconds ? sum / (double)seconds : (double)NAN;
}

double live_tokens_per_s(const struct ui *ui)
{
    return recent_rate(ui, HISTORY_TOKENS);
}

double live_requests_per_s(const struct ui *ui)
{
    return recent_rate(ui, HISTORY_FINISHED);
}

/* ---- titles ---- */

/* As much of "now …  p50 …  p99 …" as there is room for. */
static void percentile_title(struct ui *ui, enum metric_id id, double now, int cols, char *out,
                             size_t size)
{
    const struct level *level = ui_level(ui);
    const struct round *round = ui_round(ui);
    double p50 = (double)NAN, p99 = (double)NAN;
    if (level && round) {
        const struct summary *summary = ui_summary(ui, level, round);
        p50 = summary->metrics[id].p50 / 1e6;
        p99 = summary->metrics[id].p99 / 1e6;
    }
    const char *gap = cols >= 56 ? "   " : "  ";
    char with_p99[32];
    struct buffer title = {0};
    if (!isnan(now))
        buffer_printf(&title, "now %s", live_figure(now).text);
    buffer_printf(&title, "%sp50 %s", title.size ? gap : "", live_figure(p50).text);
    snprintf(with_p99, sizeof with_p99, "%sp99 %.12s", gap, live_figure(p99).text);
    if (text_columns(buffer_text(&title)) + (int)strlen(with_p99) <= cols)
        buffer_add_string(&title, with_p99);
    snprintf(out, size, "%s", title.data);
    buffer_free(&title);
}

static void title_of(struct ui *ui, enum live_plot which, int cols, char *out, size_t size)
{
    const struct live_view *live = ui->live;
    bool on = live_is_on(ui);
    double none = (double)NAN;
    out[0] = '\0';
    switch (which) {
    case LIVE_TTFT:
        percentile_title(ui, METRIC_TTFT, on ? live_recent_ttft_ms(live) : none, cols, out, size);
        break;
    case LIVE_ITL:
        percentile_title(ui, METRIC_ITL, on ? live_recent_gap_ms(live) : none, cols, out, size);
        break;
    case LIVE_TOKENS:
        if (on)
            snprintf(out, size, "%s", figure_of(live_tokens_per_s(ui), 0).text);
        break;
    case LIVE_IN_FLIGHT:
        if (on && live->oldest_waiting_ns && ui->now_ns > live->oldest_waiting_ns)
            snprintf(out, size, "%u   oldest wait %.1f s", live->in_flight,
                     (double)(ui->now_ns - live->oldest_waiting_ns) / 1e9);
        else if (on)
            snprintf(out, size, "%u", live->in_flight);
        break;
    }
}

void live_plot_draw(struct ui *ui, enum live_plot which, struct canvas *canvas, struct rect rect)
{
    static const struct {
        const char *name;
        enum role role;
    } plots[LIVE_PLOTS] = {[LIVE_TTFT] = {"TTFT ms", ROLE_TTFT},
                           [LIVE_ITL] = {"ITL ms", ROLE_ITL},
                           [LIVE_TOKENS] = {"tokens/s", ROLE_LOAD},
                           [LIVE_IN_FLIGHT] = {"in flight", ROLE_LOAD}};
    char right[96], limit_name[32];
    title_of(ui, which, rect.cols - (int)strlen(plots[which].name) - 7, right, sizeof right);
    struct rect inside = canvas_box(canvas, rect, plots[which].name, right);
    if (inside.rows < 1 || !ui->run)
        return;
    bool dots = !canvas->ascii && !canvas->no_braille;
    struct time_window window =
        time_window_of(ui, time_window_now_ns(ui), 0, (inside.cols - 5) * (dots ? 2 : 1));
    double *values = values_in(ui, &window, which);
    struct plot_mark marks[MARKS_MAX];
    double limit = which == LIVE_TTFT  ? ui->run->slo.ttft_ms
                   : which == LIVE_ITL ? ui->run->slo.itl_ms
                                       : (double)NAN;
    snprintf(limit_name, sizeof limit_name, "SLO %g", limit);
    struct plot plot = {.values = values,
                        .count = window.count,
                        .first_second = window.first_s,
                        .step_s = window.step_s,
                        .live = window.live,
                        .ceiling = (double)NAN,
                        .limit = limit,
                        .limit_name = limit_name,
                        .role = plots[which].role,
                        .marks = marks,
                        .mark_count = time_window_marks(ui, &window, false, marks, MARKS_MAX),
                        .wall_ns = ui->run->anchor.wall_ns};
    inside.rows++; /* the axis of time is the box's bottom line */
    plot_draw(canvas, inside, &plot);
    free(values);
}

/* ---- spread ---- */

#define SPREAD_ROWS_MAX 40

static void count_values(const struct round *round, double from, double width, int rows,
                         uint32_t *counts)
{
    uint32_t all = round ? round_record_count(round) : 0;
    for (uint32_t i = 0; i < all; i++) {
        uint64_t ns;
        const struct record *record = &round->records[i];
        if (!record_succeeded(record) || !metrics_table[METRIC_TTFT].value(record, &ns))
            continue;
        int row = (int)(((double)ns / 1e6 - from) / width);
        counts[row < 0 ? 0 : row >= rows ? rows - 1 : row]++;
    }
}

static void find_range(struct ui *ui, const struct level *level, const struct round *rounds[2],
                       double *least, double *most)
{
    *least = (double)INFINITY;
    *most = 0;
    for (int i = 0; i < 2; i++) {
        const struct summary *summary = rounds[i] ? ui_summary(ui, level, rounds[i]) : NULL;
        if (!summary || summary->metrics[METRIC_TTFT].count == 0)
            continue;
        *least = fmin(*least, summary->metrics[METRIC_TTFT].min / 1e6);
        *most = fmax(*most, summary->metrics[METRIC_TTFT].max / 1e6);
    }
}

static void draw_bar_of_spread(struct canvas *canvas, int row, int col, int cols, uint32_t warm,
                               uint32_t cold, uint32_t most)
{
    int room = cols > 0 ? cols : 0;
    int warm_cols = (int)((uint64_t)warm * (uint32_t)room / most);
    int cold_cols = (int)((uint64_t)(warm + cold) * (uint32_t)room / most) - warm_cols;
    warm_cols = warm && warm_cols == 0 ? 1 : warm_cols;
    cold_cols = cold && cold_cols == 0 ? 1 : cold_cols;
    for (int i = 0; i < warm_cols + cold_cols && i < room; i++)
        canvas_put(canvas, row, col + i, 1, STYLE(i < warm_cols ? ROLE_WARM : ROLE_COLD),
                   i < warm_cols ? TEXT("█") : TEXT("░"));
}

void live_spread_draw(struct ui *ui, struct canvas *canvas, struct rect rect)
{
    const struct level *level = ui_level(ui);
    const struct round *warm = ui_round(ui);
    const struct round *cold = level && level->round_count ? &level->rounds[0] : NULL;
    char right[48] = "";
    if (warm == cold)
        warm = NULL;
    if (cold)
        snprintf(right, sizeof right, "R1 ░");
    if (warm)
        snprintf(right, sizeof right, "R1 ░  R%u █", warm->number);
    struct rect inside = canvas_box(canvas, rect, "TTFT spread", right);
    spread_colour_legend(canvas, rect);
    int rows = inside.rows < SPREAD_ROWS_MAX ? inside.rows : SPREAD_ROWS_MAX;
    double least, most;
    const struct round *rounds[2] = {cold, warm};
    if (rows < 2 || !level)
        return;
    find_range(ui, level, rounds, &least, &most);
    if (!(most > 0))
        return;
    double width = plot_ceiling((most - least) / (rows - 1));
    double from = floor(least / width) * width;
    uint32_t warm_counts[SPREAD_ROWS_MAX] = {0}, cold_counts[SPREAD_ROWS_MAX] = {0}, largest = 1;
    count_values(warm, from, width, rows, warm_counts);
    count_values(cold, from, width, rows, cold_counts);
    for (int i = 0; i < rows; i++)
        if (warm_counts[i] + cold_counts[i] > largest)
            largest = warm_counts[i] + cold_counts[i];
    for (int i = 0; i < rows; i++) {
        char label[24];
        snprintf(label, sizeof label, "%.*f ms", width < 1 ? 1 : 0, from + width * i);
        canvas_put_right(canvas, inside.row + i, inside.col, 8, STYLE(ROLE_DIM), text_of(label));
        draw_bar_of_spread(canvas, inside.row + i, inside.col + 9, inside.cols - 9, warm_counts[i],
                           cold_counts[i], largest);
    }
}
