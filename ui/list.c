/* How a list is walked and its cursor shown: the same in each. */
#include <ncurses.h>

#include "ui/view.h"

#define CTRL(letter) ((letter)&0x1f)

static int page_of(const struct list *list)
{
    return list->rows > 1 ? list->rows - 1 : 1;
}

static int half_page_of(const struct list *list)
{
    return list->rows > 3 ? list->rows / 2 : 1;
}

/* False when the key does not move. */
static bool distance_of(const struct list *list, int key, int64_t *distance)
{
    const struct {
        int keys[2];
        int64_t distance;
    } moves[] = {
        {{KEY_UP, 'k'}, -1},
        {{KEY_DOWN, 'j'}, 1},
        {{KEY_PPAGE, KEY_PPAGE}, -page_of(list)},
        {{KEY_NPAGE, KEY_NPAGE}, page_of(list)},
        {{CTRL('u'), CTRL('u')}, -half_page_of(list)},
        {{CTRL('d'), CTRL('d')}, half_page_of(list)},
        {{KEY_HOME, 'g'}, -(int64_t)list->count},
        {{KEY_END, 'G'}, list->count},
    };
    for (size_t i = 0; i < sizeof moves / sizeof moves[0]; i++)
        if (key == moves[i].keys[0] || key == moves[i].keys[1]) {
            *distance = moves[i].distance;
            return true;
        }
    return false;
}

bool list_key(struct list *list, int key)
{
    int64_t distance;
    if (!distance_of(list, key, &distance))
        return false;
    int64_t last = list->count ? (int64_t)list->count - 1 : 0;
    int64_t cursor = (int64_t)list->cursor + distance;
    list->cursor = (uint32_t)(cursor < 0 ? 0 : cursor > last ? last : cursor);
    return true;
}

void list_settle(struct list *list, uint32_t count, int rows)
{
    list->count = count;
    list->rows = rows > 0 ? rows : 0;
    uint32_t visible = (uint32_t)list->rows;
    if (list->cursor >= count)
        list->cursor = count ? count - 1 : 0;
    if (list->cursor < list->top)
        list->top = list->cursor;
    if (visible && list->cursor >= list->top + visible)
        list->top = list->cursor - visible + 1;
    uint32_t last_top = count > visible ? count - visible : 0;
    if (list->top > last_top)
        list->top = last_top;
}

void list_mark(struct canvas *canvas, int row, int col, int cols)
{
    canvas_put(canvas, row, col + 1, 1, STYLE(ROLE_SELECTED), TEXT("▸"));
    canvas_restyle(canvas, (struct rect){row, col, 1, cols}, STYLE(ROLE_SELECTED));
}
