#include "ui/cache_draw.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/memory.h"
#include "report/page.h"
#include "report/remarks.h"
#include "result/steady.h"
#include "ui/figures.h"
#include "ui/plot.h"
#include "ui/spread.h"

/* ---- plots ---- */

static struct rect plot_rect(struct rect inside)
{
    return (struct rect){inside.row, inside.col, inside.rows + 1, inside.cols};
}

static void draw_speed_up(const struct cache_figures *figures, struct canvas *canvas,
                          struct rect rect)
{
    struct rect inside = canvas_box(canvas, rect, "speed-up of each prompt, sorted", NULL);
    if (figures->count == 0)
        return;
    char median[24];
    snprintf(median, sizeof median, "median %.2g×", figures->comparison.speed_up);
    struct points points = {.x = figures->rank,
                            .y = figures->factors,
                            .count = figures->count,
                            .line = true,
                            .role = ROLE_WARM,
                            .y_unit = "×",
                            .level = figures->comparison.speed_up,
                            .level_name = median};
    plot_points(canvas, plot_rect(inside), &points);
}

static void draw_spread(const struct cache_figures *figures, struct canvas *canvas,
                        struct rect rect)
{
    char right[48];
    snprintf(right, sizeof right, "R%u ░  R%u █", figures->cold->number, figures->warm->number);
    struct rect inside = canvas_box(canvas, rect, "TTFT ms", right);
    spread_colour_legend(canvas, rect);
    spread_draw(canvas, inside, figures->cold_ms, figures->count, figures->warm_ms, figures->count);
}

static void draw_prefill(const struct cache_figures *figures, struct canvas *canvas,
                         struct rect rect)
{
    struct rect inside = canvas_box(canvas, rect, "TTFT ms by tokens to prefill", NULL);
    if (figures->point_count == 0) {
        canvas_put(canvas, inside.row, inside.col, inside.cols, STYLE(ROLE_DIM),
                   figures->count ? TEXT("usage does not say what was cached")
                                  : TEXT("nothing to show yet"));
        return;
    }
    struct points points = {.x = figures->prefill_tokens,
                            .y = figures->prefill_ms,
                            .count = figures->point_count,
                            .role = ROLE_TTFT,
                            .level = NO_VALUE,
                            .x_labels = true};
    plot_points(canvas, plot_rect(inside), &points);
}

void cache_draw_plots(const struct cache_figures *figures, struct canvas *canvas, struct rect rect)
{
    int parts = rect.cols >= 110 ? 3 : 2, width = rect.cols / parts;
    struct rect at = {rect.row, rect.col, rect.rows, width};
    draw_speed_up(figures, canvas, at);
    at.col += width;
    at.cols = parts == 2 ? rect.cols - width : width;
    draw_spread(figures, canvas, at);
    if (parts == 2)
        return;
    at.col += width;
    at.cols = rect.cols - 2 * width;
    draw_prefill(figures, canvas, at);
}

/* ---- warm-up by round ---- */

enum { TITLE_COLS = 12, AGAINST_COLS = 9 };

static int bar_cols_for(const struct ui *ui, struct rect rect)
{
    if (rect.cols >= 100)
        return rect.cols / 3 + 4 - (ui->baseline.run ? AGAINST_COLS : 0);
    return ui->baseline.run ? 24 - AGAINST_COLS : 24;
}

static void draw_round(struct ui *ui, const struct level *level, const struct round *round,
                       struct canvas *canvas, int row, struct rect rect, double most_ms,
                       const char *word)
{
    const struct summary *summary = ui_summary(ui, level, round);
    const struct statistics *ttft = &summary->metrics[METRIC_TTFT];
    bool wide = rect.cols >= 100;
    int bar_cols = bar_cols_for(ui, rect), col = rect.col + 1;
    struct style style = STYLE(round_should_be_cold(round) ? ROLE_COLD : ROLE_WARM);
    canvas_printf(canvas, row, col, 5, STYLE(ROLE_TITLE), "R%-3u", round->number);
    if (ttft->count) {
        canvas_printf(canvas, row, col + 4, 7, STYLE(ROLE_TEXT), "%6.0f", ttft->p50 / 1e6);
        plot_bar(canvas, row, col + 11, bar_cols, ttft->p50 / 1e6 / most_ms, style);
    }
    col += TITLE_COLS + bar_cols;
    const struct differences *differences = ui_against(ui, level, round);
    if (differences)
        canvas_put_right(canvas, row, col, AGAINST_COLS, STYLE(ROLE_DIM),
                         text_of(difference_text(differences, "ttft_p50").text));
    col += ui->baseline.run ? AGAINST_COLS : 0;
    struct figure cached = figure_share(summary->cached_share);
    if (wide)
        canvas_put_right(canvas, row, col, 8, STYLE(ROLE_TEXT),
                         text_of(figure_of(ttft->count ? ttft->p99 / 1e6 : NO_VALUE, 0).text));
    col += wide ? 8 : 0;
    canvas_put_right(canvas, row, col, 8, STYLE(ROLE_TEXT), text_of(cached.text));
    canvas_put_right(canvas, row, col + 8, 8, STYLE(ROLE_TEXT),
                     text_of(figure_of(summary->token_throughput, 0).text));
    canvas_put(canvas, row, col + 19, rect.col + rect.cols - col - 20, STYLE(ROLE_DIM),
               text_of(word));
}

static const char *word_for(const struct round *round, const struct summary *summary,
                            uint16_t steady, bool is_first)
{
    if (round->interrupted)
        return "interrupted";
    if (steady && round->number == steady)
        return "steady: 3 within 2 %";
    if (!round_has_ended(round))
        return "so far";
    if (is_first || round_should_be_cold(round))
        return summary->cold == COLD_CHECKED ? "cold, checked" : round_temperature(round, summary);
    return "";
}

/* The first of the last rounds that are alike; 0 when they are not. */
static uint16_t steady_round(struct ui *ui, const struct level *level)
{
    uint32_t count = level->round_count, ended = 0;
    struct steady_point *points = xcalloc(count, sizeof *points);
    for (; ended < count && round_has_ended(&level->rounds[ended]); ended++) {
        const struct round *round = &level->rounds[ended];
        points[ended] = steady_point_of(round, ui_summary(ui, level, round));
    }
    uint16_t first = (uint16_t)steady_from(points, ended);
    free(points);
    return first;
}

/* Returns the rows used. */
int cache_draw_rounds(struct ui *ui, const struct level *level, struct canvas *canvas,
                      struct rect rect)
{
    uint16_t steady = steady_round(ui, level);
    bool wide = rect.cols >= 100;
    canvas_rule(canvas, rect.row, rect.col, rect.cols, "warm-up by round", NULL);
    if (ui->baseline.run)
        canvas_put(canvas, rect.row, rect.col + 20, 9, STYLE(ROLE_TITLE), TEXT(" TTFT ms "));
    else
        canvas_put(canvas, rect.row, rect.col + 24, 13, STYLE(ROLE_TITLE), TEXT(" TTFT p50 ms "));
    int col = rect.col + 1 + TITLE_COLS + bar_cols_for(ui, rect);
    if (ui->baseline.run) {
        canvas_put_right(canvas, rect.row, col, AGAINST_COLS + 1, STYLE(ROLE_TITLE),
                         TEXT(" against "));
        col += AGAINST_COLS;
    }
    if (wide)
        canvas_put_right(canvas, rect.row, col, 9, STYLE(ROLE_TITLE), TEXT("  p99 "));
    col += wide ? 8 : 0;
    canvas_put_right(canvas, rect.row, col, 9, STYLE(ROLE_TITLE), TEXT(" cached "));
    canvas_put_right(canvas, rect.row, col + 8, 9, STYLE(ROLE_TITLE), TEXT(" tok/s "));

    double most_ms = 0;
    for (uint32_t i = 0; i < level->round_count; i++)
        most_ms = fmax(most_ms, ui_summary(ui, level, &level->rounds[i])->metrics[METRIC_TTFT].p50);
    most_ms = most_ms > 0 ? most_ms / 1e6 : 1;
    uint32_t count = level->round_count, room = (uint32_t)(rect.rows - 1);
    uint32_t shown = count <= room ? count : room - 1;
    for (uint32_t i = 0; i < shown; i++) {
        const struct round *round = &level->rounds[i];
        const char *word = word_for(round, ui_summary(ui, level, round), steady, i == 0);
        draw_round(ui, level, round, canvas, rect.row + 1 + (int)i, rect, most_ms, word);
    }
    if (shown == count)
        return (int)shown + 1;
    bool alike = steady && steady <= shown && count == level->rounds_planned;
    canvas_printf(canvas, rect.row + 1 + (int)shown, rect.col + 1, rect.cols - 2, STYLE(ROLE_DIM),
                  alike ? "R%u to R%u like R%u" : "and R%u to R%u", shown + 1, count, steady);
    return (int)shown + 2;
}

/* ---- least helped ---- */

static void draw_helped_title(const struct cache_figures *figures, struct canvas *canvas,
                              struct rect rect)
{
    canvas_rule(canvas, rect.row, rect.col, rect.cols, "least helped", NULL);
    char cold[16], warm[16];
    snprintf(cold, sizeof cold, "R%u", figures->cold->number);
    snprintf(warm, sizeof warm, "R%u", figures->warm->number);
    const struct {
        int col, cols;
        const char *text;
    } titles[] = {{15, 7, "   in "}, {22, 8, " cached "}, {30, 9, cold},
                  {39, 9, warm},     {48, 8, " faster "}, {57, 5, " why "}};
    for (size_t i = 0; i < ARRAY_SIZE(titles); i++) {
        char padded[24];
        snprintf(padded, sizeof padded, " %s ", titles[i].text[0] == ' ' ? "" : titles[i].text);
        canvas_put_right(canvas, rect.row, rect.col + titles[i].col, titles[i].cols + 1,
                         STYLE(ROLE_TITLE),
                         text_of(titles[i].text[0] == ' ' ? titles[i].text : padded));
    }
}

static void draw_helped_row(struct ui *ui, const struct cache_figures *figures, uint32_t at,
                            struct canvas *canvas, int row, struct rect rect, bool selected)
{
    const struct helped *helped = &figures->helped[at];
    const struct record *warm = helped->warm;
    bool estimated = false;
    uint32_t input = record_input_tokens(warm, &estimated);
    char why[48], name[32];
    helped_why(figures, ui->run, helped, why);
    snprintf(name, sizeof name, warm->turn > 1 ? "#%u.%u" : "#%u", warm->index, warm->turn);
    canvas_put(canvas, row, rect.col + 2, 12, STYLE(ROLE_TEXT), text_of(name));
    const struct {
        int col, cols;
        struct figure figure;
    } cells[] = {
        {15, 7, figure_count(input)},
        {22, 8, figure_share(record_cached_share(warm))},
        {30, 9, figure_of(figures->cold_ms[at], 2)},
        {39, 9, figure_of(figures->warm_ms[at], 2)},
    };
    for (size_t i = 0; i < ARRAY_SIZE(cells); i++)
        canvas_put_right(canvas, row, rect.col + cells[i].col, cells[i].cols, STYLE(ROLE_TEXT),
                         text_of(cells[i].figure.text));
    char factor[16];
    snprintf(factor, sizeof factor, "%.1f×", helped->factor);
    canvas_put_right(canvas, row, rect.col + 48, 7,
                     STYLE(helped->factor < 1 ? ROLE_BAD : ROLE_TEXT), text_of(factor));
    canvas_put(canvas, row, rect.col + 57, rect.cols - 58, STYLE(ROLE_DIM), text_of(why));
    if (selected)
        list_mark(canvas, row, rect.col, rect.cols);
}

static void draw_remarks(const struct cache_figures *figures, struct canvas *canvas,
                         struct rect rect)
{
    struct buffer text = {0};
    int row = rect.row;
    if (figures->hardly_cached && rect.rows > 0) {
        buffer_printf(
            &text, "%u of %u prompts had %s cached, most have %s: they gained %.1f× at most.",
            figures->hardly_cached, figures->count, figure_share(figures->hardly_share).text,
            figure_share(figures->median_cached).text, figures->hardly_best);
        canvas_put_cut(canvas, row++, rect.col + 1, rect.cols - 2, STYLE(ROLE_TEXT),
                       buffer_text(&text));
    }
    buffer_clear(&text);
    if (!isnan(figures->cold_rate))
        buffer_printf(&text, "prefill: cold %s tokens/s", figure_count(figures->cold_rate).text);
    if (figures->saved_ms_per_token > 0)
        buffer_printf(&text, "%s%.2g ms a token", text.size ? "; a hit saves " : "a hit saves ",
                      figures->saved_ms_per_token);
    if (text.size && row < rect.row + rect.rows)
        canvas_put_cut(canvas, row, rect.col + 1, rect.cols - 2, STYLE(ROLE_DIM),
                       buffer_text(&text));
    buffer_free(&text);
}

void cache_draw_helped(struct ui *ui, const struct cache_figures *figures, struct list *list,
                       struct canvas *canvas, struct rect rect)
{
    int remarks = rect.rows >= 6 ? 2 : rect.rows >= 4 ? 1 : 0;
    int rows = rect.rows - 1 - remarks;
    if ((uint32_t)rows > figures->count)
        rows = (int)figures->count;
    draw_helped_title(figures, canvas, rect);
    list_settle(list, figures->count, rows);
    for (int i = 0; i < rows; i++) {
        uint32_t at = list->top + (uint32_t)i;
        if (at < figures->count)
            draw_helped_row(ui, figures, at, canvas, rect.row + 1 + i, rect, at == list->cursor);
    }
    int used = 1 + rows;
    draw_remarks(figures, canvas,
                 (struct rect){rect.row + used + (rect.rows - used > 3), rect.col, rect.rows - used,
                               rect.cols});
}
