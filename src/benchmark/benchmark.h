/* A run from the probe to its last round, on a thread of its own. */
#ifndef BENCHMARK_BENCHMARK_H
#define BENCHMARK_BENCHMARK_H

#include "benchmark/collector.h"
#include "benchmark/pauses.h"
#include "benchmark/plan.h"
#include "client/probe.h"
#include "client/tokenizer.h"

/* How a run ended; the text stands in the journal. */
enum run_end {
    RUN_FINISHED,
    RUN_INTERRUPTED, /* the user, or a signal */
    RUN_SERVER_GONE,
    RUN_FAILED, /* before or between rounds: `error` says why */
};

/* A level and what it is run with. */
struct level_job {
    struct level *level;
    struct config config; /* the run's, or what was queued, for one level */
    const struct dataset *dataset;
    const struct plan *plan; /* whose order its rows are in: the run's, or `own` */
    struct plan own;         /* of a queued level; else empty */
    struct level_plan load;
    bool is_queued;
    bool begun;
};

/* Of a reset of the cache by hand. */
enum reset_state { RESET_IDLE, RESET_BUSY, RESET_DONE, RESET_FAILED };

struct benchmark {
    /* given; outlive the run */
    const struct config *config;
    const struct dataset *dataset;
    const struct plan *plan;
    const char *command_line;
    const char *stage;               /* of a recipe; NULL = none */
    struct baseline_choice baseline; /* to begin with */
    bool builtin_server;
    /* Called on the benchmark's thread after each round that is measured; may be NULL. */
    void (*round_ended)(struct benchmark *benchmark, const struct level *level,
                        const struct round *round);
    bool stay; /* after the last level wait for more, until tuning_finish or benchmark_stop */

    /* what it makes; read by others once `ready` is set */
    struct run *run;
    char *directory;
    struct live live;
    struct clock_anchor anchor;

    /* said by the thread; each change is also written to notify_fd, an eventfd of the reader's */
    int notify_fd;
    _Atomic bool ready;            /* probed, directory made, levels known */
    _Atomic uint32_t rounds_ended; /* of the run, in order */
    _Atomic bool finished;         /* the last thing it does */
    enum run_end end;
    bool journal_failed; /* something stays unwritten */
    bool debug_failed;   /* the same of the debug log; it was said */
    struct error error;

    struct control control;
    struct pool *pool; /* for pool_wake; NULL before `ready` */
    pthread_t thread;

    /* levels to run, in the order of their numbers; see tuning.h */
    pthread_mutex_t jobs_lock;
    pthread_cond_t jobs_changed;
    struct level_job *jobs[RUN_LEVELS_MAX];
    uint32_t job_count;
    /* That queued levels brought, by their numbers in run->others. */
    struct dataset *datasets[RUN_OTHER_DATASETS_MAX];
    uint16_t urgent; /* the level that comes next; 0 = the first that has not begun */
    bool skip_level; /* the running level ends with its running round */
    bool finishing, waiting;
    uint64_t paused_since_ns; /* 0 = not paused by the user */
    struct pauses pauses;     /* that ended since this round began, or a while before it */
    uint64_t pauses_from_ns;  /* what is before it holds up nothing of this round */
    /* under collector_lock */
    struct round *running; /* NULL between rounds */
    struct work *work;     /* of the running round; NULL between rounds */
    double rate;           /* that requests are begun at now; 0 = closed loop */
    /* see reset.h; under jobs_lock */
    _Atomic(enum reset_state) reset_state;
    struct error reset_error;
    _Atomic bool reset_given_up; /* the run has ended: it is not waited for any more */
    bool has_reset_thread, resets_ended;
    pthread_t reset_thread;

    /* the thread's own */
    struct server server;
    struct probe probe;
    struct journal journal;
    struct debug_log debug;
    struct collector *collector;
    struct transfer_settings settings;
    struct server_metrics *metrics; /* NULL before it is ready */
    struct tokenizer *tokenizer;    /* NULL = there is no length limit */
    struct body_shape shape;
    const struct level_job *job; /* that runs now */
    bool server_away;            /* at the end of the last round: the next one waits for it */
    uint64_t nonce;
    char *reset_url;
};

/* Starts the thread; `benchmark` has the given part and notify_fd set, the rest zero. */
bool benchmark_start(struct benchmark *benchmark, struct error *error);
/* Any thread: cancel what is in flight, send nothing more, write, end. */
void benchmark_stop(struct benchmark *benchmark);
/* Joins the thread and frees all but run, directory and error. */
void benchmark_join(struct benchmark *benchmark);
void benchmark_free(struct benchmark *benchmark);

#endif
