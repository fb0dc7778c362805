#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>

#include "base/json.h"

static void the_writer_puts_every_comma(void **state)
{
    (void)state;
    struct buffer out = {0};
    struct json_writer json = {.out = &out};
    json_open(&json, '{');
    json_put_string(&json, "s", "x");
    json_put_string(&json, "nothing", NULL);
    json_put_text(&json, "t", TEXT("y"));
    json_put_int(&json, "i", INT64_MIN);
    json_put_uint(&json, "u", UINT64_MAX);
    json_put_uint(&json, "zero", 0);
    json_put_real(&json, "r", 2.0 / 3, 3);
    json_put_bool(&json, "b", true);
    json_put_null(&json, "n");
    json_key(&json, "a");
    json_open(&json, '[');
    json_int(&json, 1);
    json_open(&json, '[');
    json_close(&json, ']');
    json_open(&json, '{');
    json_close(&json, '}');
    json_raw(&json, TEXT("{\"k\": 1}"));
    json_raw_string(&json, TEXT("a\\n"));
    json_close(&json, ']');
    json_bool(&json, false); /* not JSON, but it shows the comma behind a closed array */
    json_close(&json, '}');
    assert_string_equal(out.data,
                        "{\"s\":\"x\",\"nothing\":null,\"t\":\"y\",\"i\":-9223372036854775808,"
                        "\"u\":18446744073709551615,\"zero\":0,\"r\":0.667,\"b\":true,\"n\":null,"
                        "\"a\":[1,[],{},{\"k\": 1},\"a\\n\"],false}");
    buffer_free(&out);
}

static void strings_are_escaped_and_broken_bytes_replaced(void **state)
{
    (void)state;
    struct buffer out = {0};
    struct json_writer json = {.out = &out};
    json_string(&json, TEXT("\"\\/\n\r\t\b\x01\x7f\0z"));
    json_string(&json, TEXT("caf\xc3\xa9 \xe4\xb8\xad \xf0\x9f\x99\x82"));
    json_string(&json, TEXT("a\xff\xc3z\xed\xa0\x80\xe4\xb8"));
    assert_string_equal(out.data, "\"\\\"\\\\/\\n\\r\\t\\u0008\\u0001\\u007f\\u0000z\","
                                  "\"caf\xc3\xa9 \xe4\xb8\xad \xf0\x9f\x99\x82\","
                                  "\"a\xef\xbf\xbd\xef\xbf\xbdz\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"
                                  "\xef\xbf\xbd\xef\xbf\xbd\"");
    buffer_free(&out);
}

/* Whoever prints the file sees them, and no terminal obeys them. */
static void what_would_command_a_terminal_is_an_escape(void **state)
{
    (void)state;
    struct buffer out = {0};
    struct json_writer json = {.out = &out};
    json_string(
        &json,
        TEXT("\x1b[2J \xc2\x80\xc2\x9b\xc2\xa0 \xe2\x80\xae\xe2\x80\x8e\xe2\x81\xa6\xe2\x80\xa8"));
    json_string(&json, TEXT("\xe2\x80\xa7\xe2\x80\xaf\xe2\x81\xa5\xe2\x81\xaa\xe2\x80\x8d"));
    assert_string_equal(out.data,
                        "\"\\u001b[2J \\u0080\\u009b\xc2\xa0 \\u202e\\u200e\\u2066\\u2028\","
                        "\"\xe2\x80\xa7\xe2\x80\xaf\xe2\x81\xa5\xe2\x81\xaa\xe2\x80\x8d\"");
    buffer_free(&out);
}

static void what_json_cannot_say_is_null(void **state)
{
    (void)state;
    struct buffer out = {0};
    struct json_writer json = {.out = &out};
    json_real(&json, (double)NAN, 2);
    json_real(&json, (double)INFINITY, 2);
    json_real(&json, -(double)INFINITY, 2);
    json_real(&json, -1.005, 1);
    assert_string_equal(out.data, "null,null,null,-1.0");
    buffer_free(&out);
}

static void every_text_comes_back_through_the_scanner(void **state)
{
    (void)state;
    for (unsigned code = 0; code < 0x100; code++) {
        char original[] = {'a', (char)code, 'b', '"', (char)(code < 0x80 ? code : 'c'), '\\'};
        struct buffer out = {0}, back = {0};
        struct json_writer json = {.out = &out};
        json_string(&json, (struct text){original, sizeof original});
        struct json_scan scan = json_scan_begin(buffer_text(&out));
        struct text escaped;
        assert_true(json_scan_string(&scan, &escaped) && json_scan_done(&scan));
        json_unescape(&back, escaped);
        if (code < 0x80)
            assert_true(text_equal(buffer_text(&back), (struct text){original, sizeof original}));
        else
            assert_true(text_is(buffer_text(&back), "a\xef\xbf\xbd"
                                                    "b\"c\\"));
        buffer_free(&out);
        buffer_free(&back);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_writer_puts_every_comma),
        cmocka_unit_test(strings_are_escaped_and_broken_bytes_replaced),
        cmocka_unit_test(what_would_command_a_terminal_is_an_escape),
        cmocka_unit_test(what_json_cannot_say_is_null),
        cmocka_unit_test(every_text_comes_back_through_the_scanner),
    };
    return cmocka_run_group_tests_name("json_write", tests, NULL, NULL);
}
