#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/memory.h"
#include "client/conversation.h"

enum { TURNS_MOST = 8 };

static struct config config;
static struct dataset dataset;
static struct body_shape shape;
static struct conversation_rules rules;
static struct conversation conversation;
static struct request requests[TURNS_MOST];
static const struct record answered = {.completion_tokens = 10, .reasoning_tokens = 4};
static const struct record failed = {.error = ERR_TRUNCATED};

static int begin(void **state)
{
    (void)state;
    config_default(&config);
    shape = (struct body_shape){.model = "m", .config = &config};
    rules = (struct conversation_rules){.shape = &shape};
    memset(requests, 0, sizeof requests);
    return 0;
}

static int end(void **state)
{
    (void)state;
    conversation_free(&conversation);
    dataset_free(&dataset);
    config_free(&config);
    return 0;
}

static void talk(const char *row, const struct message_lengths *lengths)
{
    struct error error;
    struct buffer texts = {0};
    dataset = (struct dataset){0};
    if (!dataset_parse(&dataset, text_of(row), false, &error))
        fail_msg("%s", error.text);
    requests[0].index = 7;
    conversation_init(&conversation, &rules, dataset.samples, lengths, requests, &texts);
    buffer_free(&texts);
}

/* The messages of a body as "role:content|…". */
static void assert_says(const struct request *request, const char *wanted)
{
    struct buffer said = {0};
    struct json_scan scan = json_scan_begin(request->body);
    struct text key, value;
    json_enter_object(&scan);
    while (json_next_key(&scan, &key) && !text_is(key, "messages"))
        json_skip(&scan);
    json_enter_array(&scan);
    while (json_next_element(&scan)) {
        json_enter_object(&scan);
        while (json_next_key(&scan, &key) && json_scan_string(&scan, &value)) {
            buffer_add_text(&said, value);
            buffer_add_char(&said, text_is(key, "role") ? ':' : '|');
        }
    }
    assert_string_equal(said.data, wanted);
    assert_true(request->body_hash == text_hash(TEXT_HASH_SEED, request->body));
    buffer_free(&said);
}

static const struct request *next(const struct request *request, const char *reply)
{
    return conversation_next(request, &answered, text_of(reply));
}

static void the_history_holds_the_models_replies_instead_of_the_datasets(void **state)
{
    (void)state;
    talk("{\"messages\":[{\"role\":\"system\",\"content\":\"S\"},{\"role\":\"user\",\"content\":"
         "\"Q1\"},"
         "{\"role\":\"assistant\",\"content\":\"theirs\"},{\"role\":\"user\",\"content\":\"Q2\"},"
         "{\"role\":\"assistant\",\"content\":\"theirs\"},{\"role\":\"user\",\"content\":\"Q3\"}]}",
         NULL);
    assert_int_equal(requests[0].turns, 3);
    assert_says(&requests[0], "system:S|user:Q1|");
    const struct request *second = next(&requests[0], "one \\\"1\\\"");
    assert_ptr_equal(second, &requests[1]);
    assert_says(second, "system:S|user:Q1|assistant:one \\\"1\\\"|user:Q2|");
    const struct request *third = next(second, "two");
    assert_says(third, "system:S|user:Q1|assistant:one \\\"1\\\"|user:Q2|assistant:two|user:Q3|");
    assert_null(next(third, "three"));
    assert_int_equal(third->turn, 3);
    assert_int_equal(third->index, 9);
}

static void the_datasets_replies_are_kept_when_asked_for(void **state)
{
    (void)state;
    config.history = HISTORY_DATASET;
    talk("{\"conversations\":[{\"from\":\"gpt\",\"value\":\"hello\"},{\"from\":\"human\",\"value\":"
         "\"Q1\"},{\"from\":\"gpt\",\"value\":\"theirs\"},{\"from\":\"human\",\"value\":\"Q2\"}]}",
         NULL);
    assert_says(&requests[0], "assistant:hello|user:Q1|");
    assert_says(next(&requests[0], "ours"), "assistant:hello|user:Q1|assistant:theirs|user:Q2|");
}

static void a_greeting_of_the_dataset_is_no_reply_of_the_model(void **state)
{
    (void)state;
    talk("{\"conversations\":[{\"from\":\"gpt\",\"value\":\"hello\"},{\"from\":\"human\",\"value\":"
         "\"Q1\"},{\"from\":\"gpt\",\"value\":\"theirs\"},{\"from\":\"human\",\"value\":\"Q2\"}]}",
         NULL);
    assert_says(&requests[0], "user:Q1|");
}

static void later_rounds_find_the_bodies_of_the_first(void **state)
{
    (void)state;
    talk("{\"user_messages\":[\"Q1\",\"Q2\"]}", NULL);
    const struct request *second = next(&requests[0], "first round");
    struct text body = second->body;
    assert_ptr_equal(next(&requests[0], "another"), second);
    assert_ptr_equal(second->body.data, body.data);
    assert_says(second, "user:Q1|assistant:first round|user:Q2|");
}

static void a_failed_turn_ends_the_conversation_for_all_rounds(void **state)
{
    (void)state;
    talk("{\"user_messages\":[\"Q1\",\"Q2\",\"Q3\"]}", NULL);
    const struct request *second = next(&requests[0], "a");
    assert_null(conversation_next(second, &failed, text_of("half")));
    assert_ptr_equal(next(&requests[0], "a"), second);
    assert_null(next(second, "b"));
    assert_int_equal(request_turns_left(second), 2);
}

static void a_round_that_ends_early_ends_conversations_too(void **state)
{
    (void)state;
    talk("{\"user_messages\":[\"Q1\",\"Q2\"]}", NULL);
    conversation_end_with(&requests[0]);
    assert_null(next(&requests[0], "a"));
}

static void a_row_sent_whole_is_one_request(void **state)
{
    (void)state;
    config.mode = MODE_DUAL_ROUND;
    talk("{\"user_messages\":[\"Q1\",\"Q2\"]}", NULL);
    assert_int_equal(requests[0].turns, 1);
    assert_says(&requests[0], "user:Q1|user:Q2|");
    assert_null(next(&requests[0], "a"));
}

/* Replies count what usage says less what was only thought: 6 each. 5 more for each message after
 * the first, and 8 beside: 8 + 20 + 5 + 6 + 5 + 20 = 64 for two turns with a reply. */
static void the_oldest_turns_give_way_to_the_limit(void **state)
{
    (void)state;
    uint32_t tokens[] = {20, 20, 20};
    struct message_lengths lengths = {tokens, 8};
    config.max_context_tokens = 64;
    talk("{\"user_messages\":[\"Q1\",\"Q2\",\"Q3\"]}", &lengths);
    const struct request *second = next(&requests[0], "a"), *third = next(second, "b");
    assert_says(second, "user:Q1|assistant:a|user:Q2|");
    assert_int_equal(second->dropped_turns, 0);
    assert_says(third, "user:Q2|assistant:b|user:Q3|");
    assert_int_equal(third->dropped_turns, 1);
    conversation_free(&conversation);
    dataset_free(&dataset);

    config.max_context_tokens = 63;
    talk("{\"user_messages\":[\"Q1\",\"Q2\",\"Q3\"]}", &lengths);
    second = next(&requests[0], "a");
    assert_says(second, "user:Q2|");
    assert_int_equal(second->dropped_turns, 1);
}

static void neither_instructions_nor_the_question_are_dropped(void **state)
{
    (void)state;
    uint32_t tokens[] = {50, 20, 9, 20, 70};
    struct message_lengths lengths = {tokens, 0};
    config.max_context_tokens = 10;
    config.mode = MODE_DUAL_ROUND;
    talk("{\"messages\":[{\"role\":\"system\",\"content\":\"S\"},{\"role\":\"user\",\"content\":"
         "\"Q1\"},"
         "{\"role\":\"assistant\",\"content\":\"A\"},{\"role\":\"developer\",\"content\":\"D\"},"
         "{\"role\":\"user\",\"content\":\"Q2\"}]}",
         &lengths);
    assert_says(&requests[0], "system:S|developer:D|user:Q2|");
    assert_int_equal(requests[0].dropped_turns, 1);
}

static void the_salt_stands_before_what_is_left(void **state)
{
    (void)state;
    uint32_t tokens[] = {20, 20};
    struct message_lengths lengths = {tokens, 8};
    config.max_context_tokens = 30;
    rules.salt = TEXT("[0123abcd]");
    talk("{\"user_messages\":[\"Q1\",\"Q2\"]}", &lengths);
    assert_says(next(&requests[0], "a"), "user:[0123abcd]\\nQ2|");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)
    const struct CMUnitTest tests[] = {
        TEST(the_history_holds_the_models_replies_instead_of_the_datasets),
        TEST(the_datasets_replies_are_kept_when_asked_for),
        TEST(a_greeting_of_the_dataset_is_no_reply_of_the_model),
        TEST(later_rounds_find_the_bodies_of_the_first),
        TEST(a_failed_turn_ends_the_conversation_for_all_rounds),
        TEST(a_round_that_ends_early_ends_conversations_too),
        TEST(a_row_sent_whole_is_one_request),
        TEST(the_oldest_turns_give_way_to_the_limit),
        TEST(neither_instructions_nor_the_question_are_dropped),
        TEST(the_salt_stands_before_what_is_left),
    };
    return cmocka_run_group_tests_name("conversation", tests, NULL, NULL);
}
