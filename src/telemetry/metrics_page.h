/* A source of metrics: a page of them, or a Prometheus server that is asked. Either gives a page in
 * the end, so that all that follows is the same. Blocking. */
#ifndef TELEMETRY_METRICS_PAGE_H
#define TELEMETRY_METRICS_PAGE_H

#include "base/http.h"
#include "telemetry/catalog.h"

enum page_kind { PAGE_UNKNOWN, PAGE_TEXT, PAGE_OPEN_METRICS, PAGE_PROMETHEUS };

struct metrics_page {
    const char *url; /* as given; the caller's */
    enum page_kind kind;
    char *base; /* the page that answered, or up to /api/v1 of a Prometheus server */
    struct http_client *client;
    const char *const *headers; /* NULL = none; the caller's */
    double timeout_s;
    struct buffer text;    /* the last page */
    struct buffer refused; /* expressions that the server refused, and why, a line each */
    double behind_s;       /* how old a Prometheus server's values were at the last fetch */
};

void metrics_page_init(struct metrics_page *page, const char *url,
                       const struct http_settings *settings, const char *const *headers,
                       double timeout_s);
void metrics_page_free(struct metrics_page *page);

/* "text", "OpenMetrics", "Prometheus", "" */
const char *page_kind_name(enum page_kind kind);

/* Tells by the answer what the URL is, once; the page is in `text` if it is one. */
bool metrics_page_detect(struct metrics_page *page, struct error *error);

/* What to ask a Prometheus server for; a page has everything. */
struct page_query {
    const char *const *names;
    size_t name_count;
    const char *const *expressions; /* each is on the page as page_expression_name(index) */
    size_t expression_count;
    /* Wait until the server's values are as new as this (since 1970), but not beyond `until_ns` of
     * CLOCK_MONOTONIC. 0 = do not. */
    uint64_t fresh_wall_ns, until_ns;
};

/* Fills `text`. Detects first where that was not done. */
bool metrics_page_fetch(struct metrics_page *page, const struct page_query *query,
                        struct error *error);
/* Adds everything that is exposed to an empty catalog; of a page, what is in `text`. */
bool metrics_page_catalog(struct metrics_page *page, struct catalog *catalog, struct error *error);
/* Fills the bounds of a histogram that a Prometheus server has. */
bool metrics_page_bounds(struct metrics_page *page, struct catalog_entry *entry,
                         struct error *error);

#define PAGE_EXPRESSION_NAME_SIZE 48
void page_expression_name(size_t index, char name[static PAGE_EXPRESSION_NAME_SIZE]);

/* A Prometheus server's answer to a query as lines of a page; results without a name get `name`.
 * False, with its own words, when it is an error or no such answer. */
bool page_from_answer(struct text answer, const char *name, struct buffer *out,
                      struct error *error);

#endif
