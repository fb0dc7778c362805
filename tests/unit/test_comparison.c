#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>

#include "result/comparison.h"
#include "sample_run.h"

struct pair_of_rounds {
    struct run *run;
    struct round *cold, *warm;
};

static struct pair_of_rounds begin(uint32_t planned)
{
    struct pair_of_rounds rounds = {.run = run_new()};
    struct level *level = run_add_level(rounds.run, 4, 0.0, planned, 2);
    rounds.cold = level_add_round(level, planned, 0);
    rounds.warm = level_add_round(level, planned, 0);
    return rounds;
}

static void add(struct round *round, uint32_t sample, double ttft_ms, uint8_t attempts)
{
    struct record record = sample_record(sample, 100.0 + sample, ttft_ms, 999, 1000);
    record.attempts = attempts;
    round_add_record(round, &record);
}

static void speed_up_is_the_median_of_ratios(void **state)
{
    (void)state;
    struct pair_of_rounds rounds = begin(3);
    const double cold[] = {200, 300, 100}, warm[] = {100, 100, 100};
    for (uint32_t i = 0; i < 3; i++) {
        add(rounds.cold, i, cold[i], 1);
        add(rounds.warm, 2 - i, warm[i], 1); /* completed in another order */
    }
    struct comparison comparison;
    comparison_make(&comparison, rounds.cold, rounds.warm);
    assert_int_equal(comparison.pairs, 3);
    assert_true(fabs(comparison.speed_up - 2.0) < 1e-9);
    assert_true(fabs(comparison.saved_ms - 100.0) < 1e-9);
    assert_false(comparison.has_interval);
    assert_int_equal(comparison.word, COMPARISON_NOT_SHOWN);
    run_free(rounds.run);
}

static void failed_and_repeated_requests_make_no_pair(void **state)
{
    (void)state;
    struct pair_of_rounds rounds = begin(3);
    for (uint32_t i = 0; i < 3; i++)
        add(rounds.cold, i, 200, 1);
    add(rounds.warm, 0, 100, 2);
    add(rounds.warm, 1, 100, 1);
    struct record failed = sample_record(2, 100, 100, 240, 250);
    sample_fail(&failed, ERR_EMPTY, "");
    round_add_record(rounds.warm, &failed);
    struct comparison comparison;
    comparison_make(&comparison, rounds.cold, rounds.warm);
    assert_int_equal(comparison.pairs, 1);
    assert_int_equal(comparison.retried, 1);
    run_free(rounds.run);
}

static void a_round_whose_load_was_changed_makes_no_pair(void **state)
{
    (void)state;
    struct pair_of_rounds rounds = begin(1);
    add(rounds.cold, 0, 200, 1);
    add(rounds.warm, 0, 100, 1);
    round_add_segment(rounds.warm, 1, 9, 0.0);
    struct comparison comparison;
    comparison_make(&comparison, rounds.cold, rounds.warm);
    assert_int_equal(comparison.pairs, 0);
    assert_true(isnan(comparison.speed_up));
    comparison_make(&comparison, rounds.warm, rounds.cold);
    assert_int_equal(comparison.pairs, 0);
    run_free(rounds.run);
}

/* Ten batches of five: nine have the ratio 2, one has 4. Mean of the logs 1.1 ln 2, deviation
 * 0.316228 ln 2, so half an interval is 2.262 × 0.1 ln 2. */
static void the_interval_comes_from_ten_batches(void **state)
{
    (void)state;
    struct pair_of_rounds rounds = begin(50);
    for (uint32_t i = 0; i < 50; i++) {
        add(rounds.cold, i, i < 5 ? 400 : 200, 1);
        add(rounds.warm, i, 100, 1);
    }
    struct comparison comparison;
    comparison_make(&comparison, rounds.cold, rounds.warm);
    assert_true(comparison.has_interval);
    assert_true(fabs(comparison.speed_up - 2.0) < 1e-9);
    assert_true(fabs(comparison.low - exp2(1.1 - 0.2262)) < 1e-6);
    assert_true(fabs(comparison.high - exp2(1.1 + 0.2262)) < 1e-6);
    assert_int_equal(comparison.word, COMPARISON_FASTER);
    run_free(rounds.run);
}

static enum comparison_word word_for(double cold_ms, double warm_ms, double stamp_lag_ms)
{
    struct pair_of_rounds rounds = begin(60);
    for (uint32_t i = 0; i < 60; i++) {
        add(rounds.cold, i, cold_ms, 1);
        add(rounds.warm, i, warm_ms, 1);
    }
    rounds.warm->health.stamp_lag_p50_ns = MS(stamp_lag_ms);
    struct comparison comparison;
    comparison_make(&comparison, rounds.cold, rounds.warm);
    run_free(rounds.run);
    return comparison.word;
}

static void a_difference_must_be_above_one_percent_and_the_clients_lag(void **state)
{
    (void)state;
    assert_int_equal(word_for(102, 100, 0), COMPARISON_FASTER);
    assert_int_equal(word_for(100, 102, 0), COMPARISON_SLOWER);
    assert_int_equal(word_for(100.5, 100, 0), COMPARISON_NOT_SHOWN);
    assert_int_equal(word_for(102, 100, 3), COMPARISON_NOT_SHOWN);
}

/* TTFT of requests that share a queue: log-normal noise with a memory of about ten requests. */
static void add_correlated(struct random *random, struct round *round, uint32_t count)
{
    double queue = 0.3 * random_normal(random);
    for (uint32_t i = 0; i < count; i++) {
        queue = 0.9 * queue + 0.13 * random_normal(random);
        add(round, i, 100.0 * exp(queue + 0.1 * random_normal(random)), 1);
    }
}

static void equal_systems_are_rarely_called_different(void **state)
{
    (void)state;
    struct random random;
    random_seed(&random, 7);
    int called = 0;
    for (int trial = 0; trial < 100; trial++) {
        struct pair_of_rounds rounds = begin(400);
        add_correlated(&random, rounds.cold, 400);
        add_correlated(&random, rounds.warm, 400);
        struct comparison comparison;
        comparison_make(&comparison, rounds.cold, rounds.warm);
        called += comparison.word != COMPARISON_NOT_SHOWN;
        run_free(rounds.run);
    }
    if (called > 12)
        fail_msg("%d of 100 equal pairs were called different", called);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(speed_up_is_the_median_of_ratios),
        cmocka_unit_test(failed_and_repeated_requests_make_no_pair),
        cmocka_unit_test(a_round_whose_load_was_changed_makes_no_pair),
        cmocka_unit_test(the_interval_comes_from_ten_batches),
        cmocka_unit_test(a_difference_must_be_above_one_percent_and_the_clients_lag),
        cmocka_unit_test(equal_systems_are_rarely_called_different),
    };
    return cmocka_run_group_tests_name("comparison", tests, NULL, NULL);
}
