/* From text into struct config, or into the struct of a command's own options. What leaves it again
 * is in option_write.c. */
#include "config/option_value.h"

#include <stdlib.h>
#include <strings.h>

#include "base/memory.h"

_Static_assert(sizeof(enum cold_start) == sizeof(unsigned) &&
                   sizeof(enum run_mode) == sizeof(unsigned) &&
                   sizeof(enum ui_mode) == sizeof(unsigned),
               "choices are stored as unsigned");

static void *field_of(void *values, const struct option *option)
{
    return (char *)values + option->offset;
}

bool option_is_mock_knob(const struct option *option)
{
    return option->group == GROUP_MOCK && strcmp(option->name, "mock-server") != 0;
}

bool option_is_list(const struct option *option)
{
    return option->type == OPTION_INT_LIST || option->type == OPTION_REAL_LIST ||
           option->type == OPTION_STRING_LIST;
}

/* "--timeout 0: must be …", with no more of the value than a line can hold. */
static bool fail_value(const char *given_as, struct text value, struct error *error,
                       const char *must)
{
    return error_set(error, "%s %.*s%s: must be %s", given_as,
                     (int)(value.size < 80 ? value.size : 80), value.data,
                     value.size < 80 ? "" : "...", must);
}

/* `kind` is said when the value is not even that; else NULL. */
static bool fail_range(const struct option *option, const char *given_as, struct text value,
                       const char *kind, struct error *error)
{
    char must[160];
    snprintf(must, sizeof must, "%s%sbetween %.15g and %.15g", kind ? kind : "", kind ? " " : "",
             option->min, option->max);
    return fail_value(given_as, value, error, must);
}

/* Plain decimal notation only: text_to_double alone would take "inf", "nan" and "0x10". */
static bool read_decimal(struct text text, double *value)
{
    for (size_t i = 0; i < text.size; i++)
        if (!strchr("0123456789.+-eE", text.data[i]) || text.data[i] == '\0')
            return false;
    return text_to_double(text, value);
}

static bool read_uint64(struct text text, uint64_t *value)
{
    uint64_t number = 0;
    for (size_t i = 0; i < text.size; i++) {
        unsigned digit = (unsigned char)text.data[i] - (unsigned)'0';
        if (digit > 9 || __builtin_mul_overflow(number, 10, &number) ||
            __builtin_add_overflow(number, digit, &number))
            return false;
    }
    *value = number;
    return text.size > 0;
}

struct unit {
    const char *suffix;
    double factor;
};

/* A number with one of the units behind it, or none. Longer suffixes stand before their ends. */
static bool read_with_unit(struct text text, const struct unit *units, size_t count, double bare,
                           double *value)
{
    double factor = bare;
    for (size_t i = 0; i < count; i++)
        if (text_ends_with(text, units[i].suffix)) {
            text.size -= strlen(units[i].suffix);
            factor = units[i].factor;
            break;
        }
    if (!read_decimal(text, value))
        return false;
    *value *= factor;
    return true;
}

static bool read_duration(struct text text, double bare, double *seconds)
{
    static const struct unit units[] = {
        {"us", 1e-6}, {"ms", 1e-3}, {"s", 1}, {"m", 60}, {"h", 3600}};
    return read_with_unit(text, units, ARRAY_SIZE(units), bare, seconds);
}

static bool read_size(struct text text, double *bytes)
{
    static const struct unit units[] = {
        {"KiB", 0x1p10}, {"MiB", 0x1p20}, {"GiB", 0x1p30}, {"kB", 1e3},   {"MB", 1e6},
        {"GB", 1e9},     {"k", 0x1p10},   {"K", 0x1p10},   {"M", 0x1p20}, {"G", 0x1p30},
    };
    return read_with_unit(text, units, ARRAY_SIZE(units), 1, bytes);
}

static bool in_range(const struct option *option, double value)
{
    return value >= option->min && value <= option->max;
}

static bool set_flag(void *values, const struct option *option, const char *given_as,
                     struct text value, struct error *error)
{
    static const char *const words[][2] = {
        {"true", "false"}, {"yes", "no"}, {"on", "off"}, {"1", "0"}};
    for (size_t i = 0; i < ARRAY_SIZE(words); i++)
        for (int off = 0; off < 2; off++)
            if (value.size == strlen(words[i][off]) &&
                strncasecmp(value.data, words[i][off], value.size) == 0) {
                *(bool *)field_of(values, option) = !off;
                return true;
            }
    return fail_value(given_as, value, error, "true or false");
}

static bool read_int(const struct option *option, const char *given_as, struct text value,
                     int64_t *number, struct error *error)
{
    if (!text_to_int64(value, number))
        return fail_range(option, given_as, value, "a whole number", error);
    return in_range(option, (double)*number) || fail_range(option, given_as, value, NULL, error);
}

static bool read_real(const struct option *option, const char *given_as, struct text value,
                      double *number, struct error *error)
{
    if (!read_decimal(value, number))
        return fail_range(option, given_as, value, "a number", error);
    return in_range(option, *number) || fail_range(option, given_as, value, NULL, error);
}

static bool set_size(void *values, const struct option *option, const char *given_as,
                     struct text value, struct error *error)
{
    double bytes;
    if (!read_size(value, &bytes) || !in_range(option, bytes))
        return fail_range(option, given_as, value, "bytes, as 1048576, 16k or 64MiB,", error);
    *(int64_t *)field_of(values, option) = (int64_t)bytes;
    return true;
}

static bool set_duration(void *values, const struct option *option, const char *given_as,
                         struct text value, struct error *error)
{
    bool in_ms = option->type == OPTION_MILLISECONDS;
    double seconds = 0;
    bool ok = read_duration(value, in_ms ? 1e-3 : 1, &seconds);
    double number = in_ms ? seconds * 1e3 : seconds;
    if (!ok || !in_range(option, number))
        return fail_range(option, given_as, value,
                          in_ms ? "milliseconds, as 50, 1.5 or 2s,"
                                : "seconds, as 300, 1.5, 90s, 5m or 500ms,",
                          error);
    *(double *)field_of(values, option) = number;
    return true;
}

static void choices_listed(const char *choices, char out[static 160])
{
    size_t size = 0;
    for (const char *at = choices; *at && size < 150; at++) {
        bool is_last = *at == '|' && !strchr(at + 1, '|');
        if (*at != '|')
            out[size++] = *at;
        else
            size += (size_t)snprintf(out + size, 160 - size, "%s", is_last ? " or " : ", ");
    }
    out[size] = '\0';
}

static bool choice_is(struct text name, struct text given)
{
    if (name.size != given.size)
        return false;
    for (size_t i = 0; i < name.size; i++)
        if (name.data[i] != (given.data[i] == '-' ? '_' : given.data[i]))
            return false;
    return true;
}

static bool set_choice(void *values, const struct option *option, const char *given_as,
                       struct text value, struct error *error)
{
    struct text name;
    for (unsigned index = 0; option_choice(option, index, &name); index++)
        if (choice_is(name, value)) {
            *(unsigned *)field_of(values, option) = index;
            return true;
        }
    char must[160];
    choices_listed(option->argument, must);
    return fail_value(given_as, value, error, must);
}

void string_list_add(struct string_list *list, struct text value)
{
    list->values = xreallocarray(list->values, list->count + 1, sizeof *list->values);
    list->values[list->count++] = xstrndup(value.data, value.size);
}

static bool add_piece(void *values, const struct option *option, const char *given_as,
                      struct text piece, struct error *error)
{
    void *field = field_of(values, option);
    int64_t whole;
    double real;
    if (option->type == OPTION_STRING_LIST) {
        string_list_add(field, piece);
    } else if (option->type == OPTION_INT_LIST) {
        struct int_list *list = field;
        if (!read_int(option, given_as, piece, &whole, error))
            return false;
        list->values = xreallocarray(list->values, list->count + 1, sizeof *list->values);
        list->values[list->count++] = whole;
    } else {
        struct real_list *list = field;
        if (!read_real(option, given_as, piece, &real, error))
            return false;
        list->values = xreallocarray(list->values, list->count + 1, sizeof *list->values);
        list->values[list->count++] = real;
    }
    return true;
}

/* To the next comma that is in no quotes and no brackets, as in a{b="c",d="e"}. */
static size_t string_piece(const char *at)
{
    bool quoted = false;
    int depth = 0;
    size_t size = 0;
    for (; at[size] && (at[size] != ',' || quoted || depth > 0); size++) {
        char c = at[size];
        if (c == '"')
            quoted = !quoted;
        else if (!quoted && strchr("{([", c))
            depth++;
        else if (!quoted && strchr("})]", c))
            depth--;
    }
    return size;
}

/* Pieces are parted by commas, numbers by blanks too; "5," is fine, "," is not. */
static bool add_pieces(void *values, const struct option *option, const char *given_as,
                       const char *value, struct error *error)
{
    size_t count = 0;
    for (const char *at = value; *at;) {
        size_t size = option->type == OPTION_STRING_LIST ? string_piece(at) : strcspn(at, ", \t");
        struct text piece = text_trim((struct text){at, size});
        if (piece.size && !add_piece(values, option, given_as, piece, error))
            return false;
        count += piece.size > 0;
        at += size + (at[size] != '\0');
    }
    return count > 0 || error_set(error, "%s: needs a value (%s)", given_as, option->argument);
}

static bool set_string(void *values, const struct option *option, const char *given_as,
                       const char *value, struct error *error)
{
    if (!value[0])
        return error_set(error, "%s: the value is empty; leave the option out instead", given_as);
    if (option->type == OPTION_REPEATED) {
        string_list_add(field_of(values, option), text_of(value));
        return true;
    }
    char **field = field_of(values, option);
    free(*field);
    *field = xstrdup(value);
    return true;
}

/* How many rounds "steady" takes at most, where it does not say. */
#define STEADY_ROUNDS_MAX 10

static bool set_rounds(void *values, const struct option *option, const char *given_as,
                       struct text value, struct error *error)
{
    const struct text until = TEXT("steady"), at_most = TEXT("steady:");
    struct rounds *rounds = field_of(values, option);
    *rounds = (struct rounds){STEADY_ROUNDS_MAX, text_starts_with(value, until.data)};
    double least = rounds->until_steady ? 3 : option->min;
    struct text number = value;
    if (text_starts_with(value, at_most.data))
        number = (struct text){value.data + at_most.size, value.size - at_most.size};
    else if (text_is(value, until.data))
        return true;
    if (!text_to_int64(number, &rounds->most))
        return fail_value(given_as, value, error,
                          "a number from 1 to 100, steady, or steady:N with N from 3 to 100");
    if ((double)rounds->most >= least && (double)rounds->most <= option->max)
        return true;
    return rounds->until_steady
               ? fail_value(given_as, value, error, "steady:N with N from 3 to 100")
               : fail_range(option, given_as, value, NULL, error);
}

bool option_store(void *values, const struct option *option, const char *given_as,
                  const char *value, struct error *error)
{
    void *field = field_of(values, option);
    struct text text = text_of(value);
    switch (option->type) {
    case OPTION_FLAG:
        return set_flag(values, option, given_as, text, error);
    case OPTION_INT:
        return read_int(option, given_as, text, field, error);
    case OPTION_ROUNDS:
        return set_rounds(values, option, given_as, text, error);
    case OPTION_SIZE:
        return set_size(values, option, given_as, text, error);
    case OPTION_UINT64:
        return read_uint64(text, field) ||
               fail_value(given_as, text, error, "a whole number from 0 to 2^64 - 1");
    case OPTION_REAL:
        return read_real(option, given_as, text, field, error);
    case OPTION_SECONDS:
    case OPTION_MILLISECONDS:
        return set_duration(values, option, given_as, text, error);
    case OPTION_STRING:
    case OPTION_REPEATED:
        return set_string(values, option, given_as, value, error);
    case OPTION_CHOICE:
        return set_choice(values, option, given_as, text, error);
    case OPTION_INT_LIST:
    case OPTION_REAL_LIST:
    case OPTION_STRING_LIST:
        return add_pieces(values, option, given_as, value, error);
    }
    return false;
}

bool option_set(struct config *config, const struct option *option, const char *given_as,
                const char *value, struct error *error)
{
    config->given[option - options_table] = true;
    return option_store(config, option, given_as, value, error);
}

void string_list_free(struct string_list *list)
{
    for (size_t i = 0; i < list->count; i++)
        free(list->values[i]);
    free(list->values);
    *list = (struct string_list){0};
}

void option_clear(void *values, const struct option *option)
{
    void *field = field_of(values, option);
    if (option->type == OPTION_STRING) {
        char **string = field;
        free(*string);
        *string = NULL;
    } else if (option->type == OPTION_INT_LIST) {
        struct int_list *list = field;
        free(list->values);
        *list = (struct int_list){0};
    } else if (option->type == OPTION_REAL_LIST) {
        struct real_list *list = field;
        free(list->values);
        *list = (struct real_list){0};
    } else if (option->type == OPTION_STRING_LIST || option->type == OPTION_REPEATED) {
        string_list_free(field);
    }
}

static void copy_strings(struct string_list *to, const struct string_list *from)
{
    *to = (struct string_list){0};
    for (size_t i = 0; i < from->count; i++)
        string_list_add(to, text_of(from->values[i]));
}

static void *copy_numbers(const void *values, size_t count, size_t size)
{
    void *copy = xreallocarray(NULL, count ? count : 1, size);
    if (count)
        memcpy(copy, values, count * size);
    return copy;
}

void option_copy(void *to, const void *from, const struct option *option)
{
    void *field = field_of(to, option);
    const void *source = (const char *)from + option->offset;
    switch (option->type) {
    case OPTION_FLAG:
        *(bool *)field = *(const bool *)source;
        break;
    case OPTION_CHOICE:
        *(unsigned *)field = *(const unsigned *)source;
        break;
    case OPTION_INT:
    case OPTION_SIZE:
    case OPTION_UINT64:
        *(uint64_t *)field = *(const uint64_t *)source;
        break;
    case OPTION_REAL:
    case OPTION_SECONDS:
    case OPTION_MILLISECONDS:
        *(double *)field = *(const double *)source;
        break;
    case OPTION_ROUNDS:
        *(struct rounds *)field = *(const struct rounds *)source;
        break;
    case OPTION_STRING: {
        const char *string = *(const char *const *)source;
        *(char **)field = string ? xstrdup(string) : NULL;
        break;
    }
    case OPTION_INT_LIST: {
        const struct int_list *list = source;
        *(struct int_list *)field = (struct int_list){
            copy_numbers(list->values, list->count, sizeof *list->values), list->count};
        break;
    }
    case OPTION_REAL_LIST: {
        const struct real_list *list = source;
        *(struct real_list *)field = (struct real_list){
            copy_numbers(list->values, list->count, sizeof *list->values), list->count};
        break;
    }
    case OPTION_STRING_LIST:
    case OPTION_REPEATED:
        copy_strings(field, source);
        break;
    }
}
