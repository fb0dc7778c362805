#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <pthread.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/loop.h"

static void *wake_soon(void *context)
{
    sleep_until_ns(now_ns() + 5 * NS_PER_MS);
    loop_wake(context);
    return NULL;
}

static void another_thread_can_wake_it(void **state)
{
    (void)state;
    struct loop loop;
    struct loop_ready ready[4];
    pthread_t other;
    assert_true(loop_init(&loop, NULL));
    uint64_t started_ns = now_ns();
    assert_int_equal(pthread_create(&other, NULL, wake_soon, &loop), 0);
    assert_int_equal(loop_wait(&loop, started_ns + 20 * NS_PER_S, ready, 4), 0);
    assert_true(now_ns() - started_ns < 10 * NS_PER_S);
    pthread_join(other, NULL);
    loop_free(&loop);
}

static void a_wake_before_the_wait_is_kept_and_several_are_one(void **state)
{
    (void)state;
    struct loop loop;
    struct loop_ready ready[4];
    assert_true(loop_init(&loop, NULL));
    loop_wake(&loop);
    loop_wake(&loop);
    uint64_t started_ns = now_ns();
    assert_int_equal(loop_wait(&loop, LOOP_FOREVER, ready, 4), 0);
    uint64_t deadline_ns = now_ns() + 2 * NS_PER_MS;
    assert_int_equal(loop_wait(&loop, deadline_ns, ready, 4), 0);
    assert_true(now_ns() >= deadline_ns);
    assert_true(loop.woke_ns >= deadline_ns && loop.woke_ns <= now_ns());
    assert_in_range(loop.waited_ns, 1, now_ns() - started_ns);
    loop_free(&loop);
}

/* Never early; and finer than the millisecond of epoll_wait, unless the machine is always busy. */
static void check_deadlines(bool lacks_pwait2)
{
    struct loop loop;
    struct loop_ready ready[4];
    bool was_on_time = false;
    assert_true(loop_init(&loop, NULL));
    loop.lacks_pwait2 = lacks_pwait2;
    for (int i = 0; i < 500 && !was_on_time; i++) {
        uint64_t deadline_ns = now_ns() + 300 * NS_PER_US, waits = 0;
        while (now_ns() < deadline_ns && ++waits)
            assert_int_equal(loop_wait(&loop, deadline_ns, ready, 4), 0);
        assert_int_equal(waits, 1);
        was_on_time = now_ns() - deadline_ns < 600 * NS_PER_US;
    }
    assert_true(was_on_time);
    assert_int_equal(loop_wait(&loop, 0, ready, 4), 0);
    loop_free(&loop);
}

static void a_deadline_is_finer_than_a_millisecond(void **state)
{
    (void)state;
    check_deadlines(false);
}

static void so_it_is_on_a_kernel_without_epoll_pwait2(void **state)
{
    (void)state;
    check_deadlines(true);
}

static void a_watched_descriptor_names_its_owner_until_it_is_unwatched(void **state)
{
    (void)state;
    struct loop loop;
    struct loop_ready ready[4];
    int ends[2], owner, later_owner;
    assert_true(loop_init(&loop, NULL));
    assert_int_equal(pipe(ends), 0);
    assert_true(loop_watch(&loop, ends[0], EPOLLIN, &owner));
    assert_int_equal(loop_wait(&loop, 0, ready, 4), 0);
    assert_int_equal(write(ends[1], "x", 1), 1);
    assert_int_equal(loop_wait(&loop, LOOP_FOREVER, ready, 4), 1);
    assert_ptr_equal(ready[0].owner, &owner);
    assert_int_equal(ready[0].events, EPOLLIN);

    assert_true(loop_watch(&loop, ends[0], EPOLLIN, &later_owner));
    loop_wake(&loop);
    assert_int_equal(loop_wait(&loop, LOOP_FOREVER, ready, 4), 1);
    assert_ptr_equal(ready[0].owner, &later_owner);

    loop_unwatch(&loop, ends[0]);
    assert_int_equal(loop_wait(&loop, 0, ready, 4), 0);
    assert_true(loop_watch(&loop, ends[0], EPOLLIN, &owner));
    assert_int_equal(loop_wait(&loop, 0, ready, 4), 1);
    close(ends[0]);
    assert_false(loop_watch(&loop, ends[0], EPOLLIN, &owner));
    loop_unwatch(&loop, ends[0]);
    assert_int_equal(loop_wait(&loop, 0, ready, 4), 0);
    close(ends[1]);
    loop_free(&loop);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(another_thread_can_wake_it),
        cmocka_unit_test(a_wake_before_the_wait_is_kept_and_several_are_one),
        cmocka_unit_test(a_deadline_is_finer_than_a_millisecond),
        cmocka_unit_test(so_it_is_on_a_kernel_without_epoll_pwait2),
        cmocka_unit_test(a_watched_descriptor_names_its_owner_until_it_is_unwatched),
    };
    return cmocka_run_group_tests_name("loop", tests, NULL, NULL);
}
