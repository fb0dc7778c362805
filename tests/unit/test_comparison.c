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

/* A round of requests that share a queue: log-normal noise with a memory of about ten requests, in
 * both TTFT and ITL. `order` is that of dispatch; NULL = the prompts' own. */
static void add_correlated(struct random *random, struct round *round, uint32_t count,
                           const uint32_t *order, double itl_ms)
{
    double queue = 0.3 * random_normal(random), load = 0.1 * random_normal(random);
    for (uint32_t i = 0; i < count; i++) {
        queue = 0.9 * queue + 0.13 * random_normal(random);
        load = 0.9 * load + 0.043 * random_normal(random);
        double ttft = 100.0 * exp(queue + 0.1 * random_normal(random));
        double last = ttft + 10.0 * itl_ms * exp(load + 0.05 * random_normal(random));
        struct record record = sample_record(order ? order[i] : i, 100.0 + i, ttft, last, last + 1);
        round_add_record(round, &record);
    }
}

static void shuffle(struct random *random, uint32_t *order, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++)
        order[i] = i;
    for (uint32_t i = count; i > 1; i--) {
        uint32_t other = (uint32_t)(random_unit(random) * i), value = order[i - 1];
        order[i - 1] = order[other];
        order[other] = value;
    }
}

#define TRIALS 200
#define COUNT  400

struct outcome {
    int called, held; /* a difference was claimed; the interval holds what is true */
};

typedef void compare_function(struct comparison *comparison, enum metric_id id,
                              const struct round *before, const struct round *after);

/* ITL is `factor` times as long in the second round; TTFT is the same. */
static struct outcome trials(compare_function *compare, enum metric_id id, double factor,
                             bool shuffled)
{
    struct random random;
    struct outcome outcome = {0};
    double truth = id == METRIC_ITL ? 1.0 / factor : 1.0;
    random_seed(&random, 7);
    for (int trial = 0; trial < TRIALS; trial++) {
        struct pair_of_rounds rounds = begin(COUNT);
        uint32_t order[COUNT];
        shuffle(&random, order, COUNT);
        add_correlated(&random, rounds.cold, COUNT, NULL, 10.0);
        add_correlated(&random, rounds.warm, COUNT, shuffled ? order : NULL, 10.0 * factor);
        struct comparison comparison;
        compare(&comparison, id, rounds.cold, rounds.warm);
        assert_true(comparison.has_interval);
        outcome.called += comparison.word != COMPARISON_NOT_SHOWN;
        outcome.held += comparison.low <= truth && truth <= comparison.high;
        run_free(rounds.run);
    }
    return outcome;
}

/* With so long a memory ten batches are not quite independent: somewhat more than 5 %. */
static void rarely(int count)
{
    if (count > TRIALS * 15 / 100)
        fail_msg("%d of %d equal pairs were called different", count, TRIALS);
}

static void equal_systems_are_rarely_called_different(void **state)
{
    (void)state;
    rarely(trials(comparison_of_pairs, METRIC_TTFT, 1.0, false).called);
    rarely(trials(comparison_of_requests, METRIC_TTFT, 1.0, false).called);
    rarely(trials(comparison_of_requests, METRIC_ITL, 1.0, false).called);
}

/* What waxes and wanes in a shuffled round is spread over all batches of the other's order. */
static void nor_are_they_where_one_was_shuffled(void **state)
{
    (void)state;
    rarely(trials(comparison_of_pairs, METRIC_TTFT, 1.0, true).called);
    rarely(trials(comparison_of_pairs, METRIC_ITL, 1.0, true).called);
}

static void an_interval_holds_the_true_difference(void **state)
{
    (void)state;
    assert_true(trials(comparison_of_pairs, METRIC_ITL, 1.1, false).held >= TRIALS * 85 / 100);
    assert_true(trials(comparison_of_requests, METRIC_ITL, 1.1, false).held >= TRIALS * 85 / 100);
}

static void a_clear_difference_is_called_by_its_direction(void **state)
{
    (void)state;
    struct random random;
    struct comparison comparison;
    random_seed(&random, 7);
    struct pair_of_rounds rounds = begin(COUNT);
    add_correlated(&random, rounds.cold, COUNT, NULL, 10.0);
    add_correlated(&random, rounds.warm, COUNT, NULL, 14.0);
    comparison_of_pairs(&comparison, METRIC_ITL, rounds.cold, rounds.warm);
    assert_int_equal(comparison.word, COMPARISON_SLOWER);
    comparison_of_requests(&comparison, METRIC_ITL, rounds.warm, rounds.cold);
    assert_int_equal(comparison.word, COMPARISON_FASTER);
    assert_int_equal(comparison.pairs, 0);
    assert_int_equal(comparison.before, COUNT);
    run_free(rounds.run);
}

static void few_requests_make_a_ratio_without_an_interval(void **state)
{
    (void)state;
    struct pair_of_rounds rounds = begin(50);
    for (uint32_t i = 0; i < 50; i++)
        add(rounds.cold, i, 200, 1);
    for (uint32_t i = 0; i < 49; i++)
        add(rounds.warm, i, 100, 1);
    struct comparison comparison;
    comparison_of_requests(&comparison, METRIC_TTFT, rounds.cold, rounds.warm);
    assert_true(fabs(comparison.speed_up - 2.0) < 1e-9);
    assert_true(fabs(comparison.saved_ms - 100.0) < 1e-9);
    assert_false(comparison.has_interval);
    add(rounds.warm, 49, 100, 1);
    comparison_of_requests(&comparison, METRIC_TTFT, rounds.cold, rounds.warm);
    assert_true(comparison.has_interval);
    run_free(rounds.run);
}

/* Logs ±d about the means: variance of each mean 2d²/2 = d², together 2d² with two degrees of
 * freedom. */
static void runs_are_held_against_each_other_by_welch(void **state)
{
    (void)state;
    const double d = 0.01;
    const double before[] = {200.0 * exp(d), NO_VALUE, 200.0 * exp(-d)};
    const double after[] = {100.0 * exp(d), 100.0 * exp(-d)};
    struct comparison comparison;
    comparison_of_values(&comparison, before, 3, after, 2);
    assert_int_equal(comparison.basis, COMPARISON_RUNS);
    assert_int_equal(comparison.before, 2);
    assert_true(fabs(comparison.speed_up - 2.0) < 1e-9);
    double half = 4.303 * sqrt(2.0) * d;
    assert_true(fabs(comparison.low - 2.0 * exp(-half)) < 1e-9);
    assert_true(fabs(comparison.high - 2.0 * exp(half)) < 1e-9);
    assert_int_equal(comparison.word, COMPARISON_FASTER);

    comparison_of_values(&comparison, before, 1, after, 2);
    assert_false(comparison.has_interval);
    assert_int_equal(comparison.word, COMPARISON_NOT_SHOWN);
    comparison_of_values(&comparison, before, 0, after, 2);
    assert_true(isnan(comparison.speed_up));
}

static void a_run_counts_with_its_median(void **state)
{
    (void)state;
    struct pair_of_rounds first = begin(3), second = begin(3);
    const double ttft[] = {100, 110, 900};
    for (uint32_t i = 0; i < 3; i++) {
        add(first.cold, i, ttft[i], 1);
        add(first.warm, i, ttft[i] / 2, 1);
        add(second.cold, i, ttft[i], 1);
        add(second.warm, i, ttft[i] / 2, 1);
    }
    const struct round *before[] = {first.cold, second.cold}, *after[] = {first.warm, second.warm};
    struct comparison comparison;
    comparison_of_runs(&comparison, METRIC_TTFT, before, 2, after, 2);
    assert_true(fabs(comparison.speed_up - 2.0) < 1e-9);
    assert_true(fabs(comparison.saved_ms - 55.0) < 1e-9);
    assert_int_equal(comparison.word, COMPARISON_FASTER);
    run_free(first.run);
    run_free(second.run);
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
        cmocka_unit_test(nor_are_they_where_one_was_shuffled),
        cmocka_unit_test(an_interval_holds_the_true_difference),
        cmocka_unit_test(a_clear_difference_is_called_by_its_direction),
        cmocka_unit_test(few_requests_make_a_ratio_without_an_interval),
        cmocka_unit_test(runs_are_held_against_each_other_by_welch),
        cmocka_unit_test(a_run_counts_with_its_median),
    };
    return cmocka_run_group_tests_name("comparison", tests, NULL, NULL);
}
