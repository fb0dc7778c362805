#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "sample_run.h"
#include "ui/view.h"

static void without_a_choice_the_running_or_last_round_is_meant(void **state)
{
    (void)state;
    struct run *run = sample_run(10, false);
    struct live_view *live = xcalloc(1, sizeof *live);
    struct ui ui = {0};
    assert_null(ui_level(&ui));
    assert_null(ui_round(&ui));
    ui.run = run;
    assert_int_equal(ui_level(&ui)->number, 2);
    assert_int_equal(ui_round(&ui)->number, 2);
    ui.live = live;
    live->level = 1;
    assert_int_equal(ui_level(&ui)->number, 1);
    ui.level = 2;
    ui.round = 1;
    assert_int_equal(ui_level(&ui)->number, 2);
    assert_int_equal(ui_round(&ui)->number, 1);
    ui.round = 7;
    assert_null(ui_round(&ui));
    free(live);
    run_free(run);
}

static void figures_of_a_running_round_follow_and_become_final(void **state)
{
    (void)state;
    struct run *run = sample_run(10, false);
    struct ui ui = {.run = run, .now_ns = MS(1000)};
    const struct level *level = run->levels[0];
    struct round *round = &run->levels[0]->rounds[0];
    uint32_t all = round->record_count;
    round->ended = false;
    round->record_count = 4;
    assert_int_equal(ui_summary(&ui, level, round)->metrics[METRIC_TTFT].count, 4);
    round->record_count = 6;
    assert_int_equal(ui_summary(&ui, level, round)->metrics[METRIC_TTFT].count, 4);
    ui.now_ns += MS(60000);
    assert_int_equal(ui_summary(&ui, level, round)->metrics[METRIC_TTFT].count, 6);
    assert_int_equal(ui_summary(&ui, level, round)->metrics[METRIC_CHUNK_GAP].count, 0);
    round->record_count = all;
    round->ended = true;
    assert_int_equal(ui_summary(&ui, level, round)->metrics[METRIC_TTFT].count, 10);
    assert_true(ui_summary(&ui, level, round)->metrics[METRIC_CHUNK_GAP].count > 0);

    run->slo.ttft_ms = 1;
    ui_forget_summaries(&ui);
    assert_int_equal(ui_summary(&ui, level, round)->slo_met_requests, 0);
    ui_forget_summaries(&ui);
    run_free(run);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(without_a_choice_the_running_or_last_round_is_meant),
        cmocka_unit_test(figures_of_a_running_round_follow_and_become_final),
    };
    return cmocka_run_group_tests_name("selection", tests, NULL, NULL);
}
