#include "client/http_reply.h"

#include "base/memory.h"

/* Beside the size nobody needs more. */
#define CHUNK_LINE_MAX_BYTES 4096u

void http_reply_free(struct http_reply *reply)
{
    buffer_free(&reply->line);
    *reply = (struct http_reply){0};
}

void http_reply_reset(struct http_reply *reply)
{
    struct buffer line = reply->line;
    buffer_clear(&line);
    *reply = (struct http_reply){.line = line};
}

static void fail(struct http_reply *reply, const char *why)
{
    reply->state = REPLY_FAILED;
    reply->broken = why;
}

/* ---- headers that say where the body ends ---- */

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool read_length(struct text value, uint64_t *length)
{
    *length = 0;
    for (size_t i = 0; i < value.size; i++)
        if (!is_digit(value.data[i]) || __builtin_mul_overflow(*length, 10u, length) ||
            __builtin_add_overflow(*length, (uint64_t)(value.data[i] - '0'), length))
            return false;
    return value.size && *length <= INT64_MAX;
}

/* The same length twice is one length. */
static void on_content_length(struct http_reply *reply, struct text value)
{
    uint64_t length;
    if (!read_length(value, &length))
        fail(reply, "the answer's Content-Length is no number");
    else if (reply->has_length && length != reply->left)
        fail(reply, "the answer has two different Content-Lengths");
    else
        reply->left = length;
    reply->has_length = true;
}

static void on_transfer_encoding(struct http_reply *reply, struct text value)
{
    if (reply->chunked || !text_is_nocase(value, "chunked"))
        fail(reply, "the answer has a Transfer-Encoding other than chunked");
    reply->chunked = true;
}

static void on_connection(struct http_reply *reply, struct text value)
{
    reply->closes |= text_list_has(value, "close");
    reply->stays |= text_list_has(value, "keep-alive");
}

static const struct {
    const char *name;
    size_t size;
    void (*read)(struct http_reply *reply, struct text value);
} known_headers[] = {
#define HEADER(name, read)           \
    {                                \
        name, sizeof(name) - 1, read \
    }
    HEADER("Content-Length", on_content_length),
    HEADER("Transfer-Encoding", on_transfer_encoding),
    HEADER("Connection", on_connection),
#undef HEADER
};

/* ---- lines of the head ---- */

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

static struct text without_blanks(struct text text)
{
    while (text.size && is_blank(text.data[0]))
        text = (struct text){text.data + 1, text.size - 1};
    while (text.size && is_blank(text.data[text.size - 1]))
        text.size--;
    return text;
}

/* "HTTP/1.1 200 OK"; a reason is not asked for. */
static void on_status_line(struct http_reply *reply, struct text line)
{
    const char *at = line.data;
    bool right = text_starts_with(line, "HTTP/1.") && line.size >= 12 && is_digit(at[7]) &&
                 at[8] == ' ' && at[9] >= '1' && at[9] <= '9' && is_digit(at[10]) &&
                 is_digit(at[11]) && (line.size == 12 || at[12] == ' ');
    if (!right) {
        fail(reply, text_starts_with(line, "HTTP/") && !text_starts_with(line, "HTTP/1.")
                        ? "the answer is in another version of HTTP"
                        : "the answer is no HTTP");
        return;
    }
    reply->old_version = at[7] == '0';
    reply->last_status = (uint16_t)((at[9] - '0') * 100 + (at[10] - '0') * 10 + (at[11] - '0'));
    reply->status = reply->last_status < 200 ? 0 : reply->last_status;
    reply->in_framing = true; /* no header is folded into it */
    reply->state = REPLY_HEADERS;
}

/* What an interim answer said holds for nothing behind it. */
static void pass_over_interim(struct http_reply *reply)
{
    reply->state = REPLY_STATUS_LINE;
    reply->left = 0;
    reply->has_length = reply->chunked = reply->closes = reply->stays = false;
}

static void on_head_end(struct http_reply *reply)
{
    uint16_t status = reply->last_status;
    if (status == 101) {
        fail(reply, "the server changes to another protocol");
    } else if (status < 200) {
        pass_over_interim(reply);
    } else if (reply->chunked && reply->has_length) {
        fail(reply, "the answer has both a Content-Length and a Transfer-Encoding");
    } else {
        bool bare = status == 204 || status == 304;
        bool until_close = !bare && !reply->chunked && !reply->has_length;
        reply->keeps = !until_close && !reply->closes &&
                       (!reply->old_version || (reply->stays && !reply->chunked));
        if (bare || (reply->has_length && reply->left == 0))
            reply->state = REPLY_WHOLE;
        else if (until_close)
            reply->state = REPLY_UNTIL_CLOSE;
        else
            reply->state = reply->chunked ? REPLY_CHUNK_SIZE : REPLY_LENGTH;
    }
}

/* Old servers fold long headers. What is only passed over may be. */
static void on_folded_line(struct http_reply *reply)
{
    if (reply->in_framing)
        fail(reply, "a header of the answer is folded into two lines");
}

static void on_header(struct http_reply *reply, struct text line)
{
    if (line.size == 0) {
        on_head_end(reply);
        return;
    }
    if (is_blank(line.data[0])) {
        on_folded_line(reply);
        return;
    }
    const char *colon = memchr(line.data, ':', line.size);
    if (!colon || colon == line.data || is_blank(colon[-1])) {
        fail(reply, "a header of the answer has no name");
        return;
    }
    struct text name = {line.data, (size_t)(colon - line.data)};
    struct text value = without_blanks((struct text){colon + 1, line.size - name.size - 1});
    reply->in_framing = false;
    for (size_t i = 0; i < ARRAY_SIZE(known_headers); i++) {
        if (name.size != known_headers[i].size || !text_is_nocase(name, known_headers[i].name))
            continue;
        reply->in_framing = true;
        known_headers[i].read(reply, value);
    }
}

static void on_trailer(struct http_reply *reply, struct text line)
{
    if (line.size == 0)
        reply->state = REPLY_WHOLE;
}

static void on_line(struct http_reply *reply, struct text line)
{
    if (memchr(line.data, '\0', line.size))
        fail(reply, "a header of the answer has a zero byte in it");
    else if (reply->state == REPLY_STATUS_LINE)
        on_status_line(reply, line);
    else if (reply->state == REPLY_HEADERS)
        on_header(reply, line);
    else
        on_trailer(reply, line);
}

/* Lines may end in a bare \n, as RFC 9112 allows to read them. */
static struct text without_end(struct text line)
{
    line.size--;
    if (line.size && line.data[line.size - 1] == '\r')
        line.size--;
    return line;
}

static struct text take(struct text *bytes, size_t size)
{
    struct text taken = {bytes->data, size};
    *bytes = (struct text){bytes->data + size, bytes->size - size};
    return taken;
}

static void read_line(struct http_reply *reply, struct text *bytes)
{
    const char *newline = memchr(bytes->data, '\n', bytes->size);
    struct text piece = take(bytes, newline ? (size_t)(newline - bytes->data) + 1 : bytes->size);
    if (piece.size > HTTP_REPLY_HEAD_MAX_BYTES - reply->head_bytes) {
        fail(reply, "the headers of the answer are larger than 64 KiB");
        return;
    }
    reply->head_bytes += (uint32_t)piece.size;
    if (!newline || reply->line.size)
        buffer_add_text(&reply->line, piece);
    if (!newline)
        return;
    on_line(reply, without_end(reply->line.size ? buffer_text(&reply->line) : piece));
    buffer_clear(&reply->line);
}

/* ---- chunks ---- */

static int hex_digit(char c)
{
    if (is_digit(c))
        return c - '0';
    c = (char)(c | 0x20);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static void on_size_byte(struct http_reply *reply, char c)
{
    int digit = hex_digit(c);
    if (digit >= 0) {
        reply->left = reply->left << 4 | (unsigned)digit;
        if (reply->left > INT64_MAX >> 4 || ++reply->line_bytes > CHUNK_LINE_MAX_BYTES)
            fail(reply, "the size of a chunk of the answer is too large");
    } else if (reply->line_bytes == 0 || (c != ';' && c != '\r' && !is_blank(c))) {
        fail(reply, "the size of a chunk of the answer is no hexadecimal number");
    } else {
        reply->state = c == '\r' ? REPLY_CHUNK_SIZE_END : REPLY_CHUNK_EXTENSION;
    }
}

static void on_extension_byte(struct http_reply *reply, char c)
{
    if (c == '\r')
        reply->state = REPLY_CHUNK_SIZE_END;
    else if (c == '\n' || ++reply->line_bytes > CHUNK_LINE_MAX_BYTES)
        fail(reply, "the line of a chunk's size does not end");
}

static void on_size_end(struct http_reply *reply, char c)
{
    reply->line_bytes = 0;
    if (c != '\n')
        fail(reply, "the line of a chunk's size does not end");
    else
        reply->state = reply->left ? REPLY_CHUNK_DATA : REPLY_TRAILERS;
}

static void on_chunk_end(struct http_reply *reply, char c)
{
    bool first = reply->state == REPLY_CHUNK_END;
    if (c != (first ? '\r' : '\n'))
        fail(reply, "a chunk of the answer is not as long as its size says");
    else
        reply->state = first ? REPLY_CHUNK_END_NEWLINE : REPLY_CHUNK_SIZE;
}

static void read_between_chunks(struct http_reply *reply, struct text *bytes)
{
    char c = take(bytes, 1).data[0];
    if (reply->state == REPLY_CHUNK_SIZE)
        on_size_byte(reply, c);
    else if (reply->state == REPLY_CHUNK_EXTENSION)
        on_extension_byte(reply, c);
    else if (reply->state == REPLY_CHUNK_SIZE_END)
        on_size_end(reply, c);
    else
        on_chunk_end(reply, c);
}

/* ---- the whole of it ---- */

static struct text read_body(struct http_reply *reply, struct text *bytes)
{
    if (reply->state == REPLY_UNTIL_CLOSE)
        return take(bytes, bytes->size);
    struct text piece = take(bytes, bytes->size < reply->left ? bytes->size : reply->left);
    reply->left -= piece.size;
    if (reply->left == 0)
        reply->state = reply->state == REPLY_LENGTH ? REPLY_WHOLE : REPLY_CHUNK_END;
    return piece;
}

enum reply_step http_reply_next(struct http_reply *reply, struct text *bytes, struct text *body)
{
    while (bytes->size && reply->state < REPLY_WHOLE) {
        if (reply->state <= REPLY_TRAILERS) {
            read_line(reply, bytes);
        } else if (reply->state == REPLY_CHUNK_DATA || reply->state >= REPLY_LENGTH) {
            *body = read_body(reply, bytes);
            return REPLY_BODY;
        } else {
            read_between_chunks(reply, bytes);
        }
    }
    if (reply->state == REPLY_FAILED)
        return REPLY_BROKEN;
    return reply->state == REPLY_WHOLE ? REPLY_END : REPLY_MORE;
}

bool http_reply_finish(struct http_reply *reply)
{
    if (reply->state == REPLY_WHOLE || reply->state == REPLY_UNTIL_CLOSE)
        return true;
    if (!http_reply_has_begun(reply))
        fail(reply, "the server closed the connection without an answer");
    else if (reply->state != REPLY_FAILED)
        fail(reply, "the server closed the connection before the answer's end");
    return false;
}
