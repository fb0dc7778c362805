/* Which keys each line of a journal has, in their order. */
#include "result/journal_field.h"
#include "result/run.h"
#include "telemetry/live.h"

#define FIELD(type, key, owner, member)              \
    {                                                \
        key, type, offsetof(struct owner, member), 0 \
    }
#define CHARS(key, owner, member)                                                          \
    {                                                                                      \
        key, FIELD_CHARS, offsetof(struct owner, member), sizeof((struct owner){0}.member) \
    }
#define TABLE(fields)                                \
    {                                                \
        fields, sizeof(fields) / sizeof((fields)[0]) \
    }

#define SLO_FIELDS                                                \
    FIELD(FIELD_REAL, "slo_ttft_ms", run, slo.ttft_ms),           \
        FIELD(FIELD_REAL, "slo_itl_ms", run, slo.itl_ms),         \
        FIELD(FIELD_REAL, "slo_latency_ms", run, slo.latency_ms), \
        FIELD(FIELD_REAL, "slo_output_token_throughput_min", run, slo.output_token_throughput_min)

static const struct field run_fields[] = {
    FIELD(FIELD_STRING, "version", run, version),
    FIELD(FIELD_STRING, "command_line", run, command_line),
    FIELD(FIELD_STRING, "stage", run, stage),
    FIELD(FIELD_STRING, "endpoint", run, endpoint),
    FIELD(FIELD_STRING, "model", run, model),
    FIELD(FIELD_STRING, "models", run, models),
    FIELD(FIELD_STRING, "engine", run, engine),
    FIELD(FIELD_STRING, "dataset", run, dataset.name),
    FIELD(FIELD_HASH, "dataset_hash", run, dataset.hash),
    FIELD(FIELD_U64, "seed", run, seed),
    FIELD(FIELD_STRING, "note", run, note),
    FIELD(FIELD_STRING, "machine", run, machine),
    FIELD(FIELD_U64, "start_monotonic_ns", run, anchor.monotonic_ns),
    FIELD(FIELD_U64, "start_wall_ns", run, anchor.wall_ns),
    FIELD(FIELD_STRING, "transport", run, transport),
    FIELD(FIELD_BOOL, "http2", run, http2),
    FIELD(FIELD_BOOL, "insecure", run, insecure),
    FIELD(FIELD_U32, "clock_rate", run, clock_rate),
    SLO_FIELDS,
    FIELD(FIELD_JSON, "config", run, config_json),
};

static const struct field slo_fields[] = {SLO_FIELDS};

static const struct field baseline_fields[] = {
    FIELD(FIELD_STRING, "directory", baseline_choice, directory),
    FIELD(FIELD_U64, "start_wall_ns", baseline_choice, start_wall_ns),
    FIELD(FIELD_U16, "level", baseline_choice, level),
    FIELD(FIELD_U16, "round", baseline_choice, round),
};

static const struct field dataset_fields[] = {
    FIELD(FIELD_STRING, "name", run_dataset, name),
    FIELD(FIELD_HASH, "hash", run_dataset, hash),
};

static const struct field level_fields[] = {
    FIELD(FIELD_U16, "level", level, number),
    FIELD(FIELD_U32, "concurrency", level, concurrency),
    FIELD(FIELD_REAL, "rate", level, rate),
    FIELD(FIELD_U32, "samples", level, samples),
    FIELD(FIELD_U32, "rounds_planned", level, rounds_planned),
    FIELD(FIELD_BOOL, "until_steady", level, until_steady),
    FIELD(FIELD_BOOL, "free_run", level, free_run),
    CHARS("label", level, label),
    CHARS("cold_start", level, cold_start),
    CHARS("salt", level, salt),
    CHARS("tokenizer", level, tokenizer),
    FIELD(FIELD_U32, "cut_requests", level, cut_requests),
    FIELD(FIELD_STRING, "note", level, note),
    FIELD(FIELD_U16, "dataset", level, dataset),
    FIELD(FIELD_JSON, "options", level, options_json),
};

static const struct field round_fields[] = {
    FIELD(FIELD_U16, "round", round, number),
    FIELD(FIELD_U32, "planned", round, counts.planned),
    FIELD(FIELD_U64, "start_ns", round, start_ns),
    FIELD(FIELD_BOOL, "after_reset", round, after_reset),
    CHARS("salt", round, salt),
};

static const struct field segment_fields[] = {
    FIELD(FIELD_U64, "start_ns", segment, start_ns),
    FIELD(FIELD_U32, "concurrency", segment, concurrency),
    FIELD(FIELD_REAL, "rate", segment, rate),
};

static const struct field round_end_fields[] = {
    FIELD(FIELD_U16, "round", round, number),
    FIELD(FIELD_U64, "end_ns", round, end_ns),
    FIELD(FIELD_U64, "paused_ns", round, paused_ns),
    FIELD(FIELD_U32, "planned", round, counts.planned),
    FIELD(FIELD_U32, "succeeded", round, counts.succeeded),
    FIELD(FIELD_U32, "failed", round, counts.failed),
    FIELD(FIELD_U32, "cancelled", round, counts.cancelled),
    FIELD(FIELD_U32, "not_sent", round, counts.not_sent),
    FIELD(FIELD_BOOL, "interrupted", round, interrupted),
    FIELD(FIELD_HEALTH, "client", round, health.verdict),
    FIELD(FIELD_U64, "stamp_lag_p50_ns", round, health.stamp_lag_p50_ns),
    FIELD(FIELD_U64, "stamp_lag_p99_ns", round, health.stamp_lag_p99_ns),
    FIELD(FIELD_U64, "stamp_lag_max_ns", round, health.stamp_lag_max_ns),
    FIELD(FIELD_U64, "stamp_lag_samples", round, health.stamp_lag_samples),
    FIELD(FIELD_BOOL, "stamp_lag_at_least", round, health.stamp_lag_at_least),
    FIELD(FIELD_U64, "dispatch_lag_p50_ns", round, health.dispatch_lag_p50_ns),
    FIELD(FIELD_U64, "dispatch_lag_p99_ns", round, health.dispatch_lag_p99_ns),
    FIELD(FIELD_U64, "dispatch_lag_max_ns", round, health.dispatch_lag_max_ns),
    FIELD(FIELD_REAL, "loop_busy", round, health.loop_busy),
    FIELD(FIELD_REAL, "client_cpu_s", round, health.client_cpu_s),
    FIELD(FIELD_U32, "connects", round, health.connects),
    FIELD(FIELD_U32, "retries", round, health.retries),
    FIELD(FIELD_U64, "chunk_events_made", round, health.chunk_events_made),
    FIELD(FIELD_U64, "chunk_events_skipped", round, health.chunk_events_skipped),
};

static const struct field record_fields[] = {
    FIELD(FIELD_U16, "level", record, level),
    FIELD(FIELD_U16, "round", record, round),
    FIELD(FIELD_U32, "index", record, index),
    FIELD(FIELD_U32, "sample", record, sample),
    FIELD(FIELD_U16, "turn", record, turn),
    FIELD(FIELD_U16, "segment", record, segment),
    FIELD(FIELD_U16, "dropped_turns", record, dropped_turns),
    FIELD(FIELD_HASH, "body_hash", record, body_hash),
    FIELD(FIELD_U32, "prompt_bytes", record, prompt_bytes),
    FIELD(FIELD_U32, "shared_bytes", record, shared_bytes),
    FIELD(FIELD_INSTANT, "intended_ns", record, intended_ns),
    FIELD(FIELD_INSTANT, "dispatched_ns", record, dispatched_ns),
    FIELD(FIELD_INSTANT, "first_sent_ns", record, first_sent_ns),
    FIELD(FIELD_INSTANT, "sent_ns", record, sent_ns),
    FIELD(FIELD_INSTANT, "first_byte_ns", record, first_byte_ns),
    FIELD(FIELD_INSTANT, "first_event_ns", record, first_event_ns),
    FIELD(FIELD_INSTANT, "first_token_ns", record, first_token_ns),
    FIELD(FIELD_INSTANT, "first_answer_ns", record, first_answer_ns),
    FIELD(FIELD_INSTANT, "last_token_ns", record, last_token_ns),
    FIELD(FIELD_INSTANT, "end_ns", record, end_ns),
    FIELD(FIELD_U64, "connect_span_ns", record, connect_ns),
    FIELD(FIELD_TOKENS, "prompt_tokens", record, prompt_tokens),
    FIELD(FIELD_TOKENS, "completion_tokens", record, completion_tokens),
    FIELD(FIELD_TOKENS, "cached_tokens", record, cached_tokens),
    FIELD(FIELD_TOKENS, "reasoning_tokens", record, reasoning_tokens),
    FIELD(FIELD_U32, "first_chunk_tokens", record, first_chunk_tokens),
    FIELD(FIELD_U32, "chunks", record, chunks),
    FIELD(FIELD_U32, "coalesced_chunks", record, coalesced_chunks),
    FIELD(FIELD_U32, "events", record, events),
    FIELD(FIELD_U64, "response_bytes", record, response_bytes),
    FIELD(FIELD_U64, "first_token_lag_ns", record, first_token_lag_ns),
    FIELD(FIELD_BOOL, "lag_at_least", record, lag_at_least),
    FIELD(FIELD_U16, "http_status", record, http_status),
    FIELD(FIELD_U8, "http_version", record, http_version),
    FIELD(FIELD_U8, "attempts", record, attempts),
    FIELD(FIELD_ERROR, "error", record, error),
    FIELD(FIELD_STRING, "error_text", record, error_text),
    FIELD(FIELD_FINISH, "finish", record, finish),
    FIELD(FIELD_BOOL, "reused_connection", record, reused_connection),
    FIELD(FIELD_BOOL, "streamed_reasoning", record, streamed_reasoning),
    FIELD(FIELD_BOOL, "ramped", record, ramped),
    FIELD(FIELD_BOOL, "done_seen", record, done_seen),
};

static const struct field change_fields[] = {
    FIELD(FIELD_U64, "at_ns", change, at_ns),  FIELD(FIELD_U16, "level", change, level),
    FIELD(FIELD_U16, "round", change, round),  FIELD(FIELD_STRING, "kind", change, kind),
    FIELD(FIELD_STRING, "text", change, text),
};

static const struct field source_fields[] = {
    FIELD(FIELD_STRING, "url", metrics_source, url),
    FIELD(FIELD_STRING, "format", metrics_source, format),
    FIELD(FIELD_STRING, "engine", metrics_source, engine),
    FIELD(FIELD_REAL, "interval_s", metrics_source, interval_s),
    FIELD(FIELD_U32, "exposed", metrics_source, exposed),
};

static const struct field watched_fields[] = {
    FIELD(FIELD_STRING, "key", watched, key),
    FIELD(FIELD_STRING, "title", watched, title),
    FIELD(FIELD_STRING, "unit", watched, unit),
    FIELD(FIELD_STRING, "origin", watched, origin),
    FIELD(FIELD_WATCHED_KIND, "kind", watched, kind),
    FIELD(FIELD_WATCHED_ROLE, "role", watched, role),
    FIELD(FIELD_BOOL, "hidden", watched, hidden),
    FIELD(FIELD_BOOL, "in_table", watched, in_table),
    FIELD(FIELD_BOOL, "deltas", watched, deltas),
    FIELD(FIELD_BOOL, "appeared", watched, appeared),
    FIELD(FIELD_REAL, "quantile", watched, quantile),
    FIELD(FIELD_REAL, "scale", watched, scale),
    FIELD(FIELD_U32, "column", watched, column),
    FIELD(FIELD_U32, "divisor", watched, divisor),
};

static const struct field reading_fields[] = {
    FIELD(FIELD_U64, "at_ns", reading, at_ns),
    FIELD(FIELD_U64, "took_ns", reading, took_ns),
    FIELD(FIELD_U16, "level", reading, level),
    FIELD(FIELD_U16, "round", reading, round),
    FIELD(FIELD_READING_PLACE, "place", reading, place),
};

static const struct field now_fields[] = {
    FIELD(FIELD_U16, "level", live_view, level),
    FIELD(FIELD_U16, "round", live_view, round),
    FIELD(FIELD_U32, "planned", live_view, planned),
    FIELD(FIELD_U32, "done", live_view, done),
    FIELD(FIELD_U32, "failed", live_view, failed),
    FIELD(FIELD_U32, "not_sent", live_view, not_sent),
    FIELD(FIELD_U32, "in_flight", live_view, in_flight),
    FIELD(FIELD_U32, "waiting", live_view, waiting),
    FIELD(FIELD_U32, "streaming", live_view, streaming),
    FIELD(FIELD_U64, "round_start_ns", live_view, round_start_ns),
    FIELD(FIELD_U64, "oldest_waiting_ns", live_view, oldest_waiting_ns),
    FIELD(FIELD_U64, "paused_since_ns", live_view, paused_since_ns),
    FIELD(FIELD_U64, "server_down_since_ns", live_view, server_down_since_ns),
};

const struct field_table journal_run_fields = TABLE(run_fields);
const struct field_table journal_dataset_fields = TABLE(dataset_fields);
const struct field_table journal_level_fields = TABLE(level_fields);
const struct field_table journal_round_fields = TABLE(round_fields);
const struct field_table journal_slo_fields = TABLE(slo_fields);
const struct field_table journal_baseline_fields = TABLE(baseline_fields);
const struct field_table journal_segment_fields = TABLE(segment_fields);
const struct field_table journal_round_end_fields = TABLE(round_end_fields);
const struct field_table journal_record_fields = TABLE(record_fields);
const struct field_table journal_change_fields = TABLE(change_fields);
const struct field_table journal_source_fields = TABLE(source_fields);
const struct field_table journal_watched_fields = TABLE(watched_fields);
const struct field_table journal_reading_fields = TABLE(reading_fields);
const struct field_table journal_now_fields = TABLE(now_fields);
