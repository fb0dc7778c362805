#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>

#include "base/histogram.h"
#include "base/random.h"
#include "base/statistics.h"

static void an_empty_one_has_no_figures(void **state)
{
    (void)state;
    struct histogram histogram = {0};
    assert_true(histogram_quantile(&histogram, 0.5) == 0.0);
    struct statistics statistics = statistics_of_histogram(&histogram);
    assert_int_equal(statistics.count, 0);
    assert_true(isnan(statistics.avg) && isnan(statistics.p99) && isnan(statistics.stddev));
}

static void values_below_1024_are_exact(void **state)
{
    (void)state;
    struct histogram histogram = {0};
    for (uint64_t value = 0; value < 1024; value++)
        histogram_add(&histogram, value);
    for (int percent = 0; percent <= 100; percent++) {
        double q = percent / 100.0;
        assert_true(fabs(histogram_quantile(&histogram, q) - 1023.0 * q) < 1e-9);
    }
    histogram_free(&histogram);
}

static void any_value_comes_back_within_a_thousandth(void **state)
{
    (void)state;
    struct random random;
    random_seed(&random, 1);
    for (int i = 0; i < 200; i++) {
        struct histogram histogram = {0};
        uint64_t value = random_next(&random) >> random_below(&random, 64);
        /* Neighbours on both sides, so that min and max do not give the answer away. */
        histogram_add(&histogram, 0);
        histogram_add(&histogram, value);
        histogram_add(&histogram, UINT64_MAX);
        double got = histogram_quantile(&histogram, 0.5);
        assert_true(fabs(got - (double)value) <= 0.001 * (double)value);
        histogram_free(&histogram);
    }
}

static void its_statistics_match_the_exact_ones(void **state)
{
    (void)state;
    struct random random;
    random_seed(&random, 2);
    struct histogram histogram = {0};
    uint64_t values[5000];
    for (size_t i = 0; i < 5000; i++) {
        values[i] = (uint64_t)(18e6 * random_gamma(&random, 4.0));
        histogram_add(&histogram, values[i]);
    }
    struct statistics exact = statistics_of(values, 5000);
    struct statistics close = statistics_of_histogram(&histogram);
    assert_true(close.avg == exact.avg);
    assert_true(close.min == exact.min && close.max == exact.max);
    assert_true(fabs(close.stddev - exact.stddev) <= 1e-9 * exact.stddev);
    for (size_t i = 1; i <= 4; i++) {
        double want = statistics_get(&exact, &statistics_table[i]);
        assert_true(fabs(statistics_get(&close, &statistics_table[i]) - want) <= 0.001 * want);
    }
    histogram_free(&histogram);
}

static void merging_is_the_same_as_adding_all(void **state)
{
    (void)state;
    struct histogram one = {0}, other = {0}, all = {0};
    for (uint64_t value = 1; value < 3000000; value = value * 3 / 2 + 1) {
        histogram_add(value % 2 ? &one : &other, value);
        histogram_add(&all, value);
    }
    histogram_merge(&one, &other);
    struct statistics merged = statistics_of_histogram(&one);
    struct statistics whole = statistics_of_histogram(&all);
    assert_memory_equal(&merged, &whole, sizeof whole);
    histogram_clear(&one);
    assert_int_equal(one.count, 0);
    histogram_free(&one);
    histogram_free(&other);
    histogram_free(&all);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_empty_one_has_no_figures),
        cmocka_unit_test(values_below_1024_are_exact),
        cmocka_unit_test(any_value_comes_back_within_a_thousandth),
        cmocka_unit_test(its_statistics_match_the_exact_ones),
        cmocka_unit_test(merging_is_the_same_as_adding_all),
    };
    return cmocka_run_group_tests_name("histogram", tests, NULL, NULL);
}
