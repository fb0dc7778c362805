/* A text to scroll through, with what is better and what is worse in colour. */
#include <ncurses.h>
#include <stdlib.h>

#include "base/memory.h"
#include "ui/form.h"
#include "ui/sheet.h"
#include "ui/view.h"

struct scroll {
    const char *title;
    struct text *lines;
    struct list list; /* the cursor is the first line shown */
    int shift;        /* columns to the left of the page */
};

static bool holds(struct text line, const char *word)
{
    return memmem(line.data, line.size, word, strlen(word)) != NULL;
}

static enum role role_of(struct text line)
{
    if (holds(line, "faster"))
        return ROLE_GOOD;
    if (holds(line, "slower"))
        return ROLE_BAD;
    return line.size && line.data[0] != ' ' ? ROLE_TITLE : ROLE_TEXT;
}

/* Without its first columns. */
static struct text shifted(struct text line, int cols)
{
    struct text cut = text_cut(line, cols);
    return (struct text){line.data + cut.size, line.size - cut.size};
}

static void draw(void *page, struct canvas *canvas)
{
    struct scroll *scroll = page;
    int rows = canvas->rows - 2;
    canvas_put(canvas, 0, 1, canvas->cols - 2, STYLE(ROLE_TITLE), text_of(scroll->title));
    scroll->list.rows = rows;
    uint32_t last = scroll->list.count > (uint32_t)rows ? scroll->list.count - (uint32_t)rows : 0;
    if (scroll->list.cursor > last)
        scroll->list.cursor = last;
    for (int row = 0; row < rows; row++) {
        uint32_t at = scroll->list.cursor + (uint32_t)row;
        if (at >= scroll->list.count)
            break;
        struct text line = scroll->lines[at];
        canvas_put(canvas, 1 + row, 1, canvas->cols - 2, STYLE(role_of(line)),
                   shifted(line, scroll->shift));
    }
    canvas_hints(canvas, canvas->rows - 1, "↑ ↓ move  ← → sideways  q back");
}

static bool key_pressed(void *page, int key)
{
    struct scroll *scroll = page;
    if (key == 'q' || key == 'Q' || key == 0x1b || key == 0x03 || key == KEY_F(10))
        return false;
    if (key == KEY_RIGHT || key == 'l')
        scroll->shift += 8;
    else if (key == KEY_LEFT || key == 'h')
        scroll->shift = scroll->shift > 8 ? scroll->shift - 8 : 0;
    else
        list_key(&scroll->list, key);
    return true;
}

enum sheet_end sheet_read(const char *title, struct text text,
                          const struct sheet_terminal *terminal, struct error *error)
{
    static const struct sheet sheet = {.title = "fluxperf", .draw = draw, .key = key_pressed};
    struct scroll scroll = {.title = title};
    struct text line;
    for (struct text rest = text; text_next_line(&rest, &line);) {
        scroll.lines = xreallocarray(scroll.lines, scroll.list.count + 1, sizeof *scroll.lines);
        scroll.lines[scroll.list.count++] = line;
    }
    enum sheet_end end = sheet_run(&sheet, &scroll, terminal, error);
    free(scroll.lines);
    return end;
}
