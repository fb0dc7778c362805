/* Where things stand on a screen of some size: a pure function. */
#ifndef UI_LAYOUT_H
#define UI_LAYOUT_H

#include "ui/view.h"

enum area {
    AREA_STRIP,  /* one status line, on screens too small for anything else; more rows where there
                    are more */
    AREA_HEADER, /* two rows: what is benchmarked and how far it is, and the views */
    AREA_BODY,   /* the view; of Live it is cut into what follows */
    AREA_FOOTER,
    AREA_TTFT,
    AREA_ITL,
    AREA_TOKENS, /* plot of tokens/s */
    AREA_FLIGHT, /* plot of requests in flight */
    AREA_SPREAD,
    AREA_LOAD, /* the same figures as a box of text, where there is no room for plots */
    AREA_SERVER,
    AREA_FIGURES,
    AREA_LEVELS,
    AREA_EVENTS,
    AREA_COUNT
};

struct layout {
    struct rect areas[AREA_COUNT]; /* rows 0 = not shown */
    bool boxes;                    /* figures, levels and events stand in boxes */
    bool few_columns;              /* of figures: P50 and P99 only */
};

/* For any size from 1×1. What is shown lies inside the screen, nothing overlaps, and areas follow
 * each other from top to bottom in the order of the enum (those in one row share their rows). */
void layout_make(struct layout *layout, int rows, int cols, enum view_id view);

static inline bool layout_has(const struct layout *layout, enum area area)
{
    return layout->areas[area].rows > 0;
}

#endif
