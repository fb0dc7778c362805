#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "mock/prefix_cache.h"

/* A prompt of `tokens` one-letter words, all `letter` after the first `shared`, which are 's'. */
static struct prompt_blocks prompt_of(size_t tokens, size_t shared, char letter, uint64_t salt)
{
    char text[4096];
    assert_true(tokens * 2 < sizeof text);
    for (size_t i = 0; i < tokens; i++) {
        text[2 * i] = ' ';
        text[2 * i + 1] = i < shared ? 's' : letter;
    }
    struct prompt_blocks blocks;
    prompt_blocks_init(&blocks, (struct text){text, tokens * 2}, salt);
    assert_int_equal(blocks.tokens, tokens);
    return blocks;
}

static void a_prompt_is_found_only_after_it_was_inserted(void **state)
{
    (void)state;
    struct prefix_cache cache;
    prefix_cache_init(&cache, 1600);
    struct prompt_blocks prompt = prompt_of(100, 0, 'a', 0);
    assert_int_equal(prefix_cache_match(&cache, &prompt), 0);
    assert_int_equal(prefix_cache_insert(&cache, &prompt), 96);
    assert_int_equal(prefix_cache_match(&cache, &prompt), 96);
    assert_int_equal(prefix_cache_insert(&cache, &prompt), 0);
    assert_int_equal(prefix_cache_tokens(&cache), 96);
    prompt_blocks_free(&prompt);
    prefix_cache_free(&cache);
}

static void the_last_token_is_always_computed(void **state)
{
    (void)state;
    struct prefix_cache cache;
    prefix_cache_init(&cache, 1600);
    struct prompt_blocks prompt = prompt_of(64, 0, 'a', 0);
    prefix_cache_insert(&cache, &prompt);
    assert_int_equal(prefix_cache_match(&cache, &prompt), 48);
    prompt_blocks_free(&prompt);
    prefix_cache_free(&cache);
}

static void prompts_share_only_their_common_beginning(void **state)
{
    (void)state;
    struct prefix_cache cache;
    prefix_cache_init(&cache, 1600);
    struct prompt_blocks a = prompt_of(100, 40, 'a', 0);
    struct prompt_blocks b = prompt_of(100, 40, 'b', 0);
    struct prompt_blocks other_start = prompt_of(100, 0, 'a', 0);
    prefix_cache_insert(&cache, &a);
    assert_int_equal(prefix_cache_match(&cache, &b), 32);
    assert_int_equal(prefix_cache_match(&cache, &other_start), 0);
    prompt_blocks_free(&a);
    prompt_blocks_free(&b);
    prompt_blocks_free(&other_start);
    prefix_cache_free(&cache);
}

static void a_salt_keeps_equal_prompts_apart(void **state)
{
    (void)state;
    struct prefix_cache cache;
    prefix_cache_init(&cache, 1600);
    struct prompt_blocks plain = prompt_of(100, 0, 'a', 0);
    struct prompt_blocks salted = prompt_of(100, 0, 'a', 5);
    prefix_cache_insert(&cache, &plain);
    assert_int_equal(prefix_cache_match(&cache, &salted), 0);
    prompt_blocks_free(&plain);
    prompt_blocks_free(&salted);
    prefix_cache_free(&cache);
}

static void the_least_recently_used_leaves_first_and_from_its_end(void **state)
{
    (void)state;
    struct prefix_cache cache;
    prefix_cache_init(&cache, 8 * BLOCK_TOKENS);
    struct prompt_blocks a = prompt_of(65, 0, 'a', 0), b = prompt_of(65, 0, 'b', 0);
    struct prompt_blocks c = prompt_of(33, 0, 'c', 0);
    prefix_cache_insert(&cache, &a);
    prefix_cache_insert(&cache, &b);
    assert_int_equal(cache.evicted, 0);
    prefix_cache_match(&cache, &a);
    prefix_cache_insert(&cache, &c);
    assert_int_equal(cache.evicted, 2);
    assert_int_equal(prefix_cache_match(&cache, &a), 64);
    assert_int_equal(prefix_cache_match(&cache, &b), 32);
    assert_int_equal(prefix_cache_tokens(&cache), 8 * BLOCK_TOKENS);
    prompt_blocks_free(&a);
    prompt_blocks_free(&b);
    prompt_blocks_free(&c);
    prefix_cache_free(&cache);
}

static void a_prompt_longer_than_the_cache_keeps_its_beginning(void **state)
{
    (void)state;
    struct prefix_cache cache;
    prefix_cache_init(&cache, 3 * BLOCK_TOKENS);
    struct prompt_blocks prompt = prompt_of(200, 0, 'a', 0);
    prefix_cache_insert(&cache, &prompt);
    assert_int_equal(prefix_cache_match(&cache, &prompt), 48);
    prompt_blocks_free(&prompt);
    prefix_cache_free(&cache);
}

static void a_cleared_or_sizeless_cache_finds_nothing(void **state)
{
    (void)state;
    struct prompt_blocks prompt = prompt_of(100, 0, 'a', 0);
    struct prefix_cache cache;
    prefix_cache_init(&cache, 1600);
    prefix_cache_insert(&cache, &prompt);
    prefix_cache_clear(&cache);
    assert_int_equal(prefix_cache_tokens(&cache), 0);
    assert_int_equal(prefix_cache_match(&cache, &prompt), 0);
    prefix_cache_free(&cache);

    prefix_cache_init(&cache, 0);
    assert_int_equal(prefix_cache_insert(&cache, &prompt), 0);
    assert_int_equal(prefix_cache_match(&cache, &prompt), 0);
    prefix_cache_free(&cache);
    prompt_blocks_free(&prompt);
}

static void it_holds_what_it_promises_while_it_grows(void **state)
{
    (void)state;
    struct prefix_cache cache;
    prefix_cache_init(&cache, 3000 * BLOCK_TOKENS);
    struct prompt_blocks prompt[80];
    for (size_t i = 0; i < 80; i++) {
        prompt[i] = prompt_of(321, 0, 'a', i + 1);
        assert_int_equal(prefix_cache_insert(&cache, &prompt[i]), 320);
    }
    assert_int_equal(cache.evicted, 0);
    for (size_t i = 0; i < 80; i++) {
        assert_int_equal(prefix_cache_match(&cache, &prompt[i]), 320);
        prompt_blocks_free(&prompt[i]);
    }
    prefix_cache_free(&cache);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_prompt_is_found_only_after_it_was_inserted),
        cmocka_unit_test(the_last_token_is_always_computed),
        cmocka_unit_test(prompts_share_only_their_common_beginning),
        cmocka_unit_test(a_salt_keeps_equal_prompts_apart),
        cmocka_unit_test(the_least_recently_used_leaves_first_and_from_its_end),
        cmocka_unit_test(a_prompt_longer_than_the_cache_keeps_its_beginning),
        cmocka_unit_test(a_cleared_or_sizeless_cache_finds_nothing),
        cmocka_unit_test(it_holds_what_it_promises_while_it_grows),
    };
    return cmocka_run_group_tests_name("prefix_cache", tests, NULL, NULL);
}
