/* The series that are read from pages: each column is one name with some labels, summed or averaged
 * over all series that have them. */
#ifndef TELEMETRY_COLUMNS_H
#define TELEMETRY_COLUMNS_H

#include "telemetry/exposition.h"

struct column {
    uint32_t source; /* the page it is on */
    char *name;      /* with _total, _bucket … as on the page */
    char *labels;    /* that a series must have, as an exposition writes them; "" = any */
    double le;       /* of a bucket; NaN = it is none */
    bool mean;       /* of several series, else their sum */
    bool part;       /* of a histogram or summary, whose columns stand together */
    char *series;    /* all of it as text, "name{labels}" */

    /* while a page is read */
    double sum;
    uint32_t count;
    uint32_t next; /* of the same hash; COLUMN_NONE ends */
};

#define COLUMN_NONE UINT32_MAX

/* A zeroed struct is an empty one. */
struct columns {
    struct column *columns;
    uint32_t count, capacity;
    uint32_t *heads; /* by hash of the name; `head_count` is a power of two */
    uint32_t head_count;
};

void columns_free(struct columns *columns);
/* The number of the column that is like `like`; one that is there is found again. Strings are
 * copied, `series` and what follows it need not be set. */
uint32_t columns_want(struct columns *columns, const struct column *like);

/* Reads a page of one source: its columns then have their sums. Returns how many samples there
 * were; lines that make no sense are added to `broken`. */
uint32_t columns_read(struct columns *columns, uint32_t source, struct text page, uint32_t *broken);
/* NaN when no series had it. */
double columns_value(const struct columns *columns, uint32_t number);
/* Forgets what was read, of all sources. */
void columns_clear(struct columns *columns);

#endif
