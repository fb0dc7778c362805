#include "benchmark/changes.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/memory.h"

void benchmark_change(struct benchmark *benchmark, const char *kind, const char *format, ...)
{
    char *line;
    va_list args;
    va_start(args, format);
    if (vasprintf(&line, format, args) < 0)
        die("out of memory (while noting what happened)");
    va_end(args);

    struct journal *journal = collector_lock(benchmark->collector);
    const struct round *round = benchmark->running;
    const struct change *change = run_add_change(
        benchmark->run, &(struct change){.at_ns = now_ns() - benchmark->anchor.monotonic_ns,
                                         .level = round ? benchmark->job->level->number : 0,
                                         .round = round ? round->number : 0,
                                         .kind = kind,
                                         .text = line});
    journal_put_change(journal, change);
    collector_unlock(benchmark->collector);
    free(line);
}
