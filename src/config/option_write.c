/* From struct config out again: as JSON, and which part of a value must not leave. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

#include "base/memory.h"
#include "config/option_value.h"

static const void *field_in(const void *values, const struct option *option)
{
    return (const char *)values + option->offset;
}

bool option_choice(const struct option *option, unsigned index, struct text *name)
{
    const char *at = option->argument;
    for (; index; index--) {
        at = strchr(at, '|');
        if (!at)
            return false;
        at++;
    }
    *name = (struct text){at, strcspn(at, "|")};
    return true;
}

/* ---- secrets ---- */

/* A header is secret by a word in its name: X-Api-Key, X-Amz-Security-Token, Set-Cookie … */
static struct text header_secret(const char *header)
{
    static const char *const words[] = {"auth", "key", "token", "secret", "cookie", "password"};
    size_t size = strcspn(header, ":");
    char name[128];
    snprintf(name, sizeof name, "%.*s", (int)(size < sizeof name ? size : sizeof name - 1), header);
    for (size_t i = 0; header[size] && i < ARRAY_SIZE(words); i++)
        if (strcasestr(name, words[i]))
            return text_trim(text_of(header + size + 1));
    return TEXT("");
}

struct text option_secret_part(const struct option *option, const char *value)
{
    switch (option->secret) {
    case SECRET_NONE:
        break;
    case SECRET_VALUE:
        return value[0] == '@' ? TEXT("") : text_of(value);
    case SECRET_HEADER:
        return header_secret(value);
    case SECRET_PASSWORD:
        return endpoint_password(value);
    }
    return TEXT("");
}

void option_each_string(const struct config *config, const struct option *option,
                        void (*visit)(const struct option *option, const char *string))
{
    const void *field = field_in(config, option);
    if (option->type == OPTION_STRING) {
        const char *const *string = field;
        if (*string)
            visit(option, *string);
    } else if (option->type == OPTION_STRING_LIST || option->type == OPTION_REPEATED) {
        const struct string_list *list = field;
        for (size_t i = 0; i < list->count; i++)
            visit(option, list->values[i]);
    }
}

/* ---- to JSON ---- */

static void write_real(struct json_writer *json, double value)
{
    char digits[40];
    int size = snprintf(digits, sizeof digits, "%.15g", value);
    if (isfinite(value))
        json_raw(json, (struct text){digits, (size_t)size});
    else
        json_null(json);
}

static void write_int(struct json_writer *json, int64_t value)
{
    if (value < 0)
        json_null(json);
    else
        json_int(json, value);
}

static void write_string(struct json_writer *json, const struct option *option, const char *value)
{
    if (!value) {
        json_null(json);
        return;
    }
    char *masked = xstrdup(value);
    struct text secret = option_secret_part(option, value);
    if (secret.size)
        memset(masked + (secret.data - value), '*', secret.size);
    json_string(json, text_of(masked));
    free(masked);
}

static void write_choice(struct json_writer *json, const struct option *option, unsigned index)
{
    struct text name = TEXT("");
    option_choice(option, index, &name);
    json_string(json, name);
}

static void write_list(struct json_writer *json, const struct option *option, const void *field)
{
    const struct int_list *ints = field;
    const struct real_list *reals = field;
    const struct string_list *strings = field;
    size_t count = option->type == OPTION_INT_LIST    ? ints->count
                   : option->type == OPTION_REAL_LIST ? reals->count
                                                      : strings->count;
    json_open(json, '[');
    for (size_t i = 0; i < count; i++)
        if (option->type == OPTION_INT_LIST)
            json_int(json, ints->values[i]);
        else if (option->type == OPTION_REAL_LIST)
            write_real(json, reals->values[i]);
        else
            write_string(json, option, strings->values[i]);
    json_close(json, ']');
}

static void write_rounds(struct json_writer *json, const struct rounds *rounds)
{
    char text[32];
    int size = snprintf(text, sizeof text, "steady:%lld", (long long)rounds->most);
    if (rounds->until_steady)
        json_string(json, (struct text){text, (size_t)size});
    else
        json_int(json, rounds->most);
}

void option_write_json(const void *values, const struct option *option, struct json_writer *json)
{
    const void *field = field_in(values, option);
    switch (option->type) {
    case OPTION_FLAG:
        json_bool(json, *(const bool *)field);
        break;
    case OPTION_INT:
    case OPTION_SIZE:
        write_int(json, *(const int64_t *)field);
        break;
    case OPTION_ROUNDS:
        write_rounds(json, field);
        break;
    case OPTION_UINT64:
        json_uint(json, *(const uint64_t *)field);
        break;
    case OPTION_REAL:
    case OPTION_SECONDS:
    case OPTION_MILLISECONDS:
        write_real(json, *(const double *)field);
        break;
    case OPTION_STRING:
        write_string(json, option, *(const char *const *)field);
        break;
    case OPTION_CHOICE:
        write_choice(json, option, *(const unsigned *)field);
        break;
    case OPTION_INT_LIST:
    case OPTION_REAL_LIST:
    case OPTION_STRING_LIST:
    case OPTION_REPEATED:
        write_list(json, option, field);
        break;
    }
}
