#include "ui/level_compare.h"

#include <math.h>
#include <stdio.h>

#include "base/memory.h"
#include "base/statistics.h"
#include "ui/comparison_text.h"
#include "ui/figures.h"

#define COMPARED_MAX 32
#define LABEL_COLS   17
#define FIGURE_COLS  10

struct compared {
    struct {
        const struct level *level;
        const struct round *round;
    } sides[COMPARED_MAX];
    int count;
};

/* In the order of their numbers; those without a round have nothing to compare. */
static struct compared find_tagged(const struct level_list *list, const struct run *run)
{
    struct compared compared = {.count = 0};
    uint32_t all = atomic_load_explicit(&run->level_count, memory_order_acquire);
    for (uint32_t i = 0; i < all && compared.count < COMPARED_MAX; i++) {
        const struct level *level = run->levels[i];
        const struct round *round = level_last_round(level);
        if (!list->tagged[level->number] || !round)
            continue;
        compared.sides[compared.count].level = level;
        compared.sides[compared.count++].round = round;
    }
    return compared;
}

void level_compare_line(const struct level_list *list, struct ui *ui, struct buffer *out)
{
    struct compared compared = find_tagged(list, ui->run);
    if (compared.count < 2)
        return;
    const struct round *base = compared.sides[0].round, *other = compared.sides[1].round;
    buffer_printf(out, "tagged: L%u R%u against L%u R%u: ", compared.sides[1].level->number,
                  other->number, compared.sides[0].level->number, base->number);
    const struct comparison *ttft = ui_comparison_of(ui, METRIC_TTFT, other, base);
    const struct comparison *itl = ui_comparison_of(ui, METRIC_ITL, other, base);
    if (comparison_is_none(ttft) && comparison_is_none(itl)) {
        buffer_add_string(out, "no difference shown");
    } else {
        buffer_add_string(out, "TTFT p50 ");
        comparison_add_short(out, ttft);
        buffer_add_string(out, ", ITL ");
        comparison_add_short(out, itl);
    }
    if (compared.count > 2)
        buffer_printf(out, "; %d more: c", compared.count - 2);
}

/* ---- the page ---- */

/* Lines are counted as they are put: only those from `top` on are drawn. */
struct pen {
    struct canvas *canvas;
    struct rect rect;
    uint32_t top, line;
};

/* The row of the next line; −1 when it is not in sight. */
static int next_row(struct pen *pen)
{
    int64_t row = (int64_t)pen->line++ - pen->top;
    return row < 0 || row >= pen->rect.rows ? -1 : pen->rect.row + (int)row;
}

static void put_label(const struct pen *pen, const struct compared *compared, int row, int side)
{
    canvas_printf(pen->canvas, row, pen->rect.col + 3, LABEL_COLS - 4,
                  STYLE(side ? ROLE_TEXT : ROLE_TITLE), "L%u %s R%u",
                  compared->sides[side].level->number, compared->sides[side].level->label,
                  compared->sides[side].round->number);
}

static void put_figure(const struct pen *pen, int row, int place, enum role role, const char *text)
{
    canvas_put_right(pen->canvas, row, pen->rect.col + LABEL_COLS + place * FIGURE_COLS,
                     FIGURE_COLS, STYLE(role), text_of(text));
}

static enum role role_of(const struct comparison *comparison)
{
    return comparison->word == COMPARISON_FASTER   ? ROLE_GOOD
           : comparison->word == COMPARISON_SLOWER ? ROLE_BAD
                                                   : ROLE_DIM;
}

static void draw_metric(struct pen *pen, struct ui *ui, const struct compared *compared,
                        enum metric_id id, const char *title)
{
    static const char *const heads[] = {"p50", "p99", "avg"};
    int row = next_row(pen), change = pen->rect.col + LABEL_COLS + 3 * FIGURE_COLS + 3;
    if (row >= 0) {
        canvas_put(pen->canvas, row, pen->rect.col + 1, LABEL_COLS, STYLE(ROLE_TITLE),
                   text_of(title));
        for (int i = 0; i < 3; i++)
            put_figure(pen, row, i, ROLE_DIM, heads[i]);
        canvas_put(pen->canvas, row, change, 40, STYLE(ROLE_DIM), TEXT("change, 95 % interval"));
    }
    for (int side = 0; side < compared->count; side++) {
        row = next_row(pen);
        if (row < 0)
            continue;
        const struct summary *summary =
            ui_summary(ui, compared->sides[side].level, compared->sides[side].round);
        const struct statistics *figures = &summary->metrics[id];
        double values[] = {figures->p50, figures->p99, figures->avg};
        put_label(pen, compared, row, side);
        for (int i = 0; i < 3; i++)
            put_figure(pen, row, i, ROLE_TEXT, figure_of(values[i] / NS_PER_MS, 2).text);
        if (side == 0)
            continue;
        const struct comparison *comparison =
            ui_comparison_of(ui, id, compared->sides[side].round, compared->sides[0].round);
        struct buffer text = {0};
        comparison_add_change(&text, comparison);
        canvas_put(pen->canvas, row, change, pen->rect.col + pen->rect.cols - change,
                   STYLE(role_of(comparison)), buffer_text(&text));
        buffer_free(&text);
    }
    next_row(pen);
}

static double slo_share(const struct summary *summary)
{
    uint32_t judged = summary->counts.succeeded + summary->counts.failed;
    return summary->has_slo && judged ? (double)summary->slo_met_requests / judged : NO_VALUE;
}

static void draw_rates(struct pen *pen, struct ui *ui, const struct compared *compared)
{
    static const char *const heads[] = {"tok/s", "change", "req/s", "cached", "SLO met"};
    int row = next_row(pen);
    double first = NO_VALUE;
    for (int i = 0; row >= 0 && i < (int)ARRAY_SIZE(heads); i++)
        put_figure(pen, row, i, ROLE_DIM, heads[i]);
    if (row >= 0)
        canvas_put(pen->canvas, row, pen->rect.col + 1, LABEL_COLS, STYLE(ROLE_TITLE),
                   TEXT("throughput"));
    for (int side = 0; side < compared->count; side++) {
        const struct summary *summary =
            ui_summary(ui, compared->sides[side].level, compared->sides[side].round);
        if (side == 0)
            first = summary->token_throughput;
        row = next_row(pen);
        if (row < 0)
            continue;
        put_label(pen, compared, row, side);
        put_figure(pen, row, 0, ROLE_TEXT, figure_count(summary->token_throughput).text);
        if (side)
            put_figure(pen, row, 1, ROLE_TEXT,
                       figure_change(first, summary->token_throughput).text);
        put_figure(pen, row, 2, ROLE_TEXT, figure_of(summary->request_throughput, 2).text);
        put_figure(pen, row, 3, ROLE_TEXT, figure_share(summary->cached_share).text);
        put_figure(pen, row, 4, ROLE_TEXT, figure_share(slo_share(summary)).text);
    }
    next_row(pen);
}

/* On what the intervals stand. */
static void draw_basis(struct pen *pen, struct ui *ui, const struct compared *compared)
{
    const struct comparison *comparison =
        ui_comparison_of(ui, METRIC_TTFT, compared->sides[1].round, compared->sides[0].round);
    int row = next_row(pen), second = next_row(pen);
    char basis[96];
    if (comparison->basis == COMPARISON_PAIRS)
        snprintf(basis, sizeof basis, "Paired on %u prompts that both sent.", comparison->pairs);
    else
        snprintf(basis, sizeof basis, "They share no prompts: %u requests against %u.",
                 comparison->after, comparison->before);
    if (row >= 0)
        canvas_put(pen->canvas, row, pen->rect.col + 1, pen->rect.cols - 2, STYLE(ROLE_DIM),
                   text_of(basis));
    if (second >= 0)
        canvas_put(pen->canvas, second, pen->rect.col + 1, pen->rect.cols - 2, STYLE(ROLE_DIM),
                   TEXT("The intervals cover this run, not what differs from run to run."));
}

void level_compare_draw(const struct level_list *list, struct ui *ui, struct canvas *canvas,
                        struct rect rect, struct list *lines)
{
    struct compared compared = find_tagged(list, ui->run);
    struct buffer title = {0};
    if (compared.count < 2) {
        canvas_put(canvas, rect.row + 1, rect.col + 3, rect.cols - 3, STYLE(ROLE_DIM),
                   TEXT("Fewer than two tagged levels have a round to compare."));
        return;
    }
    buffer_printf(&title, "compared with L%u %s R%u", compared.sides[0].level->number,
                  compared.sides[0].level->label, compared.sides[0].round->number);
    canvas_rule(canvas, rect.row, rect.col, rect.cols, title.data, NULL);
    buffer_free(&title);
    struct rect inside = {rect.row + 1, rect.col, rect.rows - 1, rect.cols};
    uint32_t count = (uint32_t)(4 * (compared.count + 2) + 2);
    uint32_t last = count > (uint32_t)inside.rows ? count - (uint32_t)inside.rows : 0;
    lines->count = last + 1;
    lines->rows = inside.rows;
    if (lines->cursor > last)
        lines->cursor = last;
    struct pen pen = {.canvas = canvas, .rect = inside, .top = lines->cursor};
    draw_metric(&pen, ui, &compared, METRIC_TTFT, "TTFT ms");
    draw_metric(&pen, ui, &compared, METRIC_ITL, "ITL ms");
    draw_metric(&pen, ui, &compared, METRIC_LATENCY, "latency ms");
    draw_rates(&pen, ui, &compared);
    draw_basis(&pen, ui, &compared);
}
