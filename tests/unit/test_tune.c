/* The tune form, drawn into memory. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <ncurses.h>

#include "sample_run.h"
#include "screen_text.h"
#include "ui/tune_form.h"

struct fixture {
    struct config config;
    struct benchmark benchmark;
    struct ui ui;
    struct tune *tune;
    struct canvas canvas;
};

static void begin(struct fixture *fixture, int rows, int cols)
{
    *fixture = (struct fixture){0};
    config_default(&fixture->config);
    fixture->config.max_output_tokens = 256;
    fixture->benchmark.config = &fixture->config;
    struct run *run = sample_run(100, false);
    free(run->command_line);
    run->command_line = xstrdup("fluxperf --endpoint localhost:8000 --concurrency 10");
    fixture->benchmark.run = run;
    fixture->ui.run = run;
    fixture->ui.benchmark = &fixture->benchmark;
    fixture->tune = tune_new(&fixture->ui);
    assert_non_null(fixture->tune);
    canvas_init(&fixture->canvas, rows, cols, false);
}

static void end(struct fixture *fixture)
{
    tune_delete(fixture->tune);
    canvas_free(&fixture->canvas);
    ui_forget_summaries(&fixture->ui);
    run_free(fixture->benchmark.run);
    config_free(&fixture->config);
}

static void type(struct fixture *fixture, const char *text)
{
    for (; *text; text++)
        assert_true(tune_key(fixture->tune, &fixture->ui, (unsigned char)*text));
}

static void go_to(struct fixture *fixture, int field)
{
    for (int i = 0; fixture->tune->focus != field && i < 100; i++)
        tune_key(fixture->tune, &fixture->ui, '\t');
    assert_int_equal(fixture->tune->focus, field);
}

static char *drawn(struct fixture *fixture)
{
    tune_draw(fixture->tune, &fixture->ui, &fixture->canvas);
    return screen_text(&fixture->canvas);
}

static void what_is_typed_stands_beside_what_holds_and_in_the_command(void **state)
{
    (void)state;
    struct fixture fixture;
    begin(&fixture, 24, 80);
    go_to(&fixture, TUNE_OUTPUT);
    type(&fixture, "64");
    char *text = drawn(&fixture);
    assert_shows(text, "Output tokens     256     → 64");
    assert_shows(text, "at most 64 tokens");
    assert_shows(text, "fluxperf … --max-output-tokens 64");
    assert_shows(text, "1 to 10,000,000");
    assert_shows(text, "--max-output-tokens");
    assert_shows(text, "[ Queue ]");
    assert_shows(text, "[ Cancel ]");
    free(text);
    end(&fixture);
}

static void the_wish_holds_what_was_typed_and_the_level_for_the_rest(void **state)
{
    (void)state;
    struct fixture fixture;
    begin(&fixture, 24, 80);
    go_to(&fixture, TUNE_CONCURRENCY);
    type(&fixture, "16");
    go_to(&fixture, TUNE_SETTLE);
    type(&fixture, "2.5");
    go_to(&fixture, TUNE_COLD_START);
    tune_key(fixture.tune, &fixture.ui, KEY_RIGHT);
    go_to(&fixture, TUNE_NOTE);
    type(&fixture, "k\xc3\xbcrzer, q ? 1");
    struct level_wish wish;
    struct error error = {0};
    assert_true(tune_wish(fixture.tune, &wish, &error));
    assert_int_equal(wish.concurrency, 16);
    assert_true(wish.settle_s == 2.5);
    assert_int_equal(wish.cold_start, COLD_RESET);
    assert_string_equal(wish.note, "k\xc3\xbcrzer, q ? 1");
    assert_int_equal(wish.samples, fixture.tune->from->samples);
    assert_int_equal(wish.rounds, fixture.tune->from->rounds_planned);
    assert_int_equal(wish.max_output_tokens, -1);
    level_wish_free(&wish);
    end(&fixture);
}

static void a_value_out_of_range_is_said_where_it_stands(void **state)
{
    (void)state;
    struct fixture fixture;
    begin(&fixture, 24, 80);
    go_to(&fixture, TUNE_ROUNDS);
    type(&fixture, "0");
    tune_key(fixture.tune, &fixture.ui, '\n');
    assert_int_equal(fixture.tune->focus, TUNE_FIELD_COUNT + TUNE_QUEUE);
    tune_key(fixture.tune, &fixture.ui, '\n');
    assert_int_equal(fixture.tune->focus, TUNE_ROUNDS);
    char *text = drawn(&fixture);
    assert_shows(text, "--rounds 0: must be between 1 and 100");
    free(text);
    type(&fixture, "\x15"
                   "3");
    struct level_wish wish;
    assert_true(tune_wish(fixture.tune, &wish, NULL));
    assert_int_equal(wish.rounds, 3);
    level_wish_free(&wish);
    end(&fixture);
}

static void a_body_that_is_no_object_is_refused(void **state)
{
    (void)state;
    struct fixture fixture;
    begin(&fixture, 24, 80);
    go_to(&fixture, TUNE_EXTRA_BODY);
    type(&fixture, "[1]");
    struct level_wish wish;
    struct error error = {0};
    assert_false(tune_wish(fixture.tune, &wish, &error));
    assert_non_null(strstr(error.text, "must be a JSON object"));
    end(&fixture);
}

static void escape_leaves_and_changes_nothing(void **state)
{
    (void)state;
    struct fixture fixture;
    begin(&fixture, 24, 80);
    type(&fixture, "99");
    assert_false(tune_key(fixture.tune, &fixture.ui, 27));
    assert_int_equal(fixture.benchmark.control.concurrency, 0);
    end(&fixture);
}

static void every_size_of_terminal_shows_the_field_at_hand(void **state)
{
    (void)state;
    for (int rows = 1; rows <= 60; rows += 3)
        for (int cols = 20; cols <= 200; cols += 15) {
            struct fixture fixture;
            begin(&fixture, rows, cols);
            type(&fixture, "7");
            char *text = drawn(&fixture);
            assert_shows(text, "Concurrency");
            free(text);
            end(&fixture);
        }
}

static void a_run_that_is_over_cannot_be_tuned(void **state)
{
    (void)state;
    struct run *run = sample_run(100, false);
    struct ui ui = {.run = run};
    assert_null(tune_new(&ui));
    assert_string_equal(ui.message, "this run is over: nothing can be tuned");
    run_free(run);
}

static void a_line_is_edited_by_characters_not_by_bytes(void **state)
{
    (void)state;
    struct input input = {0};
    input_set(&input, TEXT("港口 x"));
    input_key(&input, KEY_LEFT);
    input_key(&input, KEY_LEFT);
    input_key(&input, KEY_BACKSPACE);
    assert_string_equal(input.text, "港 x");
    input_key(&input, KEY_HOME);
    input_key(&input, KEY_DC);
    assert_string_equal(input.text, " x");
    assert_true(input_put(&input, 0xe9));
    assert_string_equal(input.text, "\xc3\xa9 x");
    input_key(&input, KEY_END);
    input_key(&input, 0x15);
    assert_string_equal(input.text, "");
    assert_false(input_put(&input, 0x1b));
    for (int i = 0; i < 2 * INPUT_BYTES; i++)
        input_key(&input, 'a');
    assert_int_equal(input.size, INPUT_BYTES - 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_typed_stands_beside_what_holds_and_in_the_command),
        cmocka_unit_test(the_wish_holds_what_was_typed_and_the_level_for_the_rest),
        cmocka_unit_test(a_value_out_of_range_is_said_where_it_stands),
        cmocka_unit_test(a_body_that_is_no_object_is_refused),
        cmocka_unit_test(escape_leaves_and_changes_nothing),
        cmocka_unit_test(every_size_of_terminal_shows_the_field_at_hand),
        cmocka_unit_test(a_run_that_is_over_cannot_be_tuned),
        cmocka_unit_test(a_line_is_edited_by_characters_not_by_bytes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
