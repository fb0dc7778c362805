/* Requests: all of a level in a list, those in flight too, and one of them beside the same request
 * of another round. What is listed, and what keys do to it. */
#include <ncurses.h>
#include <stdlib.h>

#include "base/memory.h"
#include "result/round_kept.h"
#include "ui/request_texts.h"
#include "ui/requests_draw.h"
#include "ui/search_field.h"
#include "ui/views.h"

#define ESC 0x1b

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
    round_load_end(view->load);
    bulk_cache_free(&view->bulks);
    request_page_free(&view->page);
    request_tags_free(&view->tags);
    free(view);
}

/* ---- what is listed ---- */

static void select_row(struct requests_view *view, const struct ui *ui)
{
    view->has_selected = ui->requests.cursor < view->list.count;
    if (!view->has_selected)
        return;
    struct request_row row = request_list_row(&view->list, ui->requests.cursor, ui->now_ns);
    view->selected_round = row.round->number;
    view->selected_index = (uint32_t)request_value(&row, VALUE_INDEX);
}

static bool is_released(const struct request_list *list, uint16_t round)
{
    return round && round <= list->map_count && list->level->rounds[round - 1].kept;
}

static void drop_back(struct requests_view *view)
{
    round_load_end(view->load);
    view->load = NULL;
    view->bulks.same_as = NULL;
    request_list_put_back(&view->list, &(struct request_back){0});
}

/* The round that the filter names, where memory has let it go: one at a time is read back. */
static void read_back(struct requests_view *view, const struct ui *ui, const struct level *level)
{
    struct filter filter;
    filter_parse(&filter, ui->filter, NULL);
    const struct round *round = level_find_round(level, filter_round(&filter));
    bool wanted = round && round->kept && round->kept->records && ui->directory;
    const struct round_place *place = view->load ? round_load_place(view->load) : NULL;
    if (place && !(wanted && place->level == level->number && place->round == round->number))
        drop_back(view);
    if (wanted && !view->load) {
        struct round_place wanted_place = round_place_of(level, round);
        view->load = round_load_begin(ui->directory, &wanted_place);
    }
    if (view->load && !view->list.back.round && round_load_state(view->load) == ROUND_LOADED) {
        place = round_load_place(view->load);
        request_list_put_back(&view->list,
                              &(struct request_back){.round = place->round,
                                                     .records = round_load_records(view->load),
                                                     .count = place->records});
    }
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
            ui_say(ui, "request %u of R%u is in the journal now: / round=%u reads that round back",
                   view->selected_index, view->selected_round, view->selected_round);
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
    bool other_level = view->list.level && view->list.level != level;
    read_back(view, ui, level);
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
    requests_draw(view, ui, canvas, rect);
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
    struct request_row row = request_list_row(&view->list, at, ui->now_ns);
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
    for (uint32_t at = 0; !ui->in_request && view->tags.count && at < view->list.count; at++) {
        struct request_row row = request_list_row(&view->list, at, ui->now_ns);
        if (!request_tags_have(&view->tags, &row))
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
    struct request_row row = request_list_row(&view->list, ui->requests.cursor, ui->now_ns);
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

static void toggle_tag(struct requests_view *view, const struct ui *ui)
{
    if (ui->requests.cursor >= view->list.count)
        return;
    struct request_row row = request_list_row(&view->list, ui->requests.cursor, ui->now_ns);
    request_tags_toggle(&view->tags, &row);
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
        toggle_tag(view, ui);
        return step(view, ui, 1);
    case 'U':
        view->tags.count = 0;
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
    "journal only: round=7 reads those of that round back; all are listed when it is over.";
