#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "client/schedule.h"

/* Seeds are fixed, so the bounds, which are several standard errors wide, hold or fail for good. */
enum { COUNT = 20000 };

/* The offsets of COUNT arrivals; freed by the caller. */
static uint64_t *arrivals(double rate, double burstiness, double ramp_s, uint64_t seed)
{
    struct arrivals *made = arrivals_new(COUNT, rate, burstiness, ramp_s, seed);
    uint64_t *arrival_ns = xcalloc(COUNT, sizeof *arrival_ns);
    memcpy(arrival_ns, made->offset_ns, COUNT * sizeof *arrival_ns);
    arrivals_delete(made);
    return arrival_ns;
}

static void assert_near(double value, double wanted, double share)
{
    if (!(fabs(value - wanted) <= share * wanted))
        fail_msg("%g is not within %g %% of %g", value, 100 * share, wanted);
}

static void the_first_goes_at_once_and_none_goes_back_in_time(void **state)
{
    (void)state;
    static const double ramps[] = {0, 3};
    for (size_t i = 0; i < ARRAY_SIZE(ramps); i++) {
        uint64_t *arrival_ns = arrivals(100, 0.3, ramps[i], 1);
        assert_int_equal(arrival_ns[0], 0);
        for (size_t j = 1; j < COUNT; j++)
            assert_true(arrival_ns[j] >= arrival_ns[j - 1]);
        free(arrival_ns);
    }
}

/* Mean of the gaps in s, and their variation: standard deviation over mean. */
static double gap_mean(const uint64_t *arrival_ns)
{
    return (double)arrival_ns[COUNT - 1] / 1e9 / (COUNT - 1);
}

static double gap_variation(const uint64_t *arrival_ns)
{
    double mean = gap_mean(arrival_ns), squares = 0;
    for (size_t i = 1; i < COUNT; i++) {
        double off = (double)(arrival_ns[i] - arrival_ns[i - 1]) / 1e9 - mean;
        squares += off * off;
    }
    return sqrt(squares / (COUNT - 1)) / mean;
}

static void gaps_have_the_rates_mean_and_the_burstiness_variation(void **state)
{
    (void)state;
    static const double shapes[] = {0.25, 1, 4, 100};
    static const double rates[] = {0.5, 40};
    for (size_t i = 0; i < ARRAY_SIZE(shapes); i++) {
        for (size_t j = 0; j < ARRAY_SIZE(rates); j++) {
            uint64_t *arrival_ns = arrivals(rates[j], shapes[i], 0, 7);
            assert_near(gap_mean(arrival_ns), 1 / rates[j], 0.06);
            assert_near(gap_variation(arrival_ns), 1 / sqrt(shapes[i]), 0.06);
            free(arrival_ns);
        }
    }
}

/* With burstiness 1, as many requests in a second as a Poisson process has: variance = mean. */
static void counts_per_second_are_poisson(void **state)
{
    (void)state;
    enum { RATE = 10, SECONDS = 1800 };
    uint64_t *arrival_ns = arrivals(RATE, 1, 0, 11);
    uint32_t counts[SECONDS] = {0};
    for (size_t i = 0; i < COUNT; i++)
        if (arrival_ns[i] / 1000000000u < SECONDS)
            counts[arrival_ns[i] / 1000000000u]++;
    double mean = 0, variance = 0, empty_share = 0;
    for (size_t i = 0; i < SECONDS; i++)
        mean += counts[i] / (double)SECONDS;
    for (size_t i = 0; i < SECONDS; i++) {
        variance += (counts[i] - mean) * (counts[i] - mean) / SECONDS;
        empty_share += (counts[i] < 5) / (double)SECONDS;
    }
    assert_near(mean, RATE, 0.03);
    assert_near(variance, RATE, 0.12);
    assert_near(empty_share, 0.0293, 0.35); /* P(X < 5) at mean 10 */
    free(arrival_ns);
}

static size_t count_before(const uint64_t *arrival_ns, double s)
{
    size_t count = 0;
    while (count < COUNT && (double)arrival_ns[count] < s * 1e9)
        count++;
    return count;
}

static void a_ramp_grows_linearly_and_then_holds(void **state)
{
    (void)state;
    enum { RATE = 1000, RAMP_S = 8 };
    uint64_t *arrival_ns = arrivals(RATE, 100, RAMP_S, 3);
    for (int second = 2; second <= RAMP_S; second += 2)
        assert_near((double)count_before(arrival_ns, second),
                    RATE * second * second / (2.0 * RAMP_S), 0.03);
    for (int second = RAMP_S + 1; second < 20; second++)
        assert_near(
            (double)(count_before(arrival_ns, second + 1) - count_before(arrival_ns, second)), RATE,
            0.03);
    free(arrival_ns);
}

static void the_seed_decides(void **state)
{
    (void)state;
    uint64_t *first = arrivals(10, 0.5, 2, 42), *again = arrivals(10, 0.5, 2, 42);
    uint64_t *other = arrivals(10, 0.5, 2, 43);
    assert_memory_equal(first, again, COUNT * sizeof *first);
    assert_memory_not_equal(first, other, COUNT * sizeof *first);
    free(first);
    free(again);
    free(other);
}

/* A longer schedule begins with the shorter one. */
static void the_count_changes_no_arrival(void **state)
{
    (void)state;
    struct arrivals *few = arrivals_new(100, 10, 1, 0, 42);
    uint64_t *many = arrivals(10, 1, 0, 42);
    assert_memory_equal(few->offset_ns, many, 100 * sizeof *many);
    arrivals_delete(few);
    free(many);
}

static void another_rate_holds_from_its_instant_on_with_the_same_pattern(void **state)
{
    (void)state;
    enum { RATE = 100, FASTER = 400 };
    const uint64_t at_ns = 50000000000u;
    uint64_t *before = arrivals(RATE, 1, 0, 5);
    struct arrivals *changed =
        arrivals_change_rate(arrivals_new(COUNT, RATE, 1, 0, 5), at_ns, FASTER);
    size_t first = count_before(before, 50);
    assert_memory_equal(changed->offset_ns, before, first * sizeof *before);
    for (size_t i = first; i < COUNT; i++)
        assert_near((double)(changed->offset_ns[i] - at_ns),
                    (double)(before[i] - at_ns) * RATE / FASTER, 1e-6);
    assert_near(changed->rate, FASTER, 0);
    /* And back: a second change begins where the first has led. */
    changed = arrivals_change_rate(changed, at_ns, RATE);
    for (size_t i = first; i < COUNT; i++)
        assert_near((double)changed->offset_ns[i], (double)before[i], 1e-6);
    arrivals_delete(changed);
    free(before);
}

/* Who asks for a rate gets it at once, not what the ramp would have come to. */
static void another_rate_ends_the_ramp(void **state)
{
    (void)state;
    enum { RATE = 1000, RAMP_S = 8, SLOWER = 500 };
    struct arrivals *changed =
        arrivals_change_rate(arrivals_new(COUNT, RATE, 100, RAMP_S, 3), 4000000000u, SLOWER);
    assert_int_equal(changed->ramp_ns, 4000000000u);
    for (int second = 4; second < 20; second++)
        assert_near((double)(count_before(changed->offset_ns, second + 1) -
                             count_before(changed->offset_ns, second)),
                    SLOWER, 0.03);
    arrivals_delete(changed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_first_goes_at_once_and_none_goes_back_in_time),
        cmocka_unit_test(gaps_have_the_rates_mean_and_the_burstiness_variation),
        cmocka_unit_test(counts_per_second_are_poisson),
        cmocka_unit_test(a_ramp_grows_linearly_and_then_holds),
        cmocka_unit_test(the_seed_decides),
        cmocka_unit_test(the_count_changes_no_arrival),
        cmocka_unit_test(another_rate_holds_from_its_instant_on_with_the_same_pattern),
        cmocka_unit_test(another_rate_ends_the_ramp),
    };
    return cmocka_run_group_tests_name("schedule", tests, NULL, NULL);
}
