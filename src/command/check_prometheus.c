/* fluxperf check prometheus: what a source of metrics exposes, and what a run would watch of it. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/memory.h"
#include "client/server.h"
#include "command/check.h"
#include "command/command.h"
#include "command/set_parse.h"
#include "report/page.h"
#include "telemetry/picks.h"
#include "telemetry/watch_list.h"

#define TIMEOUT_S 10.0

struct prometheus_options {
    struct config config;
};

static const struct prometheus_options defaults;

static const char *const shared[] = {"prometheus-metrics",
                                     "connect-timeout",
                                     "header",
                                     "insecure",
                                     "cacert",
                                     "cert",
                                     "key",
                                     "proxy",
                                     "ascii",
                                     NULL};

const struct option_set check_prometheus_options = {
    .command = "check prometheus",
    .defaults = &defaults,
    .shared = shared,
    .operands = "URL",
    .about = "Reads a page of metrics or asks a Prometheus server, once, and prints what is there, "
             "which\n"
             "engine it is of, and what a run would watch, with its values as they are.\n",
    .closing =
        "Exit status: 0 it can be read and has everything that was asked for, 1 not, 2 usage.\n"
        "\n"
        "Examples:\n"
        "  fluxperf check prometheus localhost:8000/metrics\n"
        "  fluxperf check prometheus localhost:9090 --prometheus-metrics lmcache_hit_rate\n",
};

/* One look at a source. */
struct look {
    struct metrics_page page;
    struct catalog catalog;
    struct watch_list list;
    uint32_t samples, broken, first_broken;
    double took_ms;
};

static bool fetch_watched(struct look *look, struct error *error)
{
    const struct columns *columns = &look->list.columns;
    if (look->page.kind != PAGE_PROMETHEUS)
        return true;
    struct page_query query = {0};
    const char **names = xreallocarray(NULL, columns->count, sizeof *names);
    const char **expressions =
        xreallocarray(NULL, look->list.expression_count, sizeof *expressions);
    for (uint32_t i = 0; i < columns->count; i++)
        names[query.name_count++] = columns->columns[i].name;
    for (uint32_t i = 0; i < look->list.count; i++) {
        const struct watch_item *item = &look->list.items[i];
        if (item->wishes[0].promql && item->source >= 0)
            expressions[item->expression] = item->wishes[0].promql;
    }
    query.names = names;
    query.expressions = expressions;
    query.expression_count = look->list.expression_count;
    bool ok = metrics_page_fetch(&look->page, &query, error);
    free(names);
    free(expressions);
    return ok;
}

static void count_lines(struct look *look)
{
    struct exposition exposition = exposition_begin(buffer_text(&look->page.text));
    struct exposition_sample sample;
    while (exposition_next(&exposition, &sample))
        look->samples++;
    look->broken = exposition.broken;
    look->first_broken = exposition.first_broken;
}

static bool look_at(struct look *look, struct error *error)
{
    uint64_t start_ns = now_ns();
    if (!metrics_page_detect(&look->page, error))
        return false;
    look->took_ms = (double)(now_ns() - start_ns) / 1e6;
    if (!metrics_page_catalog(&look->page, &look->catalog, error))
        return false;
    watch_list_resolve(&look->list, 0, &look->page, &look->catalog, false);
    watch_list_name_nearest(&look->list, &look->catalog);
    if (!fetch_watched(look, error))
        return false;
    uint32_t broken = 0;
    count_lines(look);
    columns_clear(&look->list.columns);
    columns_read(&look->list.columns, 0, buffer_text(&look->page.text), &broken);
    return true;
}

/* ---- what it is ---- */

static void print_facts(struct page *page, const struct look *look)
{
    struct buffer engine = {0};
    bool server = look->page.kind == PAGE_PROMETHEUS;
    picks_engine(&look->catalog, &engine);
    page_printf(page, "%s\n\n", look->page.base);
    page_printf(page, "Reachable  yes, in %.1f ms\n", look->took_ms);
    page_printf(page, "Format     %s\n",
                server                                 ? "a Prometheus server's API"
                : look->page.kind == PAGE_OPEN_METRICS ? "a page in OpenMetrics"
                                                       : "a page in Prometheus's text format");
    page_printf(page, "Engine     %s\n", engine.size ? engine.data : "none that is known");
    page_printf(page, "Names      %u", look->catalog.count);
    if (!server)
        page_printf(page, ", %u series", look->samples);
    page_printf(page, "\n");
    if (look->broken)
        page_printf(page, "Broken     %u lines that make no sense, the first is line %u\n",
                    look->broken, look->first_broken);
    buffer_free(&engine);
}

/* ---- what would be watched ---- */

/* What was gained since the counters began: from a reading of nothing to the one there is. */
static double value_now(const struct look *look, const struct watched *watched, bool *since_start)
{
    uint32_t count = look->list.columns.count;
    size_t size = sizeof(struct reading) + count * sizeof(double);
    struct reading *none = xcalloc(1, size), *now = xcalloc(1, size);
    struct watched_gains gains = {0};
    none->count = now->count = count;
    for (uint32_t i = 0; i < count; i++)
        now->values[i] = columns_value(&look->list.columns, i);
    double value = watched_at(watched, now);
    *since_start = false;
    if (isnan(value)) {
        watched_gain(watched, &gains, none, now);
        value = watched_over(watched, &gains);
        *since_start = !isnan(value);
    }
    free(none);
    free(now);
    return value;
}

static struct figure plain_figure(double value)
{
    bool whole = fabs(value) < 1e15 && !(value < trunc(value)) && !(value > trunc(value));
    return figure_of(value, whole ? 0 : 4);
}

static void print_watched(struct page *page, const struct look *look)
{
    struct grid grid;
    bool any = false, any_since = false;
    grid_init(&grid, page, 3);
    for (uint32_t i = 0; i < look->list.count; i++) {
        const struct watched *watched = &look->list.items[i].watched;
        if (watched->kind == WATCHED_ABSENT || watched->hidden)
            continue;
        bool since_start;
        double value = value_now(look, watched, &since_start);
        any = true;
        any_since |= since_start;
        bool ratio = watched->unit[0] == '\0' || strcmp(watched->unit, "ratio") == 0;
        grid_add(&grid, "%.60s", watched->title);
        grid_add(&grid, "%.120s", watched->origin[0] ? watched->origin : "the same name");
        grid_add(&grid, "%s%s%s%s", plain_figure(value).text, ratio ? "" : " ",
                 ratio ? "" : watched->unit, since_start ? " *" : "  ");
    }
    page_printf(page, "\nA run would watch%s:\n", any ? "" : " nothing of it");
    if (!any) {
        grid_discard(&grid);
        page_printf(page, "  name what you want with --prometheus-metrics\n");
        return;
    }
    grid_print(&grid, 2, 2);
    if (any_since)
        page_printf(page, "  * since its counters began; a round shows what it gained itself\n");
}

/* True when nothing that was asked for is absent. */
static bool print_absent(struct page *page, const struct look *look)
{
    bool whole = true;
    for (uint32_t i = 0; i < look->list.count; i++) {
        const struct watch_item *item = &look->list.items[i];
        if (!item->asked || item->watched.kind != WATCHED_ABSENT)
            continue;
        if (whole)
            page_printf(page, "\nNot exposed:\n");
        whole = false;
        if (item->wishes[0].promql)
            page_printf(page, "  %s: only a Prometheus server could answer it\n",
                        item->watched.key);
        else if (item->watched.origin[0])
            page_printf(page, "  %s: nearest are %s\n", item->watched.key, item->watched.origin);
        else
            page_printf(page, "  %s: and nothing like it\n", item->watched.key);
    }
    return whole;
}

static int print_look(const struct look *look, bool ascii)
{
    struct buffer out = {0};
    struct page page = page_begin(&out, table_style_for(STDOUT_FILENO, ascii));
    print_facts(&page, look);
    print_watched(&page, look);
    bool whole = print_absent(&page, look);
    struct text refused = buffer_text(&look->page.refused), line;
    if (refused.size)
        page_printf(&page, "\nRefused:\n");
    whole &= refused.size == 0;
    while (text_next_line(&refused, &line))
        page_printf(&page, "  %.*s\n", (int)line.size, line.data);
    page_end(&page);
    fwrite(out.data, 1, out.size, stdout);
    buffer_free(&out);
    if (!stdout_is_written())
        return EXIT_NOTHING_DONE;
    return whole ? EXIT_OK : EXIT_NOTHING_DONE;
}

/* ---- the whole of it ---- */

static int look_once(const struct config *config, const char *url)
{
    struct http_settings http = {.insecure = config->insecure,
                                 .cacert = config->cacert,
                                 .cert = config->cert,
                                 .key = config->key,
                                 .proxy = config->proxy,
                                 .connect_timeout_s = config->connect_timeout_s,
                                 .user_agent = "fluxperf/" FLUXPERF_VERSION};
    const char **headers = xcalloc(config->headers.count + 1, sizeof *headers);
    for (size_t i = 0; i < config->headers.count; i++)
        headers[i] = config->headers.values[i];
    struct look look = {0};
    struct error error = {0};
    int status = EXIT_USAGE;
    metrics_page_init(&look.page, url, &http, headers, TIMEOUT_S);
    if (!watch_list_init(&look.list, config->prometheus_metrics.values,
                         config->prometheus_metrics.count, &error)) {
        log_error("--prometheus-metrics: %s", error.text);
    } else if (!look_at(&look, &error)) {
        log_error("cannot read metrics from %s: %s", url, error.text);
        status = EXIT_NOTHING_DONE;
    } else {
        status = print_look(&look, config->ascii);
    }
    watch_list_free(&look.list);
    catalog_free(&look.catalog);
    metrics_page_free(&look.page);
    free(headers);
    return status;
}

static int check_source(struct config *config, const struct string_list *urls)
{
    struct error error = {0};
    if (urls->count != 1) {
        log_error(
            "name one source, as localhost:8000/metrics; see fluxperf check prometheus --help");
        return EXIT_USAGE;
    }
    string_list_add(&config->prometheus_urls, text_of(urls->values[0]));
    config->dataset = xstrdup("builtin:example");
    config->endpoint = xstrdup("localhost");
    if (!config_resolve(config, &error)) {
        log_error("%s", error.text);
        return EXIT_USAGE;
    }
    return look_once(config, config->prometheus_urls.values[0]);
}

int check_prometheus(int argc, char **argv)
{
    const struct option_set *set = &check_prometheus_options;
    struct prometheus_options options = defaults;
    struct string_list urls = {0};
    int status;
    config_default(&options.config);
    if (set_parse(set, &options, &urls, argc, argv, &status))
        status = check_source(&options.config, &urls);
    options_free_set(set, &options, &urls);
    config_free(&options.config);
    secret_forget_all();
    return status;
}
