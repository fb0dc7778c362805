#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "result/round_kept.h"
#include "sample_run.h"
#include "screen_run.h"
#include "ui/log_groups.h"

static struct ui ui;
static struct run *run;
static struct log_groups groups;

static int set_up(void **state)
{
    (void)state;
    run = screen_run(true);
    ui = (struct ui){.run = run, .now_ns = 90 * NS_PER_S};
    groups = (struct log_groups){0};
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    log_groups_free(&groups);
    buffer_free(&ui.stderr_text);
    run_free(run);
    return 0;
}

static const struct log_group *find(const char *kind, uint16_t level, uint16_t round)
{
    log_groups_update(&groups, &ui);
    for (uint32_t i = 0; i < groups.count; i++)
        if (strcmp(groups.groups[i].kind, kind) == 0 && groups.groups[i].level == level &&
            groups.groups[i].round == round)
            return &groups.groups[i];
    fail_msg("no %s in L%u R%u", kind, level, round);
    return NULL;
}

static void assert_what(const struct log_group *group, const char *what)
{
    struct buffer text = {0};
    log_group_what(group, &text);
    assert_string_equal(text.data, what);
    buffer_free(&text);
}

static void say(uint64_t at_ns, const char *kind, const char *text)
{
    run_add_change(run, &(struct change){.at_ns = at_ns, .kind = kind, .text = text});
}

static void requests_that_failed_alike_are_one_line(void **state)
{
    (void)state;
    const struct log_group *group = find("http_status", 3, 1);
    assert_int_equal(group->count, 3);
    assert_int_equal(group->status, 503);
    assert_true(group->is_error);
    assert_int_equal(group->indices[0] % 20, 7);
    assert_true(group->first_ns < group->last_ns);
    assert_what(group, "503 in L3 R1: engine is overloaded " SCREEN_HOSTILE);
    assert_int_equal(find("http_status", 3, 2)->count, 3);
    assert_what(find("truncated", 2, 2),
                "request 44, L2 R2: ended without a finish reason and [DONE]");
}

static void the_newest_stands_first(void **state)
{
    (void)state;
    say(80 * NS_PER_S, "note", "restarted");
    log_groups_update(&groups, &ui);
    assert_string_equal(groups.groups[0].text, "restarted");
    for (uint32_t i = 1; i < groups.count; i++)
        assert_true(groups.groups[i - 1].last_ns >= groups.groups[i].last_ns);
}

static void what_is_said_again_is_counted(void **state)
{
    (void)state;
    say(81 * NS_PER_S, "warning", "the server is down");
    say(82 * NS_PER_S, "warning", "the queue is long");
    uint32_t before = find("warning", 0, 0) ? groups.count : 0;
    say(85 * NS_PER_S, "warning", "the server is down");
    log_groups_update(&groups, &ui);
    assert_int_equal(groups.count, before);
    assert_string_equal(groups.groups[0].text, "the server is down");
    assert_int_equal(groups.groups[0].count, 2);
    assert_int_equal(groups.groups[0].first_ns, 81 * NS_PER_S);
    /* Rounds that begin alike are not the same. */
    assert_int_equal(find("round", 1, 2)->count, 1);
}

static void records_that_come_later_join_their_line(void **state)
{
    (void)state;
    struct round *round = &run->levels[2]->rounds[0];
    uint32_t whole = round->record_count, first = 0;
    while (record_succeeded(&round->records[first]))
        first++;
    round->record_count = first + 1;
    assert_int_equal(find("http_status", 3, 1)->count, 1);
    round->record_count = whole;
    assert_int_equal(find("http_status", 3, 1)->count, 3);
}

static void texts_without_number_are_few_lines(void **state)
{
    (void)state;
    struct run *many = run_new();
    struct level *level = run_add_level(many, 4, 0.0, 500, 1);
    struct round *round = level_add_round(level, 500, 0);
    for (uint32_t i = 0; i < 500; i++) {
        struct record record = {.index = i, .level = 1, .round = 1, .error = ERR_HTTP_STATUS};
        record.error_text = xasprintf("request %u refused", i);
        record.end_ns = i + 1;
        round_add_record(round, &record);
    }
    ui.run = many;
    log_groups_update(&groups, &ui);
    ui.run = run;
    assert_int_equal(groups.count, 20);
    assert_int_equal(groups.groups[0].count, 500 - 19);
    assert_string_equal(groups.groups[0].text, "other texts, each its own");
    run_free(many);
}

static void stderr_shows_what_no_message_says(void **state)
{
    (void)state;
    say(80 * NS_PER_S, "warning", "the queue is long");
    buffer_add_string(&ui.stderr_text, "warning: the queue is long\nlib: odd\nhalf a li");
    assert_string_equal(find("stderr", 0, 0)->text, "lib: odd");
    buffer_add_string(&ui.stderr_text, "ne\n");
    log_groups_update(&groups, &ui);
    uint32_t lines = 0;
    for (uint32_t i = 0; i < groups.count; i++)
        lines += strcmp(groups.groups[i].kind, "stderr") == 0;
    assert_int_equal(lines, 2);
}

static void an_error_body_is_shown_by_its_message(void **state)
{
    (void)state;
    static const struct {
        const char *body, *says;
    } bodies[] = {
        {"{\"error\":{\"message\":\"too long\",\"code\":400}}", "too long"},
        {"{\"detail\":\"Not Found\"}", "Not Found"},
        {"{\"error\":\"busy\"}", "busy"},
        {"{\"ok\":false}", "{\"ok\":false}"},
        {"<html>", "<html>"},
        {"{broken", "{broken"},
    };
    for (size_t i = 0; i < ARRAY_SIZE(bodies); i++) {
        struct log_group group = {.is_error = true,
                                  .error = ERR_TRUNCATED,
                                  .count = 2,
                                  .level = 1,
                                  .round = 2,
                                  .text = (char *)(uintptr_t)bodies[i].body};
        char what[80];
        snprintf(what, sizeof what, "in L1 R2: %s", bodies[i].says);
        assert_what(&group, what);
    }
}

static void errors_of_rounds_without_records_are_counted_too(void **state)
{
    (void)state;
    struct random random;
    random_seed(&random, 3);
    struct run *many = run_new();
    struct level *level = run_add_level(many, 10, 0.0, 100, 9);
    for (uint32_t r = 0; r < 9; r++)
        sample_fill_round(&random, level_add_round(level, 100, r * MS(1e6)), 1, 40, 100, true);
    struct round *seen = &level->rounds[3];
    uint32_t all = seen->record_count;
    ui.run = many;
    seen->record_count = 50; /* half of it was looked at, and nothing of what follows */
    level->round_count = 4;
    log_groups_update(&groups, &ui);
    level->round_count = 9;
    seen->record_count = all;
    struct log_groups whole = {0};
    log_groups_update(&whole, &ui);
    run_release_records(many, level, (uint64_t)MS(1e8));
    assert_non_null(level->rounds[4].kept);
    log_groups_update(&groups, &ui);
    for (uint16_t round = 1; round <= 9; round++)
        assert_int_equal(find("http_status", 1, round)->count, 5);
    assert_int_equal(groups.count, whole.count);
    assert_int_equal(find("http_status", 1, 5)->indices_known, 1);
    assert_int_equal(find("http_status", 1, 5)->indices[0] % 20, 7);
    log_groups_free(&whole);
    run_free(many);
    ui.run = run;
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(requests_that_failed_alike_are_one_line),
        TEST(the_newest_stands_first),
        TEST(what_is_said_again_is_counted),
        TEST(records_that_come_later_join_their_line),
        TEST(texts_without_number_are_few_lines),
        TEST(stderr_shows_what_no_message_says),
        TEST(an_error_body_is_shown_by_its_message),
        TEST(errors_of_rounds_without_records_are_counted_too),
    };
    return cmocka_run_group_tests_name("log_groups", tests, NULL, NULL);
}
