#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/file.h"
#include "base/json.h"
#include "base/memory.h"
#include "dataset/dataset.h"

static bool parse(struct dataset *dataset, struct text content, bool skip, struct error *error)
{
    *dataset = (struct dataset){.name = xstrdup("data.jsonl")};
    return dataset_parse(dataset, content, skip, error);
}

/* The samples as they would be sent, a line each: messages, then what else the row says. */
static char *sent(const struct dataset *dataset)
{
    struct buffer out = {0};
    for (uint32_t i = 0; i < dataset->count; i++) {
        const struct sample *sample = &dataset->samples[i];
        if (i)
            buffer_add_char(&out, '\n');
        for (uint32_t m = 0; m < sample->message_count; m++) {
            const struct message *message = &sample->messages[m];
            buffer_printf(&out, "%s%s=%.*s%.*s", m ? " | " : "", message->role,
                          (int)message->content.size, message->content.data,
                          (int)message->others.size, message->others.data);
        }
        if (sample->is_session)
            buffer_printf(&out, " turns:%u", sample->user_turns);
        if (sample->session_id)
            buffer_printf(&out, " session:%s", sample->session_id);
        if (sample->max_tokens >= 0)
            buffer_printf(&out, " max:%d", (int)sample->max_tokens);
    }
    return buffer_take(&out);
}

static void assert_sent(const char *content, const char *expected)
{
    struct dataset dataset;
    struct error error = {0};
    if (!parse(&dataset, text_of(content), false, &error))
        fail_msg("%s\n  in %s", error.text, content);
    char *got = sent(&dataset);
    assert_string_equal(got, expected);
    free(got);
    dataset_free(&dataset);
}

static void assert_refused(struct text content, const char *expected)
{
    struct dataset dataset;
    struct error error = {0};
    if (parse(&dataset, content, false, &error))
        fail_msg("accepted: %.*s", (int)content.size, content.data);
    assert_string_equal(error.text, expected);
    assert_null(dataset.samples);
}

static void each_row_form_becomes_the_messages_that_are_sent(void **state)
{
    (void)state;
    static const struct {
        const char *row, *sent;
    } forms[] = {
        {"{\"text\": \"Hi\"}", "user=\"Hi\""},
        {"{\"prompt\": \"a\\n\\u00e9 \\\"b\\\"\"}", "user=\"a\\n\\u00e9 \\\"b\\\"\""},
        {"{\"content\": \"Hi\", \"text\": null}", "user=\"Hi\""},
        {"\"just a string\"", "user=\"just a string\""},
        {"{\"messages\":[{\"role\":\"system\",\"content\":\"Be brief\"},"
         "{\"role\":\"user\",\"content\":\"Q\"}]}",
         "system=\"Be brief\" | user=\"Q\""},
        {"{\"messages\":[{\"role\":\"user\",\"content\":\"Q1\"},{\"role\":\"assistant\","
         "\"content\":\"A1\"},{\"role\":\"user\",\"content\":\"Q2\"}]}",
         "user=\"Q1\" | assistant=\"A1\" | user=\"Q2\" turns:2 session:row-0"},
        {"{\"messages\":[{\"role\":\"user\",\"content\":\"Q1\"},"
         "{\"role\":\"assistant\",\"content\":\"A1\"}]}",
         "user=\"Q1\""},
        {"{\"messages\":[{\"role\":\"user\",\"content\":[ {\"type\":\"text\", \"text\":\"x\"} ]}]}",
         "user=[ {\"type\":\"text\", \"text\":\"x\"} ]"},
        {"{\"messages\":[{\"name\": \"Ada\",\"role\":\"user\",\"content\":\"Q\",\"x\":[1, 2]}]}",
         "user=\"Q\",\"name\": \"Ada\",\"x\":[1, 2]"},
        {"{\"messages\":[{\"role\":\"user\",\"content\":\"Q\"},{\"role\":\"assistant\",\"content\":"
         "null,\"tool_calls\":[]},{\"role\":\"tool\",\"tool_call_id\":\"7\",\"content\":\"4\"},"
         "{\"role\":\"user\",\"content\":\"R\"}]}",
         "user=\"Q\" | assistant=null,\"tool_calls\":[] | tool=\"4\",\"tool_call_id\":\"7\" | "
         "user=\"R\" turns:2 session:row-0"},
        {"{\"messages\":[{\"role\":\"critic\",\"content\":\"\"},"
         "{\"role\":\"user\",\"content\":\"Q\"}]}",
         "critic=\"\" | user=\"Q\""},
        {"{\"session_id\":\"s1\",\"user_messages\":[\"Q1\",\"Q2\"]}",
         "user=\"Q1\" | user=\"Q2\" turns:2 session:s1"},
        {"{\"session_id\":12,\"user_messages\":[\"Q1\"]}", "user=\"Q1\" session:12"},
        {"{\"id\":\"x\",\"conversations\":[{\"from\":\"system\",\"value\":\"S\"},"
         "{\"from\":\"human\",\"value\":\"hi\",\"weight\":1},{\"from\":\"gpt\",\"value\":\"yes\"},"
         "{\"from\":\"user\",\"value\":\"how\"},{\"from\":\"assistant\",\"value\":\"so\"}]}",
         "system=\"S\" | user=\"hi\" | assistant=\"yes\" | user=\"how\" turns:2 session:row-0"},
        {"{\"input\":\"Who?\",\"context\":\"Long "
         "\\\"text\\\".\",\"answers\":[\"Ann\"],\"length\":2,"
         "\"dataset\":\"qa\",\"language\":\"en\",\"all_classes\":null,\"_id\":\"7\"}",
         "user=\"Long \\\"text\\\".\\n\\nWho?\""},
        {"{\"input\":\"\",\"context\":\"Only text\"}", "user=\"Only text\""},
        {"{\"text\":\"a\",\"max_tokens\":5}", "user=\"a\" max:5"},
        {"{\"text\":\"a\",\"max_output_tokens\":6,\"max_tokens\":null}", "user=\"a\" max:6"},
    };
    for (size_t i = 0; i < ARRAY_SIZE(forms); i++)
        assert_sent(forms[i].row, forms[i].sent);
}

static void each_file_form_is_read(void **state)
{
    (void)state;
    assert_sent("{\"text\":\"a\"}\n{\"text\":\"b\"}\n", "user=\"a\"\nuser=\"b\"");
    assert_sent("\xef\xbb\xbf{\"text\":\"a\"}\r\n\r\n  \n{\"text\":\"b\"}\r\n",
                "user=\"a\"\nuser=\"b\"");
    assert_sent("[{\"text\":\"a\"},\n \"b\"]\n", "user=\"a\"\nuser=\"b\"");
    assert_sent("{\n\"version\": 2,\n\"data\": [\n{\"text\":\"a\"}\n], \"n\": 1}", "user=\"a\"");
    assert_sent("{\"text\":\"a\",\"data\":[1]}\n{\"text\":\"b\"}", "user=\"a\"\nuser=\"b\"");
    assert_sent("{\"data\":[1],\"text\":\"a\"}\n{\"text\":\"b\"}", "user=\"a\"\nuser=\"b\"");
}

static void a_bad_row_is_named_by_file_line_and_reason(void **state)
{
    (void)state;
#define ROW2(row) TEXT("{\"text\":\"a\"}\n" row "\n{\"text\":\"c\"}\n")
    assert_refused(TEXT(""), "data.jsonl: no rows in it");
    assert_refused(TEXT("\n \r\n"), "data.jsonl: no rows in it");
    assert_refused(TEXT("[]"), "data.jsonl: no rows in it");
    assert_refused(ROW2("{\"text\":\"b\" 1}"), "data.jsonl:2:13: expected ',' or '}'");
    assert_refused(ROW2("{\"text\":\"b\""),
                   "data.jsonl:2:12: expected ',' or '}', but the row ends here");
    assert_refused(ROW2("  {\"text\" \"b\"}"), "data.jsonl:2:11: expected ':'");
    assert_refused(ROW2("{\"text\":\"b\",}"), "data.jsonl:2:13: expected a key in quotes");
    assert_refused(ROW2("{\"text\":\"b\\q\"}"), "data.jsonl:2:11: a broken escape in a string");
    assert_refused(ROW2("{\"text\":\"b\"} {}"), "data.jsonl:2:14: more text after the row's end");
    assert_refused(ROW2("Hello"), "data.jsonl:2:1: not JSON: a row is an object, as "
                                  "{\"text\": \"Hello\"}, or a string in quotes");
    assert_refused(ROW2("no,yes"), "data.jsonl:2:1: not JSON: a row is an object, as "
                                   "{\"text\": \"Hello\"}, or a string in quotes");
    assert_refused(ROW2("17"), "data.jsonl:2: a row must be an object or a string, not a number");
    assert_refused(ROW2("{\"text\":\"b\0 and more text\"}"), "data.jsonl:2:11: a NUL byte");
    assert_refused(ROW2("{\"text\":\"caf\xe9\"}"),
                   "data.jsonl:2:13: byte 0xe9 is not UTF-8: is the file in another encoding?");
    assert_refused(ROW2("{\"question\":\"b\",\"answer\":{}}"),
                   "data.jsonl:2: no prompt: the row has \"question\", \"answer\"; it needs one of "
                   "text, prompt, content, messages, user_messages, conversations, or context with "
                   "input");
    assert_refused(ROW2("{\"text\":\"\"}"), "data.jsonl:2:9: the prompt is empty");
    assert_refused(ROW2("{\"content\":[ ]}"), "data.jsonl:2:12: the prompt is empty");
    assert_refused(ROW2("{\"prompt\":5}"),
                   "data.jsonl:2:11: \"prompt\" must be a string, not a number");
    assert_refused(ROW2("{\"prompt\":[1,2]}"),
                   "data.jsonl:2:11: \"prompt\": a content part must be an object");
    assert_refused(ROW2("{\"content\":[{\"text\":\"x\"}]}"),
                   "data.jsonl:2:12: \"content\": a content part has no \"type\"");
    assert_refused(ROW2("{\"messages\":\"x\"}"),
                   "data.jsonl:2:13: \"messages\" must be an array, not a string");
    assert_refused(ROW2("{\"messages\":[]}"), "data.jsonl:2: no user message in the row");
    assert_refused(ROW2("{\"messages\":[\"x\"]}"),
                   "data.jsonl:2:14: message 1 must be an object, not a string");
    assert_refused(ROW2("{\"messages\":[{\"content\":\"x\"}]}"),
                   "data.jsonl:2:14: message 1: \"role\" is missing");
    assert_refused(ROW2("{\"messages\":[{\"role\":\"user\"}]}"),
                   "data.jsonl:2:14: message 1: \"content\" is missing");
    assert_refused(ROW2("{\"user_messages\":[\"a\",\"\"]}"), "data.jsonl:2:23: message 2 is empty");
    assert_refused(ROW2("{\"user_messages\":[\"a\",3]}"),
                   "data.jsonl:2:23: user message 2 must be a string, not a number");
    assert_refused(ROW2("{\"conversations\":[{\"from\":\"narrator\",\"value\":\"x\"}]}"),
                   "data.jsonl:2:27: message 1: unknown speaker \"narrator\" (known: human, gpt, "
                   "system)");
    assert_refused(ROW2("{\"context\":7,\"input\":\"x\"}"),
                   "data.jsonl:2:12: \"context\" and \"input\" must be strings");
    assert_refused(ROW2("{\"text\":\"b\",\"session_id\":[]}"),
                   "data.jsonl:2:26: \"session_id\" must be a string or a number, not an array");
    assert_refused(ROW2("{\"text\":\"b\",\"session_id\":\"a\\r\\nHost: x\"}"),
                   "data.jsonl:2:26: \"session_id\" has a control character in it");
    assert_refused(ROW2("{\"text\":\"b\",\"max_tokens\":0}"),
                   "data.jsonl:2:26: \"max_tokens\" must be a whole number from 1 to 1000000000");
    assert_refused(ROW2("{\"text\":\"b\",\"max_tokens\":1.5}"),
                   "data.jsonl:2:26: \"max_tokens\" must be a whole number from 1 to 1000000000");
#undef ROW2
}

static void in_an_array_a_row_has_the_line_where_it_begins(void **state)
{
    (void)state;
    assert_refused(TEXT("[\n{\"text\":\"a\"},\n\n  {\n\"q\":1\n}\n]"),
                   "data.jsonl:4: no prompt: the row has \"q\"; it needs one of text, prompt, "
                   "content, messages, user_messages, conversations, or context with input");
    assert_refused(TEXT("[\n{\"text\":\"a\"}\n{\"text\":\"b\"}]"),
                   "data.jsonl:3:1: expected ',' or ']'");
    assert_refused(TEXT("[\n{\"text\":\"a\"}\n]\n{}"),
                   "data.jsonl:4:1: more text after the array's end");
    assert_refused(TEXT("{\"data\":[\n{\"text\":}]}"), "data.jsonl:2:9: expected a value");

    struct dataset dataset;
    struct error error;
    assert_true(parse(&dataset, TEXT("[\"a\",\n\"b\",\n\n\"c\"]"), false, &error));
    assert_int_equal(dataset.samples[2].line, 4);
    assert_int_equal(dataset.samples[2].row, 2);
    dataset_free(&dataset);
}

static void bad_rows_that_may_be_skipped_are_counted_and_the_first_is_kept(void **state)
{
    (void)state;
    struct dataset dataset;
    struct error error;
    assert_true(parse(&dataset, TEXT("{\"text\":\"a\"}\n{\"text\":1}\nx\n\"d\"\n"), true, &error));
    assert_int_equal(dataset.count, 2);
    assert_int_equal(dataset.skipped, 2);
    assert_string_equal(dataset.first_bad,
                        "data.jsonl:2:9: \"text\" must be a string, not a number");
    assert_int_equal(dataset.samples[1].row, 3);
    assert_int_equal(dataset.samples[1].line, 4);
    dataset_free(&dataset);

    assert_false(parse(&dataset, TEXT("x\ny\n"), true, &error));
    assert_string_equal(
        error.text, "no usable row: 2 left out, the first is data.jsonl:1:1: not JSON: a row is "
                    "an object, as {\"text\": \"Hello\"}, or a string in quotes");
    assert_null(dataset.name);
}

static void a_row_beyond_64_mib_is_refused(void **state)
{
    (void)state;
    struct buffer content = {0};
    buffer_add_string(&content, "\"a\"\n\"");
    size_t size = ((size_t)64 << 20) + 1;
    buffer_reserve(&content, size);
    memset(content.data + content.size, 'x', size);
    content.size += size;
    buffer_add_string(&content, "\"\n");
    assert_refused(buffer_text(&content),
                   "data.jsonl:2: a row of 67108867 bytes; the limit is 67108864");
    buffer_free(&content);
}

static void the_prompt_is_the_last_question_as_plain_text(void **state)
{
    (void)state;
    struct dataset dataset;
    struct error error;
    assert_true(parse(&dataset,
                      TEXT("{\"user_messages\":[\"a\",\"caf\\u00e9\\n\\ud83d\\ude42\"]}\n"
                           "{\"content\":[{\"type\":\"text\",\"text\":\"one\"},{\"type\":"
                           "\"image_url\"},{\"text\":\"t\\u0077o\",\"type\":\"text\"}]}\n"),
                      false, &error));
    assert_true(text_is(dataset.samples[0].prompt, "caf\xc3\xa9\n\xf0\x9f\x99\x82"));
    assert_true(text_is(dataset.samples[1].prompt, "one\ntwo"));

    struct buffer plain = {0};
    sample_plain_text(&dataset.samples[0], &plain);
    assert_string_equal(plain.data, "a\n\ncaf\xc3\xa9\n\xf0\x9f\x99\x82");
    buffer_free(&plain);
    dataset_free(&dataset);
}

static void every_builtin_reads_without_a_bad_row(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        uint32_t count, turns;
    } expected[] = {
        {"builtin:example", 20, 1},   {"builtin:single-prompts", 40, 1},
        {"builtin:multi-turn", 8, 4}, {"builtin:shared-prefix", 40, 1},
        {"builtin:chinese", 20, 1},   {"builtin:mixed-scripts", 20, 1},
        {"builtin:demo", 64, 1},
    };
    size_t names = 0;
    while (dataset_builtin_names[names])
        names++;
    assert_int_equal(names, ARRAY_SIZE(expected));
    for (size_t i = 0; i < ARRAY_SIZE(expected); i++) {
        struct dataset dataset;
        struct error error;
        assert_string_equal(expected[i].name + strlen("builtin:"), dataset_builtin_names[i]);
        if (!dataset_read(&dataset, expected[i].name, false, &error))
            fail_msg("%s", error.text);
        assert_int_equal(dataset.count, expected[i].count);
        for (uint32_t row = 0; row < dataset.count; row++)
            assert_int_equal(dataset.samples[row].user_turns, expected[i].turns);
        dataset_free(&dataset);
    }
}

static size_t common_start(struct text a, struct text b)
{
    size_t size = 0;
    while (size < a.size && size < b.size && a.data[size] == b.data[size])
        size++;
    return size;
}

static void demo_prompts_share_no_start_and_shared_prefix_ones_do(void **state)
{
    (void)state;
    struct dataset demo, shared;
    struct error error;
    assert_true(dataset_read(&demo, "builtin:demo", false, &error));
    assert_true(dataset_read(&shared, "builtin:shared-prefix", false, &error));
    for (uint32_t a = 0; a < demo.count; a++)
        for (uint32_t b = 0; b < a; b++)
            assert_true(common_start(demo.samples[a].prompt, demo.samples[b].prompt) < 64);
    for (uint32_t a = 0; a < shared.count; a++) {
        for (uint32_t b = 0; b < a; b++) {
            size_t same = common_start(shared.samples[a].prompt, shared.samples[b].prompt);
            assert_true(a % 4 == b % 4 ? same > 4000 : same < 64);
        }
    }
    dataset_free(&demo);
    dataset_free(&shared);
}

static void a_missing_file_that_is_shipped_is_suggested(void **state)
{
    (void)state;
    struct dataset dataset;
    struct error error;
    assert_false(dataset_read(&dataset, "no/such/example_dataset.json", false, &error));
    assert_string_equal(error.text, "cannot open no/such/example_dataset.json: No such file or "
                                    "directory; try --dataset builtin:example");
    assert_false(dataset_read(&dataset, "no/such/other.json", false, &error));
    assert_string_equal(error.text, "cannot open no/such/other.json: No such file or directory");
    assert_false(dataset_read(&dataset, "builtin:nothing", false, &error));
    assert_string_equal(error.text,
                        "no built-in dataset nothing; there are example, single-prompts, "
                        "multi-turn, shared-prefix, chinese, mixed-scripts, demo");
}

/* The sanitizers hold their own books in the same memory. */
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
static size_t resident_bytes(void)
{
    struct buffer statm = {0};
    assert_true(file_read("/proc/self/statm", &statm, NULL));
    size_t pages = strtoul(strchr(statm.data, ' '), NULL, 10);
    buffer_free(&statm);
    return pages * (size_t)sysconf(_SC_PAGESIZE);
}

static void a_file_takes_about_twice_its_size_in_memory(void **state)
{
    (void)state;
    if (getenv("UNDER_VALGRIND")) /* which holds books too */
        return;
    char path[] = "/tmp/test_dataset_XXXXXX";
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    struct buffer row = {0};
    buffer_add_string(&row, "{\"prompt\":\"");
    for (int i = 0; i < 100; i++)
        buffer_add_string(&row, "ten bytes\\n");
    buffer_add_string(&row, "\"}\n");
    size_t size = 0;
    for (; size < ((size_t)24 << 20); size += row.size)
        assert_true(file_write_all(fd, row.data, row.size));
    buffer_free(&row);
    close(fd);

    struct dataset dataset;
    struct error error;
    size_t before = resident_bytes();
    assert_true(dataset_read(&dataset, path, false, &error));
    size_t taken = resident_bytes() - before;
    dataset_free(&dataset);
    unlink(path);
    if (taken > size * 22 / 10)
        fail_msg("%zu bytes of memory for %zu of text", taken, size);
}
#endif

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_row_form_becomes_the_messages_that_are_sent),
        cmocka_unit_test(each_file_form_is_read),
        cmocka_unit_test(a_bad_row_is_named_by_file_line_and_reason),
        cmocka_unit_test(in_an_array_a_row_has_the_line_where_it_begins),
        cmocka_unit_test(bad_rows_that_may_be_skipped_are_counted_and_the_first_is_kept),
        cmocka_unit_test(a_row_beyond_64_mib_is_refused),
        cmocka_unit_test(the_prompt_is_the_last_question_as_plain_text),
        cmocka_unit_test(every_builtin_reads_without_a_bad_row),
        cmocka_unit_test(demo_prompts_share_no_start_and_shared_prefix_ones_do),
        cmocka_unit_test(a_missing_file_that_is_shipped_is_suggested),
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
        cmocka_unit_test(a_file_takes_about_twice_its_size_in_memory),
#endif
    };
    return cmocka_run_group_tests_name("dataset", tests, NULL, NULL);
}
