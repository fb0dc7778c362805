#include "benchmark/tuning.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/memory.h"
#include "benchmark/changes.h"
#include "benchmark/prepare.h"

/* ---- the running round ---- */

/* "C=10" becomes "C=10→12", and "C=10→12→16" after another change; "5 req/s" becomes "5→8 req/s".
 * A label that is full stays as it is. */
static void extend_label(struct level *level, double load)
{
    static const char unit[] = " req/s";
    char label[sizeof level->label];
    size_t size = strlen(level->label);
    bool is_rate = text_ends_with(text_of(level->label), unit);
    if (is_rate)
        size -= strlen(unit);
    int wanted = snprintf(label, sizeof label, "%.*s→%g%s", (int)size, level->label, load,
                          is_rate ? unit : "");
    if (wanted > 0 && (size_t)wanted < sizeof label)
        memcpy(level->label, label, sizeof label);
}

/* Figures of the running round stand apart from here on. Under collector_lock. */
static void part_round(struct benchmark *benchmark, struct journal *journal, uint32_t concurrency,
                       double rate, double label)
{
    struct level *level = benchmark->job->level;
    struct round *round = benchmark->running;
    const struct segment *segment =
        round_add_segment(round, now_ns() - benchmark->anchor.monotonic_ns, concurrency, rate);
    extend_label(level, label);
    journal_put_segment(journal, level, round, segment);
    run_tell_load(benchmark->run, level, round);
    atomic_store(&benchmark->control.segment, (uint16_t)(round->segment_count - 1));
}

static bool no_round_runs(struct error *error)
{
    return error_set(error, "no round is running just now: its requests are what a load is of");
}

bool tuning_set_concurrency(struct benchmark *benchmark, uint32_t concurrency, struct error *error)
{
    struct control *control = &benchmark->control;
    uint32_t before = atomic_load(&control->concurrency);
    if (concurrency == 0 || before == 0)
        return error_set(error, "there is no concurrency to change: requests go at their instants");
    if (concurrency == before)
        return true;
    if (!prepare_has_room(benchmark, concurrency, error))
        return false;
    struct journal *journal = collector_lock(benchmark->collector);
    bool running = benchmark->running;
    if (running) {
        part_round(benchmark, journal, concurrency, benchmark->rate, concurrency);
        atomic_store(&control->concurrency, concurrency);
    }
    collector_unlock(benchmark->collector);
    pool_wake(benchmark->pool);
    return running || no_round_runs(error);
}

/* How long this round has been paused so far, by the user or because the server was away. */
static uint64_t paused_so_far_ns(struct benchmark *benchmark)
{
    pthread_mutex_lock(&benchmark->jobs_lock);
    uint64_t since_ns = benchmark->paused_since_ns, from_ns = benchmark->pauses_from_ns;
    uint64_t total_ns = atomic_load(&benchmark->control.paused_ns);
    pthread_mutex_unlock(&benchmark->jobs_lock);
    return since_ns ? total_ns + now_ns() - (since_ns > from_ns ? since_ns : from_ns) : total_ns;
}

/* How long the running round has gone on, without pauses: what its arrivals count from. */
static uint64_t round_clock_ns(struct benchmark *benchmark)
{
    uint64_t gone_ns = now_ns() - benchmark->work->start_ns;
    uint64_t paused_ns = paused_so_far_ns(benchmark);
    return gone_ns > paused_ns ? gone_ns - paused_ns : 0;
}

double tuning_rate(struct benchmark *benchmark)
{
    if (!benchmark->collector) /* nobody changes it yet */
        return benchmark->rate;
    collector_lock(benchmark->collector);
    double rate = benchmark->rate;
    collector_unlock(benchmark->collector);
    return rate;
}

bool tuning_set_rate(struct benchmark *benchmark, double rate, struct error *error)
{
    struct journal *journal = collector_lock(benchmark->collector);
    struct work *work = benchmark->work;
    double before = benchmark->rate;
    bool is_open = before > 0 && rate > 0, running = benchmark->running;
    if (is_open && running && (rate < before || rate > before)) {
        part_round(benchmark, journal, atomic_load(&benchmark->control.concurrency), rate, rate);
        atomic_store(&work->arrivals,
                     arrivals_change_rate(work->arrivals, round_clock_ns(benchmark), rate));
        benchmark->rate = rate;
    }
    collector_unlock(benchmark->collector);
    pool_wake(benchmark->pool);
    if (!is_open)
        return error_set(error, "there is no rate to change: requests go as others end");
    return running || no_round_runs(error);
}

void tuning_set_slo(struct benchmark *benchmark, const struct slo *slo)
{
    struct journal *journal = collector_lock(benchmark->collector);
    run_set_slo(benchmark->run, slo);
    journal_put_slo(journal, benchmark->run);
    collector_unlock(benchmark->collector);
    struct buffer limits = {0};
    for (size_t i = 0; i < SLO_LIMIT_COUNT; i++) {
        double limit = *(const double *)(const void *)((const char *)slo + slo_limits[i].offset);
        if (!isnan(limit))
            buffer_printf(&limits, "%s%s=%g", limits.size ? " " : "", slo_limits[i].key, limit);
    }
    benchmark_change(benchmark, "slo", "%s, also for what is done",
                     limits.size ? limits.data : "no limits");
    buffer_free(&limits);
}

/* Under jobs_lock. What is meant for later goes so much later. */
static void add_pause(struct benchmark *benchmark, uint64_t from_ns, uint64_t to_ns)
{
    struct control *control = &benchmark->control;
    pauses_add(&benchmark->pauses, from_ns, to_ns);
    atomic_store(&control->paused_ns,
                 pauses_within_ns(&benchmark->pauses, benchmark->pauses_from_ns, to_ns));
    atomic_store(&control->resumed_ns, to_ns);
}

void tuning_begin_pauses(struct benchmark *benchmark, uint64_t start_ns)
{
    pthread_mutex_lock(&benchmark->jobs_lock);
    pauses_free(&benchmark->pauses);
    benchmark->pauses_from_ns = start_ns;
    atomic_store(&benchmark->control.paused_ns, 0);
    atomic_store(&benchmark->control.resumed_ns, 0);
    pthread_mutex_unlock(&benchmark->jobs_lock);
}

void tuning_add_pause(struct benchmark *benchmark, uint64_t from_ns, uint64_t to_ns)
{
    pthread_mutex_lock(&benchmark->jobs_lock);
    add_pause(benchmark, from_ns, to_ns);
    pthread_mutex_unlock(&benchmark->jobs_lock);
}

uint64_t tuning_paused_within_ns(struct benchmark *benchmark, uint64_t from_ns, uint64_t to_ns)
{
    pthread_mutex_lock(&benchmark->jobs_lock);
    uint64_t paused_ns = pauses_within_ns(&benchmark->pauses, from_ns, to_ns);
    pthread_mutex_unlock(&benchmark->jobs_lock);
    return paused_ns;
}

void tuning_pause(struct benchmark *benchmark, bool paused)
{
    struct control *control = &benchmark->control;
    uint64_t paused_for_ns = 0;
    pthread_mutex_lock(&benchmark->jobs_lock);
    bool changed = paused == !benchmark->paused_since_ns;
    if (paused && changed) {
        benchmark->paused_since_ns = now_ns();
        live_set_paused(&benchmark->live, benchmark->paused_since_ns);
        atomic_store(&control->paused, true);
    } else if (changed) {
        uint64_t now = now_ns();
        paused_for_ns = now - benchmark->paused_since_ns;
        add_pause(benchmark, benchmark->paused_since_ns, now);
        benchmark->paused_since_ns = 0;
        live_set_paused(&benchmark->live, 0);
        atomic_store(&control->paused, false);
    }
    pthread_mutex_unlock(&benchmark->jobs_lock);
    pool_wake(benchmark->pool);
    if (changed && paused)
        benchmark_change(benchmark, "pause", "paused: nothing new is sent");
    else if (changed)
        benchmark_change(benchmark, "pause", "went on after %.1f s", (double)paused_for_ns / 1e9);
}

bool tuning_is_paused(const struct benchmark *benchmark)
{
    return atomic_load(&benchmark->control.paused);
}

void tuning_note(struct benchmark *benchmark, const char *text)
{
    benchmark_change(benchmark, "note", "%s", text);
}

void tuning_hide_level(struct benchmark *benchmark, uint16_t number, bool hidden)
{
    uint64_t at_ns = now_ns() - benchmark->anchor.monotonic_ns;
    struct journal *journal = collector_lock(benchmark->collector);
    struct level *level = run_find_level(benchmark->run, number);
    if (level && level->hidden != hidden) {
        level->hidden = hidden;
        journal_put_hide(journal, number, hidden, at_ns);
        run_tell_hidden(benchmark->run, level, at_ns);
    }
    collector_unlock(benchmark->collector);
}

void tuning_set_baseline(struct benchmark *benchmark, const struct baseline_choice *choice)
{
    uint64_t at_ns = now_ns() - benchmark->anchor.monotonic_ns;
    struct journal *journal = collector_lock(benchmark->collector);
    run_set_baseline(benchmark->run, choice);
    journal_put_baseline(journal, choice, at_ns);
    run_tell_baseline(benchmark->run, at_ns);
    collector_unlock(benchmark->collector);
}

void tuning_skip_round(struct benchmark *benchmark)
{
    atomic_store(&benchmark->control.skip, true);
    pool_wake(benchmark->pool);
    benchmark_change(benchmark, "skip", "the round is ended: what was in flight is cancelled");
}

/* ---- the end ---- */

void tuning_finish(struct benchmark *benchmark)
{
    pthread_mutex_lock(&benchmark->jobs_lock);
    benchmark->finishing = true;
    pthread_cond_signal(&benchmark->jobs_changed);
    pthread_mutex_unlock(&benchmark->jobs_lock);
}

bool tuning_is_waiting(struct benchmark *benchmark)
{
    pthread_mutex_lock(&benchmark->jobs_lock);
    bool waiting = benchmark->waiting;
    pthread_mutex_unlock(&benchmark->jobs_lock);
    return waiting;
}
