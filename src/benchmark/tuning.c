#include "benchmark/tuning.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/memory.h"
#include "benchmark/changes.h"
#include "benchmark/jobs.h"
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
    if (benchmark->running)
        part_round(benchmark, journal, concurrency, benchmark->rate, concurrency);
    atomic_store(&control->concurrency, concurrency);
    collector_unlock(benchmark->collector);
    pool_wake(benchmark->pool);
    return true;
}

/* How long the running round has gone on, without pauses: what its arrivals count from. */
static uint64_t round_clock_ns(struct benchmark *benchmark)
{
    uint64_t gone_ns = now_ns() - benchmark->work->start_ns;
    uint64_t paused_ns = tuning_paused_ns(benchmark);
    return gone_ns > paused_ns ? gone_ns - paused_ns : 0;
}

double tuning_rate(struct benchmark *benchmark)
{
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
    bool is_open = before > 0 && rate > 0;
    if (is_open && (rate < before || rate > before)) {
        if (benchmark->running)
            part_round(benchmark, journal, atomic_load(&benchmark->control.concurrency), rate,
                       rate);
        if (work && work->arrivals)
            atomic_store(&work->arrivals,
                         arrivals_change_rate(work->arrivals, round_clock_ns(benchmark), rate));
        benchmark->rate = rate;
    }
    collector_unlock(benchmark->collector);
    pool_wake(benchmark->pool);
    return is_open || error_set(error, "there is no rate to change: requests go as others end");
}

void tuning_set_slo(struct benchmark *benchmark, const struct slo *slo)
{
    struct journal *journal = collector_lock(benchmark->collector);
    benchmark->run->slo = *slo;
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
        paused_for_ns = now_ns() - benchmark->paused_since_ns;
        atomic_fetch_add(&control->paused_ns, paused_for_ns);
        atomic_store(&control->resumed_ns, now_ns());
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

uint64_t tuning_paused_ns(struct benchmark *benchmark)
{
    pthread_mutex_lock(&benchmark->jobs_lock);
    uint64_t since_ns = benchmark->paused_since_ns;
    uint64_t total_ns = atomic_load(&benchmark->control.paused_ns);
    pthread_mutex_unlock(&benchmark->jobs_lock);
    return since_ns ? total_ns + now_ns() - since_ns : total_ns;
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
        journal_put_hide(journal, level, at_ns);
        run_tell_hidden(benchmark->run, level, at_ns);
    }
    collector_unlock(benchmark->collector);
}

void tuning_set_baseline(struct benchmark *benchmark, const struct baseline_choice *choice)
{
    uint64_t at_ns = now_ns() - benchmark->anchor.monotonic_ns;
    struct journal *journal = collector_lock(benchmark->collector);
    run_set_baseline(benchmark->run, choice);
    journal_put_baseline(journal, benchmark->run, at_ns);
    run_tell_baseline(benchmark->run, at_ns);
    collector_unlock(benchmark->collector);
}

void tuning_skip_round(struct benchmark *benchmark)
{
    atomic_store(&benchmark->control.skip, true);
    pool_wake(benchmark->pool);
    benchmark_change(benchmark, "skip", "the round is ended: what was in flight is cancelled");
}

/* ---- more levels ---- */

void level_wish_init(struct level_wish *wish)
{
    double unset = (double)NAN;
    *wish = (struct level_wish){.concurrency = -1,
                                .rate = unset,
                                .samples = -1,
                                .rounds = -1,
                                .max_output_tokens = -1,
                                .min_output_tokens = -1,
                                .temperature = unset,
                                .top_p = unset,
                                .settle_s = unset,
                                .duration_s = unset,
                                .cold_start = -1};
}

void level_wish_free(struct level_wish *wish)
{
    free(wish->extra_body);
    free(wish->note);
    wish->extra_body = wish->note = NULL;
}

void level_wish_repeat(struct level_wish *wish, const struct level *level)
{
    level_wish_init(wish);
    wish->concurrency = level->concurrency;
    wish->rate = level->rate > 0 ? level->rate : (double)NAN;
    wish->samples = level->samples;
    wish->rounds = level->free_run ? level->rounds_planned : level->rounds_most;
    wish->until_steady = level->until_steady;
    wish->cold_start = COLD_SALT;
}

static void override_int(int64_t *value, int64_t wished)
{
    if (wished >= 0)
        *value = wished;
}

static void override_real(double *value, double wished)
{
    if (!isnan(wished))
        *value = wished;
}

/* The run's options with the wishes in their place. Strings stay the run's, but for extra_body. */
static struct config *wished_config(const struct benchmark *benchmark, struct level_wish *wish)
{
    struct config *config = xmalloc(sizeof *config);
    *config = *benchmark->config;
    config->extra_body = wish->extra_body;
    if (!config->extra_body && benchmark->config->extra_body)
        config->extra_body = xstrdup(benchmark->config->extra_body);
    wish->extra_body = NULL;
    override_int(&config->rounds.most, wish->rounds);
    if (wish->rounds >= 0)
        config->rounds.until_steady = wish->until_steady;
    override_int(&config->max_output_tokens, wish->max_output_tokens);
    override_int(&config->min_output_tokens, wish->min_output_tokens);
    override_real(&config->temperature, wish->temperature);
    override_real(&config->top_p, wish->top_p);
    override_real(&config->settle_s, wish->settle_s);
    override_real(&config->duration_s, wish->duration_s);
    if (wish->cold_start >= 0)
        config->cold_start = (enum cold_start)wish->cold_start;
    return config;
}

static struct level_plan wished_plan(const struct benchmark *benchmark,
                                     const struct level_wish *wish)
{
    struct level_plan plan = benchmark->plan->levels[0];
    uint32_t rows = benchmark->dataset->count;
    if (!isnan(wish->rate)) {
        plan.rate = wish->rate;
        plan.concurrency = wish->concurrency > 0 ? (uint32_t)wish->concurrency : 0;
    } else if (wish->concurrency > 0) {
        plan.rate = 0;
        plan.concurrency = (uint32_t)wish->concurrency;
    }
    plan.first = 0;
    if (wish->samples > 0)
        plan.count = wish->samples < rows ? (uint32_t)wish->samples : rows;
    return plan;
}

uint16_t tuning_queue_level(struct benchmark *benchmark, struct level_wish *wish, bool now,
                            struct error *error)
{
    struct level_plan plan = wished_plan(benchmark, wish);
    struct level_job *job = NULL;
    if (prepare_has_room(benchmark, plan.concurrency ? plan.concurrency : plan.count, error)) {
        struct config *config = wished_config(benchmark, wish);
        job = jobs_add(benchmark, &plan, (uint32_t)config->rounds.most, config);
        if (job) {
            job->own = config;
            job->level->note = wish->note;
            wish->note = NULL;
        } else {
            error_set(error, "a run has at most %d levels", RUN_LEVELS_MAX);
            free(config->extra_body);
            free(config);
        }
    }
    level_wish_free(wish);
    if (!job)
        return 0;
    pthread_mutex_lock(&benchmark->jobs_lock);
    if (now) {
        benchmark->urgent = job->level->number;
        benchmark->skip_level = !benchmark->waiting;
    }
    pthread_cond_signal(&benchmark->jobs_changed);
    pthread_mutex_unlock(&benchmark->jobs_lock);
    benchmark_change(benchmark, "level", "L%u %s %s", job->level->number, job->level->label,
                     now ? "begins now" : "queued");
    if (now)
        tuning_skip_round(benchmark);
    return job->level->number;
}

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
