/* What happened, grouped: messages that say the same, and requests that failed alike. */
#ifndef UI_LOG_GROUPS_H
#define UI_LOG_GROUPS_H

#include "ui/view.h"

#define LOG_INDICES 12

struct log_group {
    char kind[24];
    char *text; /* as it came */
    uint64_t first_ns, last_ns;
    uint32_t count;
    uint16_t level, round;         /* of the last; 0 = none */
    bool many_rounds;              /* not all were in that one */
    bool others;                   /* of many texts, those beyond the first */
    bool is_error;                 /* of requests; `error` and `status` say which */
    uint8_t error;                 /* enum error_class */
    uint16_t status;               /* HTTP; 0 = none */
    uint32_t indices[LOG_INDICES]; /* the first requests of an error … */
    uint32_t indices_known;        /* … as far as they are known */
};

struct log_groups {
    uint16_t level; /* only what is about it; 0 = everything. Set before the first update */
    struct log_group *groups; /* newest first, once it was updated */
    uint32_t count, capacity;
    /* how far the sources were read */
    uint32_t changes_read;
    uint32_t *records_read; /* of each round of each level, in their order */
    uint32_t rounds_known;
    size_t stderr_read;
};

/* Takes what came since. */
void log_groups_update(struct log_groups *groups, const struct ui *ui);
void log_groups_free(struct log_groups *groups);

/* ROLE_BAD, ROLE_WARN or ROLE_TEXT. */
enum role log_group_role(const struct log_group *group);
/* "503 in L3 R1: engine is overloaded", one line. */
void log_group_what(const struct log_group *group, struct buffer *out);
/* What a person can do about it; appends nothing where that is not known. */
void log_group_advice(const struct log_group *group, struct buffer *out);

#endif
