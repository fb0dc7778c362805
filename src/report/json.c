/* concurrency_N_round_M.json, and the summaries that --json prints. */
#include <stdlib.h>

#include "base/json.h"
#include "base/memory.h"
#include "report/files.h"
#include "report/json_server.h"
#include "report/json_summary.h"
#include "result/journal_field.h"

/* Puts a compact object down with a member a line: readable, and easy to compare by line. */
static void add_spread(struct buffer *out, const char *key, struct text object)
{
    struct json_scan scan = json_scan_begin(object);
    struct text member, value;
    const char *comma = "";
    buffer_printf(out, "  \"%s\": {", key);
    json_enter_object(&scan);
    while (json_next_key(&scan, &member) && json_scan_raw(&scan, &value)) {
        buffer_printf(out, "%s\n    \"", comma);
        buffer_add_text(out, member);
        buffer_add_string(out, "\": ");
        buffer_add_text(out, value);
        comma = ",";
    }
    buffer_add_string(out, "\n  }");
}

static void add_head(struct buffer *out, const struct run *run, const struct level *level,
                     const struct round *round, const struct baseline *baseline)
{
    struct buffer compact = {0};
    json_configuration(&compact, run, level, round);
    add_spread(out, "configuration", buffer_text(&compact));
    buffer_add_string(out, ",\n");
    buffer_clear(&compact);
    json_summary(&compact, run, level, round, baseline);
    add_spread(out, "summary", buffer_text(&compact));
    buffer_free(&compact);
}

/* ---- requests ---- */

static void put_ms(struct json_writer *json, enum metric_id id, const struct record *record,
                   bool wanted)
{
    uint64_t ns;
    bool has = wanted && metrics_table[id].value(record, &ns);
    json_put_real(json, metrics_table[id].key, has ? (double)ns / NS_PER_MS : NO_VALUE, 2);
}

static void put_instants(struct json_writer *json, const struct record *record)
{
    const struct {
        const char *key;
        uint64_t ns;
    } instants[] = {
        {"intended_ns", record->intended_ns},       {"dispatched_ns", record->dispatched_ns},
        {"first_sent_ns", record->first_sent_ns},   {"sent_ns", record->sent_ns},
        {"first_byte_ns", record->first_byte_ns},   {"first_event_ns", record->first_event_ns},
        {"first_token_ns", record->first_token_ns}, {"first_answer_ns", record->first_answer_ns},
        {"last_token_ns", record->last_token_ns},   {"end_ns", record->end_ns},
    };
    for (size_t i = 0; i < ARRAY_SIZE(instants); i++)
        if (instants[i].ns)
            json_put_uint(json, instants[i].key, instants[i].ns);
        else
            json_put_null(json, instants[i].key);
}

static void put_error(struct json_writer *json, const struct record *record)
{
    if (record_succeeded(record)) {
        json_put_null(json, "error");
        return;
    }
    json_key(json, "error");
    json_open(json, '{');
    json_put_string(json, "class", error_class_name(record->error));
    json_put_redacted(json, "message", record->error_text);
    if (record->http_status)
        json_put_uint(json, "http_status", record->http_status);
    else
        json_put_null(json, "http_status");
    json_close(json, '}');
}

static void put_request(struct json_writer *json, const struct run *run, const struct level *level,
                        const struct record *record)
{
    const struct prompt *prompt = run_find_question(run, level, record->sample, record->turn);
    bool estimated, succeeded = record_succeeded(record);
    json_open(json, '{');
    json_put_uint(json, "index", record->index);
    json_put_redacted(json, "prompt", prompt ? prompt->text : NULL);
    put_ms(json, METRIC_TTFT, record, true);
    put_ms(json, METRIC_ITL, record, true);
    /* The end of a request that failed is not that of an answer. */
    put_ms(json, METRIC_LATENCY, record, succeeded);
    json_put_uint(json, "input_tokens", record_input_tokens(record, &estimated));
    json_put_uint(json, "output_tokens", record_output_tokens(record, &estimated));
    json_put_bool(json, "success", succeeded);
    json_put_uint(json, "sample", record->sample);
    json_put_redacted(json, "session_id", prompt ? prompt->session_id : NULL);
    json_put_uint(json, "turn_index", record->turn - 1u);
    json_put_uint(json, "dropped_turns", record->dropped_turns);
    put_error(json, record);
    if (record->cached_tokens != TOKENS_UNKNOWN)
        json_put_uint(json, "cached_tokens", record->cached_tokens);
    else
        json_put_null(json, "cached_tokens");
    json_put_uint(json, "attempts", record->attempts);
    if (slo_any(&run->slo))
        json_put_bool(json, "slo_met",
                      record_meets_slo(record, &run->slo, level->rate > 0.0, NULL));
    else
        json_put_null(json, "slo_met");
    put_instants(json, record);
    json_server_request(json, run, record);
    json_close(json, '}');
}

static int by_index(const void *left, const void *right)
{
    const struct record *a = *(const struct record *const *)left;
    const struct record *b = *(const struct record *const *)right;
    if (a->index != b->index)
        return a->index < b->index ? -1 : 1;
    return (a->turn > b->turn) - (a->turn < b->turn);
}

void json_round(struct buffer *out, const struct run *run, const struct level *level,
                const struct round *round, const struct baseline *baseline)
{
    uint32_t count = round_record_count(round);
    const struct record **records = xreallocarray(NULL, count, sizeof *records);
    for (uint32_t i = 0; i < count; i++)
        records[i] = &round->records[i];
    if (count)
        qsort(records, count, sizeof *records, by_index);

    buffer_add_string(out, "{\n");
    add_head(out, run, level, round, baseline);
    buffer_add_string(out, ",\n  \"requests\": [");
    for (uint32_t i = 0; i < count; i++) {
        struct json_writer json = {.out = out};
        buffer_add_string(out, i ? ",\n    " : "\n    ");
        put_request(&json, run, level, records[i]);
    }
    buffer_add_string(out, "\n  ]\n}\n");
    free(records);
}

void json_summaries(struct buffer *out, const struct run *run, const struct baseline *baseline)
{
    const char *before = "[";
    for (uint32_t l = 0; l < run->level_count; l++)
        for (uint32_t r = 0; r < run->levels[l]->round_count; r++) {
            buffer_printf(out, "%s{\n", before);
            add_head(out, run, run->levels[l], &run->levels[l]->rounds[r], baseline);
            buffer_add_string(out, "\n}");
            before = ",\n";
        }
    buffer_add_string(out, *before == '[' ? "[]\n" : "]\n");
}
