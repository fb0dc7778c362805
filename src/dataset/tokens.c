#include "dataset/tokens.h"

#include <math.h>
#include <stdint.h>

enum kind {
    KIND_LETTER,
    KIND_ACCENTED,
    KIND_DIGIT,
    KIND_WIDE,
    KIND_SYMBOL,
    KIND_SPACE,
    KIND_LINE,
    KIND_OTHER
};

/* What a run of characters of one kind costs. */
#define WORD_CHARACTERS   7.0 /* of a word that is one token */
#define WORD_PIECE        4.0 /* characters of each further token */
#define ACCENT_TOKENS     0.8 /* more for each letter with an accent */
#define DIGITS_PER_TOKEN  3u
#define WIDE_TOKENS       0.82 /* each: Chinese, Japanese, Korean */
#define SYMBOLS_PER_TOKEN 2.2
#define INDENT_TOKENS     0.5 /* two spaces or more; one belongs to its word, but to no number */
#define OTHER_PER_TOKEN   3.0 /* Cyrillic, Greek, Arabic, … */

static uint32_t code_point(const unsigned char *at, size_t length)
{
    static const unsigned char masks[] = {0, 0x7f, 0x1f, 0x0f, 0x07};
    uint32_t code = at[0] & masks[length];
    for (size_t i = 1; i < length; i++)
        code = code << 6 | (at[i] & 0x3f);
    return code;
}

static enum kind kind_of_ascii(uint32_t code)
{
    uint32_t lower = code | 0x20;
    if (lower >= 'a' && lower <= 'z')
        return KIND_LETTER;
    if (code >= '0' && code <= '9')
        return KIND_DIGIT;
    if (code == ' ')
        return KIND_SPACE;
    return code == '\n' || code == '\r' || code == '\t' ? KIND_LINE : KIND_SYMBOL;
}

static enum kind kind_of(uint32_t code)
{
    static const struct {
        uint32_t first, last;
        enum kind kind;
    } ranges[] = {
        {0xc0, 0x24f, KIND_ACCENTED},  {0x1e00, 0x1eff, KIND_ACCENTED},
        {0x2000, 0x206f, KIND_SYMBOL}, {0x2e80, 0xa4cf, KIND_WIDE},
        {0xac00, 0xd7af, KIND_WIDE},   {0xf900, 0xfaff, KIND_WIDE},
        {0xff00, 0xffef, KIND_WIDE},   {0x20000, 0x3ffff, KIND_WIDE},
    };
    if (code < 0x80)
        return kind_of_ascii(code);
    for (size_t i = 0; i < sizeof ranges / sizeof ranges[0]; i++)
        if (code >= ranges[i].first && code <= ranges[i].last)
            return ranges[i].kind;
    return KIND_OTHER;
}

struct run {
    enum kind kind;
    uint32_t characters, accents;
};

/* Cuts the next run of one kind off `rest`. A broken byte is a character of its own. */
static struct run next_run(struct text *rest)
{
    struct run run = {0};
    while (rest->size) {
        size_t length = utf8_length(*rest);
        uint32_t code = length ? code_point((const unsigned char *)rest->data, length) : UINT32_MAX;
        enum kind kind = kind_of(code);
        bool accented = kind == KIND_ACCENTED;
        if (accented)
            kind = KIND_LETTER;
        if (run.characters && kind != run.kind)
            break;
        run.kind = kind;
        run.characters++;
        run.accents += accented;
        length = length ? length : 1;
        *rest = (struct text){rest->data + length, rest->size - length};
    }
    return run;
}

static double at_least_one(double tokens)
{
    return tokens > 1 ? tokens : 1;
}

static double tokens_of_run(struct run run, enum kind before)
{
    double characters = run.characters;
    switch (run.kind) {
    case KIND_LETTER:
    case KIND_ACCENTED:
        return at_least_one(1 + (characters - WORD_CHARACTERS) / WORD_PIECE) +
               ACCENT_TOKENS * run.accents;
    case KIND_DIGIT:
        return ceil(characters / DIGITS_PER_TOKEN) + (before == KIND_SPACE);
    case KIND_WIDE:
        return WIDE_TOKENS * characters;
    case KIND_SYMBOL:
        return at_least_one(characters / SYMBOLS_PER_TOKEN);
    case KIND_SPACE:
        return run.characters > 1 ? INDENT_TOKENS : 0;
    case KIND_LINE:
        return before == KIND_SYMBOL ? 0 : 1; /* vocabularies have ";\n" and its like */
    case KIND_OTHER:
        break;
    }
    return at_least_one(characters / OTHER_PER_TOKEN);
}

double tokens_estimate(struct text text)
{
    double tokens = 0;
    enum kind before = KIND_LINE;
    while (text.size) {
        struct run run = next_run(&text);
        tokens += tokens_of_run(run, before);
        before = run.kind;
    }
    return tokens;
}
