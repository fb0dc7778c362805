#include "benchmark/round.h"

#include <math.h>
#include <stdlib.h>

#include "base/log.h"
#include "base/memory.h"
#include "benchmark/server_metrics.h"
#include "benchmark/tuning.h"
#include "result/round_kept.h"

/* uvicorn closes idle connections after 5 s: what is opened before a round must be used well
 * before. */
#define OPEN_CONNECTIONS_NS (4 * NS_PER_S)
#define LOOK_NS             (50 * NS_PER_MS)

static uint32_t workers_for(const struct benchmark *benchmark, uint32_t streams)
{
    uint32_t most = pool_worker_count(benchmark->pool);
    uint32_t wanted = (streams + STREAMS_PER_WORKER - 1) / STREAMS_PER_WORKER;
    /* With the screen up, the load may grow while the round is on. */
    if (benchmark->config->workers > 0 || benchmark->stay || wanted > most)
        wanted = most;
    return wanted ? wanted : 1;
}

/* Closed loop only, and only where the server keeps what it is given. */
static void open_connections(struct benchmark *benchmark, const struct work *round_work)
{
    const struct config *config = benchmark->config;
    if (atomic_load(&round_work->arrivals) || benchmark->settings.fresh_connections ||
        config->http2)
        return;
    char *url = endpoint_sibling(config->endpoint, "/v1/models");
    uint32_t concurrency = atomic_load(&benchmark->control.concurrency);
    uint32_t streams = concurrency < round_work->count ? concurrency : round_work->count;
    struct work work = {.level = round_work->level,
                        .round = round_work->round,
                        .start_ns = now_ns(),
                        .deadline_ns = now_ns() + OPEN_CONNECTIONS_NS,
                        .worker_count = round_work->worker_count,
                        .connections = streams,
                        .connections_url = url};
    if (streams) {
        pool_begin(benchmark->pool, &work);
        while (!pool_wait(benchmark->pool, NS_PER_S))
            ;
    }
    free(url);
}

/* Whether something is left to send: workers that may not send do not see when nothing is. */
static bool has_more(struct benchmark *benchmark, const struct round *round)
{
    collector_lock(benchmark->collector);
    uint32_t over = round_done_count(round) + round->counts.not_sent;
    bool more = over < round->counts.planned;
    collector_unlock(benchmark->collector);
    return more;
}

static void say_server_down(struct benchmark *benchmark, struct round *round)
{
    if (round)
        round->interrupted = true;
    log_warning(CHANGE_SERVER_DOWN
                ": no connection to %s; asking each second, giving up after %g s",
                benchmark->config->endpoint, benchmark->config->give_up_s);
}

/* The round is over, with or without the server: it is waited for before the next one. */
static void let_end(struct benchmark *benchmark)
{
    benchmark->server_away = true;
    atomic_store(&benchmark->control.server_down, false);
    pool_wake(benchmark->pool);
}

static void go_on(struct benchmark *benchmark, const struct round *round, uint64_t since_ns)
{
    struct control *control = &benchmark->control;
    uint64_t now = now_ns();
    log_info(CHANGE_SERVER_BACK " after %.0f s%s", (double)(now - since_ns) / 1e9,
             round ? "; this round is marked interrupted" : "");
    tuning_add_pause(benchmark, since_ns, now);
    atomic_store(&control->connect_failures, 0);
    atomic_store(&control->server_down, false);
    pool_wake(benchmark->pool);
}

/* The workers stopped dispatching after many connections failed in a row, in that round or (NULL)
 * the one before. Asks each second whether the server is back. False when it stayed away for longer
 * than --give-up; a user who stops the run or skips the round is no such end. */
static bool wait_for_server(struct benchmark *benchmark, struct round *round)
{
    const struct config *config = benchmark->config;
    struct control *control = &benchmark->control;
    uint64_t since_ns = now_ns();
    bool up = false, more = true;
    live_set_server_down(&benchmark->live, since_ns);
    while (!up && more && !atomic_load(&control->stop) && !atomic_load(&control->skip) &&
           (double)(now_ns() - since_ns) < config->give_up_s * 1e9) {
        sleep_until_ns(now_ns() + NS_PER_S);
        up = probe_is_up(config, &benchmark->server, &control->stop);
        more = !round || has_more(benchmark, round);
    }
    live_set_server_down(&benchmark->live, 0);
    if (!more && !up)
        let_end(benchmark);
    else if (up)
        go_on(benchmark, round, since_ns);
    return up || !more || atomic_load(&control->stop) || atomic_load(&control->skip);
}

bool round_wait_for_server(struct benchmark *benchmark)
{
    bool there = !benchmark->server_away || wait_for_server(benchmark, NULL);
    benchmark->server_away = false;
    return there;
}

static uint64_t deadline_of(const struct config *config, const struct round *round,
                            uint64_t start_ns)
{
    bool limited = !isnan(config->duration_s) && round && round->number == 1;
    return limited ? start_ns + (uint64_t)(config->duration_s * 1e9) : UINT64_MAX;
}

/* What holds for one round only. */
static void reset_control(struct control *control)
{
    uint32_t concurrency = atomic_load(&control->concurrency);
    atomic_store(&control->skip, false);
    atomic_store(&control->segment, 0);
    atomic_store(&control->connect_failures, 0);
    atomic_store(&control->connect_failures_limit, concurrency > 3 ? concurrency : 3);
    atomic_store(&control->server_down, false);
}

/* At the rate that holds now, in whatever round it was set; between rounds it does not change. NULL
 * in a closed loop. */
static struct arrivals *make_arrivals(struct benchmark *benchmark, uint32_t count)
{
    const struct config *config = &benchmark->job->config;
    collector_lock(benchmark->collector);
    double rate = benchmark->rate;
    collector_unlock(benchmark->collector);
    return rate > 0 ? arrivals_new(count, rate, config->burstiness, config->ramp_s, config->seed)
                    : NULL;
}

static void begin_round(struct benchmark *benchmark, struct level *level, struct round *round,
                        struct work *work)
{
    struct journal *journal = collector_lock(benchmark->collector);
    struct segment *segment = &round->segments[0];
    round->start_ns = work->start_ns - benchmark->anchor.monotonic_ns;
    segment->start_ns = round->start_ns;
    segment->concurrency = atomic_load(&benchmark->control.concurrency);
    segment->rate = benchmark->rate;
    round->first_change = changes_count(&benchmark->run->changes);
    level_show_round(level);
    journal_put_round(journal, level, round);
    run_tell_round_began(benchmark->run, level, round);
    benchmark->running = round;
    benchmark->work = work;
    collector_unlock(benchmark->collector);
}

/* Of the time in which it sent something: a pause before that or behind it held up nothing. */
static uint64_t paused_ns(struct benchmark *benchmark, const struct round *round)
{
    uint64_t first_ns = UINT64_MAX, last_ns = 0, origin_ns = benchmark->anchor.monotonic_ns;
    for (uint32_t i = 0; i < round_record_count(round); i++) {
        uint64_t at_ns = round->records[i].dispatched_ns;
        first_ns = at_ns < first_ns ? at_ns : first_ns;
        last_ns = at_ns > last_ns ? at_ns : last_ns;
    }
    return last_ns ? tuning_paused_within_ns(benchmark, origin_ns + first_ns, origin_ns + last_ns)
                   : 0;
}

static void end_round(struct benchmark *benchmark, const struct level *level, struct round *round,
                      const struct work *work)
{
    struct journal *journal = collector_lock(benchmark->collector);
    benchmark->running = NULL;
    benchmark->work = NULL;
    round->end_ns = now_ns() - benchmark->anchor.monotonic_ns;
    round->paused_ns = paused_ns(benchmark, round);
    pool_report(benchmark->pool, work, &round->health);
    round_judge_health(round, benchmark->run->http2);
    round->ended = true;
    journal_put_round_end(journal, level, round);
    run_tell_round_ended(benchmark->run, level, round);
    journal_flush(journal);
    collector_unlock(benchmark->collector);
}

/* While the workers are busy, and this thread is not. */
static void release_old(struct benchmark *benchmark, const struct level *level)
{
    struct run *run = benchmark->run;
    uint64_t at_ns = now_ns() - benchmark->anchor.monotonic_ns;
    run_release_records(run, level, at_ns);
    run_hold_alone(run);
    collector_lock(benchmark->collector); /* nobody adds readings meanwhile */
    run_release_readings(run, level, at_ns);
    collector_unlock(benchmark->collector);
    run_let_go(run);
}

bool round_run(struct benchmark *benchmark, struct level *level, struct round *round,
               const struct level_requests *requests)
{
    const struct config *config = &benchmark->job->config;
    uint32_t concurrency = atomic_load(&benchmark->control.concurrency);
    uint32_t streams = concurrency && concurrency < requests->count ? concurrency : requests->count;
    struct work work = {.level = level->number,
                        .round = round ? round->number : 0,
                        .requests = requests->order,
                        .count = requests->count,
                        .turn_delay_ns = (uint64_t)(config->turn_delay_s * 1e9),
                        .worker_count = workers_for(benchmark, streams)};
    bool server_there = true;
    reset_control(&benchmark->control);
    work.arrivals = round ? make_arrivals(benchmark, work.count) : NULL;
    if (atomic_load(&work.arrivals) && work.worker_count > streams)
        work.worker_count = streams; /* a cap is kept to by those who have a share of it */
    server_metrics_before(benchmark, level, round);
    open_connections(benchmark, &work);

    work.start_ns = now_ns();
    tuning_begin_pauses(benchmark, work.start_ns);
    work.deadline_ns = deadline_of(config, round, work.start_ns);
    if (round)
        begin_round(benchmark, level, round, &work);
    collector_begin_round(benchmark->collector, level, round, requests->planned);
    pool_begin(benchmark->pool, &work);
    release_old(benchmark, level);
    while (!pool_wait(benchmark->pool, LOOK_NS)) {
        if (server_there && atomic_load(&benchmark->control.server_down)) {
            say_server_down(benchmark, round);
            server_there = wait_for_server(benchmark, round);
            if (!server_there)
                benchmark_stop(benchmark);
        }
    }
    if (server_there && atomic_load(&benchmark->control.server_down)) {
        say_server_down(benchmark, round);
        let_end(benchmark);
    }
    collector_wait_round(benchmark->collector);
    server_metrics_after(benchmark, level, round);
    if (round)
        end_round(benchmark, level, round, &work);
    arrivals_delete(work.arrivals);
    return server_there;
}
