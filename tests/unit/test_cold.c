#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>

#include "result/summary.h"
#include "sample_run.h"

/* The verdict on ten requests of 1,000 tokens whose prompts share a tenth with another one. */
static struct summary judge(uint32_t cached_tokens, uint16_t turn)
{
    struct run *run = run_new();
    struct level *level = run_add_level(run, 4, 0.0, 10, 1);
    struct round *round = level_add_round(level, 10, 0);
    for (uint32_t i = 0; i < 10; i++) {
        struct record record = sample_record(i, 100, 40, 240, 250);
        record.cached_tokens = cached_tokens;
        record.turn = turn;
        round_add_record(round, &record);
    }
    struct summary summary = {0};
    summary.cold = cold_verdict_of(&round->cold, &summary.unexplained_share);
    run_free(run);
    return summary;
}

static void what_the_round_itself_explains_is_cold(void **state)
{
    (void)state;
    assert_int_equal(judge(0, 1).cold, COLD_CHECKED);
    /* 10 % shared + 64 tokens of template and block */
    struct summary summary = judge(164, 1);
    assert_int_equal(summary.cold, COLD_CHECKED);
    assert_true(summary.unexplained_share == 0.0);
}

static void five_percent_beyond_that_is_still_cold_and_more_is_not(void **state)
{
    (void)state;
    assert_int_equal(judge(214, 1).cold, COLD_CHECKED);
    struct summary summary = judge(215, 1);
    assert_int_equal(summary.cold, COLD_NOT);
    assert_true(fabs(summary.unexplained_share - 0.051) < 1e-12);
}

static void without_cached_tokens_nothing_is_claimed(void **state)
{
    (void)state;
    struct summary summary = judge(TOKENS_UNKNOWN, 1);
    assert_int_equal(summary.cold, COLD_UNKNOWN);
    assert_true(isnan(summary.unexplained_share));
}

static void later_turns_are_not_asked(void **state)
{
    (void)state;
    assert_int_equal(judge(900, 2).cold, COLD_UNKNOWN);
}

static void a_request_that_failed_tells_nothing_of_the_figures(void **state)
{
    (void)state;
    struct run *run = run_new();
    struct round *round = level_add_round(run_add_level(run, 4, 0.0, 2, 1), 2, 0);
    struct record failed = sample_record(0, 100, 40, 240, 250), good = failed;
    failed.cached_tokens = 900;
    sample_fail(&failed, ERR_STALLED_CLIENT, "away");
    good.index = 1;
    good.cached_tokens = 0;
    double share;
    round_add_record(round, &failed);
    assert_int_equal(cold_verdict_of(&round->cold, &share), COLD_UNKNOWN);
    round_add_record(round, &good);
    assert_int_equal(cold_verdict_of(&round->cold, &share), COLD_CHECKED);
    run_free(run);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_the_round_itself_explains_is_cold),
        cmocka_unit_test(five_percent_beyond_that_is_still_cold_and_more_is_not),
        cmocka_unit_test(without_cached_tokens_nothing_is_claimed),
        cmocka_unit_test(later_turns_are_not_asked),
        cmocka_unit_test(a_request_that_failed_tells_nothing_of_the_figures),
    };
    return cmocka_run_group_tests_name("cold", tests, NULL, NULL);
}
