#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/memory.h"
#include "base/random.h"
#include "base/statistics.h"
#include "telemetry/history.h"

#define MINUTE_NS (60 * NS_PER_S)
#define HOUR_NS   (60 * MINUTE_NS)

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

static void add(struct history *history, uint32_t series, uint64_t at_ns, double value)
{
    history_lock(history);
    history_add(history, series, at_ns, value, 1);
    history_unlock(history);
}

static struct history_cell ask(struct history *history, uint32_t series, uint64_t end_ns,
                               uint64_t span_ns)
{
    struct history_cell cell;
    history_query(history, series, end_ns, span_ns, &cell, 1);
    return cell;
}

static void values_stand_in_the_second_they_belong_to(void **state)
{
    add(*state, HISTORY_TTFT, 1500 * NS_PER_MS, 80);
    add(*state, HISTORY_TTFT, 1900 * NS_PER_MS, 120);
    add(*state, HISTORY_TTFT, 3100 * NS_PER_MS, 50);
    struct history_cell cells[4];
    history_query(*state, HISTORY_TTFT, 4 * NS_PER_S, 4 * NS_PER_S, cells, 4);
    assert_int_equal(cells[0].count, 0);
    assert_true(isnan(history_mean(&cells[0])));
    assert_int_equal(cells[1].count, 2);
    assert_true(history_mean(&cells[1]) == 100.0);
    assert_true(cells[1].min == 80.0 && cells[1].max == 120.0);
    assert_int_equal(cells[2].count, 0);
    assert_true(history_mean(&cells[3]) == 50.0);
    /* The second that is under way is covered up to now. */
    assert_int_equal(cells[2].covered_ns, NS_PER_S);
    assert_int_equal(cells[3].covered_ns, 100 * NS_PER_MS);
}

static void a_value_that_comes_late_still_finds_its_second(void **state)
{
    add(*state, HISTORY_TTFT, 10 * NS_PER_S, 1);
    add(*state, HISTORY_TTFT, 2 * NS_PER_S + 1, 7);
    struct history_cell cell = ask(*state, HISTORY_TTFT, 3 * NS_PER_S, NS_PER_S);
    assert_int_equal(cell.count, 1);
    assert_true(cell.sum == 7.0);
}

static void outside_the_run_nothing_is_known(void **state)
{
    add(*state, HISTORY_TOKENS, 2500 * NS_PER_MS, 30);
    struct history_cell cells[6];
    history_query(*state, HISTORY_TOKENS, 4 * NS_PER_S, 6 * NS_PER_S, cells, 6);
    assert_int_equal(cells[0].covered_ns, 0); /* two seconds before it began */
    assert_int_equal(cells[1].covered_ns, 0);
    assert_int_equal(cells[2].covered_ns, NS_PER_S);
    assert_true(history_rate(&cells[2]) == 0.0);
    assert_true(history_rate(&cells[4]) == 60.0); /* 30 in half a second */
    assert_int_equal(cells[5].covered_ns, 0);     /* yet to come */
    assert_true(isnan(history_rate(&cells[5])));
}

static void cells_stand_still_while_the_end_moves_within_one(void **state)
{
    for (uint64_t second = 0; second < 200; second++)
        add(*state, HISTORY_TOKENS, second * NS_PER_S, 1);
    struct history_cell first[10], later[10];
    history_query(*state, HISTORY_TOKENS, 161 * NS_PER_S, 100 * NS_PER_S, first, 10);
    history_query(*state, HISTORY_TOKENS, 170 * NS_PER_S, 100 * NS_PER_S, later, 10);
    assert_memory_equal(first, later, sizeof first);
    history_query(*state, HISTORY_TOKENS, 171 * NS_PER_S, 100 * NS_PER_S, later, 10);
    assert_memory_equal(&first[1], &later[0], 9 * sizeof first[0]);
}

static void a_cell_narrower_than_a_bucket_shows_the_bucket(void **state)
{
    add(*state, HISTORY_TTFT, 500 * NS_PER_MS, 10);
    add(*state, HISTORY_TTFT, 1500 * NS_PER_MS, 20);
    history_lock(*state);
    history_advance(*state, 2 * NS_PER_S);
    history_unlock(*state);
    struct history_cell cells[8];
    history_query(*state, HISTORY_TTFT, 2 * NS_PER_S, 2 * NS_PER_S, cells, 8);
    for (size_t i = 0; i < 8; i++)
        assert_true(history_mean(&cells[i]) == (i < 4 ? 10.0 : 20.0));
}

/* One value a second, its number, for `hours`. */
static void fill_hours(struct history *history, uint64_t hours)
{
    history_lock(history);
    for (uint64_t second = 0; second < hours * 3600; second++)
        history_add(history, HISTORY_TOKENS, second * NS_PER_S + NS_PER_S / 2, (double)second, 1);
    history_advance(history, hours * HOUR_NS);
    history_unlock(history);
}

static void every_span_of_a_long_run_sums_up_right(void **state)
{
    const uint64_t hours = 30, seconds = hours * 3600;
    fill_hours(*state, hours);
    static const uint64_t spans_s[] = {60, 300, 900, 3600, 6 * 3600, 24 * 3600, 30 * 3600};
    for (size_t i = 0; i < ARRAY_SIZE(spans_s); i++) {
        enum { CELLS = 60 };
        struct history_cell cells[CELLS];
        uint64_t in_cell = spans_s[i] / CELLS;
        history_query(*state, HISTORY_TOKENS, hours * HOUR_NS, spans_s[i] * NS_PER_S, cells, CELLS);
        for (uint64_t j = 0; j < CELLS; j++) {
            uint64_t first = seconds - spans_s[i] + j * in_cell;
            assert_int_equal(cells[j].count, in_cell);
            assert_int_equal(cells[j].covered_ns, in_cell * NS_PER_S);
            assert_true(cells[j].min == (double)first);
            assert_true(cells[j].sum ==
                        (double)in_cell * ((double)first + ((double)in_cell - 1) / 2));
        }
    }
}

static void what_is_long_past_is_there_in_coarser_steps(void **state)
{
    fill_hours(*state, 30);
    /* A minute of 20 hours ago is kept by 10 s, one of 29 hours ago by 60 s. */
    struct history_cell cell = ask(*state, HISTORY_TOKENS, 10 * HOUR_NS, MINUTE_NS);
    assert_int_equal(cell.count, 60);
    assert_true(cell.max == 35999.0);
    cell = ask(*state, HISTORY_TOKENS, HOUR_NS, MINUTE_NS);
    assert_int_equal(cell.count, 60);
    assert_true(cell.max == 3599.0);
    cell = ask(*state, HISTORY_TOKENS, HOUR_NS, NS_PER_S);
    assert_int_equal(cell.count, 60); /* the second has no figure of its own any more */
}

static void what_is_older_than_two_weeks_is_forgotten(void **state)
{
    add(*state, HISTORY_TOKENS, HOUR_NS, 1);
    add(*state, HISTORY_TOKENS, 15 * 24 * HOUR_NS, 1);
    struct history_cell cell = ask(*state, HISTORY_TOKENS, 16 * 24 * HOUR_NS, 16 * 24 * HOUR_NS);
    assert_int_equal(cell.count, 1);
    add(*state, HISTORY_TOKENS, HOUR_NS, 1);
    cell = ask(*state, HISTORY_TOKENS, 16 * 24 * HOUR_NS, 16 * 24 * HOUR_NS);
    assert_int_equal(cell.count, 1);
}

static void the_whole_run_is_kept_by_second_then_coarser(void **state)
{
    struct history *history = *state;
    static const struct {
        uint64_t run_s, width_s;
    } cases[] = {{10, 1}, {3600, 1}, {2 * 3600, 10}, {24 * 3600, 10}, {48 * 3600, 60}};
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        history_lock(history);
        history_advance(history, cases[i].run_s * NS_PER_S);
        history_unlock(history);
        assert_int_equal(history_whole_width_ns(history), cases[i].width_s * NS_PER_S);
    }
}

static void quantiles_are_near_the_truth(void **state)
{
    struct random random;
    random_seed(&random, 7);
    enum { COUNT = 20000 };
    uint64_t *values = xcalloc(COUNT, sizeof *values);
    for (size_t i = 0; i < COUNT; i++) {
        values[i] = 40 + random_below(&random, 200) * random_below(&random, 200) / 100;
        add(*state, HISTORY_TTFT, i * 10 * NS_PER_MS, (double)values[i]);
    }
    struct statistics truth = statistics_of(values, COUNT);
    free(values);
    struct history_cell cell = ask(*state, HISTORY_TTFT, 200 * NS_PER_S, 200 * NS_PER_S);
    assert_int_equal(cell.count, COUNT);
    assert_true(fabs(history_mean(&cell) / truth.avg - 1) < 1e-9);
    assert_true(fabs(history_quantile(&cell, 0.50) / truth.p50 - 1) < 0.1);
    assert_true(fabs(history_quantile(&cell, 0.99) / truth.p99 - 1) < 0.1);
    assert_true(history_quantile(&cell, 0.0) == truth.min);
    assert_true(history_quantile(&cell, 1.0) == truth.max);
}

static void equal_values_have_that_value_for_every_quantile(void **state)
{
    for (int i = 0; i < 5; i++)
        add(*state, HISTORY_GAP, 0, 16.5);
    struct history_cell cell = ask(*state, HISTORY_GAP, NS_PER_S, NS_PER_S);
    assert_true(history_quantile(&cell, 0.5) == 16.5);
    assert_true(history_quantile(&cell, 0.99) == 16.5);
    assert_true(isnan(history_quantile(&(struct history_cell){0}, 0.5)));
}

static void a_full_bin_keeps_the_shape(void **state)
{
    history_lock(*state);
    for (int i = 0; i < 300000; i++)
        history_add(*state, HISTORY_GAP, 0, i % 3 ? 10.0 : 100.0, 1);
    history_unlock(*state);
    struct history_cell cell = ask(*state, HISTORY_GAP, NS_PER_S, NS_PER_S);
    uint64_t total = 0, most = 0;
    for (size_t i = 0; i < HISTORY_BINS; i++) {
        total += cell.bins[i];
        most = cell.bins[i] > most ? cell.bins[i] : most;
    }
    assert_int_equal(cell.count, 300000);
    assert_true(total > 290000 && total < 310000);
    assert_true((double)most / (double)total > 0.65 && (double)most / (double)total < 0.68);
}

static void a_value_many_times_is_as_many_values(void **state)
{
    struct history *history = *state;
    history_add(history, HISTORY_GAP, NS_PER_S / 2, 40.0, 70000); /* more than a bin holds */
    history_add(history, HISTORY_GAP, NS_PER_S / 2, 2.0, 30000);
    struct history_cell cell;
    history_query(history, HISTORY_GAP, NS_PER_S, NS_PER_S, &cell, 1);
    assert_int_equal(cell.count, 100000);
    assert_true(fabs(history_mean(&cell) - 28.6) < 1e-9);
    assert_true(history_quantile(&cell, 0.25) < 3.0);
    assert_true(history_quantile(&cell, 0.35) > 28.0);
}

static void a_held_value_counts_for_as_long_as_it_held(void **state)
{
    history_lock(*state);
    history_add_over(*state, HISTORY_IN_FLIGHT, 500 * NS_PER_MS, 2250 * NS_PER_MS, 1);
    history_add_over(*state, HISTORY_IN_FLIGHT, 2000 * NS_PER_MS, 3000 * NS_PER_MS, 2);
    history_unlock(*state);
    struct history_cell cells[3];
    history_query(*state, HISTORY_IN_FLIGHT, 3 * NS_PER_S, 3 * NS_PER_S, cells, 3);
    assert_true(history_rate(&cells[0]) == 0.5);
    assert_true(history_rate(&cells[1]) == 1.0);
    assert_true(history_rate(&cells[2]) == 2.25);
}

static void metrics_of_the_server_are_series_by_name(void **state)
{
    history_lock(*state);
    uint32_t waiting = history_series(*state, "num_requests_waiting");
    uint32_t usage = history_series(*state, "kv_cache_usage");
    assert_int_equal(history_series(*state, "num_requests_waiting"), waiting);
    history_add(*state, usage, NS_PER_S / 2, 0.25, 1);
    history_add(*state, usage, NS_PER_S / 2, 0.75, 1);
    history_unlock(*state);
    assert_int_equal(history_series_count(*state), HISTORY_FIGURE_COUNT + 2);
    assert_string_equal(history_series_name(*state, usage), "kv_cache_usage");
    assert_string_equal(history_series_name(*state, HISTORY_TTFT), "ttft_ms");
    assert_null(history_series_name(*state, usage + 1));
    struct history_cell cell = ask(*state, usage, NS_PER_S, NS_PER_S);
    assert_true(history_mean(&cell) == 0.5);
    assert_int_equal(ask(*state, waiting, NS_PER_S, NS_PER_S).count, 0);
}

static void a_series_too_many_is_left_out(void **state)
{
    history_lock(*state);
    char name[16];
    for (int i = 0; i < HISTORY_SERIES_MAX - HISTORY_FIGURE_COUNT; i++) {
        snprintf(name, sizeof name, "metric_%d", i);
        assert_true(history_series(*state, name) < HISTORY_SERIES_MAX);
    }
    uint32_t none = history_series(*state, "one more");
    assert_int_equal(none, HISTORY_SERIES_MAX);
    history_add(*state, none, 0, 1.0, 1);
    history_unlock(*state);
}

static void instants_that_cannot_be_do_no_harm(void **state)
{
    add(*state, HISTORY_TTFT, UINT64_MAX, 5);
    add(*state, HISTORY_TTFT, 0, 5);
    add(*state, HISTORY_TTFT, 0, (double)NAN);
    history_lock(*state);
    history_add_over(*state, HISTORY_IN_FLIGHT, 0, UINT64_MAX, 1);
    history_unlock(*state);
    struct history_cell cells[3];
    history_query(*state, HISTORY_TTFT, UINT64_MAX, UINT64_MAX, cells, 3);
    history_query(*state, HISTORY_TTFT, 0, NS_PER_S, cells, 3);
    history_query(*state, HISTORY_TTFT, NS_PER_S, 0, cells, 3);
    assert_int_equal(cells[2].covered_ns, 0);
    history_query(*state, HISTORY_SERIES_MAX, NS_PER_S, NS_PER_S, cells, 3);
    assert_int_equal(cells[2].covered_ns, 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(values_stand_in_the_second_they_belong_to),
        TEST(a_value_that_comes_late_still_finds_its_second),
        TEST(outside_the_run_nothing_is_known),
        TEST(cells_stand_still_while_the_end_moves_within_one),
        TEST(a_cell_narrower_than_a_bucket_shows_the_bucket),
        TEST(every_span_of_a_long_run_sums_up_right),
        TEST(what_is_long_past_is_there_in_coarser_steps),
        TEST(what_is_older_than_two_weeks_is_forgotten),
        TEST(the_whole_run_is_kept_by_second_then_coarser),
        TEST(quantiles_are_near_the_truth),
        TEST(equal_values_have_that_value_for_every_quantile),
        TEST(a_value_many_times_is_as_many_values),
        TEST(a_full_bin_keeps_the_shape),
        TEST(a_held_value_counts_for_as_long_as_it_held),
        TEST(metrics_of_the_server_are_series_by_name),
        TEST(a_series_too_many_is_left_out),
        TEST(instants_that_cannot_be_do_no_harm),
    };
    return cmocka_run_group_tests_name("history", tests, NULL, NULL);
}
