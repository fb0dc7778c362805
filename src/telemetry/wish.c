#include "telemetry/wish.h"

#include <math.h>
#include <stdlib.h>

#include "base/memory.h"
#include "telemetry/exposition.h"

static bool is_name(struct text text)
{
    for (size_t i = 0; i < text.size; i++) {
        char c = text.data[i];
        bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == ':';
        if (!letter && !(c >= '0' && c <= '9' && i > 0))
            return false;
    }
    return text.size > 0;
}

/* Where `c` stands outside quotes and braces; size when it does not. */
static size_t find_outside(struct text text, char c)
{
    bool quoted = false;
    int depth = 0;
    for (size_t i = 0; i < text.size; i++) {
        char at = text.data[i];
        if (quoted && at == '\\')
            i++;
        else if (at == '"')
            quoted = !quoted;
        else if (!quoted && (at == '{' || at == '(' || at == '['))
            depth++;
        else if (!quoted && (at == '}' || at == ')' || at == ']'))
            depth--;
        else if (!quoted && depth == 0 && at == c)
            return i;
    }
    return text.size;
}

static struct text from(struct text text, size_t at)
{
    return text_trim((struct text){text.data + at, text.size - at});
}

static struct text up_to(struct text text, size_t at)
{
    return text_trim((struct text){text.data, at});
}

/* Only `name="value"`, parted by commas. */
static bool labels_are_plain(struct text labels)
{
    struct text name, value, rest = labels;
    while (exposition_next_label(&rest, &name, &value))
        if (!is_name(name))
            return false;
    return text_trim(rest).size == 0;
}

/* "p99(" and ")" around what is left in `text`. */
static void cut_quantile(struct text *text, double *quantile)
{
    size_t open = 0;
    double percent;
    while (open < text->size && text->data[open] != '(')
        open++;
    if (open < 2 || open == text->size || text->data[0] != 'p' ||
        text->data[text->size - 1] != ')' ||
        !text_to_double((struct text){text->data + 1, open - 1}, &percent) ||
        !(percent > 0.0 && percent < 100.0))
        return;
    *quantile = percent / 100.0;
    *text = text_trim((struct text){text->data + open + 1, text->size - open - 2});
}

/* False when it is none; what it owns is then freed. */
static bool parse_term(struct wish_term *term, struct text text)
{
    *term = (struct wish_term){.quantile = (double)NAN, .number = (double)NAN};
    if (text_to_double(text, &term->number))
        return isfinite(term->number);
    cut_quantile(&text, &term->quantile);
    struct text name = text, labels = {"", 0};
    size_t brace = 0;
    while (brace < text.size && text.data[brace] != '{')
        brace++;
    if (brace < text.size) {
        if (text.data[text.size - 1] != '}')
            return false;
        name = up_to(text, brace);
        labels = text_trim((struct text){text.data + brace + 1, text.size - brace - 2});
    }
    if (!is_name(name) || !labels_are_plain(labels))
        return false;
    term->name = xstrndup(name.data, name.size);
    term->labels = xstrndup(labels.data, labels.size);
    return true;
}

static void term_free(struct wish_term *term)
{
    free(term->name);
    free(term->labels);
    *term = (struct wish_term){0};
}

/* The first term must be a metric, and a quotient has no quantiles in it. */
static bool parse_terms(struct wish *wish, struct text text)
{
    size_t slash = find_outside(text, '/');
    wish->divided = slash < text.size;
    bool ok = parse_term(&wish->term, up_to(text, slash));
    if (ok && wish->divided)
        ok = parse_term(&wish->divisor, from(text, slash + 1));
    if (ok && wish->term.name &&
        (!wish->divided || (isnan(wish->term.quantile) && isnan(wish->divisor.quantile))))
        return true;
    term_free(&wish->term);
    term_free(&wish->divisor);
    wish->divided = false;
    return false;
}

bool wish_parse(struct wish *wish, struct text text, struct error *error)
{
    *wish = (struct wish){0};
    text = text_trim(text);
    struct text rest = text, key = text;
    size_t equals = find_outside(text, '=');
    /* "a == b" of PromQL is no alias. */
    bool alias = equals < text.size && is_name(up_to(text, equals)) &&
                 !(equals + 1 < text.size && text.data[equals + 1] == '=');
    if (alias) {
        key = up_to(text, equals);
        rest = from(text, equals + 1);
    }
    if (rest.size == 0)
        return error_set(error, "'%.*s' names no metric", (int)(text.size > 80 ? 80 : text.size),
                         text.data);
    wish->key = xstrndup(key.data, key.size);
    if (!parse_terms(wish, rest))
        wish->promql = xstrndup(rest.data, rest.size);
    return true;
}

void wish_free(struct wish *wish)
{
    term_free(&wish->term);
    term_free(&wish->divisor);
    free(wish->key);
    free(wish->promql);
    *wish = (struct wish){0};
}
