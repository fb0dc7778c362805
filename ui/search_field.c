#include "ui/search_field.h"

#include <ncurses.h>
#include <stdlib.h>

#include "base/memory.h"
#include "ui/input.h"

#define ESC 0x1b

struct search_field {
    const char *label;
    char before[INPUT_BYTES];
    struct input input;
    void (*changed)(struct ui *ui, const char *text);
};

static void draw(struct ui *ui, struct canvas *canvas, struct rect rect)
{
    const struct search_field *field = ui->overlay_state;
    int row = rect.row + rect.rows - 1;
    canvas_fill(canvas, (struct rect){row, rect.col, 1, rect.cols}, STYLE(ROLE_TEXT));
    int used = canvas_printf(canvas, row, rect.col + 1, rect.cols - 1, STYLE(ROLE_KEY), "%s ",
                             field->label);
    input_draw(&field->input, canvas, row, rect.col + 1 + used, rect.cols - used - 2,
               STYLE(ROLE_TEXT), true);
}

static bool key(struct ui *ui, int key)
{
    struct search_field *field = ui->overlay_state;
    bool taken = key == '\n' || key == '\r' || key == KEY_ENTER;
    if (taken || key == ESC || key == KEY_F(10)) {
        if (!taken)
            field->changed(ui, field->before);
        free(field);
        ui->overlay_state = NULL;
        return false;
    }
    if (input_key(&field->input, key))
        field->changed(ui, field->input.text);
    return true;
}

void search_field_open(struct ui *ui, const char *label, const char *text,
                       void (*changed)(struct ui *ui, const char *text))
{
    static const struct overlay overlay = {.draw = draw, .key = key};
    struct search_field *field = xcalloc(1, sizeof *field);
    field->label = label;
    field->changed = changed;
    input_set(&field->input, text_of(text));
    snprintf(field->before, sizeof field->before, "%s", field->input.text);
    ui->overlay = &overlay;
    ui->overlay_state = field;
}
