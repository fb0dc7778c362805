#include "ui/level_columns.h"

#include <math.h>
#include <stdio.h>

#include "base/memory.h"
#include "base/statistics.h"
#include "ui/comparison_text.h"
#include "ui/figures.h"
#include "ui/level_list.h"

/* ---- what a level has ---- */

struct level_line level_line_of(struct ui *ui, const struct level *level)
{
    struct level_line line = {.ui = ui, .level = level, .last = level_last_round(level)};
    if (!line.last)
        return line;
    line.first = &level->rounds[0];
    line.figures = ui_summary(ui, level, line.last);
    return line;
}

static double p50_ms(const struct summary *summary, enum metric_id id)
{
    return summary->metrics[id].p50 / NS_PER_MS;
}

static double value_number(const struct level_line *line)
{
    return line->level->number;
}

static double value_rounds(const struct level_line *line)
{
    return line->level->round_count;
}

static double value_ttft(const struct level_line *line)
{
    return line->figures ? p50_ms(line->figures, METRIC_TTFT) : NO_VALUE;
}

static double value_faster(const struct level_line *line)
{
    if (line->first == line->last)
        return NO_VALUE;
    const struct comparison *comparison = ui_comparison(line->ui, line->first, line->last);
    return comparison ? comparison->speed_up : NO_VALUE;
}

static double value_itl(const struct level_line *line)
{
    return line->figures ? p50_ms(line->figures, METRIC_ITL) : NO_VALUE;
}

static double value_tokens(const struct level_line *line)
{
    return line->figures ? line->figures->token_throughput : NO_VALUE;
}

static double value_requests(const struct level_line *line)
{
    return line->figures ? line->figures->request_throughput : NO_VALUE;
}

static double value_slo(const struct level_line *line)
{
    const struct summary *figures = line->figures;
    uint32_t judged = figures ? figures->counts.succeeded + figures->counts.failed : 0;
    return judged && figures->has_slo ? (double)figures->slo_met_requests / judged : NO_VALUE;
}

/* Of all its rounds. */
static double value_failed(const struct level_line *line)
{
    double failed = 0;
    uint32_t count = atomic_load_explicit(&line->level->round_count, memory_order_acquire);
    for (uint32_t i = 0; i < count; i++)
        failed += ui_summary(line->ui, line->level, &line->level->rounds[i])->counts.failed;
    return line->last ? failed : NO_VALUE;
}

static double value_cached(const struct level_line *line)
{
    return line->figures ? line->figures->cached_share : NO_VALUE;
}

/* ---- how it is shown ---- */

static void show_rounds(const struct level_line *line, double value, struct level_cell *cell)
{
    bool running = line->last && !round_has_ended(line->last) && line->ui->live &&
                   line->ui->live->level == line->level->number;
    snprintf(cell->text, sizeof cell->text, "%.0f/%u%s", value, line->level->rounds_planned,
             running ? " …" : "");
    if (running)
        cell->role = ROLE_LOAD;
}

/* "221 →  88", "455 →   …" while the second has none. */
static void show_ttft(const struct level_line *line, double value, struct level_cell *cell)
{
    if (!line->first)
        return;
    double first_ms = p50_ms(ui_summary(line->ui, line->level, line->first), METRIC_TTFT);
    bool one = line->first == line->last;
    const char *later = one ? "…" : figure_short(value).text;
    if (one && line->level->rounds_planned == 1)
        snprintf(cell->text, sizeof cell->text, "%s", figure_short(first_ms).text);
    else
        snprintf(cell->text, sizeof cell->text, "%4.12s → %*s", figure_short(first_ms).text,
                 one ? 6 : 4, one ? later : figure_short(value).text);
}

static void show_faster(const struct level_line *line, double value, struct level_cell *cell)
{
    snprintf(cell->text, sizeof cell->text, "%s", figure_times(value).text);
    if (isnan(value))
        return;
    const struct comparison *comparison = ui_comparison(line->ui, line->first, line->last);
    enum comparison_word word = comparison ? comparison->word : COMPARISON_NOT_SHOWN;
    if (word == COMPARISON_NOT_SHOWN)
        cell->role = ROLE_DIM;
    else if (word == COMPARISON_SLOWER)
        cell->role = ROLE_WARN;
}

static void show_interval(const struct level_line *line, double value, struct level_cell *cell)
{
    (void)value;
    if (line->first == line->last)
        return;
    const struct comparison *comparison = ui_comparison(line->ui, line->first, line->last);
    struct buffer text = {0};
    if (comparison && !round_has_ended(line->last))
        buffer_add_string(&text, "so far");
    else if (comparison)
        comparison_add_interval(&text, comparison);
    snprintf(cell->text, sizeof cell->text, " %s", buffer_text(&text).data);
    buffer_free(&text);
    cell->role = ROLE_DIM;
}

static void show_ms(const struct level_line *line, double value, struct level_cell *cell)
{
    (void)line;
    snprintf(cell->text, sizeof cell->text, "%s", figure_of(value, value < 99.95).text);
}

static void show_count(const struct level_line *line, double value, struct level_cell *cell)
{
    (void)line;
    snprintf(cell->text, sizeof cell->text, "%s", figure_count(value).text);
}

static void show_real(const struct level_line *line, double value, struct level_cell *cell)
{
    (void)line;
    snprintf(cell->text, sizeof cell->text, "%s", figure_of(value, value < 99.95 ? 2 : 0).text);
}

static void show_share(const struct level_line *line, double value, struct level_cell *cell)
{
    (void)line;
    snprintf(cell->text, sizeof cell->text, "%s", figure_share(value).text);
}

static void show_failed(const struct level_line *line, double value, struct level_cell *cell)
{
    show_count(line, value, cell);
    if (value > 0)
        cell->role = ROLE_BAD;
}

static void show_client(const struct level_line *line, double value, struct level_cell *cell)
{
    (void)value;
    const struct round *worst = level_worst_client(line->level);
    snprintf(cell->text, sizeof cell->text, " %s",
             worst ? health_verdict_name(worst->health.verdict) : "…");
    if (worst && worst->health.verdict != HEALTH_OK)
        cell->role = ROLE_WARN;
}

const struct level_column level_columns[LEVEL_COLUMN_COUNT] = {
    {"level", 13, 13, 0, true, true, value_number, NULL, NULL},
    {"rounds", 7, 8, 0, true, false, value_rounds, show_rounds, NULL},
    {"TTFT p50 ms", 12, 12, 0, true, true, value_ttft, show_ttft, "ttft_p50"},
    {"faster", 8, 8, 52, false, false, value_faster, show_faster, NULL},
    {" 95 %", 0, 14, 0, true, false, NULL, show_interval, NULL},
    {"ITL p50", 9, 8, 0, false, true, value_itl, show_ms, "itl_p50"},
    {"tok/s", 8, 8, 60, false, false, value_tokens, show_count, "token_throughput"},
    {"req/s", 0, 8, 0, false, false, value_requests, show_real, "request_throughput"},
    {"SLO", 7, 7, 68, false, false, value_slo, show_share, "slo"},
    {"failed", 8, 8, 76, false, false, value_failed, show_failed, "failed"},
    {"cached", 0, 8, 0, false, false, value_cached, show_share, "cached"},
    {" client", 0, 12, 0, true, false, NULL, show_client, NULL},
};
