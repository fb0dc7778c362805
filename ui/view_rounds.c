/* Rounds: all levels in a list, one of them in full, and those that are tagged against each other.
 */
#include <math.h>
#include <ncurses.h>
#include <stdlib.h>

#include "base/memory.h"
#include "ui/comparison_text.h"
#include "ui/figures.h"
#include "ui/level_compare.h"
#include "ui/level_copy.h"
#include "ui/level_list.h"
#include "ui/level_page.h"
#include "ui/views.h"

#define ESC          0x1b
#define WIDE_COLS    112
#define LEVELS_SHARE 3 /* the list leaves two thirds of a wide screen to the level */

struct rounds_view {
    struct level_list list;
    struct metric_rounds *metrics;
    bool comparing;
    struct list compare_lines;
    int list_row; /* where the list was drawn, for the mouse */
    bool wide;    /* as it was drawn last */
};

static struct rounds_view *view_of(struct ui *ui)
{
    if (!ui->private[VIEW_ROUNDS]) {
        struct rounds_view *view = xcalloc(1, sizeof *view);
        view->metrics = metric_rounds_new();
        ui->private[VIEW_ROUNDS] = view;
    }
    return ui->private[VIEW_ROUNDS];
}

void view_rounds_free(void *private)
{
    struct rounds_view *view = private;
    metric_rounds_free(view->metrics);
    free(view);
}

/* The level under the cursor is the selected one of all views. */
static const struct level *selected(const struct rounds_view *view, const struct ui *ui)
{
    return level_list_at(&view->list, ui->run, ui->levels.cursor);
}

static void select_level(const struct rounds_view *view, struct ui *ui)
{
    const struct level *level = selected(view, ui);
    if (!level || level == ui_level(ui))
        return;
    ui->level = level->number;
    ui->round = 0;
}

static void update(struct rounds_view *view, struct ui *ui)
{
    level_list_update(&view->list, ui);
    view->list.differences = view->wide && ui->baseline.run;
    /* The selection may have been moved elsewhere. */
    const struct level *level = ui_level(ui);
    uint32_t at = level ? level_list_search(&view->list, level->number) : 0;
    if (at < view->list.count)
        ui->levels.cursor = at;
}

/* ---- drawing ---- */

/* Below the list on a small screen: the selected level in three lines. */
static void draw_short(struct rounds_view *view, struct ui *ui, struct canvas *canvas,
                       struct rect rect, const struct level *level)
{
    struct buffer line = {0};
    buffer_printf(&line, "L%u %s", level->number, level->label);
    canvas_rule(canvas, rect.row, rect.col, rect.cols, line.data, NULL);
    buffer_clear(&line);
    level_add_paired(ui, level, &line);
    canvas_put_cut(canvas, rect.row + 1, rect.col + 1, rect.cols - 2, STYLE(ROLE_TEXT),
                   buffer_text(&line));
    buffer_clear(&line);
    level_add_temperatures(ui, level, &line);
    canvas_put_cut(canvas, rect.row + 2, rect.col + 1, rect.cols - 2, STYLE(ROLE_TEXT),
                   buffer_text(&line));
    buffer_clear(&line);
    level_compare_line(&view->list, ui, &line);
    if (line.size == 0)
        level_add_against(ui, level, &line);
    if (rect.rows > 3)
        canvas_put_cut(canvas, rect.row + 3, rect.col + 1, rect.cols - 2, STYLE(ROLE_WARN),
                       buffer_text(&line));
    buffer_free(&line);
}

static void draw_list_box(struct rounds_view *view, struct ui *ui, struct canvas *canvas,
                          struct rect rect)
{
    char note[96];
    level_list_note(&view->list, ui, note, sizeof note);
    struct rect inside = canvas_box(canvas, rect, "levels", note);
    struct buffer line = {0};
    level_compare_line(&view->list, ui, &line);
    bool last = line.size > 0 && inside.rows > 4;
    view->list_row = inside.row + 1;
    level_list_draw(&view->list, ui, canvas,
                    (struct rect){inside.row, inside.col - 1, inside.rows - last, inside.cols + 2});
    if (last)
        canvas_put_cut(canvas, inside.row + inside.rows - 1, inside.col, inside.cols,
                       STYLE(ROLE_WARN), buffer_text(&line));
    buffer_free(&line);
}

static void draw_wide(struct rounds_view *view, struct ui *ui, struct canvas *canvas,
                      struct rect rect, const struct level *level)
{
    int wanted = level_list_rows(&view->list, ui) + 4;
    int page = level_page_wide_rows(ui, level), most = rect.rows - page;
    int least = rect.rows / LEVELS_SHARE;
    int rows = wanted < most ? wanted : most;
    rows = rows < least ? (wanted < least ? wanted : least) : rows;
    draw_list_box(view, ui, canvas, (struct rect){rect.row, rect.col, rows, rect.cols});
    level_page_draw_wide(ui, canvas,
                         (struct rect){rect.row + rows, rect.col, rect.rows - rows, rect.cols},
                         level, view->metrics);
}

static void draw_narrow(struct rounds_view *view, struct ui *ui, struct canvas *canvas,
                        struct rect rect, const struct level *level)
{
    uint32_t tagged = level_list_tagged(&view->list);
    int below = rect.rows < 10 ? 0 : tagged >= 2 || ui->baseline.run ? 4 : 3;
    view->list_row = rect.row + 1;
    level_list_draw(&view->list, ui, canvas,
                    (struct rect){rect.row, rect.col, rect.rows - below, rect.cols});
    if (below)
        draw_short(view, ui, canvas,
                   (struct rect){rect.row + rect.rows - below, rect.col, below, rect.cols}, level);
}

void view_rounds_draw(struct ui *ui, struct canvas *canvas, struct rect rect)
{
    struct rounds_view *view = view_of(ui);
    const struct level *level = ui_level(ui);
    if (!level) {
        canvas_put(canvas, rect.row + 1, rect.col + 3, rect.cols - 3, STYLE(ROLE_DIM),
                   TEXT("No level has begun yet."));
        return;
    }
    view->wide = rect.cols >= WIDE_COLS;
    update(view, ui);
    if (view->comparing)
        level_compare_draw(&view->list, ui, canvas, rect, &view->compare_lines);
    else if (ui->in_level && rect.cols >= WIDE_COLS)
        level_page_draw_wide(ui, canvas, rect, level, view->metrics);
    else if (ui->in_level)
        level_page_draw(ui, canvas, rect, level, view->metrics);
    else if (rect.cols >= WIDE_COLS && rect.rows >= level_page_wide_rows(ui, level) + 6)
        draw_wide(view, ui, canvas, rect, level);
    else
        draw_narrow(view, ui, canvas, rect, level);
}

/* ---- keys ---- */

/* All of the level; of a round that is in the journal alone its own, which are read back. */
static bool open_requests(struct ui *ui)
{
    const struct level *level = ui_level(ui);
    const struct round *shown = level && ui->in_level ? level_pair_of(ui, level).later : NULL;
    if (shown && shown->kept)
        snprintf(ui->filter, sizeof ui->filter, "round=%u", shown->number);
    ui->view = VIEW_REQUESTS;
    ui->in_request = false;
    ui->requests.cursor = ui->requests.top = 0;
    return true;
}

static bool step_round(struct ui *ui, int by)
{
    const struct level *level = ui_level(ui);
    if (!level || level->round_count < 2)
        return true;
    struct level_pair pair = level_pair_of(ui, level);
    int wanted = pair.later->number + by;
    if (wanted >= 2 && wanted <= (int)level->round_count)
        ui->round = (uint16_t)wanted;
    return true;
}

static bool page_key(struct ui *ui, int key)
{
    switch (key) {
    case '\n':
    case '\r':
    case KEY_ENTER:
        return open_requests(ui);
    case ESC:
    case 'q':
    case KEY_F(10):
        ui->in_level = false;
        return true;
    case KEY_LEFT:
    case 'h':
        return step_round(ui, -1);
    case KEY_RIGHT:
    case 'l':
        return step_round(ui, 1);
    default:
        return false;
    }
}

static bool compare_key(struct rounds_view *view, int key)
{
    if (key == ESC || key == 'q' || key == 'c' || key == KEY_F(10)) {
        view->comparing = false;
        return true;
    }
    return list_key(&view->compare_lines, key);
}

static bool begin_compare(struct rounds_view *view, struct ui *ui)
{
    view->comparing = level_list_tagged(&view->list) >= 2;
    view->compare_lines = (struct list){0};
    if (!view->comparing)
        ui_say(ui, "tag two levels or more with Space, then c compares them");
    return true;
}

static bool click(struct rounds_view *view, struct ui *ui)
{
    uint32_t at = level_list_from_row(&view->list, ui, ui->mouse_row - view->list_row);
    if (ui->in_level || at >= view->list.count)
        return false;
    if (at == ui->levels.cursor)
        ui->in_level = true;
    ui->levels.cursor = at;
    select_level(view, ui);
    return true;
}

static bool list_only_key(struct rounds_view *view, struct ui *ui, int key)
{
    const struct level *level = selected(view, ui);
    switch (key) {
    case '\n':
    case '\r':
    case KEY_ENTER:
        ui->in_level = level != NULL;
        return true;
    case ' ':
        level_list_tag(&view->list, level);
        list_key(&ui->levels, KEY_DOWN);
        select_level(view, ui);
        return true;
    case 'U':
        level_list_untag(&view->list);
        return true;
    case 'x':
        if (level_list_hide(&view->list, ui, level))
            ui_say(ui, "L%u is hidden, here and in comparisons; Esc shows it again", level->number);
        else
            ui_say(ui, "the last level that is shown stays");
        level_list_update(&view->list, ui);
        list_settle(&ui->levels, view->list.count, ui->levels.rows);
        select_level(view, ui);
        return true;
    case '<':
    case '>':
    case 'I':
        level_list_sort(&view->list, key);
        return true;
    case ESC:
        return level_list_show_all(&view->list, ui);
    case KEY_MOUSE:
        return click(view, ui);
    default:
        ui->levels.count = view->list.count;
        if (!list_key(&ui->levels, key))
            return false;
        select_level(view, ui);
        return true;
    }
}

bool view_rounds_key(struct ui *ui, int key)
{
    struct rounds_view *view = view_of(ui);
    const struct level *level = ui_level(ui);
    if (!level)
        return false;
    update(view, ui); /* keys may come faster than frames */
    if (view->comparing && compare_key(view, key))
        return true;
    if (key == 'c')
        return begin_compare(view, ui);
    if (key == 'y' || key == 'o') {
        level_copy(ui, level, key == 'o');
        return true;
    }
    return ui->in_level ? page_key(ui, key) : list_only_key(view, ui, key);
}

const char *view_rounds_hints(const struct ui *ui)
{
    const struct rounds_view *view = ui->private[VIEW_ROUNDS];
    if (view && view->comparing)
        return "Esc back  , . level  y copy";
    return ui->in_level ? "Enter requests  , . level  ← → round  y copy  c compare  Esc back"
                        : "Enter open  Space tag  c compare  y copy  x hide  < > sort";
}

const char view_rounds_help[] =
    "Each level is one load, its rounds beside each other: R1 finds a cold cache, later rounds "
    "send the same requests again. \"faster\" is the median over the same prompts, in brackets "
    "its 95 % interval. Space tags levels; c then holds them against the first one that is "
    "tagged, by their last rounds. Figures of a round in progress are live ones, and become "
    "exact at its end.\n"
    "\n"
    "b makes the selected round the baseline, or no longer: \"vs L1 R2\" is how far all others "
    "are from it, (+2 %) in brackets where that is no more than noise.\n"
    "\n"
    "x hides a level that failed as an experiment, on all views and in\n"
    "comparisons; Esc shows all again.";
