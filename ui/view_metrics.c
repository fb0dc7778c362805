/* What the server says of itself: each metric now, over time and over rounds. */
#include <math.h>
#include <ncurses.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/memory.h"
#include "benchmark/server_metrics.h"
#include "report/page.h"
#include "ui/figures.h"
#include "ui/metric_cells.h"
#include "ui/plot.h"
#include "ui/views.h"

enum { ROUNDS_MAX = 8, SPAN_USUAL_S = 300, MARKS_MAX = 64 };

struct page_state {
    struct metric_rounds *rounds;
    bool hidden[SAMPLES_WATCHED_MAX]; /* by the user, with x */
    uint32_t shown[SAMPLES_WATCHED_MAX];
    uint32_t shown_count;
};

static struct page_state *state_of(struct ui *ui)
{
    if (!ui->private[VIEW_METRICS]) {
        struct page_state *state = xcalloc(1, sizeof *state);
        state->rounds = metric_rounds_new();
        ui->private[VIEW_METRICS] = state;
    }
    return ui->private[VIEW_METRICS];
}

void view_metrics_free(void *private)
{
    struct page_state *state = private;
    metric_rounds_free(state->rounds);
    free(state);
}

static void find_shown(struct page_state *state, const struct samples *samples)
{
    state->shown_count = 0;
    for (uint32_t i = 0; i < samples_watched_count(samples); i++)
        if (!samples_watched(samples, i)->hidden && !state->hidden[i])
            state->shown[state->shown_count++] = i;
}

/* Now, or just behind the last reading of a run that is over. */
static struct time_window window_of(const struct ui *ui, int cols)
{
    uint64_t end_ns = time_window_now_ns(ui);
    uint64_t last_ns = atomic_load_explicit(&ui->run->samples.last_ns, memory_order_acquire);
    if (ui->state == STATE_FINISHED && last_ns >= end_ns)
        end_ns = last_ns / NS_PER_S * NS_PER_S + NS_PER_S;
    return time_window_of(ui, end_ns, SPAN_USUAL_S, cols);
}

/* ---- columns ---- */

struct columns {
    int title, spark, spark_cols, now, rate; /* where they begin; rate 0 = not shown */
    int rounds, round_cols;
    const struct level *level;
    const struct round *shown[ROUNDS_MAX];
    int round_count;
};

/* The last rounds of the level, as many as fit. */
static struct columns columns_for(const struct ui *ui, struct rect rect)
{
    struct columns columns = {.title = 2, .spark = 24, .spark_cols = 15, .round_cols = 15};
    bool wide = rect.cols >= 110;
    if (wide)
        columns = (struct columns){.title = 2, .spark = 27, .spark_cols = 32, .round_cols = 18};
    if (rect.cols < 60)
        columns.spark_cols = 0;
    columns.now = columns.spark + columns.spark_cols;
    columns.rounds = columns.now + (wide ? 12 : 10);
    if (wide) {
        columns.rate = columns.rounds;
        columns.rounds += 11;
    }
    columns.level = ui_level(ui);
    uint32_t count = columns.level ? columns.level->round_count : 0;
    int room = (rect.cols - 1 - columns.rounds) / columns.round_cols;
    room = room < 0 ? 0 : room > ROUNDS_MAX ? ROUNDS_MAX : room;
    /* The cold round first, then the last ones. */
    uint32_t skipped = count > (uint32_t)room ? count - (uint32_t)room : 0;
    for (uint32_t i = 0; i < count && columns.round_count < room; i++)
        if (i >= skipped + (skipped && room > 1) || (i == 0 && room > 1))
            columns.shown[columns.round_count++] = &columns.level->rounds[i];
    return columns;
}

/* ---- the first lines ---- */

/* What matters first: a narrow page cuts the end off. */
static void add_source(struct buffer *out, const struct ui *ui)
{
    const struct samples *samples = &ui->run->samples;
    const char *failure = atomic_load(&samples->failure);
    uint64_t last_ns = atomic_load_explicit(&samples->last_ns, memory_order_acquire);
    uint32_t sources = samples_source_count(samples);
    buffer_printf(out, "%u of %u scrapes failed", atomic_load(&samples->failed),
                  atomic_load(&samples->made));
    if (atomic_load(&samples->failed) && failure)
        buffer_printf(out, " (%s)", failure);
    if (ui->benchmark && last_ns && ui->now_ns >= last_ns)
        buffer_printf(out, ", last %.1f s ago", (double)(ui->now_ns - last_ns) / 1e9);
    if (sources)
        buffer_printf(out, ", every %g s", samples_source(samples, 0)->interval_s);
    for (uint32_t i = 0; i < sources; i++) {
        const char *url = samples_source(samples, i)->url, *host = strstr(url, "://");
        buffer_printf(out, ", %s", host ? host + 3 : url);
    }
}

static void draw_source(const struct ui *ui, struct canvas *canvas, struct rect rect,
                        const struct page_state *state)
{
    const struct samples *samples = &ui->run->samples;
    uint32_t made = atomic_load(&samples->made), failed = atomic_load(&samples->failed);
    enum role role = failed == 0 ? ROLE_DIM : failed == made ? ROLE_BAD : ROLE_WARN;
    int right_cols = rect.cols >= 110 ? 26 : 1;
    struct buffer text = {0};
    int col = rect.col + 1;
    add_source(&text, ui);
    col += canvas_put(canvas, rect.row, col, rect.cols - 2, STYLE(ROLE_TITLE),
                      TEXT("server metrics  "));
    canvas_put_cut(canvas, rect.row, col, rect.col + rect.cols - right_cols - col, STYLE(role),
                   buffer_text(&text));
    if (right_cols > 1) {
        buffer_clear(&text);
        uint32_t exposed = 0;
        for (uint32_t i = 0; i < samples_source_count(samples); i++)
            exposed += samples_source(samples, i)->exposed;
        buffer_printf(&text, "  %u shown of %u", state->shown_count, exposed);
        canvas_put_right(canvas, rect.row, rect.col + rect.cols - 26, 25, STYLE(ROLE_DIM),
                         buffer_text(&text));
    }
    buffer_free(&text);
}

/* "last 5 min", and how long ago that ends when somebody looks back. */
static void span_text(const struct ui *ui, int cols, char *text, size_t size)
{
    struct time_window window = window_of(ui, cols);
    uint32_t span_s = window.step_s * window.count;
    struct figure span = figure_long_span(span_s);
    if (ui->back_s)
        snprintf(text, size, "%.20s, %.20s ago", span.text, figure_long_span(ui->back_s).text);
    else
        snprintf(text, size, "last %.20s", span.text);
}

static void draw_titles(const struct ui *ui, const struct columns *columns, struct canvas *canvas,
                        struct rect rect)
{
    char text[48];
    struct style style = STYLE(ROLE_TITLE);
    if (columns->spark_cols) {
        span_text(ui, columns->spark_cols, text, sizeof text);
        canvas_put(canvas, rect.row, rect.col + columns->spark, columns->spark_cols, style,
                   text_of(text));
    }
    canvas_put_right(canvas, rect.row, rect.col + columns->now, columns->rate ? 12 : 10, style,
                     TEXT("now"));
    if (columns->rate)
        canvas_put_right(canvas, rect.row, rect.col + columns->rate, 11, style, TEXT("per s"));
    for (int i = 0; i < columns->round_count; i++) {
        snprintf(text, sizeof text, "L%u R%u", columns->level->number, columns->shown[i]->number);
        canvas_put_right(canvas, rect.row, rect.col + columns->rounds + i * columns->round_cols,
                         columns->round_cols, style, text_of(text));
    }
}

/* ---- the list ---- */

static double now_value(const struct samples *samples, const struct watched *watched, bool rate)
{
    uint32_t count = samples_count(samples);
    double value = NO_VALUE;
    /* What only a time gives may have none in the last reading: nothing happened. */
    for (uint32_t back = 1; back <= count && back <= 10 && isnan(value); back++)
        value = rate ? samples_rate(samples, watched, count - back)
                     : samples_value(samples, watched, count - back);
    return value;
}

static void draw_absent(const struct watched *watched, const struct columns *columns,
                        struct canvas *canvas, int row, struct rect rect)
{
    char text[256];
    if (watched->origin[0])
        snprintf(text, sizeof text, "not exposed; nearest %s", watched->origin);
    else
        snprintf(text, sizeof text, "not exposed");
    canvas_put(canvas, row, rect.col + columns->spark, rect.cols - columns->spark - 1,
               STYLE(ROLE_DIM), text_of(text));
}

/* Of a counter what it gains a second, which the line says. */
static void draw_spark(const struct ui *ui, const struct watched *watched, struct canvas *canvas,
                       int row, int col, int cols)
{
    bool counter = watched->kind == WATCHED_COUNTER;
    int plot_cols = counter ? cols - 2 : cols;
    struct time_window window = window_of(ui, plot_cols);
    double *values = metric_values(ui, watched, &window);
    plot_sparkline(canvas, row, col, plot_cols, values, window.count, STYLE(ROLE_SERVER));
    if (counter)
        canvas_put(canvas, row, col + plot_cols, 2, STYLE(ROLE_DIM), TEXT("/s"));
    free(values);
}

static void draw_row(struct ui *ui, struct page_state *state, const struct watched *watched,
                     const struct columns *columns, struct canvas *canvas, int row,
                     struct rect rect)
{
    const struct samples *samples = &ui->run->samples;
    canvas_put_cut(canvas, row, rect.col + columns->title, columns->spark - columns->title - 1,
                   STYLE(ROLE_TEXT), text_of(watched->title));
    if (watched->kind == WATCHED_ABSENT) {
        draw_absent(watched, columns, canvas, row, rect);
        return;
    }
    if (columns->spark_cols)
        draw_spark(ui, watched, canvas, row, rect.col + columns->spark, columns->spark_cols);
    struct metric_text text = metric_value_text(watched, now_value(samples, watched, false));
    canvas_put_right(canvas, row, rect.col + columns->now, columns->rate ? 12 : 10,
                     STYLE(ROLE_TEXT), text_of(text.text));
    if (columns->rate && watched->kind == WATCHED_COUNTER) {
        text = metric_value_text(watched, now_value(samples, watched, true));
        canvas_put_right(canvas, row, rect.col + columns->rate, 11, STYLE(ROLE_TEXT),
                         text_of(text.text));
    }
    for (int i = 0; i < columns->round_count; i++) {
        text = metric_round_text(watched,
                                 metric_rounds_get(state->rounds, ui->run, watched, columns->level,
                                                   columns->shown[i], ui->now_ns));
        canvas_put_right(canvas, row, rect.col + columns->rounds + i * columns->round_cols,
                         columns->round_cols, STYLE(i ? ROLE_WARM : ROLE_COLD), text_of(text.text));
    }
}

static void draw_list(struct ui *ui, struct page_state *state, const struct columns *columns,
                      struct canvas *canvas, struct rect rect)
{
    struct list *list = &ui->metrics;
    list_settle(list, state->shown_count, rect.rows);
    for (int i = 0; i < rect.rows; i++) {
        uint32_t at = list->top + (uint32_t)i;
        if (at >= state->shown_count)
            break;
        draw_row(ui, state, samples_watched(&ui->run->samples, state->shown[at]), columns, canvas,
                 rect.row + i, rect);
        if (at == list->cursor)
            list_mark(canvas, rect.row + i, rect.col, rect.cols);
    }
}

/* ---- the plot ---- */

static void draw_plot(struct ui *ui, const struct watched *watched, struct canvas *canvas,
                      struct rect inside)
{
    bool dots = !canvas->ascii && !canvas->no_braille;
    struct time_window window = window_of(ui, (inside.cols - 5) * (dots ? 2 : 1));
    struct plot_mark marks[MARKS_MAX];
    double *values = metric_values(ui, watched, &window);
    bool is_share = watched->role == ROLE_HIT_RATE || watched->role == ROLE_KV_USAGE;
    struct plot plot = {.values = values,
                        .count = window.count,
                        .first_second = window.first_s,
                        .step_s = window.step_s,
                        .live = window.live,
                        .ceiling = is_share ? 1 : NO_VALUE,
                        .limit = NO_VALUE,
                        .role = ROLE_SERVER,
                        .marks = marks,
                        .mark_count = time_window_marks(ui, &window, true, marks, MARKS_MAX),
                        .wall_ns = ui->run->anchor.wall_ns};
    plot_draw(canvas, (struct rect){inside.row, inside.col, inside.rows + 1, inside.cols}, &plot);
    free(values);
}

/* "R2: avg 0.71  p50 0.84 … n 43" */
static void draw_statistics_line(struct ui *ui, struct page_state *state,
                                 const struct watched *watched, const struct columns *columns,
                                 struct canvas *canvas, int row, int col, int cols)
{
    if (columns->round_count == 0)
        return;
    const struct round *round = columns->shown[columns->round_count - 1];
    const struct watched_round *figures =
        metric_rounds_get(state->rounds, ui->run, watched, columns->level, round, ui->now_ns);
    struct buffer text = {0};
    buffer_printf(&text, "R%u:", round->number);
    for (size_t i = 0; i < STATISTIC_COUNT; i++)
        if (statistics_table[i].in_guide)
            buffer_printf(&text, " %s %s ", statistics_table[i].key,
                          metric_value_text(
                              watched, statistics_get(&figures->statistics, &statistics_table[i]))
                              .text);
    buffer_printf(&text, " n %llu", (unsigned long long)figures->statistics.count);
    canvas_put_cut(canvas, row, col, cols, STYLE(ROLE_DIM), buffer_text(&text));
    buffer_free(&text);
}

/* A row for each round of the level: before, after, change, and the guide's statistics. */
static void draw_statistics(struct ui *ui, struct page_state *state, const struct watched *watched,
                            const struct columns *columns, struct canvas *canvas, struct rect rect)
{
    enum { FIRST = 9, WIDTH = 10 };
    static const char *const heads[] = {"before", "after", "change"};
    int col = rect.col + FIRST;
    for (size_t i = 0; i < ARRAY_SIZE(heads); i++, col += WIDTH)
        canvas_put_right(canvas, rect.row, col, WIDTH, STYLE(ROLE_TITLE), text_of(heads[i]));
    for (size_t i = 0; i < STATISTIC_COUNT; i++)
        if (statistics_table[i].in_guide) {
            canvas_put_right(canvas, rect.row, col, WIDTH, STYLE(ROLE_TITLE),
                             text_of(statistics_table[i].key));
            col += WIDTH;
        }
    canvas_put_right(canvas, rect.row, col, WIDTH, STYLE(ROLE_TITLE), TEXT("samples"));
    for (int i = 0; i < columns->round_count && i + 1 < rect.rows; i++) {
        const struct watched_round *figures = metric_rounds_get(
            state->rounds, ui->run, watched, columns->level, columns->shown[i], ui->now_ns);
        int row = rect.row + 1 + i;
        canvas_printf(canvas, row, rect.col + 1, FIRST, STYLE(ROLE_TITLE), "L%u R%u",
                      columns->level->number, columns->shown[i]->number);
        const double values[] = {figures->before, figures->after, figures->change};
        col = rect.col + FIRST;
        for (size_t j = 0; j < ARRAY_SIZE(values); j++, col += WIDTH)
            canvas_put_right(canvas, row, col, WIDTH, STYLE(ROLE_TEXT),
                             text_of(metric_value_text(watched, values[j]).text));
        for (size_t j = 0; j < STATISTIC_COUNT; j++)
            if (statistics_table[j].in_guide) {
                double value = statistics_get(&figures->statistics, &statistics_table[j]);
                canvas_put_right(canvas, row, col, WIDTH, STYLE(ROLE_TEXT),
                                 text_of(metric_value_text(watched, value).text));
                col += WIDTH;
            }
        canvas_put_right(canvas, row, col, WIDTH, STYLE(ROLE_DIM),
                         text_of(figure_of((double)figures->statistics.count, 0).text));
    }
}

/* What usage said of the same round, beside what the server's counters say. */
static void draw_client_share(struct ui *ui, struct page_state *state,
                              const struct columns *columns, struct canvas *canvas, int row,
                              struct rect rect)
{
    if (columns->round_count == 0)
        return;
    const struct round *round = columns->shown[columns->round_count - 1];
    double client = ui_summary(ui, columns->level, round)->cached_share;
    const struct watched *hits = samples_find_role(&ui->run->samples, ROLE_HIT_RATE);
    double server = NO_VALUE;
    if (hits)
        server = metric_rounds_get(state->rounds, ui->run, hits, columns->level, round, ui->now_ns)
                     ->value;
    struct buffer text = {0};
    if (isnan(client))
        buffer_printf(&text, "usage does not tell the client what was cached");
    else
        buffer_printf(&text, "client sees %s of L%u R%u prompt tokens cached (usage)",
                      figure_share(client).text, columns->level->number, round->number);
    if (!isnan(client) && !isnan(server)) {
        if (fabs(client - server) <= 0.03)
            buffer_printf(&text, ": agrees");
        else
            buffer_printf(&text, ": the server's counters say %s", figure_share(server).text);
    }
    canvas_put_cut(canvas, row, rect.col + 1, rect.cols - 2, STYLE(ROLE_DIM), buffer_text(&text));
    buffer_free(&text);
}

/* ---- the page ---- */

static void draw_nothing(struct ui *ui, struct canvas *canvas, struct rect rect)
{
    const char *const lines[] = {
        "No metrics of the server.",
        "",
        "Give a page of metrics, in Prometheus's format:",
        "  fluxperf --prometheus-url http://HOST:PORT/metrics …",
        "or a Prometheus server that scrapes it.",
    };
    const struct samples *samples = &ui->run->samples;
    const char *failure = atomic_load(&samples->failure);
    if (samples_source_count(samples)) {
        draw_source(ui, canvas, rect, state_of(ui));
        return;
    }
    if (failure) {
        canvas_printf(canvas, rect.row, rect.col + 1, rect.cols - 2, STYLE(ROLE_BAD),
                      "No metrics of the server: %u of %u readings failed.",
                      atomic_load(&samples->failed), atomic_load(&samples->made));
        canvas_put(canvas, rect.row + 1, rect.col + 1, rect.cols - 2, STYLE(ROLE_DIM),
                   text_of(failure));
        return;
    }
    for (int i = 0; i < (int)ARRAY_SIZE(lines) && i < rect.rows; i++)
        canvas_put(canvas, rect.row + i, rect.col + 1, rect.cols - 2,
                   STYLE(i ? ROLE_DIM : ROLE_TITLE), text_of(lines[i]));
}

static void draw_metric(struct ui *ui, struct page_state *state, const struct columns *columns,
                        struct canvas *canvas, struct rect rect)
{
    const struct watched *watched =
        samples_watched(&ui->run->samples, state->shown[ui->metrics.cursor]);
    char origin[128];
    metric_origin_text(watched, origin, sizeof origin);
    bool table = rect.cols >= 110 && rect.rows >= 14;
    int table_rows = table ? columns->round_count + 3 : 0;
    bool share = rect.rows - table_rows >= 9;
    struct rect box = {rect.row, rect.col, rect.rows - table_rows - (share ? 2 : 0), rect.cols};
    struct rect inside = canvas_box(canvas, box, watched->title, origin);
    if (watched->kind == WATCHED_ABSENT)
        return;
    if (!table && inside.rows >= 4) {
        inside.rows--;
        draw_statistics_line(ui, state, watched, columns, canvas, inside.row, inside.col,
                             inside.cols);
        inside.row++;
    }
    draw_plot(ui, watched, canvas, inside);
    int row = box.row + box.rows;
    if (table)
        draw_statistics(ui, state, watched, columns, canvas,
                        (struct rect){row + 1, rect.col, table_rows - 2, rect.cols});
    if (share)
        draw_client_share(ui, state, columns, canvas, rect.row + rect.rows - 1, rect);
}

void view_metrics_draw(struct ui *ui, struct canvas *canvas, struct rect rect)
{
    struct page_state *state = state_of(ui);
    if (!ui->run)
        return;
    find_shown(state, &ui->run->samples);
    if (state->shown_count == 0 || samples_count(&ui->run->samples) == 0) {
        draw_nothing(ui, canvas, rect);
        return;
    }
    struct columns columns = columns_for(ui, rect);
    if (ui->zoomed) {
        list_settle(&ui->metrics, state->shown_count, 1);
        draw_metric(ui, state, &columns, canvas, rect);
        return;
    }
    int plot_rows = rect.rows >= 12 ? rect.rows / 2 + (rect.rows >= 30 ? 4 : 0) : 0;
    int list_rows = rect.rows - 2 - plot_rows;
    if ((uint32_t)list_rows > state->shown_count) {
        list_rows = (int)state->shown_count;
        plot_rows = plot_rows ? rect.rows - 2 - list_rows - (rect.rows >= 30) : 0;
    }
    draw_source(ui, canvas, rect, state);
    draw_titles(ui, &columns, canvas, (struct rect){rect.row + 1, rect.col, 1, rect.cols});
    draw_list(ui, state, &columns, canvas,
              (struct rect){rect.row + 2, rect.col, list_rows, rect.cols});
    if (plot_rows >= 4)
        draw_metric(
            ui, state, &columns, canvas,
            (struct rect){rect.row + rect.rows - plot_rows, rect.col, plot_rows, rect.cols});
}

/* ---- keys ---- */

static void add_metric(struct ui *ui, struct text text)
{
    struct error error = {0};
    char *wish = xstrndup(text.data, text.size);
    if (server_metrics_add(ui->benchmark, wish, &error))
        snprintf(ui->message, sizeof ui->message, "%.200s is read from the next scrape on", wish);
    else
        snprintf(ui->message, sizeof ui->message, "%.250s", error.text);
    free(wish);
}

/* Of one that is absent, to be typed on: it may be what was meant. */
static struct text nearest_name(const struct ui *ui, const struct page_state *state)
{
    if (ui->metrics.cursor >= state->shown_count)
        return TEXT("");
    const struct watched *watched =
        samples_watched(&ui->run->samples, state->shown[ui->metrics.cursor]);
    if (watched->kind != WATCHED_ABSENT)
        return TEXT("");
    return (struct text){watched->origin, strcspn(watched->origin, ", ")};
}

bool view_metrics_key(struct ui *ui, int key)
{
    struct page_state *state = state_of(ui);
    if (key == '\n' || key == '\r' || key == KEY_ENTER) {
        ui->zoomed = !ui->zoomed;
        return true;
    }
    if (key == 'y') {
        view_copy(ui);
        return true;
    }
    if (key == 'a' && ui->benchmark) {
        ui_type(ui, "watch: ", nearest_name(ui, state), add_metric);
        return true;
    }
    if (key == 'a') {
        snprintf(ui->message, sizeof ui->message, "only while the run goes on");
        return true;
    }
    if (key == 'x' && state->shown_count > 1 && ui->metrics.cursor < state->shown_count) {
        state->hidden[state->shown[ui->metrics.cursor]] = true;
        snprintf(ui->message, sizeof ui->message, "hidden; x on the last row shows all again");
        return true;
    }
    if (key == 'x') {
        memset(state->hidden, 0, sizeof state->hidden);
        return true;
    }
    /* End follows the run, and is the app's. */
    return key != KEY_END && list_key(&ui->metrics, key);
}

const char *view_metrics_hints(const struct ui *ui)
{
    return ui->zoomed ? "Enter back  ← → back in time  y copy" : "a add  x hide  , . level  y copy";
}

const char view_metrics_help[] =
    "The server's own metrics, read while the run goes on.\n"
    "\n"
    "A gauge stands as it was before and after a round, a counter as what it "
    "gained in it. A histogram and a quotient have a figure for a time only: "
    "that of the round. Plots of counters show what they gain a second (/s).\n"
    "\n"
    "Below the plot are the seven statistics over the readings of each round, "
    "and what usage told the client of the same.";
