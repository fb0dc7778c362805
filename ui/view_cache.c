/* Cold against warm, prompt by prompt: what the cache was worth, and to whom it was worth little.
 */
#include <math.h>
#include <ncurses.h>
#include <stdlib.h>

#include "base/memory.h"
#include "report/page.h"
#include "report/remarks.h"
#include "result/round_kept.h"
#include "ui/cache_draw.h"
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
    /* They point to records: where some were let go, there is no waiting. */
    bool same = figures->warm == warm && figures->cold == cold && figures->records_seen <= seen;
    if (same && (figures->records_seen == seen || ui->now_ns < state->due_ns))
        return figures;
    if (!same)
        state->helped = (struct list){0};
    cache_figures_free(figures);
    cache_figures_make(figures, level, cold, warm);
    state->due_ns = ui->now_ns + REMAKE_NS;
    return figures;
}

/* ---- the first lines ---- */

static void draw_neighbours(const struct ui *ui, const struct level *level, struct canvas *canvas,
                            struct rect rect)
{
    const struct level *before = ui_level_beside(ui, level, -1);
    const struct level *after = ui_level_beside(ui, level, 1);
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
    bool over = round_has_ended(figures->cold) && round_has_ended(figures->warm);
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
    const struct watched *hits = samples_find_role(&ui->run->samples, ROLE_HIT_RATE);
    struct watched_round server = {.value = NO_VALUE};
    if (hits)
        round_watched(ui->run, figures->level, figures->warm, hits, &server);
    buffer_printf(out, "%s%s of %stokens cached", wide ? "  " : " ", figure_share(share).text,
                  wide && isnan(server.value) ? "prompt " : "");
    if (wide && !isnan(server.value))
        buffer_printf(out, " by usage, %s by the server", figure_share(server.value).text);
    buffer_add_string(out, ".");
}

/* "Against baseline L1 R2: TTFT p50 +35 %, cached 85 % → 47 %." */
static bool add_against(struct buffer *out, struct ui *ui, const struct cache_figures *figures)
{
    const struct differences *differences = ui_against(ui, figures->level, figures->warm);
    if (!differences)
        return false;
    buffer_add_string(out, "Against ");
    baseline_name(&ui->baseline, differences->level, differences->round, out);
    buffer_printf(out, ": TTFT p50 %s", difference_text(differences, "ttft_p50").text);
    const struct difference *cached = differences_of(differences, "cached");
    if (!isnan(cached->before) || !isnan(cached->now)) {
        buffer_printf(out, ", cached %s", figure_share(cached->before).text);
        buffer_printf(out, " → %s", figure_share(cached->now).text);
    }
    buffer_add_string(out, ".");
    return true;
}

/* Returns the rows used. */
static int draw_head(struct ui *ui, const struct cache_figures *figures, struct canvas *canvas,
                     struct rect rect, bool wide)
{
    const struct level *level = figures->level;
    const struct round *cold = figures->cold, *warm = figures->warm;
    const struct summary *first = ui_summary(ui, level, cold);
    struct buffer text = {0};
    buffer_printf(&text, "L%u %s   R%u %s → R%u %s, paired on %u prompts%s", level->number,
                  level->label, cold->number, round_temperature(cold, first), warm->number,
                  round_temperature(warm, ui_summary(ui, level, warm)), figures->comparison.pairs,
                  round_has_ended(warm) ? "" : " so far");
    canvas_put_cut(canvas, rect.row, rect.col + 1, rect.cols - 2, STYLE(ROLE_TITLE),
                   buffer_text(&text));
    if (text_columns(buffer_text(&text)) + 24 < rect.cols)
        draw_neighbours(ui, level, canvas, rect);

    buffer_clear(&text);
    add_verdict(&text, figures);
    add_cached(&text, ui, figures, wide);
    enum comparison_word word = figures->comparison.word;
    canvas_put_cut(canvas, rect.row + 1, rect.col + 1, rect.cols - 2,
                   STYLE(word == COMPARISON_FASTER   ? ROLE_GOOD
                         : word == COMPARISON_SLOWER ? ROLE_BAD
                                                     : ROLE_TEXT),
                   buffer_text(&text));
    if (wide) {
        buffer_clear(&text);
        buffer_printf(&text, "R%u was %s", cold->number, round_temperature(cold, first));
        if (!isnan(first->cached_share))
            buffer_printf(&text, ": %s cached by usage%s", figure_share(first->cached_share).text,
                          first->cold == COLD_CHECKED && first->cached_share > 0
                              ? ", which its own prompts explain"
                              : "");
        buffer_printf(&text, ".   Cold start: %s.",
                      level->cold_start[0] ? level->cold_start : "none");
        canvas_put_cut(canvas, rect.row + 2, rect.col + 1, rect.cols - 2, STYLE(ROLE_DIM),
                       buffer_text(&text));
    }
    buffer_clear(&text);
    int rows = wide ? 3 : 2;
    if (add_against(&text, ui, figures))
        canvas_put_cut(canvas, rect.row + rows++, rect.col + 1, rect.cols - 2, STYLE(ROLE_TEXT),
                       buffer_text(&text));
    buffer_free(&text);
    return rows;
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
        cache_draw_rounds(ui, level, canvas,
                          (struct rect){rect.row + 3, rect.col, rect.rows - 3, rect.cols});
}

/* One of the two rounds has only its figures at hand. */
static void draw_without_requests(struct ui *ui, const struct cache_figures *figures,
                                  struct canvas *canvas, struct rect rect)
{
    int row = rect.row + draw_head(ui, figures, canvas, rect, false);
    const struct round *gone = figures->warm->kept ? figures->warm : figures->cold;
    canvas_printf(
        canvas, row, rect.col + 1, rect.cols - 2, STYLE(ROLE_DIM),
        "The requests of R%u are in the journal: 3 / round=%u lists them; this page has them when "
        "the run is over.",
        gone->number, gone->number);
    row += 2;
    if (rect.row + rect.rows > row + 1)
        cache_draw_rounds(ui, figures->level, canvas,
                          (struct rect){row, rect.col, rect.row + rect.rows - row, rect.cols});
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
    if (warm->kept || figures->cold->kept) {
        draw_without_requests(ui, figures, canvas, rect);
        return;
    }
    bool wide = rect.cols >= 100 && rect.rows >= 30;
    int end = rect.row + rect.rows;
    int row = rect.row + draw_head(ui, figures, canvas, rect, wide);
    if (rect.rows >= 16 && rect.cols >= 60) {
        int rows = rect.rows / 3 < 11 ? rect.rows / 3 : 11;
        cache_draw_plots(figures, canvas, (struct rect){row, rect.col, rows, rect.cols});
        row += rows + wide;
    }
    int left = end - row, helped_rows = left / 2 > 3 ? left / 2 : left > 6 ? 3 : 0;
    int round_rows = left - helped_rows - wide;
    if (round_rows > 1) {
        int used = cache_draw_rounds(ui, level, canvas,
                                     (struct rect){row, rect.col, round_rows, rect.cols});
        row += used + wide;
    }
    if (end - row > 1)
        cache_draw_helped(ui, figures, &state_of(ui)->helped, canvas,
                          (struct rect){row, rect.col, end - row, rect.cols});
}

/* ---- keys ---- */

static void open_request(struct ui *ui)
{
    const struct page_state *state = state_of(ui);
    if (state->helped.cursor >= state->figures.count)
        return;
    const struct record *warm = state->figures.helped[state->helped.cursor].warm;
    view_requests_open(ui, warm->round, warm->index);
}

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
    if (key == '\n' || key == '\r' || key == KEY_ENTER) {
        open_request(ui);
        return true;
    }
    if (key == 'y') {
        view_copy(ui);
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
    "Two rounds of a level, prompt by prompt: the first one found an empty "
    "cache, the selected one should find it warm.\n"
    "\n"
    "The speed-up is the median over prompts of TTFT cold / TTFT warm, with its "
    "95 % interval; a word like faster stands there only when the interval "
    "shows it.\n"
    "\n"
    "Warm-up by round: when three rounds in a row differ by less than 2 % in "
    "median TTFT and in cached tokens, the cache is steady, and more rounds "
    "would change little.\n"
    "\n"
    "Least helped: the prompts that gained least, and what is known of the "
    "reason. Enter opens the request.";
