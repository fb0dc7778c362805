/* The server's metrics in one round, as rows for tables and files. */
#ifndef REPORT_SERVER_ROWS_H
#define REPORT_SERVER_ROWS_H

#include "result/run.h"

struct server_row {
    const struct watched *watched;
    struct watched_round round;
};

struct server_rows {
    struct server_row *rows;
    uint32_t count;
};

/* All that are shown, absent ones with no values; `in_table`: only those of a round's table that
 * are exposed. */
struct server_rows server_rows_make(const struct run *run, const struct level *level,
                                    const struct round *round, bool in_table);
void server_rows_free(struct server_rows *rows);

#define SERVER_ROW_TITLE_SIZE 128
/* With the unit of its statistics: "lmcache_hit_rate", "server TTFT p50 (s)", "prefix hit tokens
 * (tokens/s)". */
void server_row_title(const struct watched *watched, char title[static SERVER_ROW_TITLE_SIZE]);
/* The unit of its statistics: "tokens/s" of a counter of tokens. */
void server_row_rate_unit(const struct watched *watched, char unit[static 32]);

#endif
