/* What a canvas looks like besides its text, so that two screens can be held against each other:
 * for each row that has any, its number and spans of columns, all from 1. */
#ifndef UI_CANVAS_SPANS_H
#define UI_CANVAS_SPANS_H

#include "ui/canvas.h"

/* The role of each cell that is not plain text, a letter each: "3  -1 T3-40 -80". */
void canvas_dump_roles(const struct canvas *canvas, FILE *out);
/* The attributes that stand out where there are no colours: B bold, D dim, R reverse, U underline.
 */
void canvas_dump_marks(const struct canvas *canvas, FILE *out);

#endif
