#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/memory.h"
#include "telemetry/event.h"
#include "telemetry/live.h"

#define ORIGIN_NS (5 * NS_PER_S)

static int begin(void **state)
{
    struct live *live = xmalloc(sizeof *live);
    live_init(live, ORIGIN_NS);
    live_begin_round(live, 2, 1, 100);
    *state = live;
    return 0;
}

static int end(void **state)
{
    live_free(*state);
    free(*state);
    return 0;
}

static void take(struct live *live, uint64_t second, struct event event)
{
    event.at_ns = ORIGIN_NS + second * NS_PER_S + NS_PER_S / 2;
    live_take(live, &event, 1);
}

static void take_chunk(struct live *live, uint64_t second, uint64_t gap_ns, uint32_t tokens)
{
    take(live, second,
         (struct event){
             .kind = EVENT_CHUNK, .value = gap_ns, .count = tokens, .detail = gap_ns > 0});
}

static void requests_are_counted(void **state)
{
    struct live *live = *state;
    const struct event events[] = {
        {.kind = EVENT_DISPATCHED},
        {.kind = EVENT_DISPATCHED},
        {.kind = EVENT_DISPATCHED},
        {.kind = EVENT_SENT},
        {.kind = EVENT_FINISHED},
        {.kind = EVENT_FINISHED, .detail = 1},
        {.kind = EVENT_NOT_SENT, .count = 7},
    };
    live_take(live, events, ARRAY_SIZE(events));
    const struct live_view *view = &live->view;
    assert_int_equal(view->in_flight, 1);
    assert_int_equal(view->done, 2);
    assert_int_equal(view->failed, 1);
    assert_int_equal(view->not_sent, 7);
    assert_int_equal(view->events_seen, ARRAY_SIZE(events));
    assert_int_equal(view->seconds[0].finished, 2);
    assert_int_equal(view->seconds[0].failed, 1);
    assert_int_equal(view->seconds[0].in_flight, 1);
}

static void chunks_that_came_together_count_each(void **state)
{
    struct live *live = *state;
    take(live, 1,
         (struct event){
             .kind = EVENT_CHUNK, .value = 8 * NS_PER_MS, .count = 5, .detail = 1, .spare = 3});
    take(live, 1, (struct event){.kind = EVENT_CHUNK, .count = 2, .spare = 1}); /* the first ones */
    const struct live_second *second = &live->view.seconds[0];
    assert_int_equal(second->chunks, 6);
    assert_int_equal(second->tokens, 7);
    assert_int_equal(second->gap_count, 5);
    assert_int_equal(second->gap_sum_us, 8000);
}

static void a_new_round_begins_at_zero_and_keeps_the_seconds(void **state)
{
    struct live *live = *state;
    take(live, 3, (struct event){.kind = EVENT_DISPATCHED});
    take(live, 3, (struct event){.kind = EVENT_FINISHED, .detail = 1});
    take(live, 3, (struct event){.kind = EVENT_NOT_SENT, .count = 1});
    live_begin_round(live, 3, 2, 50);
    struct live_view *view = xmalloc(sizeof *view);
    live_copy(live, view);
    assert_int_equal(view->level, 3);
    assert_int_equal(view->round, 2);
    assert_int_equal(view->planned, 50);
    assert_int_equal(view->done + view->failed + view->in_flight + view->not_sent, 0);
    assert_int_equal(view->second_count, 1);
    assert_int_equal(view->seconds[0].second, 3);
    assert_int_equal(view->events_seen, 3);
    free(view);
}

static void requests_in_flight_are_told_one_by_one(void **state)
{
    struct live *live = *state;
    take(live, 1, (struct event){.kind = EVENT_DISPATCHED, .request = 4});
    take(live, 2, (struct event){.kind = EVENT_DISPATCHED, .request = 5});
    take(live, 3, (struct event){.kind = EVENT_FIRST_TOKEN, .request = 4});
    struct live_view *view = xmalloc(sizeof *view);
    live_copy(live, view);
    assert_int_equal(view->streaming, 1);
    assert_int_equal(view->waiting, 1);
    assert_int_equal(view->oldest_waiting_ns, 2500 * NS_PER_MS);
    struct flight flights[4];
    assert_int_equal(live_copy_in_flight(live, flights, 4), 2);
    assert_int_equal(flights[0].request, 4);
    assert_int_equal(flights[0].first_token_ns, 3500 * NS_PER_MS);
    assert_int_equal(flights[1].first_token_ns, 0);
    live_begin_round(live, 3, 2, 50);
    assert_int_equal(live_copy_in_flight(live, flights, 4), 0);
    free(view);
}

static void an_event_stands_in_its_own_second(void **state)
{
    struct live *live = *state;
    take_chunk(live, 10, 0, 1);
    take_chunk(live, 13, 2 * NS_PER_MS, 4);
    take_chunk(live, 11, 5 * NS_PER_MS, 2); /* another lane's, seen later */
    const struct live_view *view = &live->view;
    assert_int_equal(view->second_count, 4);
    for (uint32_t i = 0; i < 4; i++)
        assert_int_equal(view->seconds[i].second, 10 + i);
    assert_int_equal(view->seconds[1].tokens, 2);
    assert_int_equal(view->seconds[2].chunks, 0);
    assert_int_equal(view->seconds[3].tokens, 4);
    assert_int_equal(view->seconds[0].gap_count, 0);
    assert_int_equal(view->seconds[3].gap_count, 1);
}

static void silent_seconds_show_what_is_in_flight(void **state)
{
    struct live *live = *state;
    take(live, 0, (struct event){.kind = EVENT_DISPATCHED});
    take(live, 0, (struct event){.kind = EVENT_DISPATCHED});
    take_chunk(live, 3, 0, 1);
    for (uint32_t i = 0; i < 4; i++)
        assert_int_equal(live->view.seconds[i].in_flight, 2);
}

static void before_the_origin_is_the_first_second(void **state)
{
    struct live *live = *state;
    struct event early = {.kind = EVENT_CHUNK, .at_ns = ORIGIN_NS - 1, .count = 1};
    live_take(live, &early, 1);
    assert_int_equal(live->view.second_count, 1);
    assert_int_equal(live->view.seconds[0].second, 0);
}

static void assert_seconds_are_the_last(const struct live_view *view, uint32_t last)
{
    assert_int_equal(view->second_count, LIVE_SECONDS);
    for (uint32_t i = 0; i < LIVE_SECONDS; i++)
        assert_int_equal(view->seconds[i].second, last - LIVE_SECONDS + 1 + i);
}

static void the_oldest_seconds_make_room(void **state)
{
    struct live *live = *state;
    for (uint32_t second = 0; second < LIVE_SECONDS + 100; second++)
        take_chunk(live, second, 0, second);
    assert_seconds_are_the_last(&live->view, LIVE_SECONDS + 99);
    assert_int_equal(live->view.seconds[0].tokens, 100);

    /* Older than all that is kept. */
    take_chunk(live, 5, 0, 1);
    assert_int_equal(live->view.seconds[0].tokens, 101);
    assert_seconds_are_the_last(&live->view, LIVE_SECONDS + 99);
}

static void a_long_silence_leaves_seconds_without_gaps(void **state)
{
    struct live *live = *state;
    static const uint32_t silences[] = {1, LIVE_SECONDS - 1, LIVE_SECONDS, LIVE_SECONDS + 1,
                                        3000000000};
    uint32_t now = 3;
    take_chunk(live, now, 0, 1);
    for (size_t i = 0; i < ARRAY_SIZE(silences); i++) {
        now += silences[i];
        take_chunk(live, now, 0, 9);
        const struct live_view *view = &live->view;
        uint32_t count = view->second_count;
        assert_int_equal(view->seconds[count - 1].second, now);
        assert_int_equal(view->seconds[count - 1].tokens, 9);
        for (uint32_t j = 1; j < count; j++)
            assert_int_equal(view->seconds[j].second, view->seconds[j - 1].second + 1);
    }
    assert_seconds_are_the_last(&live->view, now);
}

static void recent_means_come_from_the_last_second_that_has_any(void **state)
{
    struct live *live = *state;
    assert_true(isnan(live_recent_ttft_ms(&live->view)));
    assert_true(isnan(live_recent_gap_ms(&live->view)));
    take(live, 1, (struct event){.kind = EVENT_FIRST_TOKEN, .value = 999 * NS_PER_MS});
    take(live, 2, (struct event){.kind = EVENT_FIRST_TOKEN, .value = 10 * NS_PER_MS});
    take(live, 2, (struct event){.kind = EVENT_FIRST_TOKEN, .value = 20 * NS_PER_MS});
    take_chunk(live, 2, 0, 1);
    take_chunk(live, 3, 4 * NS_PER_MS, 1);
    take_chunk(live, 3, 5 * NS_PER_MS, 1);
    take(live, 4, (struct event){.kind = EVENT_FINISHED});
    assert_true(fabs(live_recent_ttft_ms(&live->view) - 15) < 1e-9);
    assert_true(fabs(live_recent_gap_ms(&live->view) - 4.5) < 1e-9);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)
    const struct CMUnitTest tests[] = {
        TEST(requests_are_counted),
        TEST(a_new_round_begins_at_zero_and_keeps_the_seconds),
        TEST(chunks_that_came_together_count_each),
        TEST(requests_in_flight_are_told_one_by_one),
        TEST(an_event_stands_in_its_own_second),
        TEST(silent_seconds_show_what_is_in_flight),
        TEST(before_the_origin_is_the_first_second),
        TEST(the_oldest_seconds_make_room),
        TEST(a_long_silence_leaves_seconds_without_gaps),
        TEST(recent_means_come_from_the_last_second_that_has_any),
    };
    return cmocka_run_group_tests_name("live", tests, NULL, NULL);
}
