#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/loop.h"

#define RATE 500

static int drive(void **state)
{
    (void)state;
    clock_drive(RATE);
    return 0;
}

static int let_go(void **state)
{
    (void)state;
    clock_drive(1);
    return 0;
}

static void it_goes_as_many_times_as_fast(void **state)
{
    (void)state;
    uint64_t real_before = real_now_ns(), before = now_ns(), wall_before = wall_ns();
    sleep_until_ns(before + 5 * NS_PER_S);
    uint64_t wall = wall_ns() - wall_before, passed = now_ns() - before;
    uint64_t real = real_now_ns() - real_before;
    assert_true(passed >= 5 * NS_PER_S);
    assert_true(passed <= real * RATE);
    assert_true(wall >= 4 * NS_PER_S && wall <= (real + 10 * NS_PER_MS) * RATE);
}

/* Hours of waiting in all, which would be noticed. */
static void every_wait_is_as_many_times_as_short(void **state)
{
    (void)state;
    const uint64_t wait_ns = 1000 * NS_PER_S;
    uint64_t real_before = real_now_ns();

    uint64_t deadline_ns = now_ns() + wait_ns;
    struct loop loop;
    struct loop_ready ready[1];
    assert_true(loop_init(&loop, NULL));
    assert_int_equal(loop_wait(&loop, deadline_ns, ready, 1), 0);
    assert_true(now_ns() >= deadline_ns);
    assert_true(loop.waited_ns >= wait_ns);
    loop_free(&loop);

    deadline_ns = now_ns() + wait_ns;
    pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
    pthread_cond_t never;
    pthread_condattr_t monotonic;
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&never, &monotonic);
    pthread_mutex_lock(&lock);
    struct timespec until = clock_deadline(deadline_ns);
    while (pthread_cond_timedwait(&never, &lock, &until) == 0)
        ;
    assert_true(now_ns() >= deadline_ns);
    pthread_mutex_unlock(&lock);
    pthread_cond_destroy(&never);
    pthread_condattr_destroy(&monotonic);

    assert_true(real_now_ns() - real_before < 100 * NS_PER_S);
}

static void a_limit_for_libcurl_is_never_rounded_to_none(void **state)
{
    (void)state;
    assert_int_equal(clock_real_ms(300), 600);
    assert_int_equal(clock_real_ms(0.001), 1);
    assert_int_equal(clock_real_ms(0), 0);
}

static void only_a_whole_rate_in_bounds_is_taken(void **state)
{
    (void)state;
    static const char *const bad[] = {"0", "-1", "1001", "1.5", "", "fast", "60x"};
    struct error error;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        setenv("FLUXPERF_CLOCK_RATE", bad[i], 1);
        assert_false(clock_drive_by_environment(&error));
        assert_non_null(strstr(error.text, "FLUXPERF_CLOCK_RATE"));
    }
    setenv("FLUXPERF_CLOCK_RATE", "60", 1);
    assert_true(clock_drive_by_environment(&error));
    assert_int_equal(clock_pace.rate, 60);
    unsetenv("FLUXPERF_CLOCK_RATE");
}

static void without_a_rate_it_is_the_real_one(void **state)
{
    (void)state;
    struct error error;
    assert_true(clock_drive_by_environment(&error));
    uint64_t before = real_now_ns(), now = now_ns(), after = real_now_ns();
    assert_true(before <= now && now <= after);
    assert_int_equal(clock_real_ns(12345), 12345);
    assert_int_equal(timespec_ns(&(struct timespec){5, 67}), 5 * NS_PER_S + 67);
    struct timespec deadline = clock_deadline(now);
    assert_int_equal(timespec_ns(&deadline), now);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(without_a_rate_it_is_the_real_one),
        cmocka_unit_test_setup_teardown(it_goes_as_many_times_as_fast, drive, let_go),
        cmocka_unit_test_setup_teardown(every_wait_is_as_many_times_as_short, drive, let_go),
        cmocka_unit_test_setup_teardown(a_limit_for_libcurl_is_never_rounded_to_none, drive,
                                        let_go),
        cmocka_unit_test_teardown(only_a_whole_rate_in_bounds_is_taken, let_go),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
