#include "benchmark/benchmark.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/file.h"
#include "base/log.h"
#include "base/memory.h"
#include "benchmark/changes.h"
#include "benchmark/jobs.h"
#include "benchmark/prepare.h"
#include "benchmark/reset.h"
#include "benchmark/round.h"
#include "benchmark/server_metrics.h"
#include "benchmark/tuning.h"
#include "result/steady.h"

static void notify(struct benchmark *benchmark)
{
    uint64_t one = 1;
    if (write(benchmark->notify_fd, &one, sizeof one) < 0)
        return; /* full: the reader has enough to wake for */
}

static bool stopping(const struct benchmark *benchmark)
{
    return atomic_load_explicit(&benchmark->control.stop, memory_order_relaxed);
}

static bool stopping_now(struct benchmark *benchmark)
{
    return stopping(benchmark);
}

/* The run is stopped, or another level comes at once. */
static bool level_ends(struct benchmark *benchmark)
{
    pthread_mutex_lock(&benchmark->jobs_lock);
    bool skip = benchmark->skip_level;
    pthread_mutex_unlock(&benchmark->jobs_lock);
    return skip || stopping(benchmark);
}

static void pause_s(struct benchmark *benchmark, double seconds)
{
    uint64_t until_ns = now_ns() + (uint64_t)(seconds * 1e9);
    while (now_ns() < until_ns && !level_ends(benchmark)) {
        uint64_t step_ns = now_ns() + 50 * NS_PER_MS;
        sleep_until_ns(step_ns < until_ns ? step_ns : until_ns);
    }
}

/* ---- how a level begins cold ---- */

static enum cold_start resolve_cold_start(const struct benchmark *benchmark, bool first)
{
    enum cold_start how = benchmark->job->config.cold_start;
    if (how != COLD_AUTO)
        return how;
    if (benchmark->reset_url)
        return COLD_RESET;
    return first ? COLD_NONE : COLD_SALT;
}

/* One line that makes entries of other levels and runs miss, and keeps sharing inside the level. */
static void make_salt(const struct benchmark *benchmark, uint32_t level, uint32_t pass,
                      char salt[static 12])
{
    uint32_t id = (uint32_t)(benchmark->nonce >> 32) ^ (uint32_t)benchmark->nonce;
    id ^= level * 0x9e3779b1u;
    id ^= pass * 0x85ebca6bu;
    snprintf(salt, 12, "[%08x]", id);
}

/* A user who stops the run does not wait for a server that hangs. */
static bool reset_cache(struct benchmark *benchmark)
{
    bool ok = probe_reset_cache(benchmark->reset_url, &benchmark->server, &benchmark->control.stop,
                                &benchmark->error);
    if (!ok && stopping(benchmark)) {
        benchmark->error.text[0] = '\0';
        ok = true;
    }
    return ok;
}

static bool begin_cold(struct benchmark *benchmark, struct level *level, bool first)
{
    enum cold_start how = resolve_cold_start(benchmark, first);
    snprintf(level->cold_start, sizeof level->cold_start, "%s", cold_start_name(how));
    if (how == COLD_SALT)
        make_salt(benchmark, level->number, 0, level->salt);
    bool between = !first && benchmark->config->reset_between_concurrency;
    return (how != COLD_RESET && !between) || reset_cache(benchmark);
}

/* ---- levels ---- */

static bool run_warmup(struct benchmark *benchmark, struct level *level,
                       const struct level_requests *requests)
{
    uint32_t count = (uint32_t)benchmark->job->config.warmup;
    if (count == 0)
        return true;
    struct level_requests warmup;
    level_requests_build_warmup(&warmup, count, requests, &benchmark->shape,
                                benchmark->nonce + level->number);
    bool ok = round_run(benchmark, level, NULL, &warmup);
    level_requests_free(&warmup);
    return ok;
}

/* Stores that are still under way would be lost to a reset, and missed by the next round. */
static bool between_rounds(struct benchmark *benchmark, bool *after_reset)
{
    if (!round_wait_for_server(benchmark))
        return false;
    server_metrics_wait_idle(benchmark, level_ends);
    *after_reset = benchmark->job->config.reset_between_rounds;
    bool ok = !*after_reset || reset_cache(benchmark);
    pause_s(benchmark, benchmark->job->config.settle_s);
    return ok;
}

/* With --rounds steady: whether the round that just ended is the level's last. */
static void judge_steady(struct benchmark *benchmark, struct level *level,
                         struct steady_point last[STEADY_ROUNDS], const struct round *round)
{
    struct summary summary;
    summary_make(&summary, benchmark->run, level, round);
    memmove(last, last + 1, (STEADY_ROUNDS - 1) * sizeof *last);
    last[STEADY_ROUNDS - 1] = steady_point_of(round, &summary);
    summary_free(&summary);
    if (round->number < STEADY_ROUNDS || !steady_from(last, STEADY_ROUNDS))
        return;
    uint64_t at_ns = now_ns() - benchmark->anchor.monotonic_ns;
    level->steady_from = (uint16_t)(round->number - STEADY_ROUNDS + 1);
    level->rounds_planned = round->number;
    struct journal *journal = collector_lock(benchmark->collector);
    journal_put_steady(journal, level, at_ns);
    run_tell_steady(benchmark->run, level, at_ns);
    collector_unlock(benchmark->collector);
}

static bool has_round(const struct level *level, uint32_t number)
{
    return number <= (level->free_run ? level->rounds_most : level->rounds_planned);
}

/* Other bodies for the next pass: nothing of it is in the server's cache. */
static void salt_anew(struct benchmark *benchmark, const struct level *level, uint32_t pass,
                      struct level_requests *requests, char salt[static 12])
{
    make_salt(benchmark, level->number, pass, salt);
    level_requests_free(requests);
    const struct level_job *job = benchmark->job;
    level_requests_build(requests, job->plan, &job->load, job->dataset, &benchmark->shape,
                         text_of(salt));
}

static bool run_rounds(struct benchmark *benchmark, struct level *level,
                       struct level_requests *requests)
{
    struct steady_point last[STEADY_ROUNDS] = {0};
    for (uint32_t number = 1; has_round(level, number) && !level_ends(benchmark); number++) {
        char salt[12] = "";
        bool after_reset = number == 1 && strcmp(level->cold_start, "reset") == 0;
        if (number > 1 && !between_rounds(benchmark, &after_reset))
            return false;
        if (level_ends(benchmark))
            break;
        if (number >= 2 && benchmark->job->config.free_run == FREE_RUN_FRESH)
            salt_anew(benchmark, level, number, requests, salt);
        else if (number == 2)
            level_requests_keep_sent(requests, &level->rounds[0]);
        if (number >= 2 && benchmark->job->config.shuffle_round2)
            level_requests_shuffle(requests, benchmark->job->config.seed + number);
        struct round *round =
            level_next_round(level, requests->planned, now_ns() - benchmark->anchor.monotonic_ns);
        round->after_reset = after_reset;
        memcpy(round->salt, salt, sizeof salt);
        bool ok = round_run(benchmark, level, round, requests);
        if (benchmark->round_ended)
            benchmark->round_ended(benchmark, level, round);
        if (number == 1)
            level_requests_learn(requests, round);
        if (level->until_steady)
            judge_steady(benchmark, level, last, round);
        atomic_fetch_add_explicit(&benchmark->rounds_ended, 1, memory_order_release);
        notify(benchmark);
        if (!ok)
            return false;
    }
    return true;
}

static void note_lengths(const struct benchmark *benchmark, struct level *level,
                         const struct lengths *lengths)
{
    const struct tokenizer *tokenizer = benchmark->shape.tokenizer;
    snprintf(level->tokenizer, sizeof level->tokenizer, "%s",
             tokenizer ? tokenizer_name(tokenizer) : "");
    level->cut_requests = lengths->cut;
}

/* One that was queued must not end the run that it was added to. */
static bool leave_out(struct benchmark *benchmark, const struct level_job *job)
{
    if (!job->is_queued)
        return false;
    log_error("L%u %s is left out: %s", job->level->number, job->level->label,
              benchmark->error.text);
    benchmark->error.text[0] = '\0';
    return true;
}

static bool run_level(struct benchmark *benchmark, struct level_job *job)
{
    struct level *level = job->level;
    bool first = benchmark->job == NULL;
    benchmark->job = job;
    benchmark->shape.config = &job->config;
    collector_lock(benchmark->collector);
    benchmark->rate = job->load.rate;
    atomic_store(&benchmark->control.concurrency, job->load.concurrency);
    collector_unlock(benchmark->collector);
    if (!prepare_tokenizer(benchmark, &job->config))
        return leave_out(benchmark, job);
    if (!first && !round_wait_for_server(benchmark))
        return false;
    if (!first)
        server_metrics_wait_idle(benchmark, stopping_now);
    if (stopping(benchmark))
        return true;
    if (!begin_cold(benchmark, level, first))
        return false;
    if (!first)
        pause_s(benchmark, job->config.settle_s);
    if (stopping(benchmark))
        return true;

    struct level_requests requests;
    level_requests_build(&requests, job->plan, &job->load, job->dataset, &benchmark->shape,
                         text_of(level->salt));
    note_lengths(benchmark, level, &requests.lengths);
    prepare_dataset(benchmark, job);

    struct journal *journal = collector_lock(benchmark->collector);
    journal_put_level(journal, level);
    collector_unlock(benchmark->collector);

    bool save = job->config.save_requests;
    bool ok = !save || prepare_save_bodies(benchmark, level, &requests, false);
    ok = ok && run_warmup(benchmark, level, &requests) && run_rounds(benchmark, level, &requests);
    ok = (!save || prepare_save_bodies(benchmark, level, &requests, true)) && ok;
    level_requests_free(&requests);
    return ok;
}

static enum run_end run_levels(struct benchmark *benchmark)
{
    struct level_job *job;
    while ((job = jobs_next(benchmark))) {
        if (!run_level(benchmark, job))
            return benchmark->error.text[0] ? RUN_FAILED : RUN_SERVER_GONE;
        if (stopping(benchmark))
            return RUN_INTERRUPTED;
    }
    return RUN_FINISHED; /* a stop that finds nothing left to run cuts nothing off */
}

/* ---- the thread ---- */

/* The listener is gone by now: the journal is told by hand. */
static void close_debug_log(struct benchmark *benchmark)
{
    struct error error = {0};
    benchmark->debug_failed = !debug_log_close(&benchmark->debug, &error);
    if (!benchmark->debug_failed)
        return;
    log_error("%s", error.text);
    benchmark_change(benchmark, "error", "%s", error.text);
}

static void finish_journal(struct benchmark *benchmark)
{
    static const char *const reasons[] = {[RUN_FINISHED] = "finished",
                                          [RUN_INTERRUPTED] = "interrupted",
                                          [RUN_SERVER_GONE] = "server gone",
                                          [RUN_FAILED] = "failed"};
    reset_finish(benchmark);
    server_metrics_stop(benchmark);
    log_set_listener(NULL, NULL);
    bool drained = collector_stop(benchmark->collector);
    close_debug_log(benchmark);
    uint64_t at_ns = now_ns() - benchmark->anchor.monotonic_ns;
    benchmark->run->end_reason = xstrdup(reasons[benchmark->end]);
    run_tell_end(benchmark->run, at_ns, reasons[benchmark->end]);
    journal_put_run_end(&benchmark->journal, reasons[benchmark->end], at_ns);
    benchmark->journal_failed = !journal_close(&benchmark->journal) || !drained;
}

static void *benchmark_main(void *argument)
{
    struct benchmark *benchmark = argument;
    benchmark->end = RUN_FAILED;
    if (prepare_run(benchmark)) {
        atomic_store_explicit(&benchmark->ready, true, memory_order_release);
        notify(benchmark);
        benchmark->end = run_levels(benchmark);
        finish_journal(benchmark);
    } else if (stopping(benchmark)) {
        benchmark->end = RUN_INTERRUPTED;
    }
    atomic_store_explicit(&benchmark->finished, true, memory_order_release);
    notify(benchmark);
    return NULL;
}

bool benchmark_start(struct benchmark *benchmark, struct error *error)
{
    benchmark->anchor = clock_anchor_read();
    benchmark->nonce = random_entropy();
    live_init(&benchmark->live, benchmark->anchor.monotonic_ns);
    pthread_mutex_init(&benchmark->jobs_lock, NULL);
    pthread_cond_init(&benchmark->jobs_changed, NULL);
    if (pthread_create(&benchmark->thread, NULL, benchmark_main, benchmark) != 0)
        return error_set(error, "cannot start the benchmark thread");
    pthread_setname_np(benchmark->thread, "benchmark");
    return true;
}

void benchmark_stop(struct benchmark *benchmark)
{
    /* The workers look at it at least every 50 ms. */
    atomic_store(&benchmark->control.stop, true);
    tuning_finish(benchmark);
}

void benchmark_join(struct benchmark *benchmark)
{
    pthread_join(benchmark->thread, NULL);
    /* Not by the thread itself: until here others may still ask for a change of load. */
    collector_free(benchmark->collector);
    pool_free(benchmark->pool);
    server_free(&benchmark->server);
    tokenizer_free(benchmark->tokenizer);
    probe_free(&benchmark->probe);
    free(benchmark->reset_url);
    live_free(&benchmark->live);
    for (uint32_t i = 0; i < benchmark->job_count; i++)
        jobs_free_one(benchmark->jobs[i]);
    for (size_t i = 0; i < ARRAY_SIZE(benchmark->datasets) && benchmark->datasets[i]; i++) {
        dataset_free(benchmark->datasets[i]);
        free(benchmark->datasets[i]);
    }
    pauses_free(&benchmark->pauses);
    pthread_cond_destroy(&benchmark->jobs_changed);
    pthread_mutex_destroy(&benchmark->jobs_lock);
}

void benchmark_free(struct benchmark *benchmark)
{
    run_free(benchmark->run);
    free(benchmark->directory);
}
