/* Plots out of braille dots, eighth blocks or ASCII. A value is never drawn as nothing. */
#ifndef UI_PLOT_H
#define UI_PLOT_H

#include "ui/canvas.h"

/* Something that happened at an instant of the axis: "R2", "→12". */
struct plot_mark {
    uint32_t at; /* index into values */
    char label[16];
};

struct plot {
    const double *values; /* oldest first, NaN = nothing there */
    uint32_t count;
    int64_t first_second;   /* of the run, of values[0] */
    double step_s;          /* from value to value; 0 = 1 s */
    bool live;              /* the last value is of this second */
    double floor, ceiling;  /* of the axis; ceiling NaN = a round number above the largest value */
    double limit;           /* a line: the SLO; NaN = none */
    const char *limit_name; /* "SLO 350", at the end of its line; NULL = none */
    enum role role;
    const struct plot_mark *marks;
    uint32_t mark_count;
    uint64_t wall_ns; /* of second 0, for the times below the axis; 0 = none */
};

/* An area, with the axis of values on its left. The last row is the axis of time: a line that may
 * be drawn over the bottom line of a box. */
void plot_draw(struct canvas *canvas, struct rect rect, const struct plot *plot);
/* The last values in one row of blocks, between 0 and the largest of them. */
void plot_sparkline(struct canvas *canvas, int row, int col, int cols, const double *values,
                    uint32_t count, struct style style);
/* A horizontal bar, `share` 0…1, with eighth steps. What is left of `cols` is not touched. */
void plot_bar(struct canvas *canvas, int row, int col, int cols, double share, struct style style);

struct points {
    const double *x, *y; /* of a line: x ascends */
    uint32_t count;
    bool line; /* else single points */
    enum role role;
    const char *y_unit; /* behind the labels on the left, "×"; NULL = none */
    double level;       /* a horizontal line, as the median; NaN = none */
    const char *level_name;
    bool x_labels; /* numbers below, in the last row */
};

/* y over x from 0 on; the last row is the axis of x, as in plot_draw. */
void plot_points(struct canvas *canvas, struct rect rect, const struct points *points);

/* A round number (1, 1.5, 2, 2.5, 3, 4, 5, 6, 8 times a power of ten) that is at least `value`. */
double plot_ceiling(double value);

#endif
