#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/memory.h"
#include "base/random.h"
#include "mock/tokens.h"

static void assert_comes_back(struct text text)
{
    struct text rest = text;
    size_t at = 0;
    for (struct text token; (token = token_cut(&rest)).size;) {
        char bytes[TOKEN_MAX_BYTES];
        uint64_t id = token_id(token);
        assert_true(id < (uint64_t)1 << 53);
        size_t size = token_bytes(id, bytes);
        assert_true(at + size <= text.size);
        assert_memory_equal(bytes, text.data + at, size);
        at += size;
    }
    assert_int_equal(at, text.size);
}

static void a_word_takes_the_space_before_it(void **state)
{
    (void)state;
    struct text rest = TEXT("the cat, it");
    assert_true(text_is(token_cut(&rest), "the"));
    assert_true(text_is(token_cut(&rest), " cat"));
    assert_true(text_is(token_cut(&rest), ","));
    assert_true(text_is(token_cut(&rest), " it"));
    assert_int_equal(token_cut(&rest).size, 0);
}

static void english_has_about_four_bytes_a_token(void **state)
{
    (void)state;
    struct text text =
        TEXT("The river keeps its own time and whoever wants to cross it waits for the "
             "ferry, which comes when enough people stand on the landing stage.");
    double ratio = (double)text.size / (double)token_count(text);
    assert_true(ratio > 3.5 && ratio < 5.0);
}

static void a_chinese_character_is_a_token(void **state)
{
    (void)state;
    assert_int_equal(token_count(TEXT("缓存命中率")), 5);
    assert_int_equal(token_count(TEXT("a 缓 b")), 4);
}

static void no_character_is_cut_in_two(void **state)
{
    (void)state;
    struct text rest = TEXT("привет café naïveté");
    for (struct text token; (token = token_cut(&rest)).size;)
        for (size_t length; token.size; token.data += length, token.size -= length) {
            length = utf8_length(token);
            assert_int_not_equal(length, 0);
        }
}

static void tokens_turn_back_into_their_text(void **state)
{
    (void)state;
    assert_comes_back(TEXT("Hello, world!\n\tnaïve 你好 🙂  twice__x 0123456789"));
    assert_comes_back((struct text){"\0\0a\0\xff\xfe\xc3", 7});
    char bytes[4096];
    struct random random;
    random_seed(&random, 1);
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (char)random_below(&random, 256);
    assert_comes_back((struct text){bytes, sizeof bytes});
}

static void a_number_that_is_no_token_has_no_bytes(void **state)
{
    (void)state;
    char bytes[TOKEN_MAX_BYTES];
    assert_int_equal(token_bytes(0, bytes), 0);
    assert_int_equal(token_bytes((uint64_t)1 << 60, bytes), 0);
    assert_int_equal(token_bytes(UINT64_MAX, bytes), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_word_takes_the_space_before_it),
        cmocka_unit_test(english_has_about_four_bytes_a_token),
        cmocka_unit_test(a_chinese_character_is_a_token),
        cmocka_unit_test(no_character_is_cut_in_two),
        cmocka_unit_test(tokens_turn_back_into_their_text),
        cmocka_unit_test(a_number_that_is_no_token_has_no_bytes),
    };
    return cmocka_run_group_tests_name("mock_tokens", tests, NULL, NULL);
}
