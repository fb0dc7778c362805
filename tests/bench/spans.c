/* What a history says of a run at every span that a screen has, and at its half: a line for each
 * cell, to be held against figures that were made from the journal by other means. */
#include <stdio.h>
#include <stdlib.h>

#include "base/memory.h"
#include "result/journal.h"

#define COLUMNS 96

static const uint32_t spans_s[] = {30, 60, 120, 300, 600, 1800, 3600, 14400};

/* "series span from to sum": from and to in s; the sum of all values in the buckets that the cell
 * shows. */
static void print_window(const struct run *run, uint32_t series, uint32_t span_s, uint32_t end_s)
{
    uint32_t step_s = (span_s + COLUMNS - 1) / COLUMNS, count = (span_s + step_s - 1) / step_s;
    uint32_t end_step = (end_s + step_s - 1) / step_s;
    struct history_cell *cells = xcalloc(count, sizeof *cells);
    history_query(run->history, series, (uint64_t)end_s * NS_PER_S,
                  (uint64_t)count * step_s * NS_PER_S, cells, count);
    const char *name = history_series_name(run->history, series);
    for (uint32_t i = 0; i < count; i++) {
        if (end_step + i < count || cells[i].covered_ns == 0)
            continue;
        uint32_t from_s = (end_step + i - count) * step_s;
        printf("%s %u %u %u %.9g\n", name, span_s, from_s, from_s + step_s, cells[i].sum);
    }
    free(cells);
}

int main(int argc, char **argv)
{
    struct error error = {0};
    struct run *run = argc == 2 ? journal_read(argv[1], &error) : NULL;
    if (!run) {
        fprintf(stderr, "%s\n", argc == 2 ? error.text : "usage: spans JOURNAL");
        return 1;
    }
    uint32_t whole_s = (uint32_t)(history_now_ns(run->history) / NS_PER_S) + 1;
    for (uint32_t series = 0; series < HISTORY_FIGURE_COUNT; series++) {
        if (series == HISTORY_OLDEST_WAIT) /* a maximum, not a sum */
            continue;
        for (size_t i = 0; i < ARRAY_SIZE(spans_s); i++)
            if (spans_s[i] < whole_s) {
                print_window(run, series, spans_s[i], whole_s);
                print_window(run, series, spans_s[i], whole_s / 2);
            }
        print_window(run, series, whole_s, whole_s);
    }
    run_free(run);
    return 0;
}
