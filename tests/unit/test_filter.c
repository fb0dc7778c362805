#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "sample_run.h"
#include "ui/filter.h"

static struct run *run;

static int set_up(void **state)
{
    (void)state;
    run = sample_run(20, false);
    struct record *records = run->levels[0]->rounds[0].records;
    sample_fail(&records[3], ERR_HTTP_STATUS, "engine is overloaded");
    records[3].http_status = 503;
    records[5].attempts = 2;
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    run_free(run);
    return 0;
}

static struct request_row row_of(uint32_t index)
{
    const struct level *level = run->levels[0];
    return (struct request_row){.run = run,
                                .level = level,
                                .round = &level->rounds[0],
                                .record = &level->rounds[0].records[index]};
}

static bool passes(const char *text, const struct request_row *row)
{
    struct filter filter;
    struct error error = {0};
    if (!filter_parse(&filter, text, &error))
        fail_msg("%s: %s", text, error.text);
    return filter_holds(&filter, row);
}

static void numbers_compare_in_the_unit_of_the_value(void **state)
{
    (void)state;
    struct request_row row = row_of(2);
    double ttft_ms = request_value(&row, VALUE_TTFT);
    char text[64];
    snprintf(text, sizeof text, "ttft>%.3f ttft<%.3f", ttft_ms - 0.01, ttft_ms + 0.01);
    assert_true(passes(text, &row));
    snprintf(text, sizeof text, "ttft>%.6fs", (ttft_ms + 1) / 1e3);
    assert_false(passes(text, &row));
    assert_true(passes("ttft>0.01s", &row));
    assert_true(passes("ttft>10ms", &row));
    assert_true(passes("#=2", &row));
    assert_true(passes("#>=2 #<=2", &row));
    assert_false(passes("#!=2", &row));
    assert_true(passes("round=1 turn=1", &row));
}

static void what_has_no_value_is_neither_more_nor_less(void **state)
{
    (void)state;
    struct request_row failed = row_of(3);
    assert_false(passes("latency>0", &failed));
    assert_false(passes("latency<1000000", &failed));
    assert_true(passes("!latency>0", &failed));
    assert_true(passes("status=503", &failed));
}

static void words_name_states_and_errors(void **state)
{
    (void)state;
    struct request_row ok = row_of(2), failed = row_of(3), retried = row_of(5);
    assert_true(passes("ok", &ok));
    assert_false(passes("ok", &failed));
    assert_true(passes("failed http_status", &failed));
    assert_false(passes("truncated", &failed));
    assert_true(passes("!failed", &ok));
    assert_true(passes("retried", &retried));
    assert_false(passes("retried", &ok));
    struct flight flight = {.request = 7, .sample = 7, .turn = 1, .sent_ns = MS(100)};
    struct request_row waiting = ok;
    waiting.record = NULL;
    waiting.flight = &flight;
    waiting.now_ns = MS(600);
    assert_true(passes("waiting flying ttft>400 latency<600", &waiting));
    assert_false(passes("ok", &waiting));
    flight.first_token_ns = MS(350);
    assert_true(passes("streaming ttft=250", &waiting));
}

static void other_words_are_looked_for_in_the_prompt(void **state)
{
    (void)state;
    struct request_row row = row_of(2);
    assert_true(passes("ENTRY", &row));
    assert_true(passes("\"from the 西\"", &row));
    assert_true(passes("\"ntry 2,\" nothing", &row));
    assert_false(passes("\"ntry 3,\"", &row));
    assert_false(passes("!wind", &row));
    /* In quotes a word is no state. */
    assert_false(passes("\"ok\"", &row));
    free(run->dataset.prompts[2].text);
    run->dataset.prompts[2].text = NULL;
    assert_false(passes("wind", &row));
}

static void an_empty_filter_lets_all_pass(void **state)
{
    (void)state;
    struct request_row row = row_of(0);
    assert_true(passes("", &row));
    assert_true(passes("   ", &row));
    assert_true(passes("\"\"", &row));
}

static void a_mistake_is_named(void **state)
{
    (void)state;
    static const struct {
        const char *text, *says;
    } mistakes[] = {
        {"tfft>100", "no value is called 'tfft'; there are # turn round ttft itl"},
        {"ok ttft>", "ttft> needs a number behind it, as in ttft>100"},
        {"ttft>fast", "'fast' is no number of ms"},
        {"in>12%", "'12%' is no number"},
        {"cached<5ms", "'5ms' is no number of %"},
        {"\"left before", "a quote is open"},
        {"itl>nan", "is no number"},
        {"a a a a a a a a a a a a a a a a a", "at most 16 terms"},
    };
    struct request_row row = row_of(0);
    for (size_t i = 0; i < ARRAY_SIZE(mistakes); i++) {
        struct filter filter;
        struct error error = {0};
        assert_false(filter_parse(&filter, mistakes[i].text, &error));
        if (!strstr(error.text, mistakes[i].says))
            fail_msg("%s: said '%s'", mistakes[i].text, error.text);
        assert_true(filter_holds(&filter, &row));
    }
}

static void every_name_is_told(void **state)
{
    (void)state;
    struct buffer names = {0};
    filter_describe(&names);
    static const char *const told[] = {"ttft", "cached", "streaming", "timeout_first_token"};
    for (size_t i = 0; i < ARRAY_SIZE(told); i++)
        assert_non_null(strstr(names.data, told[i]));
    buffer_free(&names);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(numbers_compare_in_the_unit_of_the_value),
        TEST(what_has_no_value_is_neither_more_nor_less),
        TEST(words_name_states_and_errors),
        TEST(other_words_are_looked_for_in_the_prompt),
        TEST(an_empty_filter_lets_all_pass),
        TEST(a_mistake_is_named),
        TEST(every_name_is_told),
    };
    return cmocka_run_group_tests_name("filter", tests, NULL, NULL);
}
