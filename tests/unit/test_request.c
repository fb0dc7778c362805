#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/json.h"
#include "base/memory.h"
#include "client/request.h"

static struct config config;
static struct body_shape shape;

/* Borrowed strings only: there is nothing to free. */
static int begin(void **state)
{
    (void)state;
    config_default(&config);
    shape = (struct body_shape){.model = "m", .config = &config};
    return 0;
}

static int end(void **state)
{
    (void)state;
    config.extra_body = config.system_prompt = NULL;
    config_free(&config);
    return 0;
}

static struct message hello = {.role = "user", .content = TEXT("\"Say \\u00e9\"")};

static struct sample sample_of(struct message *messages, uint32_t count)
{
    return (struct sample){.messages = messages, .message_count = count, .max_tokens = -1};
}

static void assert_body(const struct sample *sample, const char *salt, const char *wanted)
{
    struct buffer body = {0};
    request_build_body(&body, &shape, sample, text_of(salt));
    assert_string_equal(body.data, wanted);
    struct json_scan scan = json_scan_begin(buffer_text(&body));
    assert_true(json_skip(&scan) && json_scan_done(&scan));
    buffer_free(&body);
}

static void assert_hello(const char *salt, const char *wanted)
{
    struct sample sample = sample_of(&hello, 1);
    assert_body(&sample, salt, wanted);
}

#define HELLO "{\"role\":\"user\",\"content\":\"Say \\u00e9\"}"
#define HEAD  "{\"model\":\"m\",\"messages\":[" HELLO "],\"stream\":true"

static void nothing_is_sent_that_was_not_asked_for(void **state)
{
    (void)state;
    assert_hello(NULL, HEAD "}");
}

static void the_probe_decides_about_usage(void **state)
{
    (void)state;
    shape.include_usage = true;
    assert_hello(NULL, HEAD ",\"stream_options\":{\"include_usage\":true}}");
}

static void options_that_are_given_are_sent(void **state)
{
    (void)state;
    config.max_output_tokens = 100;
    config.min_output_tokens = 0;
    config.ignore_eos = true;
    config.temperature = 0;
    config.top_p = 0.95;
    assert_hello(NULL, HEAD ",\"max_tokens\":100,\"min_tokens\":0,\"ignore_eos\":true,"
                            "\"temperature\":0.0000,\"top_p\":0.9500}");
}

static void the_limit_takes_the_name_that_the_server_takes(void **state)
{
    (void)state;
    config.max_output_tokens = 100;
    shape.max_completion_tokens = true;
    assert_hello(NULL, HEAD ",\"max_completion_tokens\":100}");
}

static void a_rows_own_limit_holds_and_the_option_caps_it(void **state)
{
    (void)state;
    struct sample sample = sample_of(&hello, 1);
    sample.max_tokens = 7;
    assert_body(&sample, NULL, HEAD ",\"max_tokens\":7}");
    config.max_output_tokens = 100;
    assert_body(&sample, NULL, HEAD ",\"max_tokens\":7}");
    config.max_output_tokens = 5;
    assert_body(&sample, NULL, HEAD ",\"max_tokens\":5}");
    sample.max_tokens = 0;
    assert_body(&sample, NULL, HEAD ",\"max_tokens\":0}");
}

static void messages_keep_their_order_and_further_members(void **state)
{
    (void)state;
    struct message messages[] = {
        {.role = "system", .content = TEXT("\"S\"")},
        {.role = "assistant",
         .content = TEXT("null"),
         .others = TEXT(",\"tool_calls\":[{\"id\":\"a\"}]")},
        {.role = "user", .content = TEXT("[{\"type\":\"text\",\"text\":\"x\"}]")},
    };
    struct sample sample = sample_of(messages, 3);
    assert_body(&sample, NULL,
                "{\"model\":\"m\",\"messages\":[{\"role\":\"system\",\"content\":\"S\"},"
                "{\"role\":\"assistant\",\"content\":null,\"tool_calls\":[{\"id\":\"a\"}]},"
                "{\"role\":\"user\",\"content\":[{\"type\":\"text\",\"text\":\"x\"}]}],"
                "\"stream\":true}");
}

static void the_salt_is_the_first_line_of_the_first_message(void **state)
{
    (void)state;
    static const struct {
        struct text content;
        const char *salted;
    } forms[] = {
        {TEXT("\"a\\n\""), "\"[0123abcd]\\na\\n\""},
        {TEXT("\"\""), "\"[0123abcd]\\n\""},
        {TEXT("[{\"type\":\"text\",\"text\":\"x\"}]"),
         "[{\"type\":\"text\",\"text\":\"[0123abcd]\\n\"},{\"type\":\"text\",\"text\":\"x\"}]"},
        {TEXT("[ ]"), "[{\"type\":\"text\",\"text\":\"[0123abcd]\\n\"} ]"},
        {TEXT("null"), "\"[0123abcd]\\n\""},
    };
    for (size_t i = 0; i < ARRAY_SIZE(forms); i++) {
        struct message messages[] = {{.role = "user", .content = forms[i].content}, hello};
        struct sample sample = sample_of(messages, 2);
        struct buffer wanted = {0};
        buffer_printf(&wanted,
                      "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":%s}," HELLO
                      "],\"stream\":true}",
                      forms[i].salted);
        assert_body(&sample, "[0123abcd]", wanted.data);
        buffer_free(&wanted);
    }
}

static void the_system_prompt_stands_in_front_with_the_salt(void **state)
{
    (void)state;
    char prompt[] = "Be \"kind\"\n";
    config.system_prompt = prompt;
    assert_hello(NULL, "{\"model\":\"m\",\"messages\":[{\"role\":\"system\",\"content\":"
                       "\"Be \\\"kind\\\"\\n\"}," HELLO "],\"stream\":true}");
    assert_hello("[01]", "{\"model\":\"m\",\"messages\":[{\"role\":\"system\",\"content\":"
                         "\"[01]\\nBe \\\"kind\\\"\\n\"}," HELLO "],\"stream\":true}");
}

static void a_row_with_its_own_system_message_keeps_it(void **state)
{
    (void)state;
    char prompt[] = "Be kind";
    struct message messages[] = {{.role = "system", .content = TEXT("\"S\"")}, hello};
    struct sample sample = sample_of(messages, 2);
    config.system_prompt = prompt;
    assert_body(&sample, NULL,
                "{\"model\":\"m\",\"messages\":[{\"role\":\"system\",\"content\":\"S\"}," HELLO
                "],\"stream\":true}");
    shape.completions = true;
    assert_body(&sample, NULL,
                "{\"model\":\"m\",\"prompt\":\"S\\n\\nSay \xc3\xa9\","
                "\"stream\":true}");
}

static void completions_take_one_plain_prompt(void **state)
{
    (void)state;
    char prompt[] = "Be kind";
    shape.completions = true;
    assert_hello(NULL, "{\"model\":\"m\",\"prompt\":\"Say \xc3\xa9\",\"stream\":true}");
    config.system_prompt = prompt;
    assert_hello("[01]", "{\"model\":\"m\",\"prompt\":\"[01]\\nBe kind\\n\\nSay \xc3\xa9\","
                         "\"stream\":true}");
}

static void extra_body_is_added_and_wins(void **state)
{
    (void)state;
    char extra[] =
        " {\"model\": \"other\", \"temperature\":0.5,\"stream_options\":{}, \"max_tokens\""
        ":3,\"min_tokens\":1,\"ignore_eos\":false,\"top_p\":1,\"top_k\":[1, {\"a\":\"}\"}]}";
    config.extra_body = extra;
    config.max_output_tokens = 100;
    config.min_output_tokens = 10;
    config.ignore_eos = true;
    config.temperature = 1;
    config.top_p = 0.5;
    shape.include_usage = true;
    assert_hello(NULL, "{\"messages\":[" HELLO "],\"stream\":true,\"model\":\"other\","
                       "\"temperature\":0.5,\"stream_options\":{},\"max_tokens\":3,"
                       "\"min_tokens\":1,\"ignore_eos\":false,\"top_p\":1,"
                       "\"top_k\":[1, {\"a\":\"}\"}]}");
}

static void an_extra_limit_wins_under_either_name(void **state)
{
    (void)state;
    char extra[] = "{\"max_completion_tokens\":3}";
    config.extra_body = extra;
    config.max_output_tokens = 100;
    assert_hello(NULL, HEAD ",\"max_completion_tokens\":3}");
}

static void an_empty_extra_body_adds_nothing(void **state)
{
    (void)state;
    char extra[] = "{ }";
    config.extra_body = extra;
    assert_hello(NULL, HEAD "}");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)
    const struct CMUnitTest tests[] = {
        TEST(nothing_is_sent_that_was_not_asked_for),
        TEST(the_probe_decides_about_usage),
        TEST(options_that_are_given_are_sent),
        TEST(the_limit_takes_the_name_that_the_server_takes),
        TEST(a_rows_own_limit_holds_and_the_option_caps_it),
        TEST(messages_keep_their_order_and_further_members),
        TEST(the_salt_is_the_first_line_of_the_first_message),
        TEST(the_system_prompt_stands_in_front_with_the_salt),
        TEST(a_row_with_its_own_system_message_keeps_it),
        TEST(completions_take_one_plain_prompt),
        TEST(extra_body_is_added_and_wins),
        TEST(an_extra_limit_wins_under_either_name),
        TEST(an_empty_extra_body_adds_nothing),
    };
    return cmocka_run_group_tests_name("request", tests, NULL, NULL);
}
