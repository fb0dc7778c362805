#include "telemetry/catalog.h"

#include <math.h>
#include <stdlib.h>

#include "base/memory.h"
#include "telemetry/watched.h"

#define NEAREST_COUNT 3

void catalog_free(struct catalog *catalog)
{
    for (uint32_t i = 0; i < catalog->count; i++) {
        free(catalog->entries[i].name);
        free(catalog->entries[i].bounds);
    }
    free(catalog->entries);
    *catalog = (struct catalog){0};
}

struct catalog_entry *catalog_add(struct catalog *catalog, struct text name,
                                  enum exposition_type type)
{
    if (catalog->count == catalog->capacity) {
        catalog->capacity = catalog->capacity ? 2 * catalog->capacity : 256;
        catalog->entries =
            xreallocarray(catalog->entries, catalog->capacity, sizeof *catalog->entries);
    }
    struct catalog_entry *entry = &catalog->entries[catalog->count++];
    *entry = (struct catalog_entry){.name = xstrndup(name.data, name.size), .type = type};
    return entry;
}

static void add_bound(struct catalog_entry *entry, const struct exposition_sample *sample)
{
    struct text text;
    double bound;
    if (!text_ends_with(sample->name, "_bucket") ||
        !exposition_label(sample->labels, "le", &text) || !text_to_double(text, &bound) ||
        !isfinite(bound) || entry->bound_count == WATCHED_BOUNDS_MAX)
        return;
    uint32_t at = entry->bound_count;
    while (at > 0 && entry->bounds[at - 1] > bound)
        at--;
    if (at > 0 && !(entry->bounds[at - 1] < bound))
        return;
    entry->bounds = xreallocarray(entry->bounds, entry->bound_count + 1, sizeof *entry->bounds);
    memmove(entry->bounds + at + 1, entry->bounds + at,
            (entry->bound_count - at) * sizeof *entry->bounds);
    entry->bounds[at] = bound;
    entry->bound_count++;
}

/* A family whose type was said has one entry; a sample of its parts adds to it. Names of one family
 * stand together on a page, so the last entry is the one. */
void catalog_add_page(struct catalog *catalog, struct text page)
{
    struct exposition exposition = exposition_begin(page);
    struct exposition_sample sample;
    while (exposition_next(&exposition, &sample)) {
        exposition_breathe(&exposition);
        /* OpenMetrics says a counter's type without its _total, which is part of its name. */
        bool parts = sample.type == EXPOSITION_HISTOGRAM || sample.type == EXPOSITION_SUMMARY;
        struct text name = parts ? sample.family : sample.name;
        struct catalog_entry *last = catalog->count ? &catalog->entries[catalog->count - 1] : NULL;
        if (catalog->count == 0 || !text_is(name, last->name))
            last = catalog_add(catalog, name, sample.type);
        if (sample.type == EXPOSITION_HISTOGRAM)
            add_bound(last, &sample);
    }
    catalog_sort(catalog);
}

static int by_name(const void *left, const void *right)
{
    const struct catalog_entry *a = left, *b = right;
    return strcmp(a->name, b->name);
}

void catalog_sort(struct catalog *catalog)
{
    if (catalog->count == 0)
        return;
    qsort(catalog->entries, catalog->count, sizeof *catalog->entries, by_name);
    uint32_t kept = 1;
    for (uint32_t i = 1; i < catalog->count; i++) {
        if (strcmp(catalog->entries[i].name, catalog->entries[kept - 1].name) != 0) {
            catalog->entries[kept++] = catalog->entries[i];
            continue;
        }
        free(catalog->entries[i].name);
        free(catalog->entries[i].bounds);
    }
    catalog->count = kept;
}

const struct catalog_entry *catalog_find(const struct catalog *catalog, const char *name)
{
    struct catalog_entry key = {.name = (char *)(uintptr_t)name};
    return catalog->count ? bsearch(&key, catalog->entries, catalog->count, sizeof key, by_name)
                          : NULL;
}

const struct catalog_entry *catalog_find_metric(const struct catalog *catalog, const char *name)
{
    const struct catalog_entry *entry = catalog_find(catalog, name);
    if (entry)
        return entry;
    bool total = text_ends_with(text_of(name), "_total");
    char *other =
        total ? xstrndup(name, strlen(name) - strlen("_total")) : xasprintf("%s_total", name);
    entry = catalog_find(catalog, other);
    free(other);
    return entry;
}

bool catalog_has_prefix(const struct catalog *catalog, const char *prefix)
{
    for (uint32_t i = 0; i < catalog->count; i++)
        if (text_starts_with(text_of(catalog->entries[i].name), prefix))
            return true;
    return false;
}

/* ---- the nearest names ---- */

static struct text next_word(struct text *rest)
{
    while (rest->size && strchr("_:.", *rest->data)) {
        rest->data++;
        rest->size--;
    }
    size_t size = 0;
    while (size < rest->size && !strchr("_:.", rest->data[size]))
        size++;
    struct text word = {rest->data, size};
    rest->data += size;
    rest->size -= size;
    return word;
}

static bool has_word(struct text name, struct text wanted)
{
    struct text word;
    while ((word = next_word(&name)).size)
        if (word.size == wanted.size && strncasecmp(word.data, wanted.data, word.size) == 0)
            return true;
    return false;
}

/* Words that both have, over words that either has. */
static double likeness(const char *left, const char *right)
{
    struct text rest = text_of(left), word;
    unsigned shared = 0, words = 0;
    while ((word = next_word(&rest)).size) {
        words++;
        shared += has_word(text_of(right), word);
    }
    for (rest = text_of(right); next_word(&rest).size;)
        words++;
    return words ? (double)shared / (double)(words - shared) : 0.0;
}

/* Names in quotes may hold anything, and these go to a terminal. */
static bool is_plain(const char *name)
{
    for (; *name; name++)
        if (*name <= ' ' || *name > '~')
            return false;
    return true;
}

void catalog_nearest(const struct catalog *catalog, const char *name, struct buffer *out)
{
    double above = 2.0;
    const char *last = "";
    for (int found = 0; found < NEAREST_COUNT; found++) {
        double best = 0.0;
        const char *nearest = NULL;
        for (uint32_t i = 0; i < catalog->count; i++) {
            const char *other = catalog->entries[i].name;
            if (!is_plain(other))
                continue;
            double like = likeness(name, other);
            bool later = like < above || (like <= above && strcmp(other, last) > 0);
            if (later && like > best) {
                best = like;
                nearest = other;
            }
        }
        if (!nearest)
            return;
        buffer_printf(out, "%s%s", out->size ? ", " : "", nearest);
        above = best;
        last = nearest;
    }
}
