/* The axes of plots: round numbers beside them, times and marks below. */
#ifndef UI_PLOT_AXIS_H
#define UI_PLOT_AXIS_H

#include "ui/plot.h"

/* From floor to ceiling, with a label at each of `parts` equal steps. */
struct axis {
    double floor, ceiling;
    int parts;
};

/* For `rows` rows. `ceiling` NaN takes a round number above `largest`, and above `limit` where that
 * does not flatten the rest. */
void axis_make(struct axis *axis, double floor, double ceiling, double largest, double limit,
               int rows);
/* Where a value stands between floor and ceiling, 0…1. */
double axis_share(const struct axis *axis, double value);
/* Labels at the left of `rect`, whose last row is the other axis. Returns their columns, with a
 * blank behind. */
int axis_draw_values(struct canvas *canvas, struct rect rect, const struct axis *axis,
                     const char *unit);
/* A dotted line where nothing is drawn yet, its name at the right end. A limit above the ceiling
 * stands in the top row, with an arrow. */
void axis_draw_limit(struct canvas *canvas, struct rect area, const struct axis *axis, double limit,
                     const char *name, enum role role);
/* Both in the last row of `rect`, over the columns of `area`. */
void axis_draw_time(struct canvas *canvas, struct rect rect, struct rect area,
                    const struct plot *plot);
/* `axis` NULL is a bare line. */
void axis_draw_numbers(struct canvas *canvas, struct rect rect, struct rect area,
                       const struct axis *axis);

#endif
