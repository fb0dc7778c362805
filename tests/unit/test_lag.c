/* What a worker says of its own delay, where the kernel's stamp tells all and where it does not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "client/lag.h"

#define MS    1000000ull
#define BATCH 256

/* One turn in which `chunks` came at `stamp_ns` out of a socket whose newest bytes had arrived at
 * `arrival_ns`. Returns the lag that was noted. */
static uint64_t lag_of_turn(struct lag *lag, uint64_t arrival_ns, uint64_t stamp_ns,
                            uint32_t chunks, uint64_t readable_since_ns)
{
    lag_begin_turn(lag);
    lag->arrival_ns = arrival_ns;
    lag->readable_since_ns = readable_since_ns;
    lag->looked = true;
    lag->stamp_ns = stamp_ns;
    lag->chunks = chunks;
    histogram_clear(&lag->stamp_lag);
    lag_end_turn(lag);
    return lag->stamp_lag.max;
}

static void one_chunk_has_the_kernels_lag(void **state)
{
    (void)state;
    struct lag lag = {.mean_gap_ns = 20 * MS};
    assert_int_equal(lag_of_turn(&lag, 1000 * MS, 1003 * MS, 1, 900 * MS), 3 * MS);
    histogram_free(&lag.stamp_lag);
}

static void chunks_that_waited_together_waited_a_gap_longer_each(void **state)
{
    (void)state;
    struct lag lag = {.mean_gap_ns = 20 * MS};
    assert_int_equal(lag_of_turn(&lag, 1000 * MS, 1003 * MS, 4, 900 * MS), 63 * MS);
    histogram_free(&lag.stamp_lag);
}

static void where_no_gap_is_known_they_came_evenly_since_the_last_look(void **state)
{
    (void)state;
    struct lag lag = {0};
    assert_int_equal(lag_of_turn(&lag, 1000 * MS, 1003 * MS, 4, 903 * MS),
                     3 * MS + 3 * 97 * MS / 4);
    histogram_free(&lag.stamp_lag);
}

static void none_waited_since_before_the_last_look(void **state)
{
    (void)state;
    struct lag lag = {.mean_gap_ns = 20 * MS};
    assert_int_equal(lag_of_turn(&lag, 1000 * MS, 1003 * MS, 4, 990 * MS), 13 * MS);
    histogram_free(&lag.stamp_lag);
}

static void a_server_that_sends_several_at_once_is_no_lag(void **state)
{
    (void)state;
    struct lag lag = {.mean_gap_ns = 20 * MS};
    /* The worker slept until they came. */
    assert_int_equal(lag_of_turn(&lag, 1000 * MS, 1000 * MS + 50000, 4, 1000 * MS + 20000), 50000);
    histogram_free(&lag.stamp_lag);
}

static void a_first_token_that_waited_has_its_own_lag_raised(void **state)
{
    (void)state;
    struct record record = {.first_token_lag_ns = 3 * MS};
    struct lag lag = {.mean_gap_ns = 20 * MS};
    lag_begin_turn(&lag);
    lag.arrival_ns = 1000 * MS;
    lag.looked = true;
    lag.stamp_ns = 1003 * MS;
    lag.chunks = 2;
    lag.first = &record;
    lag_end_turn(&lag);
    assert_int_equal(record.first_token_lag_ns, 23 * MS);
    histogram_free(&lag.stamp_lag);
}

static void the_mean_gap_counts_all_chunks_of_a_turn(void **state)
{
    (void)state;
    struct lag lag = {0};
    lag_begin_turn(&lag);
    lag.chunks = 10;
    lag.gap_ns = 200 * MS; /* a stop of 200 ms */
    lag_end_turn(&lag);
    assert_int_equal(lag.mean_gap_ns, 20 * MS);
}

/* A wait from 1,000 ms on that was to end at 1,050. */
static uint64_t readable_since(struct lag *lag, uint64_t woke_ns, size_t count)
{
    lag_note_wait(lag, woke_ns, 1050 * MS, woke_ns - 1000 * MS, count, count < BATCH);
    return lag->readable_since_ns;
}

static void what_ends_a_wait_in_time_was_not_there_before(void **state)
{
    (void)state;
    struct lag lag = {.looked_ns = 900 * MS};
    assert_int_equal(readable_since(&lag, 1010 * MS, 3), 1010 * MS);
}

static void what_is_found_at_once_may_be_as_old_as_the_last_look(void **state)
{
    (void)state;
    struct lag lag = {.looked_ns = 900 * MS};
    assert_int_equal(readable_since(&lag, 1000 * MS + 1000, 3), 900 * MS);
    assert_int_equal(lag.looked_ns, 1000 * MS + 1000);
}

static void a_full_batch_is_no_look_at_all_sockets(void **state)
{
    (void)state;
    struct lag lag = {.looked_ns = 900 * MS};
    readable_since(&lag, 1010 * MS, BATCH);
    assert_int_equal(lag.looked_ns, 900 * MS);
}

static void a_stopped_process_looked_at_nothing(void **state)
{
    (void)state;
    struct lag lag = {.looked_ns = 1000 * MS};
    readable_since(&lag, 1200 * MS, 0); /* broken off by the signal that continues it */
    assert_int_equal(lag.looked_ns, 1000 * MS);
    readable_since(&lag, 1030 * MS, 0); /* a short stop */
    assert_int_equal(lag.looked_ns, 1000 * MS);
    readable_since(&lag, 1051 * MS, 0); /* its time was over and nothing there */
    assert_int_equal(lag.looked_ns, 1051 * MS);
}

/* A chunk that had waited for 101 ms. */
static void look(struct lag *lag, bool by_chance)
{
    lag_begin_turn(lag);
    lag->looked = lag->by_chance = by_chance;
    lag->arrival_ns = 1000 * MS;
    lag->stamp_ns = 1101 * MS;
    lag->chunks = 1;
    lag_end_turn(lag);
}

static void a_look_by_chance_counts_for_those_that_could_not_be_made(void **state)
{
    (void)state;
    struct lag lag = {0};
    look(&lag, true);
    assert_int_equal(lag.chunk_lag.count, 21); /* 101, 96 … 1 ms */
    assert_int_equal(lag.chunk_lag.max, 101 * MS);
    look(&lag, false);
    assert_int_equal(lag.chunk_lag.count, 21);
    lag_free(&lag);
}

/* The lag of `count` chunks that were read together, the newest of which had waited for 3 ms. */
static void read_together(struct lag *lag, uint32_t count, uint64_t mean_gap_ns)
{
    lag_begin_turn(lag);
    lag->each = true;
    lag->mean_gap_ns = mean_gap_ns;
    lag->arrival_ns = 1000 * MS;
    lag_note_stamp(lag, 1003 * MS);
    lag->chunks = count;
    lag_end_turn(lag);
}

static void where_each_turn_is_known_each_chunk_counts(void **state)
{
    (void)state;
    struct lag lag = {0};
    read_together(&lag, 4, 20 * MS);
    assert_int_equal(lag.chunk_lag.count, 4);
    assert_int_equal(lag.chunk_lag.min, 3 * MS);
    assert_int_equal(lag.chunk_lag.max, 63 * MS);
    assert_int_equal((uint64_t)lag.chunk_lag.sum, (3 + 23 + 43 + 63) * MS);
    assert_int_equal(lag.stamp_lag.count, 0); /* neither a first token nor the sample */
    lag_free(&lag);
}

static void many_chunks_that_waited_together_all_count(void **state)
{
    (void)state;
    struct lag lag = {0};
    read_together(&lag, 1000, 160);
    assert_int_equal(lag.chunk_lag.count, 1000);
    assert_int_equal(lag.chunk_lag.min, 3 * MS);
    assert_in_range(lag.chunk_lag.max, 3 * MS + 159000, 3 * MS + 160000);
    uint64_t mean_ns = (uint64_t)(lag.chunk_lag.sum / 1000);
    assert_in_range(mean_ns, 3 * MS + 78000, 3 * MS + 82000);
    lag_free(&lag);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_chunk_has_the_kernels_lag),
        cmocka_unit_test(chunks_that_waited_together_waited_a_gap_longer_each),
        cmocka_unit_test(where_no_gap_is_known_they_came_evenly_since_the_last_look),
        cmocka_unit_test(none_waited_since_before_the_last_look),
        cmocka_unit_test(a_server_that_sends_several_at_once_is_no_lag),
        cmocka_unit_test(a_first_token_that_waited_has_its_own_lag_raised),
        cmocka_unit_test(the_mean_gap_counts_all_chunks_of_a_turn),
        cmocka_unit_test(what_ends_a_wait_in_time_was_not_there_before),
        cmocka_unit_test(what_is_found_at_once_may_be_as_old_as_the_last_look),
        cmocka_unit_test(a_full_batch_is_no_look_at_all_sockets),
        cmocka_unit_test(a_stopped_process_looked_at_nothing),
        cmocka_unit_test(a_look_by_chance_counts_for_those_that_could_not_be_made),
        cmocka_unit_test(where_each_turn_is_known_each_chunk_counts),
        cmocka_unit_test(many_chunks_that_waited_together_all_count),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
