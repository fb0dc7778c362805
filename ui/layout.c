#include "ui/layout.h"

enum {
    STRIP_ROWS = 15, /* below this, or below STRIP_COLS, there is the strip only */
    STRIP_COLS = 60,
    BOXES_COLS = 100, /* from here on there are three columns, and boxes around everything */
    BOXES_ROWS = 28,  /* of the body */
    ITL_COLS = 66,    /* two plots side by side */
    FIGURE_COLS = 70, /* all statistics */
};

/* ---- rows of Live, from top to bottom ---- */

enum band { BAND_PLOTS, BAND_MIDDLE, BAND_FIGURES, BAND_LEVELS, BAND_EVENTS, BAND_COUNT };

/* `least` rows or none; of what is left over each takes its weight, up to `most`. */
struct demand {
    int least, most, weight;
};

static const struct demand narrow[BAND_COUNT] = {
    [BAND_PLOTS] = {6, 30, 5},  [BAND_MIDDLE] = {5, 7, 0}, [BAND_FIGURES] = {4, 4, 0},
    [BAND_LEVELS] = {3, 12, 2}, [BAND_EVENTS] = {1, 8, 1},
};
static const struct demand boxed[BAND_COUNT] = {
    [BAND_PLOTS] = {7, 30, 6},  [BAND_MIDDLE] = {6, 16, 3}, [BAND_FIGURES] = {8, 8, 0},
    [BAND_LEVELS] = {4, 14, 2}, [BAND_EVENTS] = {3, 10, 2},
};

/* What is given up, the first first, and what it still takes then. Boxes are drawn only where all
 * of them fit. */
static const struct {
    enum band band;
    int least;
} losses[] = {{BAND_EVENTS, 0}, {BAND_MIDDLE, 1}, {BAND_LEVELS, 1}, {BAND_PLOTS, 4}};

static int sum_of(const int rows[BAND_COUNT])
{
    int sum = 0;
    for (int i = 0; i < BAND_COUNT; i++)
        sum += rows[i];
    return sum;
}

static void give_up(int rows[BAND_COUNT], int room)
{
    for (size_t i = 0; i < sizeof losses / sizeof losses[0] && sum_of(rows) > room; i++)
        rows[losses[i].band] = losses[i].least;
}

/* Hands out one row after the other, each to the band that has the least for its weight. */
static void share_out(int rows[BAND_COUNT], int room, const struct demand *demands)
{
    for (int left = room - sum_of(rows); left > 0; left--) {
        int best = -1;
        for (int i = 0; i < BAND_COUNT; i++) {
            const struct demand *demand = &demands[i];
            if (rows[i] < demand->least || rows[i] >= demand->most || demand->weight == 0)
                continue;
            if (best < 0 || (rows[i] - demand->least) * demands[best].weight <
                                (rows[best] - demands[best].least) * demand->weight)
                best = i;
        }
        if (best < 0)
            return;
        rows[best]++;
    }
}

/* ---- columns ---- */

/* Cuts a band into `parts` of about equal width. */
static struct rect part_of(struct rect band, int part, int parts)
{
    int from = band.cols * part / parts, to = band.cols * (part + 1) / parts;
    return (struct rect){band.row, band.col + from, band.rows, to - from};
}

static void cut_plots(struct layout *layout, struct rect band)
{
    if (band.cols < ITL_COLS) {
        layout->areas[AREA_TTFT] = band;
        return;
    }
    layout->areas[AREA_TTFT] = part_of(band, 0, 2);
    layout->areas[AREA_ITL] = part_of(band, 1, 2);
}

static void cut_boxes(struct layout *layout, const struct rect bands[BAND_COUNT])
{
    struct rect middle = bands[BAND_MIDDLE], figures = bands[BAND_FIGURES];
    layout->areas[AREA_TOKENS] = part_of(middle, 0, 3);
    layout->areas[AREA_FLIGHT] = part_of(middle, 1, 3);
    layout->areas[AREA_SPREAD] = part_of(middle, 2, 3);
    /* The server's box stands below the third column, and a little wider where there is room. */
    int server = figures.cols >= 114 ? figures.cols * 38 / 120 : figures.cols / 3;
    int left = figures.cols - server;
    layout->areas[AREA_FIGURES] = (struct rect){figures.row, figures.col, figures.rows, left};
    layout->areas[AREA_SERVER] =
        (struct rect){figures.row, figures.col + left, figures.rows, server};
}

static void cut_narrow(struct layout *layout, const struct rect bands[BAND_COUNT])
{
    struct rect middle = bands[BAND_MIDDLE];
    layout->areas[AREA_LOAD] = part_of(middle, 0, 2);
    layout->areas[AREA_SERVER] = part_of(middle, 1, 2);
    layout->areas[AREA_FIGURES] = bands[BAND_FIGURES];
}

static void cut_live(struct layout *layout, struct rect body)
{
    layout->boxes = body.cols >= BOXES_COLS && body.rows >= BOXES_ROWS;
    layout->few_columns = body.cols < FIGURE_COLS;
    const struct demand *demands = layout->boxes ? boxed : narrow;
    int rows[BAND_COUNT];
    for (int i = 0; i < BAND_COUNT; i++)
        rows[i] = demands[i].least;
    give_up(rows, body.rows);
    share_out(rows, body.rows, demands);

    struct rect bands[BAND_COUNT];
    int row = body.row;
    for (int i = 0; i < BAND_COUNT; i++) {
        bands[i] = (struct rect){row, body.col, rows[i], body.cols};
        row += rows[i];
    }
    cut_plots(layout, bands[BAND_PLOTS]);
    if (layout->boxes)
        cut_boxes(layout, bands);
    else
        cut_narrow(layout, bands);
    layout->areas[AREA_LEVELS] = bands[BAND_LEVELS];
    layout->areas[AREA_EVENTS] = bands[BAND_EVENTS];
}

void layout_make(struct layout *layout, int rows, int cols, enum view_id view)
{
    *layout = (struct layout){0};
    if (rows < STRIP_ROWS || cols < STRIP_COLS) {
        layout->areas[AREA_STRIP] = (struct rect){0, 0, rows, cols};
        return;
    }
    layout->areas[AREA_HEADER] = (struct rect){0, 0, 2, cols};
    layout->areas[AREA_BODY] = (struct rect){2, 0, rows - 3, cols};
    layout->areas[AREA_FOOTER] = (struct rect){rows - 1, 0, 1, cols};
    if (view == VIEW_LIVE)
        cut_live(layout, layout->areas[AREA_BODY]);
}
