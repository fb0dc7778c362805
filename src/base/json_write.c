#include <inttypes.h>
#include <math.h>

#include "base/json.h"

static void before_value(struct json_writer *json)
{
    if (json->need_comma)
        buffer_add_char(json->out, ',');
    json->need_comma = true;
}

void json_open(struct json_writer *json, char bracket)
{
    before_value(json);
    buffer_add_char(json->out, bracket);
    json->need_comma = false;
}

void json_close(struct json_writer *json, char bracket)
{
    buffer_add_char(json->out, bracket);
    json->need_comma = true;
}

/* The code of a character that would command a terminal on which the JSON is read, or turn its line
 * round; 0 = it is none. Controls of ASCII are not asked about. */
static uint32_t unruly_code(struct text value, size_t length)
{
    const unsigned char *bytes = (const unsigned char *)value.data;
    uint32_t code = 0;
    if (length == 2)
        code = (bytes[0] & 0x1fu) << 6 | (bytes[1] & 0x3fu);
    else if (length == 3)
        code = (bytes[0] & 0x0fu) << 12 | (bytes[1] & 0x3fu) << 6 | (bytes[2] & 0x3fu);
    bool unruly = (code >= 0x80 && code < 0xa0) || code == 0x200e || code == 0x200f ||
                  (code >= 0x2028 && code <= 0x202e) || (code >= 0x2066 && code <= 0x2069);
    return unruly ? code : 0;
}

static void add_quoted(struct buffer *out, struct text value)
{
    buffer_reserve(out, value.size + 2);
    buffer_add_char(out, '"');
    while (value.size) {
        size_t plain = 0;
        while (plain < value.size && (unsigned char)value.data[plain] >= 0x20 &&
               (unsigned char)value.data[plain] < 0x7f && value.data[plain] != '"' &&
               value.data[plain] != '\\')
            plain++;
        buffer_add(out, value.data, plain);
        value = (struct text){value.data + plain, value.size - plain};
        if (value.size == 0)
            break;

        unsigned char c = (unsigned char)value.data[0];
        size_t length = utf8_length(value);
        uint32_t unruly = unruly_code(value, length);
        if (c == '"' || c == '\\')
            buffer_add(out, (char[]){'\\', (char)c}, 2);
        else if (c == '\n')
            buffer_add(out, "\\n", 2);
        else if (c == '\t')
            buffer_add(out, "\\t", 2);
        else if (c == '\r')
            buffer_add(out, "\\r", 2);
        else if (c < 0x20 || c == 0x7f)
            buffer_printf(out, "\\u%04x", c);
        else if (unruly)
            buffer_printf(out, "\\u%04x", unruly);
        else if (length == 0)
            buffer_add_string(out, "\xef\xbf\xbd");
        else
            buffer_add(out, value.data, length);
        length = length ? length : 1;
        value = (struct text){value.data + length, value.size - length};
    }
    buffer_add_char(out, '"');
}

void json_key(struct json_writer *json, const char *key)
{
    before_value(json);
    add_quoted(json->out, text_of(key));
    buffer_add_char(json->out, ':');
    json->need_comma = false;
}

void json_string(struct json_writer *json, struct text value)
{
    before_value(json);
    add_quoted(json->out, value);
}

void json_int(struct json_writer *json, int64_t value)
{
    before_value(json);
    buffer_printf(json->out, "%" PRId64, value);
}

void json_uint(struct json_writer *json, uint64_t value)
{
    char digits[24];
    size_t at = sizeof digits;
    do
        digits[--at] = (char)('0' + value % 10);
    while (value /= 10);
    before_value(json);
    buffer_add(json->out, digits + at, sizeof digits - at);
}

void json_real(struct json_writer *json, double value, int decimals)
{
    if (!isfinite(value)) {
        json_null(json);
        return;
    }
    before_value(json);
    buffer_printf(json->out, "%.*f", decimals, value);
}

void json_bool(struct json_writer *json, bool value)
{
    before_value(json);
    buffer_add_string(json->out, value ? "true" : "false");
}

void json_null(struct json_writer *json)
{
    before_value(json);
    buffer_add(json->out, "null", 4);
}

void json_raw(struct json_writer *json, struct text value)
{
    before_value(json);
    buffer_add_text(json->out, value);
}

void json_raw_string(struct json_writer *json, struct text escaped)
{
    before_value(json);
    buffer_add_char(json->out, '"');
    buffer_add_text(json->out, escaped);
    buffer_add_char(json->out, '"');
}

void json_put_string(struct json_writer *json, const char *key, const char *value)
{
    json_key(json, key);
    if (value)
        json_string(json, text_of(value));
    else
        json_null(json);
}

void json_put_text(struct json_writer *json, const char *key, struct text value)
{
    json_key(json, key);
    json_string(json, value);
}

void json_put_int(struct json_writer *json, const char *key, int64_t value)
{
    json_key(json, key);
    json_int(json, value);
}

void json_put_uint(struct json_writer *json, const char *key, uint64_t value)
{
    json_key(json, key);
    json_uint(json, value);
}

void json_put_real(struct json_writer *json, const char *key, double value, int decimals)
{
    json_key(json, key);
    json_real(json, value, decimals);
}

void json_put_bool(struct json_writer *json, const char *key, bool value)
{
    json_key(json, key);
    json_bool(json, value);
}

void json_put_null(struct json_writer *json, const char *key)
{
    json_key(json, key);
    json_null(json);
}
