#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/memory.h"
#include "base/text.h"

static void trimming_takes_white_space_off_both_ends_only(void **state)
{
    (void)state;
    assert_true(text_is(text_trim(TEXT(" \t a b\r\n")), "a b"));
    assert_true(text_is(text_trim(TEXT(" \n ")), ""));
    assert_true(text_is(text_trim(TEXT("")), ""));
}

static void lines_end_with_lf_or_crlf_or_the_text(void **state)
{
    (void)state;
    struct text rest = TEXT("one\r\n\ntwo\rx\nlast"), line;
    static const char *const expected[] = {"one", "", "two\rx", "last"};
    for (size_t i = 0; i < ARRAY_SIZE(expected); i++) {
        assert_true(text_next_line(&rest, &line));
        assert_true(text_is(line, expected[i]));
    }
    assert_false(text_next_line(&rest, &line));
}

static void a_head_cuts_no_character_in_two(void **state)
{
    (void)state;
    assert_true(text_is(text_head(TEXT("na\xc3\xafve"), 3), "na"));
    assert_true(text_is(text_head(TEXT("na\xc3\xafve"), 4), "na\xc3\xaf"));
    assert_true(text_is(text_head(TEXT("\xf0\x9f\x99\x82"), 3), ""));
    assert_true(text_is(text_head(TEXT("short"), 40), "short"));
}

static void only_a_whole_number_is_a_number(void **state)
{
    (void)state;
    static const struct {
        struct text text;
        bool is_integer, is_real;
    } cases[] = {
        {TEXT("42"), true, true},
        {TEXT("-7"), true, true},
        {TEXT("9223372036854775807"), true, true},
        {TEXT("9223372036854775808"), false, true},
        {TEXT("1.5"), false, true},
        {TEXT("1e3"), false, true},
        {TEXT(""), false, false},
        {TEXT(" 1"), false, false},
        {TEXT("1 "), false, false},
        {TEXT("1x"), false, false},
        {TEXT("1\0"), false, false},
        {TEXT("-"), false, false},
        {TEXT("1,5"), false, false},
    };
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        int64_t integer;
        double real;
        assert_int_equal(text_to_int64(cases[i].text, &integer), cases[i].is_integer);
        assert_int_equal(text_to_double(cases[i].text, &real), cases[i].is_real);
    }
    int64_t integer;
    double real;
    assert_true(text_to_int64(TEXT("-9223372036854775808"), &integer));
    assert_true(integer == INT64_MIN);
    assert_true(text_to_double(TEXT("-2.5e-3"), &real));
    assert_true(real == -2.5e-3);
}

static void the_hash_is_fnv_1a_and_pieces_hash_as_one(void **state)
{
    (void)state;
    assert_true(text_hash(TEXT_HASH_SEED, TEXT("")) == 0xcbf29ce484222325u);
    assert_true(text_hash(TEXT_HASH_SEED, TEXT("a")) == 0xaf63dc4c8601ec8cu);
    assert_true(text_hash(TEXT_HASH_SEED, TEXT("foobar")) == 0x85944171f73967e8u);
    uint64_t hash = text_hash(TEXT_HASH_SEED, TEXT("foo"));
    assert_true(text_hash(hash, TEXT("bar")) == 0x85944171f73967e8u);
}

/* Against the table of well-formed sequences in the Unicode standard (3-7). */
static bool is_well_formed(const unsigned char *b, size_t length)
{
    unsigned low = 0x80, high = 0xbf;
    size_t expected = b[0] < 0x80                    ? 1
                      : b[0] >= 0xc2 && b[0] <= 0xdf ? 2
                      : b[0] >= 0xe0 && b[0] <= 0xef ? 3
                      : b[0] >= 0xf0 && b[0] <= 0xf4 ? 4
                                                     : 0;
    if (expected != length)
        return false;
    if (b[0] == 0xe0)
        low = 0xa0;
    if (b[0] == 0xed)
        high = 0x9f;
    if (b[0] == 0xf0)
        low = 0x90;
    if (b[0] == 0xf4)
        high = 0x8f;
    if (length > 1 && (b[1] < low || b[1] > high))
        return false;
    for (size_t i = 2; i < length; i++)
        if (b[i] < 0x80 || b[i] > 0xbf)
            return false;
    return true;
}

static void utf8_is_what_the_standard_says(void **state)
{
    (void)state;
    for (unsigned pair = 0; pair < 0x10000; pair++) {
        unsigned char bytes[4] = {(unsigned char)(pair >> 8), (unsigned char)pair, 0x80, 0x80};
        for (size_t given = 1; given <= 4; given++) {
            size_t expected = 0;
            for (size_t length = 1; length <= given; length++)
                if (is_well_formed(bytes, length))
                    expected = length;
            struct text text = {(const char *)bytes, given};
            if (utf8_length(text) != expected)
                fail_msg("%02x %02x, %zu bytes given", bytes[0], bytes[1], given);
        }
    }
    assert_int_equal(utf8_length(TEXT("\xe4\xb8\x41")), 0);
    assert_int_equal(utf8_length(TEXT("\xf0\x9f\x99\xc2")), 0);
    assert_int_equal(utf8_length(TEXT("")), 0);
}

static void a_word_is_found_in_a_list_in_any_case(void **state)
{
    (void)state;
    assert_true(text_list_has(TEXT("Keep-Alive"), "keep-alive"));
    assert_true(text_list_has(TEXT("x , CLOSE,y"), "close"));
    assert_false(text_list_has(TEXT("closed, not-close"), "close"));
    assert_false(text_list_has(TEXT(""), "close"));
    assert_true(text_is_nocase(TEXT("cHuNkEd"), "chunked"));
    assert_false(text_is_nocase(TEXT("chunked "), "chunked"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(trimming_takes_white_space_off_both_ends_only),
        cmocka_unit_test(lines_end_with_lf_or_crlf_or_the_text),
        cmocka_unit_test(a_head_cuts_no_character_in_two),
        cmocka_unit_test(only_a_whole_number_is_a_number),
        cmocka_unit_test(the_hash_is_fnv_1a_and_pieces_hash_as_one),
        cmocka_unit_test(utf8_is_what_the_standard_says),
        cmocka_unit_test(a_word_is_found_in_a_list_in_any_case),
    };
    return cmocka_run_group_tests_name("text", tests, NULL, NULL);
}
