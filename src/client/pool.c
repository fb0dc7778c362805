#include "client/pool.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include "base/memory.h"

struct pool {
    struct worker *workers;
    uint32_t worker_count;
    pthread_mutex_t lock;
    pthread_cond_t done;
    uint32_t busy; /* workers that are not done with the work, under the lock */
};

static void on_worker_done(void *context)
{
    struct pool *pool = context;
    pthread_mutex_lock(&pool->lock);
    if (--pool->busy == 0)
        pthread_cond_broadcast(&pool->done);
    pthread_mutex_unlock(&pool->lock);
}

static void stop_workers(struct pool *pool)
{
    for (uint32_t i = 0; i < pool->worker_count; i++) {
        struct worker *worker = &pool->workers[i];
        atomic_store_explicit(&worker->quit, true, memory_order_release);
        loop_wake(&worker->loop);
        pthread_join(worker->thread, NULL);
        worker_free(worker);
    }
    pool->worker_count = 0;
}

struct pool *pool_new(const struct transfer_settings *settings, struct control *control,
                      uint32_t worker_count, struct error *error)
{
    struct pool *pool = xcalloc(1, sizeof *pool);
    /* Each holds a lane, whose two ends have cache lines of their own. */
    pool->workers = xcalloc_aligned(worker_count, sizeof *pool->workers, CACHE_LINE);
    pthread_mutex_init(&pool->lock, NULL);
    pthread_condattr_t attributes;
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&pool->done, &attributes);
    pthread_condattr_destroy(&attributes);

    for (uint32_t i = 0; i < worker_count; i++) {
        struct worker *worker = &pool->workers[i];
        if (!worker_init(worker, i, settings, control, error)) {
            pool_free(pool);
            return NULL;
        }
        worker->on_done = on_worker_done;
        worker->on_done_context = pool;
        if (pthread_create(&worker->thread, NULL, worker_main, worker) != 0) {
            worker_free(worker);
            error_set(error, "cannot start a worker thread");
            pool_free(pool);
            return NULL;
        }
        pthread_setname_np(worker->thread, "worker");
        pool->worker_count++;
    }
    return pool;
}

void pool_free(struct pool *pool)
{
    if (!pool)
        return;
    stop_workers(pool);
    pthread_cond_destroy(&pool->done);
    pthread_mutex_destroy(&pool->lock);
    free(pool->workers);
    free(pool);
}

uint32_t pool_worker_count(const struct pool *pool)
{
    return pool->worker_count;
}

struct event_lane *pool_lane(struct pool *pool, uint32_t number)
{
    return &pool->workers[number].lane;
}

void pool_begin(struct pool *pool, struct work *work)
{
    pthread_mutex_lock(&pool->lock);
    pool->busy = work->worker_count;
    pthread_mutex_unlock(&pool->lock);
    for (uint32_t i = 0; i < work->worker_count; i++) {
        atomic_store_explicit(&pool->workers[i].work, work, memory_order_release);
        loop_wake(&pool->workers[i].loop);
    }
}

bool pool_wait(struct pool *pool, uint64_t timeout_ns)
{
    struct timespec until = clock_deadline(now_ns() + timeout_ns);
    pthread_mutex_lock(&pool->lock);
    while (pool->busy && pthread_cond_timedwait(&pool->done, &pool->lock, &until) != ETIMEDOUT)
        ;
    bool done = pool->busy == 0;
    pthread_mutex_unlock(&pool->lock);
    return done;
}

void pool_wake(struct pool *pool)
{
    for (uint32_t i = 0; i < pool->worker_count; i++)
        loop_wake(&pool->workers[i].loop);
}

void pool_report(const struct pool *pool, const struct work *work, struct health *health)
{
    struct histogram lag = {0}, chunk_lag = {0};
    for (uint32_t i = 0; i < work->worker_count; i++) {
        const struct worker *worker = &pool->workers[i];
        const struct worker_report *report = &worker->report;
        histogram_merge(&lag, &worker->owner.lag.stamp_lag);
        histogram_merge(&chunk_lag, &worker->owner.lag.chunk_lag);
        health->stamp_lag_at_least |= report->lag_at_least;
        health->connects += report->connects;
        health->client_cpu_s += report->cpu_s;
        health->chunk_events_made += report->chunks_made;
        health->chunk_events_skipped += report->chunks_skipped;
        if (report->busy > health->loop_busy)
            health->loop_busy = report->busy;
    }
    health->stamp_lag_samples = lag.count;
    health->stamp_lag_p50_ns = (uint64_t)histogram_quantile(&lag, 0.50);
    /* Thousands of first tokens in time must not hide that chunks were late, nor the reverse. */
    health->stamp_lag_p99_ns =
        (uint64_t)fmax(histogram_quantile(&lag, 0.99), histogram_quantile(&chunk_lag, 0.99));
    health->stamp_lag_max_ns = lag.max > chunk_lag.max ? lag.max : chunk_lag.max;
    histogram_free(&lag);
    histogram_free(&chunk_lag);
}
