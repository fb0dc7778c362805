/* A page of cells that views draw on: in memory, so that a screen can be shown, compared and dumped
 * as text alike. Nothing here knows ncurses. Text from outside is made harmless on the way in. */
#ifndef UI_CANVAS_H
#define UI_CANVAS_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "base/text.h"

struct rect {
    int row, col, rows, cols;
};

/* What a thing is, not what it looks like: the theme gives it a colour. */
enum role {
    ROLE_TEXT,
    ROLE_DIM,      /* units, axes, what is unimportant */
    ROLE_TITLE,    /* of a box or view */
    ROLE_BOX,      /* lines around things */
    ROLE_KEY,      /* a key in the footer, with what it does in ROLE_DIM */
    ROLE_SELECTED, /* the row under the cursor */
    ROLE_GOOD,
    ROLE_WARN,
    ROLE_BAD,
    ROLE_COLD, /* round 1 */
    ROLE_WARM, /* later rounds */
    ROLE_TTFT, /* plots; with a level 0…100 along the theme's gradient */
    ROLE_ITL,
    ROLE_LOAD,
    ROLE_SERVER,
    ROLE_COUNT
};

enum { STYLE_BOLD = 1, STYLE_REVERSE = 2, STYLE_UNDERLINE = 4 };

struct style {
    uint8_t role;
    uint8_t level; /* 0…100, of roles with a gradient */
    uint8_t flags;
};

#define STYLE(of_role) ((struct style){.role = (uint8_t)(of_role)})

#define CELL_BYTES 16

/* One column. The right half of a wide character has width 0 and no text. */
struct cell {
    char text[CELL_BYTES]; /* one character with its combining marks, NUL-terminated; "" is a blank
                            */
    uint8_t width;
    struct style style;
};

struct canvas {
    int rows, cols;
    bool ascii;      /* only ASCII may be put: lines and blocks have stand-ins */
    bool no_braille; /* plots are made of eighth blocks: a console's font has no dots */
    struct cell *cells;
};

void canvas_init(struct canvas *canvas, int rows, int cols, bool ascii);
void canvas_free(struct canvas *canvas);
/* Blanks everything. */
void canvas_clear(struct canvas *canvas);

/* Puts as much of `text` as fits into `cols` columns; returns the columns used. Outside the canvas
 * it is clipped. Control characters become visible (^[), line breaks and tabs a space, broken UTF-8
 * U+FFFD, wide characters take their two columns or are left out at the edge. Joiners and variation
 * selectors are left out: terminals do not agree on the width of what they make. */
int canvas_put(struct canvas *canvas, int row, int col, int cols, struct style style,
               struct text text);
int canvas_printf(struct canvas *canvas, int row, int col, int cols, struct style style,
                  const char *format, ...) __attribute__((format(printf, 6, 7)));
/* The same, with … at the end of what does not fit. */
int canvas_put_cut(struct canvas *canvas, int row, int col, int cols, struct style style,
                   struct text text);
/* As canvas_put, ending at column col + cols. */
void canvas_put_right(struct canvas *canvas, int row, int col, int cols, struct style style,
                      struct text text);
/* Blanks a rectangle in that style. */
void canvas_fill(struct canvas *canvas, struct rect rect, struct style style);
/* Restyles what stands there: a cursor's row. */
void canvas_restyle(struct canvas *canvas, struct rect rect, struct style style);
/* Rounded box; titles stand in its top line, either may be NULL. `right` gives way where both do
 * not fit. Returns the inside, without the column of blanks on both sides. */
struct rect canvas_box(struct canvas *canvas, struct rect rect, const char *left,
                       const char *right);
/* `── title ─────` over the whole width of a row, `right` at its end; either may be NULL. */
void canvas_rule(struct canvas *canvas, int row, int col, int cols, const char *left,
                 const char *right);

/* Rows as text, trailing blanks cut, for tests, copies and the README. */
void canvas_dump(const struct canvas *canvas, FILE *out);

/* Columns that a text takes when it is put. */
int text_columns(struct text text);
/* The longest beginning of `text` that takes at most `cols` columns. */
struct text text_cut(struct text text, int cols);
/* The same, ended at a blank where there is one, so that the rest can go on a line below; what
 * parts them goes with neither. Moves `rest` behind it. */
struct text text_take_line(struct text *rest, int cols);

#endif
