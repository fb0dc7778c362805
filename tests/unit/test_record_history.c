#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>

#include "base/clock.h"
#include "base/memory.h"
#include "result/record_history.h"

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

static struct history_cell ask(struct history *history, enum history_figure figure, uint64_t second)
{
    struct history_cell cell;
    history_query(history, figure, (second + 1) * NS_PER_S, NS_PER_S, &cell, 1);
    return cell;
}

/* Sent at 1.0 s, first token at 2.5 s, 4 chunks 500 ms apart, ended at 4.25 s. */
static void add_sample(struct history *history, uint8_t error)
{
    uint32_t chunk_us[] = {1500000, 2000000, 2500000, 3000000};
    const struct record record = {.dispatched_ns = NS_PER_S,
                                  .sent_ns = NS_PER_S,
                                  .first_token_ns = 2500 * NS_PER_MS,
                                  .last_token_ns = 4000 * NS_PER_MS,
                                  .end_ns = 4250 * NS_PER_MS,
                                  .prompt_tokens = 200,
                                  .cached_tokens = 50,
                                  .completion_tokens = 8,
                                  .chunks = 4,
                                  .chunk_us = chunk_us,
                                  .chunk_count = 4,
                                  .error = error};
    history_lock(history);
    record_add_to_history(&record, history);
    history_advance(history, 5 * NS_PER_S);
    history_unlock(history);
}

static void a_request_stands_where_it_happened(void **state)
{
    add_sample(*state, ERR_NONE);
    struct history_cell cell = ask(*state, HISTORY_TTFT, 2);
    assert_int_equal(cell.count, 1);
    assert_true(history_mean(&cell) == 1500.0);
    static const double tokens[] = {0, 0, 2, 4, 2}, streams[] = {0, 1, 1, 1, 0.25};
    static const uint64_t gaps[] = {0, 0, 0, 2, 1};
    for (uint64_t second = 0; second < 5; second++) {
        cell = ask(*state, HISTORY_TOKENS, second);
        assert_true(history_rate(&cell) == tokens[second]);
        cell = ask(*state, HISTORY_IN_FLIGHT, second);
        assert_true(history_rate(&cell) == streams[second]);
        cell = ask(*state, HISTORY_GAP, second);
        assert_int_equal(cell.count, gaps[second]);
    }
    assert_true(history_mean(&cell) == 500.0);
    assert_int_equal(ask(*state, HISTORY_FINISHED, 4).count, 1);
    assert_int_equal(ask(*state, HISTORY_FAILED, 4).count, 0);
}

static void a_wait_grows_until_the_first_token(void **state)
{
    add_sample(*state, ERR_NONE);
    struct history_cell cell = ask(*state, HISTORY_OLDEST_WAIT, 1);
    assert_true(fabs(cell.max - 1.0) < 1e-6);
    cell = ask(*state, HISTORY_OLDEST_WAIT, 2);
    assert_true(cell.max == 1.5);
    assert_int_equal(ask(*state, HISTORY_OLDEST_WAIT, 3).count, 0);
}

static void the_cached_share_is_of_all_prompt_tokens(void **state)
{
    struct record large = {.end_ns = NS_PER_S / 2, .prompt_tokens = 900, .cached_tokens = 900},
                  small = {.end_ns = NS_PER_S / 2, .prompt_tokens = 100, .cached_tokens = 0},
                  unknown = {.end_ns = NS_PER_S / 2,
                             .prompt_tokens = 100,
                             .cached_tokens = TOKENS_UNKNOWN};
    record_add_cached(&large, *state);
    record_add_cached(&small, *state);
    record_add_cached(&unknown, *state);
    struct history_cell cell = ask(*state, HISTORY_CACHED, 0);
    assert_true(fabs(history_mean(&cell) - 0.9) < 1e-9);
}

static void a_failed_request_counts_and_its_tokens_too(void **state)
{
    add_sample(*state, ERR_TRUNCATED);
    assert_int_equal(ask(*state, HISTORY_FAILED, 4).count, 1);
    assert_int_equal(ask(*state, HISTORY_FINISHED, 4).count, 1);
    struct history_cell cell = ask(*state, HISTORY_TOKENS, 3);
    assert_true(history_rate(&cell) == 4.0);
}

static void a_request_that_was_never_written_waited_for_no_token(void **state)
{
    struct record record = {.dispatched_ns = NS_PER_S,
                            .end_ns = 2 * NS_PER_S,
                            .prompt_tokens = TOKENS_UNKNOWN,
                            .error = ERR_CONNECT};
    history_lock(*state);
    record_add_to_history(&record, *state);
    history_unlock(*state);
    assert_int_equal(ask(*state, HISTORY_OLDEST_WAIT, 1).count, 0);
    assert_int_equal(ask(*state, HISTORY_TTFT, 0).count, 0);
    assert_int_equal(ask(*state, HISTORY_FAILED, 2).count, 1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_request_stands_where_it_happened),
        TEST(a_wait_grows_until_the_first_token),
        TEST(the_cached_share_is_of_all_prompt_tokens),
        TEST(a_failed_request_counts_and_its_tokens_too),
        TEST(a_request_that_was_never_written_waited_for_no_token),
    };
    return cmocka_run_group_tests_name("record_history", tests, NULL, NULL);
}
