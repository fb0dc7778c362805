#include "ui/level_page.h"

#include <math.h>
#include <stdio.h>

#include "base/file.h"
#include "base/memory.h"
#include "report/remarks.h"
#include "result/round_kept.h"
#include "ui/comparison_text.h"
#include "ui/figures.h"

#define LABEL_COLS 12

struct level_pair level_pair_of(const struct ui *ui, const struct level *level)
{
    struct level_pair pair = {NULL, NULL};
    uint32_t count = atomic_load_explicit(&level->round_count, memory_order_acquire);
    if (count == 0)
        return pair;
    pair.first = &level->rounds[0];
    uint32_t wanted = ui->round >= 2 && ui->round <= count ? ui->round : count;
    if (wanted >= 2)
        pair.later = &level->rounds[wanted - 1];
    return pair;
}

/* ---- where the figures come from ---- */

struct side {
    const struct round *round;
    const struct summary *summary;
    const char *word; /* "cold", "warm" */
    bool running;
};

/* Of the pair, those that are there. The summary of the second may push the first's out of its
 * place no more than a frame later. */
static int make_sides(struct ui *ui, const struct level *level, struct side sides[2])
{
    struct level_pair pair = level_pair_of(ui, level);
    const struct round *rounds[] = {pair.first, pair.later};
    int count = 0;
    for (int i = 0; i < 2; i++) {
        if (!rounds[i])
            continue;
        const struct summary *summary = ui_summary(ui, level, rounds[i]);
        sides[count++] = (struct side){
            .round = rounds[i],
            .summary = summary,
            .word = round_temperature(rounds[i], summary),
            .running = !atomic_load_explicit(&rounds[i]->ended, memory_order_acquire)};
    }
    return count;
}

static enum role role_of(const struct side *side)
{
    return side->round->number == 1 ? ROLE_COLD : ROLE_WARM;
}

static void put_side_label(struct canvas *canvas, int row, int col, const struct side *side)
{
    canvas_printf(canvas, row, col, LABEL_COLS, STYLE(role_of(side)), "R%u %s%s",
                  side->round->number, side->word, side->running ? " …" : "");
}

/* ---- TTFT, ITL and latency by their statistics ---- */

static const struct {
    enum metric_id id;
    const char *title;
} shown_metrics[] = {
    {METRIC_TTFT, "TTFT ms"}, {METRIC_ITL, "ITL ms"}, {METRIC_LATENCY, "latency ms"}};

static double statistic_ms(const struct summary *summary, enum metric_id id,
                           const struct statistic *statistic)
{
    return statistics_get(&summary->metrics[id], statistic) / NS_PER_MS;
}

/* What the last side is held against: its baseline, else the first side. */
struct held_against {
    const struct summary *before;          /* NULL = nothing */
    const struct differences *differences; /* NULL = it is the first side */
};

static struct held_against held_against(struct ui *ui, const struct level *level,
                                        const struct side *sides, int count)
{
    struct held_against against = {NULL, NULL};
    if (count)
        against.differences = ui_against(ui, level, sides[count - 1].round);
    if (against.differences)
        against.before = &against.differences->before;
    else if (count == 2)
        against.before = sides[0].summary;
    return against;
}

/* A median that noise explains stands in brackets; of other statistics nothing is judged. */
static struct figure change_of(const struct held_against *against, enum metric_id id,
                               const struct statistic *statistic, double now)
{
    static const char *const medians[METRIC_COUNT] = {
        [METRIC_TTFT] = "ttft_p50", [METRIC_ITL] = "itl_p50", [METRIC_LATENCY] = "latency_p50"};
    if (against->differences && medians[id] &&
        statistic->offset == offsetof(struct statistics, p50))
        return difference_text(against->differences, medians[id]);
    return figure_change(statistic_ms(against->before, id, statistic), now);
}

static void put_change_label(struct canvas *canvas, int row, int col,
                             const struct held_against *against)
{
    const struct differences *differences = against->differences;
    if (differences)
        canvas_printf(canvas, row, col, LABEL_COLS, STYLE(ROLE_DIM), "vs L%u R%u",
                      differences->level->number, differences->round->number);
    else
        canvas_put(canvas, row, col, LABEL_COLS, STYLE(ROLE_DIM), TEXT("change"));
}

static void put_title(struct canvas *canvas, int row, int col, int cols, const char *title)
{
    char small[24];
    snprintf(small, sizeof small, "%s", title);
    if (small[0] >= 'A' && small[0] <= 'Z')
        small[0] = (char)(small[0] - 'A' + 'a');
    canvas_put_right(canvas, row, col, cols, STYLE(ROLE_DIM), text_of(small));
}

/* Header, a line for each side, the change. The label stands in the first column of each. */
static int draw_metric(struct canvas *canvas, struct rect rect, int row, int width, bool wide,
                       bool header, size_t which, const struct side *sides, int count,
                       const struct held_against *against)
{
    int col = rect.col + LABEL_COLS, first = row + header;
    for (size_t i = 0; i < STATISTIC_COUNT; i++) {
        const struct statistic *statistic = &statistics_table[i];
        if (!wide && !statistic->in_guide)
            continue;
        double value = NO_VALUE;
        if (header)
            put_title(canvas, row, col, width, statistic->title);
        for (int side = 0; side < count; side++) {
            value = statistic_ms(sides[side].summary, shown_metrics[which].id, statistic);
            canvas_put_right(canvas, first + side, col, width, STYLE(ROLE_TEXT),
                             text_of(figure_fit(value, 2, width - 1).text));
        }
        /* How the spread changed is no gain and no loss. */
        if (against->before && statistic->offset != offsetof(struct statistics, stddev))
            canvas_put_right(
                canvas, first + count, col, width, STYLE(ROLE_DIM),
                text_of(change_of(against, shown_metrics[which].id, statistic, value).text));
        col += width;
    }
    return header + count + (against->before != NULL);
}

static int draw_metrics_narrow(struct canvas *canvas, struct rect rect, int row,
                               const struct side *sides, int count,
                               const struct held_against *against)
{
    for (size_t i = 0; i < ARRAY_SIZE(shown_metrics); i++) {
        canvas_put(canvas, row, rect.col, LABEL_COLS, STYLE(ROLE_TITLE),
                   text_of(shown_metrics[i].title));
        for (int side = 0; side < count; side++)
            put_side_label(canvas, row + 1 + side, rect.col + 2, &sides[side]);
        if (against->before)
            put_change_label(canvas, row + 1 + count, rect.col + 2, against);
        row += draw_metric(canvas, rect, row, 9, false, true, i, sides, count, against);
    }
    return row;
}

static int draw_metrics_wide(struct canvas *canvas, struct rect rect, int row,
                             const struct side *sides, int count,
                             const struct held_against *against)
{
    int label = 16, width = (rect.cols - label) / STATISTIC_COUNT;
    width = width > 13 ? 13 : width;
    for (size_t i = 0; i < ARRAY_SIZE(shown_metrics); i++) {
        bool header = i == 0;
        canvas_put(canvas, row + header, rect.col, LABEL_COLS, STYLE(ROLE_TITLE),
                   text_of(shown_metrics[i].title));
        for (int side = 0; side < count; side++)
            canvas_printf(canvas, row + header + side, rect.col + 12, 4,
                          STYLE(role_of(&sides[side])), "R%u", sides[side].round->number);
        if (against->differences)
            put_change_label(canvas, row + header + count, rect.col + 6, against);
        struct rect shifted = rect;
        shifted.col += label - LABEL_COLS;
        row += draw_metric(canvas, shifted, row, width, true, header, i, sides, count, against);
    }
    return row;
}

/* ---- counts and rates ---- */

static double count_success(const struct side *side)
{
    return side->summary->counts.succeeded;
}

static double count_failed(const struct side *side)
{
    return side->summary->counts.failed;
}

static double duration(const struct side *side)
{
    return side->summary->duration_s;
}

static double tokens_per_s(const struct side *side)
{
    return side->summary->token_throughput;
}

static double requests_per_s(const struct side *side)
{
    return side->summary->request_throughput;
}

static double slo_met(const struct side *side)
{
    const struct summary *summary = side->summary;
    uint32_t judged = summary->counts.succeeded + summary->counts.failed;
    return summary->has_slo && judged ? (double)summary->slo_met_requests / judged : NO_VALUE;
}

static double goodput(const struct side *side)
{
    return side->summary->goodput_tokens_per_s;
}

static double cached(const struct side *side)
{
    return side->summary->cached_share;
}

static double tokens_in(const struct side *side)
{
    return side->summary->avg_input_tokens;
}

static double tokens_out(const struct side *side)
{
    return side->summary->avg_output_tokens;
}

enum rate_format { RATE_COUNT, RATE_REAL, RATE_SHARE };

static const struct {
    const char *title;
    int narrow, wide; /* columns */
    enum rate_format format;
    int decimals;
    double (*of)(const struct side *side);
    const char *difference; /* key of compare_figures; NULL = none is shown */
} rates[] = {
    {"success", 8, 9, RATE_COUNT, 0, count_success, NULL},
    {"failed", 7, 8, RATE_COUNT, 0, count_failed, "failed"},
    {"time s", 9, 9, RATE_REAL, 2, duration, NULL},
    {"tok/s", 7, 9, RATE_COUNT, 0, tokens_per_s, "token_throughput"},
    {"req/s", 7, 8, RATE_REAL, 2, requests_per_s, "request_throughput"},
    {"SLO met", 9, 10, RATE_SHARE, 0, slo_met, "slo"},
    {"goodput", 9, 11, RATE_COUNT, 0, goodput, "goodput"},
    {"cached", 8, 9, RATE_SHARE, 0, cached, "cached"},
    {"tokens in", 0, 12, RATE_REAL, 1, tokens_in, NULL},
    {"out", 0, 8, RATE_REAL, 1, tokens_out, NULL},
};

static struct figure rate_figure(size_t i, const struct side *side)
{
    double value = rates[i].of(side);
    if (rates[i].format == RATE_SHARE)
        return figure_share(value);
    return rates[i].format == RATE_COUNT ? figure_count(value)
                                         : figure_of(value, rates[i].decimals);
}

static int draw_rates(struct canvas *canvas, struct rect rect, int row, bool wide,
                      const struct side *sides, int count, const struct held_against *against)
{
    const struct differences *differences = against->differences;
    int col = rect.col + LABEL_COLS;
    for (int side = 0; side < count; side++)
        put_side_label(canvas, row + 1 + side, rect.col + (wide ? 0 : 2), &sides[side]);
    for (size_t i = 0; i < ARRAY_SIZE(rates); i++) {
        int width = wide ? rates[i].wide : rates[i].narrow;
        if (width == 0)
            continue;
        canvas_put_right(canvas, row, col, width, STYLE(ROLE_DIM), text_of(rates[i].title));
        for (int side = 0; side < count; side++) {
            bool bad = rates[i].of == count_failed && rates[i].of(&sides[side]) > 0;
            canvas_put_right(canvas, row + 1 + side, col, width, STYLE(bad ? ROLE_BAD : ROLE_TEXT),
                             text_of(rate_figure(i, &sides[side]).text));
        }
        if (differences && rates[i].difference)
            canvas_put_right(canvas, row + 1 + count, col, width, STYLE(ROLE_DIM),
                             text_of(difference_text(differences, rates[i].difference).text));
        col += width;
    }
    if (differences)
        put_change_label(canvas, row + 1 + count, rect.col + (wide ? 0 : 2), against);
    return row + 1 + count + (differences != NULL);
}

/* ---- sentences ---- */

void level_add_paired(struct ui *ui, const struct level *level, struct buffer *out)
{
    struct level_pair pair = level_pair_of(ui, level);
    if (!pair.later) {
        buffer_add_string(out, "The comparison begins with round 2: the same requests again.");
        return;
    }
    const struct comparison *comparison = ui_comparison_of(ui, METRIC_TTFT, pair.later, pair.first);
    bool running = !atomic_load_explicit(&pair.later->ended, memory_order_acquire);
    if (comparison->basis != COMPARISON_PAIRS || comparison->pairs == 0) {
        bool changed = ui_round_snapshot(ui, pair.first).segment_count > 1 ||
                       ui_round_snapshot(ui, pair.later).segment_count > 1;
        buffer_add_string(out, changed ? "not paired: the load was changed by hand"
                                       : "not paired: no prompt succeeded in both rounds yet");
        return;
    }
    buffer_printf(out, "paired on %s prompt%s%s: ", figure_count(comparison->pairs).text,
                  comparison->pairs == 1 ? "" : "s", running ? " so far" : "");
    comparison_add_sentence(out, comparison);
    if (comparison->retried)
        buffer_printf(out, "; %u sent twice left out", comparison->retried);
}

void level_add_against(struct ui *ui, const struct level *level, struct buffer *out)
{
    struct level_pair pair = level_pair_of(ui, level);
    const struct round *round = pair.later ? pair.later : pair.first;
    const struct differences *differences = round ? ui_against(ui, level, round) : NULL;
    if (!differences)
        return;
    buffer_add_string(out, "against ");
    baseline_name(&ui->baseline, differences->level, differences->round, out);
    buffer_printf(out, ": TTFT p50 %s", difference_text(differences, "ttft_p50").text);
    buffer_printf(out, ", ITL p50 %s", difference_text(differences, "itl_p50").text);
    buffer_printf(out, ", tok/s %s", difference_text(differences, "token_throughput").text);
}

/* "SLO missed in R1: TTFT 5, ITL 0" */
static void add_missed(const struct ui *ui, const struct side *sides, int count, struct buffer *out)
{
    if (!slo_any(&ui->run->slo))
        return;
    for (int side = 0; side < count; side++) {
        const struct summary *summary = sides[side].summary;
        bool any = false;
        if (round_judged_otherwise(ui->run, sides[side].round)) {
            buffer_printf(out,
                          "%sR%u: its requests are in the journal, to be judged by these "
                          "limits when the run is over",
                          out->size ? ".  " : "", sides[side].round->number);
            continue;
        }
        for (size_t i = 0; i < SLO_LIMIT_COUNT; i++) {
            if (!summary->slo_missed[i])
                continue;
            if (!any)
                buffer_printf(out, "%sR%u:", out->size ? ".  " : "SLO missed in ",
                              sides[side].round->number);
            buffer_printf(out, "%s %s %u", any ? "," : "", slo_limits[i].title,
                          summary->slo_missed[i]);
            any = true;
        }
    }
    if (out->size == 0)
        buffer_add_string(out, "SLO missed by none");
}

static void add_client(const struct side *side, bool wide, struct buffer *out)
{
    const struct health *health = &side->round->health;
    if (side->running) {
        buffer_add_string(out, "client: known at the end of the round");
        return;
    }
    buffer_printf(out, "client %s:", health_verdict_name(health->verdict));
    if (health->stamp_lag_samples)
        buffer_printf(out, " stamp p99 %s%.1f ms,", health->stamp_lag_at_least ? "at least " : "",
                      (double)health->stamp_lag_p99_ns / NS_PER_MS);
    buffer_printf(out, " dispatch p99 %.1f ms, busy %s, connects %u",
                  (double)health->dispatch_lag_p99_ns / NS_PER_MS,
                  figure_share(health->loop_busy).text, health->connects);
    if (wide || health->retries)
        buffer_printf(out, ", retries %u", health->retries);
}

static int put_line(struct canvas *canvas, struct rect rect, int row, enum role role,
                    struct buffer *line)
{
    bool any = line->size > 0;
    if (any)
        canvas_put(canvas, row, rect.col, rect.cols, STYLE(role), buffer_text(line));
    buffer_clear(line);
    return row + any;
}

/* What the server's metrics did, those of most interest first, as far as there are rows. */
static int draw_server(struct ui *ui, struct canvas *canvas, struct rect rect, int row,
                       const struct level *level, struct metric_rounds *metrics,
                       const struct side *sides, int count)
{
    const struct samples *samples = &ui->run->samples;
    uint32_t watched_count = samples_watched_count(samples);
    int end = rect.row + rect.rows, width = rect.cols >= 100 ? 24 : 20;
    for (uint32_t i = 0; i < watched_count && row < end; i++) {
        const struct watched *watched = samples_watched(samples, i);
        if (watched->hidden)
            continue;
        canvas_put(canvas, row, rect.col, rect.cols - count * width, STYLE(ROLE_SERVER),
                   text_of(watched->title));
        for (int side = 0; side < count; side++) {
            const struct watched_round *figures =
                metric_rounds_get(metrics, ui->run, watched, level, sides[side].round, ui->now_ns);
            canvas_put_right(canvas, row, rect.col + rect.cols - (count - side) * width, width,
                             STYLE(ROLE_TEXT), text_of(metric_round_text(watched, figures).text));
        }
        row++;
    }
    return row;
}

/* ---- the whole ---- */

static void neighbours(const struct ui *ui, const struct level *level, struct buffer *out)
{
    const struct level *before = ui_level_beside(ui, level, -1);
    const struct level *next = ui_level_beside(ui, level, 1);
    if (before)
        buffer_printf(out, ", L%u %s", before->number, before->label);
    if (next)
        buffer_printf(out, "%sL%u %s .", before ? "    " : "", next->number, next->label);
}

static void title_of(const struct ui *ui, const struct level *level, struct buffer *out)
{
    const struct round *first = level->round_count ? &level->rounds[0] : NULL;
    buffer_printf(out, "L%u %s, %s requests a round", level->number, level->label,
                  figure_count(first ? first->counts.planned : level->samples).text);
    if (strcmp(level->cold_start, "none") != 0 && level->cold_start[0])
        buffer_printf(out, ", cold by %s", level->cold_start);
    if (ui->baseline.run && ui->baseline.run == ui->baseline.earlier)
        buffer_printf(out, ", against %.40s", path_base(ui->baseline.directory));
}

static int draw_sentences(struct ui *ui, struct canvas *canvas, struct rect rect, int row,
                          const struct level *level, bool wide, const struct side *sides, int count)
{
    struct buffer line = {0};
    level_add_paired(ui, level, &line);
    row = put_line(canvas, rect, row, ROLE_TEXT, &line);
    if (!wide && count)
        buffer_printf(&line, "tokens in %.1f, out %.1f a request%s   ",
                      tokens_in(&sides[count - 1]), tokens_out(&sides[count - 1]),
                      sides[count - 1].summary->output_estimated ? " ≈" : "");
    struct buffer missed = {0};
    add_missed(ui, sides, count, &missed);
    buffer_add_text(&line, buffer_text(&missed));
    buffer_free(&missed);
    row = put_line(canvas, rect, row, ROLE_TEXT, &line);
    if (count) {
        const struct side *last = &sides[count - 1];
        bool ok = last->running || last->round->health.verdict == HEALTH_OK;
        add_client(last, wide, &line);
        row = put_line(canvas, rect, row, ok ? ROLE_TEXT : ROLE_WARN, &line);
    }
    buffer_free(&line);
    return row;
}

void level_page_draw(struct ui *ui, struct canvas *canvas, struct rect rect,
                     const struct level *level, struct metric_rounds *metrics)
{
    struct side sides[2];
    int count = make_sides(ui, level, sides);
    struct buffer title = {0}, around = {0};
    title_of(ui, level, &title);
    neighbours(ui, level, &around);
    canvas_put(canvas, rect.row, rect.col + 1, rect.cols - 2, STYLE(ROLE_TITLE),
               buffer_text(&title));
    if (text_columns(buffer_text(&title)) + text_columns(buffer_text(&around)) + 4 < rect.cols)
        canvas_put_right(canvas, rect.row, rect.col, rect.cols - 1, STYLE(ROLE_KEY),
                         buffer_text(&around));
    buffer_free(&title);
    buffer_free(&around);
    struct rect inside = {rect.row + 1, rect.col + 1, rect.rows - 1, rect.cols - 2};
    if (count == 0) {
        canvas_put(canvas, inside.row + 1, inside.col + 2, inside.cols, STYLE(ROLE_DIM),
                   TEXT("No round of this level has begun."));
        return;
    }
    struct held_against against = held_against(ui, level, sides, count);
    int row = draw_metrics_narrow(canvas, inside, inside.row, sides, count, &against);
    row = draw_rates(canvas, inside, row, false, sides, count, &against);
    row = draw_sentences(ui, canvas, inside, row, level, false, sides, count);
    draw_server(ui, canvas, inside, row, level, metrics, sides, count);
}

static bool has_server(const struct ui *ui)
{
    return samples_watched_count(&ui->run->samples) > 0;
}

static bool has_baseline(const struct ui *ui, const struct level *level,
                         const struct level_pair *pair)
{
    const struct level *old_level;
    const struct round *against, *last = pair->later ? pair->later : pair->first;
    return last && baseline_find(&ui->baseline, level, last, &old_level, &against);
}

/* A header, three metrics, a table of rates, three sentences. */
static int box_rows(int sides, bool baseline)
{
    return 2 + 1 + 3 * (sides + (sides == 2 || baseline)) + 1 + sides + baseline + 3;
}

int level_page_wide_rows(const struct ui *ui, const struct level *level)
{
    struct level_pair pair = level_pair_of(ui, level);
    return box_rows(pair.later ? 2 : 1, has_baseline(ui, level, &pair)) + (has_server(ui) ? 8 : 0);
}

void level_page_draw_wide(struct ui *ui, struct canvas *canvas, struct rect rect,
                          const struct level *level, struct metric_rounds *metrics)
{
    struct side sides[2];
    int count = make_sides(ui, level, sides);
    struct buffer title = {0}, around = {0};
    title_of(ui, level, &title);
    neighbours(ui, level, &around);
    struct held_against against = held_against(ui, level, sides, count);
    int rows = box_rows(count, against.differences != NULL);
    if (rows > rect.rows || count == 0)
        rows = rect.rows;
    struct rect box = canvas_box(canvas, (struct rect){rect.row, rect.col, rows, rect.cols},
                                 title.data, around.data);
    buffer_free(&title);
    buffer_free(&around);
    if (count == 0) {
        canvas_put(canvas, box.row, box.col, box.cols, STYLE(ROLE_DIM),
                   TEXT("No round of this level has begun."));
        return;
    }
    int row = draw_metrics_wide(canvas, box, box.row, sides, count, &against);
    row = draw_rates(canvas, box, row, true, sides, count, &against);
    draw_sentences(ui, canvas, box, row, level, true, sides, count);
    struct rect rest = {rect.row + rows, rect.col, rect.rows - rows, rect.cols};
    if (!has_server(ui) || rest.rows < 3)
        return;
    struct buffer heads = {0};
    /* Each head ends where the figures below it do. */
    for (int side = 0; side < count; side++)
        buffer_printf(&heads, "%sR%u before → after", side ? "       " : "",
                      sides[side].round->number);
    box = canvas_box(canvas, rest, "server", heads.data);
    buffer_free(&heads);
    draw_server(ui, canvas, box, box.row, level, metrics, sides, count);
}
