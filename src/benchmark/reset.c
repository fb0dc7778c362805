#include "benchmark/reset.h"

#include <unistd.h>

#include "benchmark/changes.h"

/* A reset takes milliseconds; nobody wants to wait longer for the end of a run. */
#define END_WAIT_S 3

/* Figures since then stand apart, as after a change of load. */
static void part_round(struct benchmark *benchmark)
{
    struct control *control = &benchmark->control;
    struct journal *journal = collector_lock(benchmark->collector);
    struct round *round = benchmark->running;
    if (round) {
        const struct level *level = benchmark->job->level;
        const struct segment *segment =
            round_add_segment(round, now_ns() - benchmark->anchor.monotonic_ns,
                              atomic_load(&control->concurrency), benchmark->rate);
        journal_put_segment(journal, level, round, segment);
        atomic_store(&control->segment, (uint16_t)(round->segment_count - 1));
    }
    collector_unlock(benchmark->collector);
}

static void *reset_main(void *argument)
{
    struct benchmark *benchmark = argument;
    bool ok = probe_reset_cache(benchmark->reset_url, &benchmark->server,
                                &benchmark->reset_given_up, &benchmark->reset_error);
    if (!ok && atomic_load(&benchmark->reset_given_up))
        error_set(&benchmark->reset_error,
                  "the reset of the cache had no answer when the run ended; it was left after %d s",
                  END_WAIT_S);
    atomic_store(&benchmark->reset_state, ok ? RESET_DONE : RESET_FAILED);
    uint64_t one = 1;
    ssize_t written = write(benchmark->notify_fd, &one, sizeof one);
    (void)written; /* the counter can only be full of wakes already */
    return NULL;
}

void reset_settle(struct benchmark *benchmark)
{
    enum reset_state state = RESET_DONE;
    if (atomic_compare_exchange_strong(&benchmark->reset_state, &state, RESET_IDLE)) {
        part_round(benchmark);
        benchmark_change(benchmark, "reset", "the cache was reset by hand");
        return;
    }
    state = RESET_FAILED;
    if (atomic_compare_exchange_strong(&benchmark->reset_state, &state, RESET_IDLE))
        benchmark_change(benchmark, "error", "%s", benchmark->reset_error.text);
}

bool reset_begin(struct benchmark *benchmark, struct error *error)
{
    if (!benchmark->reset_url)
        return error_set(error, "no way to reset the cache is known: --reset-cache-url");
    pthread_mutex_lock(&benchmark->jobs_lock);
    bool ended = benchmark->resets_ended;
    bool busy = atomic_load(&benchmark->reset_state) != RESET_IDLE;
    if (!ended && !busy) {
        if (benchmark->has_reset_thread)
            pthread_join(benchmark->reset_thread, NULL);
        atomic_store(&benchmark->reset_state, RESET_BUSY);
        benchmark->has_reset_thread =
            pthread_create(&benchmark->reset_thread, NULL, reset_main, benchmark) == 0;
        if (!benchmark->has_reset_thread)
            atomic_store(&benchmark->reset_state, RESET_IDLE);
    }
    bool begun = !ended && !busy && benchmark->has_reset_thread;
    pthread_mutex_unlock(&benchmark->jobs_lock);
    return begun || error_set(error, ended  ? "the run has ended"
                                     : busy ? "the cache is being reset"
                                            : "cannot start a thread for the reset");
}

void reset_finish(struct benchmark *benchmark)
{
    pthread_mutex_lock(&benchmark->jobs_lock);
    benchmark->resets_ended = true;
    bool wait = benchmark->has_reset_thread;
    pthread_mutex_unlock(&benchmark->jobs_lock);
    uint64_t until_ns = now_ns() + END_WAIT_S * NS_PER_S;
    while (wait && atomic_load(&benchmark->reset_state) == RESET_BUSY && now_ns() < until_ns)
        sleep_until_ns(now_ns() + 20 * NS_PER_MS);
    atomic_store(&benchmark->reset_given_up, true);
    if (wait)
        pthread_join(benchmark->reset_thread, NULL);
    reset_settle(benchmark);
}
