#include "ui/text_pane.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/memory.h"

static void add_line(struct text_pane *pane, size_t at, size_t size, uint16_t indent)
{
    if (pane->count == pane->capacity) {
        pane->capacity = pane->capacity ? pane->capacity * 2 : 64;
        pane->lines = xreallocarray(pane->lines, pane->capacity, sizeof *pane->lines);
    }
    pane->lines[pane->count++] = (struct pane_line){(uint32_t)at, (uint32_t)size, indent};
}

/* The last blank in a piece that may be broken there; 0 = there is none. */
static size_t last_blank(struct text piece)
{
    size_t at = piece.size;
    while (at > 0 && piece.data[at - 1] != ' ')
        at--;
    return at;
}

/* One line of the text into as many as it takes; those that follow keep its indentation. */
static void break_line(struct text_pane *pane, size_t at, size_t size)
{
    const char *data = pane->text.data;
    size_t blanks = 0;
    while (blanks < size && data[at + blanks] == ' ')
        blanks++;
    uint16_t indent = (uint16_t)((int)blanks < pane->cols / 2 ? blanks : 0);
    bool first = true;
    do {
        struct text rest = {data + at, size};
        int cols = first ? pane->cols : pane->cols - indent;
        struct text piece = text_cut(rest, cols > 0 ? cols : 1);
        if (piece.size == 0 && rest.size) /* not even one character fits */
            piece.size = utf8_length(rest) ? utf8_length(rest) : 1;
        if (piece.size < rest.size && rest.data[piece.size] != ' ') {
            size_t blank = last_blank(piece);
            /* One long word behind a short one, as JSON is, does not leave a line nearly empty. */
            if (blank > (first ? blanks : 0) && blank > piece.size / 3)
                piece.size = blank;
        }
        add_line(pane, at, piece.size, first ? 0 : indent);
        while (piece.size < rest.size && rest.data[piece.size] == ' ')
            piece.size++;
        at += piece.size;
        size -= piece.size;
        first = false;
    } while (size);
}

static void break_text(struct text_pane *pane, int cols)
{
    struct text rest = buffer_text(&pane->text), line;
    pane->cols = cols;
    pane->count = 0;
    while (pane->text.data && text_next_line(&rest, &line))
        break_line(pane, (size_t)(line.data - pane->text.data), line.size);
}

void text_pane_clear(struct text_pane *pane)
{
    buffer_clear(&pane->text);
    pane->cols = 0;
    pane->count = 0;
    pane->list = (struct list){0};
}

/* Case is not looked at in ASCII. */
static const char *find_in(struct text text, const char *needle)
{
    size_t size = strlen(needle);
    for (size_t at = 0; size && at + size <= text.size; at++)
        if (strncasecmp(text.data + at, needle, size) == 0)
            return text.data + at;
    return NULL;
}

static struct text line_text(const struct text_pane *pane, uint32_t line)
{
    return (struct text){pane->text.data + pane->lines[line].at, pane->lines[line].size};
}

static void mark_matches(const struct text_pane *pane, struct canvas *canvas, int row, int col,
                         struct text text)
{
    struct text rest = text;
    const char *found;
    while (pane->needle[0] && (found = find_in(rest, pane->needle))) {
        struct text before = {text.data, (size_t)(found - text.data)};
        struct text match = {found, strlen(pane->needle)};
        canvas_restyle(canvas,
                       (struct rect){row, col + text_columns(before), 1, text_columns(match)},
                       (struct style){.role = ROLE_WARN, .flags = STYLE_REVERSE});
        rest = (struct text){found + match.size, text.size - before.size - match.size};
    }
}

void text_pane_draw(struct text_pane *pane, struct canvas *canvas, struct rect rect)
{
    if (rect.cols <= 0 || rect.rows <= 0)
        return;
    if (pane->cols != rect.cols)
        break_text(pane, rect.cols);
    struct list *list = &pane->list;
    list_settle(list, pane->count, rect.rows);
    for (int i = 0; i < rect.rows && list->top + (uint32_t)i < pane->count; i++) {
        uint32_t line = list->top + (uint32_t)i;
        struct text text = line_text(pane, line);
        bool heading = text.size && text.data[0] == PANE_HEADING;
        if (heading)
            text = (struct text){text.data + 1, text.size - 1};
        int col = rect.col + pane->lines[line].indent;
        canvas_put(canvas, rect.row + i, col, rect.cols - pane->lines[line].indent,
                   STYLE(heading ? ROLE_TITLE : ROLE_TEXT), text);
        mark_matches(pane, canvas, rect.row + i, col, text);
    }
}

/* The cursor follows the page, so that an arrow moves at once. */
static void show_line(struct text_pane *pane, uint32_t top)
{
    struct list *list = &pane->list;
    uint32_t rows = (uint32_t)list->rows, last = pane->count > rows ? pane->count - rows : 0;
    list->top = top < last ? top : last;
    list->cursor = list->top;
}

static bool find_from(struct text_pane *pane, int64_t line, int step)
{
    for (; line >= 0 && line < pane->count; line += step)
        if (find_in(line_text(pane, (uint32_t)line), pane->needle)) {
            show_line(pane, (uint32_t)line);
            pane->list.cursor = (uint32_t)line;
            return true;
        }
    return false;
}

bool text_pane_find(struct text_pane *pane, const char *needle)
{
    snprintf(pane->needle, sizeof pane->needle, "%s", needle);
    return !needle[0] || find_from(pane, 0, 1);
}

bool text_pane_key(struct text_pane *pane, int key)
{
    struct list *list = &pane->list;
    if ((key == 'n' || key == 'N') && pane->needle[0]) {
        int step = key == 'n' ? 1 : -1;
        return find_from(pane, (int64_t)list->cursor + step, step) || true;
    }
    uint32_t cursor = list->cursor;
    list->cursor = list->top;
    if (!list_key(list, key)) {
        list->cursor = cursor;
        return false;
    }
    show_line(pane, list->cursor);
    return true;
}

void text_pane_free(struct text_pane *pane)
{
    buffer_free(&pane->text);
    free(pane->lines);
    *pane = (struct text_pane){0};
}
