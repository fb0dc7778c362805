#include "report/json_server.h"

#include <math.h>

#include "report/server_rows.h"
#include "result/journal_field.h"

/* Counts of tokens and bytes are exact, ratios have six decimals. */
static void put_value(struct json_writer *json, const char *key, double value)
{
    json_key(json, key);
    json_exact(json, round(value * 1e6) / 1e6);
}

static void put_figures(struct json_writer *json, const struct server_row *row)
{
    const struct watched *watched = row->watched;
    const struct watched_round *round = &row->round;
    json_put_string(json, "kind", watched_kind_name(watched->kind));
    json_put_redacted(json, "unit", watched->unit);
    bool absent = watched->kind == WATCHED_ABSENT;
    json_put_redacted(json, absent ? "nearest" : "taken_from",
                      watched->origin[0] ? watched->origin : NULL);
    put_value(json, "before", round->before);
    put_value(json, "after", round->after);
    put_value(json, "change", round->change);
    put_value(json, "value", round->value);
    for (size_t i = 0; i < STATISTIC_COUNT; i++)
        put_value(json, statistics_table[i].key,
                  statistics_get(&round->statistics, &statistics_table[i]));
    json_put_uint(json, "samples", round->statistics.count);
    json_put_uint(json, "counter_resets", round->resets);
}

static void put_sources(struct json_writer *json, const struct samples *samples)
{
    json_key(json, "sources");
    json_open(json, '[');
    for (uint32_t i = 0; i < samples_source_count(samples); i++) {
        const struct metrics_source *source = samples_source(samples, i);
        json_open(json, '{');
        json_put_redacted(json, "url", source->url);
        json_put_redacted(json, "format", source->format);
        json_put_redacted(json, "engine", source->engine);
        json_put_real(json, "interval_s", source->interval_s, 3);
        json_put_uint(json, "names", source->exposed);
        json_close(json, '}');
    }
    json_close(json, ']');
}

void json_server_round(struct json_writer *json, const struct run *run, const struct level *level,
                       const struct round *round)
{
    const struct samples *samples = &run->samples;
    struct server_rows rows = server_rows_make(run, level, round, false);
    if (samples_source_count(samples) == 0 && rows.count == 0 && samples->failed == 0) {
        json_put_null(json, "prometheus");
        server_rows_free(&rows);
        return;
    }
    json_key(json, "prometheus");
    json_open(json, '{');
    put_sources(json, samples);
    json_put_string(json, "of_requests",
                    "before, after and delta of a request are the server's as a whole, from the "
                    "nearest readings: other requests count in them");
    json_put_uint(json, "scrapes", samples->made);
    json_put_uint(json, "failed_scrapes", samples->failed);
    json_key(json, "metrics");
    json_open(json, '{');
    for (uint32_t i = 0; i < rows.count; i++) {
        json_key(json, rows.rows[i].watched->key);
        json_open(json, '{');
        put_figures(json, &rows.rows[i]);
        json_close(json, '}');
    }
    json_close(json, '}');
    json_close(json, '}');
    server_rows_free(&rows);
}

static void put_span(struct json_writer *json, const char *key, const struct watched_span *span)
{
    json_key(json, key);
    json_open(json, '{');
    put_value(json, "before", span->before);
    put_value(json, "after", span->after);
    put_value(json, "delta", span->delta);
    json_close(json, '}');
}

void json_server_request(struct json_writer *json, const struct run *run,
                         const struct record *record)
{
    const struct samples *samples = &run->samples;
    struct watched_span span;
    bool any = false;
    for (uint32_t i = 0; i < samples_watched_count(samples) && record->sent_ns; i++) {
        const struct watched *watched = samples_watched(samples, i);
        if (watched->hidden || !watched->in_table ||
            !samples_span(samples, watched, record->sent_ns, record->end_ns, &span))
            continue;
        if (!any) {
            json_key(json, "prometheus");
            json_open(json, '{');
            json_put_real(json, "before_ms_earlier", (double)span.before_ns / 1e6, 2);
            json_put_real(json, "after_ms_later", (double)span.after_ns / 1e6, 2);
            json_key(json, "metrics");
            json_open(json, '{');
        }
        any = true;
        put_span(json, watched->key, &span);
    }
    if (any) {
        json_close(json, '}');
        json_close(json, '}');
    } else {
        json_put_null(json, "prometheus");
    }
}
