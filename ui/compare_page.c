#include "ui/compare_page.h"

#include <math.h>
#include <ncurses.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/memory.h"
#include "report/compare_server.h"
#include "report/compare_text.h"
#include "report/remarks.h"
#include "ui/form.h"

enum { LABEL_COLS = 21, VALUE_COLS = 10, CHANGE_COLS = 35, NARROW_COLS = 18, SIDES_LISTED = 4 };

/* Lines are counted as they are put: only those that fit from `top` on are drawn. */
struct pen {
    const struct compare_page *page;
    struct canvas *canvas;
    int first_row, rows;
    uint32_t line;
    size_t from, shown; /* sides beside A: the first one, and how many */
    int label_cols, change_col;
    bool intervals; /* there is room for them */
};

/* The row of the next line; −1 when it is not in sight. */
static int next_row(struct pen *pen)
{
    int64_t row = (int64_t)pen->line++ - pen->page->list.cursor;
    return row < 0 || row >= pen->rows ? -1 : pen->first_row + (int)row;
}

static const struct compare_group *group_of(const struct compare_page *page)
{
    return &page->compare->groups[page->group];
}

/* As many sides as there is room for, the one at hand among them. */
static void place_columns(struct pen *pen)
{
    size_t others = pen->page->compare->side_count - 1;
    int room = (pen->canvas->cols - LABEL_COLS - VALUE_COLS - CHANGE_COLS - 2) / VALUE_COLS;
    pen->shown = room < 1 ? 1 : (size_t)room;
    pen->shown = pen->shown < others ? pen->shown : others;
    pen->from = pen->page->side > pen->shown ? pen->page->side - pen->shown + 1 : 1;
    int cols = 1 + VALUE_COLS * (int)(pen->shown + 1) + 2; /* without the label */
    pen->label_cols =
        pen->canvas->cols < cols + LABEL_COLS + NARROW_COLS ? LABEL_COLS - 2 : LABEL_COLS;
    pen->change_col = cols + pen->label_cols;
    pen->intervals = pen->canvas->cols >= pen->change_col + CHANGE_COLS;
}

/* ---- cells ---- */

static int column_of(const struct pen *pen, size_t side)
{
    size_t place = side == 0 ? 0 : side - pen->from + 1;
    return 1 + pen->label_cols + (int)place * VALUE_COLS;
}

static void put_value(const struct pen *pen, int row, size_t side, const char *text)
{
    enum role role = side == 0 || side == pen->page->side ? ROLE_TEXT : ROLE_DIM;
    canvas_put_right(pen->canvas, row, column_of(pen, side), VALUE_COLS, STYLE(role),
                     text_of(text));
}

static struct figure signed_share(double share)
{
    struct figure figure = {"-"};
    double percent = round(share * 1000.0) / 10.0;
    if (isfinite(percent))
        snprintf(figure.text, sizeof figure.text, fabs(percent) < 0.05 ? "0.0 %%" : "%+.1f %%",
                 percent);
    return figure;
}

static enum role role_of(const struct comparison *comparison)
{
    return comparison->word == COMPARISON_FASTER   ? ROLE_GOOD
           : comparison->word == COMPARISON_SLOWER ? ROLE_BAD
                                                   : ROLE_DIM;
}

/* What is claimed of it; what is no figure of requests is not judged. */
static const char *word_of(const struct comparison *comparison)
{
    if (!comparison->before || !comparison->after)
        return "";
    if (!comparison->has_interval)
        return "too few";
    return comparison->word == COMPARISON_NOT_SHOWN ? "none shown"
                                                    : comparison_word_title(comparison->word);
}

/* "-60.1 %  [-62.3, -58.0]  faster" */
static void put_change(const struct pen *pen, int row, const struct compare_group *group,
                       size_t which)
{
    const struct compare_figure *figure = &compare_figures[which];
    size_t side = pen->page->side;
    const struct comparison *comparison = &group->comparisons[side][which];
    struct compare_change change = compare_change_of(group, side, which);
    if (figure->is_count || !isfinite(change.change))
        return;
    char points[24], interval[40] = "";
    snprintf(points, sizeof points, "%+.1f points", change.change * 100.0);
    if (comparison->has_interval)
        snprintf(interval, sizeof interval, "[%+.1f, %+.1f]", change.low * 100.0,
                 change.high * 100.0);
    const char *word = word_of(comparison);
    struct style style = STYLE(comparison->has_interval ? role_of(comparison) : ROLE_TEXT);
    const char *text = figure->is_share ? points : signed_share(change.change).text;
    int col = pen->change_col;
    canvas_put_right(pen->canvas, row, col, figure->is_share ? 12 : 8, style, text_of(text));
    if (pen->intervals)
        canvas_put(pen->canvas, row, col + 10, 15, STYLE(ROLE_DIM), text_of(interval));
    canvas_put(pen->canvas, row, col + (pen->intervals ? 25 : 10), 10, style, text_of(word));
}

/* ---- lines ---- */

static bool is_shown(const struct pen *pen, const struct compare_group *group, size_t which)
{
    if (compare_figures[which].open_loop_only && !(group->cells[0][0].level->rate > 0.0))
        return false;
    bool any = isfinite(group->values[0][which]);
    for (size_t side = pen->from; side < pen->from + pen->shown; side++)
        any |= group->cell_counts[side] && isfinite(group->values[side][which]);
    return any;
}

static void draw_figure(struct pen *pen, const struct compare_group *group, size_t which)
{
    const struct compare_figure *figure = &compare_figures[which];
    int row = next_row(pen);
    if (row < 0)
        return;
    canvas_printf(pen->canvas, row, 2, pen->label_cols, STYLE(ROLE_TITLE), "%s%s%s", figure->title,
                  figure->unit[0] == '/' ? "" : " ", figure->unit);
    for (size_t i = 0; i <= pen->shown; i++) {
        size_t side = i ? pen->from + i - 1 : 0;
        double value = group->cell_counts[side] ? group->values[side][which] : NO_VALUE;
        put_value(pen, row, side,
                  figure->is_share ? figure_share(value).text
                                   : figure_of(value, figure->decimals).text);
    }
    if (group->cell_counts[pen->page->side])
        put_change(pen, row, group, which);
}

static void draw_servers(struct pen *pen, const struct compare_group *group)
{
    int row = group->server_count ? next_row(pen) : -1;
    if (row >= 0)
        canvas_put(pen->canvas, row, 2, pen->canvas->cols - 3, STYLE(ROLE_DIM),
                   TEXT("by the server's own metrics"));
    for (size_t s = 0; s < group->server_count; s++) {
        const struct compare_server *server = &group->server[s];
        const char *unit = strcmp(server->watched->unit, "s") == 0 ? " ms" : "";
        row = next_row(pen);
        if (row < 0)
            continue;
        canvas_printf(pen->canvas, row, 2, pen->label_cols, STYLE(ROLE_SERVER), "%s%s",
                      server->watched->title, unit);
        for (size_t i = 0; i <= pen->shown; i++) {
            size_t side = i ? pen->from + i - 1 : 0;
            put_value(pen, row, side,
                      compare_server_figure(server->watched, server->values[side]).text);
        }
    }
}

/* What makes it another thing first; each note begins with its side. */
static void draw_notes(struct pen *pen)
{
    const struct compare *compare = pen->page->compare;
    if (compare->note_count)
        next_row(pen);
    for (size_t i = 0; i < compare->note_count; i++) {
        const struct compare_note *note = &compare->notes[i];
        struct text rest = text_of(note->text);
        for (bool first = true; rest.size; first = false) {
            struct text line = text_cut(rest, pen->canvas->cols - 5);
            int row = next_row(pen);
            if (row >= 0)
                canvas_put(pen->canvas, row, first ? 2 : 4, pen->canvas->cols - 4,
                           STYLE(note->grave ? ROLE_WARN : ROLE_DIM), line);
            rest = text_trim((struct text){rest.data + line.size, rest.size - line.size});
            if (line.size == 0)
                break;
        }
    }
}

/* ---- what stands still above them ---- */

static void draw_group_rule(const struct compare_page *page, struct canvas *canvas, int row)
{
    const struct compare_group *group = group_of(page);
    struct buffer title = {0};
    char place[48] = "";
    if (group->stage)
        buffer_printf(&title, "%s, ", group->stage);
    buffer_printf(&title, "%s R%u", group->label, group->round);
    compare_add_basis(&title, group, page->side);
    if (page->compare->group_count > 1)
        snprintf(place, sizeof place, ", %zu of %zu .", page->group + 1,
                 page->compare->group_count);
    canvas_rule(canvas, row, 0, canvas->cols, title.data, place[0] ? place : NULL);
    buffer_free(&title);
}

/* "A  results/a   Llama-3-8B   Nov 24 12:01   note" */
static int draw_sides(const struct compare_page *page, struct canvas *canvas, int row)
{
    const struct compare *compare = page->compare;
    size_t listed = compare->side_count < SIDES_LISTED ? compare->side_count : SIDES_LISTED;
    for (size_t i = 0; i < listed && row < canvas->rows - 6; i++, row++) {
        /* The one at hand must be among them. */
        size_t side = i + 1 == listed && page->side >= listed ? page->side : i;
        const struct compare_side *shown = &compare->sides[side];
        const struct run *run = shown->saved[0].runs[0].run;
        char started[40];
        clock_format_local(run->anchor.wall_ns, started, sizeof started);
        canvas_printf(canvas, row, 1, 2, STYLE(side == page->side ? ROLE_KEY : ROLE_TITLE), "%c",
                      compare_side_name(side));
        canvas_printf(canvas, row, 4, canvas->cols - 5, STYLE(ROLE_TEXT), "%s   %s   %.16s%s%s",
                      shown->directories[0], run->model ? run->model : "-", started,
                      run->note ? "   " : "", run->note ? run->note : "");
    }
    return row;
}

static void draw_heads(const struct pen *pen, int row)
{
    for (size_t i = 0; i <= pen->shown; i++) {
        size_t side = i ? pen->from + i - 1 : 0;
        char name[2] = {compare_side_name(side), '\0'};
        canvas_put_right(pen->canvas, row, column_of(pen, side), VALUE_COLS,
                         STYLE(side == pen->page->side ? ROLE_KEY : ROLE_TITLE), text_of(name));
    }
    canvas_printf(pen->canvas, row, pen->change_col, CHANGE_COLS, STYLE(ROLE_DIM),
                  pen->intervals ? "change  %% with 95 %% interval, A → %c" : "A → %c",
                  compare_side_name(pen->page->side));
}

void compare_page_draw(void *state, struct canvas *canvas)
{
    struct compare_page *page = state;
    const struct compare_group *group = group_of(page);
    canvas_clear(canvas);
    canvas_put(canvas, 0, 1, canvas->cols - 2, STYLE(ROLE_TITLE), TEXT("runs side by side"));
    int row = draw_sides(page, canvas, 1);
    draw_group_rule(page, canvas, row++);
    struct pen pen = {.page = page, .canvas = canvas};
    place_columns(&pen);
    draw_heads(&pen, row++);
    pen.first_row = row;
    pen.rows = canvas->rows - row - 1;
    page->list.rows = pen.rows > 0 ? pen.rows : 1;
    for (size_t which = 0; which < COMPARE_FIGURE_COUNT; which++)
        if (is_shown(&pen, group, which))
            draw_figure(&pen, group, which);
    draw_servers(&pen, group);
    draw_notes(&pen);
    uint32_t rows = (uint32_t)page->list.rows;
    page->list.count = pen.line > rows ? pen.line - rows + 1 : 1;
    canvas_hints(canvas, canvas->rows - 1,
                 page->compare->side_count > 2 ? ", . level and round  ← → run  ↑ ↓ scroll  q back"
                                               : ", . level and round  ↑ ↓ scroll  q back");
}

/* ---- keys ---- */

static size_t step(size_t at, size_t first, size_t last, bool up)
{
    if (up)
        return at < last ? at + 1 : at;
    return at > first ? at - 1 : at;
}

void compare_page_init(struct compare_page *page, const struct compare *compare)
{
    *page = (struct compare_page){.compare = compare, .side = 1};
}

bool compare_page_key(void *state, int key)
{
    struct compare_page *page = state;
    switch (key) {
    case ',':
    case '.':
        page->group = step(page->group, 0, page->compare->group_count - 1, key == '.');
        page->list.cursor = 0;
        return true;
    case KEY_LEFT:
    case KEY_RIGHT:
    case 'h':
    case 'l':
        page->side =
            step(page->side, 1, page->compare->side_count - 1, key == KEY_RIGHT || key == 'l');
        return true;
    case 'q':
    case 'Q':
    case 0x1b:
    case 0x03:
    case KEY_F(10):
        return false;
    default:
        list_key(&page->list, key);
        if (page->list.cursor >= page->list.count)
            page->list.cursor = page->list.count ? page->list.count - 1 : 0;
        return true;
    }
}

enum sheet_end compare_page_show(const struct compare *compare,
                                 const struct sheet_terminal *terminal, struct error *error)
{
    static const struct sheet sheet = {
        .title = "fluxperf", .draw = compare_page_draw, .key = compare_page_key};
    struct compare_page page;
    compare_page_init(&page, compare);
    return sheet_run(&sheet, &page, terminal, error);
}
