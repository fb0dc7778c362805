/* The thread that reads the server's metrics: each interval, and at once when it is asked to. */
#ifndef TELEMETRY_PROMETHEUS_H
#define TELEMETRY_PROMETHEUS_H

#include "base/http.h"
#include "telemetry/watched.h"

/* Where goes what was read: called by the sampler's thread, each before the next. What is given is
 * the sampler's and holds until the call returns. */
struct prometheus_sink {
    void *context;
    void (*source)(void *context, const struct metrics_source *source);
    void (*column)(void *context, uint32_t number, const char *series);
    void (*watched)(void *context, const struct watched *watched);
    void (*reading)(void *context, const struct reading *reading);
    void (*failure)(void *context, uint64_t at_ns, const char *why);
};

/* One URL and how to reach it. All is the caller's and outlives the sampler. */
struct prometheus_target {
    const char *url;
    const struct http_settings *http;
    const char *const *headers; /* NULL = none */
};

struct prometheus_settings {
    const struct prometheus_target *targets;
    uint32_t target_count;
    char *const *metrics; /* wishes, or "auto"; none is auto */
    size_t metric_count;
    double interval_s;
    uint64_t origin_ns; /* the run's start, CLOCK_MONOTONIC */
    struct prometheus_sink sink;
};

struct prometheus;

/* Starts the thread. NULL when a wish cannot be read. `settings` is copied, what it points to is
 * not. */
struct prometheus *prometheus_new(const struct prometheus_settings *settings, struct error *error);
/* Ends the thread, within a second where a scrape hangs, and frees all. */
void prometheus_delete(struct prometheus *prometheus);

/* Scrapes at once and waits for it. READING_BEFORE begins a round: what is read on the interval
 * from then on belongs to it, until READING_AFTER. False when it did not come in time, or failed;
 * what comes too late for the start of a round counts as read during it. */
bool prometheus_scrape(struct prometheus *prometheus, enum reading_place place, uint16_t level,
                       uint16_t round, double most_s);

/* Watches one more metric, from the next scrape on. Any thread. False when the wish cannot be read.
 */
bool prometheus_add(struct prometheus *prometheus, const char *wish, struct error *error);

#endif
