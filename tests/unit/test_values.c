#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <stdlib.h>

#include "base/memory.h"
#include "base/random.h"
#include "base/values.h"

#define COUNT 20000

/* A second or so, in ns, with a long tail. */
static uint64_t like_latencies(struct random *random)
{
    return (uint64_t)(3e8 * exp(2.0 * random_unit(random)) / (1.0001 - random_unit(random)));
}

static uint64_t over_all_sizes(struct random *random)
{
    return (uint64_t)exp2(62.0 * random_unit(random));
}

static uint64_t small_and_often_the_same(struct random *random)
{
    return random_below(random, 50);
}

static uint64_t (*const shapes[])(struct random *random) = {like_latencies, over_all_sizes,
                                                            small_and_often_the_same};

static void fill(uint64_t *all, struct values *values, size_t count, size_t shape)
{
    struct random random;
    random_seed(&random, 11 + shape);
    for (size_t i = 0; i < count; i++) {
        all[i] = shapes[shape](&random);
        values_add(values, all[i]);
    }
}

static void assert_same(const struct statistics *a, const struct statistics *b)
{
    assert_int_equal(a->count, b->count);
    for (size_t i = 0; i < STATISTIC_COUNT; i++) {
        double one = statistics_get(a, &statistics_table[i]);
        double other = statistics_get(b, &statistics_table[i]);
        assert_true(one <= other && one >= other);
    }
}

static void as_many_as_are_exact_are_so_to_the_last_bit(void **state)
{
    (void)state;
    uint64_t *all = xcalloc(COUNT, sizeof *all);
    for (size_t shape = 0; shape < ARRAY_SIZE(shapes); shape++) {
        struct values values;
        values_init(&values, COUNT);
        fill(all, &values, COUNT, shape);
        struct statistics got = values_take(&values), want = statistics_of(all, COUNT);
        assert_same(&got, &want);
        values_free(&values);
    }
    free(all);
}

static void one_more_leaves_percentiles_within_a_thousandth_and_all_else_exact(void **state)
{
    (void)state;
    uint64_t *all = xcalloc(COUNT, sizeof *all);
    for (size_t shape = 0; shape < ARRAY_SIZE(shapes); shape++)
        for (size_t most = 1; most < COUNT; most = most == 1     ? 100
                                                   : most == 100 ? COUNT - 1
                                                                 : COUNT) {
            struct values values;
            values_init(&values, most);
            fill(all, &values, COUNT, shape);
            assert_true(values.capacity <= most);
            struct statistics got = values_take(&values), want = statistics_of(all, COUNT);
            assert_int_equal(got.count, COUNT);
            assert_true(fabs(got.p50 - want.p50) <= want.p50 * 0.001);
            assert_true(fabs(got.p90 - want.p90) <= want.p90 * 0.001);
            assert_true(fabs(got.p95 - want.p95) <= want.p95 * 0.001);
            assert_true(fabs(got.p99 - want.p99) <= want.p99 * 0.001);
            assert_true(got.avg <= want.avg && got.avg >= want.avg);
            assert_true(got.min <= want.min && got.min >= want.min);
            assert_true(got.max <= want.max && got.max >= want.max);
            assert_true(fabs(got.stddev - want.stddev) <= want.stddev * 1e-12);
            values_free(&values);
        }
    free(all);
}

static void what_was_taken_is_gone(void **state)
{
    (void)state;
    struct values values;
    values_init(&values, 2);
    for (uint64_t i = 1; i <= 3; i++)
        values_add(&values, 1000 * i);
    assert_int_equal(values_take(&values).count, 3);
    assert_int_equal(values_take(&values).count, 0);
    values_add(&values, 7);
    struct statistics one = values_take(&values);
    assert_int_equal(one.count, 1);
    assert_true(one.p99 >= 7.0 && one.p99 <= 7.0);
    values_free(&values);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(as_many_as_are_exact_are_so_to_the_last_bit),
        cmocka_unit_test(one_more_leaves_percentiles_within_a_thousandth_and_all_else_exact),
        cmocka_unit_test(what_was_taken_is_gone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
