/* A request as a bar: how long it waited, each chunk, its end. */
#ifndef UI_TIMELINE_H
#define UI_TIMELINE_H

#include "result/bulk.h"
#include "ui/canvas.h"

struct timeline {
    double wait_ms; /* to the first token; NaN = none came */
    double end_ms;  /* to its end */
    double gap_ms;  /* a gap of more than twice this is a hole: its ITL; NaN = nothing is */
    const struct chunk_times *chunks; /* NULL = not known */
    bool failed;
};

/* `├── 241 ──┤╷╷╷ ╷╷┤ 4.81 s` in one row: `longest_ms` would fill it, so that bars below each other
 * compare. A tick is a chunk (or several in one column), a hole a gap above 2 × ITL. `label` is put
 * into the wait: "wait ". */
void timeline_draw(struct canvas *canvas, int row, int col, int cols,
                   const struct timeline *timeline, double longest_ms, const char *label,
                   enum role role);

#endif
