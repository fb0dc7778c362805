/* Answers as servers send them, and answers that could be read in two ways: each is fed whole, byte
 * by byte, and in pieces of every size, from memory of its own. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>

#include "base/memory.h"
#include "client/http_reply.h"

#define OK    "HTTP/1.1 200 OK\r\n"
#define CHUNK "Transfer-Encoding: chunked\r\n"

/* What came of an answer. */
struct seen {
    enum reply_step end;
    struct buffer body;
    struct http_reply reply;
    size_t left; /* bytes behind its end */
};

static void feed(struct seen *seen, struct text piece)
{
    char *copy = xstrndup(piece.data, piece.size);
    struct text bytes = {copy, piece.size}, body;
    while ((seen->end = http_reply_next(&seen->reply, &bytes, &body)) == REPLY_BODY) {
        assert_true(body.size);
        buffer_add_text(&seen->body, body);
    }
    seen->left = bytes.size;
    free(copy);
}

static struct seen fed(struct text bytes, size_t piece)
{
    struct seen seen = {.end = REPLY_MORE};
    while (bytes.size && seen.end == REPLY_MORE) {
        size_t size = bytes.size < piece ? bytes.size : piece;
        feed(&seen, (struct text){bytes.data, size});
        bytes = (struct text){bytes.data + size, bytes.size - size};
        seen.left += bytes.size;
    }
    return seen;
}

static void forget(struct seen *seen)
{
    buffer_free(&seen->body);
    http_reply_free(&seen->reply);
}

static void each_answer_is_read_from_any_split(void **state)
{
    (void)state;
    static const struct {
        const char *bytes;
        enum reply_step end;
        uint16_t status;
        const char *body;
        bool keeps;
        size_t left;
    } answers[] = {
        {OK "Content-Length: 5\r\n\r\nhello", REPLY_END, 200, "hello", true, 0},
        {OK "content-length:5\r\ncontent-length: 5 \r\n\r\nhello", REPLY_END, 200, "hello", true,
         0},
        {OK "Content-Length: 0\r\n\r\n", REPLY_END, 200, "", true, 0},
        {OK "Content-Length: 2\r\n\r\nhello", REPLY_END, 200, "he", true, 3},
        {OK "Content-Length: 9\r\n\r\nhello", REPLY_MORE, 200, "hello", true, 0},
        {OK CHUNK "\r\n5\r\nhello\r\nA ; x=\"y\"\r\n, you two!\r\n0\r\nTrailer: x\r\n\r\n",
         REPLY_END, 200, "hello, you two!", true, 0},
        {OK "TRANSFER-ENCODING: Chunked\r\n\r\n0005\r\nhello\r\n000\r\n\r\nmore", REPLY_END, 200,
         "hello", true, 4},
        {OK CHUNK "Connection: x, Close\r\n\r\n0\r\n\r\n", REPLY_END, 200, "", false, 0},
        {OK "\r\nto the end", REPLY_MORE, 200, "to the end", false, 0},
        {"HTTP/1.1 200\r\nContent-Length: 1\n\nx", REPLY_END, 200, "x", true, 0},
        {"HTTP/1.0 200 OK\r\nContent-Length: 1\r\n\r\nx", REPLY_END, 200, "x", false, 0},
        {"HTTP/1.0 200 OK\r\nContent-Length: 1\r\nConnection: Keep-Alive\r\n\r\nx", REPLY_END, 200,
         "x", true, 0},
        {"HTTP/1.0 200 OK\r\n" CHUNK "Connection: keep-alive\r\n\r\n1\r\nx\r\n0\r\n\r\n", REPLY_END,
         200, "x", false, 0},
        {"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Hints\r\nLink: <a>\r\nContent-Length: 7\r\n\r\n"
         "HTTP/1.1 503 No\r\nContent-Length: 1\r\n\r\nx",
         REPLY_END, 503, "x", true, 0},
        {"HTTP/1.1 204 None\r\n\r\nHTTP/1.1", REPLY_END, 204, "", true, 8},
        {"HTTP/1.1 304 Same\r\nContent-Length: 10\r\n\r\n", REPLY_END, 304, "", true, 0},
        {OK "X-Long: a\r\n  b\r\n\tc\r\nContent-Length: 1\r\n\r\nx", REPLY_END, 200, "x", true, 0},
        {OK "X-Empty:\r\nContent-Length: 1\r\n\r\nx", REPLY_END, 200, "x", true, 0},
        {OK "X: y\r\nContent-Le", REPLY_MORE, 200, "", false, 0},
        {"HTTP/1.1 103 Hints\r\nX: y", REPLY_MORE, 0, "", false, 0},
    };
    for (size_t i = 0; i < ARRAY_SIZE(answers); i++) {
        struct text bytes = text_of(answers[i].bytes);
        for (size_t piece = 1; piece <= bytes.size; piece++) {
            struct seen seen = fed(bytes, piece);
            if (seen.end != answers[i].end)
                fail_msg("answer %zu in pieces of %zu: %s", i, piece,
                         seen.reply.broken ? seen.reply.broken : "ends otherwise");
            assert_int_equal(seen.reply.status, answers[i].status);
            assert_string_equal(buffer_text(&seen.body).data, answers[i].body);
            assert_int_equal(seen.reply.keeps, answers[i].keeps);
            assert_int_equal(seen.left, answers[i].left);
            forget(&seen);
        }
    }
}

static void what_could_be_read_in_two_ways_is_refused(void **state)
{
    (void)state;
    static const struct {
        const char *bytes, *why;
    } answers[] = {
        {"<html>", NULL},
        {"hello\r\n", "the answer is no HTTP"},
        {"HTTP/2 200\r\n", "the answer is in another version of HTTP"},
        {"HTTP/1.1 20\r\n", "the answer is no HTTP"},
        {"HTTP/1.1 2000\r\n", "the answer is no HTTP"},
        {"HTTP/1.1 099 Odd\r\n", "the answer is no HTTP"},
        {"HTTP/1.1\t200 OK\r\n", "the answer is no HTTP"},
        {"\r\nHTTP/1.1 200 OK\r\n", "the answer is no HTTP"},
        {"HTTP/1.1 101 Switch\r\n\r\n", "the server changes to another protocol"},
        {OK "Content-Length: -1\r\n", "the answer's Content-Length is no number"},
        {OK "Content-Length: +1\r\n", "the answer's Content-Length is no number"},
        {OK "Content-Length: 1, 1\r\n", "the answer's Content-Length is no number"},
        {OK "Content-Length: 0x1\r\n", "the answer's Content-Length is no number"},
        {OK "Content-Length:\r\n", "the answer's Content-Length is no number"},
        {OK "Content-Length: 9223372036854775808\r\n", "the answer's Content-Length is no number"},
        {OK "Content-Length: 18446744073709551617\r\n", "the answer's Content-Length is no number"},
        {OK "Content-Length: 1\r\nContent-Length: 2\r\n",
         "the answer has two different Content-Lengths"},
        {OK "Content-Length: 1\r\n" CHUNK "\r\n",
         "the answer has both a Content-Length and a Transfer-Encoding"},
        {OK CHUNK "Content-Length: 1\r\n\r\n",
         "the answer has both a Content-Length and a Transfer-Encoding"},
        {OK "Transfer-Encoding: gzip, chunked\r\n",
         "the answer has a Transfer-Encoding other than chunked"},
        {OK CHUNK CHUNK, "the answer has a Transfer-Encoding other than chunked"},
        {OK "Content-Length: 1\r\n 0\r\n", "a header of the answer is folded into two lines"},
        {OK "Transfer-Encoding:\r\n chunked\r\n",
         "the answer has a Transfer-Encoding other than chunked"},
        {OK " X: y\r\n", "a header of the answer is folded into two lines"},
        {OK "Content-Length : 1\r\n", "a header of the answer has no name"},
        {OK ": 1\r\n", "a header of the answer has no name"},
        {OK "no colon\r\n", "a header of the answer has no name"},
        {OK CHUNK "\r\n-1\r\n", "the size of a chunk of the answer is no hexadecimal number"},
        {OK CHUNK "\r\n\r\n", "the size of a chunk of the answer is no hexadecimal number"},
        {OK CHUNK "\r\n 5\r\n", "the size of a chunk of the answer is no hexadecimal number"},
        {OK CHUNK "\r\n0x5\r\n", "the size of a chunk of the answer is no hexadecimal number"},
        {OK CHUNK "\r\n5\n", "the size of a chunk of the answer is no hexadecimal number"},
        {OK CHUNK "\r\n10000000000000005\r\n", "the size of a chunk of the answer is too large"},
        {OK CHUNK "\r\n8000000000000000\r\n", "the size of a chunk of the answer is too large"},
        {OK CHUNK "\r\n5;x\n", "the line of a chunk's size does not end"},
        {OK CHUNK "\r\n5\rx", "the line of a chunk's size does not end"},
        {OK CHUNK "\r\n5\r\nhelloo", "a chunk of the answer is not as long as its size says"},
        {OK CHUNK "\r\n5\r\nhello\n", "a chunk of the answer is not as long as its size says"},
        {OK CHUNK "\r\n5\r\nhello\r\r", "a chunk of the answer is not as long as its size says"},
    };
    for (size_t i = 0; i < ARRAY_SIZE(answers); i++) {
        struct text bytes = text_of(answers[i].bytes);
        for (size_t piece = 1; piece <= bytes.size; piece++) {
            struct seen seen = fed(bytes, piece);
            if (answers[i].why && !seen.reply.broken)
                fail_msg("answer %zu in pieces of %zu was taken", i, piece);
            if (answers[i].why)
                assert_string_equal(seen.reply.broken, answers[i].why);
            assert_int_equal(seen.end, answers[i].why ? REPLY_BROKEN : REPLY_MORE);
            forget(&seen);
        }
    }
}

static void a_zero_byte_in_the_head_is_refused(void **state)
{
    (void)state;
    struct seen seen = fed(TEXT(OK "Content-Length: 1\0\r\n"), SIZE_MAX);
    assert_int_equal(seen.end, REPLY_BROKEN);
    forget(&seen);
}

static void a_head_that_never_ends_is_refused(void **state)
{
    (void)state;
    static const char *const beginnings[] = {OK, OK "X: ", OK CHUNK "\r\n0\r\n"};
    for (size_t i = 0; i < ARRAY_SIZE(beginnings); i++) {
        struct seen seen = {0};
        feed(&seen, text_of(beginnings[i]));
        size_t fed_bytes = 0;
        for (; seen.end == REPLY_MORE && fed_bytes < 1u << 20; fed_bytes += 8)
            feed(&seen, i == 1 ? TEXT("xxxxxxxx") : TEXT("X: yyy\r\n"));
        assert_int_equal(seen.end, REPLY_BROKEN);
        assert_in_range(fed_bytes, 60u << 10, 66u << 10);
        assert_in_range(seen.reply.line.capacity, 0, 256u << 10);
        forget(&seen);
    }
}

static void a_chunk_size_that_never_ends_is_refused(void **state)
{
    (void)state;
    static const char *const endless[] = {"0", ";", "x"};
    for (size_t i = 0; i < ARRAY_SIZE(endless); i++) {
        struct seen seen = fed(TEXT(OK CHUNK "\r\n"), SIZE_MAX);
        if (i == 2)
            feed(&seen, TEXT("5;"));
        else if (i == 1)
            feed(&seen, TEXT("5"));
        size_t fed_bytes = 0;
        for (; seen.end == REPLY_MORE && fed_bytes < 1u << 20; fed_bytes++)
            feed(&seen, text_of(endless[i]));
        assert_int_equal(seen.end, REPLY_BROKEN);
        assert_in_range(fed_bytes, 4000, 5000);
        forget(&seen);
    }
}

static bool ends_well(const char *bytes, const char **why)
{
    struct seen seen = fed(text_of(bytes), SIZE_MAX);
    bool whole = http_reply_finish(&seen.reply);
    *why = seen.reply.broken;
    forget(&seen);
    return whole;
}

static void the_connections_end_is_the_answers_only_where_nothing_else_says_it(void **state)
{
    (void)state;
    const char *why;
    assert_true(ends_well(OK "\r\nhello", &why));
    assert_true(ends_well(OK "\r\n", &why));
    assert_true(ends_well(OK "Content-Length: 1\r\n\r\nx", &why));
    assert_false(ends_well("", &why));
    assert_string_equal(why, "the server closed the connection without an answer");
    static const char *const cut[] = {
        "HTTP",
        OK "X",
        OK "Content-Length: 2\r\n\r\nx",
        OK CHUNK "\r\n5\r\nhello\r\n",
        OK CHUNK "\r\n0\r\n",
        "HTTP/1.1 100 Continue\r\n\r\n",
    };
    for (size_t i = 0; i < ARRAY_SIZE(cut); i++) {
        assert_false(ends_well(cut[i], &why));
        assert_string_equal(why, "the server closed the connection before the answer's end");
    }
    assert_false(ends_well("no HTTP\r\n", &why));
    assert_string_equal(why, "the answer is no HTTP");
}

static void one_reader_takes_answer_after_answer(void **state)
{
    (void)state;
    struct seen seen = {0};
    for (int i = 0; i < 3; i++) {
        assert_false(http_reply_has_begun(&seen.reply));
        feed(&seen, TEXT(OK "Connection: close\r\nX: y"));
        assert_true(http_reply_has_begun(&seen.reply));
        feed(&seen, TEXT("z\r\n" CHUNK "\r\n1\r\nx\r\n0\r\n\r\n"));
        assert_int_equal(seen.end, REPLY_END);
        assert_false(seen.reply.keeps);
        http_reply_reset(&seen.reply);
        feed(&seen, TEXT(OK "Content-Length: 1\r\n\r\nx"));
        assert_int_equal(seen.end, REPLY_END);
        assert_true(seen.reply.keeps);
        http_reply_reset(&seen.reply);
    }
    assert_string_equal(seen.body.data, "xxxxxx");
    forget(&seen);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_answer_is_read_from_any_split),
        cmocka_unit_test(what_could_be_read_in_two_ways_is_refused),
        cmocka_unit_test(a_zero_byte_in_the_head_is_refused),
        cmocka_unit_test(a_head_that_never_ends_is_refused),
        cmocka_unit_test(a_chunk_size_that_never_ends_is_refused),
        cmocka_unit_test(the_connections_end_is_the_answers_only_where_nothing_else_says_it),
        cmocka_unit_test(one_reader_takes_answer_after_answer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
