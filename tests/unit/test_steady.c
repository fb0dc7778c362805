#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>

#include "base/memory.h"
#include "result/steady.h"

#define MOST 8

static uint32_t from(const struct steady_point points[MOST])
{
    uint32_t count = 0;
    while (count < MOST && points[count].ttft_p50_ns != 0)
        count++;
    return steady_from(points, count);
}

static void rounds_are_steady_once_three_are_alike(void **state)
{
    (void)state;
    static const struct {
        struct steady_point points[MOST];
        uint32_t from;
    } cases[] = {
        {{{100, 0.9}, {100, 0.9}}, 0},
        {{{100, 0.9}, {100, 0.9}, {100, 0.9}}, 1},
        {{{238, 0}, {131, 0.52}, {104, 0.78}, {95, 0.85}, {95, 0.85}, {96, 0.85}}, 4},
        {{{238, 0}, {95, 0.85}, {95, 0.85}, {96, 0.85}, {97.5, 0.85}}, 0}, /* 95 to 97.5 */
        {{{100, 0.5}, {100, 0.53}, {100, 0.56}}, 0},                       /* it still fills */
        {{{100, 0.50}, {102, 0.52}, {101, 0.51}}, 1},                      /* just within */
        {{{100, 0.50}, {102.1, 0.50}, {101, 0.50}}, 0},
        {{{100, NO_VALUE}, {101, NO_VALUE}, {100, NO_VALUE}}, 1},
        {{{100, 0.9}, {NO_VALUE, 0.9}, {100, 0.9}, {100, 0.9}}, 0},
        {{{90, 0.1}, {100, 0.9}, {100, 0.9}, {100, 0.9}, {101, 0.9}}, 2},
    };
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
        assert_int_equal(from(cases[i].points), cases[i].from);
    assert_int_equal(steady_from(NULL, 0), 0);
}

static void a_round_that_is_not_whole_is_held_against_none(void **state)
{
    (void)state;
    struct summary summary = {.cached_share = 0.5};
    summary.metrics[METRIC_TTFT] = (struct statistics){.count = 3, .p50 = 100};
    struct round round = {.segment_count = 1, .ended = true};
    assert_true(steady_point_of(&round, &summary).ttft_p50_ns == 100);
    assert_true(steady_point_of(&round, &summary).cached_share == 0.5);
    round.interrupted = true;
    assert_true(isnan(steady_point_of(&round, &summary).ttft_p50_ns));
    round.interrupted = false;
    round.segment_count = 2;
    assert_true(isnan(steady_point_of(&round, &summary).ttft_p50_ns));
    round.segment_count = 1;
    summary.metrics[METRIC_TTFT].count = 0;
    assert_true(isnan(steady_point_of(&round, &summary).ttft_p50_ns));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rounds_are_steady_once_three_are_alike),
        cmocka_unit_test(a_round_that_is_not_whole_is_held_against_none),
    };
    return cmocka_run_group_tests_name("steady", tests, NULL, NULL);
}
