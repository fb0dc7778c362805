/* Where a run's files go: a new directory, or one that held an earlier run, which moves out of the
 * way. */
#ifndef BENCHMARK_RUN_DIRECTORY_H
#define BENCHMARK_RUN_DIRECTORY_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"

/* `wanted` NULL means results/<date-time>, with the link results/latest. A finished run that is
 * there moves to DIR/earlier/<its start time>/, or with `overwrite` its own files are deleted; one
 * that is still being written is refused. The path is freed by the caller; NULL on failure. */
char *run_directory_make(const char *wanted, bool overwrite, uint64_t start_wall_ns,
                         struct error *error);
/* results/<date-time> with its link, for runs that each have a directory of their own in it. Freed
 * by the caller; NULL on failure. */
char *run_directory_make_parent(uint64_t start_wall_ns, struct error *error);

#endif
