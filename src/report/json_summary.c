#include "report/json_summary.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/json.h"
#include "base/memory.h"
#include "report/json_baseline.h"
#include "report/json_server.h"
#include "result/comparison.h"
#include "result/journal_field.h"

/* ---- configuration ---- */

static void put_slo(struct json_writer *json, const struct slo *slo)
{
    json_key(json, "slo");
    json_open(json, '{');
    for (size_t i = 0; i < SLO_LIMIT_COUNT; i++) {
        double limit;
        memcpy(&limit, (const char *)slo + slo_limits[i].offset, sizeof limit);
        json_put_real(json, slo_limits[i].key, limit, 3);
    }
    json_close(json, '}');
}

static void put_load(struct json_writer *json, uint32_t concurrency, double rate)
{
    if (concurrency)
        json_put_uint(json, "concurrency", concurrency);
    else
        json_put_null(json, "concurrency");
    json_put_real(json, "request_rate", rate > 0.0 ? rate : NO_VALUE, 3);
}

/* All of the run's, those of the level in their place. */
static void put_options(struct json_writer *json, const struct run *run, const struct level *level)
{
    struct json_scan scan = json_scan_begin(text_of(run->config_json));
    struct text key, value;
    if (!run->config_json || !json_enter_object(&scan)) {
        json_null(json);
        return;
    }
    json_open(json, '{');
    while (json_next_key(&scan, &key) && json_scan_raw(&scan, &value)) {
        char name[64];
        snprintf(name, sizeof name, "%.*s", (int)key.size, key.data);
        run_option(run, level, name, &value);
        json_key(json, name);
        json_raw(json, value);
    }
    json_close(json, '}');
}

void json_configuration(struct buffer *out, const struct run *run, const struct level *level,
                        const struct round *round)
{
    struct json_writer json = {.out = out};
    char started[40], hash[17];
    clock_format_utc(run->anchor.wall_ns + round->start_ns, started, sizeof started);
    const struct run_dataset *dataset = run_level_dataset(run, level);
    snprintf(hash, sizeof hash, "%016" PRIx64, dataset->hash);

    json_open(&json, '{');
    json_put_redacted(&json, "endpoint", run->endpoint);
    json_put_redacted(&json, "stage", run->stage);
    put_load(&json, level->concurrency, level->rate);
    json_put_uint(&json, "num_samples", level->samples);
    json_put_uint(&json, "round", round->number);
    json_put_uint(&json, "rounds_planned", level->rounds_planned);
    if (level->until_steady) {
        json_key(&json, "steady_from");
        if (level->steady_from)
            json_uint(&json, level->steady_from);
        else
            json_null(&json);
    }
    json_put_uint(&json, "level", level->number);
    json_put_redacted(&json, "label", level->label);
    json_put_bool(&json, "hidden", level->hidden);
    json_put_redacted(&json, "model", run->model);
    json_put_redacted(&json, "engine", run->engine);
    json_put_redacted(&json, "dataset", dataset->name);
    json_put_string(&json, "dataset_hash", hash);
    json_put_uint(&json, "seed", run->seed);
    json_put_string(&json, "cold_start", level->cold_start);
    const char *salt = round->salt[0] ? round->salt : level->salt;
    json_put_string(&json, "salt", salt[0] ? salt : NULL);
    json_put_bool(&json, "after_reset", round->after_reset);
    json_put_string(&json, "tokenizer", level->tokenizer[0] ? level->tokenizer : NULL);
    json_put_uint(&json, "cut_requests", level->cut_requests);
    put_slo(&json, &run->slo);
    json_put_string(&json, "started", started);
    json_put_string(&json, "transport", run->transport);
    if (run->clock_rate > 1)
        json_put_uint(&json, "clock_rate", run->clock_rate);
    json_put_redacted(&json, "note", level->note ? level->note : run->note);
    json_put_redacted(&json, "machine", run->machine);
    json_put_string(&json, "version", run->version);
    json_put_redacted(&json, "command_line", run->command_line);
    json_key(&json, "options");
    put_options(&json, run, level);
    json_close(&json, '}');
}

/* ---- summary ---- */

static void put_metric(struct json_writer *json, const struct summary *summary, enum metric_id id)
{
    for (size_t i = 0; i < STATISTIC_COUNT; i++) {
        char key[48];
        snprintf(key, sizeof key, "%s_%s", statistics_table[i].key, metrics_table[id].key);
        double ns = statistics_get(&summary->metrics[id], &statistics_table[i]);
        json_put_real(json, key, ns / NS_PER_MS, 2);
    }
}

static void put_counts(struct json_writer *json, const struct round_counts *counts)
{
    json_put_uint(json, "total_requests", counts->planned);
    json_put_uint(json, "successful_requests", counts->succeeded);
    json_put_uint(json, "failed_requests", counts->failed);
    json_put_uint(json, "cancelled_requests", counts->cancelled);
    json_put_uint(json, "not_sent_requests", counts->not_sent);
}

static void put_slo_result(struct json_writer *json, const struct summary *summary)
{
    json_put_real(json, "goodput_tokens_per_s", summary->goodput_tokens_per_s, 2);
    if (summary->has_slo) {
        json_put_uint(json, "slo_met_requests", summary->slo_met_requests);
        json_put_uint(json, "slo_met_tokens", summary->slo_met_tokens);
    } else {
        json_put_null(json, "slo_met_requests");
        json_put_null(json, "slo_met_tokens");
    }
}

/* What both a round and a segment of it have; members only. */
static void put_figures(struct json_writer *json, const struct summary *summary)
{
    put_counts(json, &summary->counts);
    if (!summary_is_exact(summary))
        json_put_real(json, "percentiles_within", 0.001, 3);
    json_put_real(json, "test_duration_s", summary->duration_s, 3);
    json_put_real(json, "avg_input_tokens", summary->avg_input_tokens, 2);
    json_put_real(json, "avg_output_tokens", summary->avg_output_tokens, 2);
    json_put_bool(json, "input_tokens_estimated", summary->input_estimated);
    json_put_bool(json, "output_tokens_estimated", summary->output_estimated);
    for (unsigned id = METRIC_TTFT; id <= METRIC_USER_LATENCY; id++)
        put_metric(json, summary, (enum metric_id)id);
    json_put_real(json, "token_throughput", summary->token_throughput, 2);
    json_put_real(json, "request_throughput", summary->request_throughput, 2);
    put_slo_result(json, summary);
    json_put_real(json, "cached_share", summary->cached_share, 4);
    json_put_real(json, "server_hit_rate", summary->server_hit_rate, 4);
}

static void put_errors(struct json_writer *json, const struct summary *summary)
{
    json_key(json, "errors");
    json_open(json, '[');
    for (uint32_t i = 0; i < summary->error_count; i++) {
        const struct error_group *group = &summary->errors[i];
        json_open(json, '{');
        json_put_string(json, "class", error_class_name(group->class));
        json_put_redacted(json, "message", group->text);
        if (group->http_status)
            json_put_uint(json, "http_status", group->http_status);
        else
            json_put_null(json, "http_status");
        json_put_uint(json, "count", group->count);
        json_put_uint(json, "first_index", group->first_index);
        json_close(json, '}');
    }
    json_close(json, ']');
}

static void put_client(struct json_writer *json, const struct summary *summary,
                       const struct health *health)
{
    const struct {
        const char *key;
        uint64_t ns;
    } lags[] = {
        {"stamp_lag_p50_ms", health->stamp_lag_p50_ns},
        {"stamp_lag_p99_ms", health->stamp_lag_p99_ns},
        {"stamp_lag_max_ms", health->stamp_lag_max_ns},
        {"dispatch_lag_p50_ms", health->dispatch_lag_p50_ns},
        {"dispatch_lag_p99_ms", health->dispatch_lag_p99_ns},
        {"dispatch_lag_max_ms", health->dispatch_lag_max_ns},
    };
    json_key(json, "client");
    json_open(json, '{');
    json_put_string(json, "verdict", health_verdict_name(health->verdict));
    for (size_t i = 0; i < ARRAY_SIZE(lags); i++)
        json_put_real(json, lags[i].key, (double)lags[i].ns / NS_PER_MS, 4);
    json_put_uint(json, "stamp_lag_samples", health->stamp_lag_samples);
    json_put_bool(json, "stamp_lag_at_least", health->stamp_lag_at_least);
    json_put_real(json, "loop_busy_share", health->loop_busy, 4);
    json_put_real(json, "cpu_s", health->client_cpu_s, 3);
    json_put_uint(json, "connects", health->connects);
    json_put_uint(json, "retries", health->retries);
    json_put_real(json, "coalesced_chunk_share", summary->coalesced_share, 4);
    json_put_uint(json, "chunk_events_made", health->chunk_events_made);
    json_put_uint(json, "chunk_events_skipped", health->chunk_events_skipped);
    json_close(json, '}');
}

static void put_cold(struct json_writer *json, const struct summary *summary)
{
    json_key(json, "cold");
    json_open(json, '{');
    json_put_string(json, "verdict", cold_verdict_name(summary->cold));
    json_put_real(json, "unexplained_share", summary->unexplained_share, 4);
    json_close(json, '}');
}

/* Against the level's first round; null for that one itself. */
static void put_comparison(struct json_writer *json, const struct level *level,
                           const struct round *round)
{
    if (round == &level->rounds[0]) {
        json_put_null(json, "comparison");
        return;
    }
    struct comparison comparison;
    comparison_make(&comparison, &level->rounds[0], round);
    json_key(json, "comparison");
    json_open(json, '{');
    json_put_uint(json, "pairs", comparison.pairs);
    json_put_uint(json, "retried", comparison.retried);
    json_put_real(json, "ttft_speed_up", comparison.speed_up, 4);
    json_put_real(json, "ttft_speed_up_low", comparison.low, 4);
    json_put_real(json, "ttft_speed_up_high", comparison.high, 4);
    json_put_real(json, "ttft_saved_ms", comparison.saved_ms, 2);
    json_put_string(json, "verdict", comparison_word_key(comparison.word));
    json_close(json, '}');
}

static void put_segments(struct json_writer *json, const struct run *run, const struct level *level,
                         const struct round *round)
{
    json_key(json, "segments");
    json_open(json, '[');
    uint32_t count = round->segment_count > 1 ? round->segment_count : 0;
    for (uint32_t i = 0; i < count; i++) {
        struct summary summary;
        summary_make_part(&summary, run, level, round, (struct summary_part){(int32_t)i, -1});
        json_open(json, '{');
        json_put_uint(json, "segment", i);
        json_put_uint(json, "start_ns", round->segments[i].start_ns);
        put_load(json, round->segments[i].concurrency, round->segments[i].rate);
        put_figures(json, &summary);
        json_close(json, '}');
        summary_free(&summary);
    }
    json_close(json, ']');
}

static void put_turns(struct json_writer *json, const struct run *run, const struct level *level,
                      const struct round *round)
{
    json_key(json, "turns");
    json_open(json, '[');
    uint16_t count = round_last_turn(round);
    for (int32_t turn = 1; count > 1 && turn <= count; turn++) {
        struct summary summary;
        summary_make_part(&summary, run, level, round, (struct summary_part){-1, turn});
        json_open(json, '{');
        json_put_int(json, "turn_index", turn - 1);
        put_figures(json, &summary);
        json_close(json, '}');
        summary_free(&summary);
    }
    json_close(json, ']');
}

static void put_dropped(struct json_writer *json, const struct round *round)
{
    uint32_t requests;
    uint64_t turns = round_dropped_turns(round, &requests);
    json_put_uint(json, "shortened_requests", requests);
    json_put_uint(json, "dropped_turns", turns);
}

/* What a person, an alarm or a reset said while the round was on. */
static void put_changes(struct json_writer *json, const struct run *run, const struct level *level,
                        const struct round *round)
{
    static const char *const kinds[] = {"note", "alarm", "reset"};
    const struct change *change;
    uint32_t index = round->first_change;
    json_key(json, "changes");
    json_open(json, '[');
    while ((change = round_next_change(run, level, round, &index))) {
        bool wanted = false;
        for (size_t k = 0; k < ARRAY_SIZE(kinds); k++)
            wanted |= strcmp(change->kind, kinds[k]) == 0;
        if (!wanted)
            continue;
        json_open(json, '{');
        json_put_uint(json, "at_ns", change->at_ns);
        json_put_string(json, "kind", change->kind);
        json_put_redacted(json, "text", change->text);
        json_close(json, '}');
    }
    json_close(json, ']');
}

void json_summary(struct buffer *out, const struct run *run, const struct level *level,
                  const struct round *round, const struct baseline *baseline)
{
    struct json_writer json = {.out = out};
    struct summary summary;
    summary_make(&summary, run, level, round);
    json_open(&json, '{');
    put_figures(&json, &summary);
    json_put_bool(&json, "incomplete", round->incomplete);
    json_put_bool(&json, "interrupted", round->interrupted);
    put_errors(&json, &summary);
    json_server_round(&json, run, level, round);
    put_client(&json, &summary, &round->health);
    put_cold(&json, &summary);
    put_comparison(&json, level, round);
    json_baseline(&json, baseline, run, level, round, &summary);
    put_segments(&json, run, level, round);
    put_turns(&json, run, level, round);
    put_dropped(&json, round);
    put_changes(&json, run, level, round);
    json_close(&json, '}');
    summary_free(&summary);
}
