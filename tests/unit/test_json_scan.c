#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cjson/cJSON.h>
#include <cmocka.h>
#include <stdlib.h>

#include "base/json.h"
#include "base/memory.h"

static bool accepts(struct text text)
{
    struct json_scan scan = json_scan_begin(text);
    return json_skip(&scan) && json_scan_done(&scan);
}

static bool cjson_accepts(struct text text)
{
    const char *end = NULL;
    cJSON *tree = cJSON_ParseWithLengthOpts(text.data, text.size, &end, false);
    cJSON_Delete(tree);
    if (!tree)
        return false;
    struct text rest = {end, text.size - (size_t)(end - text.data)};
    return text_trim(rest).size == 0;
}

static void the_scanner_and_cjson_agree(void **state)
{
    (void)state;
    static const struct {
        struct text text;
        bool is_valid;
    } documents[] = {
        {TEXT("null"), true},
        {TEXT(" true "), true},
        {TEXT("false"), true},
        {TEXT("0"), true},
        {TEXT("-0"), true},
        {TEXT("-12.5e+3"), true},
        {TEXT("1E9"), true},
        {TEXT("\"\""), true},
        {TEXT("\"a\\u00e9\\n\\\"\\\\\\/\""), true},
        {TEXT("\"\\ud83d\\ude42\""), true},
        {TEXT("[]"), true},
        {TEXT("[ ]"), true},
        {TEXT("{ }"), true},
        {TEXT("[1,[2,[3]],{\"a\":{}}]"), true},
        {TEXT("{\"a\":1,\"b\":[true,false,null]}"), true},
        {TEXT("\r\n{\t\"a\" : \"b\" , \"c\" : [ 1 , 2 ] }\n"), true},
        {TEXT("\"0123456789abcdef0123456789abcdef\\t0123456789abcdef\""), true},
        {TEXT(""), false},
        {TEXT(" "), false},
        {TEXT("nul"), false},
        {TEXT("truex"), false},
        {TEXT("-"), false},
        {TEXT("+1"), false},
        {TEXT(".5"), false},
        {TEXT("1e"), false},
        {TEXT("\""), false},
        {TEXT("\"a"), false},
        {TEXT("\"\\"), false},
        {TEXT("\"\\x\""), false},
        {TEXT("\"\\u12"), false},
        {TEXT("[1,]"), false},
        {TEXT("[,1]"), false},
        {TEXT("[,]"), false},
        {TEXT("[1 2]"), false},
        {TEXT("[1"), false},
        {TEXT("[1}"), false},
        {TEXT("{\"a\"}"), false},
        {TEXT("{\"a\":}"), false},
        {TEXT("{\"a\":1,}"), false},
        {TEXT("{,\"a\":1}"), false},
        {TEXT("{\"a\" 1}"), false},
        {TEXT("{a:1}"), false},
        {TEXT("{\"a\":1 \"b\":2}"), false},
        {TEXT("{\"a\":1]"), false},
        {TEXT("{} {}"), false},
        {TEXT("[]]"), false},
    };
    for (size_t i = 0; i < ARRAY_SIZE(documents); i++) {
        struct text text = documents[i].text;
        if (accepts(text) != documents[i].is_valid || cjson_accepts(text) != documents[i].is_valid)
            fail_msg("scanner %d, cJSON %d: %s", accepts(text), cjson_accepts(text), text.data);
    }
}

static void it_is_stricter_than_cjson_where_the_standard_is(void **state)
{
    (void)state;
    static const struct text documents[] = {
        TEXT("01"),     TEXT("-01"),      TEXT("1."),    TEXT("\"a\tb\""),    TEXT("[1.e2]"),
        TEXT("\x01[]"), TEXT("\"\x1f\""), TEXT("[\f1]"), TEXT("\"\\u12g4\""),
    };
    for (size_t i = 0; i < ARRAY_SIZE(documents); i++)
        if (accepts(documents[i]))
            fail_msg("accepted: %s", documents[i].data);
}

static void nesting_is_bounded(void **state)
{
    (void)state;
    struct buffer deep = {0};
    for (int i = 0; i < 60; i++)
        buffer_add_char(&deep, '[');
    for (int i = 0; i < 60; i++)
        buffer_add_char(&deep, ']');
    assert_true(accepts(buffer_text(&deep)));
    buffer_clear(&deep);
    for (int i = 0; i < 1000000; i++)
        buffer_add_char(&deep, '[');
    assert_false(accepts(buffer_text(&deep)));
    buffer_free(&deep);
}

/* The scanner must see no byte behind the end: each prefix lies alone on the heap, for ASan. */
static void no_prefix_of_a_document_is_valid_nor_read_past_its_end(void **state)
{
    (void)state;
    static const char chunk[] =
        "{\"id\":\"chatcmpl-0123456789abcdef0123456789\",\"created\":1795487185,\"choices\":[{"
        "\"index\":0,\"delta\":{\"content\":\" na\xc3\xafve \\\"\\u00e9\\\"\",\"x\":-1.5e3},"
        "\"logprobs\":null,\"ok\":true,\"finish_reason\":\"a string longer than sixteen\"}]}";
    for (size_t size = 0; size < sizeof chunk - 1; size++) {
        char *copy = xmalloc(size);
        memcpy(copy, chunk, size);
        assert_false(accepts((struct text){copy, size}));
        free(copy);
    }
    assert_true(accepts((struct text){chunk, sizeof chunk - 1}));
}

/* Wherever it stands against the wide steps of the string scan, a special byte is found. */
static void a_special_byte_is_found_at_every_place(void **state)
{
    (void)state;
    for (size_t size = 0; size < 70; size++) {
        for (size_t at = 0; at < size; at++) {
            char string[80];
            memset(string, 0x7f, sizeof string);
            string[0] = string[size + 1] = '"';
            struct json_scan scan = json_scan_begin((struct text){string, size + 2});
            struct text escaped;
            assert_true(json_scan_string(&scan, &escaped));
            assert_int_equal(escaped.size, size);

            string[at + 1] = '"';
            scan = json_scan_begin((struct text){string, size + 2});
            assert_true(json_scan_string(&scan, &escaped));
            assert_int_equal(escaped.size, at);

            string[at + 1] = 0x1f;
            scan = json_scan_begin((struct text){string, size + 2});
            assert_false(json_scan_string(&scan, &escaped));
            assert_ptr_equal(scan.at, string + at + 1);
        }
    }
}

static void a_walk_gives_keys_and_values_as_they_stand(void **state)
{
    (void)state;
    struct json_scan scan = json_scan_begin(
        TEXT("{\"s\": \"a\\nb\", \"i\": -42, \"d\": 2.5, \"t\": true, \"raw\": [1, {\"x\" : 2}] ,"
             "\"list\":[1,2,3], \"big\": 9223372036854775807, \"cut\": 1e3}"));
    struct text key, text;
    int64_t integer = 0, sum = 0;
    double real = 0;
    bool yes = false;
    assert_int_equal(json_peek(&scan), JSON_OBJECT);
    assert_true(json_enter_object(&scan));
    assert_true(json_next_key(&scan, &key) && text_is(key, "s"));
    assert_true(json_scan_string(&scan, &text) && text_is(text, "a\\nb"));
    assert_true(json_next_key(&scan, &key) && json_scan_int64(&scan, &integer));
    assert_int_equal(integer, -42);
    assert_true(json_next_key(&scan, &key) && json_scan_double(&scan, &real));
    assert_true(real == 2.5);
    assert_true(json_next_key(&scan, &key) && json_scan_bool(&scan, &yes) && yes);
    assert_true(json_next_key(&scan, &key) && json_scan_raw(&scan, &text));
    assert_true(text_is(text, "[1, {\"x\" : 2}]"));
    assert_true(json_next_key(&scan, &key) && json_enter_array(&scan));
    while (json_next_element(&scan) && json_scan_int64(&scan, &integer))
        sum += integer;
    assert_int_equal(sum, 6);
    assert_true(json_next_key(&scan, &key) && json_scan_int64(&scan, &integer));
    assert_true(integer == INT64_MAX);
    assert_true(json_next_key(&scan, &key) && json_scan_int64(&scan, &integer));
    assert_int_equal(integer, 1000);
    assert_false(json_next_key(&scan, &key));
    assert_true(json_scan_done(&scan));
}

static void integers_reach_both_ends_of_64_bits_and_no_further(void **state)
{
    (void)state;
    int64_t value = 0;
    struct json_scan scan = json_scan_begin(TEXT("-9223372036854775808"));
    assert_true(json_scan_int64(&scan, &value) && value == INT64_MIN);
    scan = json_scan_begin(TEXT("9223372036854775808"));
    assert_false(json_scan_int64(&scan, &value));
    scan = json_scan_begin(TEXT("-7.9"));
    assert_true(json_scan_int64(&scan, &value) && value == -7);
    scan = json_scan_begin(TEXT("1e400"));
    assert_false(json_scan_int64(&scan, &value));
}

static void a_failure_stays_and_says_what_and_where(void **state)
{
    (void)state;
    struct text text = TEXT("{\"a\": [1, 2 3]}"), key;
    struct json_scan scan = json_scan_begin(text);
    bool value;
    assert_false(json_skip(&scan));
    assert_ptr_equal(scan.at, text.data + 12);
    assert_string_equal(scan.reason, "expected ',' or ']'");
    assert_false(json_scan_bool(&scan, &value));
    assert_false(json_next_key(&scan, &key));
    assert_false(json_scan_done(&scan));
    assert_int_equal(json_peek(&scan), JSON_INVALID);
    assert_string_equal(scan.reason, "expected ',' or ']'");
}

static void unescaping_gives_the_text_meant(void **state)
{
    (void)state;
    static const struct {
        struct text escaped;
        struct text meant;
    } cases[] = {
        {TEXT("plain"), TEXT("plain")},
        {TEXT("\\\"\\\\\\/\\b\\f\\n\\r\\t"), TEXT("\"\\/\b\f\n\r\t")},
        {TEXT("\\u0041\\u00e9\\u4e2d"), TEXT("A\xc3\xa9\xe4\xb8\xad")},
        {TEXT("\\uD83D\\uDE42"), TEXT("\xf0\x9f\x99\x82")},
        {TEXT("\\ud83dx"), TEXT("\xef\xbf\xbdx")},
        {TEXT("\\ude42\\ud83d"), TEXT("\xef\xbf\xbd\xef\xbf\xbd")},
        {TEXT("\\ud83d\\u0041"), TEXT("\xef\xbf\xbd"
                                      "A")},
        {TEXT("\\ud83d\\ue000"), TEXT("\xef\xbf\xbd\xee\x80\x80")},
        {TEXT("a\\u0000b"), TEXT("a\0b")},
        {TEXT("\\\\u0041"), TEXT("\\u0041")},
    };
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct buffer out = {0};
        json_unescape(&out, cases[i].escaped);
        if (!text_equal(buffer_text(&out), cases[i].meant))
            fail_msg("%s became %s", cases[i].escaped.data, out.data);
        buffer_free(&out);
    }
}

static void a_position_is_a_line_and_a_column_from_1(void **state)
{
    (void)state;
    struct text text = TEXT("ab\ncd\n\nef");
    int line, column;
    json_position(text, text.data, &line, &column);
    assert_int_equal(line * 100 + column, 101);
    json_position(text, text.data + 4, &line, &column);
    assert_int_equal(line * 100 + column, 202);
    json_position(text, text.data + text.size, &line, &column);
    assert_int_equal(line * 100 + column, 403);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_scanner_and_cjson_agree),
        cmocka_unit_test(it_is_stricter_than_cjson_where_the_standard_is),
        cmocka_unit_test(nesting_is_bounded),
        cmocka_unit_test(no_prefix_of_a_document_is_valid_nor_read_past_its_end),
        cmocka_unit_test(a_special_byte_is_found_at_every_place),
        cmocka_unit_test(a_walk_gives_keys_and_values_as_they_stand),
        cmocka_unit_test(integers_reach_both_ends_of_64_bits_and_no_further),
        cmocka_unit_test(a_failure_stays_and_says_what_and_where),
        cmocka_unit_test(unescaping_gives_the_text_meant),
        cmocka_unit_test(a_position_is_a_line_and_a_column_from_1),
    };
    return cmocka_run_group_tests_name("json_scan", tests, NULL, NULL);
}
