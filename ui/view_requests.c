/* Requests: all of a level in a list, those in flight too, and one of them beside the same request
 * of another round. */
#include <math.h>
#include <ncurses.h>
#include <stdlib.h>

#include "base/memory.h"
#include "base/statistics.h"
#include "result/round_kept.h"
#include "ui/figures.h"
#include "ui/level_list.h"
#include "ui/request_columns.h"
#include "ui/request_page.h"
#include "ui/request_texts.h"
#include "ui/search_field.h"
#include "ui/views.h"

#define ESC        0x1b
#define WIDE_COLS  112
#define WIDE_ROWS  32 /* of the view, for the long form of the selected request */
#define SHORT_ROWS 12 /* below that the list has it all */

struct requests_view {
    struct request_list list;
    struct request_layout layout;
    struct bulk_cache bulks;
    struct request_page page;
    /* the request under the cursor, which a new order does not lose */
    bool has_selected;
    uint16_t selected_round;
    uint32_t selected_index;
    struct request_tag {
        uint16_t level, round;
        uint32_t index;
    } * tags;
    uint32_t tag_count;
    int list_row; /* where the list was drawn, for the mouse */
};

static struct requests_view *view_of(struct ui *ui)
{
    if (!ui->private[VIEW_REQUESTS])
        ui->private[VIEW_REQUESTS] = xcalloc(1, sizeof(struct requests_view));
    return ui->private[VIEW_REQUESTS];
}

void view_requests_free(void *private)
{
    struct requests_view *view = private;
    request_list_free(&view->list);
    bulk_cache_free(&view->bulks);
    request_page_free(&view->page);
    free(view->tags);
    free(view);
}

/* ---- what is listed ---- */

static struct request_row row_of(const struct requests_view *view, const struct ui *ui, uint32_t at)
{
    return request_list_row(&view->list, at, ui->now_ns);
}

static void select_row(struct requests_view *view, const struct ui *ui)
{
    view->has_selected = ui->requests.cursor < view->list.count;
    if (!view->has_selected)
        return;
    struct request_row row = row_of(view, ui, ui->requests.cursor);
    view->selected_round = row.round->number;
    view->selected_index = (uint32_t)request_value(&row, VALUE_INDEX);
}

static bool is_released(const struct request_list *list, uint16_t round)
{
    return round && round <= list->map_count && list->level->rounds[round - 1].kept;
}

/* The cursor stays on its request; at the top it stays at the top, where the newest come. */
static void follow_selected(struct requests_view *view, struct ui *ui)
{
    struct list *list = &ui->requests;
    if (view->has_selected && (list->cursor > 0 || ui->in_request)) {
        uint32_t at = request_list_search(&view->list, view->selected_round, view->selected_index);
        if (at < view->list.count)
            list->cursor = at;
        else if (ui->in_request && is_released(&view->list, view->selected_round)) {
            ui->in_request = false;
            ui_say(ui,
                   "request %u of R%u is in the journal now: fluxperf view shows it when the "
                   "run is over",
                   view->selected_index, view->selected_round);
        }
    }
    if (list->cursor >= view->list.count)
        list->cursor = view->list.count ? view->list.count - 1 : 0;
    select_row(view, ui);
}

static void update(struct requests_view *view, struct ui *ui, const struct level *level)
{
    if (ui->sort_column < 0 || ui->sort_column >= request_column_count())
        ui->sort_column = 0;
    struct request_order order = request_column_order(ui->sort_column, ui->sort_inverted);
    order.level = level->number;
    order.preset = (uint8_t)(ui->preset >= 0 && ui->preset < PRESET_COUNT ? ui->preset : 0);
    snprintf(order.filter, sizeof order.filter, "%s", ui->filter);
    bool other_level = view->list.remake.made && view->list.level != level;
    if (other_level)
        ui->requests.cursor = ui->requests.top = 0;
    request_list_update(&view->list, ui, level, &order);
    /* An open request is looked for in the other level too. */
    if (other_level && !(ui->in_request && view->has_selected &&
                         request_list_search(&view->list, view->selected_round,
                                             view->selected_index) < view->list.count)) {
        view->has_selected = false;
        ui->in_request = false;
    }
    follow_selected(view, ui);
}

void view_requests_open(struct ui *ui, uint16_t round, uint32_t index)
{
    struct requests_view *view = view_of(ui);
    const struct level *level = ui_level(ui);
    if (!level)
        return;
    ui->view = VIEW_REQUESTS;
    ui->filter[0] = '\0';
    ui->preset = PRESET_ALL;
    update(view, ui, level);
    view->has_selected = ui->in_request = true;
    view->selected_round = round;
    view->selected_index = index;
    follow_selected(view, ui);
}

/* ---- tags ---- */

static struct request_tag tag_of(const struct request_row *row)
{
    return (struct request_tag){row->level->number, row->round->number,
                                (uint32_t)request_value(row, VALUE_INDEX)};
}

static uint32_t find_tag(const struct requests_view *view, struct request_tag tag)
{
    uint32_t at = 0;
    while (at < view->tag_count &&
           (view->tags[at].level != tag.level || view->tags[at].round != tag.round ||
            view->tags[at].index != tag.index))
        at++;
    return at;
}

static void toggle_tag(struct requests_view *view, const struct ui *ui)
{
    struct request_row row = row_of(view, ui, ui->requests.cursor);
    struct request_tag tag = tag_of(&row);
    uint32_t at = find_tag(view, tag);
    if (at < view->tag_count) {
        view->tags[at] = view->tags[--view->tag_count];
        return;
    }
    view->tags = xreallocarray(view->tags, view->tag_count + 1u, sizeof *view->tags);
    view->tags[view->tag_count++] = tag;
}

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
        buffer_printf(&right, "; R%u…R%u in the journal", first, last);
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
        struct request_row row = row_of(view, ui, at);
        request_columns_line(canvas, rect.row + 1 + i, rect.col, &view->layout, &row,
                             at == list->cursor, find_tag(view, tag_of(&row)) < view->tag_count);
    }
    if (list->count == 0)
        canvas_put(canvas, rect.row + 2, rect.col + 3, rect.cols - 3, STYLE(ROLE_DIM),
                   view->list.all ? TEXT("None of them passes. Esc clears filter and preset.")
                                  : TEXT("No request of this level has ended yet."));
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
    canvas_put(canvas, row, rect.col + 1, rect.cols - 2, STYLE(ROLE_LOAD), buffer_text(&line));
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
    struct request_row row = row_of(view, ui, ui->requests.cursor);
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
        canvas_put(canvas, at, inside.col, inside.cols, STYLE(ROLE_TEXT), buffer_text(&says));
    } else {
        canvas_put(canvas, at++, inside.col, inside.cols, STYLE(ROLE_TEXT), buffer_text(&says));
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
    struct request_row row = row_of(view, ui, at);
    char place[128], number[64];
    struct buffer around = {0};
    ordinal(at + 1, number, sizeof number);
    snprintf(place, sizeof place, "%s of %s", number, figure_count(count).text);
    if (at > 0) {
        struct request_row before = row_of(view, ui, at - 1);
        buffer_printf(&around, "← %.0f", request_value(&before, VALUE_INDEX));
    }
    if (at + 1 < count) {
        struct request_row next = row_of(view, ui, at + 1);
        buffer_printf(&around, "%s%.0f →", around.size ? "   " : "",
                      request_value(&next, VALUE_INDEX));
    }
    request_detail_make(&view->page.detail, &view->bulks, ui, &row);
    request_page_draw(&view->page, ui, canvas, rect, place, buffer_text(&around).data);
    buffer_free(&around);
}

void view_requests_draw(struct ui *ui, struct canvas *canvas, struct rect rect)
{
    struct requests_view *view = view_of(ui);
    const struct level *level = ui_level(ui);
    if (!level) {
        canvas_put(canvas, rect.row + 1, rect.col + 3, rect.cols - 3, STYLE(ROLE_DIM),
                   TEXT("No level has begun yet."));
        return;
    }
    update(view, ui, level);
    if (ui->in_request && view->list.count) {
        draw_page(view, ui, canvas, rect);
        return;
    }
    bool full = rect.rows >= WIDE_ROWS && rect.cols >= WIDE_COLS;
    int below = view->list.count == 0 || rect.rows < SHORT_ROWS ? 0 : full ? 12 : 4;
    if (below && view->list.map_count < 2)
        below -= full ? 3 : 1; /* there is no other round to stand beside it */
    bool flying = ui->live && ui->live->level == level->number && ui->live->in_flight;
    below += below && flying ? 2 : 0;
    draw_head(view, ui, canvas, rect);
    draw_list(view, ui, canvas,
              (struct rect){rect.row + 1, rect.col, rect.rows - 1 - below, rect.cols});
    if (below)
        draw_selected(view, ui, canvas,
                      (struct rect){rect.row + rect.rows - below, rect.col, below, rect.cols},
                      full);
}

/* ---- keys ---- */

static void change_filter(struct ui *ui, const char *text)
{
    snprintf(ui->filter, sizeof ui->filter, "%s", text);
}

static void change_search(struct ui *ui, const char *text)
{
    struct requests_view *view = view_of(ui);
    if (!text_pane_find(request_page_pane(&view->page, ui), text))
        ui_say(ui, "'%s' is nowhere in it", text);
}

static void add_curl(struct requests_view *view, struct ui *ui, uint32_t at, struct buffer *out)
{
    struct request_row row = row_of(view, ui, at);
    struct request_detail detail;
    request_detail_make(&detail, &view->bulks, ui, &row);
    request_text_curl(&detail, ui, out);
}

/* Those that are tagged, else the one under the cursor. */
static void copy_curl(struct requests_view *view, struct ui *ui)
{
    struct buffer text = {0};
    char what[64];
    uint32_t count = 0;
    for (uint32_t at = 0; !ui->in_request && view->tag_count && at < view->list.count; at++) {
        struct request_row row = row_of(view, ui, at);
        if (find_tag(view, tag_of(&row)) == view->tag_count)
            continue;
        add_curl(view, ui, at, &text);
        count++;
    }
    snprintf(what, sizeof what, "%u requests as curl commands", count);
    if (count == 0) {
        add_curl(view, ui, ui->requests.cursor, &text);
        snprintf(what, sizeof what, "request %u as a curl command", view->selected_index);
    }
    ui_copy(ui, buffer_text(&text), what);
    buffer_free(&text);
}

static void open_pager(struct requests_view *view, struct ui *ui)
{
    struct request_row row = row_of(view, ui, ui->requests.cursor);
    struct request_detail detail;
    struct buffer *text = &ui->copied;
    request_detail_make(&detail, &view->bulks, ui, &row);
    buffer_clear(text);
    buffer_printf(text, "request %.0f, L%u %s, R%u: %s\n\n", request_value(&row, VALUE_INDEX),
                  row.level->number, row.level->label, row.round->number, request_state(&row));
    request_text_prompt(&detail, ui, &view->page.source, text);
    buffer_add_string(text, "\nreply\n\n");
    request_text_reply(&detail, text);
    buffer_add_string(text, "\n\ngaps\n\n");
    request_text_gaps(&detail, text);
    buffer_add_string(text, "\nbody\n\n");
    request_text_body(&detail, ui, text);
    /* Headings are marked for the panes only. */
    for (size_t i = 0; i < text->size; i++)
        if (text->data[i] == PANE_HEADING)
            text->data[i] = ' ';
    ui->wish = WISH_PAGER;
}

static bool step(struct requests_view *view, struct ui *ui, int by)
{
    int64_t at = (int64_t)ui->requests.cursor + by;
    if (at >= 0 && at < view->list.count) {
        ui->requests.cursor = (uint32_t)at;
        select_row(view, ui);
    }
    return true;
}

static bool page_key(struct requests_view *view, struct ui *ui, int key)
{
    switch (key) {
    case ESC:
    case 'q':
    case KEY_F(10):
        ui->in_request = false;
        return true;
    case KEY_LEFT:
    case 'h':
        return step(view, ui, -1);
    case KEY_RIGHT:
    case 'l':
        return step(view, ui, 1);
    case '/':
        search_field_open(ui, "search:", "", change_search);
        return true;
    default:
        return request_page_key(&view->page, ui, key);
    }
}

static bool sort_key(struct ui *ui, int key)
{
    if (key == 'I') {
        ui->sort_inverted = !ui->sort_inverted;
    } else {
        int count = request_column_count();
        ui->sort_column = (ui->sort_column + (key == '>' ? 1 : count - 1)) % count;
        ui->sort_inverted = false;
    }
    return true;
}

/* The column that the order is by, which `<` and `>` go to whether it is shown or not. */
static bool hide_column(struct ui *ui)
{
    int column = ui->sort_column;
    if (column == 0) {
        ui_say(ui, "< and > go to a column, x takes it away");
        return true;
    }
    ui->hidden_columns ^= 1u << column;
    bool hidden = ui->hidden_columns & 1u << column;
    ui_say(ui,
           hidden ? "%s is hidden; x shows it again while the order is by it"
                  : "%s is shown again, where there is room",
           request_column_title(column));
    return true;
}

static bool clear_filters(struct ui *ui)
{
    bool any = ui->filter[0] || ui->preset;
    ui->filter[0] = '\0';
    ui->preset = 0;
    return any;
}

static bool click(struct requests_view *view, struct ui *ui)
{
    int at = ui->mouse_row - view->list_row;
    if (ui->in_request || at < 0 || at >= ui->requests.rows ||
        ui->requests.top + (uint32_t)at >= view->list.count)
        return false;
    uint32_t clicked = ui->requests.top + (uint32_t)at;
    if (clicked == ui->requests.cursor)
        ui->in_request = true;
    ui->requests.cursor = clicked;
    select_row(view, ui);
    return true;
}

static bool list_only_key(struct requests_view *view, struct ui *ui, int key)
{
    switch (key) {
    case '\n':
    case '\r':
    case KEY_ENTER:
        ui->in_request = view->list.count > 0;
        return true;
    case '/':
        search_field_open(ui, "filter:", ui->filter, change_filter);
        return true;
    case 'f':
        ui->preset = (ui->preset + 1) % PRESET_COUNT;
        return true;
    case '<':
    case '>':
    case 'I':
        return sort_key(ui, key);
    case 'x':
        return hide_column(ui);
    case ' ':
        if (view->list.count)
            toggle_tag(view, ui);
        return step(view, ui, 1);
    case 'U':
        view->tag_count = 0;
        return true;
    case 'n': /* all that is listed matches */
        return step(view, ui, 1);
    case 'N':
        return step(view, ui, -1);
    case ESC:
        return clear_filters(ui);
    case KEY_MOUSE:
        return click(view, ui);
    default:
        if (!list_key(&ui->requests, key))
            return false;
        select_row(view, ui);
        return true;
    }
}

bool view_requests_key(struct ui *ui, int key)
{
    struct requests_view *view = view_of(ui);
    const struct level *level = ui_level(ui);
    if (level)
        update(view, ui, level); /* keys may come faster than frames */
    ui->requests.count = view->list.count;
    bool any = level && ui->requests.cursor < view->list.count;
    if (any && key == 'y') {
        copy_curl(view, ui);
        return true;
    }
    if (any && key == 'o') {
        open_pager(view, ui);
        return true;
    }
    return any && ui->in_request ? page_key(view, ui, key) : list_only_key(view, ui, key);
}

const char *view_requests_hints(const struct ui *ui)
{
    return ui->in_request
               ? "Tab pane  ← → request  / search  y copy curl  o pager  Esc list"
               : "Enter open  / filter  f preset  < > sort  I invert  y copy curl  o pager";
}

const char view_requests_help[] =
    "Every request of the level, those in flight too. A filter takes terms that must all "
    "hold: ttft>100  itl<20  latency>2s  cached<50  gap>100  in>1000  out<10  faster<1  "
    "status=503  round=2  turn=1  #=19; words: ok failed waiting streaming flying slo retried "
    "and the kinds of errors; anything else is looked for in the prompt, \"in quotes\" with its "
    "blanks; ! in front turns a term round. In the bars a tick is a chunk, and a hole is a gap "
    "above twice the request's ITL. While a run goes on, requests of rounds long over are in its "
    "journal only; fluxperf view shows them all when it is over.";
