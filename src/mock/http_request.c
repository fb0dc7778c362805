#include "mock/http_request.h"

#include "base/memory.h"

void http_request_free(struct http_request *request)
{
    buffer_free(&request->path);
    buffer_free(&request->authorization);
    buffer_free(&request->session_id);
    buffer_free(&request->body);
    buffer_free(&request->line);
    *request = (struct http_request){0};
}

static void fail(struct http_request *request, int status)
{
    request->state = HTTP_BROKEN;
    request->status = status;
}

static void on_content_length(struct http_request *request, struct text value)
{
    int64_t length;
    if (value.size == 0 || value.data[0] < '0' || value.data[0] > '9' ||
        !text_to_int64(value, &length) || request->has_length || request->chunked) {
        fail(request, 400);
        return;
    }
    request->has_length = true;
    request->body_left = (size_t)length;
    if (length > HTTP_BODY_MAX_BYTES)
        fail(request, 413);
}

static void on_transfer_encoding(struct http_request *request, struct text value)
{
    /* Both lengths at once is how requests are smuggled. */
    if (request->has_length || request->chunked)
        fail(request, 400);
    else if (!text_is_nocase(value, "chunked"))
        fail(request, 501);
    request->chunked = true;
}

static void on_connection(struct http_request *request, struct text value)
{
    if (text_list_has(value, "close"))
        request->keep_alive = false;
    else if (text_list_has(value, "keep-alive"))
        request->keep_alive = true;
}

static void on_expect(struct http_request *request, struct text value)
{
    if (text_is_nocase(value, "100-continue"))
        request->expects_continue = true;
    else
        fail(request, 417);
}

static void on_authorization(struct http_request *request, struct text value)
{
    buffer_clear(&request->authorization);
    buffer_add_text(&request->authorization, value);
}

static void on_session_id(struct http_request *request, struct text value)
{
    buffer_clear(&request->session_id);
    buffer_add_text(&request->session_id, value);
}

static const struct {
    const char *name;
    void (*read)(struct http_request *request, struct text value);
} known_headers[] = {
    {"Content-Length", on_content_length}, {"Transfer-Encoding", on_transfer_encoding},
    {"Connection", on_connection},         {"Expect", on_expect},
    {"Authorization", on_authorization},   {"X-Session-Id", on_session_id},
};

/* Cuts off the part before `separator`; false when there is none. */
static bool cut(struct text *rest, char separator, struct text *part)
{
    const char *end = memchr(rest->data, separator, rest->size);
    if (!end)
        return false;
    *part = (struct text){rest->data, (size_t)(end - rest->data)};
    *rest = (struct text){end + 1, rest->size - part->size - 1};
    return true;
}

static void on_request_line(struct http_request *request, struct text line)
{
    struct text method, target, path;
    if (line.size == 0)
        return; /* some clients end a body with a line more than its length says */
    if (!cut(&line, ' ', &method) || !cut(&line, ' ', &target) || method.size == 0 ||
        method.size >= sizeof request->method || target.size == 0 ||
        !text_starts_with(line, "HTTP/")) {
        fail(request, 400);
        return;
    }
    request->http_1_0 = text_is(line, "HTTP/1.0");
    if (!request->http_1_0 && !text_is(line, "HTTP/1.1")) {
        fail(request, 505);
        return;
    }
    memcpy(request->method, method.data, method.size);
    if (!cut(&target, '?', &path))
        path = target;
    buffer_add_text(&request->path, path);
    request->keep_alive = !request->http_1_0;
    request->state = HTTP_HEADERS;
}

static void on_head_end(struct http_request *request)
{
    if (request->chunked)
        request->state = HTTP_CHUNK_SIZE;
    else if (request->body_left)
        request->state = HTTP_BODY;
    else
        request->state = HTTP_COMPLETE;
}

static void on_header(struct http_request *request, struct text line)
{
    struct text name;
    if (line.size == 0) {
        on_head_end(request);
        return;
    }
    if (!cut(&line, ':', &name) || name.size == 0 || memchr(name.data, ' ', name.size)) {
        fail(request, 400);
        return;
    }
    for (size_t i = 0; i < ARRAY_SIZE(known_headers); i++)
        if (text_is_nocase(name, known_headers[i].name))
            known_headers[i].read(request, text_trim(line));
}

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c = (char)(c | 0x20);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static void on_chunk_size(struct http_request *request, struct text line)
{
    struct text digits;
    if (!cut(&line, ';', &digits))
        digits = line;
    digits = text_trim(digits);
    size_t size = 0;
    for (size_t i = 0; i < digits.size; i++) {
        int digit = hex_digit(digits.data[i]);
        if (digit < 0) {
            fail(request, 400);
            return;
        }
        size = size * 16 + (size_t)digit;
        if (size > HTTP_BODY_MAX_BYTES - request->body.size) {
            fail(request, 413);
            return;
        }
    }
    if (digits.size == 0) {
        fail(request, 400);
        return;
    }
    request->body_left = size;
    request->state = size ? HTTP_CHUNK_DATA : HTTP_TRAILERS;
}

static void on_chunk_end(struct http_request *request, struct text line)
{
    if (line.size)
        fail(request, 400);
    else
        request->state = HTTP_CHUNK_SIZE;
}

static void on_trailer(struct http_request *request, struct text line)
{
    if (line.size == 0)
        request->state = HTTP_COMPLETE;
}

static void on_line(struct http_request *request, struct text line)
{
    static void (*const readers[])(struct http_request *, struct text) = {
        [HTTP_REQUEST_LINE] = on_request_line, [HTTP_HEADERS] = on_header,
        [HTTP_CHUNK_SIZE] = on_chunk_size,     [HTTP_CHUNK_END] = on_chunk_end,
        [HTTP_TRAILERS] = on_trailer,
    };
    readers[request->state](request, line);
}

static bool reads_body(const struct http_request *request)
{
    return request->state == HTTP_BODY || request->state == HTTP_CHUNK_DATA;
}

static size_t feed_body(struct http_request *request, struct text bytes)
{
    size_t size = bytes.size < request->body_left ? bytes.size : request->body_left;
    buffer_add(&request->body, bytes.data, size);
    request->body_left -= size;
    if (request->body_left == 0)
        request->state = request->chunked ? HTTP_CHUNK_END : HTTP_COMPLETE;
    return size;
}

/* Lines between chunks are part of the body's cost, not of the head's: each chunk of at least one
 * byte pays for its own, so a long body in small chunks stays within bounds all the same. */
static void count_line(struct http_request *request, size_t size)
{
    if (request->state == HTTP_CHUNK_SIZE || request->state == HTTP_CHUNK_END)
        request->head_bytes = request->line.size + size;
    else
        request->head_bytes += size;
    if (request->head_bytes > HTTP_HEAD_MAX_BYTES)
        fail(request, 431);
}

static size_t feed_line(struct http_request *request, struct text bytes)
{
    const char *newline = memchr(bytes.data, '\n', bytes.size);
    size_t size = newline ? (size_t)(newline - bytes.data) + 1 : bytes.size;
    count_line(request, size);
    if (request->state == HTTP_BROKEN)
        return size;
    buffer_add(&request->line, bytes.data, size);
    if (newline) {
        struct text rest = buffer_text(&request->line), line;
        text_next_line(&rest, &line);
        on_line(request, line);
        buffer_clear(&request->line);
    }
    return size;
}

size_t http_request_feed(struct http_request *request, struct text bytes)
{
    size_t used = 0;
    while (used < bytes.size && request->state < HTTP_COMPLETE) {
        struct text rest = {bytes.data + used, bytes.size - used};
        used += reads_body(request) ? feed_body(request, rest) : feed_line(request, rest);
    }
    return used;
}
