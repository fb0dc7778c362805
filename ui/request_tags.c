#include "ui/request_tags.h"

#include <stdlib.h>

#include "base/memory.h"

static struct request_tag tag_of(const struct request_row *row)
{
    return (struct request_tag){row->level->number, row->round->number,
                                (uint32_t)request_value(row, VALUE_INDEX)};
}

/* The count where it is not there. */
static uint32_t find(const struct request_tags *tags, struct request_tag tag)
{
    uint32_t at = 0;
    while (at < tags->count &&
           (tags->tags[at].level != tag.level || tags->tags[at].round != tag.round ||
            tags->tags[at].index != tag.index))
        at++;
    return at;
}

bool request_tags_have(const struct request_tags *tags, const struct request_row *row)
{
    return find(tags, tag_of(row)) < tags->count;
}

void request_tags_toggle(struct request_tags *tags, const struct request_row *row)
{
    struct request_tag tag = tag_of(row);
    uint32_t at = find(tags, tag);
    if (at < tags->count) {
        tags->tags[at] = tags->tags[--tags->count];
        return;
    }
    tags->tags = xreallocarray(tags->tags, tags->count + 1u, sizeof *tags->tags);
    tags->tags[tags->count++] = tag;
}

void request_tags_free(struct request_tags *tags)
{
    free(tags->tags);
    *tags = (struct request_tags){0};
}
