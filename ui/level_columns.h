/* The columns of the list of levels: what each shows of a level, and how it is sorted by it. */
#ifndef UI_LEVEL_COLUMNS_H
#define UI_LEVEL_COLUMNS_H

#include "ui/view.h"

/* A level as its columns ask of it. */
struct level_line {
    struct ui *ui;
    const struct level *level;
    const struct round *first, *last; /* NULL where none has begun */
    const struct summary *figures;    /* of the last */
};

struct level_cell {
    char text[96];
    enum role role;
};

struct level_column {
    const char *title;
    int narrow, wide; /* columns; 0 = not shown there */
    int from;         /* columns of the list from which it is shown */
    bool left, low_first;
    double (*value)(const struct level_line *line); /* NULL = no order by it */
    void (*show)(const struct level_line *line, double value, struct level_cell *cell);
    const char *difference; /* key of compare_figures; NULL = none is shown */
};

#define LEVEL_COLUMN_COUNT 12
extern const struct level_column level_columns[LEVEL_COLUMN_COUNT];

struct level_line level_line_of(struct ui *ui, const struct level *level);

#endif
