#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/memory.h"
#include "base/random.h"
#include "telemetry/event.h"
#include "telemetry/history_feed.h"

static int begin(void **state)
{
    *state = history_new();
    return 0;
}

static int end(void **state)
{
    history_free(*state);
    return 0;
}

static struct history_cell ask(struct history *history, uint32_t series, uint64_t end_ns,
                               uint64_t span_ns)
{
    struct history_cell cell;
    history_query(history, series, end_ns, span_ns, &cell, 1);
    return cell;
}

static void events_become_figures(void **state)
{
    const uint64_t origin_ns = 5 * NS_PER_S;
    const struct event events[] = {
        {.at_ns = origin_ns, .kind = EVENT_DISPATCHED},
        {.at_ns = origin_ns, .kind = EVENT_DISPATCHED},
        {.at_ns = origin_ns + 250 * NS_PER_MS, .kind = EVENT_FIRST_TOKEN, .value = 240 * NS_PER_MS},
        {.at_ns = origin_ns + 250 * NS_PER_MS, .kind = EVENT_CHUNK, .count = 1},
        {.at_ns = origin_ns + 270 * NS_PER_MS,
         .kind = EVENT_CHUNK,
         .value = 20 * NS_PER_MS,
         .count = 3,
         .detail = 1},
        {.at_ns = origin_ns + 270 * NS_PER_MS, .kind = EVENT_CHUNK, .count = 1, .detail = 1},
        {.at_ns = origin_ns + 500 * NS_PER_MS, .kind = EVENT_FINISHED},
        {.at_ns = origin_ns + 750 * NS_PER_MS, .kind = EVENT_FINISHED, .detail = 4},
    };
    struct history_feed feed;
    history_feed_init(&feed, *state, origin_ns);
    history_feed_take(&feed, events, ARRAY_SIZE(events));
    history_feed_advance(&feed, origin_ns + NS_PER_S);
    history_feed_free(&feed);
    struct history_cell cell = ask(*state, HISTORY_TTFT, NS_PER_S, NS_PER_S);
    assert_true(history_mean(&cell) == 240.0);
    cell = ask(*state, HISTORY_GAP, NS_PER_S, NS_PER_S);
    assert_int_equal(cell.count, 2); /* one of them 0: the network's batching is a gap too */
    assert_true(history_mean(&cell) == 10.0);
    cell = ask(*state, HISTORY_TOKENS, NS_PER_S, NS_PER_S);
    assert_true(history_rate(&cell) == 5.0);
    cell = ask(*state, HISTORY_FINISHED, NS_PER_S, NS_PER_S);
    assert_int_equal(cell.count, 2);
    cell = ask(*state, HISTORY_FAILED, NS_PER_S, NS_PER_S);
    assert_int_equal(cell.count, 1);
    cell = ask(*state, HISTORY_IN_FLIGHT, NS_PER_S, NS_PER_S);
    assert_true(history_rate(&cell) == 1.25);
}

static void take(struct history_feed *feed, enum event_kind kind, uint64_t at_ms, uint32_t request)
{
    struct event event = {.at_ns = at_ms * NS_PER_MS, .kind = (uint8_t)kind, .request = request};
    history_feed_take(feed, &event, 1);
}

static void the_oldest_wait_grows_while_others_come_and_go(void **state)
{
    struct history_feed feed;
    history_feed_init(&feed, *state, 0);
    take(&feed, EVENT_SENT, 100, 7);
    take(&feed, EVENT_SENT, 600, 8);
    take(&feed, EVENT_FIRST_TOKEN, 700, 8);
    history_feed_advance(&feed, 900 * NS_PER_MS);
    take(&feed, EVENT_SENT, 1000, 9);
    history_feed_advance(&feed, 1500 * NS_PER_MS);
    take(&feed, EVENT_FINISHED, 1600, 7); /* without a token */
    history_feed_advance(&feed, 2500 * NS_PER_MS);
    assert_true(ask(*state, HISTORY_OLDEST_WAIT, NS_PER_S, NS_PER_S).max == (double)0.8f);
    assert_true(ask(*state, HISTORY_OLDEST_WAIT, 2 * NS_PER_S, NS_PER_S).max == (double)1.4f);
    assert_true(ask(*state, HISTORY_OLDEST_WAIT, 3 * NS_PER_S, NS_PER_S).max == 1.5);
    history_feed_free(&feed);
}

/* Against a plain array. */
static void the_oldest_is_found_whatever_came_and_went(void **state)
{
    (void)state;
    enum { REQUESTS = 300 };
    uint64_t since_ns[REQUESTS] = {0};
    struct waiting waiting = {0};
    struct random random;
    random_seed(&random, 3);
    assert_true(waiting_oldest_ns(&waiting) == UINT64_MAX);
    for (uint64_t step = 1; step < 20000; step++) {
        uint32_t request = (uint32_t)random_below(&random, REQUESTS);
        bool ends = random_below(&random, 2);
        since_ns[request] = ends ? 0 : step;
        if (ends)
            waiting_end(&waiting, request * 4096);
        else
            waiting_begin(&waiting, request * 4096, step);
        uint64_t oldest_ns = UINT64_MAX;
        size_t count = 0;
        for (size_t i = 0; i < REQUESTS; i++) {
            count += since_ns[i] != 0;
            if (since_ns[i] && since_ns[i] < oldest_ns)
                oldest_ns = since_ns[i];
        }
        assert_int_equal(waiting.count, count);
        assert_int_equal(waiting_oldest_ns(&waiting), oldest_ns);
    }
    waiting_free(&waiting);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(events_become_figures),
        TEST(the_oldest_wait_grows_while_others_come_and_go),
        TEST(the_oldest_is_found_whatever_came_and_went),
    };
    return cmocka_run_group_tests_name("history_feed", tests, NULL, NULL);
}
