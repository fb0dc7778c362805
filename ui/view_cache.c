/* Cold against warm, prompt by prompt: what the cache was worth, and to whom it was worth little.
 */
#include <math.h>
#include <ncurses.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/memory.h"
#include "report/page.h"
#include "report/remarks.h"
#include "ui/cache_figures.h"
#include "ui/plot.h"
#include "ui/spread.h"
#include "ui/views.h"

#define REMAKE_NS (500 * NS_PER_MS)

struct page_state {
    struct cache_figures figures;
    uint64_t due_ns; /* of rounds that still run */
    struct list helped;
};

static struct page_state *state_of(struct ui *ui)
{
    if (!ui->private[VIEW_CACHE])
        ui->private[VIEW_CACHE] = xcalloc(1, sizeof(struct page_state));
    return ui->private[VIEW_CACHE];
}

void view_cache_free(void *private)
{
    struct page_state *state = private;
    cache_figures_free(&state->figures);
    free(state);
}

/* ---- which rounds ---- */

/* The last round before `warm` that should find an empty cache. */
static const struct round *cold_for(const struct level *level, const struct round *warm)
{
    const struct round *cold = &level->rounds[0];
    for (uint32_t i = 0; i < level->round_count && &level->rounds[i] < warm; i++)
        if (round_should_be_cold(&level->rounds[i]))
            cold = &level->rounds[i];
    return cold;
}

/* The selected round where it is a later one, else the last. NULL where there is only one. */
static const struct round *warm_of(const struct ui *ui, const struct level *level)
{
    if (level->round_count < 2)
        return NULL;
    const struct round *selected = ui->round ? level_find_round(level, ui->round) : NULL;
    return selected && selected->number > 1 ? selected : &level->rounds[level->round_count - 1];
}

static const struct cache_figures *figures_of(struct ui *ui, const struct level *level,
                                              const struct round *warm)
{
    struct page_state *state = state_of(ui);
    struct cache_figures *figures = &state->figures;
    const struct round *cold = cold_for(level, warm);
    uint32_t seen = round_record_count(cold) + round_record_count(warm);
    bool same = figures->warm == warm && figures->cold == cold;
    if (same && (figures->records_seen == seen || ui->now_ns < state->due_ns))
        return figures;
    if (!same)
        state->helped = (struct list){0};
    cache_figures_free(figures);
    cache_figures_make(figures, level, cold, warm);
    state->due_ns = ui->now_ns + REMAKE_NS;
    return figures;
}

static bool is_over(const struct round *round)
{
    return atomic_load_explicit(&round->ended, memory_order_acquire);
}

/* ---- the first lines ---- */

static void draw_neighbours(const struct ui *ui, const struct level *level, struct canvas *canvas,
                            struct rect rect)
{
    const struct level *before = run_find_level(ui->run, (uint16_t)(level->number - 1));
    const struct level *after = run_find_level(ui->run, (uint16_t)(level->number + 1));
    struct buffer text = {0};
    bool labels = rect.cols >= 100;
    if (before)
        buffer_printf(&text, ", L%u%s%s", before->number, labels ? " " : "",
                      labels ? before->label : "");
    if (after)
        buffer_printf(&text, "%sL%u%s%s .", text.size ? "   " : "", after->number,
                      labels ? " " : "", labels ? after->label : "");
    canvas_put_right(canvas, rect.row, rect.col, rect.cols - 1, STYLE(ROLE_DIM),
                     buffer_text(&text));
    buffer_free(&text);
}

static void add_verdict(struct buffer *out, const struct cache_figures *figures)
{
    const struct comparison *comparison = &figures->comparison;
    bool over = is_over(figures->cold) && is_over(figures->warm);
    if (comparison->pairs == 0) {
        buffer_add_string(out, figures->warm->segment_count > 1 || figures->cold->segment_count > 1
                                   ? "TTFT is not compared: the load was changed in mid-round."
                                   : "No prompt has succeeded in both rounds so far.");
        return;
    }
    buffer_printf(out, "TTFT %.2g× ", comparison->speed_up);
    if (!over)
        buffer_printf(out, "so far: ");
    else if (comparison->has_interval && comparison->word == COMPARISON_NOT_SHOWN)
        buffer_printf(out, "[%.2g, %.2g], no difference shown: ", comparison->low,
                      comparison->high);
    else if (comparison->has_interval)
        buffer_printf(out, "%s [%.2g, %.2g]: ", comparison_word_title(comparison->word),
                      comparison->low, comparison->high);
    else
        buffer_printf(out, "(only %u prompts): ", comparison->pairs);
    buffer_printf(out, "%.*f ms %s a request.", fabs(comparison->saved_ms) < 10 ? 1 : 0,
                  fabs(comparison->saved_ms), comparison->saved_ms < 0 ? "more" : "less");
}

static void add_cached(struct buffer *out, struct ui *ui, const struct cache_figures *figures,
                       bool wide)
{
    double share = ui_summary(ui, figures->level, figures->warm)->cached_share;
    if (isnan(share))
        return;
    const struct samples *samples = &ui->run->samples;
    const struct watched *hits = samples_find_role(samples, ROLE_HIT_RATE);
    struct watched_round server = {.value = NO_VALUE};
    if (hits)
        samples_round(samples, hits, figures->level->number, figures->warm->number,
                      figures->warm->start_ns, figures->warm->end_ns, &server);
    buffer_printf(out, wide ? "  %s of prompt tokens cached" : " %s of tokens cached",
                  figure_share(share).text);
    if (wide && !isnan(server.value))
        buffer_printf(out, ": by usage %s, by the server %s", figure_share(share).text,
                      figure_share(server.value).text);
    buffer_add_string(out, ".");
}

static void draw_head(struct ui *ui, const struct cache_figures *figures, struct canvas *canvas,
                      struct rect rect, bool wide)
{
    const struct level *level = figures->level;
    const struct round *cold = figures->cold, *warm = figures->warm;
    const struct summary *first = ui_summary(ui, level, cold);
    struct buffer text = {0};
    buffer_printf(&text, "L%u %s   R%u %s → R%u %s, paired on %u prompts%s", level->number,
                  level->label, cold->number, round_temperature(cold, first), warm->number,
                  round_temperature(warm, ui_summary(ui, level, warm)), figures->count,
                  is_over(warm) ? "" : " so far");
    canvas_put(canvas, rect.row, rect.col + 1, rect.cols - 2, STYLE(ROLE_TITLE),
               buffer_text(&text));
    if (text_columns(buffer_text(&text)) + 24 < rect.cols)
        draw_neighbours(ui, level, canvas, rect);

    buffer_clear(&text);
    add_verdict(&text, figures);
    add_cached(&text, ui, figures, wide);
    enum comparison_word word = figures->comparison.word;
    canvas_put(canvas, rect.row + 1, rect.col + 1, rect.cols - 2,
               STYLE(word == COMPARISON_FASTER   ? ROLE_GOOD
                     : word == COMPARISON_SLOWER ? ROLE_BAD
                                                 : ROLE_TEXT),
               buffer_text(&text));
    if (wide) {
        buffer_clear(&text);
        buffer_printf(&text, "R%u was %s", cold->number, round_temperature(cold, first));
        if (!isnan(first->cached_share))
            buffer_printf(&text, ": %s cached by usage", figure_share(first->cached_share).text);
        buffer_printf(&text, ".   Cold start: %s.",
                      level->cold_start[0] ? level->cold_start : "none");
        canvas_put(canvas, rect.row + 2, rect.col + 1, rect.cols - 2, STYLE(ROLE_DIM),
                   buffer_text(&text));
    }
    buffer_free(&text);
}

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
    spread_draw(canvas, inside, figures->cold_ms, figures->count, figures->warm_ms, figures->count);
}

static void draw_prefill(const struct cache_figures *figures, struct canvas *canvas,
                         struct rect rect)
{
    struct rect inside = canvas_box(canvas, rect, "TTFT ms by tokens to prefill", NULL);
    if (figures->point_count == 0) {
        canvas_put(canvas, inside.row, inside.col, inside.cols, STYLE(ROLE_DIM),
                   TEXT("usage does not say what was cached"));
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

static void draw_plots(const struct cache_figures *figures, struct canvas *canvas, struct rect rect)
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

struct summaries {
    struct ui *ui;
    const struct level *level;
};

static const struct summary *summary_of(void *context, const struct round *round)
{
    struct summaries *summaries = context;
    return ui_summary(summaries->ui, summaries->level, round);
}

static void draw_round(struct ui *ui, const struct level *level, const struct round *round,
                       struct canvas *canvas, int row, struct rect rect, double most_ms,
                       const char *word)
{
    const struct summary *summary = ui_summary(ui, level, round);
    const struct statistics *ttft = &summary->metrics[METRIC_TTFT];
    bool wide = rect.cols >= 100;
    int bar_cols = wide ? rect.cols / 3 + 4 : 24, col = rect.col + 1;
    struct style style = STYLE(round_should_be_cold(round) ? ROLE_COLD : ROLE_WARM);
    canvas_printf(canvas, row, col, 5, STYLE(ROLE_TITLE), "R%-3u", round->number);
    if (ttft->count) {
        canvas_printf(canvas, row, col + 4, 7, STYLE(ROLE_TEXT), "%6.0f", ttft->p50 / 1e6);
        plot_bar(canvas, row, col + 11, bar_cols, ttft->p50 / 1e6 / most_ms, style);
    }
    col += 12 + bar_cols;
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
    if (steady && round->number == steady)
        return "steady: 3 within 2 %";
    if (!is_over(round))
        return "so far";
    if (is_first || round_should_be_cold(round))
        return summary->cold == COLD_CHECKED ? "cold, checked" : round_temperature(round, summary);
    return "";
}

/* Returns the rows used. */
static int draw_rounds(struct ui *ui, const struct level *level, struct canvas *canvas,
                       struct rect rect)
{
    struct summaries summaries = {ui, level};
    uint16_t steady = cache_steady_from(level, summary_of, &summaries);
    bool wide = rect.cols >= 100;
    canvas_rule(canvas, rect.row, rect.col, rect.cols, "warm-up by round", NULL);
    canvas_put(canvas, rect.row, rect.col + 24, 13, STYLE(ROLE_TITLE), TEXT(" TTFT p50 ms "));
    int col = rect.col + 13 + (wide ? rect.cols / 3 + 4 : 24);
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
    canvas_put(canvas, row, rect.col + 1, 1, STYLE(ROLE_KEY), selected ? TEXT("▸") : TEXT(" "));
    canvas_put(canvas, row, rect.col + 2, 12, STYLE(ROLE_TEXT), text_of(name));
    const struct {
        int col, cols;
        struct figure figure;
    } cells[] = {
        {15, 7, figure_of(input, 0)},
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
        canvas_restyle(canvas, (struct rect){row, rect.col, 1, rect.cols}, STYLE(ROLE_SELECTED));
}

static void draw_remarks(const struct cache_figures *figures, struct canvas *canvas,
                         struct rect rect)
{
    struct buffer text = {0};
    int row = rect.row;
    if (figures->hardly_cached && rect.rows > 0) {
        buffer_printf(&text,
                      "%u of %u prompts had %s cached where most have %s: they gained at "
                      "most %.1f×.",
                      figures->hardly_cached, figures->count,
                      figure_share(figures->hardly_share).text,
                      figure_share(figures->median_cached).text, figures->hardly_best);
        canvas_put(canvas, row++, rect.col + 1, rect.cols - 2, STYLE(ROLE_TEXT),
                   buffer_text(&text));
    }
    buffer_clear(&text);
    if (!isnan(figures->cold_rate))
        buffer_printf(&text, "prefill: cold %.0f tokens/s", figures->cold_rate);
    if (text.size && !isnan(figures->warm_rate))
        buffer_printf(&text, ", warm %.0f of what was not cached", figures->warm_rate);
    if (text.size && figures->saved_ms_per_token > 0 && rect.cols >= 100)
        buffer_printf(&text, ". A hit saves %.2g ms a token", figures->saved_ms_per_token);
    if (text.size && row < rect.row + rect.rows)
        canvas_put(canvas, row, rect.col + 1, rect.cols - 2, STYLE(ROLE_DIM), buffer_text(&text));
    buffer_free(&text);
}

static void draw_helped(struct ui *ui, const struct cache_figures *figures, struct canvas *canvas,
                        struct rect rect)
{
    struct list *list = &state_of(ui)->helped;
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

/* ---- the page ---- */

static void draw_nothing(struct ui *ui, const struct level *level, struct canvas *canvas,
                         struct rect rect)
{
    if (!level || level->round_count == 0) {
        canvas_put(canvas, rect.row, rect.col + 1, rect.cols - 2, STYLE(ROLE_DIM),
                   TEXT("No round has begun yet."));
        return;
    }
    canvas_printf(canvas, rect.row, rect.col + 1, rect.cols - 2, STYLE(ROLE_TITLE), "L%u %s",
                  level->number, level->label);
    if (rect.rows > 1)
        canvas_put(canvas, rect.row + 1, rect.col + 1, rect.cols - 2, STYLE(ROLE_DIM),
                   level->rounds_planned > 1
                       ? TEXT("The comparison begins with round 2: the same requests again.")
                       : TEXT("This level has one round: there is nothing to compare it with."));
    if (rect.rows > 4)
        draw_rounds(ui, level, canvas,
                    (struct rect){rect.row + 3, rect.col, rect.rows - 3, rect.cols});
}

void view_cache_draw(struct ui *ui, struct canvas *canvas, struct rect rect)
{
    const struct level *level = ui_level(ui);
    const struct round *warm = level ? warm_of(ui, level) : NULL;
    if (!warm) {
        draw_nothing(ui, level, canvas, rect);
        return;
    }
    const struct cache_figures *figures = figures_of(ui, level, warm);
    bool wide = rect.cols >= 100 && rect.rows >= 30;
    int end = rect.row + rect.rows;
    draw_head(ui, figures, canvas, rect, wide);
    int row = rect.row + (wide ? 3 : 2);
    if (rect.rows >= 16 && rect.cols >= 60) {
        int rows = rect.rows / 3 < 11 ? rect.rows / 3 : 11;
        draw_plots(figures, canvas, (struct rect){row, rect.col, rows, rect.cols});
        row += rows + wide;
    }
    int left = end - row, helped_rows = left / 2 > 3 ? left / 2 : left > 6 ? 3 : 0;
    int round_rows = left - helped_rows - wide;
    if (round_rows > 1) {
        int used =
            draw_rounds(ui, level, canvas, (struct rect){row, rect.col, round_rows, rect.cols});
        row += used + wide;
    }
    if (end - row > 1)
        draw_helped(ui, figures, canvas, (struct rect){row, rect.col, end - row, rect.cols});
}

/* ---- keys ---- */

static void select_round(struct ui *ui, int by)
{
    const struct level *level = ui_level(ui);
    const struct round *warm = level ? warm_of(ui, level) : NULL;
    if (!warm)
        return;
    int number = warm->number + by;
    if (number >= 2 && number <= (int)level->round_count)
        ui->round = (uint16_t)number;
}

bool view_cache_key(struct ui *ui, int key)
{
    struct page_state *state = state_of(ui);
    if (key == KEY_LEFT || key == 'h' || key == KEY_RIGHT || key == 'l') {
        select_round(ui, key == KEY_RIGHT || key == 'l' ? 1 : -1);
        return true;
    }
    return list_key(&state->helped, key);
}

const char *view_cache_hints(const struct ui *ui)
{
    (void)ui;
    return "← → round  , . level  Enter request  y copy";
}

const char view_cache_help[] =
    "Two rounds of a level, prompt by prompt: the first one found an empty\n"
    "cache, the selected one should find it warm.\n"
    "\n"
    "The speed-up is the median over prompts of TTFT cold / TTFT warm, with its\n"
    "95 % interval; a word like faster stands there only when the interval\n"
    "shows it.\n"
    "\n"
    "Warm-up by round: when three rounds in a row differ by less than 2 % in\n"
    "median TTFT and in cached tokens, the cache is steady, and more rounds\n"
    "would change little.\n"
    "\n"
    "Least helped: the prompts that gained least, and what is known of the\n"
    "reason. Enter opens the request.";
