/* The tables of one level's page: two rounds by their statistics, and what the later one is held
 * against. */
#ifndef UI_LEVEL_TABLES_H
#define UI_LEVEL_TABLES_H

#include "ui/view.h"

/* A round of the page. */
struct side {
    const struct round *round;
    const struct summary *summary;
    const char *word; /* "cold", "warm" */
    bool running;
};

/* What the last side is held against: its baseline, else the first side. */
struct held_against {
    const struct summary *before;          /* NULL = nothing */
    const struct differences *differences; /* NULL = it is the first side */
};

struct held_against level_held_against(struct ui *ui, const struct level *level,
                                       const struct side *sides, int count);

/* TTFT, ITL and latency by their statistics, with the change; then counts and rates. Each returns
 * the row below it. */
int level_metrics_draw(struct canvas *canvas, struct rect rect, int row, const struct side *sides,
                       int count, const struct held_against *against);
int level_metrics_draw_wide(struct canvas *canvas, struct rect rect, int row,
                            const struct side *sides, int count,
                            const struct held_against *against);
int level_rates_draw(struct canvas *canvas, struct rect rect, int row, bool wide,
                     const struct side *sides, int count, const struct held_against *against);

#endif
