#include "telemetry/metrics_page.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/memory.h"
#include "telemetry/prometheus_api.h"

#define PAGE_BYTES_MAX (64u << 20)
#define FRESH_STEP_NS  (100 * NS_PER_MS)

void metrics_page_init(struct metrics_page *page, const char *url,
                       const struct http_settings *settings, const char *const *headers,
                       double timeout_s)
{
    *page = (struct metrics_page){.url = url,
                                  .client = http_client_new(settings),
                                  .headers = headers,
                                  .timeout_s = timeout_s};
}

void metrics_page_free(struct metrics_page *page)
{
    http_client_free(page->client);
    free(page->base);
    buffer_free(&page->text);
    buffer_free(&page->refused);
    *page = (struct metrics_page){0};
}

const char *page_kind_name(enum page_kind kind)
{
    static const char *const names[] = {[PAGE_UNKNOWN] = "",
                                        [PAGE_TEXT] = "text",
                                        [PAGE_OPEN_METRICS] = "OpenMetrics",
                                        [PAGE_PROMETHEUS] = "Prometheus"};
    return names[kind];
}

static bool get(struct metrics_page *page, const char *url, struct http_response *response,
                struct error *error)
{
    struct http_request request = {.url = url,
                                   .headers = page->headers,
                                   .timeout_s = page->timeout_s,
                                   .max_body_bytes = PAGE_BYTES_MAX};
    return http_perform(page->client, &request, response, error);
}

/* ---- telling what it is ---- */

static bool is_page(const struct http_response *response, bool *open_metrics)
{
    struct exposition exposition = exposition_begin(buffer_text(&response->body));
    struct exposition_sample sample;
    /* A web page or JSON has no line that is a sample, or many that are none. */
    bool any = exposition_next(&exposition, &sample);
    *open_metrics = exposition.open_metrics;
    return any && exposition.broken == 0;
}

static bool try_page(struct metrics_page *page, const char *url, struct error *error)
{
    struct http_response response;
    bool open_metrics = false;
    bool ok = get(page, url, &response, error);
    if (ok && response.status != 200)
        ok = error_set(error, "status %ld", response.status);
    else if (ok && !is_page(&response, &open_metrics))
        ok = error_set(error, "no metrics on this page");
    if (ok) {
        page->kind = open_metrics ? PAGE_OPEN_METRICS : PAGE_TEXT;
        char *base = xstrdup(url); /* which may be the one that goes */
        free(page->base);
        page->base = base;
        buffer_free(&page->text);
        page->text = response.body;
        response.body = (struct buffer){0};
    }
    http_response_free(&response);
    return ok;
}

/* `base` is everything before /api/v1; taken. */
static bool try_server(struct metrics_page *page, char *base)
{
    struct http_response response;
    struct buffer lines = {0};
    char *url = xasprintf("%s/api/v1/query?query=1", base);
    bool ok = get(page, url, &response, NULL) && response.status == 200 &&
              page_from_answer(buffer_text(&response.body), "one", &lines, NULL) && lines.size;
    free(url);
    buffer_free(&lines);
    http_response_free(&response);
    if (ok) {
        page->kind = PAGE_PROMETHEUS;
        free(page->base);
        page->base = base;
    } else {
        free(base);
    }
    return ok;
}

/* The URL up to /api/v1, or without slashes at its end. */
static char *server_base(const char *url)
{
    const char *api = strstr(url, "/api/v1");
    size_t size = api ? (size_t)(api - url) : strcspn(url, "?#");
    while (size && url[size - 1] == '/')
        size--;
    return xstrndup(url, size);
}

bool metrics_page_detect(struct metrics_page *page, struct error *error)
{
    bool api = strstr(page->url, "/api/v1") != NULL;
    if (!api && try_page(page, page->url, error))
        return true;
    if (try_server(page, server_base(page->url)))
        return true;
    if (api)
        return error_set(error, "no Prometheus server answers there");
    const char *host = strstr(page->url, "://");
    const char *path = host ? strchr(host + 3, '/') : NULL;
    if (path && path[1])
        return false;
    char *base = server_base(page->url);
    char *beside = xasprintf("%s/metrics", base);
    bool ok = try_page(page, beside, error);
    free(base);
    free(beside);
    return ok;
}

/* ---- fetching ---- */

static bool ask(struct metrics_page *page, struct text promql, const char *name,
                struct error *error)
{
    struct http_response response;
    char *url = prometheus_query_url(page->base, promql);
    bool ok = get(page, url, &response, error) &&
              page_from_answer(buffer_text(&response.body), name, &page->text, error);
    http_response_free(&response);
    free(url);
    return ok;
}

/* Waits until the oldest value of a metric was scraped after that instant. One stands for all: they
 * come from one server, mostly. Of expressions, that everything was. */
static bool wait_fresh(struct metrics_page *page, const struct page_query *query,
                       struct error *error)
{
    struct buffer promql = {0};
    buffer_printf(&promql, "min(timestamp(%s))", query->name_count ? query->names[0] : "up");
    bool ok = true;
    for (;;) {
        double at_s = (double)NAN;
        buffer_clear(&page->text);
        ok = ask(page, buffer_text(&promql), "at", error);
        struct exposition exposition = exposition_begin(buffer_text(&page->text));
        struct exposition_sample sample;
        if (ok && exposition_next(&exposition, &sample))
            at_s = sample.value;
        page->behind_s = (double)wall_ns() / 1e9 - at_s;
        if (!ok || isnan(at_s) || at_s * 1e9 >= (double)query->fresh_wall_ns ||
            now_ns() + FRESH_STEP_NS > query->until_ns)
            break;
        sleep_until_ns(now_ns() + FRESH_STEP_NS);
    }
    buffer_free(&promql);
    return ok;
}

/* One that the server refuses has no value, and keeps no other from having one. */
static bool ask_expression(struct metrics_page *page, const char *promql, size_t index,
                           struct error *error)
{
    char name[PAGE_EXPRESSION_NAME_SIZE];
    struct http_response response;
    struct error reason;
    size_t before = page->text.size;
    char *url = prometheus_query_url(page->base, text_of(promql));
    page_expression_name(index, name);
    bool reached = get(page, url, &response, error);
    if (reached && !page_from_answer(buffer_text(&response.body), name, &page->text, &reason)) {
        page->text.size = before;
        buffer_printf(&page->refused, "%.200s: %.300s\n", promql, reason.text);
    }
    http_response_free(&response);
    free(url);
    return reached;
}

static bool fetch_answers(struct metrics_page *page, const struct page_query *query,
                          struct error *error)
{
    struct buffer selector = {0};
    bool ok = true;
    buffer_add_string(&selector, "{__name__=~\"");
    for (size_t i = 0; i < query->name_count; i++)
        buffer_printf(&selector, "%s%s", i ? "|" : "", query->names[i]);
    buffer_add_string(&selector, "\"}");
    if (query->fresh_wall_ns && (query->name_count || query->expression_count))
        ok = wait_fresh(page, query, error);
    buffer_clear(&page->text);
    if (ok && query->name_count)
        ok = ask(page, buffer_text(&selector), "", error);
    buffer_clear(&page->refused);
    for (size_t i = 0; ok && i < query->expression_count; i++)
        ok = ask_expression(page, query->expressions[i], i, error);
    buffer_free(&selector);
    return ok;
}

bool metrics_page_fetch(struct metrics_page *page, const struct page_query *query,
                        struct error *error)
{
    if (page->kind == PAGE_UNKNOWN) {
        if (!metrics_page_detect(page, error))
            return false;
        if (page->kind != PAGE_PROMETHEUS)
            return true;
    }
    if (page->kind == PAGE_PROMETHEUS)
        return fetch_answers(page, query, error);
    return try_page(page, page->base, error);
}

void page_expression_name(size_t index, char name[static PAGE_EXPRESSION_NAME_SIZE])
{
    snprintf(name, PAGE_EXPRESSION_NAME_SIZE, "fluxperf:expression_%zu", index);
}

/* ---- what there is ---- */

bool metrics_page_catalog(struct metrics_page *page, struct catalog *catalog, struct error *error)
{
    if (page->kind != PAGE_PROMETHEUS) {
        catalog_add_page(catalog, buffer_text(&page->text));
        return true;
    }
    struct http_response names = {0}, types = {0};
    char *names_url = xasprintf("%s/api/v1/label/__name__/values", page->base);
    char *types_url = xasprintf("%s/api/v1/metadata", page->base);
    bool ok = get(page, names_url, &names, error);
    /* Without the types the endings of names must do. */
    if (ok && (!get(page, types_url, &types, NULL) || types.status != 200))
        buffer_clear(&types.body);
    ok = ok &&
         prometheus_read_names(buffer_text(&names.body), buffer_text(&types.body), catalog, error);
    http_response_free(&names);
    http_response_free(&types);
    free(names_url);
    free(types_url);
    return ok;
}

bool metrics_page_bounds(struct metrics_page *page, struct catalog_entry *entry,
                         struct error *error)
{
    if (page->kind != PAGE_PROMETHEUS || entry->bound_count)
        return true;
    struct catalog found = {0};
    struct buffer kept = page->text;
    struct text promql;
    char *name = xasprintf("%s_bucket", entry->name);
    promql = text_of(name);
    page->text = (struct buffer){0};
    buffer_printf(&page->text, "# TYPE %s histogram\n", entry->name);
    bool ok = ask(page, promql, "", error);
    catalog_add_page(&found, buffer_text(&page->text));
    if (ok && found.count == 1) {
        entry->bounds = found.entries[0].bounds;
        entry->bound_count = found.entries[0].bound_count;
        found.entries[0].bounds = NULL;
    }
    catalog_free(&found);
    buffer_free(&page->text);
    page->text = kept;
    free(name);
    return ok;
}
