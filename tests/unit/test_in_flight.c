#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>

#include "base/memory.h"
#include "base/random.h"
#include "telemetry/event.h"
#include "telemetry/in_flight.h"

static struct flight copied[IN_FLIGHT_MAX];

static int begin(void **state)
{
    struct in_flight *in_flight = xcalloc(1, sizeof *in_flight);
    *state = in_flight;
    return 0;
}

static int end(void **state)
{
    free(*state);
    return 0;
}

static void take(struct in_flight *in_flight, enum event_kind kind, uint32_t request,
                 uint64_t at_ns, uint32_t count)
{
    in_flight_take(
        in_flight,
        &(struct event){.kind = (uint8_t)kind, .request = request, .at_ns = at_ns, .count = count});
}

static const struct flight *only_one(const struct in_flight *in_flight)
{
    assert_int_equal(in_flight_copy(in_flight, copied, IN_FLIGHT_MAX), 1);
    return copied;
}

static void a_request_is_followed_from_its_dispatch_to_its_end(void **state)
{
    struct in_flight *in_flight = *state;
    take(in_flight, EVENT_DISPATCHED, 9, 100, 0);
    assert_int_equal(only_one(in_flight)->sent_ns, 100);
    take(in_flight, EVENT_SENT, 9, 110, 0);
    assert_int_equal(only_one(in_flight)->sent_ns, 110);
    assert_int_equal(in_flight_total(in_flight).waiting, 1);
    take(in_flight, EVENT_FIRST_TOKEN, 9, 300, 0);
    take(in_flight, EVENT_CHUNK, 9, 300, 1);
    take(in_flight, EVENT_CHUNK, 9, 320, 3);
    const struct flight *flight = only_one(in_flight);
    assert_int_equal(flight->request, 9);
    assert_int_equal(flight->first_token_ns, 300);
    assert_int_equal(flight->last_ns, 320);
    assert_int_equal(flight->tokens, 4);
    assert_int_equal(in_flight_total(in_flight).waiting, 0);
    assert_int_equal(in_flight_total(in_flight).streaming, 1);
    take(in_flight, EVENT_FINISHED, 9, 400, 0);
    assert_int_equal(in_flight_copy(in_flight, copied, IN_FLIGHT_MAX), 0);
}

static void the_oldest_that_waits_is_named(void **state)
{
    struct in_flight *in_flight = *state;
    for (uint32_t i = 1; i <= 5; i++)
        take(in_flight, EVENT_DISPATCHED, i, 100 * i, 0);
    take(in_flight, EVENT_FIRST_TOKEN, 1, 900, 0);
    take(in_flight, EVENT_FINISHED, 2, 900, 0);
    struct in_flight_total total = in_flight_total(in_flight);
    assert_int_equal(total.oldest_waiting_ns, 300);
    assert_int_equal(total.waiting, 3);
    assert_int_equal(total.streaming, 1);
}

static void what_is_beyond_the_bound_is_counted(void **state)
{
    struct in_flight *in_flight = *state;
    uint32_t all = IN_FLIGHT_MAX + 100;
    for (uint32_t i = 0; i < all; i++)
        take(in_flight, EVENT_DISPATCHED, i, 1 + i, 0);
    assert_int_equal(in_flight_copy(in_flight, copied, IN_FLIGHT_MAX), IN_FLIGHT_MAX);
    assert_int_equal(in_flight_total(in_flight).beyond, 100);
    for (uint32_t i = 0; i < all; i++)
        take(in_flight, EVENT_FINISHED, i, 9999, 0);
    assert_int_equal(in_flight_copy(in_flight, copied, IN_FLIGHT_MAX), 0);
    assert_int_equal(in_flight_total(in_flight).beyond, 0);
}

/* Against a plain array, with indices that share their chains. */
static void any_order_of_ends_leaves_the_others(void **state)
{
    struct in_flight *in_flight = *state;
    struct random random;
    random_seed(&random, 5);
    static uint64_t tokens[3 * IN_FLIGHT_MAX];
    uint32_t count = 0;
    for (uint32_t step = 0; step < 200000; step++) {
        uint32_t request = (uint32_t)random_below(&random, 12) * IN_FLIGHT_MAX / 4 +
                           (uint32_t)random_below(&random, 9);
        if (!tokens[request]) {
            take(in_flight, EVENT_DISPATCHED, request, 1, 0);
            tokens[request] = 1;
            count++;
        } else if (random_below(&random, 3)) {
            take(in_flight, EVENT_CHUNK, request, 2, 1);
            tokens[request]++;
        } else {
            take(in_flight, EVENT_FINISHED, request, 3, 0);
            tokens[request] = 0;
            count--;
        }
    }
    assert_int_equal(in_flight_copy(in_flight, copied, IN_FLIGHT_MAX), count);
    for (uint32_t i = 0; i < count; i++)
        assert_int_equal(copied[i].tokens + 1, tokens[copied[i].request]);
}

static void a_new_round_begins_with_none(void **state)
{
    struct in_flight *in_flight = *state;
    take(in_flight, EVENT_DISPATCHED, 3, 1, 0);
    in_flight_clear(in_flight);
    assert_int_equal(in_flight_copy(in_flight, copied, IN_FLIGHT_MAX), 0);
    take(in_flight, EVENT_DISPATCHED, 3, 7, 0);
    assert_int_equal(only_one(in_flight)->sent_ns, 7);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_request_is_followed_from_its_dispatch_to_its_end, begin,
                                        end),
        cmocka_unit_test_setup_teardown(the_oldest_that_waits_is_named, begin, end),
        cmocka_unit_test_setup_teardown(what_is_beyond_the_bound_is_counted, begin, end),
        cmocka_unit_test_setup_teardown(any_order_of_ends_leaves_the_others, begin, end),
        cmocka_unit_test_setup_teardown(a_new_round_begins_with_none, begin, end),
    };
    return cmocka_run_group_tests_name("in_flight", tests, NULL, NULL);
}
