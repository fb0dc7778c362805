#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/memory.h"
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
    history_feed_advance(&feed, origin_ns + NS_PER_S, 0);
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

static void the_oldest_wait_grows_until_its_token_comes(void **state)
{
    const struct event token = {
        .at_ns = 2250 * NS_PER_MS, .kind = EVENT_FIRST_TOKEN, .value = 1750 * NS_PER_MS};
    struct history_feed feed;
    history_feed_init(&feed, *state, 0);
    history_feed_advance(&feed, 750 * NS_PER_MS, 500 * NS_PER_MS);
    history_feed_advance(&feed, 1500 * NS_PER_MS, 500 * NS_PER_MS);
    history_feed_take(&feed, &token, 1);
    history_feed_advance(&feed, 3500 * NS_PER_MS, 0);
    static const double longest_s[] = {0.25, 1.0, 1.75};
    for (uint64_t second = 0; second < 3; second++)
        assert_true(ask(*state, HISTORY_OLDEST_WAIT, (second + 1) * NS_PER_S, NS_PER_S).max ==
                    longest_s[second]);
    assert_int_equal(ask(*state, HISTORY_OLDEST_WAIT, 4 * NS_PER_S, NS_PER_S).count, 0);
}

static void chunks_that_came_together_count_each(void **state)
{
    const struct event events[] = {
        {.at_ns = NS_PER_MS, .kind = EVENT_CHUNK, .count = 3, .spare = 2},
        {.at_ns = 9 * NS_PER_MS,
         .kind = EVENT_CHUNK,
         .value = 8 * NS_PER_MS,
         .count = 1,
         .detail = 1},
    };
    struct history_feed feed;
    history_feed_init(&feed, *state, 0);
    history_feed_take(&feed, events, ARRAY_SIZE(events));
    history_feed_advance(&feed, NS_PER_S, 0);
    struct history_cell cell = ask(*state, HISTORY_GAP, NS_PER_S, NS_PER_S);
    assert_int_equal(cell.count, 3);
    assert_true(cell.min == 0.0 && cell.max == 8.0);
    assert_true(history_quantile(&cell, 0.5) < 1.0); /* two of three are 0 */
    cell = ask(*state, HISTORY_TOKENS, NS_PER_S, NS_PER_S);
    assert_int_equal(cell.count, 4);
    assert_true(history_rate(&cell) == 4.0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(events_become_figures),
        TEST(chunks_that_came_together_count_each),
        TEST(the_oldest_wait_grows_until_its_token_comes),
    };
    return cmocka_run_group_tests_name("history_feed", tests, NULL, NULL);
}
