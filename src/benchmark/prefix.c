#include "benchmark/prefix.h"

#include <stdlib.h>

#include "base/memory.h"

struct entry {
    struct text text;
    uint32_t index;
};

void prefix_set_init(struct prefix_set *set, uint32_t capacity)
{
    *set = (struct prefix_set){.capacity = capacity,
                               .offsets = xcalloc(capacity + 1u, sizeof *set->offsets)};
}

void prefix_set_free(struct prefix_set *set)
{
    buffer_free(&set->texts);
    free(set->offsets);
}

void prefix_set_add(struct prefix_set *set, struct text texts)
{
    buffer_add_text(&set->texts, texts);
    set->offsets[++set->count] = set->texts.size;
}

static int compare_entries(const void *a, const void *b)
{
    struct text x = ((const struct entry *)a)->text, y = ((const struct entry *)b)->text;
    size_t size = x.size < y.size ? x.size : y.size;
    int order = size ? memcmp(x.data, y.data, size) : 0;
    return order ? order : (x.size > y.size) - (x.size < y.size);
}

static uint32_t common_prefix(struct text a, struct text b)
{
    size_t size = a.size < b.size ? a.size : b.size;
    size_t same = 0;
    while (same < size && a.data[same] == b.data[same])
        same++;
    return (uint32_t)same;
}

static void raise_to(uint32_t *value, uint32_t at_least)
{
    if (*value < at_least)
        *value = at_least;
}

void prefix_set_measure(const struct prefix_set *set, const struct conversation *conversations)
{
    struct entry *entries = xcalloc(set->count, sizeof *entries);
    for (uint32_t i = 0; i < set->count; i++) {
        size_t size = set->offsets[i + 1] - set->offsets[i];
        entries[i] = (struct entry){{buffer_text(&set->texts).data + set->offsets[i], size}, i};
        conversations[i].requests->prompt_bytes = (uint32_t)size;
    }
    qsort(entries, set->count, sizeof *entries, compare_entries);
    for (uint32_t i = 1; i < set->count; i++) {
        uint32_t same = common_prefix(entries[i - 1].text, entries[i].text);
        raise_to(&conversations[entries[i - 1].index].requests->shared_bytes, same);
        raise_to(&conversations[entries[i].index].requests->shared_bytes, same);
    }
    free(entries);
}
