/* Log: what happened, grouped and newest first, with what to do about it. */
#include <ncurses.h>
#include <stdlib.h>

#include "base/memory.h"
#include "ui/figures.h"
#include "ui/log_groups.h"
#include "ui/search_field.h"
#include "ui/text_pane.h"
#include "ui/views.h"

#define ESC 0x1b

struct log_view {
    struct log_groups all, of_level;
    bool one_level;                  /* the selected one */
    const struct log_groups *groups; /* that are shown: one of the two */
    char filter[128];
    uint32_t *shown; /* indices of groups that pass */
    uint32_t shown_count;
    struct text_pane pane; /* of the group under the cursor */
    int list_row;
};

static struct log_view *view_of(struct ui *ui)
{
    if (!ui->private[VIEW_LOG])
        ui->private[VIEW_LOG] = xcalloc(1, sizeof(struct log_view));
    return ui->private[VIEW_LOG];
}

void view_log_free(void *private)
{
    struct log_view *view = private;
    log_groups_free(&view->all);
    log_groups_free(&view->of_level);
    text_pane_free(&view->pane);
    free(view->shown);
    free(view);
}

static const struct log_group *group_at(const struct log_view *view, uint32_t at)
{
    return at < view->shown_count ? &view->groups->groups[view->shown[at]] : NULL;
}

/* All words stand in the kind or the text. */
static bool passes(const struct log_group *group, const char *filter)
{
    struct buffer whole = {0};
    buffer_printf(&whole, "%s ", group->kind);
    log_group_what(group, &whole);
    bool all = true;
    for (const char *at = filter; all && *at;) {
        at += strspn(at, " ");
        size_t size = strcspn(at, " ");
        char word[128];
        snprintf(word, sizeof word, "%.*s", (int)size, at);
        all = size == 0 || strcasestr(whole.data, word) != NULL;
        at += size;
    }
    buffer_free(&whole);
    return all;
}

static void update(struct log_view *view, struct ui *ui)
{
    const struct level *level = ui_level(ui);
    log_groups_update(&view->all, ui);
    view->groups = &view->all;
    if (view->one_level && level) {
        if (view->of_level.level != level->number)
            log_groups_free(&view->of_level);
        view->of_level.level = level->number;
        log_groups_update(&view->of_level, ui);
        view->groups = &view->of_level;
    }
    view->shown = xreallocarray(view->shown, view->groups->count, sizeof *view->shown);
    view->shown_count = 0;
    for (uint32_t i = 0; i < view->groups->count; i++)
        if (passes(&view->groups->groups[i], view->filter))
            view->shown[view->shown_count++] = i;
}

/* ---- drawing ---- */

/* Room for the longest kinds of errors, as timeout_first_token, where there is some. */
static int kind_cols(struct rect rect)
{
    return rect.cols >= 100 ? 19 : 14;
}

static void draw_head(const struct log_view *view, const struct ui *ui, struct canvas *canvas,
                      struct rect rect)
{
    const struct level *level = view->groups == &view->of_level ? ui_level(ui) : NULL;
    char about[96] = "all levels";
    if (level)
        snprintf(about, sizeof about, "L%u %s", level->number, level->label);
    uint32_t count = view->shown_count;
    int used = canvas_printf(canvas, rect.row, rect.col + 1, rect.cols - 1, STYLE(ROLE_TITLE),
                             "%u kind%s, newest first", count, count == 1 ? "" : "s");
    if (view->filter[0])
        canvas_printf(canvas, rect.row, rect.col + 1 + used, rect.cols - 1 - used, STYLE(ROLE_WARN),
                      "   filter: %s", view->filter);
    canvas_put_right(canvas, rect.row, rect.col, rect.cols - 1, STYLE(level ? ROLE_WARN : ROLE_DIM),
                     text_of(about));
    canvas_printf(canvas, rect.row + 1, rect.col + 2, rect.cols - 2, STYLE(ROLE_DIM),
                  "last      count  %-*s what", kind_cols(rect), "kind");
}

static void draw_line(const struct ui *ui, const struct log_group *group, struct canvas *canvas,
                      int row, struct rect rect)
{
    enum role role = log_group_role(group);
    struct buffer what = {0};
    log_group_what(group, &what);
    canvas_put(canvas, row, rect.col + 2, 8, STYLE(ROLE_DIM),
               text_of(figure_clock(ui->run, group->last_ns, false).text));
    canvas_put_right(canvas, row, rect.col + 11, 6, STYLE(ROLE_TEXT),
                     text_of(figure_count(group->count).text));
    int kind = kind_cols(rect);
    canvas_put(canvas, row, rect.col + 19, kind, STYLE(role), text_of(group->kind));
    canvas_put_cut(canvas, row, rect.col + 20 + kind, rect.cols - 21 - kind, STYLE(role),
                   buffer_text(&what));
    buffer_free(&what);
}

/* JSON and the like in lines that can be read; the pane breaks what is longer. */
static void fill_pane(struct log_view *view, struct ui *ui, const struct log_group *group)
{
    struct buffer *text = &view->pane.text;
    struct buffer advice = {0};
    buffer_add_string(text, group->text[0] ? group->text : "-");
    buffer_add_string(text, "\n\n");
    if (group->is_error) {
        uint32_t shown = group->indices_known;
        buffer_printf(text, "request%s ", group->count == 1 ? "" : "s");
        for (uint32_t i = 0; i < shown; i++)
            buffer_printf(text, "%s%u", i ? ", " : "", group->indices[i]);
        if (group->count > shown)
            buffer_printf(text, " and %u more", group->count - shown);
        buffer_add_string(text, "    ");
    }
    if (group->count > 1) {
        buffer_printf(text, "first %s, ", figure_clock(ui->run, group->first_ns, false).text);
        buffer_printf(text, "last %s", figure_clock(ui->run, group->last_ns, false).text);
    } else {
        buffer_printf(text, "at %s", figure_clock(ui->run, group->last_ns, true).text);
    }
    buffer_add_char(text, '\n');
    log_group_advice(group, &advice);
    if (advice.size) {
        buffer_add_string(text, group->is_error ? "What to do: " : "");
        buffer_add_text(text, buffer_text(&advice));
        buffer_add_char(text, '\n');
    }
    buffer_free(&advice);
}

static void draw_selected(struct log_view *view, struct ui *ui, struct canvas *canvas,
                          struct rect rect, const struct log_group *group)
{
    struct buffer title = {0};
    if (group->is_error && group->status && group->error == ERR_HTTP_STATUS)
        buffer_printf(&title, "%u", group->status);
    else
        buffer_add_string(&title, group->kind);
    if (group->level)
        buffer_printf(&title, " in L%u R%u", group->level, group->round);
    if (group->count > 1)
        buffer_printf(&title, ", %s times", figure_count(group->count).text);
    canvas_rule(canvas, rect.row, rect.col, rect.cols, title.data, NULL);
    buffer_free(&title);
    text_pane_clear(&view->pane);
    fill_pane(view, ui, group);
    text_pane_draw(&view->pane, canvas,
                   (struct rect){rect.row + 1, rect.col + 1, rect.rows - 1, rect.cols - 2});
}

void view_log_draw(struct ui *ui, struct canvas *canvas, struct rect rect)
{
    struct log_view *view = view_of(ui);
    if (!ui->run) {
        canvas_put(canvas, rect.row + 1, rect.col + 3, rect.cols - 3, STYLE(ROLE_DIM),
                   TEXT("Nothing has happened yet."));
        return;
    }
    update(view, ui);
    int below = rect.rows >= 30 ? 12 : rect.rows >= 14 ? 8 : 0;
    draw_head(view, ui, canvas, rect);
    struct list *list = &ui->log;
    view->list_row = rect.row + 2;
    list_settle(list, view->shown_count, rect.rows - 2 - below);
    for (int i = 0; i < list->rows && list->top + (uint32_t)i < list->count; i++) {
        uint32_t at = list->top + (uint32_t)i;
        draw_line(ui, &view->groups->groups[view->shown[at]], canvas, view->list_row + i, rect);
        if (at == list->cursor)
            list_mark(canvas, view->list_row + i, rect.col, rect.cols);
    }
    const struct log_group *group = group_at(view, list->cursor);
    if (!group)
        canvas_put(canvas, view->list_row + 1, rect.col + 3, rect.cols - 3, STYLE(ROLE_DIM),
                   view->filter[0] ? TEXT("Nothing passes. Esc clears the filter.")
                                   : TEXT("Nothing has happened yet."));
    else if (below)
        draw_selected(view, ui, canvas,
                      (struct rect){rect.row + rect.rows - below, rect.col, below, rect.cols},
                      group);
}

/* ---- keys ---- */

static void change_filter(struct ui *ui, const char *text)
{
    struct log_view *view = view_of(ui);
    snprintf(view->filter, sizeof view->filter, "%s", text);
}

/* The requests that failed so, or those of the round it speaks of. */
static bool open_requests(struct ui *ui, const struct log_group *group)
{
    if (!group || !group->level) {
        ui_say(ui, "it is about no request");
        return true;
    }
    ui->level = group->level;
    ui->round = 0;
    ui->view = VIEW_REQUESTS;
    ui->in_request = false;
    ui->preset = 0;
    ui->requests.cursor = ui->requests.top = 0;
    if (group->is_error && group->status)
        snprintf(ui->filter, sizeof ui->filter, "round=%u %s status=%u", group->round, group->kind,
                 group->status);
    else if (group->is_error)
        snprintf(ui->filter, sizeof ui->filter, "round=%u %s", group->round, group->kind);
    else
        snprintf(ui->filter, sizeof ui->filter, "round=%u", group->round);
    return true;
}

static void group_text(struct ui *ui, const struct log_group *group, struct buffer *out)
{
    buffer_printf(out, "%s  %u  %s  ", figure_clock(ui->run, group->last_ns, false).text,
                  group->count, group->kind);
    log_group_what(group, out);
    buffer_add_char(out, '\n');
}

static bool copy_group(struct ui *ui, const struct log_group *group)
{
    struct buffer text = {0};
    if (group) {
        group_text(ui, group, &text);
        ui_copy(ui, buffer_text(&text), "what happened");
    }
    buffer_free(&text);
    return true;
}

static bool open_pager(struct log_view *view, struct ui *ui)
{
    buffer_clear(&ui->copied);
    for (uint32_t i = 0; i < view->shown_count; i++)
        group_text(ui, group_at(view, i), &ui->copied);
    ui->wish = WISH_PAGER;
    return true;
}

/* The filter first, then the choice of a level. */
static bool clear_filter(struct log_view *view)
{
    bool any = view->filter[0] != '\0' || view->one_level;
    if (view->filter[0] == '\0')
        view->one_level = false;
    view->filter[0] = '\0';
    return any;
}

static bool click(struct log_view *view, struct ui *ui)
{
    int at = ui->mouse_row - view->list_row;
    if (at < 0 || at >= ui->log.rows || ui->log.top + (uint32_t)at >= view->shown_count)
        return false;
    ui->log.cursor = ui->log.top + (uint32_t)at;
    return true;
}

bool view_log_key(struct ui *ui, int key)
{
    struct log_view *view = view_of(ui);
    if (ui->run)
        update(view, ui); /* keys may come faster than frames */
    ui->log.count = view->shown_count;
    const struct log_group *group = group_at(view, ui->log.cursor);
    switch (key) {
    case '\n':
    case '\r':
    case KEY_ENTER:
        return open_requests(ui, group);
    case '/':
        search_field_open(ui, "filter:", view->filter, change_filter);
        return true;
    case 'f':
        view->one_level = !view->one_level;
        ui->log.cursor = ui->log.top = 0;
        return true;
    case 'n': /* all that is listed matches */
        return list_key(&ui->log, KEY_DOWN);
    case 'N':
        return list_key(&ui->log, KEY_UP);
    case 'y':
        return copy_group(ui, group);
    case 'o':
        return open_pager(view, ui);
    case ESC:
        return clear_filter(view);
    case KEY_MOUSE:
        return click(view, ui);
    default:
        return list_key(&ui->log, key);
    }
}

const char *view_log_hints(const struct ui *ui)
{
    const struct log_view *view = ui->private[VIEW_LOG];
    return view && view->one_level ? "Enter its requests  / filter  f all levels  y copy  o pager"
                                   : "Enter its requests  / filter  f this level  y copy  o pager";
}

const char view_log_help[] =
    "What happened in the run, newest first: rounds that began and ended, changes of load, "
    "messages, alarms, and requests that failed, those of one cause on one line. Below stands "
    "what is selected in full, with what to do about it. Enter opens the requests it is about. "
    "f shows only what is about the selected level; , and . choose another.";
