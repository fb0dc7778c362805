#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/json.h"
#include "base/memory.h"
#include "client/delta.h"

/* Chunks as servers send them; what stands around `delta` is the same in all. */
#define CHUNK(delta, behind)                                                                       \
    TEXT("{\"id\":\"c1\",\"object\":\"chat.completion.chunk\",\"created\":1795487185,"             \
         "\"model\":\"m\",\"choices\":[{\"index\":0,\"delta\":" delta ",\"logprobs\":null," behind \
         "}]}")
#define OPEN "\"finish_reason\":null"

static struct delta read_chunk(struct text data)
{
    struct delta delta;
    if (delta_read(&delta, data) != DELTA_CHUNK)
        fail_msg("no chunk: %.*s", (int)data.size, data.data);
    return delta;
}

static void assert_text(struct text text, const char *wanted)
{
    if (!text_is(text, wanted))
        fail_msg("'%.*s' is not '%s'", (int)text.size, text.data, wanted);
}

static void chunks_without_text_are_no_tokens(void **state)
{
    (void)state;
    static const struct text chunks[] = {
        CHUNK("{\"role\":\"assistant\",\"content\":\"\"}", OPEN),
        CHUNK("{\"role\":\"assistant\",\"content\":null}", OPEN),
        CHUNK("{}", OPEN),
        CHUNK("null", OPEN),
        CHUNK("{\"content\":\"\",\"reasoning_content\":\"\",\"tool_calls\":[]}", OPEN),
        CHUNK("{\"content\":[]}", OPEN),
        CHUNK("{\"content\":[{\"type\":\"text\",\"text\":\"\"}]}", OPEN),
        CHUNK("{\"tool_calls\":[{\"index\":0,\"id\":\"x\",\"type\":\"function\"}]}", OPEN),
        CHUNK("{\"tool_calls\":[{\"function\":{\"name\":null,\"arguments\":\"\"}}]}", OPEN),
        TEXT("{\"choices\":[]}"),
        TEXT("{\"choices\":null}"),
        TEXT("{}"),
        TEXT("{\"choices\":[{\"text\":\"\",\"finish_reason\":null}]}"),
    };
    for (size_t i = 0; i < ARRAY_SIZE(chunks); i++) {
        struct delta delta = read_chunk(chunks[i]);
        if (delta_has_text(&delta) || delta.has_finish || delta.has_usage || delta.has_error)
            fail_msg("something in %s", chunks[i].data);
    }
}

static void content_is_the_answer(void **state)
{
    (void)state;
    struct delta delta = read_chunk(CHUNK("{\"content\":\" quick\"}", OPEN));
    assert_text(delta.answer, " quick");
    assert_false(delta.has_finish);
    /* A role in every chunk, and an empty id. */
    delta =
        read_chunk(TEXT("{\"id\":\"\",\"choices\":[{\"index\":0,\"delta\":"
                        "{\"role\":\"assistant\",\"content\":\"Hi\"},\"finish_reason\":null}]}"));
    assert_text(delta.answer, "Hi");
    delta =
        read_chunk(TEXT(" {\n \"choices\" : [ { \"delta\" : { \"content\" : \"x\" } } ] }\r\n"));
    assert_text(delta.answer, "x");
}

static void a_completions_text_is_the_answer(void **state)
{
    (void)state;
    struct delta delta = read_chunk(TEXT("{\"choices\":[{\"text\":\"Hi\",\"index\":0,"
                                         "\"logprobs\":null,\"finish_reason\":null}],"
                                         "\"object\":\"text_completion\"}"));
    assert_text(delta.answer, "Hi");
}

static void reasoning_is_text_but_no_answer(void **state)
{
    (void)state;
    static const struct text chunks[] = {
        CHUNK("{\"reasoning\":\"hm\"}", OPEN),
        CHUNK("{\"reasoning_content\":\"hm\"}", OPEN),
        CHUNK("{\"content\":null,\"reasoning_content\":\"hm\"}", OPEN),
        CHUNK("{\"content\":\"\",\"reasoning\":\"hm\",\"reasoning_content\":null}", OPEN),
    };
    for (size_t i = 0; i < ARRAY_SIZE(chunks); i++) {
        struct delta delta = read_chunk(chunks[i]);
        assert_text(delta.reasoning, "hm");
        assert_int_equal(delta.answer.size, 0);
        assert_true(delta_has_text(&delta));
    }
}

static void a_tool_calls_name_or_arguments_are_text(void **state)
{
    (void)state;
    static const struct text chunks[] = {
        CHUNK("{\"tool_calls\":[{\"index\":0,\"function\":{\"name\":\"f\",\"arguments\":\"\"}}]}",
              OPEN),
        CHUNK("{\"tool_calls\":[{\"index\":0,\"function\":{\"arguments\":\"{\\\"\"}}]}", OPEN),
        CHUNK("{\"tool_calls\":[null,{\"function\":{\"name\":\"g\"}}]}", OPEN),
        CHUNK("{\"content\":null,\"function_call\":{\"arguments\":\"1\"}}", OPEN),
    };
    for (size_t i = 0; i < ARRAY_SIZE(chunks); i++) {
        struct delta delta = read_chunk(chunks[i]);
        assert_true(delta.tool_call);
        assert_true(delta_has_text(&delta));
        assert_int_equal(delta.answer.size, 0);
    }
}

static void assert_answer(struct text chunk, const char *wanted)
{
    struct delta delta = read_chunk(chunk);
    struct buffer answer = {0};
    delta_add_answer(&delta, &answer);
    assert_text(buffer_text(&answer), wanted);
    buffer_free(&answer);
}

static void parts_are_joined_into_the_answer(void **state)
{
    (void)state;
    assert_answer(CHUNK("{\"content\":[{\"type\":\"text\",\"text\":\"x\"}]}", OPEN), "x");
    assert_answer(CHUNK("{\"content\":[{\"text\":\"a\\n\"},7,{\"type\":\"image\"},"
                        "{\"text\":\"b\"}]}",
                        OPEN),
                  "a\\nb");
    /* A second choice speaks in the other form: the later one counts. */
    assert_answer(TEXT("{\"choices\":[{\"delta\":{\"content\":[{\"text\":\"x\"}]}},"
                       "{\"delta\":{\"content\":\"y\"}}]}"),
                  "y");
    assert_answer(TEXT("{\"choices\":[{\"delta\":{\"content\":\"y\"}},"
                       "{\"delta\":{\"content\":[{\"text\":\"x\"}]}}]}"),
                  "x");
}

static void escapes_stay_as_they_are(void **state)
{
    (void)state;
    assert_answer(CHUNK("{\"content\":\"\\\"\\\\\\n\\u00e9\\ud83d\\ude42\\ud83d\"}", OPEN),
                  "\\\"\\\\\\n\\u00e9\\ud83d\\ude42\\ud83d");
    assert_answer(CHUNK("{\"content\":\"na\xc3\xafve\"}", OPEN), "na\xc3\xafve");
    /* A quote in a string ends nothing. */
    assert_answer(CHUNK("{\"x\":\"\\\",\\\"content\\\":\\\"no\",\"content\":\"yes\"}", OPEN),
                  "yes");
}

static void a_finish_comes_with_text_or_alone(void **state)
{
    (void)state;
    struct delta delta = read_chunk(CHUNK("{\"content\":\".\"}", "\"finish_reason\":\"stop\""));
    assert_text(delta.answer, ".");
    assert_true(delta.has_finish);
    assert_int_equal(delta.finish, FINISH_STOP);

    static const struct {
        struct text chunk;
        enum finish_reason finish;
    } alone[] = {
        {CHUNK("{}", "\"finish_reason\":\"stop\""), FINISH_STOP},
        {CHUNK("{}", "\"finish_reason\":\"length\""), FINISH_LENGTH},
        {CHUNK("{}", "\"finish_reason\":\"tool_calls\""), FINISH_TOOL_CALLS},
        {CHUNK("{}", "\"finish_reason\":\"function_call\""), FINISH_TOOL_CALLS},
        {CHUNK("{}", "\"finish_reason\":\"eos_token\""), FINISH_OTHER},
        {TEXT("{\"choices\":[{\"text\":\"\",\"finish_reason\":\"length\"}]}"), FINISH_LENGTH},
    };
    for (size_t i = 0; i < ARRAY_SIZE(alone); i++) {
        delta = read_chunk(alone[i].chunk);
        assert_true(delta.has_finish);
        assert_int_equal(delta.finish, alone[i].finish);
        assert_false(delta_has_text(&delta));
    }
    delta = read_chunk(CHUNK("{}", "\"finish_reason\":\"\""));
    assert_false(delta.has_finish);
}

static void usage_stands_in_its_own_chunk_or_in_every_one(void **state)
{
    (void)state;
    struct delta delta = read_chunk(TEXT(
        "{\"choices\":[],\"usage\":{\"prompt_tokens\":9,\"completion_tokens\":5,"
        "\"total_tokens\":14,\"prompt_tokens_details\":{\"audio_tokens\":1,\"cached_tokens\":8},"
        "\"completion_tokens_details\":{\"reasoning_tokens\":3}}}"));
    assert_true(delta.has_usage);
    assert_int_equal(delta.usage.prompt_tokens, 9);
    assert_int_equal(delta.usage.completion_tokens, 5);
    assert_int_equal(delta.usage.cached_tokens, 8);
    assert_int_equal(delta.usage.reasoning_tokens, 3);

    delta = read_chunk(TEXT("{\"choices\":[{\"delta\":{\"content\":\"a\"}}],"
                            "\"usage\":{\"completion_tokens\":3,\"prompt_tokens_details\":null}}"));
    assert_true(delta.has_usage);
    assert_text(delta.answer, "a");
    assert_int_equal(delta.usage.completion_tokens, 3);
    assert_int_equal(delta.usage.prompt_tokens, TOKENS_UNKNOWN);
    assert_int_equal(delta.usage.cached_tokens, TOKENS_UNKNOWN);

    delta = read_chunk(TEXT("{\"usage\":{\"prompt_tokens\":9,\"prompt_cache_hit_tokens\":4}}"));
    assert_int_equal(delta.usage.cached_tokens, 4);
}

static void null_and_all_zero_usage_are_none(void **state)
{
    (void)state;
    static const struct text chunks[] = {
        TEXT("{\"choices\":[],\"usage\":null}"),
        TEXT("{\"choices\":[],\"usage\":{}}"),
        TEXT("{\"choices\":[],\"usage\":{\"prompt_tokens\":0,\"completion_tokens\":0,"
             "\"total_tokens\":0}}"),
        TEXT("{\"choices\":[],\"usage\":{\"prompt_tokens\":null,\"completion_tokens\":\"5\"}}"),
    };
    for (size_t i = 0; i < ARRAY_SIZE(chunks); i++) {
        struct delta delta = read_chunk(chunks[i]);
        assert_false(delta.has_usage);
        assert_int_equal(delta.usage.completion_tokens, TOKENS_UNKNOWN);
    }
}

static void a_count_that_cannot_be_is_unknown_and_no_error(void **state)
{
    (void)state;
    static const struct text counts[] = {
        TEXT("{\"usage\":{\"prompt_tokens\":1,\"completion_tokens\":-1}}"),
        TEXT("{\"usage\":{\"prompt_tokens\":1,\"completion_tokens\":4294967295}}"),
        TEXT("{\"usage\":{\"prompt_tokens\":1,\"completion_tokens\":1e30}}"),
        TEXT("{\"usage\":{\"prompt_tokens\":1,\"completion_tokens\":1e999}}"),
        TEXT(
            "{\"usage\":{\"prompt_tokens\":1,\"completion_tokens\":10000000000000000000000000000000"
            "00000000000000000000000000000000000000000000}}"),
    };
    for (size_t i = 0; i < ARRAY_SIZE(counts); i++) {
        struct delta delta = read_chunk(counts[i]);
        assert_int_equal(delta.usage.prompt_tokens, 1);
        assert_int_equal(delta.usage.completion_tokens, TOKENS_UNKNOWN);
    }
    struct delta delta = read_chunk(TEXT("{\"usage\":{\"completion_tokens\":12.0}}"));
    assert_int_equal(delta.usage.completion_tokens, 12);
}

static void padding_and_vendor_fields_are_passed_over(void **state)
{
    (void)state;
    struct delta delta = read_chunk(
        TEXT("{\"choices\":[{\"delta\":{\"content\":\"a\"},\"sglext\":{\"delta\":[{\"content\":"
             "\"b\"}]}}],\"obfuscation\":\"aK3\",\"prompt_progress\":{\"total\":9,\"cache\":0},"
             "\"system_fingerprint\":null,\"service_tier\":\"default\",\"x\":[1,[2,{}],-1.5e3]}"));
    assert_text(delta.answer, "a");
    assert_false(delta.has_usage || delta.has_error || delta.has_finish);
    delta = read_chunk(TEXT("{\"choices\":[],\"sglext\":{\"text\":\"no\"}}"));
    assert_false(delta_has_text(&delta));
}

static void timings_tell_what_came_from_the_cache(void **state)
{
    (void)state;
    struct delta delta =
        read_chunk(TEXT("{\"choices\":[{\"finish_reason\":\"length\",\"delta\":{}}],\"timings\":"
                        "{\"cache_n\":35,\"prompt_n\":1,\"prompt_ms\":2.113,\"predicted_n\":8}}"));
    assert_int_equal(delta.engine_cached_tokens, 35);
    assert_int_equal(delta.engine_prompt_tokens, 1);
    delta = read_chunk(TEXT("{\"choices\":[],\"timings\":null}"));
    assert_int_equal(delta.engine_cached_tokens, TOKENS_UNKNOWN);
    assert_int_equal(delta.engine_prompt_tokens, TOKENS_UNKNOWN);
}

static void each_form_of_error_gives_its_message(void **state)
{
    (void)state;
    static const struct {
        struct text data;
        const char *message;
    } errors[] = {
        {TEXT("{\"error\":{\"message\":\"too long\",\"code\":400}}"), "too long"},
        {TEXT("{\"error\":\"too long\"}"), "too long"},
        {TEXT("{\"error\":\"too long\",\"error_type\":\"validation\"}"), "too long"},
        {TEXT("{\"object\":\"error\",\"message\":\"too long\",\"code\":400}"), "too long"},
        {TEXT("{\"message\":\"too long\",\"object\":\"error\"}"), "too long"},
        {TEXT("{\"error\":{\"code\":500}}"), "{\"code\":500}"},
        {TEXT("{\"error\":{\"code\":500,\"message\":null}}"), "{\"code\":500,\"message\":null}"},
        {TEXT("{\"error\":[1]}"), "[1]"},
        {TEXT("{\"object\":\"error\"}"), ""},
    };
    for (size_t i = 0; i < ARRAY_SIZE(errors); i++) {
        struct delta delta = read_chunk(errors[i].data);
        assert_true(delta.has_error);
        assert_text(delta.error, errors[i].message);
    }
    assert_false(read_chunk(TEXT("{\"error\":null,\"choices\":[]}")).has_error);
    assert_false(read_chunk(TEXT("{\"message\":\"no error\",\"choices\":[]}")).has_error);
}

static void what_is_no_json_object_is_bad(void **state)
{
    (void)state;
    static const struct text broken[] = {
        TEXT(""),
        TEXT("null"),
        TEXT("[]"),
        TEXT("\"text\""),
        TEXT("DONE"),
        TEXT("{"),
        TEXT("{\"choices\":[{\"delta\":{\"content\":\"a\"}}]"),
        TEXT("{\"choices\":[{\"delta\":{\"content\":\"a}}]}"),
        TEXT("{\"choices\":[}"),
        TEXT("{\"choices\":[{\"delta\":{\"content\":\"\\x\"}}]}"),
        TEXT("{\"choices\":[{\"delta\":{\"content\":\"\\ud83\"}}]}"),
        TEXT("{\"choices\":[{\"delta\":{\"content\":\"a\tb\"}}]}"),
        TEXT("{\"choices\":[]}{}"),
        TEXT("{\"usage\":{\"prompt_tokens\":}}"),
        TEXT("{\"usage\":{\"prompt_tokens\":01}}"),
        TEXT("{\"error\":{\"message\":}}"),
        TEXT("{\"error\":nul}"),
        TEXT("{'choices':[]}"),
    };
    struct delta delta;
    for (size_t i = 0; i < ARRAY_SIZE(broken); i++)
        if (delta_read(&delta, broken[i]) != DELTA_BAD_JSON)
            fail_msg("taken: %s", broken[i].data);
}

static void a_chunk_has_the_id_of_its_answer_wherever_it_stands(void **state)
{
    (void)state;
    struct text id;
    assert_true(delta_read_id(TEXT("{\"id\":\"chatcmpl-7f3a\",\"choices\":[]}"), &id));
    assert_text(id, "chatcmpl-7f3a");
    assert_true(delta_read_id(TEXT(" {\"choices\":[{\"id\":1}],\"id\":\"a\\u001b\"} "), &id));
    assert_text(id, "a\\u001b");
    static const char *const none[] = {
        "{\"id\":7}", "{\"id\":null}", "{\"id\":\"\"}", "{}", "[DONE]", "{\"id\":\"x", ""};
    for (size_t i = 0; i < ARRAY_SIZE(none); i++)
        assert_false(delta_read_id(text_of(none[i]), &id));
}

static void the_end_is_known_with_and_without_spaces(void **state)
{
    (void)state;
    static const struct text ends[] = {TEXT("[DONE]"), TEXT(" [DONE]"), TEXT("[DONE] \r")};
    struct delta delta;
    for (size_t i = 0; i < ARRAY_SIZE(ends); i++)
        assert_int_equal(delta_read(&delta, ends[i]), DELTA_DONE);
    assert_int_equal(delta_read(&delta, TEXT("[DONE]x")), DELTA_BAD_JSON);
    assert_int_equal(delta_read(&delta, TEXT("[ DONE ]")), DELTA_BAD_JSON);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(chunks_without_text_are_no_tokens),
        cmocka_unit_test(content_is_the_answer),
        cmocka_unit_test(a_completions_text_is_the_answer),
        cmocka_unit_test(reasoning_is_text_but_no_answer),
        cmocka_unit_test(a_tool_calls_name_or_arguments_are_text),
        cmocka_unit_test(parts_are_joined_into_the_answer),
        cmocka_unit_test(escapes_stay_as_they_are),
        cmocka_unit_test(a_finish_comes_with_text_or_alone),
        cmocka_unit_test(usage_stands_in_its_own_chunk_or_in_every_one),
        cmocka_unit_test(null_and_all_zero_usage_are_none),
        cmocka_unit_test(a_count_that_cannot_be_is_unknown_and_no_error),
        cmocka_unit_test(padding_and_vendor_fields_are_passed_over),
        cmocka_unit_test(timings_tell_what_came_from_the_cache),
        cmocka_unit_test(each_form_of_error_gives_its_message),
        cmocka_unit_test(what_is_no_json_object_is_bad),
        cmocka_unit_test(a_chunk_has_the_id_of_its_answer_wherever_it_stands),
        cmocka_unit_test(the_end_is_known_with_and_without_spaces),
    };
    return cmocka_run_group_tests_name("delta", tests, NULL, NULL);
}
