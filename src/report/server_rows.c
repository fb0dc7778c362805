#include "report/server_rows.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "result/round_kept.h"

struct server_rows server_rows_make(const struct run *run, const struct level *level,
                                    const struct round *round, bool in_table)
{
    const struct samples *samples = &run->samples;
    uint32_t count = samples_watched_count(samples);
    struct server_rows rows = {xreallocarray(NULL, count, sizeof *rows.rows), 0};
    for (uint32_t i = 0; i < count; i++) {
        const struct watched *watched = samples_watched(samples, i);
        if (watched->hidden ||
            (in_table && (!watched->in_table || watched->kind == WATCHED_ABSENT)))
            continue;
        struct server_row *row = &rows.rows[rows.count++];
        row->watched = watched;
        round_watched(run, level, round, watched, &row->round);
    }
    return rows;
}

void server_rows_free(struct server_rows *rows)
{
    free(rows->rows);
    *rows = (struct server_rows){0};
}

void server_row_rate_unit(const struct watched *watched, char unit[static 32])
{
    bool counter = watched->kind == WATCHED_COUNTER;
    snprintf(unit, 32, "%.24s%s", watched->unit, counter ? "/s" : "");
}

void server_row_title(const struct watched *watched, char title[static SERVER_ROW_TITLE_SIZE])
{
    char unit[32];
    server_row_rate_unit(watched, unit);
    bool plain = unit[0] == '\0' || strcmp(unit, "ratio") == 0 ||
                 text_ends_with(text_of(watched->title), unit);
    snprintf(title, SERVER_ROW_TITLE_SIZE, "%.80s%s%s%s", watched->title, plain ? "" : " (",
             plain ? "" : unit, plain ? "" : ")");
}
