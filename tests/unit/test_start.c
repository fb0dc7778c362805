/* The start screen, drawn into memory. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <ncurses.h>

#include "base/http.h"
#include "base/memory.h"
#include "mock/mock_server.h"
#include "screen_text.h"
#include "ui/start.h"

static char *drawn(struct start *start, int rows, int cols)
{
    struct canvas canvas;
    canvas_init(&canvas, rows, cols, false);
    start_draw(start, &canvas);
    char *text = screen_text(&canvas);
    canvas_free(&canvas);
    return text;
}

static void type_into(struct start *start, enum start_field field, const char *text)
{
    while (start->focus != (int)field)
        start_key(start, '\t');
    start_key(start, 0x15);
    for (; *text; text++)
        start_key(start, (unsigned char)*text);
}

static void what_is_typed_into_a_field_takes_the_place_of_its_text(void **state)
{
    (void)state;
    struct start start;
    start_init(&start);
    while (start.focus != START_CONCURRENCY)
        start_key(&start, '\t');
    start_key(&start, '8');
    start_key(&start, '0');
    assert_string_equal(start.fields[START_CONCURRENCY].input.text, "80");
    start_key(&start, '\t');
    start_key(&start, KEY_BTAB);
    start_key(&start, KEY_LEFT);
    start_key(&start, '1');
    assert_string_equal(start.fields[START_CONCURRENCY].input.text, "810");
    start_free(&start);
}

static void the_page_says_what_would_be_sent_and_how_to_type_it(void **state)
{
    (void)state;
    struct start start;
    start_init(&start);
    type_into(&start, START_ENDPOINT, "http://localhost:8000");
    type_into(&start, START_CONCURRENCY, "2 4");
    type_into(&start, START_REQUESTS, "10");
    type_into(&start, START_TTFT, "350");
    type_into(&start, START_LATENCY, "9000");
    char *text = drawn(&start, 24, 80);
    assert_shows(text, "Will send     40 requests in 2 levels, about ");
    assert_shows(text, "fluxperf --endpoint http://localhost:8000 --dataset builtin:shared-prefix");
    assert_shows(text, "--concurrency 2 4 --num-samples 10");
    assert_shows(text, "--slo ttft_ms=350 latency_ms=9000");
    free(text);
    int count;
    char **words = start_words(&start, &count);
    assert_string_equal(words[0], "run");
    assert_string_equal(words[count - 1], "latency_ms=9000");
    assert_null(words[count]);
    start_words_free(words, count);
    assert_false(start_key(&start, '\n'));
    assert_int_equal(start.choice, START_RUN);
    start_free(&start);
}

static void what_is_wrong_keeps_it_from_starting_and_gets_the_cursor(void **state)
{
    (void)state;
    struct start start;
    start_init(&start);
    type_into(&start, START_ROUNDS, "0");
    start_key(&start, 0x1b);
    assert_true(start_key(&start, '\n'));
    assert_int_equal(start.choice, START_NOTHING);
    assert_int_equal(start.focus, START_ROUNDS);
    char *text = drawn(&start, 24, 80);
    assert_shows(text, "--rounds 0: must be between 1 and 100");
    free(text);
    type_into(&start, START_ROUNDS, "2");
    type_into(&start, START_DATASET, "no/such/file.jsonl");
    assert_true(start_key(&start, '\n'));
    assert_int_equal(start.focus, START_DATASET);
    start_free(&start);
}

static void letters_are_commands_only_outside_of_the_fields(void **state)
{
    (void)state;
    struct start start;
    start_init(&start);
    type_into(&start, START_DATASET, "dvq");
    assert_string_equal(start.fields[START_DATASET].input.text, "dvq");
    start_key(&start, 0x1b);
    assert_false(start_key(&start, 'd'));
    assert_int_equal(start.choice, START_DEMO);
    assert_false(start_key(&start, 'v'));
    assert_int_equal(start.choice, START_VIEW);
    assert_false(start_key(&start, 'q'));
    assert_int_equal(start.choice, START_LEAVE);
    start_free(&start);
}

static void a_server_on_this_machine_is_known_by_its_model(void **state)
{
    (void)state;
    struct config config;
    struct found_server found;
    config_default(&config);
    config.mock.port = 0;
    struct mock_server *mock = mock_server_start(&config.mock, NULL);
    assert_non_null(mock);
    uint16_t port = (uint16_t)mock_server_port(mock);
    bool answered = false; /* it is not waited for long, and a busy machine may need longer */
    for (int i = 0; i < 20 && !answered; i++)
        answered = start_ask_server(port, &found);
    assert_true(answered);
    assert_string_equal(found.model, "mock-model");
    assert_string_equal(found.engine, "built-in server");
    assert_true(found.has_metrics);
    assert_string_equal(found.reset_path, "/reset_prefix_cache");
    mock_server_stop(mock);
    assert_false(start_ask_server(port, &found));
    assert_false(found.found);
    config_free(&config);
}

static void every_size_can_be_drawn(void **state)
{
    (void)state;
    struct start start;
    start_init(&start);
    for (int rows = 1; rows <= 60; rows += 3)
        for (int cols = 1; cols <= 200; cols += 9) {
            start.focus = (rows + cols) % START_FIELD_COUNT - 1;
            free(drawn(&start, rows, cols));
        }
    start_free(&start);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_typed_into_a_field_takes_the_place_of_its_text),
        cmocka_unit_test(the_page_says_what_would_be_sent_and_how_to_type_it),
        cmocka_unit_test(what_is_wrong_keeps_it_from_starting_and_gets_the_cursor),
        cmocka_unit_test(letters_are_commands_only_outside_of_the_fields),
        cmocka_unit_test(a_server_on_this_machine_is_known_by_its_model),
        cmocka_unit_test(every_size_can_be_drawn),
    };
    http_global_init();
    return cmocka_run_group_tests_name("start", tests, NULL, NULL);
}
