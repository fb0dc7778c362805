#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <pthread.h>
#include <sched.h>

#include "telemetry/event.h"

static void push_numbered(struct event_lane *lane, enum event_kind kind, uint64_t number)
{
    struct event event = {.kind = (uint8_t)kind, .value = number};
    if (kind == EVENT_CHUNK)
        event_push_chunk(lane, &event);
    else
        event_push(lane, &event);
}

static void fill_with_chunks(struct event_lane *lane)
{
    for (uint64_t i = 0; i < RING_LANE_CAPACITY; i++)
        push_numbered(lane, EVENT_CHUNK, i);
    assert_int_equal(lane->skipped, 0);
}

static void a_full_lane_skips_chunks_and_counts_them(void **state)
{
    (void)state;
    struct event_lane lane;
    struct event event;
    event_lane_init(&lane);
    fill_with_chunks(&lane);
    push_numbered(&lane, EVENT_CHUNK, RING_LANE_CAPACITY);
    assert_int_equal(lane.skipped, 1);
    assert_int_equal(lane.made, RING_LANE_CAPACITY + 1);
    uint64_t consumed = 0;
    while (ring_take(&lane.ring, &event, 1))
        assert_int_equal(event.value, consumed++);
    assert_int_equal(lane.made, consumed + lane.skipped);
    event_lane_free(&lane);
}

static void lifecycle_events_wait_for_room_in_their_order(void **state)
{
    (void)state;
    enum { WAITING = 1000 };
    struct event_lane lane;
    struct event event;
    event_lane_init(&lane);
    fill_with_chunks(&lane);
    for (uint64_t i = 0; i < WAITING; i++)
        push_numbered(&lane, EVENT_FINISHED, i);
    assert_int_equal(lane.skipped, 0);
    assert_false(event_lane_settle(&lane));

    /* Room for ten: ten move on, in front of nothing that came later. */
    for (int i = 0; i < 10; i++)
        assert_int_equal(ring_take(&lane.ring, &event, 1), 1);
    assert_false(event_lane_settle(&lane));
    assert_int_equal(ring_take(&lane.ring, &event, 1), 1);
    push_numbered(&lane, EVENT_FINISHED, WAITING);

    uint64_t consumed = 11, next = 0;
    do {
        while (ring_take(&lane.ring, &event, 1)) {
            consumed++;
            if (event.kind == EVENT_FINISHED)
                assert_int_equal(event.value, next++);
        }
    } while (!event_lane_settle(&lane) || next <= WAITING);
    assert_int_equal(next, WAITING + 1);
    assert_int_equal(lane.made, consumed + lane.skipped);
    event_lane_free(&lane);
}

static void no_chunk_overtakes_a_waiting_event(void **state)
{
    (void)state;
    struct event_lane lane;
    struct event events[4];
    event_lane_init(&lane);
    fill_with_chunks(&lane);
    push_numbered(&lane, EVENT_FINISHED, 0);
    assert_int_equal(ring_take(&lane.ring, events, 4), 4);
    push_numbered(&lane, EVENT_CHUNK, 1);
    assert_int_equal(lane.skipped, 1);
    assert_true(event_lane_settle(&lane));
    push_numbered(&lane, EVENT_CHUNK, 2);
    assert_int_equal(lane.skipped, 1);
    event_lane_free(&lane);
}

/* ---- two threads ---- */

enum { REQUESTS = 20000, CHUNKS = 8 };

struct producer {
    struct event_lane lane;
    _Atomic bool done;
};

static void *produce(void *context)
{
    struct producer *producer = context;
    for (uint64_t i = 0; i < REQUESTS; i++) {
        push_numbered(&producer->lane, EVENT_DISPATCHED, i);
        for (int chunk = 0; chunk < CHUNKS; chunk++)
            push_numbered(&producer->lane, EVENT_CHUNK, i);
        push_numbered(&producer->lane, EVENT_FINISHED, i);
    }
    while (!event_lane_settle(&producer->lane))
        sched_yield();
    atomic_store_explicit(&producer->done, true, memory_order_release);
    return NULL;
}

/* Lets the lane run full before it is drained further. */
static void wait_until_full(const struct producer *producer, uint64_t consumed)
{
    while (!atomic_load_explicit(&producer->done, memory_order_relaxed) &&
           atomic_load_explicit(&producer->lane.ring.tail, memory_order_relaxed) - consumed <
               RING_LANE_CAPACITY)
        sched_yield();
}

static void under_two_threads_nothing_is_lost_or_out_of_order(void **state)
{
    (void)state;
    static struct event events[512];
    struct producer producer = {.done = false};
    pthread_t thread;
    event_lane_init(&producer.lane);
    assert_int_equal(pthread_create(&thread, NULL, produce, &producer), 0);

    uint64_t consumed = 0, dispatched = 0, finished = 0, turn = 0;
    for (;;) {
        if (turn++ % 8 == 0)
            wait_until_full(&producer, consumed);
        bool last = atomic_load_explicit(&producer.done, memory_order_acquire);
        size_t taken = ring_take(&producer.lane.ring, events, 512);
        for (size_t i = 0; i < taken; i++) {
            if (events[i].kind == EVENT_DISPATCHED)
                assert_int_equal(events[i].value, dispatched++);
            else if (events[i].kind == EVENT_FINISHED)
                assert_int_equal(events[i].value, finished++);
            else
                assert_int_equal(events[i].value, finished);
        }
        consumed += taken;
        if (last && taken == 0)
            break;
        if (taken == 0)
            sched_yield();
    }
    pthread_join(thread, NULL);
    assert_int_equal(dispatched, REQUESTS);
    assert_int_equal(finished, REQUESTS);
    assert_int_equal(producer.lane.made, (uint64_t)REQUESTS * (CHUNKS + 2));
    assert_int_equal(producer.lane.made, consumed + producer.lane.skipped);
    event_lane_free(&producer.lane);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_full_lane_skips_chunks_and_counts_them),
        cmocka_unit_test(lifecycle_events_wait_for_room_in_their_order),
        cmocka_unit_test(no_chunk_overtakes_a_waiting_event),
        cmocka_unit_test(under_two_threads_nothing_is_lost_or_out_of_order),
    };
    return cmocka_run_group_tests_name("event_lane", tests, NULL, NULL);
}
