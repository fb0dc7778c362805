/* A canvas as text, to be searched by tests. */
#ifndef SCREEN_TEXT_H
#define SCREEN_TEXT_H

#include <stdio.h>
#include <stdlib.h>

#include "ui/canvas.h"

/* Freed by the caller. */
static inline char *screen_text(const struct canvas *canvas)
{
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    canvas_dump(canvas, out);
    fclose(out);
    return text;
}

/* All that the canvas shows, a line for each row. */
static inline void assert_whole_screen(const struct canvas *canvas, const char *expected)
{
    char *text = screen_text(canvas);
    assert_string_equal(text, expected);
    free(text);
}

#define assert_shows(text, what)                               \
    do {                                                       \
        if (!strstr((text), (what)))                           \
            fail_msg("\"%s\" is not in:\n%s", (what), (text)); \
    } while (0)

#define assert_shows_not(text, what)                       \
    do {                                                   \
        if (strstr((text), (what)))                        \
            fail_msg("\"%s\" is in:\n%s", (what), (text)); \
    } while (0)

#endif
