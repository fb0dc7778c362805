#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdbool.h>

#include "base/random.h"
#include "benchmark/pauses.h"

#define SPAN 200

static uint64_t counted(const bool still[SPAN], uint64_t from, uint64_t to)
{
    uint64_t count = 0;
    for (uint64_t i = from; i < to; i++)
        count += still[i];
    return count;
}

/* Held against a row of flags, one for each unit of time. */
static void time_that_two_pauses_share_counts_once(void **state)
{
    (void)state;
    struct random random;
    random_seed(&random, 5);
    for (int turn = 0; turn < 2000; turn++) {
        struct pauses pauses = {0};
        bool still[SPAN] = {false};
        for (uint64_t n = random_below(&random, 8); n > 0; n--) {
            uint64_t from = random_below(&random, SPAN);
            uint64_t to = from + random_below(&random, SPAN - from + 1);
            pauses_add(&pauses, from, to);
            for (uint64_t i = from; i < to; i++)
                still[i] = true;
        }
        uint64_t from = random_below(&random, SPAN), to = random_below(&random, SPAN + 1);
        assert_int_equal(pauses_within_ns(&pauses, from, to), counted(still, from, to));
        assert_int_equal(pauses_within_ns(&pauses, 0, UINT64_MAX), counted(still, 0, SPAN));
        pauses_free(&pauses);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(time_that_two_pauses_share_counts_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
