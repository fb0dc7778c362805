/* Looks each second whether an alarm holds, on a thread of its own: a terminal that blocks does not
 * hold it up, and it holds up nothing. What is raised or cleared is said, stands in the journal as
 * a change of the kind "alarm", and starts a command. */
#ifndef REPORT_ALARM_WATCH_H
#define REPORT_ALARM_WATCH_H

#include "benchmark/benchmark.h"
#include "report/alarm.h"

struct alarm_watch {
    struct benchmark *benchmark;
    struct alarm *alarms;
    size_t count;
    const char *command; /* --on-alarm; NULL = none */
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t wake;
    bool started, quit;
    pid_t *children; /* commands that have not ended yet */
    size_t child_count;
    struct live_view view;
};

/* False when a text is no alarm. */
bool alarm_watch_init(struct alarm_watch *watch, const struct config *config, struct error *error);
/* Does nothing without alarms. `benchmark` was started, and is joined after alarm_watch_stop. */
void alarm_watch_start(struct alarm_watch *watch, struct benchmark *benchmark);
/* Commands that still run go on by themselves. */
void alarm_watch_stop(struct alarm_watch *watch);
void alarm_watch_free(struct alarm_watch *watch);

#endif
