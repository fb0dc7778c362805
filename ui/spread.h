/* How often values fell where: the rows of a histogram, cold and warm in one bar. */
#ifndef UI_SPREAD_H
#define UI_SPREAD_H

#include "ui/canvas.h"

/* Values in ms, in any order; either may be empty. A row is a range, as many times as wide as the
 * one above; its label is where it begins. */
void spread_draw(struct canvas *canvas, struct rect rect, const double *cold, uint32_t cold_count,
                 const double *warm, uint32_t warm_count);

/* The blocks in the top line of that box ("R1 ░  R2 █") get the colours of the bars. */
void spread_colour_legend(struct canvas *canvas, struct rect rect);

#endif
