#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "mock/http_request.h"

/* Feeds pieces of that size and checks that nothing after the request is taken. */
static struct http_request fed(struct text bytes, size_t piece)
{
    struct http_request request = {0};
    while (bytes.size) {
        struct text part = {bytes.data, bytes.size < piece ? bytes.size : piece};
        size_t used = http_request_feed(&request, part);
        bytes = (struct text){bytes.data + used, bytes.size - used};
        if (used < part.size)
            break;
    }
    return request;
}

static void assert_status(const char *bytes, int status)
{
    struct http_request request = fed(text_of(bytes), SIZE_MAX);
    assert_int_equal(request.state, HTTP_BROKEN);
    assert_int_equal(request.status, status);
    http_request_free(&request);
}

static void any_split_of_the_bytes_gives_the_same_request(void **state)
{
    (void)state;
    struct text bytes = TEXT("POST /v1/completions?x=1 HTTP/1.1\r\nHost: a\r\ncontent-LENGTH: 5\r\n"
                             "X-Session-Id:  s 1 \r\nAuthorization: Bearer k\r\n\r\nhello");
    for (size_t piece = 1; piece <= bytes.size; piece++) {
        struct http_request request = fed(bytes, piece);
        assert_int_equal(request.state, HTTP_COMPLETE);
        assert_string_equal(request.method, "POST");
        assert_string_equal(request.path.data, "/v1/completions");
        assert_string_equal(request.session_id.data, "s 1");
        assert_string_equal(request.authorization.data, "Bearer k");
        assert_string_equal(request.body.data, "hello");
        assert_true(request.keep_alive);
        http_request_free(&request);
    }
}

static void a_chunked_body_is_put_together(void **state)
{
    (void)state;
    struct text bytes = TEXT("POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n"
                             "5;ext=1\r\nhello\r\nA\r\n, you two!\r\n0\r\nTrailer: x\r\n\r\n");
    for (size_t piece = 1; piece <= bytes.size; piece++) {
        struct http_request request = fed(bytes, piece);
        assert_int_equal(request.state, HTTP_COMPLETE);
        assert_string_equal(request.body.data, "hello, you two!");
        http_request_free(&request);
    }
}

static void bytes_after_the_request_are_left(void **state)
{
    (void)state;
    struct http_request request = {0};
    struct text two = TEXT("GET /health HTTP/1.1\r\n\r\nGET /x HTTP/1.1\r\n\r\n");
    assert_int_equal(http_request_feed(&request, two), 24);
    assert_int_equal(request.state, HTTP_COMPLETE);
    http_request_free(&request);
}

static void keeping_the_connection_follows_version_and_header(void **state)
{
    (void)state;
    const struct {
        const char *bytes;
        bool keep_alive;
    } cases[] = {
        {"GET / HTTP/1.1\r\n\r\n", true},
        {"GET / HTTP/1.1\r\nConnection: TE, Close\r\n\r\n", false},
        {"GET / HTTP/1.0\r\n\r\n", false},
        {"GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n", true},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct http_request request = fed(text_of(cases[i].bytes), SIZE_MAX);
        assert_int_equal(request.state, HTTP_COMPLETE);
        assert_int_equal(request.keep_alive, cases[i].keep_alive);
        http_request_free(&request);
    }
}

static void what_is_no_request_is_refused_by_its_status(void **state)
{
    (void)state;
    assert_status("hello\r\n", 400);
    assert_status("GET  HTTP/1.1\r\n", 400);
    assert_status("GET / HTTP/2.0\r\n", 505);
    assert_status("GET / HTTP/1.1\r\nno colon\r\n", 400);
    assert_status("GET / HTTP/1.1\r\nContent-Length : 1\r\n", 400);
    assert_status("GET / HTTP/1.1\r\nContent-Length: -1\r\n", 400);
    assert_status("GET / HTTP/1.1\r\nContent-Length: 1x\r\n", 400);
    assert_status("GET / HTTP/1.1\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n", 400);
    assert_status("GET / HTTP/1.1\r\nTransfer-Encoding: chunked\r\nContent-Length: 1\r\n", 400);
    assert_status("GET / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n", 400);
    assert_status("GET / HTTP/1.1\r\nTransfer-Encoding: gzip\r\n", 501);
    assert_status("GET / HTTP/1.1\r\nExpect: tea\r\n", 417);
    assert_status("GET / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", 400);
    assert_status("GET / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nab\r\n", 400);
}

static void sizes_are_bounded(void **state)
{
    (void)state;
    assert_status("POST / HTTP/1.1\r\nContent-Length: 67108865\r\n", 413);
    assert_status("POST / HTTP/1.1\r\nContent-Length: 99999999999999999999\r\n", 400);
    assert_status("POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n4000001\r\n", 413);
    assert_status("POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffffff\r\n",
                  413);

    static char endless[HTTP_HEAD_MAX_BYTES + 2];
    memset(endless, 'a', sizeof endless - 1);
    assert_status(endless, 431);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(any_split_of_the_bytes_gives_the_same_request),
        cmocka_unit_test(a_chunked_body_is_put_together),
        cmocka_unit_test(bytes_after_the_request_are_left),
        cmocka_unit_test(keeping_the_connection_follows_version_and_header),
        cmocka_unit_test(what_is_no_request_is_refused_by_its_status),
        cmocka_unit_test(sizes_are_bounded),
    };
    return cmocka_run_group_tests_name("http_request", tests, NULL, NULL);
}
