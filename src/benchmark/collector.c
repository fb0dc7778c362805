#include "benchmark/collector.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/memory.h"
#include "result/record_history.h"
#include "telemetry/history_feed.h"

#define DRAIN_NS    (20 * NS_PER_MS)
#define FLUSH_NS    (200 * NS_PER_MS)
#define FLUSH_BYTES (1u << 20)
#define RETRY_NS    NS_PER_S
#define BATCH       512
#define NOW_NS      NS_PER_S

struct collector {
    struct journal *journal;
    struct pool *pool;
    struct live *live;
    struct debug_log *debug;
    pthread_t thread;
    _Atomic bool quit;

    pthread_mutex_t lock; /* over the journal and what follows */
    pthread_cond_t round_over;
    struct round *round; /* NULL = discard */
    uint32_t planned, ended;

    /* the thread's own */
    struct history_feed feed;
    uint64_t consumed;
    uint64_t flush_due_ns, now_due_ns;
    struct live_view view;
    bool write_failing;
};

static void free_record(struct record *record)
{
    record_free_owned(record);
    free(record);
}

/* The line holds chunk times, reply and its id from here on; only the fixed part stays. */
static void drop_bulk(struct record *record)
{
    free(record->chunk_us);
    free(record->reply);
    free(record->reply_id);
    capture_delete(record->capture);
    record->chunk_us = NULL;
    record->reply = record->reply_id = NULL;
    record->capture = NULL;
}

static void take_record(struct collector *collector, struct record *record)
{
    collector->ended++;
    if (!collector->round) {
        free_record(record);
        return;
    }
    journal_put_request(collector->journal, record);
    debug_log_put(collector->debug, record);
    struct record *kept = round_add_record(collector->round, record);
    if (!kept)
        die("internal error: more records than the round has requests");
    drop_bulk(kept);
    free(record);
}

/* Before the records are taken: what they own is still there. */
static void take_history(struct collector *collector, const struct event *events, size_t count)
{
    struct history *history = collector->feed.history;
    history_feed_take(&collector->feed, events, count);
    history_lock(history);
    for (size_t i = 0; i < count; i++)
        if (events[i].kind == EVENT_FINISHED)
            record_add_cached((const struct record *)(uintptr_t)events[i].value, history);
    history_unlock(history);
}

static void take_events(struct collector *collector, const struct event *events, size_t count)
{
    live_take(collector->live, events, count);
    take_history(collector, events, count);
    pthread_mutex_lock(&collector->lock);
    for (size_t i = 0; i < count; i++) {
        if (events[i].kind == EVENT_FINISHED) {
            take_record(collector, (struct record *)(uintptr_t)events[i].value);
        } else if (events[i].kind == EVENT_NOT_SENT) {
            collector->ended += events[i].count;
            if (collector->round)
                round_add_not_sent(collector->round, events[i].count);
        }
    }
    if (collector->ended >= collector->planned)
        pthread_cond_broadcast(&collector->round_over);
    pthread_mutex_unlock(&collector->lock);
    collector->consumed += count;
}

static size_t drain(struct collector *collector)
{
    struct event events[BATCH];
    size_t total = 0;
    for (uint32_t i = 0; i < pool_worker_count(collector->pool); i++) {
        size_t taken;
        /* At most a lane's worth each time, so that one busy lane does not starve the others. */
        size_t room = RING_LANE_CAPACITY;
        while (room && (taken = ring_take(&pool_lane(collector->pool, i)->ring, events, BATCH))) {
            take_events(collector, events, taken);
            total += taken;
            room -= taken < room ? taken : room;
        }
    }
    return total;
}

/* Nothing is lost on a full disk: lines stay in memory and are tried again each second. */
static void flush(struct collector *collector)
{
    uint64_t now = now_ns();
    pthread_mutex_lock(&collector->lock);
    size_t pending = collector->journal->pending.size;
    bool due = pending && (now >= collector->flush_due_ns ||
                           (pending > FLUSH_BYTES && !collector->write_failing));
    bool ok = !due || journal_flush(collector->journal);
    int reason = errno;
    pthread_mutex_unlock(&collector->lock);
    if (!due)
        return;
    if (!ok && !collector->write_failing)
        log_error("cannot write %s (%s): lines are kept in memory and tried again each second",
                  collector->journal->path, strerror(reason));
    if (ok && collector->write_failing)
        log_info("%s is written again, nothing was lost", collector->journal->path);
    collector->write_failing = !ok;
    collector->flush_due_ns = now + (ok ? FLUSH_NS : RETRY_NS);
}

/* Each second, for those who follow the run from its journal. */
static void tell_now(struct collector *collector)
{
    uint64_t now = now_ns();
    if (now < collector->now_due_ns)
        return;
    collector->now_due_ns = now + NOW_NS;
    live_copy(collector->live, &collector->view);
    pthread_mutex_lock(&collector->lock);
    journal_put_now(collector->journal, now - collector->live->origin_ns, &collector->view);
    pthread_mutex_unlock(&collector->lock);
}

static void *collector_main(void *argument)
{
    struct collector *collector = argument;
    while (!atomic_load_explicit(&collector->quit, memory_order_acquire)) {
        uint64_t next_ns = now_ns() + DRAIN_NS;
        drain(collector);
        history_feed_advance(&collector->feed, now_ns(), live_oldest_waiting_ns(collector->live));
        tell_now(collector);
        flush(collector);
        debug_log_flush(collector->debug);
        sleep_until_ns(next_ns);
    }
    while (drain(collector))
        ;
    return NULL;
}

struct collector *collector_new(struct journal *journal, struct pool *pool, struct live *live,
                                struct history *history, struct debug_log *debug)
{
    struct collector *collector = xcalloc(1, sizeof *collector);
    collector->journal = journal;
    collector->pool = pool;
    collector->live = live;
    history_feed_init(&collector->feed, history, live->origin_ns);
    collector->debug = debug;
    pthread_mutex_init(&collector->lock, NULL);
    pthread_cond_init(&collector->round_over, NULL);
    if (pthread_create(&collector->thread, NULL, collector_main, collector) != 0)
        die("cannot start the collector thread");
    pthread_setname_np(collector->thread, "collector");
    return collector;
}

bool collector_stop(struct collector *collector)
{
    atomic_store_explicit(&collector->quit, true, memory_order_release);
    pthread_join(collector->thread, NULL);

    uint64_t pushed = 0;
    for (uint32_t i = 0; i < pool_worker_count(collector->pool); i++) {
        const struct event_lane *lane = pool_lane(collector->pool, i);
        pushed += lane->made - lane->skipped;
    }
    assert(pushed == collector->consumed);

    return !collector->write_failing;
}

void collector_free(struct collector *collector)
{
    if (!collector)
        return;
    pthread_cond_destroy(&collector->round_over);
    pthread_mutex_destroy(&collector->lock);
    free(collector);
}

void collector_begin_round(struct collector *collector, struct level *level, struct round *round,
                           uint32_t planned)
{
    live_begin_round(collector->live, level->number, round ? round->number : 0, planned);
    pthread_mutex_lock(&collector->lock);
    collector->round = round;
    collector->planned = planned;
    collector->ended = 0;
    pthread_mutex_unlock(&collector->lock);
}

void collector_wait_round(struct collector *collector)
{
    pthread_mutex_lock(&collector->lock);
    while (collector->ended < collector->planned)
        pthread_cond_wait(&collector->round_over, &collector->lock);
    pthread_mutex_unlock(&collector->lock);
}

struct journal *collector_lock(struct collector *collector)
{
    pthread_mutex_lock(&collector->lock);
    return collector->journal;
}

void collector_unlock(struct collector *collector)
{
    pthread_mutex_unlock(&collector->lock);
}
