#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include <math.h>
#include <string.h>

#include "base/memory.h"
#include "base/random.h"
#include "base/statistics.h"

static void near(double got, double want)
{
    if (!(fabs(got - want) <= 1e-12 * fabs(want) + 1e-12))
        fail_msg("%.17g is not %.17g", got, want);
}

/* numpy.percentile([15, 20, 35, 40, 50], [50, 90, 95, 99]) → 35, 46, 48, 49.6; std(ddof=1)
 * → 14.40486 */
static void percentiles_are_numpys(void **state)
{
    (void)state;
    uint64_t values[] = {50, 15, 40, 20, 35};
    struct statistics got = statistics_of(values, 5);
    assert_int_equal(got.count, 5);
    near(got.avg, 32.0);
    near(got.p50, 35.0);
    near(got.p90, 46.0);
    near(got.p95, 48.0);
    near(got.p99, 49.6);
    near(got.min, 15.0);
    near(got.max, 50.0);
    near(got.stddev, sqrt(207.5));
}

static void an_even_count_has_its_median_between(void **state)
{
    (void)state;
    uint64_t values[] = {4, 1, 3, 2};
    struct statistics got = statistics_of(values, 4);
    near(got.p50, 2.5);
    near(got.p90, 3.7);
    near(got.stddev, sqrt(5.0 / 3.0));
}

static void between_ranks_it_is_the_nearer_that_counts_more(void **state)
{
    (void)state;
    uint64_t values[] = {1, 2, 3, 4, 5, 6, 17};
    near(statistics_of(values, 7).p90, 10.4); /* rank 5.4: 6 + 0.4 × 11 */
    near(statistics_of(values, 7).p95, 13.7); /* rank 5.7 */
}

/* scipy.stats.t.ppf(0.975, …) of 1, 9, 30, 60, 1e9 and 2.5 */
static void students_t_widens_what_few_values_say(void **state)
{
    (void)state;
    const double freedom[] = {1, 9, 30, 60, 1e9, 2.5};
    const double want[] = {12.7062, 2.2622, 2.0423, 2.0003, 1.9600, 3.5747};
    for (size_t i = 0; i < sizeof freedom / sizeof *freedom; i++)
        if (fabs(student_t(freedom[i]) - want[i]) > 0.03 * want[i])
            fail_msg("%g: %g", freedom[i], student_t(freedom[i]));
}

static void one_value_has_no_deviation(void **state)
{
    (void)state;
    uint64_t value = 7;
    struct statistics got = statistics_of(&value, 1);
    near(got.p99, 7.0);
    assert_true(isnan(got.stddev));
}

static void no_values_have_no_figures(void **state)
{
    (void)state;
    struct statistics got = statistics_of(NULL, 0);
    for (size_t i = 0; i < STATISTIC_COUNT; i++)
        assert_true(isnan(statistics_get(&got, &statistics_table[i])));
}

/* A naive sum of squares in doubles says 0 here. */
static void a_small_spread_far_from_zero_is_not_lost(void **state)
{
    (void)state;
    uint64_t base = UINT64_C(1) << 52;
    uint64_t values[] = {base + 1, base + 2, base + 3};
    near(statistics_of(values, 3).stddev, 1.0);
}

static void the_order_of_arrival_changes_no_bit(void **state)
{
    (void)state;
    struct random random;
    random_seed(&random, 3);
    uint64_t forward[999], backward[999];
    for (size_t i = 0; i < 999; i++)
        forward[i] = backward[998 - i] = random_next(&random) >> 24;
    struct statistics a = statistics_of(forward, 999), b = statistics_of(backward, 999);
    assert_memory_equal(&a, &b, sizeof a);
}

static void the_table_holds_the_guides_seven_and_p95(void **state)
{
    (void)state;
    size_t in_guide = 0;
    for (size_t i = 0; i < STATISTIC_COUNT; i++) {
        in_guide += statistics_table[i].in_guide;
        assert_int_equal(statistics_table[i].in_guide, strcmp(statistics_table[i].key, "p95") != 0);
    }
    assert_int_equal(in_guide, 7);
    assert_string_equal(statistics_table[1].csv_title, "Median");
}

static int by_value(const void *left, const void *right)
{
    uint64_t a = *(const uint64_t *)left, b = *(const uint64_t *)right;
    return (a > b) - (a < b);
}

static void many_values_are_put_in_order_whatever_their_size(void **state)
{
    (void)state;
    enum { COUNT = 5000 };
    uint64_t *values = xcalloc(COUNT, sizeof *values), *sorted = xcalloc(COUNT, sizeof *sorted);
    for (unsigned bits = 1; bits <= 63; bits += 2) {
        uint64_t next = bits;
        for (size_t i = 0; i < COUNT; i++) {
            next = next * 6364136223846793005u + 1442695040888963407u;
            values[i] = sorted[i] = next >> (64 - bits);
        }
        qsort(sorted, COUNT, sizeof *sorted, by_value);
        statistics_of(values, COUNT);
        assert_memory_equal(values, sorted, COUNT * sizeof *sorted);
    }
    free(values);
    free(sorted);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(percentiles_are_numpys),
        cmocka_unit_test(an_even_count_has_its_median_between),
        cmocka_unit_test(between_ranks_it_is_the_nearer_that_counts_more),
        cmocka_unit_test(students_t_widens_what_few_values_say),
        cmocka_unit_test(one_value_has_no_deviation),
        cmocka_unit_test(no_values_have_no_figures),
        cmocka_unit_test(a_small_spread_far_from_zero_is_not_lost),
        cmocka_unit_test(the_order_of_arrival_changes_no_bit),
        cmocka_unit_test(many_values_are_put_in_order_whatever_their_size),
        cmocka_unit_test(the_table_holds_the_guides_seven_and_p95),
    };
    return cmocka_run_group_tests_name("statistics", tests, NULL, NULL);
}
