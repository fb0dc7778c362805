#include "ui/level_tables.h"

#include <stdio.h>

#include "base/memory.h"
#include "ui/figures.h"

#define LABEL_COLS 12

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

struct held_against level_held_against(struct ui *ui, const struct level *level,
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

int level_metrics_draw(struct canvas *canvas, struct rect rect, int row, const struct side *sides,
                       int count, const struct held_against *against)
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

int level_metrics_draw_wide(struct canvas *canvas, struct rect rect, int row,
                            const struct side *sides, int count, const struct held_against *against)
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

int level_rates_draw(struct canvas *canvas, struct rect rect, int row, bool wide,
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
