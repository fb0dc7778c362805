#include "result/journal_field.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/log.h"
#include "base/statistics.h"
#include "result/run.h"

void json_redacted(struct json_writer *json, struct text value)
{
    char *copy = xstrndup(value.data, value.size);
    redact(copy, value.size);
    json_string(json, (struct text){copy, value.size});
    free(copy);
}

void json_put_redacted(struct json_writer *json, const char *key, const char *value)
{
    json_key(json, key);
    if (value)
        json_redacted(json, text_of(value));
    else
        json_null(json);
}

/* ---- members: how each type is stored, written and read ---- */

static uint64_t load_unsigned(const void *member, size_t size)
{
    switch (size) {
    case 1:
        return *(const uint8_t *)member;
    case 2:
        return *(const uint16_t *)member;
    case 4:
        return *(const uint32_t *)member;
    default:
        return *(const uint64_t *)member;
    }
}

static void store_unsigned(void *member, size_t size, uint64_t value)
{
    switch (size) {
    case 1:
        *(uint8_t *)member = (uint8_t)value;
        break;
    case 2:
        *(uint16_t *)member = (uint16_t)value;
        break;
    case 4:
        *(uint32_t *)member = (uint32_t)value;
        break;
    default:
        *(uint64_t *)member = value;
    }
}

static const struct {
    size_t size;
    bool has_null;
    uint64_t null;
} integers[] = {
    [FIELD_U8] = {1, false, 0},     [FIELD_U16] = {2, false, 0},
    [FIELD_U32] = {4, false, 0},    [FIELD_U64] = {8, false, 0},
    [FIELD_INSTANT] = {8, true, 0}, [FIELD_TOKENS] = {4, true, TOKENS_UNKNOWN},
};

static void write_integer(struct json_writer *json, const struct field *field, const void *member)
{
    uint64_t value = load_unsigned(member, integers[field->type].size);
    if (integers[field->type].has_null && value == integers[field->type].null)
        json_null(json);
    else
        json_uint(json, value);
}

static bool digits_to_uint64(struct text digits, uint64_t *value)
{
    *value = 0;
    for (size_t i = 0; i < digits.size; i++) {
        char c = digits.data[i];
        if (c < '0' || c > '9' || __builtin_mul_overflow(*value, 10u, value) ||
            __builtin_add_overflow(*value, (uint64_t)(c - '0'), value))
            return false;
    }
    return digits.size > 0;
}

static bool read_integer(struct json_scan *scan, const struct field *field, void *member)
{
    size_t size = integers[field->type].size;
    struct text digits;
    uint64_t value;
    bool is_null = integers[field->type].has_null && json_peek(scan) == JSON_NULL;
    if (!json_scan_raw(scan, &digits))
        return false;
    if (is_null)
        value = integers[field->type].null;
    else if (!digits_to_uint64(digits, &value) || value > UINT64_MAX >> (64 - 8 * size))
        return false;
    store_unsigned(member, size, value);
    return true;
}

static void write_hash(struct json_writer *json, const struct field *field, const void *member)
{
    (void)field;
    char digits[17];
    snprintf(digits, sizeof digits, "%016" PRIx64, *(const uint64_t *)member);
    json_raw_string(json, text_of(digits));
}

static bool read_hash(struct json_scan *scan, const struct field *field, void *member)
{
    (void)field;
    struct text digits;
    uint64_t value = 0;
    if (!json_scan_string(scan, &digits) || digits.size != 16)
        return false;
    for (size_t i = 0; i < digits.size; i++) {
        static const char all[] = "0123456789abcdef";
        const char *digit = memchr(all, digits.data[i], sizeof all - 1);
        if (!digit)
            return false;
        value = value << 4 | (uint64_t)(digit - all);
    }
    *(uint64_t *)member = value;
    return true;
}

void json_exact(struct json_writer *json, double value)
{
    if (!isfinite(value)) {
        json_null(json);
        return;
    }
    char digits[32];
    for (int precision = 15; precision <= 17; precision++) {
        snprintf(digits, sizeof digits, "%.*g", precision, value);
        if (strtod(digits, NULL) <= value && strtod(digits, NULL) >= value)
            break;
    }
    json_raw(json, text_of(digits));
}

static void write_real(struct json_writer *json, const struct field *field, const void *member)
{
    (void)field;
    json_exact(json, *(const double *)member);
}

static bool read_real(struct json_scan *scan, const struct field *field, void *member)
{
    (void)field;
    if (json_peek(scan) != JSON_NULL)
        return json_scan_double(scan, member);
    *(double *)member = NO_VALUE;
    return json_skip(scan);
}

static void write_bool(struct json_writer *json, const struct field *field, const void *member)
{
    (void)field;
    json_bool(json, *(const bool *)member);
}

static bool read_bool(struct json_scan *scan, const struct field *field, void *member)
{
    (void)field;
    return json_scan_bool(scan, member);
}

static void write_string(struct json_writer *json, const struct field *field, const void *member)
{
    const char *string = field->type == FIELD_CHARS ? member : *(char *const *)member;
    if (string)
        json_redacted(json, text_of(string));
    else
        json_null(json);
}

static void take_string(char **member, char *string)
{
    free(*member);
    *member = string;
}

static bool read_string(struct json_scan *scan, const struct field *field, void *member)
{
    (void)field;
    struct text escaped;
    if (json_peek(scan) == JSON_NULL) {
        take_string(member, NULL);
        return json_skip(scan);
    }
    if (!json_scan_string(scan, &escaped))
        return false;
    struct buffer plain = {0};
    json_unescape(&plain, escaped);
    take_string(member, buffer_take(&plain));
    return true;
}

static bool read_chars(struct json_scan *scan, const struct field *field, void *member)
{
    char *string = NULL;
    bool fits = read_string(scan, field, &string) && string && strlen(string) < field->size;
    if (fits)
        memcpy(member, string, strlen(string) + 1);
    free(string);
    return fits;
}

/* A line break in JSON is white space, and would end our line. A secret may look like a number or a
 * word of JSON: what is no JSON without it is left out. */
static void write_json(struct json_writer *json, const struct field *field, const void *member)
{
    (void)field;
    const char *given = *(char *const *)member;
    char *copy = xstrdup(given ? given : "null");
    for (char *c = copy; *c; c++)
        if (*c == '\n' || *c == '\r')
            *c = ' ';
    redact(copy, strlen(copy));
    struct json_scan scan = json_scan_begin(text_of(copy));
    if (json_skip(&scan) && json_scan_done(&scan))
        json_raw(json, text_of(copy));
    else
        json_null(json);
    free(copy);
}

static bool read_json(struct json_scan *scan, const struct field *field, void *member)
{
    (void)field;
    struct text raw;
    bool is_null = json_peek(scan) == JSON_NULL;
    if (!json_scan_raw(scan, &raw))
        return false;
    take_string(member, is_null ? NULL : xstrndup(raw.data, raw.size));
    return true;
}

/* ---- enums ---- */

static const char *error_name(unsigned value)
{
    return error_class_name((enum error_class)value);
}

static const char *finish_name(unsigned value)
{
    return finish_reason_name((enum finish_reason)value);
}

static const char *health_name(unsigned value)
{
    return health_verdict_name((enum health_verdict)value);
}

static const char *kind_name(unsigned value)
{
    return watched_kind_name((enum watched_kind)value);
}

static const char *role_name(unsigned value)
{
    return watched_role_name((enum watched_role)value);
}

static const char *place_name(unsigned value)
{
    return reading_place_name((enum reading_place)value);
}

static const struct {
    const char *(*name)(unsigned value);
    unsigned count;
    size_t size;
} enums[] = {
    [FIELD_ERROR] = {error_name, ERR_CANCELLED + 1, 1},
    [FIELD_FINISH] = {finish_name, FINISH_REASON_COUNT, 1},
    [FIELD_HEALTH] = {health_name, HEALTH_VERDICT_COUNT, sizeof(enum health_verdict)},
    [FIELD_WATCHED_KIND] = {kind_name, WATCHED_KIND_COUNT, sizeof(enum watched_kind)},
    [FIELD_WATCHED_ROLE] = {role_name, WATCHED_ROLE_COUNT, sizeof(enum watched_role)},
    [FIELD_READING_PLACE] = {place_name, READING_PLACE_COUNT, 1},
};

static void write_enum(struct json_writer *json, const struct field *field, const void *member)
{
    uint64_t value = load_unsigned(member, enums[field->type].size);
    json_string(json, text_of(enums[field->type].name((unsigned)value)));
}

static bool read_enum(struct json_scan *scan, const struct field *field, void *member)
{
    struct text name;
    if (!json_scan_string(scan, &name))
        return false;
    for (unsigned value = 0; value < enums[field->type].count; value++)
        if (text_is(name, enums[field->type].name(value))) {
            store_unsigned(member, enums[field->type].size, value);
            return true;
        }
    return false;
}

static const struct {
    void (*write)(struct json_writer *json, const struct field *field, const void *member);
    bool (*read)(struct json_scan *scan, const struct field *field, void *member);
} types[FIELD_TYPE_COUNT] = {
    [FIELD_U8] = {write_integer, read_integer},
    [FIELD_U16] = {write_integer, read_integer},
    [FIELD_U32] = {write_integer, read_integer},
    [FIELD_U64] = {write_integer, read_integer},
    [FIELD_INSTANT] = {write_integer, read_integer},
    [FIELD_TOKENS] = {write_integer, read_integer},
    [FIELD_HASH] = {write_hash, read_hash},
    [FIELD_REAL] = {write_real, read_real},
    [FIELD_BOOL] = {write_bool, read_bool},
    [FIELD_STRING] = {write_string, read_string},
    [FIELD_CHARS] = {write_string, read_chars},
    [FIELD_JSON] = {write_json, read_json},
    [FIELD_ERROR] = {write_enum, read_enum},
    [FIELD_FINISH] = {write_enum, read_enum},
    [FIELD_HEALTH] = {write_enum, read_enum},
    [FIELD_WATCHED_KIND] = {write_enum, read_enum},
    [FIELD_WATCHED_ROLE] = {write_enum, read_enum},
    [FIELD_READING_PLACE] = {write_enum, read_enum},
};

/* ---- lines ---- */

void fields_write(struct json_writer *json, struct field_table table, const void *object)
{
    for (size_t i = 0; i < table.count; i++) {
        const struct field *field = &table.fields[i];
        json_key(json, field->key);
        types[field->type].write(json, field, (const char *)object + field->offset);
    }
}

/* Keys come in the table's order, so the one after the last is tried first. */
static const struct field *find_field(struct field_table table, struct text key, size_t *next)
{
    for (size_t tried = 0; tried < table.count; tried++) {
        const struct field *field = &table.fields[(*next + tried) % table.count];
        if (text_is(key, field->key)) {
            *next = (size_t)(field - table.fields) + 1;
            return field;
        }
    }
    return NULL;
}

bool field_read(struct json_scan *scan, const struct field *field, void *object)
{
    if (types[field->type].read(scan, field, (char *)object + field->offset))
        return true;
    if (!scan->failed)
        scan->reason = field->key;
    scan->failed = true;
    return false;
}

bool fields_read(struct json_scan *scan, struct field_table table, void *object,
                 struct text *other_key)
{
    size_t next = 0;
    while (json_next_key(scan, other_key)) {
        const struct field *field = find_field(table, *other_key, &next);
        if (!field)
            return true;
        if (!field_read(scan, field, object))
            return false;
    }
    return false;
}
