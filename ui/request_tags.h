/* Requests that were tagged, of all levels: they stay tagged while others are looked at. */
#ifndef UI_REQUEST_TAGS_H
#define UI_REQUEST_TAGS_H

#include "ui/request_row.h"

/* A zeroed one holds none. */
struct request_tags {
    struct request_tag {
        uint16_t level, round;
        uint32_t index;
    } * tags;
    uint32_t count;
};

bool request_tags_have(const struct request_tags *tags, const struct request_row *row);
/* Tags it, or takes its tag away. */
void request_tags_toggle(struct request_tags *tags, const struct request_row *row);
void request_tags_free(struct request_tags *tags);

#endif
