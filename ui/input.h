/* One line of text that a person types: a form's field, a filter, a note. */
#ifndef UI_INPUT_H
#define UI_INPUT_H

#include "ui/canvas.h"

#define INPUT_BYTES 512

struct input {
    char text[INPUT_BYTES]; /* UTF-8, NUL-terminated */
    size_t size;
    size_t cursor; /* byte; never inside a character */
};

/* The cursor goes to the end. What is too long is cut. */
void input_set(struct input *input, struct text text);
/* Puts a character before the cursor; control characters are refused. False when it is full too. */
bool input_put(struct input *input, uint32_t character);
/* Arrows, Home, End, Backspace, Del, ^A ^E ^U ^K ^W and printable keys (bytes of UTF-8 one by one,
 * or whole ASCII). False when the key is none of these. */
bool input_key(struct input *input, int key);
/* With the cursor, where it is `focused`; scrolled so that the cursor can be seen. */
void input_draw(const struct input *input, struct canvas *canvas, int row, int col, int cols,
                struct style style, bool focused);

static inline struct text input_text(const struct input *input)
{
    return (struct text){input->text, input->size};
}

#endif
