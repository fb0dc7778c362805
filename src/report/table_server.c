#include "report/table_server.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/memory.h"

/* Whole numbers as they are, others with four decimals. */
static struct figure figure_plain(double value)
{
    bool whole = fabs(value) < 1e15 && !(value < trunc(value)) && !(value > trunc(value));
    return figure_of(value, whole ? 0 : 4);
}

static struct figure figure_signed(double value)
{
    struct figure figure = figure_plain(value), with_sign;
    if (!(value > 0.0))
        return figure;
    snprintf(with_sign.text, sizeof with_sign.text, "+%.40s", figure.text);
    return with_sign;
}

/* Histograms and quotients of gains have one figure, which the table shows. */
static void print_changes(struct page *page, const struct server_rows *rows)
{
    struct grid grid;
    bool any = false;
    grid_init(&grid, page, 4);
    grid_add(&grid, "%s", "");
    grid_add(&grid, "before");
    grid_add(&grid, "after");
    grid_add(&grid, "change");
    for (uint32_t i = 0; i < rows->count; i++) {
        const struct watched_round *round = &rows->rows[i].round;
        if (isnan(round->before) && isnan(round->after))
            continue;
        any = true;
        grid_add(&grid, "%.80s", rows->rows[i].watched->title);
        grid_add(&grid, "%s", figure_plain(round->before).text);
        grid_add(&grid, "%s", figure_plain(round->after).text);
        grid_add(&grid, "%s", figure_signed(round->change).text);
    }
    if (any) {
        page_printf(page, "\nServer:\n");
        grid_print(&grid, 2, 1);
    } else {
        grid_discard(&grid);
    }
}

static void print_notes(struct page *page, const struct run *run, const struct server_rows *rows)
{
    const struct samples *samples = &run->samples;
    uint32_t failed = atomic_load(&samples->failed), made = atomic_load(&samples->made);
    bool resets = false;
    for (uint32_t i = 0; i < rows->count; i++)
        resets |= rows->rows[i].round.resets > 0;
    if (resets)
        page_printf(page, "Its counters began anew in this round: was it restarted?\n");
    for (uint32_t i = 0; i < samples_watched_count(samples); i++) {
        const struct watched *watched = samples_watched(samples, i);
        if (watched->kind != WATCHED_ABSENT || watched->hidden)
            continue;
        page_printf(page, "%.80s: not exposed%s%.200s\n", watched->key,
                    watched->origin[0] ? "; nearest: " : "", watched->origin);
    }
    if (failed) {
        const char *why = atomic_load(&samples->failure);
        char *visible = text_visible(text_of(why ? why : ""), 100);
        page_printf(page, "Metrics: %u of %u scrapes failed so far, the last: %s\n", failed, made,
                    visible);
        free(visible);
    }
}

void table_server(struct page *page, const struct run *run, const struct server_rows *rows)
{
    print_changes(page, rows);
    print_notes(page, run, rows);
}
