/* A text cut into rows: JSON Lines, a JSON array, or an object that holds them under "data". Keeps
 * the places, for messages. What a row means is for others. Internal to dataset/. */
#ifndef DATASET_ROWS_H
#define DATASET_ROWS_H

#include "base/error.h"
#include "base/json.h"

struct rows {
    uint32_t line; /* where the last row begins, from 1 */
    /* Once rows_next is false: what is wrong with the text itself; empty when nothing is. An array
     * is one text: after a syntax error there is no next row to go on with. */
    const char *reason, *reason_at;

    enum { ROWS_LINES, ROWS_ARRAY, ROWS_DATA } form;
    struct text rest;
    struct json_scan scan;
    /* Lines are counted forwards only, up to the latest place that was asked for. */
    const char *counted, *line_start;
};

/* `content` outlives it. */
void rows_begin(struct rows *rows, struct text content);
/* Without white space around it; not yet checked by anybody. */
bool rows_next(struct rows *rows, struct text *row);

/* "NAME:LINE: reason", or "NAME:LINE:COLUMN: reason" where `at`, inside the last row or behind it,
 * says where. "-" is stdin. Returns false. */
bool rows_place(struct rows *rows, const char *name, const char *at, const char *reason,
                struct error *error);

/* Whether the row may be read at all: its size, and UTF-8 without NUL. `at` is the byte to blame,
 * NULL for the whole row. */
bool row_check_bytes(struct text row, const char **at, struct error *error);

#endif
