#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/memory.h"
#include "base/random.h"
#include "base/timers.h"

static void the_earliest_is_first_whatever_the_order_of_setting(void **state)
{
    (void)state;
    struct timers timers = {0};
    struct timer late = {0}, early = {0}, middle = {0};
    timers_set(&timers, &late, 30);
    timers_set(&timers, &early, 10);
    timers_set(&timers, &middle, 20);
    assert_ptr_equal(timers_first(&timers), &early);
    assert_int_equal(timers_first_ns(&timers), 10);
    timers_free(&timers);
}

static void a_set_timer_moves(void **state)
{
    (void)state;
    struct timers timers = {0};
    struct timer a = {0}, b = {0};
    timers_set(&timers, &a, 10);
    timers_set(&timers, &b, 20);
    timers_set(&timers, &a, 30);
    assert_ptr_equal(timers_first(&timers), &b);
    timers_set(&timers, &a, 5);
    assert_ptr_equal(timers_first(&timers), &a);
    assert_int_equal(timers.count, 2);
    timers_free(&timers);
}

static void a_removed_timer_is_not_set_and_removing_it_again_is_nothing(void **state)
{
    (void)state;
    struct timers timers = {0};
    struct timer a = {0};
    timers_set(&timers, &a, 10);
    assert_true(timer_is_set(&a));
    timers_remove(&timers, &a);
    timers_remove(&timers, &a);
    assert_false(timer_is_set(&a));
    assert_null(timers_first(&timers));
    assert_int_equal(timers_first_ns(&timers), UINT64_MAX);
    timers_free(&timers);
}

/* The last one, which fills the hole, belongs above it. */
static void removing_from_the_middle_keeps_the_order(void **state)
{
    (void)state;
    const uint64_t due_ns[] = {1, 10, 2, 11, 12, 3, 4, 13, 14, 15, 16, 5, 6, 7, 8};
    const uint64_t left_ns[] = {1, 2, 3, 4, 5, 6, 7, 8, 10, 12, 13, 14, 15, 16};
    struct timers timers = {0};
    struct timer timer[ARRAY_SIZE(due_ns)] = {{0}};
    for (size_t i = 0; i < ARRAY_SIZE(due_ns); i++)
        timers_set(&timers, &timer[i], due_ns[i]);
    timers_remove(&timers, &timer[3]);
    for (size_t i = 0; i < ARRAY_SIZE(left_ns); i++) {
        assert_int_equal(timers_first_ns(&timers), left_ns[i]);
        timers_remove(&timers, timers_first(&timers));
    }
    assert_null(timers_first(&timers));
    timers_free(&timers);
}

/* Against the obvious: a search through all deadlines. */
static void ten_thousand_random_steps_agree_with_a_search(void **state)
{
    (void)state;
    enum { COUNT = 200 };
    struct timers timers = {0};
    struct timer timer[COUNT] = {{0}};
    uint64_t due_ns[COUNT] = {0};
    struct random random;
    random_seed(&random, 7);
    for (int step = 0; step < 10000; step++) {
        size_t i = (size_t)random_below(&random, COUNT);
        if (random_below(&random, 3) == 0) {
            timers_remove(&timers, &timer[i]);
        } else {
            due_ns[i] = random_below(&random, 1000);
            timers_set(&timers, &timer[i], due_ns[i]);
        }
        uint64_t least = UINT64_MAX;
        for (size_t j = 0; j < COUNT; j++)
            if (timer_is_set(&timer[j]) && due_ns[j] < least)
                least = due_ns[j];
        assert_int_equal(timers_first_ns(&timers), least);
    }
    timers_free(&timers);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_earliest_is_first_whatever_the_order_of_setting),
        cmocka_unit_test(a_set_timer_moves),
        cmocka_unit_test(a_removed_timer_is_not_set_and_removing_it_again_is_nothing),
        cmocka_unit_test(removing_from_the_middle_keeps_the_order),
        cmocka_unit_test(ten_thousand_random_steps_agree_with_a_search),
    };
    return cmocka_run_group_tests_name("timers", tests, NULL, NULL);
}
