#include "base/json.h"

#ifdef __SSE2__
#include <emmintrin.h>
#endif

/* Deeper nesting than any engine sends; keeps a hostile text from exhausting the stack. */
#define JSON_MAX_DEPTH 64

static bool fail(struct json_scan *scan, const char *reason)
{
    if (!scan->failed)
        scan->reason = reason;
    scan->failed = true;
    return false;
}

static inline bool is_space(char c)
{
    return (unsigned char)c <= ' ' && (c == ' ' || c == '\n' || c == '\r' || c == '\t');
}

static inline void skip_space(struct json_scan *scan)
{
    const char *at = scan->at;
    while (at < scan->end && is_space(*at))
        at++;
    scan->at = at;
}

static bool is_digit(const struct json_scan *scan)
{
    return scan->at < scan->end && *scan->at >= '0' && *scan->at <= '9';
}

static inline enum json_type peek(struct json_scan *scan)
{
    skip_space(scan);
    if (scan->failed || scan->at == scan->end)
        return JSON_INVALID;
    switch (*scan->at) {
    case '{':
        return JSON_OBJECT;
    case '[':
        return JSON_ARRAY;
    case '"':
        return JSON_STRING;
    case 't':
    case 'f':
        return JSON_BOOL;
    case 'n':
        return JSON_NULL;
    default:
        return *scan->at == '-' || is_digit(scan) ? JSON_NUMBER : JSON_INVALID;
    }
}

enum json_type json_peek(struct json_scan *scan)
{
    return peek(scan);
}

static inline bool take(struct json_scan *scan, char c, const char *reason)
{
    skip_space(scan);
    if (scan->at == scan->end || *scan->at != c)
        return fail(scan, reason);
    scan->at++;
    return true;
}

bool json_enter_object(struct json_scan *scan)
{
    return !scan->failed && take(scan, '{', "expected an object");
}

bool json_enter_array(struct json_scan *scan)
{
    return !scan->failed && take(scan, '[', "expected an array");
}

static int hex_value(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c = (char)(c | 0x20);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Four hex digits, or −1. */
static int read_hex4(const char *at, const char *end)
{
    if (end - at < 4)
        return -1;
    int code = 0;
    for (int i = 0; i < 4; i++) {
        int digit = hex_value(at[i]);
        if (digit < 0)
            return -1;
        code = code * 16 + digit;
    }
    return code;
}

static bool is_plain(char c)
{
    return c != '"' && c != '\\' && (unsigned char)c >= 0x20;
}

/* The first byte that is no plain part of a string: a quote, a backslash, a control character. */
static inline const char *plain_end(const char *at, const char *end)
{
#ifdef __SSE2__
    const __m128i quote = _mm_set1_epi8('"'), backslash = _mm_set1_epi8('\\');
    const __m128i last_control = _mm_set1_epi8(0x1f);
    for (; end - at >= 16; at += 16) {
        __m128i bytes = _mm_loadu_si128((const __m128i *)at);
        __m128i control = _mm_cmpeq_epi8(_mm_min_epu8(bytes, last_control), bytes);
        __m128i marks =
            _mm_or_si128(_mm_cmpeq_epi8(bytes, quote), _mm_cmpeq_epi8(bytes, backslash));
        int found = _mm_movemask_epi8(_mm_or_si128(marks, control));
        if (found)
            return at + __builtin_ctz((unsigned)found);
    }
#endif
    while (at < end && is_plain(*at))
        at++;
    return at;
}

/* The end of the escape that begins at `at`, NULL when it is broken. */
static const char *escape_end(const char *at, const char *end)
{
    if (end - at < 2)
        return NULL;
    if (at[1] == 'u')
        return read_hex4(at + 2, end) < 0 ? NULL : at + 6;
    return at[1] && strchr("\"\\/bfnrt", at[1]) ? at + 2 : NULL;
}

/* The rest of a string whose opening quote has been passed. */
static bool scan_string_rest(struct json_scan *scan, struct text *escaped)
{
    const char *start = scan->at, *end = scan->end, *at = start;
    for (;;) {
        at = plain_end(at, end);
        if (at < end && *at == '"') {
            *escaped = (struct text){start, (size_t)(at - start)};
            scan->at = at + 1;
            return true;
        }
        scan->at = at;
        if (at == end)
            return fail(scan, "a string without its closing quote");
        if (*at != '\\')
            return fail(scan, "a control character in a string");
        at = escape_end(at, end);
        if (!at)
            return fail(scan, "a broken escape in a string");
    }
}

bool json_scan_string(struct json_scan *scan, struct text *escaped)
{
    return !scan->failed && take(scan, '"', "expected a string") && scan_string_rest(scan, escaped);
}

/* Between members: passes the comma, or the closing bracket (then there is no next one). A value
 * never ends with an opening bracket, so the byte before tells whether this is the first member. */
static inline bool next_member(struct json_scan *scan, char open, char close, const char *reason)
{
    if (scan->failed)
        return false;
    const char *before = scan->at - 1;
    while (is_space(*before))
        before--;
    skip_space(scan);
    if (scan->at < scan->end && *scan->at == close) {
        scan->at++;
        return false;
    }
    return *before == open || take(scan, ',', reason);
}

bool json_next_key(struct json_scan *scan, struct text *key)
{
    return next_member(scan, '{', '}', "expected ',' or '}'") &&
           take(scan, '"', "expected a key in quotes") && scan_string_rest(scan, key) &&
           take(scan, ':', "expected ':'");
}

bool json_next_element(struct json_scan *scan)
{
    return next_member(scan, '[', ']', "expected ',' or ']'");
}

static bool scan_digits(struct json_scan *scan)
{
    if (!is_digit(scan))
        return fail(scan, "expected a digit");
    while (is_digit(scan))
        scan->at++;
    return true;
}

static bool scan_number(struct json_scan *scan, struct text *number)
{
    skip_space(scan);
    const char *start = scan->at;
    if (scan->at < scan->end && *scan->at == '-')
        scan->at++;
    else if (!is_digit(scan))
        return fail(scan, "expected a number");
    if (scan->at < scan->end && *scan->at == '0')
        scan->at++;
    else if (!scan_digits(scan))
        return false;
    if (scan->at < scan->end && *scan->at == '.') {
        scan->at++;
        if (!scan_digits(scan))
            return false;
    }
    if (scan->at < scan->end && (*scan->at | 0x20) == 'e') {
        scan->at++;
        if (scan->at < scan->end && (*scan->at == '+' || *scan->at == '-'))
            scan->at++;
        if (!scan_digits(scan))
            return false;
    }
    *number = (struct text){start, (size_t)(scan->at - start)};
    return true;
}

bool json_scan_int64(struct json_scan *scan, int64_t *value)
{
    struct text number;
    if (scan->failed || !scan_number(scan, &number))
        return false;
    if (text_to_int64(number, value))
        return true;
    double real;
    if (!text_to_double(number, &real) || !(real > -0x1p63 && real < 0x1p63))
        return fail(scan, "a number beyond 64 bits");
    *value = (int64_t)real;
    return true;
}

bool json_scan_double(struct json_scan *scan, double *value)
{
    struct text number;
    if (scan->failed || !scan_number(scan, &number))
        return false;
    return text_to_double(number, value) || fail(scan, "a number with too many digits");
}

static inline bool take_word(struct json_scan *scan, struct text word)
{
    if ((size_t)(scan->end - scan->at) < word.size || memcmp(scan->at, word.data, word.size) != 0)
        return fail(scan, "expected a value");
    scan->at += word.size;
    return true;
}

static bool take_bool(struct json_scan *scan)
{
    return *scan->at == 't' ? take_word(scan, TEXT("true")) : take_word(scan, TEXT("false"));
}

bool json_scan_bool(struct json_scan *scan, bool *value)
{
    if (peek(scan) != JSON_BOOL)
        return fail(scan, "expected true or false");
    *value = *scan->at == 't';
    return take_bool(scan);
}

static bool skip_nested(struct json_scan *scan, int depth)
{
    struct text ignored;
    if (depth > JSON_MAX_DEPTH)
        return fail(scan, "nested too deeply");
    switch (peek(scan)) {
    case JSON_STRING:
        scan->at++;
        return scan_string_rest(scan, &ignored);
    case JSON_NUMBER:
        return scan_number(scan, &ignored);
    case JSON_BOOL:
        return take_bool(scan);
    case JSON_NULL:
        return take_word(scan, TEXT("null"));
    case JSON_OBJECT:
        scan->at++;
        while (json_next_key(scan, &ignored))
            skip_nested(scan, depth + 1);
        return !scan->failed;
    case JSON_ARRAY:
        scan->at++;
        while (json_next_element(scan))
            skip_nested(scan, depth + 1);
        return !scan->failed;
    case JSON_INVALID:
    default:
        return fail(scan, "expected a value");
    }
}

bool json_skip(struct json_scan *scan)
{
    return skip_nested(scan, 0);
}

bool json_scan_raw(struct json_scan *scan, struct text *raw)
{
    skip_space(scan);
    const char *start = scan->at;
    if (!json_skip(scan))
        return false;
    *raw = (struct text){start, (size_t)(scan->at - start)};
    return true;
}

bool json_scan_done(struct json_scan *scan)
{
    skip_space(scan);
    return !scan->failed && scan->at == scan->end;
}

static void add_code_point(struct buffer *out, uint32_t code)
{
    char bytes[4];
    size_t size;
    if (code < 0x80) {
        bytes[0] = (char)code;
        size = 1;
    } else if (code < 0x800) {
        bytes[0] = (char)(0xc0 | code >> 6);
        bytes[1] = (char)(0x80 | (code & 0x3f));
        size = 2;
    } else if (code < 0x10000) {
        bytes[0] = (char)(0xe0 | code >> 12);
        bytes[1] = (char)(0x80 | (code >> 6 & 0x3f));
        bytes[2] = (char)(0x80 | (code & 0x3f));
        size = 3;
    } else {
        bytes[0] = (char)(0xf0 | code >> 18);
        bytes[1] = (char)(0x80 | (code >> 12 & 0x3f));
        bytes[2] = (char)(0x80 | (code >> 6 & 0x3f));
        bytes[3] = (char)(0x80 | (code & 0x3f));
        size = 4;
    }
    buffer_add(out, bytes, size);
}

/* The code point of the \u escape at `at`, which is moved behind it and its low surrogate. */
static uint32_t take_escape(const char **at, const char *end)
{
    uint32_t code = (uint32_t)read_hex4(*at + 2, end);
    *at += 6;
    if (code < 0xd800 || code > 0xdfff)
        return code;
    int low = code < 0xdc00 && end - *at >= 6 && (*at)[0] == '\\' && (*at)[1] == 'u'
                  ? read_hex4(*at + 2, end)
                  : -1;
    if (low < 0xdc00 || low > 0xdfff)
        return 0xfffd;
    *at += 6;
    return 0x10000 + ((code - 0xd800) << 10) + ((uint32_t)low - 0xdc00);
}

void json_unescape(struct buffer *out, struct text escaped)
{
    if (escaped.size == 0)
        return;
    const char *at = escaped.data, *end = escaped.data + escaped.size;
    buffer_reserve(out, escaped.size);
    while (at < end) {
        const char *escape = memchr(at, '\\', (size_t)(end - at));
        if (!escape || end - escape < 2) {
            buffer_add(out, at, (size_t)(end - at));
            return;
        }
        buffer_add(out, at, (size_t)(escape - at));
        at = escape;
        if (at[1] == 'u' && read_hex4(at + 2, end) >= 0) {
            add_code_point(out, take_escape(&at, end));
            continue;
        }
        static const char letters[] = "bfnrt", meant[] = "\b\f\n\r\t";
        const char *letter = at[1] ? strchr(letters, at[1]) : NULL;
        buffer_add_char(out, letter ? meant[letter - letters] : at[1]);
        at += 2;
    }
}

void json_position(struct text whole, const char *at, int *line, int *column)
{
    *line = *column = 1;
    for (const char *c = whole.data; c < at && c < whole.data + whole.size; c++) {
        *column = *c == '\n' ? 1 : *column + 1;
        *line += *c == '\n';
    }
}
