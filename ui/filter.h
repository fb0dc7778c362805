/* The small language in which a list of requests is narrowed: `ttft>100 cached<50 !truncated "left
 * before"`. All terms must hold. */
#ifndef UI_FILTER_H
#define UI_FILTER_H

#include "base/buffer.h"
#include "base/error.h"
#include "ui/request_row.h"

enum filter_kind {
    FILTER_VALUE, /* name, operator, number */
    FILTER_STATE, /* a word: ok, failed, an error class, waiting, r2 */
    FILTER_TEXT,  /* stands somewhere in the prompt, in small letters or capitals */
};

struct filter_term {
    enum filter_kind kind;
    bool negated;
    uint8_t operator; /* of the table in filter.c */
    uint16_t which;   /* a value or a state */
    double number;
    struct text word; /* in the filter's own copy */
};

#define FILTER_TERMS 16

/* Not to be copied: terms point into `text`. */
struct filter {
    struct filter_term terms[FILTER_TERMS];
    uint32_t term_count;
    char text[128];
};

/* False when a term means nothing; the error says which one, and what would. The filter is then
 * empty: everything passes. */
bool filter_parse(struct filter *filter, const char *text, struct error *error);
/* The one round whose requests may pass, by a term "round=7"; 0 = any. */
uint16_t filter_round(const struct filter *filter);
bool filter_holds(const struct filter *filter, const struct request_row *row);
/* Every name and word there is, for help. */
void filter_describe(struct buffer *out);

#endif
