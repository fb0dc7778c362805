#include "result/redacted.h"

#include <stdlib.h>

#include "base/log.h"
#include "base/memory.h"
#include "result/journal_field.h"

void json_redacted_escaped(struct json_writer *json, struct text escaped)
{
    char *copy = xstrndup(escaped.data, escaped.size);
    redact(copy, escaped.size);
    if (memcmp(copy, escaped.data, escaped.size) == 0 &&
        !memchr(escaped.data, '\\', escaped.size)) {
        json_raw_string(json, escaped);
    } else {
        struct buffer plain = {0};
        json_unescape(&plain, escaped);
        json_redacted(json, buffer_text(&plain));
        buffer_free(&plain);
    }
    free(copy);
}

/* The string's size between its quotes, the first of which is passed; all that is left when there
 * is no second one. */
static size_t string_size(struct text rest)
{
    size_t size = 0;
    while (size < rest.size && rest.data[size] != '"')
        size += rest.data[size] == '\\' ? 2 : 1;
    return size < rest.size ? size : rest.size;
}

/* Without its quotes. As it is, unless a secret hides behind escapes. */
static void redact_string(struct buffer *out, struct text escaped)
{
    struct buffer plain = {0};
    json_unescape(&plain, escaped);
    uint64_t hash = text_hash(TEXT_HASH_SEED, buffer_text(&plain));
    redact(plain.data, plain.size);
    if (text_hash(TEXT_HASH_SEED, buffer_text(&plain)) == hash) {
        buffer_add_text(out, escaped);
    } else {
        struct buffer quoted = {0};
        json_string(&(struct json_writer){.out = &quoted}, buffer_text(&plain));
        buffer_add(out, quoted.data + 1, quoted.size - 2);
        buffer_free(&quoted);
    }
    buffer_free(&plain);
}

static void redact_strings(struct buffer *out, struct text rest)
{
    for (const char *quote; (quote = memchr(rest.data, '"', rest.size));) {
        size_t before = (size_t)(quote - rest.data) + 1;
        buffer_add(out, rest.data, before);
        rest = (struct text){rest.data + before, rest.size - before};
        size_t size = string_size(rest);
        redact_string(out, (struct text){rest.data, size});
        if (size < rest.size)
            buffer_add_char(out, rest.data[size++]);
        rest = (struct text){rest.data + size, rest.size - size};
    }
    buffer_add_text(out, rest);
}

void redact_json(struct buffer *out, struct text text)
{
    /* What stands there plainly goes first: it may hold a quote, and hide where strings begin. */
    char *copy = xstrndup(text.data, text.size);
    size_t start = out->size;
    redact(copy, text.size);
    redact_strings(out, (struct text){copy, text.size});
    if (out->size > start)
        redact(out->data + start, out->size - start);
    free(copy);
}

void json_redacted_json(struct json_writer *json, struct text value)
{
    struct buffer out = {0};
    redact_json(&out, value);
    struct json_scan scan = json_scan_begin(buffer_text(&out));
    if (json_skip(&scan) && json_scan_done(&scan))
        json_raw(json, buffer_text(&out));
    else
        json_string(json, buffer_text(&out));
    buffer_free(&out);
}
