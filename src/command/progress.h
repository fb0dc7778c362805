/* What --ui plain shows while a run is on: one line on a terminal's stderr, else a line every 10 s.
 */
#ifndef COMMAND_PROGRESS_H
#define COMMAND_PROGRESS_H

#include "benchmark/benchmark.h"

struct progress {
    bool on;
    bool terminal;
    uint64_t due_ns;
    struct live_view view; /* scratch */
};

void progress_init(struct progress *progress, bool on);
/* Shows the line when it is due. Call a few times a second. */
void progress_show(struct progress *progress, struct benchmark *benchmark);
/* Wipes the line. */
void progress_end(struct progress *progress);

#endif
