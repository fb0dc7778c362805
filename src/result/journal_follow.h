/* A run that another process is writing, read while its journal grows. The writer does not notice:
 * nothing is locked, and any number may follow. For one thread, that of the screen. */
#ifndef RESULT_JOURNAL_FOLLOW_H
#define RESULT_JOURNAL_FOLLOW_H

#include "base/error.h"
#include "result/run.h"
#include "telemetry/live.h"

struct journal_follow;

/* Reads what is there. NULL when it is no journal, or holds no run yet. */
struct journal_follow *journal_follow_open(const char *path, struct error *error);
/* The run stays valid until then. */
void journal_follow_free(struct journal_follow *follow);

/* Reads what came since, a few MB at most, so that a screen goes on drawing. True when anything
 * did: counts grew, and arrays of records may have moved. A line that is not whole yet waits. */
bool journal_follow_read(struct journal_follow *follow);
/* It ended, or its writer is gone: nothing more will come. Rounds without their end are then
 * `incomplete`. */
bool journal_follow_ended(const struct journal_follow *follow);
/* A line could not be read, and why; what came before it is there. "" = all is well. */
const char *journal_follow_failure(const struct journal_follow *follow);

const struct run *journal_follow_run(const struct journal_follow *follow);
/* What the writer last said about just now, each second; `seconds` is empty: the run's history
 * tells more. Requests stand in the history from their end on. */
const struct live_view *journal_follow_now(const struct journal_follow *follow);
/* The latest instant that is known, from the run's start. */
uint64_t journal_follow_now_ns(const struct journal_follow *follow);

#endif
