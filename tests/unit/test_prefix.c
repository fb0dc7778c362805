#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>

#include "base/memory.h"
#include "base/random.h"
#include "benchmark/prefix.h"

enum { MOST = 60 };

static const struct config plain;

struct prompts {
    char text[MOST][80]; /* with quotes, as JSON */
    struct message messages[MOST];
    struct sample samples[MOST];
    struct request requests[MOST];
    struct conversation conversations[MOST];
    uint32_t count;
};

static void add_prompt(struct prompts *prompts, const char *text)
{
    uint32_t i = prompts->count++;
    int size = snprintf(prompts->text[i], sizeof prompts->text[i], "\"%s\"", text);
    assert_in_range(size, 2, sizeof prompts->text[i] - 1);
    prompts->messages[i] = (struct message){.role = "user", .content = text_of(prompts->text[i])};
    prompts->samples[i] = (struct sample){.messages = &prompts->messages[i], .message_count = 1};
}

static void measure(struct prompts *prompts, const struct config *config)
{
    struct prefix_set set;
    memset(prompts->requests, 0, sizeof prompts->requests);
    prefix_set_init(&set, prompts->count);
    for (uint32_t i = 0; i < prompts->count; i++) {
        struct buffer texts = {0};
        request_plain_text(&texts, config, &prompts->samples[i]);
        prefix_set_add(&set, buffer_text(&texts));
        prompts->conversations[i].requests = &prompts->requests[i];
        buffer_free(&texts);
    }
    prefix_set_measure(&set, prompts->conversations);
    prefix_set_free(&set);
}

static void each_prompt_shares_with_the_one_most_like_it(void **state)
{
    (void)state;
    struct prompts prompts = {0};
    add_prompt(&prompts, "abcX");
    add_prompt(&prompts, "zzz");
    add_prompt(&prompts, "abcdY");
    add_prompt(&prompts, "abcdYY");
    measure(&prompts, &plain);
    static const uint32_t sizes[] = {4, 3, 5, 6}, shared[] = {3, 0, 5, 5};
    for (uint32_t i = 0; i < prompts.count; i++) {
        assert_int_equal(prompts.requests[i].prompt_bytes, sizes[i]);
        assert_int_equal(prompts.requests[i].shared_bytes, shared[i]);
    }
}

static void equal_prompts_share_all_and_a_single_one_nothing(void **state)
{
    (void)state;
    struct prompts prompts = {0};
    add_prompt(&prompts, "same");
    measure(&prompts, &plain);
    assert_int_equal(prompts.requests[0].shared_bytes, 0);
    add_prompt(&prompts, "same");
    measure(&prompts, &plain);
    assert_int_equal(prompts.requests[0].shared_bytes, 4);
    assert_int_equal(prompts.requests[1].shared_bytes, 4);
}

static void empty_prompts_share_nothing(void **state)
{
    (void)state;
    struct prompts prompts = {0};
    add_prompt(&prompts, "");
    add_prompt(&prompts, "");
    measure(&prompts, &plain);
    assert_int_equal(prompts.requests[0].prompt_bytes + prompts.requests[0].shared_bytes, 0);
}

static void the_system_prompt_is_shared_by_all(void **state)
{
    (void)state;
    struct prompts prompts = {0};
    char system[] = "Be kind.";
    const struct config config = {.system_prompt = system};
    add_prompt(&prompts, "a");
    add_prompt(&prompts, "b");
    measure(&prompts, &config);
    assert_int_equal(prompts.requests[0].prompt_bytes, sizeof "Be kind.\n\na" - 1);
    assert_int_equal(prompts.requests[0].shared_bytes, sizeof "Be kind.\n\n" - 1);
}

static uint32_t brute_force_shared(const struct prompts *prompts, uint32_t which)
{
    uint32_t longest = 0;
    const char *text = prompts->text[which] + 1;
    for (uint32_t i = 0; i < prompts->count; i++) {
        const char *other = prompts->text[i] + 1;
        uint32_t same = 0;
        while (text[same] != '"' && text[same] == other[same])
            same++;
        if (i != which && same > longest)
            longest = same;
    }
    return longest;
}

/* Short texts of two letters, and bytes above 127, so that shared beginnings are common. */
static void random_texts_agree_with_a_comparison_of_all_pairs(void **state)
{
    (void)state;
    static const char *const pieces[] = {"a", "b", "\xc3\xa9", "ab"};
    struct random random;
    random_seed(&random, 5);
    for (int trial = 0; trial < 300; trial++) {
        struct prompts prompts = {0};
        uint64_t count = 1 + random_below(&random, MOST);
        for (uint64_t i = 0; i < count; i++) {
            char text[40] = "";
            for (uint64_t left = random_below(&random, 12); left; left--)
                strcat(text, pieces[random_below(&random, ARRAY_SIZE(pieces))]);
            add_prompt(&prompts, text);
        }
        measure(&prompts, &plain);
        for (uint32_t i = 0; i < prompts.count; i++) {
            assert_int_equal(prompts.requests[i].prompt_bytes, strlen(prompts.text[i]) - 2);
            assert_int_equal(prompts.requests[i].shared_bytes, brute_force_shared(&prompts, i));
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_prompt_shares_with_the_one_most_like_it),
        cmocka_unit_test(equal_prompts_share_all_and_a_single_one_nothing),
        cmocka_unit_test(empty_prompts_share_nothing),
        cmocka_unit_test(the_system_prompt_is_shared_by_all),
        cmocka_unit_test(random_texts_agree_with_a_comparison_of_all_pairs),
    };
    return cmocka_run_group_tests_name("prefix", tests, NULL, NULL);
}
