#include "telemetry/watch_list.h"

#include <math.h>
#include <stdlib.h>

#include "base/memory.h"
#include "telemetry/picks.h"

/* ---- what is wanted ---- */

static struct watch_item *find_item(const struct watch_list *list, const char *key)
{
    for (uint32_t i = 0; i < list->count; i++)
        if (strcmp(list->items[i].watched.key, key) == 0)
            return &list->items[i];
    return NULL;
}

static struct watch_item *add_item(struct watch_list *list, const char *key, const char *title,
                                   const char *unit)
{
    list->items = xreallocarray(list->items, list->count + 1, sizeof *list->items);
    struct watch_item *item = &list->items[list->count++];
    *item = (struct watch_item){.watched = {.key = xstrdup(key),
                                            .title = xstrdup(title),
                                            .unit = xstrdup(unit),
                                            .origin = xstrdup(""),
                                            .quantile = (double)NAN,
                                            .scale = 1.0},
                                .source = -1,
                                .fresh = true};
    return item;
}

static void add_alternatives(struct watch_item *item, const struct pick *pick)
{
    for (size_t i = 0; i < PICK_ALTERNATIVES_MAX && pick->alternatives[i]; i++)
        if (item->wish_count < WATCH_WISHES_MAX)
            wish_parse(&item->wishes[item->wish_count++], text_of(pick->alternatives[i]), NULL);
}

static void add_pick(struct watch_list *list, const struct pick *pick, bool hidden)
{
    if (find_item(list, pick->key))
        return;
    struct watch_item *item = add_item(list, pick->key, pick->title, pick->unit);
    item->watched.role = pick->role;
    item->watched.hidden = hidden;
    item->watched.in_table = pick->in_table && !hidden;
    /* A name that is exposed as it stands comes before what would stand in for it. */
    if (picks_alias(pick->key))
        wish_parse(&item->wishes[item->wish_count++], text_of(pick->key), NULL);
    add_alternatives(item, pick);
}

static void show(struct watch_item *item)
{
    item->published &= !item->watched.hidden && item->asked;
    item->watched.hidden = false;
    item->watched.in_table = item->asked = true;
}

bool watch_list_add(struct watch_list *list, const char *text, struct error *error)
{
    struct wish wish;
    if (!wish_parse(&wish, text_of(text), error))
        return false;
    struct watch_item *known = find_item(list, wish.key);
    if (known) {
        show(known);
        wish_free(&wish);
        return true;
    }
    bool plain = !wish.promql && !wish.divided && isnan(wish.term.quantile) &&
                 strcmp(wish.key, wish.term.name) == 0;
    const struct pick *alias = plain ? picks_alias(wish.key) : NULL;
    struct watch_item *item = add_item(list, wish.key, wish.key, alias ? alias->unit : "");
    item->asked = true;
    item->watched.in_table = true;
    item->wishes[item->wish_count++] = wish;
    if (alias)
        add_alternatives(item, alias);
    return true;
}

bool watch_list_init(struct watch_list *list, char *const *asked, size_t count, struct error *error)
{
    *list = (struct watch_list){.automatic = count == 0};
    for (size_t i = 0; i < count; i++) {
        if (strcmp(asked[i], "auto") == 0) {
            list->automatic = true;
        } else if (!watch_list_add(list, asked[i], error)) {
            watch_list_free(list);
            return false;
        }
    }
    for (size_t i = 0; i < picks_count; i++)
        if (list->automatic || picks[i].role != ROLE_NONE)
            add_pick(list, &picks[i], !list->automatic);
    return true;
}

void watch_list_free(struct watch_list *list)
{
    for (uint32_t i = 0; i < list->count; i++) {
        struct watch_item *item = &list->items[i];
        for (uint32_t w = 0; w < item->wish_count; w++)
            wish_free(&item->wishes[w]);
        free(item->watched.key);
        free(item->watched.title);
        free(item->watched.unit);
        free(item->watched.origin);
        free(item->watched.bounds);
    }
    free(list->items);
    columns_free(&list->columns);
    *list = (struct watch_list){0};
}

/* ---- finding it ---- */

struct search {
    struct watch_list *list;
    uint32_t source;
    struct metrics_page *page;
    struct catalog *catalog;
};

/* What one term turned out to be; `exposed` is the name it has there. */
struct found {
    enum watched_kind kind;
    uint32_t column, bound_count;
    const double *bounds;
    const char *exposed;
};

static bool counts_up(const char *name, enum exposition_type type)
{
    static const char *const endings[] = {"_total", "_sum", "_count", "_bucket"};
    if (type != EXPOSITION_UNTYPED)
        return type == EXPOSITION_COUNTER;
    for (size_t i = 0; i < ARRAY_SIZE(endings); i++)
        if (text_ends_with(text_of(name), endings[i]))
            return true;
    return false;
}

static uint32_t want(const struct search *search, const char *name, const char *labels, double le,
                     bool mean, bool part)
{
    struct column like = {.source = search->source,
                          .name = (char *)(uintptr_t)name,
                          .labels = (char *)(uintptr_t)labels,
                          .le = le,
                          .mean = mean,
                          .part = part};
    return columns_want(&search->list->columns, &like);
}

/* Its sum, its count and its buckets, one behind the other. */
static bool want_parts(const struct search *search, const struct wish_term *term,
                       const struct catalog_entry *entry, struct found *found)
{
    char *sum = xasprintf("%s_sum", entry->name), *count = xasprintf("%s_count", entry->name);
    char *bucket = xasprintf("%s_bucket", entry->name);
    uint32_t first = want(search, sum, term->labels, (double)NAN, false, true);
    bool together = want(search, count, term->labels, (double)NAN, false, true) == first + 1;
    for (uint32_t i = 0; i < entry->bound_count; i++)
        together &=
            want(search, bucket, term->labels, entry->bounds[i], false, true) == first + 2 + i;
    *found = (struct found){.kind = WATCHED_HISTOGRAM,
                            .column = first,
                            .bound_count = entry->bound_count,
                            .bounds = entry->bounds,
                            .exposed = entry->name};
    free(sum);
    free(count);
    free(bucket);
    return together;
}

/* A summary has its quantiles as series of their own. */
static bool want_summary_quantile(const struct search *search, const struct wish_term *term,
                                  const struct catalog_entry *entry, struct found *found)
{
    char *labels = xasprintf("%s%squantile=\"%.12g\"", term->labels, term->labels[0] ? "," : "",
                             term->quantile);
    *found = (struct found){.kind = WATCHED_GAUGE,
                            .column = want(search, entry->name, labels, (double)NAN, true, false),
                            .exposed = entry->name};
    free(labels);
    return true;
}

/* The family that "name_sum" is a part of. */
static const struct catalog_entry *find_family(const struct catalog *catalog, const char *name)
{
    static const char *const endings[] = {"_sum", "_count", "_bucket"};
    struct text text = text_of(name);
    for (size_t i = 0; i < ARRAY_SIZE(endings); i++) {
        if (!text_ends_with(text, endings[i]))
            continue;
        char *family = xstrndup(name, text.size - strlen(endings[i]));
        const struct catalog_entry *entry = catalog_find(catalog, family);
        free(family);
        return entry && (entry->type == EXPOSITION_HISTOGRAM || entry->type == EXPOSITION_SUMMARY)
                   ? entry
                   : NULL;
    }
    return NULL;
}

static bool find_term(const struct search *search, const struct wish_term *term,
                      struct found *found)
{
    const struct catalog_entry *known = catalog_find_metric(search->catalog, term->name);
    bool quantile = !isnan(term->quantile);
    if (!known) {
        bool part = !quantile && find_family(search->catalog, term->name);
        *found = (struct found){.kind = WATCHED_COUNTER, .exposed = term->name};
        if (part)
            found->column = want(search, term->name, term->labels, (double)NAN, false, false);
        return part;
    }
    struct catalog_entry *entry = &search->catalog->entries[known - search->catalog->entries];
    if (entry->type == EXPOSITION_SUMMARY && quantile)
        return want_summary_quantile(search, term, entry, found);
    if (entry->type == EXPOSITION_HISTOGRAM || entry->type == EXPOSITION_SUMMARY)
        return metrics_page_bounds(search->page, entry, NULL) &&
               want_parts(search, term, entry, found);
    if (quantile)
        return false;
    bool counter = counts_up(entry->name, entry->type);
    *found = (struct found){
        .kind = counter ? WATCHED_COUNTER : WATCHED_GAUGE,
        .column = want(search, entry->name, term->labels, (double)NAN, !counter, false),
        .exposed = entry->name};
    return true;
}

static void take_text(char **field, char *text)
{
    free(*field);
    *field = text;
}

static void take_found(struct watched *watched, const struct found *found, double quantile)
{
    watched->kind = found->kind;
    watched->column = found->column;
    watched->quantile = found->kind == WATCHED_HISTOGRAM ? quantile : (double)NAN;
    watched->bound_count = found->bound_count;
    free(watched->bounds);
    watched->bounds = NULL;
    if (found->bound_count) {
        watched->bounds = xreallocarray(NULL, found->bound_count, sizeof *watched->bounds);
        memcpy(watched->bounds, found->bounds, found->bound_count * sizeof *watched->bounds);
    }
}

/* What rows say of where it comes from, unless it is simply what was asked for. */
static char *origin_of(const struct watched *watched, const struct wish *wish,
                       const struct found *found, const struct found *divisor)
{
    struct buffer text = {0};
    const struct wish_term *term = &wish->term;
    if (!isnan(term->quantile))
        buffer_printf(&text, "p%g(", term->quantile * 100.0);
    buffer_add_string(&text, found->exposed);
    if (term->labels[0])
        buffer_printf(&text, "{%s}", term->labels);
    if (!isnan(term->quantile))
        buffer_add_char(&text, ')');
    if (wish->divided && divisor->exposed)
        buffer_printf(&text, " / %s%s%s%s", divisor->exposed, wish->divisor.labels[0] ? "{" : "",
                      wish->divisor.labels, wish->divisor.labels[0] ? "}" : "");
    else if (wish->divided)
        buffer_printf(&text, " / %g", wish->divisor.number);
    if (text_is(buffer_text(&text), watched->key))
        buffer_clear(&text);
    return buffer_take(&text);
}

static bool find_quotient(const struct search *search, const struct wish *wish,
                          struct watched *watched, const struct found *found, struct found *divisor)
{
    if (!wish->divisor.name) {
        watched->scale = 1.0 / wish->divisor.number;
        return wish->divisor.number > 0.0 || wish->divisor.number < 0.0;
    }
    if (found->kind == WATCHED_HISTOGRAM || !find_term(search, &wish->divisor, divisor) ||
        divisor->kind == WATCHED_HISTOGRAM)
        return false;
    watched->deltas = found->kind == WATCHED_COUNTER && divisor->kind == WATCHED_COUNTER;
    watched->kind = WATCHED_QUOTIENT;
    watched->divisor = divisor->column;
    return true;
}

static bool find_wish(const struct search *search, struct watch_item *item, const struct wish *wish)
{
    struct watched *watched = &item->watched;
    struct found found, divisor = {0};
    if (!find_term(search, &wish->term, &found))
        return false;
    take_found(watched, &found, wish->term.quantile);
    if (wish->divided && !find_quotient(search, wish, watched, &found, &divisor)) {
        watched->kind = WATCHED_ABSENT;
        return false;
    }
    take_text(&watched->origin, origin_of(watched, wish, &found, &divisor));
    if (!watched->unit[0])
        take_text(&watched->unit,
                  xstrdup(wish->divided && divisor.exposed ? "ratio" : picks_unit(found.exposed)));
    return true;
}

/* Only a Prometheus server takes it, and it takes what it likes. */
static bool find_expression(const struct search *search, struct watch_item *item,
                            const struct wish *wish)
{
    if (search->page->kind != PAGE_PROMETHEUS)
        return false;
    char name[PAGE_EXPRESSION_NAME_SIZE];
    item->expression = search->list->expression_count++;
    page_expression_name(item->expression, name);
    item->watched.kind = WATCHED_GAUGE;
    item->watched.column = want(search, name, "", (double)NAN, true, false);
    take_text(&item->watched.origin,
              xstrdup(strcmp(wish->promql, item->watched.key) == 0 ? "" : wish->promql));
    return true;
}

uint32_t watch_list_resolve(struct watch_list *list, uint32_t source, struct metrics_page *page,
                            struct catalog *catalog, bool late)
{
    struct search search = {list, source, page, catalog};
    uint32_t count = 0;
    for (uint32_t i = 0; i < list->count; i++) {
        struct watch_item *item = &list->items[i];
        if (item->watched.kind != WATCHED_ABSENT)
            continue;
        bool found = false;
        for (uint32_t w = 0; w < item->wish_count && !found; w++)
            found = item->wishes[w].promql ? find_expression(&search, item, &item->wishes[w])
                                           : find_wish(&search, item, &item->wishes[w]);
        bool appeared = late && !item->fresh;
        item->fresh = false;
        if (!found)
            continue;
        item->source = (int32_t)source;
        item->published = false;
        item->watched.appeared = appeared;
        count++;
    }
    return count;
}

void watch_list_name_nearest(struct watch_list *list, const struct catalog *catalog)
{
    for (uint32_t i = 0; i < list->count; i++) {
        struct watch_item *item = &list->items[i];
        if (!item->asked || item->published || item->watched.kind != WATCHED_ABSENT ||
            item->wishes[0].promql)
            continue;
        struct buffer names = {0};
        catalog_nearest(catalog, item->wishes[0].term.name, &names);
        take_text(&item->watched.origin, buffer_take(&names));
        item->published = false;
    }
}

bool watch_list_incomplete(const struct watch_list *list)
{
    for (uint32_t i = 0; i < list->count; i++)
        if (list->items[i].watched.kind == WATCHED_ABSENT)
            return true;
    return false;
}
