/* Which metrics a source exposes: their names, types, and of histograms the bounds. */
#ifndef TELEMETRY_CATALOG_H
#define TELEMETRY_CATALOG_H

#include "telemetry/exposition.h"

struct catalog_entry {
    char
        *name; /* of a family: "vllm:time_to_first_token_seconds", "vllm:prefix_cache_hits_total" */
    enum exposition_type type;
    double *bounds; /* of a histogram, ascending, without +Inf */
    uint32_t bound_count;
};

/* A zeroed struct is an empty one. */
struct catalog {
    struct catalog_entry *entries; /* sorted by name once catalog_sort was called */
    uint32_t count, capacity;
};

void catalog_free(struct catalog *catalog);
/* Everything on a page. Names without a type go by their endings. Sorts. */
void catalog_add_page(struct catalog *catalog, struct text page);
/* One name; names that are there twice go when it is sorted. */
struct catalog_entry *catalog_add(struct catalog *catalog, struct text name,
                                  enum exposition_type type);
void catalog_sort(struct catalog *catalog);

/* NULL when there is none of exactly that name. */
const struct catalog_entry *catalog_find(const struct catalog *catalog, const char *name);
/* With and without _total. */
const struct catalog_entry *catalog_find_metric(const struct catalog *catalog, const char *name);
bool catalog_has_prefix(const struct catalog *catalog, const char *prefix);
/* The names that share most words with `name`, at most three, parted by ", "; "" when none does. */
void catalog_nearest(const struct catalog *catalog, const char *name, struct buffer *out);

#endif
