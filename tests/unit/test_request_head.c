/* What stands in front of a body on the wire, by what libcurl makes of the same lines. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <curl/curl.h>

#include "base/memory.h"
#include "client/request_head.h"

/* Up to eight lines; the list is freed by forget(). */
static struct curl_slist *lines(const char *const given[8])
{
    struct curl_slist *list = NULL;
    for (size_t i = 0; i < 8 && given[i]; i++)
        list = curl_slist_append(list, given[i]);
    return list;
}

static void each_head_is_as_libcurl_writes_it(void **state)
{
    (void)state;
    static const struct {
        const char *url;
        const char *headers[8];
        const char *head;
    } heads[] = {
        {"http://localhost:8000/v1/chat/completions",
         {"Content-Type: application/json", "Accept: text/event-stream", "Expect:"},
         "POST /v1/chat/completions HTTP/1.1\r\nHost: localhost:8000\r\nUser-Agent: me\r\n"
         "Content-Type: application/json\r\nAccept: text/event-stream\r\n"},
        {"http://near/v1/completions?key=1#part",
         {NULL},
         "POST /v1/completions?key=1 HTTP/1.1\r\nHost: near\r\nUser-Agent: me\r\nAccept: */*\r\n"},
        {"http://near:80/a/../b",
         {NULL},
         "POST /b HTTP/1.1\r\nHost: near\r\nUser-Agent: me\r\nAccept: */*\r\n"},
        {"http://[::1]:8000/x",
         {NULL},
         "POST /x HTTP/1.1\r\nHost: [::1]:8000\r\nUser-Agent: me\r\nAccept: */*\r\n"},
        {"http://near/x",
         {"host: far", "USER-AGENT: you", "accept:", "X-A: 1", "X-A:  2: b "},
         "POST /x HTTP/1.1\r\nhost: far\r\nUSER-AGENT: you\r\nX-A: 1\r\nX-A: 2: b\r\n"},
        {"http://near/x",
         {"User-Agent:", "Accept: ", "Host:", "X-Empty;", "no colon"},
         "POST /x HTTP/1.1\r\nX-Empty:\r\n"},
    };
    for (size_t i = 0; i < ARRAY_SIZE(heads); i++) {
        struct curl_slist *list = lines(heads[i].headers);
        struct request_head head;
        assert_true(request_head_init(&head, heads[i].url, "me", list));
        assert_string_equal(head.post.data, heads[i].head);
        request_head_free(&head);
        curl_slist_free_all(list);
    }
}

static void a_get_has_the_same_headers_and_an_end(void **state)
{
    (void)state;
    struct request_head head;
    struct buffer get = {0};
    assert_true(request_head_init(&head, "http://near/x", "me", NULL));
    request_head_put_get(&head, "http://near/v1/models", &get);
    assert_string_equal(get.data, "GET /v1/models HTTP/1.1\r\nHost: near\r\nUser-Agent: me\r\n"
                                  "Accept: */*\r\n\r\n");
    buffer_free(&get);
    request_head_free(&head);
}

static void what_is_no_url_makes_no_head(void **state)
{
    (void)state;
    struct request_head head;
    assert_false(request_head_init(&head, "http://", "me", NULL));
    request_head_free(&head);
}

static bool is_special(const char *line)
{
    struct curl_slist *list = curl_slist_append(NULL, "X-First: 1");
    curl_slist_append(list, line);
    bool special = request_head_is_special(list);
    curl_slist_free_all(list);
    return special;
}

static void headers_that_ask_for_more_are_known(void **state)
{
    (void)state;
    assert_true(is_special("Expect: 100-continue"));
    assert_true(is_special("transfer-encoding: chunked"));
    assert_true(is_special("Content-Length: 5"));
    assert_true(is_special("Upgrade: h2c"));
    assert_false(is_special("Expect:"));
    assert_false(is_special("Connection: close"));
    assert_false(is_special("X-Expect: yes"));
}

static void a_user_in_the_url_is_seen(void **state)
{
    (void)state;
    assert_true(request_head_has_user("http://me:secret@near/x"));
    assert_true(request_head_has_user("http://me@near/x"));
    assert_false(request_head_has_user("http://near/x?to=me@near"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_head_is_as_libcurl_writes_it),
        cmocka_unit_test(a_get_has_the_same_headers_and_an_end),
        cmocka_unit_test(what_is_no_url_makes_no_head),
        cmocka_unit_test(headers_that_ask_for_more_are_known),
        cmocka_unit_test(a_user_in_the_url_is_seen),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
