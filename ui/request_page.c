#include "ui/request_page.h"

#include <math.h>
#include <ncurses.h>

#include "base/statistics.h"
#include "ui/figures.h"
#include "ui/request_texts.h"

#define WIDE_COLS 112

static const char *const pane_names[PANE_COUNT] = {"prompt", "reply", "gaps", "body", "events"};

static void forget(struct request_page *page, const struct request_row *row, uint32_t index)
{
    if (page->level == row->level->number && page->round == row->round->number &&
        page->index == index && page->ended == (row->record != NULL))
        return;
    for (int i = 0; i < PANE_COUNT; i++) {
        text_pane_clear(&page->panes[i]);
        page->filled[i] = false;
    }
    page->level = row->level->number;
    page->round = row->round->number;
    page->index = index;
    page->ended = row->record != NULL;
}

/* What is not there yet may be there when it is drawn again. */
static bool is_final(const struct request_page *page)
{
    for (int i = 0; i < page->detail.count; i++)
        if (page->detail.sides[i].shown)
            return page->detail.sides[i].bulk && page->detail.sides[i].bulk->ok;
    return true;
}

static void fill(struct request_page *page, struct ui *ui, enum request_pane which)
{
    if (page->filled[which])
        return;
    struct text_pane *pane = &page->panes[which];
    struct list was = pane->list;
    text_pane_clear(pane);
    pane->list = was;
    switch (which) {
    case PANE_PROMPT:
        request_text_prompt(&page->detail, ui, &page->source, &pane->text);
        break;
    case PANE_REPLY:
        request_text_reply(&page->detail, &pane->text);
        break;
    case PANE_GAPS:
        request_text_gaps(&page->detail, &pane->text);
        break;
    case PANE_BODY:
        request_text_body(&page->detail, ui, &pane->text);
        break;
    case PANE_EVENTS:
        request_text_events(&page->detail, ui, &pane->text);
        break;
    case PANE_COUNT:
        break;
    }
    page->filled[which] = which == PANE_PROMPT || which == PANE_BODY || is_final(page);
}

static enum request_pane shown_pane(const struct request_page *page, const struct ui *ui)
{
    int pane = ui->pane < 0 || ui->pane >= PANE_COUNT ? 0 : ui->pane;
    /* Beside the prompt stands one of the others. */
    return page->wide && pane == PANE_PROMPT ? PANE_REPLY : (enum request_pane)pane;
}

struct text_pane *request_page_pane(struct request_page *page, const struct ui *ui)
{
    int pane = ui->pane < 0 || ui->pane >= PANE_COUNT ? 0 : ui->pane;
    return &page->panes[pane];
}

/* ---- drawing ---- */

static void draw_title(const struct request_page *page, struct canvas *canvas, struct rect rect,
                       const char *place, const char *around)
{
    const struct request_row *row = &page->detail.row;
    const char *state = request_state(row), *finish = "";
    if (row->record && record_succeeded(row->record) && row->record->finish != FINISH_NONE)
        finish = finish_reason_name(row->record->finish);
    bool bad = row->record && !record_succeeded(row->record);
    int used = canvas_printf(canvas, rect.row, rect.col + 1, rect.cols - 1, STYLE(ROLE_TITLE),
                             "request %u", page->index);
    used += canvas_printf(canvas, rect.row, rect.col + 1 + used, rect.cols - 1 - used,
                          STYLE(ROLE_TEXT), "   L%u %s   R%u   ", row->level->number,
                          row->level->label, row->round->number);
    uint16_t turns = request_turns(row);
    if (turns > 1)
        used += canvas_printf(canvas, rect.row, rect.col + 1 + used, rect.cols - 1 - used,
                              STYLE(ROLE_TEXT), "turn %.0f of %u   ",
                              request_value(row, VALUE_TURN), turns);
    used += canvas_printf(canvas, rect.row, rect.col + 1 + used, rect.cols - 1 - used,
                          STYLE(bad ? ROLE_BAD : ROLE_GOOD), "%s%s%s", state, finish[0] ? ", " : "",
                          finish);
    canvas_printf(canvas, rect.row, rect.col + 1 + used, rect.cols - 1 - used, STYLE(ROLE_DIM),
                  "   %s", place);
    canvas_put_right(canvas, rect.row, rect.col, rect.cols - 1, STYLE(ROLE_KEY), text_of(around));
}

/* What the server called its answer; empty = it did not, or the line is not there yet. */
static struct text reply_id_of(const struct request_page *page)
{
    const struct request_detail *detail = &page->detail;
    for (int i = 0; i < (int)detail->count; i++) {
        const struct bulk_entry *bulk = detail->sides[i].bulk;
        if (detail->sides[i].shown && bulk && bulk->ok)
            return buffer_text(&bulk->bulk.reply_id);
    }
    return TEXT("");
}

/* "sent 12:03:51.204, connection reused, 200, stamp lag 0.1 ms, id chatcmpl-7f3a", or without when
 * it was sent, "connection reused, HTTP/1.1, status 200, …" */
static void say_connection(const struct request_page *page, const struct ui *ui, bool with_sent,
                           struct buffer *out)
{
    const struct record *record = page->detail.row.record;
    if (!record)
        return;
    if (with_sent)
        buffer_printf(out, "sent %s, ", figure_clock(ui->run, record->sent_ns, true).text);
    buffer_printf(out, "connection %s", record->reused_connection ? "reused" : "new");
    if (record->http_version && !with_sent)
        buffer_printf(out, ", HTTP/%u%s", record->http_version / 10,
                      record->http_version < 20 ? record->http_version % 10 ? ".1" : ".0" : "");
    if (record->http_status)
        buffer_printf(out, with_sent ? ", %u" : ", status %u", record->http_status);
    if (!with_sent)
        buffer_printf(out, ", %u events in %s bytes", record->events,
                      figure_count((double)record->response_bytes).text);
    if (record->first_token_ns)
        buffer_printf(out, ", stamp lag %s%s ms", record->lag_at_least ? "at least " : "",
                      figure_of((double)record->first_token_lag_ns / NS_PER_MS, 1).text);
    if (record->attempts > 1)
        buffer_printf(out, ", written %u times", record->attempts);
    if (record->dropped_turns)
        buffer_printf(out, ", %u older turns left out", record->dropped_turns);
    struct text id = reply_id_of(page);
    if (id.size)
        buffer_printf(out, ", id %.*s", (int)id.size, id.data);
}

/* "[prompt] reply  gaps  body  events" */
static void name_panes(enum request_pane first, enum request_pane shown, struct buffer *out)
{
    for (int i = (int)first; i < PANE_COUNT; i++) {
        bool is_shown = i == (int)shown, next_is = i + 1 == (int)shown;
        buffer_printf(out, is_shown ? "[%s]" : "%s", pane_names[i]);
        if (i + 1 < PANE_COUNT)
            buffer_add_string(out, is_shown || next_is ? " " : "  ");
    }
}

static void count_tokens(const struct request_page *page, enum request_pane pane, char *out,
                         size_t size)
{
    const struct request_row *row = &page->detail.row;
    double tokens = NO_VALUE;
    if (pane == PANE_PROMPT)
        tokens = request_value(row, VALUE_INPUT);
    else if (pane == PANE_REPLY)
        tokens = request_value(row, VALUE_OUTPUT);
    out[0] = '\0';
    if (!isnan(tokens))
        snprintf(out, size, "%s tokens", figure_count(tokens).text);
}

static void draw_narrow_panes(struct request_page *page, struct ui *ui, struct canvas *canvas,
                              struct rect rect)
{
    enum request_pane shown = shown_pane(page, ui);
    struct buffer names = {0};
    char tokens[64];
    name_panes(PANE_PROMPT, shown, &names);
    count_tokens(page, shown, tokens, sizeof tokens);
    canvas_rule(canvas, rect.row, rect.col, rect.cols, names.data, tokens);
    buffer_free(&names);
    fill(page, ui, shown);
    text_pane_draw(&page->panes[shown], canvas,
                   (struct rect){rect.row + 1, rect.col + 1, rect.rows - 1, rect.cols - 2});
}

static void draw_wide_panes(struct request_page *page, struct ui *ui, struct canvas *canvas,
                            struct rect rect)
{
    enum request_pane shown = shown_pane(page, ui);
    struct buffer names = {0};
    char tokens[64];
    int half = rect.cols / 2;
    struct rect left = {rect.row, rect.col, rect.rows, half};
    struct rect right = {rect.row, rect.col + half, rect.rows, rect.cols - half};
    count_tokens(page, PANE_PROMPT, tokens, sizeof tokens);
    fill(page, ui, PANE_PROMPT);
    text_pane_draw(
        &page->panes[PANE_PROMPT], canvas,
        canvas_box(canvas, left, ui->pane == PANE_PROMPT ? "[prompt]" : "prompt", tokens));
    name_panes(PANE_REPLY, ui->pane == PANE_PROMPT ? PANE_COUNT : shown, &names);
    count_tokens(page, shown, tokens, sizeof tokens);
    fill(page, ui, shown);
    text_pane_draw(&page->panes[shown], canvas, canvas_box(canvas, right, names.data, tokens));
    buffer_free(&names);
}

static void draw_wide(struct request_page *page, struct ui *ui, struct canvas *canvas,
                      struct rect rect)
{
    const struct request_detail *detail = &page->detail;
    char sent[64] = "";
    if (detail->row.record)
        snprintf(sent, sizeof sent, "sent %s",
                 figure_clock(ui->run, detail->row.record->sent_ns, true).text);
    int rows = 2 + request_detail_times_rows(detail) + detail->count + 2;
    struct rect box =
        canvas_box(canvas, (struct rect){rect.row, rect.col, rows, rect.cols}, "times, ms", sent);
    int row = box.row + request_detail_times(detail, ui, canvas, box);
    row += request_detail_bars(detail, canvas, (struct rect){row, box.col, 2, box.cols});
    canvas_put(canvas, row++, box.col, box.cols, STYLE(ROLE_DIM),
               TEXT("a tick is a chunk; a hole is a gap above 2 × ITL"));
    struct buffer line = {0};
    say_connection(page, ui, false, &line);
    canvas_put(canvas, row, box.col, box.cols, STYLE(ROLE_TEXT), buffer_text(&line));
    buffer_free(&line);
    draw_wide_panes(page, ui, canvas,
                    (struct rect){rect.row + rows, rect.col, rect.rows - rows, rect.cols});
}

static void draw_narrow(struct request_page *page, struct ui *ui, struct canvas *canvas,
                        struct rect rect)
{
    const struct request_detail *detail = &page->detail;
    int row = rect.row, end = rect.row + rect.rows;
    /* On a low screen the text matters more than the bars. */
    if (rect.rows >= 14) {
        canvas_rule(canvas, row++, rect.col, rect.cols, "times, ms", NULL);
        row += request_detail_times(detail, ui, canvas,
                                    (struct rect){row, rect.col + 1, 4, rect.cols - 2});
        row +=
            request_detail_bars(detail, canvas, (struct rect){row, rect.col + 1, 2, rect.cols - 2});
    }
    struct buffer line = {0};
    say_connection(page, ui, true, &line);
    draw_narrow_panes(page, ui, canvas, (struct rect){row, rect.col, end - row - 1, rect.cols});
    canvas_put(canvas, end - 1, rect.col + 1, rect.cols - 2, STYLE(ROLE_DIM), buffer_text(&line));
    buffer_free(&line);
}

void request_page_draw(struct request_page *page, struct ui *ui, struct canvas *canvas,
                       struct rect rect, const char *place, const char *around)
{
    const struct request_row *row = &page->detail.row;
    forget(page, row, (uint32_t)request_value(row, VALUE_INDEX));
    page->wide = rect.cols >= WIDE_COLS && rect.rows >= 24;
    draw_title(page, canvas, rect, place, around);
    struct rect rest = {rect.row + 1, rect.col, rect.rows - 1, rect.cols};
    if (page->wide)
        draw_wide(page, ui, canvas, rest);
    else
        draw_narrow(page, ui, canvas, rest);
}

bool request_page_key(struct request_page *page, struct ui *ui, int key)
{
    if (key == '\t' || key == KEY_BTAB) {
        ui->pane = (ui->pane + (key == '\t' ? 1 : PANE_COUNT - 1)) % PANE_COUNT;
        return true;
    }
    return text_pane_key(request_page_pane(page, ui), key);
}

void request_page_free(struct request_page *page)
{
    for (int i = 0; i < PANE_COUNT; i++)
        text_pane_free(&page->panes[i]);
    prompt_source_free(&page->source);
}
