#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <pthread.h>
#include <sched.h>

#include "base/ring.h"

static void events_come_out_as_and_in_the_order_they_went_in(void **state)
{
    (void)state;
    struct ring_lane lane;
    ring_init(&lane, 8);
    struct event in = {.at_ns = 1,
                       .value = 2,
                       .request = 3,
                       .round = 4,
                       .kind = 5,
                       .detail = 6,
                       .count = 7,
                       .spare = 8},
                 out[8];
    assert_int_equal(ring_take(&lane, out, 8), 0);
    assert_true(ring_push(&lane, &in));
    in.at_ns = 100;
    assert_true(ring_push(&lane, &in));
    assert_int_equal(ring_take(&lane, out, 8), 2);
    assert_int_equal(out[1].at_ns, 100);
    in.at_ns = 1;
    assert_memory_equal(&out[0], &in, sizeof in);
    ring_free(&lane);
}

static void a_full_lane_refuses_and_keeps_what_it_has(void **state)
{
    (void)state;
    struct ring_lane lane;
    ring_init(&lane, 4);
    struct event event = {0}, out[8];
    for (event.value = 0; event.value < 4; event.value++)
        assert_true(ring_push(&lane, &event));
    assert_false(ring_push(&lane, &event));
    assert_int_equal(ring_take(&lane, out, 1), 1);
    assert_int_equal(out[0].value, 0);
    assert_true(ring_push(&lane, &event));
    assert_false(ring_push(&lane, &event));
    assert_int_equal(ring_take(&lane, out, 8), 4);
    for (uint64_t i = 0; i < 4; i++)
        assert_int_equal(out[i].value, i + 1);
    ring_free(&lane);
}

static void order_holds_over_the_end_of_the_slots(void **state)
{
    (void)state;
    struct ring_lane lane;
    ring_init(&lane, 8);
    struct event out[8];
    uint64_t pushed = 0, taken = 0;
    for (int turn = 0; turn < 100; turn++) {
        for (int i = 0; i < 5; i++) {
            struct event event = {.value = pushed++};
            assert_true(ring_push(&lane, &event));
        }
        assert_int_equal(ring_take(&lane, out, 8), 5);
        for (int i = 0; i < 5; i++)
            assert_int_equal(out[i].value, taken++);
    }
    ring_free(&lane);
}

/* The indices run free over 2^64. */
static void order_holds_over_the_end_of_the_index(void **state)
{
    (void)state;
    struct ring_lane lane;
    ring_init(&lane, 8);
    atomic_store(&lane.head, UINT64_MAX - 2);
    atomic_store(&lane.tail, UINT64_MAX - 2);
    lane.known_head = lane.known_tail = UINT64_MAX - 2;
    struct event event = {0}, out[8];
    for (event.value = 0; event.value < 8; event.value++)
        assert_true(ring_push(&lane, &event));
    assert_false(ring_push(&lane, &event));
    assert_int_equal(ring_take(&lane, out, 8), 8);
    for (uint64_t i = 0; i < 8; i++)
        assert_int_equal(out[i].value, i);
    ring_free(&lane);
}

#define STRESS_EVENTS 1000000u

static void *produce(void *context)
{
    struct ring_lane *lane = context;
    for (uint64_t i = 0; i < STRESS_EVENTS; i++) {
        struct event event = {.at_ns = i, .value = ~i, .count = (uint32_t)i};
        while (!ring_push(lane, &event))
            sched_yield();
    }
    return NULL;
}

static void two_threads_lose_nothing_and_see_no_half_event(void **state)
{
    (void)state;
    struct ring_lane lane;
    pthread_t producer;
    ring_init(&lane, 256);
    assert_int_equal(pthread_create(&producer, NULL, produce, &lane), 0);
    struct event out[100];
    uint64_t next = 0, wrong = 0;
    while (next < STRESS_EVENTS) {
        size_t taken = ring_take(&lane, out, 100);
        for (size_t i = 0; i < taken; i++, next++)
            wrong += out[i].at_ns != next || out[i].value != ~next || out[i].count != next;
        if (taken == 0)
            sched_yield();
    }
    pthread_join(producer, NULL);
    assert_int_equal(wrong, 0);
    assert_int_equal(ring_take(&lane, out, 100), 0);
    ring_free(&lane);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(events_come_out_as_and_in_the_order_they_went_in),
        cmocka_unit_test(a_full_lane_refuses_and_keeps_what_it_has),
        cmocka_unit_test(order_holds_over_the_end_of_the_slots),
        cmocka_unit_test(order_holds_over_the_end_of_the_index),
        cmocka_unit_test(two_threads_lose_nothing_and_see_no_half_event),
    };
    return cmocka_run_group_tests_name("ring", tests, NULL, NULL);
}
