/* JSON out: a writer that appends to a buffer. JSON in: a scanner that walks a text in place,
 * validates what it passes, and allocates nothing. Where a tree is handier, use cJSON. */
#ifndef BASE_JSON_H
#define BASE_JSON_H

#include "base/buffer.h"
#include "base/error.h"

/* ---- writing ---- */

/* Commas are put by the writer. Start with {.out = buffer}. */
struct json_writer {
    struct buffer *out;
    bool need_comma;
};

void json_open(struct json_writer *json, char bracket);  /* '{' or '[' */
void json_close(struct json_writer *json, char bracket); /* '}' or ']' */
void json_key(struct json_writer *json, const char *key);
/* Broken UTF-8 becomes U+FFFD; control characters are escaped. */
void json_string(struct json_writer *json, struct text value);
void json_int(struct json_writer *json, int64_t value);
void json_uint(struct json_writer *json, uint64_t value);
/* NaN and infinities are written as null. */
void json_real(struct json_writer *json, double value, int decimals);
void json_bool(struct json_writer *json, bool value);
void json_null(struct json_writer *json);
/* What is JSON already: a value, or the inside of a string between its quotes. */
void json_raw(struct json_writer *json, struct text value);
void json_raw_string(struct json_writer *json, struct text escaped);

/* A key and its value in one call. */
void json_put_string(struct json_writer *json, const char *key, const char *value);
void json_put_text(struct json_writer *json, const char *key, struct text value);
void json_put_int(struct json_writer *json, const char *key, int64_t value);
void json_put_uint(struct json_writer *json, const char *key, uint64_t value);
void json_put_real(struct json_writer *json, const char *key, double value, int decimals);
void json_put_bool(struct json_writer *json, const char *key, bool value);
void json_put_null(struct json_writer *json, const char *key);

/* ---- scanning ---- */

enum json_type {
    JSON_INVALID,
    JSON_NULL,
    JSON_BOOL,
    JSON_NUMBER,
    JSON_STRING,
    JSON_ARRAY,
    JSON_OBJECT,
};

/* After any failure `failed` stays set and every call returns false; `at` stands where it happened
 * and `reason` says what, as in "expected ',' or '}'". */
struct json_scan {
    const char *at;
    const char *end;
    bool failed;
    const char *reason;
};

static inline struct json_scan json_scan_begin(struct text text)
{
    return (struct json_scan){.at = text.data, .end = text.data + text.size};
}

/* What comes next, without passing it. */
enum json_type json_peek(struct json_scan *scan);

/* Steps into an object or array. False when it is something else (which sets `failed`). */
bool json_enter_object(struct json_scan *scan);
bool json_enter_array(struct json_scan *scan);
/* The next key (between its quotes, escapes as they are) or element; its value must then be passed
 * by one call. False at the closing bracket, which is passed, and on failure. */
bool json_next_key(struct json_scan *scan, struct text *key);
bool json_next_element(struct json_scan *scan);

/* Pass one value. Strings are given between their quotes, escapes as they are. */
bool json_skip(struct json_scan *scan);
bool json_scan_string(struct json_scan *scan, struct text *escaped);
bool json_scan_int64(struct json_scan *scan, int64_t *value); /* a fraction is cut off */
bool json_scan_double(struct json_scan *scan, double *value);
bool json_scan_bool(struct json_scan *scan, bool *value);
/* Any value as the text it is written with. */
bool json_scan_raw(struct json_scan *scan, struct text *raw);
/* True when nothing but white space is left. */
bool json_scan_done(struct json_scan *scan);

/* Appends the text that `escaped` stands for; a lone surrogate becomes U+FFFD. */
void json_unescape(struct buffer *out, struct text escaped);

/* Steps into an object or array; any other value is passed over and the answer is false. */
static inline bool json_try_object(struct json_scan *scan)
{
    if (json_peek(scan) == JSON_OBJECT)
        return json_enter_object(scan);
    json_skip(scan);
    return false;
}

static inline bool json_try_array(struct json_scan *scan)
{
    if (json_peek(scan) == JSON_ARRAY)
        return json_enter_array(scan);
    json_skip(scan);
    return false;
}

/* Line and column, from 1, of a position in a text, for messages. */
void json_position(struct text whole, const char *at, int *line, int *column);

#endif
