#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>

#include "base/file.h"
#include "base/memory.h"
#include "result/kept.h"

static char directory[] = "/tmp/fluxperf-kept-XXXXXX";

static void put(const char *name, const char *text)
{
    char *path = path_join(directory, name);
    assert_true(file_write_whole(path, text_of(text), 0600, NULL));
    free(path);
}

static int set_up(void **state)
{
    (void)state;
    if (!mkdtemp(directory))
        return -1;
    put("bodies.jsonl",
        "{\"level\":1,\"index\":4,\"sample\":4,\"turn_index\":0,\"body\":{\"n\":\"one\"}}\n"
        "{\"level\":2,\"index\":4,\"sample\":9,\"turn_index\":0,\"body\":{\"n\":\"two\"}}\n"
        "{\"level\":2,\"index\":41,\"sample\":9,\"turn_index\":0,\"body\":{\"n\":\"other\"}}\n");
    char *logs = path_join(directory, "debug_logs");
    assert_true(directory_make(logs, NULL));
    free(logs);
    put("debug_logs/debug_a.jsonl",
        "{\"session_id\":\"\\\"round\\\":2,\\\"index\\\":7,\",\"level\":1,\"round\":1,\"index\":7,"
        "\"request\":{\"n\":\"first\"},\"raw_events\":[{\"at_ns\":1,\"data\":\"a\"}]}\n"
        "{\"session_id\":null,\"level\":1,\"round\":2,\"index\":7,"
        "\"request\":{\"n\":\"again\"},\"raw_events\":[{\"at_ns\":2,\"data\":\"b\"}]}\n"
        "{\"session_id\":null,\"level\":1,\"round\":2,\"ind");
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    char *command = xasprintf("rm -r %s", directory);
    int status = system(command);
    free(command);
    return status;
}

static struct record record_of(uint16_t level, uint16_t round, uint32_t index)
{
    return (struct record){.level = level, .round = round, .index = index};
}

static void a_saved_body_is_found_by_level_and_index(void **state)
{
    (void)state;
    struct buffer body = {0};
    struct record record = record_of(2, 2, 4);
    assert_true(kept_body(directory, &record, &body));
    assert_string_equal(body.data, "{\"n\":\"two\"}");
    buffer_clear(&body);
    record = record_of(3, 1, 4);
    assert_false(kept_body(directory, &record, &body));
    buffer_free(&body);
}

static void a_body_in_the_debug_log_serves_too(void **state)
{
    (void)state;
    struct buffer body = {0};
    struct record record = record_of(1, 2, 7);
    assert_true(kept_body(directory, &record, &body));
    assert_string_equal(body.data, "{\"n\":\"first\"}");
    buffer_free(&body);
}

static void events_are_those_of_the_round(void **state)
{
    (void)state;
    struct buffer events = {0};
    struct record record = record_of(1, 2, 7);
    assert_true(kept_events(directory, &record, &events));
    assert_string_equal(events.data, "[{\"at_ns\":2,\"data\":\"b\"}]");
    buffer_clear(&events);
    record = record_of(1, 3, 7);
    assert_false(kept_events(directory, &record, &events));
    record = record_of(1, 1, 7);
    assert_false(kept_events("/nonexistent", &record, &events));
    buffer_free(&events);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_saved_body_is_found_by_level_and_index),
        cmocka_unit_test(a_body_in_the_debug_log_serves_too),
        cmocka_unit_test(events_are_those_of_the_round),
    };
    return cmocka_run_group_tests_name("kept", tests, set_up, tear_down);
}
