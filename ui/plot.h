/* Plots out of braille dots, eighth blocks or ASCII. A value is never drawn as nothing. */
#ifndef UI_PLOT_H
#define UI_PLOT_H

#include "ui/canvas.h"

#define PLOT_MARKS 32

/* Something that happened at an instant of the axis: "R2", "→12". */
struct plot_mark {
    uint32_t at; /* index into values */
    char label[8];
};

struct plot {
    const double *values; /* oldest first, NaN = nothing there */
    uint32_t count;
    uint32_t first_second; /* of the run, of values[0]; one value a second */
    double floor, ceiling; /* of the axis; ceiling NaN = a round number above the largest value */
    double limit;          /* a line: the SLO; NaN = none */
    enum role role;
    const struct plot_mark *marks;
    uint32_t mark_count;
    uint64_t wall_ns; /* of second 0, for the times below the axis; 0 = none */
};

/* With an axis on the left and times below. */
void plot_draw(struct canvas *canvas, struct rect rect, const struct plot *plot);
/* The last values in one row of blocks. */
void plot_sparkline(struct canvas *canvas, int row, int col, int cols, const double *values,
                    uint32_t count, struct style style);
/* A horizontal bar, `share` 0…1, with eighth steps. */
void plot_bar(struct canvas *canvas, int row, int col, int cols, double share, struct style style);
/* A scatter or a line of y over x, both in braille, with both axes. */
void plot_points(struct canvas *canvas, struct rect rect, const double *x, const double *y,
                 uint32_t count, bool line, enum role role);

#endif
