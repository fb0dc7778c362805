/* Fields of a form: each has the range, the choices and the help of an option of the command line.
 */
#ifndef UI_FORM_H
#define UI_FORM_H

#include "config/options.h"
#include "ui/input.h"

struct field {
    const char *label;
    const struct option *option;
    char now[128];    /* what holds: shown before "→ new"; "" = the field is all there is */
    const char *hint; /* behind it, where there is room: "not sent", "1 to 100" */
    bool is_wrong;    /* what was typed cannot be; the hint then says why */
    bool yes_no;      /* without an option */
    struct input input;
};

/* Choices go round with ← → and Space; all else is text. False when the key is not the field's. */
bool field_key(struct field *field, int key);
/* Label, what holds, and what was typed; the one that is focused has a cursor. */
void field_draw(const struct field *field, struct canvas *canvas, int row, int col, int cols,
                int label_cols, bool focused);
/* True when something else than what holds was typed. */
bool field_is_changed(const struct field *field);
/* Puts what was typed into its place in `config`, by the words of a list one by one. True for an
 * empty field, which sets nothing. */
bool field_take(const struct field *field, struct config *config, struct error *error);
/* "1 to 100,000", "auto, reset, salt": what may be typed. "" where any text may. */
void option_range_text(const struct option *option, struct buffer *out);
/* What holds in `config`, in words: a number, a choice's name, "not sent". */
void option_value_text(const struct config *config, const struct option *option,
                       struct buffer *out);
/* Text in lines of at most `cols` columns, broken at blanks; at most `rows` of them, the last
 * with … where more would follow. Returns the rows used. */
int canvas_wrap(struct canvas *canvas, struct rect rect, struct style style, struct text text);
/* "[ Queue ]" and the like, side by side; returns the column behind. */
int canvas_button(struct canvas *canvas, int row, int col, const char *label, bool focused);
/* A footer of keys: "Enter start  Tab next", each key in its role. */
void canvas_hints(struct canvas *canvas, int row, const char *hints);

#endif
