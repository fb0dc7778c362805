#include "benchmark/changes.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/memory.h"

static void put(struct benchmark *benchmark, struct journal *journal, const struct level *level,
                const struct round *round, const char *kind, const char *line)
{
    const struct change *change = run_add_change(
        benchmark->run, &(struct change){.at_ns = now_ns() - benchmark->anchor.monotonic_ns,
                                         .level = level ? level->number : 0,
                                         .round = round ? round->number : 0,
                                         .kind = kind,
                                         .text = line});
    journal_put_change(journal, change);
}

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
    put(benchmark, journal, round ? benchmark->job->level : NULL, round, kind, line);
    collector_unlock(benchmark->collector);
    free(line);
}

void benchmark_change_of(struct benchmark *benchmark, const struct level *level,
                         const struct round *round, const char *kind, const char *line)
{
    struct journal *journal = collector_lock(benchmark->collector);
    put(benchmark, journal, level, round, kind, line);
    collector_unlock(benchmark->collector);
}
