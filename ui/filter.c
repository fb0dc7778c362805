#include "ui/filter.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <strings.h>

#include "base/memory.h"

/* The longer ones first: ">=" begins like ">". */
static const char *const operators[] = {">=", "<=", "!=", ">", "<", "="};

static bool compare(unsigned operator, double value, double number)
{
    switch (operator) {
    case 0:
        return value >= number;
    case 1:
        return value <= number;
    case 2:
        return value < number || value > number;
    case 3:
        return value > number;
    case 4:
        return value < number;
    default:
        return value >= number && value <= number;
    }
}

/* ---- words ---- */

static bool is_ok(const struct request_row *row)
{
    return row->record && record_succeeded(row->record);
}

static bool is_failed(const struct request_row *row)
{
    return row->record && !record_succeeded(row->record) && row->record->error != ERR_CANCELLED;
}

static bool is_flying(const struct request_row *row)
{
    return !row->record;
}

static bool is_waiting(const struct request_row *row)
{
    return row->flight && !row->flight->first_token_ns;
}

static bool is_streaming(const struct request_row *row)
{
    return row->flight && row->flight->first_token_ns;
}

static bool misses_slo(const struct request_row *row)
{
    return request_missed(row) != NULL;
}

static bool is_retried(const struct request_row *row)
{
    return row->record && row->record->attempts > 1;
}

static const struct {
    const char *name;
    bool (*holds)(const struct request_row *row);
} states[] = {
    {"ok", is_ok},           {"failed", is_failed},       {"flying", is_flying},
    {"waiting", is_waiting}, {"streaming", is_streaming}, {"slo", misses_slo},
    {"retried", is_retried},
};

/* Behind the words come the classes of errors. */
static uint16_t find_state(struct text word)
{
    for (size_t i = 0; i < ARRAY_SIZE(states); i++)
        if (text_is(word, states[i].name))
            return (uint16_t)i;
    for (int class = ERR_NONE + 1; class < ERROR_CLASS_COUNT; class ++)
        if (text_is(word, error_class_name((enum error_class) class)))
            return (uint16_t)(ARRAY_SIZE(states) + (size_t) class);
    return UINT16_MAX;
}

static bool state_holds(uint16_t state, const struct request_row *row)
{
    if (state < ARRAY_SIZE(states))
        return states[state].holds(row);
    return row->record && row->record->error == state - ARRAY_SIZE(states);
}

/* ---- reading ---- */

/* 'ttft', the word before an operator; NULL operator when the word has none. */
static struct text split(struct text word, uint8_t *operator, struct text * number)
{
    for (size_t at = 0; at < word.size; at++)
        for (size_t i = 0; i < ARRAY_SIZE(operators); i++) {
            struct text sign = text_of(operators[i]);
            struct text rest = {word.data + at, word.size - at};
            if (!text_starts_with(rest, operators[i]))
                continue;
            *operator=(uint8_t) i;
            *number = (struct text){rest.data + sign.size, rest.size - sign.size};
            return (struct text){word.data, at};
        }
    *number = (struct text){NULL, 0};
    return word;
}

/* "250", "0.25s", "250ms", "12%". */
static bool read_number(struct text text, const char *unit, double *number)
{
    static const struct {
        const char *name, *of;
        double factor;
    } units[] = {{"ms", "ms", 1}, {"s", "ms", 1000}, {"%", "%", 1}};
    for (size_t i = 0; i < ARRAY_SIZE(units); i++) {
        if (strcmp(unit, units[i].of) != 0 || !text_ends_with(text, units[i].name))
            continue;
        struct text digits = {text.data, text.size - strlen(units[i].name)};
        if (!text_to_double(digits, number))
            continue;
        *number *= units[i].factor;
        return true;
    }
    return text_to_double(text, number);
}

static bool add_comparison(struct filter_term *term, struct text name, struct text number,
                           struct error *error)
{
    uint16_t i = 0;
    while (i < REQUEST_VALUE_COUNT && !text_is(name, request_values[i].name))
        i++;
    if (i == REQUEST_VALUE_COUNT) {
        struct buffer names = {0};
        for (size_t j = 0; j < REQUEST_VALUE_COUNT; j++)
            buffer_printf(&names, " %s", request_values[j].name);
        error_set(error, "no value is called '%.*s'; there are%s", (int)name.size, name.data,
                  names.data);
        buffer_free(&names);
        return false;
    }
    term->kind = FILTER_VALUE;
    term->which = i;
    const char *sign = operators[term->operator], *unit = request_values[i].unit;
    if (number.size == 0)
        return error_set(error, "%.*s%s needs a number behind it, as in %.*s%s100", (int)name.size,
                         name.data, sign, (int)name.size, name.data, sign);
    if (!read_number(number, unit, &term->number) || !isfinite(term->number))
        return error_set(error, "'%.*s' is no number%s%s", (int)number.size, number.data,
                         unit[0] ? " of " : "", unit);
    return true;
}

static bool add_term(struct filter *filter, struct text word, bool negated, bool quoted,
                     struct error *error)
{
    if (filter->term_count == FILTER_TERMS)
        return error_set(error, "a filter has at most %d terms", FILTER_TERMS);
    struct filter_term *term = &filter->terms[filter->term_count++];
    *term = (struct filter_term){.kind = FILTER_TEXT, .negated = negated, .word = word};
    if (quoted)
        return true;
    struct text number, name = split(word, &term->operator, & number);
    if (number.data)
        return add_comparison(term, name, number, error);
    uint16_t state = find_state(word);
    if (state != UINT16_MAX) {
        term->kind = FILTER_STATE;
        term->which = state;
    }
    return true;
}

/* Cuts the next word off; quotes hold blanks together. False when none is left or a quote is
 * open. */
static bool next_word(struct text *rest, struct text *word, bool *negated, bool *quoted,
                      struct error *error)
{
    *rest = text_trim(*rest);
    *negated = rest->size > 1 && rest->data[0] == '!';
    if (*negated)
        *rest = (struct text){rest->data + 1, rest->size - 1};
    *quoted = rest->size > 0 && rest->data[0] == '"';
    const char *start = rest->data + *quoted, *end = rest->data + rest->size, *at = start;
    while (at < end && (*quoted ? *at != '"' : *at != ' '))
        at++;
    if (*quoted && at == end)
        return error_set(error, "a quote is open: \" is missing at the end");
    *word = (struct text){start, (size_t)(at - start)};
    at += *quoted;
    *rest = (struct text){at, (size_t)(end - at)};
    return true;
}

bool filter_parse(struct filter *filter, const char *text, struct error *error)
{
    *filter = (struct filter){0};
    snprintf(filter->text, sizeof filter->text, "%s", text);
    struct text rest = text_trim(text_of(filter->text));
    bool ok = true;
    while (ok && rest.size) {
        struct text word = {0};
        bool negated = false, quoted = false;
        ok = next_word(&rest, &word, &negated, &quoted, error) &&
             (word.size == 0 || add_term(filter, word, negated, quoted, error));
        rest = text_trim(rest);
    }
    if (!ok)
        filter->term_count = 0;
    return ok;
}

/* ---- judging ---- */

static bool has_word(struct text prompt, struct text word)
{
    if (!prompt.data || word.size > prompt.size)
        return false;
    int small = tolower((unsigned char)word.data[0]), large = toupper((unsigned char)word.data[0]);
    for (size_t at = 0; at + word.size <= prompt.size; at++)
        if ((prompt.data[at] == small || prompt.data[at] == large ||
             (unsigned char)prompt.data[at] == small) &&
            strncasecmp(prompt.data + at, word.data, word.size) == 0)
            return true;
    return false;
}

static bool term_holds(const struct filter_term *term, const struct request_row *row)
{
    switch (term->kind) {
    case FILTER_VALUE:
        /* What has no value is never more, less or equal. */
        return compare(term->operator, request_value(row, term->which), term->number);
    case FILTER_STATE:
        return state_holds(term->which, row);
    case FILTER_TEXT:
        return has_word(request_prompt(row), term->word);
    }
    return false;
}

bool filter_holds(const struct filter *filter, const struct request_row *row)
{
    for (uint32_t i = 0; i < filter->term_count; i++)
        if (term_holds(&filter->terms[i], row) == filter->terms[i].negated)
            return false;
    return true;
}

uint16_t filter_round(const struct filter *filter)
{
    for (uint32_t i = 0; i < filter->term_count; i++) {
        const struct filter_term *term = &filter->terms[i];
        if (term->kind == FILTER_VALUE && term->which == VALUE_ROUND && !term->negated &&
            strcmp(operators[term->operator], "=") == 0 && term->number >= 1 &&
            term->number <= UINT16_MAX)
            return (uint16_t)term->number;
    }
    return 0;
}

void filter_describe(struct buffer *out)
{
    for (size_t i = 0; i < REQUEST_VALUE_COUNT; i++)
        buffer_printf(out, "%s%s", i ? " " : "", request_values[i].name);
    buffer_add_string(out, "\n");
    for (size_t i = 0; i < ARRAY_SIZE(states); i++)
        buffer_printf(out, "%s%s", i ? " " : "", states[i].name);
    for (int class = ERR_NONE + 1; class < ERROR_CLASS_COUNT; class ++)
        buffer_printf(out, " %s", error_class_name((enum error_class) class));
    buffer_add_string(out, "\n");
}
