/* The Cache view, drawn into memory over a run from a journal. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <ncurses.h>

#include "sample_run.h"
#include "screen_text.h"
#include "ui/cache_figures.h"
#include "ui/views.h"

struct fixture {
    struct run *run;
    struct ui ui;
    struct canvas canvas;
};

static void begin(struct fixture *fixture, struct run *run, int rows, int cols)
{
    *fixture = (struct fixture){.run = run, .ui = {.run = run, .view = VIEW_CACHE, .level = 1}};
    canvas_init(&fixture->canvas, rows, cols, false);
}

static char *drawn(struct fixture *fixture)
{
    canvas_clear(&fixture->canvas);
    view_cache_draw(&fixture->ui, &fixture->canvas,
                    (struct rect){0, 0, fixture->canvas.rows, fixture->canvas.cols});
    return screen_text(&fixture->canvas);
}

static void end(struct fixture *fixture)
{
    if (fixture->ui.private[VIEW_CACHE])
        view_cache_free(fixture->ui.private[VIEW_CACHE]);
    ui_forget_summaries(&fixture->ui);
    ui_forget_against(&fixture->ui);
    canvas_free(&fixture->canvas);
    run_free(fixture->run);
}

static void what_the_cache_was_worth_stands_on_top(void **state)
{
    (void)state;
    struct fixture fixture;
    begin(&fixture, sample_run(100, false), 21, 80);
    char *text = drawn(&fixture);
    assert_shows(text, "L1 C=10   R1 cold → R2 warm, paired on 100 prompts");
    assert_shows(text, "TTFT 2.5× faster [2.4, 2.6]: 145 ms less a request.");
    assert_shows(text, "85 % of tokens cached.");
    assert_shows(text, "speed-up of each prompt, sorted");
    assert_shows(text, "cold, checked");
    assert_shows(text, "prefill: cold ");
    free(text);
    end(&fixture);
}

static void prompts_that_were_cached_before_tell_no_rate_of_prefill(void **state)
{
    (void)state;
    struct run *run = sample_run(100, false);
    for (uint32_t i = 0; i < 100; i++)
        run->levels[0]->rounds[0].records[i].cached_tokens = 800;
    struct fixture fixture;
    begin(&fixture, run, 40, 120);
    char *text = drawn(&fixture);
    assert_shows_not(text, "prefill: cold");
    free(text);
    end(&fixture);
}

static void a_prompt_that_the_cache_has_lost_is_told(void **state)
{
    (void)state;
    struct run *run = sample_run(100, false);
    for (uint32_t i = 0; i < 100; i++) {
        run->levels[0]->rounds[0].records[i].cached_tokens = 900;
        run->levels[0]->rounds[1].records[i].cached_tokens = 0;
    }
    struct fixture fixture;
    begin(&fixture, run, 40, 120);
    char *text = drawn(&fixture);
    assert_shows(text, "was cached in R1, no longer");
    assert_shows_not(text, "too");
    free(text);
    end(&fixture);
}

static void prompts_that_gained_least_are_listed_with_the_reason(void **state)
{
    (void)state;
    struct run *run = sample_run(100, false);
    struct record *records = run->levels[0]->rounds[1].records;
    records[41].cached_tokens = 120;
    records[41].first_token_ns = records[41].sent_ns + MS(260);
    records[7].first_token_ns = records[7].sent_ns + MS(200);
    struct fixture fixture;
    begin(&fixture, run, 21, 80);
    char *text = drawn(&fixture);
    char *first = strstr(text, "#41"), *second = strstr(text, "#7 ");
    assert_true(first && second && first < second);
    assert_shows(text, "hardly cached");
    assert_shows(text, "cached, yet slow");
    assert_shows(text, "1 of 100 prompts had 12 % cached, most have 85 %");
    free(text);
    end(&fixture);
}

static void a_baseline_stands_in_the_head_and_beside_each_round(void **state)
{
    (void)state;
    struct fixture fixture;
    begin(&fixture, sample_run(100, false), 21, 80);
    fixture.ui.baseline = (struct baseline){.run = fixture.run, .level = 1, .round = 1};
    char *text = drawn(&fixture);
    assert_shows(text, "Against baseline L1 R1: TTFT p50 -60 %, cached 4 % → 85 %.");
    char *row = strstr(text, "\n R2 ");
    assert_non_null(row);
    assert_non_null(memmem(row, 80, "-60 %", 5));
    free(text);
    end(&fixture);
}

static void few_prompts_claim_nothing(void **state)
{
    (void)state;
    struct fixture fixture;
    begin(&fixture, sample_run(20, false), 21, 80);
    char *text = drawn(&fixture);
    assert_shows(text, "(only 20 prompts)");
    assert_shows_not(text, "faster [");
    free(text);
    end(&fixture);
}

static void a_changed_load_is_not_compared(void **state)
{
    (void)state;
    struct fixture fixture;
    begin(&fixture, sample_run(100, true), 21, 80);
    fixture.ui.level = 2;
    char *text = drawn(&fixture);
    assert_shows(text, "TTFT is not compared: the load was changed in mid-round.");
    free(text);
    end(&fixture);
}

static void a_run_without_a_second_round_says_so(void **state)
{
    (void)state;
    struct run *run = sample_run(20, false);
    run->levels[0]->round_count = 1;
    struct fixture fixture;
    begin(&fixture, run, 21, 80);
    char *text = drawn(&fixture);
    assert_shows(text, "The comparison begins with round 2");
    free(text);
    run->levels[0]->round_count = 2;
    end(&fixture);
}

/* Six rounds: cold, warmer, then the same three times and once more. */
static struct run *steady_run(void)
{
    static const double ttft_ms[] = {240, 130, 105, 95, 95.5, 95.2};
    struct random random;
    random_seed(&random, 1);
    struct run *run = run_new();
    struct level *level = run_add_level(run, 10, 0.0, 20, 6);
    for (uint32_t i = 0; i < 6; i++) {
        struct round *round = level_add_round(level, 20, MS(10000.0 * (i + 1)));
        sample_fill_round(&random, round, 1, ttft_ms[i], 20, false);
        for (uint32_t j = 0; j < 20; j++) {
            round->records[j].first_token_ns = round->records[j].sent_ns + MS(ttft_ms[i]);
            round->records[j].cached_tokens = i < 3 ? 250 * i : 850;
        }
    }
    return run;
}

static void a_steady_cache_is_named_from_the_first_of_three_alike_rounds(void **state)
{
    (void)state;
    struct fixture fixture;
    begin(&fixture, steady_run(), 37, 120);
    char *text = drawn(&fixture);
    assert_shows(text, "R4      95");
    char *steady = strstr(text, "steady: 3 within 2 %");
    assert_true(steady && strstr(text, "R4   ") < steady && strstr(text, "R5   ") > steady);
    free(text);
    end(&fixture);
}

static void arrows_choose_the_round_that_is_compared(void **state)
{
    (void)state;
    struct fixture fixture;
    begin(&fixture, steady_run(), 37, 120);
    char *text = drawn(&fixture);
    assert_shows(text, "R1 cold → R6 warm");
    free(text);
    for (int i = 0; i < 9; i++)
        assert_true(view_cache_key(&fixture.ui, KEY_LEFT));
    text = drawn(&fixture);
    assert_shows(text, "R1 cold → R2 warm");
    free(text);
    end(&fixture);
}

static void enter_opens_the_prompt_that_was_helped_least(void **state)
{
    (void)state;
    struct run *run = sample_run(100, false);
    run->levels[0]->rounds[1].records[41].first_token_ns += MS(150);
    struct fixture fixture;
    begin(&fixture, run, 21, 80);
    snprintf(fixture.ui.filter, sizeof fixture.ui.filter, "failed");
    free(drawn(&fixture));
    assert_true(view_cache_key(&fixture.ui, '\n'));
    assert_int_equal(fixture.ui.view, VIEW_REQUESTS);
    assert_true(fixture.ui.in_request);
    canvas_clear(&fixture.canvas);
    view_requests_draw(&fixture.ui, &fixture.canvas, (struct rect){0, 0, 21, 80});
    char *text = screen_text(&fixture.canvas);
    assert_shows(text, "request 41");
    assert_shows(text, "R2");
    free(text);
    view_requests_free(fixture.ui.private[VIEW_REQUESTS]);
    end(&fixture);
}

static void every_size_can_be_drawn(void **state)
{
    (void)state;
    for (int rows = 1; rows <= 60; rows += 3)
        for (int cols = 1; cols <= 220; cols += 13) {
            struct fixture fixture;
            begin(&fixture, steady_run(), rows, cols);
            free(drawn(&fixture));
            end(&fixture);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_the_cache_was_worth_stands_on_top),
        cmocka_unit_test(prompts_that_were_cached_before_tell_no_rate_of_prefill),
        cmocka_unit_test(a_prompt_that_the_cache_has_lost_is_told),
        cmocka_unit_test(prompts_that_gained_least_are_listed_with_the_reason),
        cmocka_unit_test(a_baseline_stands_in_the_head_and_beside_each_round),
        cmocka_unit_test(few_prompts_claim_nothing),
        cmocka_unit_test(a_changed_load_is_not_compared),
        cmocka_unit_test(a_run_without_a_second_round_says_so),
        cmocka_unit_test(a_steady_cache_is_named_from_the_first_of_three_alike_rounds),
        cmocka_unit_test(arrows_choose_the_round_that_is_compared),
        cmocka_unit_test(enter_opens_the_prompt_that_was_helped_least),
        cmocka_unit_test(every_size_can_be_drawn),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
