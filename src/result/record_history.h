/* What a finished request adds to the history of its run. */
#ifndef RESULT_RECORD_HISTORY_H
#define RESULT_RECORD_HISTORY_H

#include "result/record.h"
#include "telemetry/history.h"

/* For a run from its journal: everything, with chunk_us still there. The history is locked by the
 * caller, here and below. */
void record_add_to_history(const struct record *record, struct history *history);
/* For a run in progress, whose events told the rest. */
void record_add_cached(const struct record *record, struct history *history);

#endif
