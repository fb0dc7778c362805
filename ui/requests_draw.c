#include "ui/requests_draw.h"

#include <stdio.h>

#include "base/statistics.h"
#include "result/round_kept.h"
#include "ui/figures.h"
#include "ui/level_list.h"

#define WIDE_COLS  112
#define WIDE_ROWS  32  /* of the view, for the long form of the selected request */
#define SHORT_ROWS 12  /* below that the list has it all */
#define READ_COLS  100 /* to say how a round is read back */

/* ---- the list ---- */

static void draw_head(const struct requests_view *view, struct ui *ui, struct canvas *canvas,
                      struct rect rect)
{
    const struct request_list *list = &view->list;
    struct buffer right = {0};
    bool wrong = list->filter_error.text[0] != '\0'; /* what is wrong needs the whole row */
    if (!wrong)
        buffer_printf(&right, "%s", figure_count(list->count).text);
    if (!wrong && list->count != list->all)
        buffer_printf(&right, " of %s", figure_count(list->all).text);
    if (!wrong && rect.cols >= 70) {
        buffer_add_string(&right, ", ");
        request_column_describe(ui->sort_column, ui->sort_inverted, &right);
    }
    uint16_t first, last;
    if (!wrong && rect.cols >= 70 && level_released(list->level, &first, &last))
        buffer_printf(&right, "; R%u…R%u in the journal%s", first, last,
                      rect.cols >= READ_COLS ? ": / round=2 reads one" : "");
    int room = rect.cols - 3 - text_columns(buffer_text(&right)), col = rect.col + 1;
    int used = canvas_printf(canvas, rect.row, col, room, STYLE(ROLE_TITLE), "L%u %s",
                             list->level->number, list->level->label);
    struct buffer interrupted = {0};
    level_add_interrupted(list->level, &interrupted);
    if (interrupted.size && !wrong && !ui->filter[0])
        used += canvas_printf(canvas, rect.row, col + used, room - used, STYLE(ROLE_WARN), "   %s",
                              interrupted.data);
    buffer_free(&interrupted);
    if (ui->preset > 0)
        used += canvas_printf(canvas, rect.row, col + used, room - used, STYLE(ROLE_WARN), "   %s",
                              request_preset_name((enum request_preset)ui->preset));
    if (wrong)
        canvas_printf(canvas, rect.row, col + used, room - used, STYLE(ROLE_BAD), "   %s",
                      list->filter_error.text);
    else if (ui->filter[0])
        canvas_printf(canvas, rect.row, col + used, room - used, STYLE(ROLE_WARN), "   filter: %s",
                      ui->filter);
    canvas_put_right(canvas, rect.row, rect.col, rect.cols - 1, STYLE(ROLE_DIM),
                     buffer_text(&right));
    buffer_free(&right);
}

static uint32_t highest_index(const struct request_list *list)
{
    uint32_t highest = 0;
    for (uint32_t i = 0; i < list->map_count; i++)
        if (list->maps[i].count && list->maps[i].known[list->maps[i].count - 1].index > highest)
            highest = list->maps[i].known[list->maps[i].count - 1].index;
    return highest;
}

static void draw_nothing(const struct requests_view *view, struct canvas *canvas, int row,
                         struct rect rect)
{
    const struct round_load *load = view->load;
    struct buffer text = {0};
    enum round_load_state state = load ? round_load_state(load) : ROUND_LOADED;
    if (state == ROUND_LOADING)
        buffer_printf(&text, "R%u is being read back from the journal: %s of %s requests",
                      round_load_place(load)->round, figure_count(round_load_done(load)).text,
                      figure_count(round_load_place(load)->records).text);
    else if (state == ROUND_FAILED)
        buffer_printf(&text, "R%u cannot be read back: %s", round_load_place(load)->round,
                      round_load_error(load));
    else
        buffer_add_string(&text, view->list.all
                                     ? "None of them passes. Esc clears filter and preset."
                                     : "No request of this level has ended yet.");
    canvas_put_cut(canvas, row, rect.col + 3, rect.cols - 3,
                   STYLE(state == ROUND_FAILED ? ROLE_BAD : ROLE_DIM), buffer_text(&text));
    buffer_free(&text);
}

static void draw_list(struct requests_view *view, struct ui *ui, struct canvas *canvas,
                      struct rect rect)
{
    request_layout_make(&view->layout, rect.cols, highest_index(&view->list), view->list.map_count,
                        ui->hidden_columns);
    request_columns_header(canvas, rect.row, rect.col, &view->layout, ui->sort_column,
                           ui->sort_inverted);
    struct list *list = &ui->requests;
    view->list_row = rect.row + 1;
    list_settle(list, view->list.count, rect.rows - 1);
    for (int i = 0; i < list->rows && list->top + (uint32_t)i < list->count; i++) {
        uint32_t at = list->top + (uint32_t)i;
        struct request_row row = request_list_row(&view->list, at, ui->now_ns);
        request_columns_line(canvas, rect.row + 1 + i, rect.col, &view->layout, &row,
                             request_tags_have(&view->tags, &row));
        if (at == list->cursor)
            list_mark(canvas, rect.row + 1 + i, rect.col, rect.cols);
    }
    if (list->count == 0)
        draw_nothing(view, canvas, rect.row + 2, rect);
}

static void draw_in_flight(const struct ui *ui, const struct request_list *list,
                           struct canvas *canvas, int row, struct rect rect)
{
    const struct live_view *live = ui->live;
    if (!live || live->level != list->level->number || !live->in_flight)
        return;
    struct buffer line = {0};
    buffer_printf(&line, "in flight %u: %u streaming, %u waiting", live->in_flight, live->streaming,
                  live->waiting);
    if (live->waiting && ui->now_ns > live->oldest_waiting_ns)
        buffer_printf(&line, ", the oldest for %s",
                      figure_age((double)(ui->now_ns - live->oldest_waiting_ns) / 1e6).text);
    canvas_put_cut(canvas, row, rect.col + 1, rect.cols - 2, STYLE(ROLE_LOAD), buffer_text(&line));
    buffer_free(&line);
}

static void put_one_line(struct canvas *canvas, int row, struct rect rect, const char *name,
                         struct text text)
{
    canvas_put(canvas, row, rect.col + 1, 8, STYLE(ROLE_DIM), text_of(name));
    canvas_put(canvas, row, rect.col + 9, rect.cols - 10, STYLE(ROLE_TEXT), text);
}

/* The reply, as far as one line goes; of a failure what was said instead. */
static void put_reply(const struct request_detail *detail, struct canvas *canvas, int row,
                      struct rect rect)
{
    const struct bulk_entry *bulk = NULL;
    for (int i = 0; i < detail->count; i++)
        if (detail->sides[i].shown)
            bulk = detail->sides[i].bulk;
    struct text reply = {"", 0};
    if (bulk && bulk->ok)
        reply = buffer_text(&bulk->bulk.reply);
    put_one_line(canvas, row, rect, "reply", text_head(reply, 2000));
}

/* Below the list: the selected request, shortly or in full. */
static void draw_selected(struct requests_view *view, struct ui *ui, struct canvas *canvas,
                          struct rect rect, bool full)
{
    struct request_row row = request_list_row(&view->list, ui->requests.cursor, ui->now_ns);
    struct request_detail detail;
    struct buffer says = {0}, title = {0};
    request_detail_make(&detail, &view->bulks, ui, &row);
    request_detail_says(&detail, ui, rect.cols >= WIDE_COLS, &says);
    buffer_printf(&title, "request %.0f   R%u   %s", request_value(&row, VALUE_INDEX),
                  row.round->number, request_state(&row));
    canvas_rule(canvas, rect.row, rect.col, rect.cols, title.data, NULL);
    struct rect inside = {rect.row + 1, rect.col + 1, rect.rows - 1, rect.cols - 2};
    int at = inside.row;
    if (full) {
        at += request_detail_times(&detail, ui, canvas, inside);
        at += request_detail_bars(&detail, canvas, (struct rect){at, inside.col, 2, inside.cols});
        struct text prompt = request_prompt(&row);
        at++;
        put_one_line(canvas, at++, rect, "prompt",
                     text_head(prompt.data ? prompt : TEXT("-"), 2000));
        put_reply(&detail, canvas, at++, rect);
        at++;
        canvas_put_cut(canvas, at, inside.col, inside.cols, STYLE(ROLE_TEXT), buffer_text(&says));
    } else {
        canvas_put_cut(canvas, at++, inside.col, inside.cols, STYLE(ROLE_TEXT), buffer_text(&says));
        request_detail_bars(&detail, canvas, (struct rect){at, inside.col, 2, inside.cols});
    }
    draw_in_flight(ui, &view->list, canvas, rect.row + rect.rows - 1, rect);
    buffer_free(&says);
    buffer_free(&title);
}

/* ---- one request ---- */

static void ordinal(uint32_t number, char *out, size_t size)
{
    static const char *const endings[] = {"th", "st", "nd", "rd"};
    uint32_t last = number % 10, two = number % 100;
    bool teens = two >= 11 && two <= 13;
    snprintf(out, size, "%s%s", figure_count(number).text, endings[teens || last > 3 ? 0 : last]);
}

static void draw_page(struct requests_view *view, struct ui *ui, struct canvas *canvas,
                      struct rect rect)
{
    uint32_t at = ui->requests.cursor, count = view->list.count;
    struct request_row row = request_list_row(&view->list, at, ui->now_ns);
    char place[128], number[64];
    struct buffer around = {0};
    ordinal(at + 1, number, sizeof number);
    snprintf(place, sizeof place, "%s of %s", number, figure_count(count).text);
    if (at > 0) {
        struct request_row before = request_list_row(&view->list, at - 1, ui->now_ns);
        buffer_printf(&around, "← %.0f", request_value(&before, VALUE_INDEX));
    }
    if (at + 1 < count) {
        struct request_row next = request_list_row(&view->list, at + 1, ui->now_ns);
        buffer_printf(&around, "%s%.0f →", around.size ? "   " : "",
                      request_value(&next, VALUE_INDEX));
    }
    request_detail_make(&view->page.detail, &view->bulks, ui, &row);
    request_page_draw(&view->page, ui, canvas, rect, place, buffer_text(&around).data);
    buffer_free(&around);
}

void requests_draw(struct requests_view *view, struct ui *ui, struct canvas *canvas,
                   struct rect rect)
{
    if (ui->in_request && view->list.count) {
        draw_page(view, ui, canvas, rect);
        return;
    }
    bool full = rect.rows >= WIDE_ROWS && rect.cols >= WIDE_COLS;
    int below = view->list.count == 0 || rect.rows < SHORT_ROWS ? 0 : full ? 12 : 4;
    if (below && view->list.map_count < 2)
        below -= full ? 3 : 1; /* there is no other round to stand beside it */
    bool flying = ui->live && ui->live->level == view->list.level->number && ui->live->in_flight;
    below += below && flying ? 2 : 0;
    draw_head(view, ui, canvas, rect);
    draw_list(view, ui, canvas,
              (struct rect){rect.row + 1, rect.col, rect.rows - 1 - below, rect.cols});
    if (below)
        draw_selected(view, ui, canvas,
                      (struct rect){rect.row + rect.rows - below, rect.col, below, rect.cols},
                      full);
}
