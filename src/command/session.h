/* One run, from options to the report and the exit status: what fluxperf does once, and a recipe
 * once for each of its stages. */
#ifndef COMMAND_SESSION_H
#define COMMAND_SESSION_H

#include "benchmark/benchmark.h"
#include "command/progress.h"
#include "command/signals.h"
#include "mock/mock_server.h"
#include "report/alarm_watch.h"
#include "report/baseline.h"
#include "report/condition.h"
#include "report/table.h"

struct session {
    /* given; all but the config, which is the session's then, outlive it */
    struct config config; /* as options made it, not resolved */
    const char *command_line;
    const char *stage; /* of a recipe; NULL = none */
    struct signals *signals;

    /* its own */
    struct dataset dataset;
    struct plan plan;
    struct condition *conditions;
    size_t condition_count;
    struct baseline baseline; /* of --baseline, or as chosen on the screen */
    struct alarm_watch alarms;
    struct mock_server *mock;
    bool full;    /* the screen is up */
    bool to_mock; /* requests go to it: no --endpoint was given */
    struct benchmark benchmark;
    struct table_style style;
    struct progress progress;
    uint32_t rounds_shown;
    struct plan_total planned; /* by --dry-run */
    bool output_failed;
};

/* Resolves the config, reads the dataset, makes the plan: whatever is wrong here is exit status 2,
 * and nothing was started yet. */
bool session_prepare(struct session *session, struct error *error);
/* Runs it, or with --dry-run prints the plan. Returns the exit status; what is wrong was said. */
int session_run(struct session *session);
void session_free(struct session *session);

#endif
