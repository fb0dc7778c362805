#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include <dirent.h>
#include <signal.h>
#include <stdio.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cjson/cJSON.h>

#include "base/file.h"
#include "base/json.h"
#include "base/log.h"
#include "base/memory.h"
#include "benchmark/debug_log.h"

static struct capture_budget budget;

static int begin(void **state)
{
    (void)state;
    budget = (struct capture_budget){.limit_bytes = 1 << 20, .events = true};
    return 0;
}

static int end(void **state)
{
    (void)state;
    secret_forget_all();
    return budget.held_bytes == 0 ? 0 : -1;
}

static void add(struct capture *capture, uint64_t at_ns, const char *name, const char *data)
{
    capture_add_event(capture, &(struct captured_event){at_ns, text_of(name), text_of(data)});
}

static struct record sample_record(void)
{
    return (struct record){.index = 7,
                           .level = 1,
                           .round = 2,
                           .turn = 3,
                           .prompt_tokens = 40,
                           .completion_tokens = 2,
                           .cached_tokens = TOKENS_UNKNOWN,
                           .reasoning_tokens = TOKENS_UNKNOWN,
                           .sent_ns = 1000,
                           .first_token_ns = 2000};
}

static cJSON *document(const struct record *record, const struct capture *capture)
{
    struct buffer out = {0};
    debug_document(&out, record, capture);
    assert_int_equal(out.data[out.size - 1], '\n');
    assert_ptr_equal(memchr(out.data, '\n', out.size), out.data + out.size - 1);
    cJSON *json = cJSON_Parse(out.data);
    assert_non_null(json);
    buffer_free(&out);
    return json;
}

static const char *string_at(const cJSON *json, const char *key)
{
    return cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(json, key));
}

static double number_at(const cJSON *json, const char *key)
{
    return cJSON_GetNumberValue(cJSON_GetObjectItemCaseSensitive(json, key));
}

/* ---- capture ---- */

static void events_come_back_in_order_with_their_instants(void **state)
{
    (void)state;
    struct capture *capture = capture_new(&budget, TEXT("{}"), "s1");
    static const struct {
        uint64_t at_ns;
        const char *name, *data;
    } events[] = {{5, "", "first"}, {6, "error", ""}, {UINT64_MAX, "", "odd\0one"}};
    for (size_t i = 0; i < ARRAY_SIZE(events); i++)
        add(capture, events[i].at_ns, events[i].name, events[i].data);
    struct captured_event event;
    size_t offset = 0;
    for (size_t i = 0; i < ARRAY_SIZE(events); i++) {
        assert_true(capture_next_event(capture, &offset, &event));
        assert_true(event.at_ns == events[i].at_ns);
        assert_true(text_is(event.name, events[i].name));
        assert_true(text_is(event.data, events[i].data));
    }
    assert_false(capture_next_event(capture, &offset, &event));
    capture_delete(capture);
}

static void what_is_beyond_the_budget_is_counted_and_not_kept(void **state)
{
    (void)state;
    budget.limit_bytes = sizeof(struct capture) + 60;
    struct capture *capture = capture_new(&budget, TEXT("0123456789"), NULL);
    assert_non_null(capture);
    assert_null(capture_new(&budget, TEXT("0123456789"), NULL));
    assert_int_equal(budget.requests_lost, 1);
    for (int i = 0; i < 10; i++)
        add(capture, 1, "", "sixteen letters!");
    assert_true(budget.held_bytes <= budget.limit_bytes);
    assert_true(capture->events_lost > 0 && capture->events_lost < 10);
    assert_int_equal(budget.events_lost, capture->events_lost);
    capture_delete(capture);
    assert_int_equal(budget.held_bytes, 0);
}

/* ---- the document ---- */

static void a_document_holds_body_instants_reply_and_events(void **state)
{
    (void)state;
    struct capture *capture = capture_new(
        &budget, TEXT("{\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]}"), "s\"1");
    add(capture, 1500, "", "{\"a\":\"\\n\"}");
    add(capture, 1600, "error", "plain text");
    struct record record = sample_record();
    char reply[] = "two\\nlines";
    record.reply = reply;
    record.reply_size = sizeof reply - 1;

    cJSON *json = document(&record, capture);
    assert_string_equal(string_at(json, "session_id"), "s\"1");
    assert_true(number_at(json, "turn_index") == 2);
    assert_true(number_at(json, "context_tokens") == 40);
    assert_true(number_at(json, "index") == 7);
    assert_true(number_at(json, "sent_ns") == 1000);
    assert_true(number_at(json, "first_token_ns") == 2000);
    assert_true(cJSON_IsNull(cJSON_GetObjectItem(json, "end_ns")));
    assert_string_equal(string_at(json, "reply"), "two\nlines");
    const cJSON *messages = cJSON_GetObjectItem(cJSON_GetObjectItem(json, "request"), "messages");
    assert_string_equal(string_at(cJSON_GetArrayItem(messages, 0), "content"), "hi");
    const cJSON *events = cJSON_GetObjectItem(json, "raw_events");
    assert_int_equal(cJSON_GetArraySize(events), 2);
    assert_string_equal(string_at(cJSON_GetArrayItem(events, 0), "data"), "{\"a\":\"\\n\"}");
    assert_true(number_at(cJSON_GetArrayItem(events, 1), "at_ns") == 1600);
    assert_string_equal(string_at(cJSON_GetArrayItem(events, 1), "event"), "error");
    cJSON_Delete(json);

    budget.events = false;
    record.prompt_tokens = TOKENS_UNKNOWN;
    json = document(&record, capture);
    assert_null(cJSON_GetObjectItem(json, "raw_events"));
    assert_true(cJSON_IsNull(cJSON_GetObjectItem(json, "context_tokens")));
    cJSON_Delete(json);
    capture_delete(capture);
}

static void no_secret_is_in_a_document_not_even_behind_escapes(void **state)
{
    (void)state;
    secret_add("sk-hush");
    secret_add("1234");
    secret_add("a\"b\nc");
    static const char *const texts[] = {
        "{\"x\":\"sk-hush\"}",    "{\"x\":\"\\u0073k-hush\"}",         "{\"max_tokens\":1234}",
        "{\"x\":\"a\\\"b\\nc\"}", "{\"x\":\"sk\\u002dhush and \\n\"}",
    };
    for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
        struct capture *capture = capture_new(&budget, text_of(texts[i]), "sk-hush");
        add(capture, 1, "", texts[i]);
        struct record record = sample_record();
        char reply[] = "\\u0073k-hush";
        record.reply = reply;
        record.reply_size = sizeof reply - 1;
        cJSON *json = document(&record, capture);
        char *printed = cJSON_PrintUnformatted(json);
        struct buffer once = {0}, plain = {0};
        json_unescape(&once, text_of(printed));
        json_unescape(&plain, buffer_text(&once));
        assert_null(strstr(plain.data, "sk-hush"));
        assert_null(strstr(plain.data, "1234"));
        assert_null(strstr(plain.data, "a\"b\nc"));
        buffer_free(&once);
        buffer_free(&plain);
        cJSON_free(printed);
        cJSON_Delete(json);
        capture_delete(capture);
    }
}

/* ---- the file ---- */

static void put_one(struct debug_log *log)
{
    struct record record = sample_record();
    record.capture = capture_new(&log->budget, TEXT("{}"), NULL);
    debug_log_put(log, &record);
    capture_delete(record.capture);
}

static void each_log_has_a_file_of_its_own(void **state)
{
    (void)state;
    char directory[] = "/tmp/fluxperf-debug-XXXXXX";
    assert_non_null(mkdtemp(directory));
    struct debug_log logs[3];
    struct error error = {0};
    for (size_t i = 0; i < ARRAY_SIZE(logs); i++) {
        assert_true(debug_log_open(&logs[i], directory, 1, false, &error));
        put_one(&logs[i]);
        put_one(&logs[i]);
        debug_log_flush(&logs[i]);
        char *path = xstrdup(logs[i].path);
        assert_true(debug_log_close(&logs[i], &error));
        struct buffer content = {0};
        assert_true(file_read(path, &content, &error));
        assert_int_equal(content.data[content.size - 1], '\n');
        assert_non_null(strstr(content.data, "\n{"));
        buffer_free(&content);
        assert_int_equal(unlink(path), 0);
        if (i == 0) /* the next ones find the name taken */
            fclose(fopen(path, "w"));
        free(path);
    }
    DIR *open_directory = opendir(directory);
    for (struct dirent *entry; (entry = readdir(open_directory));)
        unlinkat(dirfd(open_directory), entry->d_name, 0);
    closedir(open_directory);
    assert_int_equal(rmdir(directory), 0);
}

static void what_the_disk_does_not_take_is_counted_and_said(void **state)
{
    (void)state;
    char directory[] = "/tmp/fluxperf-debug-XXXXXX";
    assert_non_null(mkdtemp(directory));
    struct rlimit unlimited, none;
    struct error error = {0};
    struct debug_log log;
    signal(SIGXFSZ, SIG_IGN);
    getrlimit(RLIMIT_FSIZE, &unlimited);
    none = unlimited;
    none.rlim_cur = 0;

    assert_true(debug_log_open(&log, directory, 1, false, &error));
    char *path = xstrdup(log.path);
    put_one(&log);
    put_one(&log);
    setrlimit(RLIMIT_FSIZE, &none);
    debug_log_flush(&log);
    bool failing = log.failing;
    bool whole = debug_log_close(&log, &error);
    setrlimit(RLIMIT_FSIZE, &unlimited);
    assert_true(failing);
    assert_false(whole);
    assert_non_null(strstr(error.text, "2 of its requests and 0 of its events"));
    unlink(path);
    free(path);
    rmdir(directory);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)
    const struct CMUnitTest tests[] = {
        TEST(events_come_back_in_order_with_their_instants),
        TEST(what_is_beyond_the_budget_is_counted_and_not_kept),
        TEST(a_document_holds_body_instants_reply_and_events),
        TEST(no_secret_is_in_a_document_not_even_behind_escapes),
        TEST(each_log_has_a_file_of_its_own),
        TEST(what_the_disk_does_not_take_is_counted_and_said),
    };
    return cmocka_run_group_tests_name("debug_log", tests, NULL, NULL);
}
