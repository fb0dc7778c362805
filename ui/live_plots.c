/* Live's plots over time, and how TTFT spreads. */
#include <math.h>
#include <stdlib.h>

#include "base/memory.h"
#include "report/page.h"
#include "ui/live.h"
#include "ui/plot.h"

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

static double mean_ms(uint64_t sum_us, uint32_t count)
{
    return count ? (double)sum_us / 1e3 / count : (double)NAN;
}

static double value_of(const struct live_second *second, enum live_plot which)
{
    switch (which) {
    case LIVE_TTFT:
        return mean_ms(second->ttft_sum_us, second->ttft_count);
    case LIVE_ITL:
        return mean_ms(second->gap_sum_us, second->gap_count);
    case LIVE_TOKENS:
        return second->tokens;
    case LIVE_IN_FLIGHT:
        return second->in_flight;
    case LIVE_PLOTS:
        break;
    }
    return (double)NAN;
}

/* The seconds that a plot shows; the first may lie before the run. */
struct window {
    int64_t first;
    uint32_t count;
    bool live;
};

/* What a plot covers when nobody chose: a value for each of its columns, less while the run is
 * young, and all of a run that is over. */
static uint32_t fitting_span(const struct live_view *seconds, int cols, bool moving)
{
    static const uint32_t spans_s[] = {30, 60, 90, 120, 180, 240, 300};
    uint32_t columns = cols > 0 ? (uint32_t)cols : 1, run_s = seconds->second_count;
    if (!moving)
        return run_s > 10 ? run_s : 10;
    for (size_t i = 0; i < ARRAY_SIZE(spans_s) && spans_s[i] < columns; i++)
        if (run_s <= spans_s[i])
            return spans_s[i];
    return columns;
}

/* The second that is still filling is left out: its rates would dip. Plots stand still while
 * nothing runs. */
static struct window window_of(const struct ui *ui, const struct live_view *seconds, int cols)
{
    bool moving = ui->state != STATE_FINISHED && ui->state != STATE_WAITING;
    int64_t last = (int64_t)(ui->now_ns / NS_PER_S) - 1;
    if (!moving && seconds->second_count)
        last = seconds->seconds[seconds->second_count - 1].second;
    uint32_t count = ui->span_s ? ui->span_s : fitting_span(seconds, cols, moving);
    return (struct window){last - ui->back_s - count + 1, count, moving && ui->back_s == 0};
}

static double *values_in(const struct window *window, const struct live_view *seconds,
                         enum live_plot which)
{
    double *values = xcalloc(window->count, sizeof *values);
    for (uint32_t i = 0; i < window->count; i++)
        values[i] = (double)NAN;
    for (uint32_t i = 0; i < seconds->second_count; i++) {
        int64_t at = (int64_t)seconds->seconds[i].second - window->first;
        if (at >= 0 && at < window->count)
            values[at] = value_of(&seconds->seconds[i], which);
    }
    uint32_t held = 0;
    for (uint32_t i = 1; which <= LIVE_ITL && i < window->count; i++) {
        held = isnan(values[i]) ? held + 1 : 0;
        if (held && held <= HOLD_SECONDS)
            values[i] = values[i - 1];
    }
    return values;
}

/* ---- marks ---- */

static void add_mark(struct plot_mark *marks, uint32_t *count, const struct window *window,
                     uint64_t at_ns, const char *label)
{
    int64_t at = (int64_t)(at_ns / NS_PER_S) - window->first;
    if (at < 0 || at >= window->count || *count == MARKS_MAX)
        return;
    marks[*count].at = (uint32_t)at;
    snprintf(marks[(*count)++].label, sizeof marks->label, "%s", label);
}

/* Rounds by their number, the first of a level with the level's, and changes of load. */
static uint32_t find_marks(const struct ui *ui, const struct window *window,
                           struct plot_mark *marks)
{
    uint32_t count = 0;
    uint32_t levels = atomic_load_explicit(&ui->run->level_count, memory_order_acquire);
    for (uint32_t i = 0; i < levels; i++) {
        const struct level *level = ui->run->levels[i];
        for (uint32_t j = 0; j < level->round_count; j++) {
            const struct round *round = &level->rounds[j];
            char label[16];
            snprintf(label, sizeof label, round->number == 1 ? "L%u" : "R%u",
                     round->number == 1 ? level->number : round->number);
            add_mark(marks, &count, window, round->start_ns, label);
            for (uint32_t k = 1; k < round->segment_count; k++) {
                snprintf(label, sizeof label, "→%u", round->segments[k].concurrency);
                add_mark(marks, &count, window, round->segments[k].start_ns, label);
            }
        }
    }
    return count;
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

static void title_of(struct ui *ui, const struct live_view *seconds, enum live_plot which, int cols,
                     char *out, size_t size)
{
    bool on = live_is_on(ui);
    double none = (double)NAN;
    out[0] = '\0';
    switch (which) {
    case LIVE_TTFT:
        percentile_title(ui, METRIC_TTFT, on ? live_recent_ttft_ms(seconds) : none, cols, out,
                         size);
        break;
    case LIVE_ITL:
        percentile_title(ui, METRIC_ITL, on ? live_recent_gap_ms(seconds) : none, cols, out, size);
        break;
    case LIVE_TOKENS:
        if (on)
            snprintf(out, size, "%s", figure_of(live_tokens_per_s(ui, seconds), 0).text);
        break;
    case LIVE_IN_FLIGHT:
        if (on && seconds->oldest_waiting_ns && ui->now_ns > seconds->oldest_waiting_ns)
            snprintf(out, size, "%u   oldest wait %.1f s", seconds->in_flight,
                     (double)(ui->now_ns - seconds->oldest_waiting_ns) / 1e9);
        else if (on)
            snprintf(out, size, "%u", seconds->in_flight);
        break;
    case LIVE_PLOTS:
        break;
    }
}

void live_plot_draw(struct ui *ui, const struct live_view *seconds, enum live_plot which,
                    struct canvas *canvas, struct rect rect)
{
    static const struct {
        const char *name;
        enum role role;
    } plots[LIVE_PLOTS] = {[LIVE_TTFT] = {"TTFT ms", ROLE_TTFT},
                           [LIVE_ITL] = {"ITL ms", ROLE_ITL},
                           [LIVE_TOKENS] = {"tokens/s", ROLE_LOAD},
                           [LIVE_IN_FLIGHT] = {"in flight", ROLE_LOAD}};
    char right[96], limit_name[32];
    title_of(ui, seconds, which, rect.cols - (int)strlen(plots[which].name) - 7, right,
             sizeof right);
    struct rect inside = canvas_box(canvas, rect, plots[which].name, right);
    if (inside.rows < 1 || !ui->run)
        return;
    bool dots = !canvas->ascii && !canvas->no_braille;
    struct window window = window_of(ui, seconds, (inside.cols - 5) * (dots ? 2 : 1));
    double *values = values_in(&window, seconds, which);
    struct plot_mark marks[MARKS_MAX];
    double limit = which == LIVE_TTFT  ? ui->run->slo.ttft_ms
                   : which == LIVE_ITL ? ui->run->slo.itl_ms
                                       : (double)NAN;
    snprintf(limit_name, sizeof limit_name, "SLO %g", limit);
    struct plot plot = {.values = values,
                        .count = window.count,
                        .first_second = window.first,
                        .live = window.live,
                        .ceiling = (double)NAN,
                        .limit = limit,
                        .limit_name = limit_name,
                        .role = plots[which].role,
                        .marks = marks,
                        .mark_count = find_marks(ui, &window, marks),
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

/* The blocks in the title have the colours of the bars. */
static void colour_legend(struct canvas *canvas, struct rect rect)
{
    for (int col = rect.col; col < rect.col + rect.cols && rect.row < canvas->rows; col++) {
        struct rect cell = {rect.row, col, 1, 1};
        const char *text = canvas->cells[rect.row * canvas->cols + col].text;
        if (strcmp(text, "░") == 0)
            canvas_restyle(canvas, cell, STYLE(ROLE_COLD));
        else if (strcmp(text, "█") == 0)
            canvas_restyle(canvas, cell, STYLE(ROLE_WARM));
    }
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
    colour_legend(canvas, rect);
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
