#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/memory.h"
#include "config/config.h"

static void assert_normal(const char *given, const char *expected)
{
    struct error error = {0};
    char *normal = endpoint_normalise(given, &error);
    if (!normal)
        fail_msg("%s: %s", given, error.text);
    assert_string_equal(normal, expected);
    free(normal);
}

static void assert_refused(const char *given, const char *reason)
{
    struct error error = {0};
    assert_null(endpoint_normalise(given, &error));
    if (!strstr(error.text, reason))
        fail_msg("%s: said \"%s\", not \"%s\"", given, error.text, reason);
}

static void a_host_gets_the_scheme_and_path_it_leaves_out(void **state)
{
    (void)state;
    assert_normal("localhost", "http://localhost/v1/chat/completions");
    assert_normal("localhost:8000", "http://localhost:8000/v1/chat/completions");
    assert_normal("localhost:8000/", "http://localhost:8000/v1/chat/completions");
    assert_normal("HTTPS://h.example", "https://h.example/v1/chat/completions");
    assert_normal("http://[::1]:8000", "http://[::1]:8000/v1/chat/completions");
}

static void a_path_that_ends_in_v1_is_completed(void **state)
{
    (void)state;
    assert_normal("http://h/v1", "http://h/v1/chat/completions");
    assert_normal("http://h/v1/", "http://h/v1/chat/completions");
    assert_normal("h/api/v1?version=2", "http://h/api/v1/chat/completions?version=2");
}

static void any_other_path_stays(void **state)
{
    (void)state;
    assert_normal("http://localhost:8000/v1/chat/completions",
                  "http://localhost:8000/v1/chat/completions");
    assert_normal("http://h/v1/completions", "http://h/v1/completions");
    assert_normal("http://h/generate/", "http://h/generate/");
    assert_normal("h/x?u=http://y", "http://h/x?u=http://y");
    assert_normal("http://h/x#part", "http://h/x");
    assert_normal("http://me:pass@h/x", "http://me:pass@h/x");
}

static void what_is_no_http_url_is_refused_with_the_reason(void **state)
{
    (void)state;
    assert_refused("ftp://h/x", "must begin with http:// or https://");
    assert_refused("http://", "needs a host");
    assert_refused("", "needs a host");
    assert_refused("http:///v1", "needs a host");
    assert_refused("http://[::1", "needs a host");
    assert_refused("http://[nothing]", "needs a host");
    assert_refused("http://h:0", "between 1 and 65535");
    assert_refused("http://h:65536", "between 1 and 65535");
    assert_refused("http://h:", "between 1 and 65535");
    assert_refused("http://h:8x", "between 1 and 65535");
    assert_refused("::1:8000", "brackets");
    assert_refused("http://h /x", "no blanks");
    assert_refused("http://evil\\@h", "special characters");
}

static void a_refusal_does_not_show_the_password(void **state)
{
    (void)state;
    struct error error = {0};
    assert_null(endpoint_normalise("ftp://me:hunter2@h/x", &error));
    assert_null(strstr(error.text, "hunter2"));
    assert_null(endpoint_normalise("http://me:hunter2@h:99999/x", &error));
    assert_null(strstr(error.text, "hunter2"));
}

static void the_path_decides_the_body(void **state)
{
    (void)state;
    assert_true(endpoint_is_completions("http://h/v1/completions"));
    assert_true(endpoint_is_completions("http://h/v1/completions?a=/chat/completions"));
    assert_false(endpoint_is_completions("http://h/v1/chat/completions"));
    assert_false(endpoint_is_completions("http://h/generate"));
}

static void a_sibling_keeps_scheme_host_and_port(void **state)
{
    (void)state;
    char *sibling = endpoint_sibling("https://me:p@h:8443/a/v1/chat/completions?x=1", "/v1/models");
    assert_string_equal(sibling, "https://me:p@h:8443/v1/models");
    free(sibling);
}

static void loopback_is_the_host_and_nothing_that_looks_like_it(void **state)
{
    (void)state;
    static const char *const yes[] = {"http://localhost:1/",      "http://LocalHost/x",
                                      "http://127.0.0.1:8000/v1", "http://127.9.9.9/",
                                      "http://[::1]:8000/",       "http://me:p@127.0.0.1/"};
    static const char *const no[] = {"http://127.0.0.1.example.com/",
                                     "http://localhost.example/",
                                     "http://127.0.0.1@example.com/",
                                     "http://me@127.0.0.1:1@example.com/",
                                     "http://128.0.0.1/",
                                     "http://example.com/?@localhost",
                                     "http://[::2]/"};
    for (size_t i = 0; i < ARRAY_SIZE(yes); i++)
        if (!endpoint_is_loopback(yes[i]))
            fail_msg("%s is loopback", yes[i]);
    for (size_t i = 0; i < ARRAY_SIZE(no); i++)
        if (endpoint_is_loopback(no[i]))
            fail_msg("%s is not loopback", no[i]);
}

static void the_password_of_a_url_is_found_where_it_is(void **state)
{
    (void)state;
    assert_true(text_is(endpoint_password("http://me:pa:ss@h/x"), "pa:ss"));
    assert_true(text_is(endpoint_password("me:pass@h:80"), "pass"));
    assert_true(text_is(endpoint_password("http://me@h/x"), ""));
    assert_true(text_is(endpoint_password("http://h:80/a:b@c"), ""));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_host_gets_the_scheme_and_path_it_leaves_out),
        cmocka_unit_test(a_path_that_ends_in_v1_is_completed),
        cmocka_unit_test(any_other_path_stays),
        cmocka_unit_test(what_is_no_http_url_is_refused_with_the_reason),
        cmocka_unit_test(a_refusal_does_not_show_the_password),
        cmocka_unit_test(the_path_decides_the_body),
        cmocka_unit_test(a_sibling_keeps_scheme_host_and_port),
        cmocka_unit_test(loopback_is_the_host_and_nothing_that_looks_like_it),
        cmocka_unit_test(the_password_of_a_url_is_found_where_it_is),
    };
    return cmocka_run_group_tests_name("endpoint", tests, NULL, NULL);
}
