/* The object "baseline" in a round's summary: how far its figures are from those it is held
 * against.
 */
#ifndef REPORT_JSON_BASELINE_H
#define REPORT_JSON_BASELINE_H

#include "base/json.h"
#include "report/baseline.h"

/* With its key; null where the round has no baseline. `now` is the round's summary. */
void json_baseline(struct json_writer *json, const struct baseline *baseline, const struct run *run,
                   const struct level *level, const struct round *round, const struct summary *now);

#endif
