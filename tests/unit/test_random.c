#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>

#include "base/random.h"

/* Made with an independent implementation of splitmix64 and xoshiro256** from the papers. */
static void the_same_seed_gives_the_published_sequence(void **state)
{
    (void)state;
    static const struct {
        uint64_t seed, outputs[4];
    } known[] = {
        {0, {0x99ec5f36cb75f2b4, 0xbf6e1f784956452a, 0x1a5f849d4933e6e0, 0x6aa594f1262d2d2c}},
        {42, {0x15780b2e0c2ec716, 0x6104d9866d113a7e, 0xae17533239e499a1, 0xecb8ad4703b360a1}},
    };
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        struct random random;
        random_seed(&random, known[i].seed);
        for (size_t n = 0; n < 4; n++)
            assert_true(random_next(&random) == known[i].outputs[n]);
    }
}

static void a_limited_draw_is_below_its_limit_and_even(void **state)
{
    (void)state;
    struct random random;
    random_seed(&random, 1);
    unsigned counts[6] = {0};
    for (int i = 0; i < 60000; i++)
        counts[random_below(&random, 6)]++;
    for (int i = 0; i < 6; i++)
        assert_in_range(counts[i], 9600, 10400); /* 10,000 ± 4.4 σ */
    assert_int_equal(random_below(&random, 1), 0);
    for (int i = 0; i < 1000; i++)
        assert_true(random_below(&random, (UINT64_C(1) << 63) + 1) <= UINT64_C(1) << 63);
}

static void a_unit_draw_lies_in_zero_to_one(void **state)
{
    (void)state;
    struct random random;
    random_seed(&random, 2);
    double sum = 0;
    for (int i = 0; i < 100000; i++) {
        double x = random_unit(&random);
        assert_true(x >= 0 && x < 1);
        sum += x;
    }
    assert_true(fabs(sum / 100000 - 0.5) < 0.005);
}

static void gamma_has_mean_1_and_variance_1_over_its_shape(void **state)
{
    (void)state;
    static const double shapes[] = {0.3, 1.0, 2.5, 20.0};
    for (size_t s = 0; s < sizeof shapes / sizeof shapes[0]; s++) {
        struct random random;
        random_seed(&random, 3);
        enum { DRAWS = 200000 };
        double sum = 0, squares = 0;
        for (int i = 0; i < DRAWS; i++) {
            double x = random_gamma(&random, shapes[s]);
            assert_true(x >= 0 && isfinite(x));
            sum += x;
            squares += x * x;
        }
        double mean = sum / DRAWS, variance = squares / DRAWS - mean * mean;
        assert_true(fabs(mean - 1) < 0.02);
        assert_true(fabs(variance * shapes[s] - 1) < 0.05);
    }
}

static void normal_has_mean_0_and_variance_1(void **state)
{
    (void)state;
    struct random random;
    random_seed(&random, 4);
    double sum = 0, squares = 0;
    for (int i = 0; i < 200000; i++) {
        double x = random_normal(&random);
        sum += x;
        squares += x * x;
    }
    assert_true(fabs(sum / 200000) < 0.01);
    assert_true(fabs(squares / 200000 - 1) < 0.02);
}

static void a_permutation_holds_each_number_once_and_every_order_is_as_likely(void **state)
{
    (void)state;
    struct random random;
    random_seed(&random, 5);
    uint32_t order[1000];
    random_permutation(&random, order, 1000);
    uint64_t seen[16] = {0};
    size_t in_place = 0;
    for (size_t i = 0; i < 1000; i++) {
        assert_true(order[i] < 1000);
        assert_false(seen[order[i] / 64] >> order[i] % 64 & 1);
        seen[order[i] / 64] |= UINT64_C(1) << order[i] % 64;
        in_place += order[i] == i;
    }
    assert_true(in_place < 10);

    unsigned counts[27] = {0};
    for (int i = 0; i < 60000; i++) {
        random_permutation(&random, order, 3);
        counts[order[0] * 9 + order[1] * 3 + order[2]]++;
    }
    static const int orders[] = {5, 7, 11, 15, 19, 21};
    for (size_t i = 0; i < 6; i++)
        assert_in_range(counts[orders[i]], 9600, 10400);
    random_permutation(&random, order, 0);
}

static void two_nonces_differ(void **state)
{
    (void)state;
    assert_true(random_entropy() != random_entropy());
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_same_seed_gives_the_published_sequence),
        cmocka_unit_test(a_limited_draw_is_below_its_limit_and_even),
        cmocka_unit_test(a_unit_draw_lies_in_zero_to_one),
        cmocka_unit_test(gamma_has_mean_1_and_variance_1_over_its_shape),
        cmocka_unit_test(normal_has_mean_0_and_variance_1),
        cmocka_unit_test(a_permutation_holds_each_number_once_and_every_order_is_as_likely),
        cmocka_unit_test(two_nonces_differ),
    };
    return cmocka_run_group_tests_name("random", tests, NULL, NULL);
}
