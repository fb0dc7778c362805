/* Live's figures in words and numbers: statistics, load, the server, events. */
#include <math.h>
#include <stdlib.h>

#include "base/memory.h"
#include "report/page.h"
#include "ui/live.h"
#include "ui/metric_cells.h"
#include "ui/plot.h"

/* ---- figures ---- */

static const char *const narrow_columns[] = {"avg", "p50", "p90", "p99", "min", "max"};
static const char *const boxed_columns[] = {"avg", "p50", "p90", "p99", "min", "max", "stddev"};
static const char *const wide_columns[] = {"avg", "p50", "p90", "p95",
                                           "p99", "min", "max", "stddev"};
static const char *const few_columns[] = {"p50", "p99"};

struct columns {
    const char *const *keys;
    int count, width, name;
};

static struct columns columns_for(int cols, bool boxed, bool few)
{
    struct columns columns = {narrow_columns, ARRAY_SIZE(narrow_columns), 0, 12};
    if (few)
        columns = (struct columns){few_columns, ARRAY_SIZE(few_columns), 0, 12};
    else if (boxed && cols >= 100)
        columns = (struct columns){wide_columns, ARRAY_SIZE(wide_columns), 0, 14};
    else if (boxed)
        columns = (struct columns){boxed_columns, ARRAY_SIZE(boxed_columns), 0, 12};
    columns.width = (cols - columns.name) / columns.count;
    if (columns.width > 13)
        columns.width = 13;
    return columns;
}

static double statistic_ms(const struct summary *summary, enum metric_id id, const char *key)
{
    for (size_t i = 0; i < STATISTIC_COUNT; i++)
        if (strcmp(statistics_table[i].key, key) == 0)
            return statistics_get(&summary->metrics[id], &statistics_table[i]) / 1e6;
    return (double)NAN;
}

static void draw_statistics(struct canvas *canvas, int row, struct rect inside,
                            const struct columns *columns, const struct summary *summary,
                            enum metric_id id, const char *name)
{
    canvas_put(canvas, row, inside.col, columns->name, STYLE(ROLE_TEXT), text_of(name));
    for (int i = 0; i < columns->count; i++) {
        double ms = statistic_ms(summary, id, columns->keys[i]);
        struct style style = {.role = ROLE_TEXT,
                              .flags = strcmp(columns->keys[i], "p50") == 0 ? STYLE_BOLD : 0};
        canvas_put_right(canvas, row, inside.col + columns->name + i * columns->width,
                         columns->width, style, text_of(figure_of(ms, 2).text));
    }
}

static void draw_heading(struct canvas *canvas, int row, struct rect inside,
                         const struct columns *columns, const char *name)
{
    canvas_put(canvas, row, inside.col, inside.cols, STYLE(ROLE_TITLE), text_of(name));
    for (int i = 0; i < columns->count; i++)
        canvas_put_right(canvas, row, inside.col + columns->name + i * columns->width,
                         columns->width, STYLE(ROLE_DIM), text_of(columns->keys[i]));
}

static void draw_against_baseline(struct ui *ui, struct canvas *canvas, int row, struct rect inside,
                                  const struct differences *differences)
{
    struct buffer line = {0};
    buffer_add_string(&line, "against ");
    baseline_name(&ui->baseline, differences->level, differences->round, &line);
    buffer_printf(&line, "   TTFT p50 %s", difference_text(differences, "ttft_p50").text);
    buffer_printf(&line, "   ITL p50 %s", difference_text(differences, "itl_p50").text);
    buffer_printf(&line, "   tok/s %s", difference_text(differences, "token_throughput").text);
    canvas_put_cut(canvas, row, inside.col, inside.cols, STYLE(ROLE_TEXT), buffer_text(&line));
    buffer_free(&line);
}

/* Without a baseline against the first round, which says how cold it was. */
static void draw_against(struct ui *ui, struct canvas *canvas, int row, struct rect inside,
                         const struct level *level, const struct round *round,
                         const struct summary *now)
{
    const struct differences *differences = ui_against(ui, level, round);
    if (differences) {
        draw_against_baseline(ui, canvas, row, inside, differences);
        return;
    }
    if (round->number == 1)
        return;
    const struct summary *cold = ui_summary(ui, level, &level->rounds[0]);
    struct figure ttft =
        figure_change(cold->metrics[METRIC_TTFT].p50, now->metrics[METRIC_TTFT].p50);
    struct figure itl = figure_change(cold->metrics[METRIC_ITL].p50, now->metrics[METRIC_ITL].p50);
    struct figure rate = figure_change(cold->token_throughput, now->token_throughput);
    canvas_printf(canvas, row, inside.col, inside.cols, STYLE(ROLE_DIM),
                  "against R1, cold        TTFT p50 %s   ITL p50 %s   tok/s %s", ttft.text,
                  itl.text, rate.text);
}

static void draw_segment(struct ui *ui, struct canvas *canvas, int row, struct rect inside,
                         const struct level *level, const struct round *round)
{
    uint32_t last = round->segment_count - 1;
    const struct segment *segment = &round->segments[last];
    struct summary part;
    summary_make_part(&part, ui->run, level, round, (struct summary_part){(int32_t)last, -1});
    char date[40];
    clock_format_local(ui->run->anchor.wall_ns + segment->start_ns, date, sizeof date);
    char what[48] = "after a reset";
    enum segment_part parted = segment_part_of(segment - 1, segment);
    if (parted == PART_CONCURRENCY)
        snprintf(what, sizeof what, "load %u→%u", segment[-1].concurrency, segment->concurrency);
    else if (parted == PART_RATE)
        snprintf(what, sizeof what, "rate %g→%g", segment[-1].rate, segment->rate);
    canvas_printf(canvas, row, inside.col, inside.cols, STYLE(ROLE_TEXT),
                  "since %s, %s, %u done   TTFT p50 %s   ITL p50 %s   %s tok/s", date + 11, what,
                  part.counts.planned, live_figure(part.metrics[METRIC_TTFT].p50 / 1e6).text,
                  live_figure(part.metrics[METRIC_ITL].p50 / 1e6).text,
                  figure_of(part.token_throughput, 0).text);
    summary_free(&part);
}

void live_figures_draw(struct ui *ui, struct canvas *canvas, struct rect rect, bool boxed, bool few)
{
    const struct level *level = ui_level(ui);
    const struct round *round = ui_round(ui);
    struct rect inside = {rect.row, rect.col + 1, rect.rows, rect.cols - 2};
    char what[64] = "";
    bool ended = round && round_has_ended(round);
    if (round && ended)
        snprintf(what, sizeof what, "R%u, %u requests", round->number, round_done_count(round));
    else if (round)
        snprintf(what, sizeof what, boxed ? "R%u so far, %u of %u" : "R%u, %u done", round->number,
                 round_done_count(round), round->counts.planned);
    if (boxed)
        inside = canvas_box(canvas, rect, "figures", what);
    if (!level || !round)
        return;
    const struct summary *summary = ui_summary(ui, level, round);
    struct columns columns = columns_for(inside.cols, boxed, few);
    static const struct {
        enum metric_id id;
        const char *name;
    } rows[] = {{METRIC_TTFT, "TTFT ms"}, {METRIC_ITL, "ITL ms"}, {METRIC_LATENCY, "latency ms"}};
    int row = inside.row;
    draw_heading(canvas, row++, inside, &columns, boxed ? "" : what);
    for (size_t i = 0; i < ARRAY_SIZE(rows) && row < inside.row + inside.rows; i++)
        draw_statistics(canvas, row++, inside, &columns, summary, rows[i].id, rows[i].name);
    if (row < inside.row + inside.rows && round->segment_count > 1)
        draw_segment(ui, canvas, row++, inside, level, round);
    if (row < inside.row + inside.rows)
        draw_against(ui, canvas, row, inside, level, round, summary);
}

/* ---- load ---- */

static void missed_text(const struct summary *summary, char *out, size_t size)
{
    out[0] = '\0';
    for (size_t i = 0; i < SLO_LIMIT_COUNT; i++)
        if (summary->slo_missed[i]) {
            size_t used = strlen(out);
            snprintf(out + used, size - used, "%s%s %u",
                     used ? ", " : "missed: ", slo_limits[i].title, summary->slo_missed[i]);
        }
}

static void in_flight_text(const struct ui *ui, char *out, size_t size)
{
    uint32_t most = ui->benchmark ? atomic_load(&ui->benchmark->control.concurrency) : 0;
    if (!live_is_on(ui))
        snprintf(out, size, "-");
    else if (most)
        snprintf(out, size, "%u/%u", ui->live->in_flight, most);
    else
        snprintf(out, size, "%u", ui->live->in_flight);
}

static void oldest_text(const struct ui *ui, char *out, size_t size)
{
    if (live_is_on(ui) && ui->live->oldest_waiting_ns && ui->now_ns > ui->live->oldest_waiting_ns)
        snprintf(out, size, "%.1f s", (double)(ui->now_ns - ui->live->oldest_waiting_ns) / 1e9);
    else
        snprintf(out, size, "-");
}

#define PAIRS_COLS 34 /* for two of them in full, "in flight 16/16" and "oldest wait 0.1 s" */

static void put_pair(struct canvas *canvas, int row, int col, int cols, const char *name, int width,
                     const char *value)
{
    canvas_put(canvas, row, col, width, STYLE(ROLE_DIM), text_of(name));
    canvas_put(canvas, row, col + width, cols - width, STYLE(ROLE_TEXT), text_of(value));
}

void live_load_draw(struct ui *ui, struct canvas *canvas, struct rect rect)
{
    const struct level *level = ui_level(ui);
    const struct round *round = ui_round(ui);
    const struct summary *summary = level && round ? ui_summary(ui, level, round) : NULL;
    bool on = live_is_on(ui);
    char flight[32], oldest[32], slo[64] = "-", missed[64] = "", errors[32] = "";
    double tokens = on ? live_tokens_per_s(ui) : summary ? summary->token_throughput : (double)NAN;
    double requests = on        ? live_requests_per_s(ui)
                      : summary ? summary->request_throughput
                                : (double)NAN;
    in_flight_text(ui, flight, sizeof flight);
    oldest_text(ui, oldest, sizeof oldest);
    if (summary && summary->has_slo && summary->counts.succeeded + summary->counts.failed)
        snprintf(slo, sizeof slo, "%s",
                 figure_share((double)summary->slo_met_requests /
                              (summary->counts.succeeded + summary->counts.failed))
                     .text);
    if (summary)
        missed_text(summary, missed, sizeof missed);
    uint32_t failed = on ? ui->live->failed : summary ? summary->counts.failed : 0;
    snprintf(errors, sizeof errors, "failed %u", failed);
    if (rect.rows < 3) {
        canvas_printf(canvas, rect.row, rect.col + 1, rect.cols - 1, STYLE(ROLE_TEXT),
                      "in flight %s  %s tok/s  %s", flight, figure_of(tokens, 0).text, errors);
        return;
    }
    struct rect inside = canvas_box(canvas, rect, "load", failed ? errors : NULL);
    bool narrow = inside.cols < PAIRS_COLS;
    int half = narrow ? 14 : inside.cols / 2, right = inside.cols - half;
    int name = narrow ? 7 : 10, right_name = narrow ? 7 : 12;
    put_pair(canvas, inside.row, inside.col, half, narrow ? "flight" : "in flight", name, flight);
    put_pair(canvas, inside.row, inside.col + half, right, narrow ? "oldest" : "oldest wait",
             right_name, oldest);
    if (inside.rows > 1) {
        put_pair(canvas, inside.row + 1, inside.col, half, narrow ? "tok/s" : "tokens/s", name,
                 figure_of(tokens, 0).text);
        put_pair(canvas, inside.row + 1, inside.col + half, right, narrow ? "req/s" : "requests/s",
                 right_name, figure_of(requests, narrow ? 1 : 2).text);
    }
    if (inside.rows > 2) {
        put_pair(canvas, inside.row + 2, inside.col, half, narrow ? "SLO" : "SLO met", name, slo);
        canvas_put_cut(canvas, inside.row + 2, inside.col + half, right,
                       STYLE(missed[0] ? ROLE_WARN : ROLE_DIM),
                       text_of(missed[0] ? missed : errors));
    }
}

/* ---- the server ---- */

static void value_text(const struct samples *samples, const struct watched *watched, uint32_t index,
                       char *out, size_t size)
{
    double value = samples_value(samples, watched, index);
    bool seconds = strcmp(watched->unit, "s") == 0;
    if (isnan(value))
        snprintf(out, size, "-");
    else if (strcmp(watched->unit, "ratio") == 0)
        snprintf(out, size, "%.*f %%", value > 0 && value < 0.1 ? 1 : 0, value * 100);
    else if (watched->kind == WATCHED_COUNTER)
        snprintf(out, size, "%s/s", live_figure(samples_rate(samples, watched, index)).text);
    else if (seconds && value < 10)
        snprintf(out, size, "%s ms", live_figure(value * 1e3).text);
    else if (value == floor(value) && fabs(value) < 1e6)
        snprintf(out, size, "%.0f", value);
    else
        snprintf(out, size, "%.4g", value);
}

#define SPARK_USUAL_S 60

/* The latest reading that has a value: a quotient has none while nothing happens. */
static uint32_t latest_with_value(const struct samples *samples, const struct watched *watched)
{
    uint32_t last = samples_count(samples) - 1;
    for (uint32_t i = 0; i < 60 && i <= last; i++)
        if (!isnan(samples_value(samples, watched, last - i)))
            return last - i;
    return last;
}

static void draw_watched(const struct ui *ui, struct canvas *canvas, int row, struct rect inside,
                         const struct watched *watched, int spark)
{
    const struct samples *samples = &ui->run->samples;
    uint32_t usual_s = ui->state == STATE_FINISHED ? 0 : SPARK_USUAL_S;
    struct time_window window = time_window_of(ui, time_window_now_ns(ui), usual_s, spark);
    double *values = metric_values(ui, watched, &window);
    char value[64];
    value_text(samples, watched, latest_with_value(samples, watched), value, sizeof value);
    int name = inside.cols - spark - 9;
    canvas_put(canvas, row, inside.col, name, STYLE(ROLE_TEXT), text_of(watched->title));
    plot_sparkline(canvas, row, inside.col + name + 1, spark, values, window.count,
                   (struct style){.role = ROLE_SERVER, .level = 60});
    canvas_put_right(canvas, row, inside.col + inside.cols - 7, 7, STYLE(ROLE_TEXT),
                     text_of(value));
    free(values);
}

/* In which order: what tells most of a cache and a queue first, then as they were asked for. */
static int rank_of(const struct watched *watched)
{
    static const int ranks[WATCHED_ROLE_COUNT] = {
        [ROLE_NONE] = 4,    [ROLE_HIT_RATE] = 0, [ROLE_KV_USAGE] = 1,
        [ROLE_RUNNING] = 2, [ROLE_WAITING] = 3,  [ROLE_STORING] = 5};
    return ranks[watched->role];
}

/* What the replies themselves say of the server's cache. */
static void draw_cached(struct ui *ui, struct canvas *canvas, int row, struct rect inside)
{
    const struct level *level = ui_level(ui);
    const struct round *round = ui_round(ui);
    double share = level && round ? ui_summary(ui, level, round)->cached_share : (double)NAN;
    canvas_put(canvas, row, inside.col, inside.cols - 8, STYLE(ROLE_TEXT),
               TEXT("cached, by usage"));
    canvas_put_right(canvas, row, inside.col, inside.cols, STYLE(ROLE_TEXT),
                     text_of(figure_share(share).text));
}

void live_server_draw(struct ui *ui, struct canvas *canvas, struct rect rect)
{
    const struct samples *samples = ui->run ? &ui->run->samples : NULL;
    uint64_t last_ns = samples ? atomic_load(&samples->last_ns) : 0;
    char right[48] = "";
    if (last_ns && live_is_on(ui) && ui->now_ns > last_ns)
        snprintf(right, sizeof right, "scraped %.1f s ago", (double)(ui->now_ns - last_ns) / 1e9);
    if (ui->live && ui->live->waiting_for[0])
        snprintf(right, sizeof right, "not idle: %.30s", ui->live->waiting_for);
    struct rect inside = {rect.row, rect.col + 1, rect.rows, rect.cols - 2};
    if (rect.rows >= 3)
        inside = canvas_box(canvas, rect, "server", right);
    int row = 0, spark = inside.cols >= 44 ? 16 : inside.cols >= 36 ? 10 : 8;
    uint32_t watched = samples && samples_count(samples) ? samples_watched_count(samples) : 0;
    int room = inside.rows > 1 ? inside.rows - 1 : inside.rows;
    for (int rank = 0; rank <= 5; rank++)
        for (uint32_t i = 0; i < watched && row < room; i++) {
            const struct watched *metric = samples_watched(samples, i);
            if (!metric->hidden && metric->kind != WATCHED_ABSENT && rank_of(metric) == rank)
                draw_watched(ui, canvas, inside.row + row++, inside, metric, spark);
        }
    if (row < inside.rows)
        draw_cached(ui, canvas, inside.row + row, inside);
}

/* ---- events ---- */

static enum role role_of(const struct change *change)
{
    if (strcmp(change->kind, "error") == 0)
        return ROLE_BAD;
    return strcmp(change->kind, "warning") == 0 ? ROLE_WARN : ROLE_TEXT;
}

/* What a message says of itself, the kind says of other events. */
static bool names_no_level(const struct change *change)
{
    static const char *const messages[] = {"info", "warning", "error", "run"};
    for (size_t i = 0; i < ARRAY_SIZE(messages); i++)
        if (strcmp(change->kind, messages[i]) == 0)
            return false;
    return change->level > 0;
}

void live_events_draw(struct ui *ui, struct canvas *canvas, struct rect rect, bool boxed)
{
    struct rect inside = {rect.row, rect.col + 1, rect.rows, rect.cols - 2};
    if (boxed)
        inside = canvas_box(canvas, rect, "events", NULL);
    uint32_t count = ui->run ? changes_count(&ui->run->changes) : 0;
    for (int row = 0; row < inside.rows && (uint32_t)row < count; row++) {
        const struct change *change = changes_at(&ui->run->changes, count - 1 - (uint32_t)row);
        char date[40];
        clock_format_local(ui->run->anchor.wall_ns + change->at_ns, date, sizeof date);
        canvas_put(canvas, inside.row + row, inside.col, 8, STYLE(ROLE_DIM), text_of(date + 11));
        int col = inside.col + 10;
        if (names_no_level(change))
            col += canvas_printf(canvas, inside.row + row, col, 20, STYLE(ROLE_TEXT),
                                 change->round ? "L%u R%u " : "L%u ", change->level, change->round);
        if (strcmp(change->kind, "load") == 0)
            col += canvas_put(canvas, inside.row + row, col, 8, STYLE(ROLE_TEXT), TEXT("load "));
        canvas_put_cut(canvas, inside.row + row, col, inside.col + inside.cols - col,
                       STYLE(role_of(change)), text_of(change->text));
    }
}
