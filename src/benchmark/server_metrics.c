#include "benchmark/server_metrics.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/memory.h"
#include "benchmark/changes.h"
#include "telemetry/metrics_page.h"
#include "telemetry/picks.h"
#include "telemetry/prometheus.h"
#include "telemetry/watch_list.h"

#define BOUNDARY_S   2.0
#define GUESS_S      2.0
#define IDLE_NS      (30 * NS_PER_S)
#define IDLE_LOOK_NS (100 * NS_PER_MS)

struct server_metrics {
    struct prometheus *prometheus;
    struct prometheus_target *targets;
    uint32_t target_count;
    struct http_settings far; /* for servers that are not the one under test */
    char *guessed;
};

/* ---- from the sampler into the run and its journal ---- */

static void take_source(void *context, const struct metrics_source *source)
{
    struct benchmark *benchmark = context;
    struct journal *journal = collector_lock(benchmark->collector);
    samples_put_source(&benchmark->run->samples, source);
    journal_put_metrics(journal, source);
    collector_unlock(benchmark->collector);
}

static void take_column(void *context, uint32_t number, const char *series)
{
    struct benchmark *benchmark = context;
    struct journal *journal = collector_lock(benchmark->collector);
    if (samples_add_column(&benchmark->run->samples, series))
        journal_put_column(journal, number, series);
    collector_unlock(benchmark->collector);
}

static void take_watched(void *context, const struct watched *watched)
{
    struct benchmark *benchmark = context;
    struct journal *journal = collector_lock(benchmark->collector);
    if (samples_put_watched(&benchmark->run->samples, watched))
        journal_put_metric(journal, watched);
    collector_unlock(benchmark->collector);
}

static void take_reading(void *context, const struct reading *reading)
{
    struct benchmark *benchmark = context;
    struct journal *journal = collector_lock(benchmark->collector);
    samples_add(&benchmark->run->samples, reading);
    journal_put_sample(journal, reading);
    collector_unlock(benchmark->collector);
}

static void take_failure(void *context, uint64_t at_ns, const char *why)
{
    struct benchmark *benchmark = context;
    struct journal *journal = collector_lock(benchmark->collector);
    samples_add_failure(&benchmark->run->samples, at_ns, why);
    journal_put_failed_sample(journal, at_ns, why);
    collector_unlock(benchmark->collector);
}

/* ---- where they are ---- */

/* The key goes to the server under test and to no other. */
static bool is_beside(const struct config *config, const char *url)
{
    char *origin = endpoint_sibling(config->endpoint, "");
    size_t size = strlen(origin);
    bool beside = strncmp(url, origin, size) == 0 && (url[size] == '/' || url[size] == '\0');
    free(origin);
    return beside;
}

static void add_target(struct benchmark *benchmark, const char *url)
{
    struct server_metrics *metrics = benchmark->metrics;
    bool beside = is_beside(benchmark->config, url);
    metrics->targets[metrics->target_count++] = (struct prometheus_target){
        .url = url,
        .http = beside ? &benchmark->server.http : &metrics->far,
        .headers = beside ? (const char *const *)benchmark->server.headers : NULL};
}

/* Asks once whether there is a page of metrics beside the endpoint. One without a known engine is
 * used only where metrics were asked for by name. */
static bool guess(struct benchmark *benchmark, char *url)
{
    struct metrics_page page;
    struct buffer engine = {0};
    struct catalog catalog = {0};
    metrics_page_init(&page, url, &benchmark->server.http,
                      (const char *const *)benchmark->server.headers, GUESS_S);
    http_client_stop_by(page.client, &benchmark->control.stop);
    bool there = metrics_page_detect(&page, NULL) && page.kind != PAGE_PROMETHEUS &&
                 metrics_page_catalog(&page, &catalog, NULL);
    picks_engine(&catalog, &engine);
    bool useful = engine.size > 0 || benchmark->config->prometheus_metrics.count > 0;
    metrics_page_free(&page);
    catalog_free(&catalog);
    buffer_free(&engine);
    return there && useful;
}

static void find_targets(struct benchmark *benchmark)
{
    const struct config *config = benchmark->config;
    struct server_metrics *metrics = benchmark->metrics;
    const struct string_list *urls = &config->prometheus_urls;
    metrics->targets = xcalloc(urls->count + 1, sizeof *metrics->targets);
    if (urls->count == 1 && strcmp(urls->values[0], "none") == 0)
        return;
    for (size_t i = 0; i < urls->count; i++)
        add_target(benchmark, urls->values[i]);
    if (urls->count)
        return;
    metrics->guessed = endpoint_sibling(config->endpoint, "/metrics");
    if (guess(benchmark, metrics->guessed))
        add_target(benchmark, metrics->guessed);
    else if (config->prometheus_metrics.count)
        log_warning("metrics: there is no page of them at %s; give its address with "
                    "--prometheus-url",
                    metrics->guessed);
}

bool server_metrics_check(const struct config *config, struct error *error)
{
    struct watch_list list;
    bool ok = watch_list_init(&list, config->prometheus_metrics.values,
                              config->prometheus_metrics.count, error);
    watch_list_free(&list);
    return ok || error_prefix(error, "--prometheus-metrics");
}

void server_metrics_start(struct benchmark *benchmark)
{
    const struct config *config = benchmark->config;
    struct server_metrics *metrics = xcalloc(1, sizeof *metrics);
    benchmark->metrics = metrics;
    metrics->far = benchmark->server.http;
    metrics->far.resolve = NULL;
    metrics->far.addresses = NULL;
    metrics->far.address_count = 0;
    metrics->far.unix_socket = NULL;
    metrics->far.cert = metrics->far.key = NULL;
    find_targets(benchmark);
    if (metrics->target_count == 0)
        return;
    struct prometheus_settings settings = {.targets = metrics->targets,
                                           .target_count = metrics->target_count,
                                           .metrics = config->prometheus_metrics.values,
                                           .metric_count = config->prometheus_metrics.count,
                                           .interval_s = config->prometheus_interval_s,
                                           .origin_ns = benchmark->anchor.monotonic_ns,
                                           .sink = {.context = benchmark,
                                                    .source = take_source,
                                                    .column = take_column,
                                                    .watched = take_watched,
                                                    .reading = take_reading,
                                                    .failure = take_failure}};
    struct error error = {0};
    metrics->prometheus = prometheus_new(&settings, &error);
    if (metrics->prometheus)
        prometheus_scrape(metrics->prometheus, READING_BETWEEN, 0, 0, BOUNDARY_S);
    else
        log_error("metrics: %s", error.text);
}

bool server_metrics_add(struct benchmark *benchmark, const char *wish, struct error *error)
{
    bool ready = atomic_load_explicit(&benchmark->ready, memory_order_acquire);
    pthread_mutex_lock(&benchmark->jobs_lock);
    struct server_metrics *metrics = ready ? benchmark->metrics : NULL;
    bool ok = metrics && metrics->prometheus
                  ? prometheus_add(metrics->prometheus, wish, error)
                  : error_set(error, "there is no source of metrics: give --prometheus-url");
    pthread_mutex_unlock(&benchmark->jobs_lock);
    return ok;
}

void server_metrics_stop(struct benchmark *benchmark)
{
    struct server_metrics *metrics = benchmark->metrics;
    if (!metrics)
        return;
    /* The screen may ask for one more metric just now. */
    pthread_mutex_lock(&benchmark->jobs_lock);
    benchmark->metrics = NULL;
    pthread_mutex_unlock(&benchmark->jobs_lock);
    prometheus_delete(metrics->prometheus);
    free(metrics->targets);
    free(metrics->guessed);
    free(metrics);
}

/* ---- at the ends of rounds ---- */

static void scrape(struct benchmark *benchmark, enum reading_place place, const struct level *level,
                   const struct round *round)
{
    if (benchmark->metrics->prometheus && round)
        prometheus_scrape(benchmark->metrics->prometheus, place, level->number, round->number,
                          BOUNDARY_S);
}

void server_metrics_before(struct benchmark *benchmark, const struct level *level,
                           const struct round *round)
{
    scrape(benchmark, READING_BEFORE, level, round);
}

void server_metrics_after(struct benchmark *benchmark, const struct level *level,
                          const struct round *round)
{
    scrape(benchmark, READING_AFTER, level, round);
}

/* ---- until the server is idle ---- */

/* What still goes on, by the last reading: "3 running, 1 waiting"; false when nothing does, or
 * nothing tells. */
static bool was_busy(const struct samples *samples, struct buffer *what)
{
    static const struct {
        enum watched_role role;
        const char *word;
    } roles[] = {{ROLE_RUNNING, "running"}, {ROLE_WAITING, "waiting"}, {ROLE_STORING, "storing"}};
    uint32_t count = samples_count(samples);
    buffer_clear(what);
    for (size_t i = 0; i < ARRAY_SIZE(roles) && count; i++) {
        const struct watched *watched = samples_find_role(samples, roles[i].role);
        double value = watched ? watched_at(watched, samples_at(samples, count - 1)) : 0.0;
        if (value > 0.0)
            buffer_printf(what, "%s%.0f %s", what->size ? ", " : "", value, roles[i].word);
    }
    return what->size > 0;
}

/* A reading that fails once says no more than the one before it. */
static bool is_busy(struct prometheus *prometheus, const struct samples *samples,
                    struct buffer *what)
{
    if (prometheus_scrape(prometheus, READING_BETWEEN, 0, 0, BOUNDARY_S))
        return was_busy(samples, what);
    return what->size > 0;
}

static void say_waited(struct benchmark *benchmark, bool waited, uint64_t since_ns,
                       const struct buffer *what)
{
    double waited_s = (double)(now_ns() - since_ns) / 1e9;
    if (what->size)
        log_warning("the server is not idle after %.0f s (%s): going on", waited_s, what->data);
    else if (waited)
        benchmark_change(benchmark, "idle", "waited %.1f s until the server was idle", waited_s);
}

void server_metrics_wait_idle(struct benchmark *benchmark, bool (*ends)(struct benchmark *))
{
    struct prometheus *prometheus = benchmark->metrics->prometheus;
    const struct samples *samples = &benchmark->run->samples;
    uint64_t since_ns = now_ns();
    struct buffer what = {0};
    bool waited = false;
    if (!prometheus)
        return;
    while (is_busy(prometheus, samples, &what)) {
        waited = true;
        live_wait_for(&benchmark->live, what.data);
        if (ends(benchmark) || now_ns() - since_ns >= IDLE_NS)
            break;
        sleep_until_ns(now_ns() + IDLE_LOOK_NS);
    }
    live_wait_for(&benchmark->live, "");
    if (!ends(benchmark))
        say_waited(benchmark, waited, since_ns, &what);
    buffer_free(&what);
}
