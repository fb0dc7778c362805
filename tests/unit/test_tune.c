/* The tune form, drawn into memory. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <ncurses.h>
#include <unistd.h>

#include "base/file.h"

#include "sample_run.h"
#include "screen_text.h"
#include "ui/tune_form.h"

struct fixture {
    struct config config;
    struct buffer rows;
    struct dataset dataset;
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
    fixture->config.dataset = xstrdup("rows.jsonl");
    for (uint32_t i = 0; i < 100; i++)
        buffer_printf(&fixture->rows, "{\"text\":\"prompt number %u\"}\n", i);
    assert_true(dataset_parse(&fixture->dataset, buffer_text(&fixture->rows), false, NULL));
    fixture->benchmark.config = &fixture->config;
    fixture->benchmark.dataset = &fixture->dataset;
    pthread_mutex_init(&fixture->benchmark.jobs_lock, NULL);
    struct run *run = sample_run(100, false);
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
    pthread_mutex_destroy(&fixture->benchmark.jobs_lock);
    dataset_free(&fixture->dataset);
    buffer_free(&fixture->rows);
    config_free(&fixture->config);
}

static void type(struct fixture *fixture, const char *text)
{
    for (; *text; text++)
        assert_true(tune_key(fixture->tune, &fixture->ui, (unsigned char)*text));
}

static void go_to(struct fixture *fixture, const char *option)
{
    struct tune *tune = fixture->tune;
    int field = (int)(tune_find(tune, option) - tune->fields);
    assert_string_equal(tune->fields[field].option->name, option);
    for (int i = 0; tune->focus != field && i < 100; i++)
        tune_key(tune, &fixture->ui, '\t');
    assert_int_equal(tune->focus, field);
}

static char *drawn(struct fixture *fixture)
{
    tune_draw(fixture->tune, &fixture->ui, &fixture->canvas);
    return screen_text(&fixture->canvas);
}

/* Until the dataset that was typed has been read. */
static char *drawn_when_read(struct fixture *fixture)
{
    uint64_t until_ns = now_ns() + 20 * NS_PER_S;
    while (tune_wait_dataset(fixture->tune, &fixture->ui)) {
        assert_true(now_ns() < until_ns);
        sleep_until_ns(now_ns() + NS_PER_MS);
    }
    return drawn(fixture);
}

static void what_is_typed_stands_beside_what_holds_and_in_the_command(void **state)
{
    (void)state;
    struct fixture fixture;
    begin(&fixture, 24, 80);
    go_to(&fixture, "max-output-tokens");
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

static void a_narrow_page_says_all_that_will_run(void **state)
{
    (void)state;
    for (int cols = 40; cols <= 80; cols++) {
        struct fixture fixture;
        begin(&fixture, 24, cols);
        go_to(&fixture, "rounds");
        type(&fixture, "6");
        go_to(&fixture, "num-samples");
        type(&fixture, "17");
        go_to(&fixture, "max-output-tokens");
        type(&fixture, "12345");
        /* In one line again, without what stands between two. */
        char *text = drawn(&fixture), *page = text, *line;
        struct buffer all = {0};
        while ((line = strsep(&page, "\n")))
            buffer_printf(&all, "%s%.*s", all.size && line[0] == ' ' ? "" : " ",
                          (int)(strlen(line)), line);
        assert_shows(all.data, "C=10, at most 12345 tokens");
        assert_shows(all.data, "6 rounds");
        assert_shows(all.data, "17 requests");
        assert_shows(all.data, "--num-samples 17");
        assert_shows(all.data, "--rounds 6");
        assert_shows(all.data, "--max-output-tokens 12345");
        assert_shows(all.data, cols < 60 ? "▸Output tokens" : "→ 17");
        assert_shows(all.data, "→ 12345");
        buffer_free(&all);
        free(text);
        end(&fixture);
    }
}

static void a_wide_page_says_the_whole_command_the_recipe_key_and_the_default(void **state)
{
    (void)state;
    struct fixture fixture;
    begin(&fixture, 40, 120);
    go_to(&fixture, "settle");
    type(&fixture, "2.5");
    char *text = drawn(&fixture);
    assert_shows(text, "fluxperf --dataset rows.jsonl --num-samples 100 --concurrency 10 "
                       "--settle 2.5 --max-output-tokens 256");
    assert_shows(text, "recipe   settle");
    assert_shows(text, "default  0");
    assert_shows(text, "Extra body");
    assert_shows(text, "Note");
    free(text);
    end(&fixture);
}

/* One row of the table is one field, with the range of its option. */
static void every_level_option_has_a_field(void **state)
{
    (void)state;
    struct fixture fixture;
    begin(&fixture, 24, 80);
    for (size_t i = 0; i < level_options_count; i++) {
        go_to(&fixture, level_options[i].name);
        char *text = drawn(&fixture), name[64];
        snprintf(name, sizeof name, "▸%s", level_options[i].label);
        assert_shows(text, name);
        free(text);
    }
    end(&fixture);
}

static void the_wish_holds_what_was_typed_and_the_level_for_the_rest(void **state)
{
    (void)state;
    struct fixture fixture;
    begin(&fixture, 24, 80);
    go_to(&fixture, "concurrency");
    type(&fixture, "16");
    go_to(&fixture, "settle");
    type(&fixture, "2.5");
    go_to(&fixture, "cold-start");
    tune_key(fixture.tune, &fixture.ui, KEY_RIGHT);
    tune_key(fixture.tune, &fixture.ui, KEY_RIGHT);
    go_to(&fixture, "shuffle");
    tune_key(fixture.tune, &fixture.ui, ' ');
    go_to(&fixture, "note");
    type(&fixture, "k\xc3\xbcrzer, q ? 1");
    const struct config *wish = &fixture.tune->wish;
    assert_true(fixture.tune->is_good);
    assert_int_equal(wish->concurrency.values[0], 16);
    assert_true(wish->settle_s == 2.5);
    assert_int_equal(wish->cold_start, COLD_SALT);
    assert_true(wish->shuffle);
    assert_string_equal(wish->note, "k\xc3\xbcrzer, q ? 1");
    assert_int_equal(fixture.tune->plan.count, fixture.tune->from->samples);
    assert_int_equal(wish->rounds.most, 2);
    assert_int_equal(wish->max_output_tokens, 256);
    assert_int_equal(wish->min_output_tokens, -1);
    end(&fixture);
}

static void a_rate_makes_an_open_loop_without_a_cap(void **state)
{
    (void)state;
    struct fixture fixture;
    begin(&fixture, 24, 80);
    go_to(&fixture, "request-rate");
    type(&fixture, "5");
    assert_true(fixture.tune->is_good);
    assert_true(fixture.tune->plan.rate == 5);
    assert_int_equal(fixture.tune->plan.concurrency, 0);
    go_to(&fixture, "concurrency");
    type(&fixture, "12");
    assert_int_equal(fixture.tune->plan.concurrency, 12);
    end(&fixture);
}

static void a_value_out_of_range_is_said_while_it_is_typed(void **state)
{
    (void)state;
    struct fixture fixture;
    begin(&fixture, 24, 80);
    go_to(&fixture, "rounds");
    type(&fixture, "0");
    char *text = drawn(&fixture);
    assert_shows(text, "--rounds 0: must be between 1 and 100");
    free(text);
    assert_false(fixture.tune->is_good);
    /* A button leads back to it. */
    tune_key(fixture.tune, &fixture.ui, '\n');
    assert_int_equal(fixture.tune->focus, fixture.tune->count + TUNE_QUEUE);
    tune_key(fixture.tune, &fixture.ui, '\n');
    go_to(&fixture, "rounds");
    type(&fixture, "\x15"
                   "3");
    assert_true(fixture.tune->is_good);
    assert_int_equal(fixture.tune->wish.rounds.most, 3);
    end(&fixture);
}

static void a_body_that_is_no_object_is_refused(void **state)
{
    (void)state;
    struct fixture fixture;
    begin(&fixture, 24, 80);
    go_to(&fixture, "extra-body");
    type(&fixture, "[1]");
    assert_false(fixture.tune->is_good);
    char *text = drawn(&fixture);
    assert_shows(text, "must be a JSON object");
    free(text);
    end(&fixture);
}

static void options_that_do_not_go_together_are_said_at_one_of_them(void **state)
{
    (void)state;
    struct fixture fixture;
    begin(&fixture, 24, 80);
    go_to(&fixture, "min-output-tokens");
    type(&fixture, "300");
    assert_false(fixture.tune->is_good);
    assert_non_null(strstr(tune_find(fixture.tune, "min-output-tokens")->wrong,
                           "must not be above --max-output-tokens 256"));
    go_to(&fixture, "max-output-tokens");
    type(&fixture, "400");
    assert_true(fixture.tune->is_good);
    end(&fixture);
}

static void another_dataset_is_read_and_bounds_the_samples(void **state)
{
    (void)state;
    struct fixture fixture;
    begin(&fixture, 40, 120);
    go_to(&fixture, "dataset");
    type(&fixture, "builtin:chinese");
    char *text = drawn_when_read(&fixture);
    assert_shows(text, "It has 20 rows");
    assert_shows(text, "2 rounds × 20 requests");
    assert_shows(text, "--dataset builtin:chinese");
    free(text);
    assert_true(fixture.tune->is_good);
    end(&fixture);
}

static void a_bad_dataset_is_said_with_line_and_reason(void **state)
{
    (void)state;
    char path[] = "/tmp/fluxperf-tune-XXXXXX";
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    assert_true(file_write_all(fd, "{\"text\":\"a\"}\n{\"txt\":1}\n", 23));
    close(fd);
    struct fixture fixture;
    begin(&fixture, 40, 120);
    go_to(&fixture, "dataset");
    type(&fixture, path);
    char *text = drawn_when_read(&fixture), *place = xasprintf("%s:2: ", path);
    assert_shows(text, place);
    assert_false(fixture.tune->is_good);
    free(place);
    free(text);
    type(&fixture, "\x15/no/such/file.jsonl");
    text = drawn_when_read(&fixture);
    assert_shows(text, "No such file");
    free(text);
    type(&fixture, "\x15-");
    text = drawn_when_read(&fixture);
    assert_shows(text, "standard input is the keyboard here");
    free(text);
    type(&fixture, "\x15");
    assert_true(fixture.tune->is_good);
    end(&fixture);
    unlink(path);
}

static const char *button(struct fixture *fixture, enum tune_button which)
{
    static char label[64];
    return tune_button_label(fixture->tune, &fixture->ui, which, label);
}

static void only_now_is_there_for_what_can_change_in_a_running_round(void **state)
{
    (void)state;
    struct fixture fixture;
    begin(&fixture, 24, 80);
    struct run *run = fixture.benchmark.run;
    run->levels[0]->rounds[1].ended = false;
    tune_delete(fixture.tune);
    fixture.benchmark.control.concurrency = 10;
    fixture.tune = tune_new(&fixture.ui);
    assert_null(button(&fixture, TUNE_ONLY_NOW));
    go_to(&fixture, "max-output-tokens");
    type(&fixture, "64");
    assert_null(button(&fixture, TUNE_ONLY_NOW));
    /* A closed loop has no rate to change. */
    go_to(&fixture, "request-rate");
    type(&fixture, "5");
    assert_null(button(&fixture, TUNE_ONLY_NOW));
    type(&fixture, "\x15");
    go_to(&fixture, "concurrency");
    type(&fixture, "16");
    assert_string_equal(button(&fixture, TUNE_ONLY_NOW), "Only now: 10→16");
    type(&fixture, "\x15"
                   "0");
    assert_null(button(&fixture, TUNE_ONLY_NOW));
    run->levels[0]->rounds[1].ended = true;
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
            assert_shows(text, "→ 7");
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
        cmocka_unit_test(a_narrow_page_says_all_that_will_run),
        cmocka_unit_test(a_wide_page_says_the_whole_command_the_recipe_key_and_the_default),
        cmocka_unit_test(every_level_option_has_a_field),
        cmocka_unit_test(the_wish_holds_what_was_typed_and_the_level_for_the_rest),
        cmocka_unit_test(a_rate_makes_an_open_loop_without_a_cap),
        cmocka_unit_test(a_value_out_of_range_is_said_while_it_is_typed),
        cmocka_unit_test(a_body_that_is_no_object_is_refused),
        cmocka_unit_test(options_that_do_not_go_together_are_said_at_one_of_them),
        cmocka_unit_test(another_dataset_is_read_and_bounds_the_samples),
        cmocka_unit_test(a_bad_dataset_is_said_with_line_and_reason),
        cmocka_unit_test(only_now_is_there_for_what_can_change_in_a_running_round),
        cmocka_unit_test(escape_leaves_and_changes_nothing),
        cmocka_unit_test(every_size_of_terminal_shows_the_field_at_hand),
        cmocka_unit_test(a_run_that_is_over_cannot_be_tuned),
        cmocka_unit_test(a_line_is_edited_by_characters_not_by_bytes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
