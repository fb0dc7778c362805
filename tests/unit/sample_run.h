/* Runs made in memory, the same at each call. */
#ifndef SAMPLE_RUN_H
#define SAMPLE_RUN_H

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/random.h"
#include "result/run.h"

#define MS(value) ((uint64_t)((value)*1e6))

/* A request that was sent at `sent_ms` and got its first token, its last one and its end so many ms
 * later. */
static inline struct record sample_record(uint32_t index, double sent_ms, double ttft_ms,
                                          double last_ms, double end_ms)
{
    uint64_t sent_ns = MS(sent_ms);
    return (struct record){
        .index = index,
        .sample = index,
        .level = 1,
        .round = 1,
        .turn = 1,
        .body_hash = 0xfedcba9876543210u ^ index,
        .prompt_bytes = 4000,
        .shared_bytes = 400,
        .intended_ns = sent_ns - MS(0.2),
        .dispatched_ns = sent_ns - MS(0.1),
        .first_sent_ns = sent_ns,
        .sent_ns = sent_ns,
        .first_byte_ns = sent_ns + MS(1),
        .first_event_ns = sent_ns + MS(2),
        .first_token_ns = sent_ns + MS(ttft_ms),
        .first_answer_ns = sent_ns + MS(ttft_ms),
        .last_token_ns = sent_ns + MS(last_ms),
        .end_ns = sent_ns + MS(end_ms),
        .prompt_tokens = 1000,
        .completion_tokens = 11,
        .cached_tokens = 0,
        .reasoning_tokens = TOKENS_UNKNOWN,
        .chunks = 11,
        .events = 14,
        .response_bytes = 5000,
        .http_status = 200,
        .attempts = 1,
        .finish = FINISH_STOP,
        .reused_connection = true,
        .done_seen = true,
    };
}

static inline void sample_fail(struct record *record, enum error_class class, const char *text)
{
    record->error = (uint8_t) class;
    record->finish = FINISH_NONE;
    record->error_text = xstrdup(text);
}

/* Each member that is usually nothing has a value of its own. */
static inline void sample_make_unusual(struct record *record)
{
    record->attempts = 2;
    record->sent_ns += MS(0.5);
    record->connect_ns = MS(0.05);
    record->reasoning_tokens = 3;
    record->first_chunk_tokens = 2;
    record->coalesced_chunks = 4;
    record->first_token_lag_ns = 12345;
    record->lag_at_least = true;
    record->finish = FINISH_LENGTH;
    record->reused_connection = false;
    record->streamed_reasoning = true;
    record->ramped = true;
    record->done_seen = false;
}

/* Eleven chunks at equal distances, and a reply. */
static inline void sample_give_chunks(struct record *record)
{
    uint64_t first_us = (record->first_token_ns - record->sent_ns) / 1000;
    uint64_t last_us = (record->last_token_ns - record->sent_ns) / 1000;
    record->chunk_count = 11;
    record->chunk_us = xcalloc(11, sizeof *record->chunk_us);
    for (uint32_t i = 0; i < 11; i++)
        record->chunk_us[i] = (uint32_t)(first_us + (last_us - first_us) * i / 10);
    record->reply = xstrdup("Three ships, said \\\"she\\\" in 港口.\\n");
    record->reply_size = (uint32_t)strlen(record->reply);
}

static inline void sample_fill_round(struct random *random, struct round *round, uint16_t level,
                                     double ttft_ms, uint32_t count, bool mixed)
{
    for (uint32_t i = 0; i < count; i++) {
        double ttft = ttft_ms * (0.9 + 0.2 * random_unit(random));
        double last = ttft + 180.0 * (0.9 + 0.2 * random_unit(random));
        double sent = 1.0 + (double)round->start_ns / 1e6 + i * 50.0;
        struct record record = sample_record(i, sent, ttft, last, last + 1.5);
        record.level = level;
        record.round = round->number;
        record.cached_tokens = round->number == 1 ? 40 : 850;
        sample_give_chunks(&record);
        if (mixed && i % 20 == 7)
            sample_fail(&record, ERR_HTTP_STATUS, "{\"error\":\"over\x1b[31mloaded\", \"n\":1}");
        if (mixed && i % 20 == 7)
            record.http_status = 503;
        if (mixed && i % 25 == 9)
            sample_fail(&record, ERR_TRUNCATED, "ended without [DONE]");
        if (mixed && i == 11)
            sample_make_unusual(&record);
        round_add_record(round, &record);
    }
    round->ended = true;
    round->end_ns = round->start_ns + MS(count * 50.0 + 1000.0);
    round->health = (struct health){.stamp_lag_p50_ns = 40000,
                                    .stamp_lag_p99_ns = 100000,
                                    .stamp_lag_max_ns = 300000,
                                    .stamp_lag_samples = count,
                                    .loop_busy = 1.0 / 3.0 / 10.0,
                                    .client_cpu_s = 0.1,
                                    .connects = 10};
    round_judge_health(round, false);
}

static inline char *sample_text(const char *text)
{
    return xstrdup(text);
}

/* Two levels of the same load with two rounds each, `count` requests a round. `mixed` puts
 * failures, a repeated request and a changed load in. */
static inline struct run *sample_run(uint32_t count, bool mixed)
{
    struct random random;
    random_seed(&random, 42);
    struct run *run = run_new();
    run->version = sample_text("1.0.0");
    run->command_line = sample_text("fluxperf -d rows.jsonl -c 10");
    run->config_json = sample_text("{\"seed\":42,\"rounds\":2}");
    run->endpoint = sample_text("http://127.0.0.1:8000/v1/chat/completions");
    run->model = sample_text("Llama-3-8B");
    run->dataset.name = sample_text("rows.jsonl");
    run->machine = sample_text("2 × Xeon, Linux 6.1");
    run->dataset.hash = 0xffffffffffffffffu;
    run->seed = 18446744073709551615u;
    run->anchor = (struct clock_anchor){5000000000u, 1763956987204000000u};
    run->slo.ttft_ms = 250.0;
    for (uint32_t i = 0; i < count; i++) {
        char text[64];
        snprintf(text, sizeof text, "Entry %u, \"wind\" from the 西,\nnothing", i);
        run_dataset_add(&run->dataset, i, 1, i % 2 ? "s1" : NULL, text_of(text));
    }
    for (uint16_t number = 1; number <= 2; number++) {
        struct level *level = run_add_level(run, 10, 0.0, count, 2);
        strcpy(level->cold_start, number == 1 ? "none" : "salt");
        strcpy(level->salt, number == 1 ? "" : "[1a2b3c4d]");
        level->note = number == 1 ? NULL : sample_text("with \"a, comma\"");
        uint64_t start_ns = MS(1000.0 + 100000.0 * number);
        struct round *round = level_add_round(level, count, start_ns);
        sample_fill_round(&random, round, number, 240.0, count, mixed);
        round = level_add_round(level, count, start_ns + MS(50000));
        if (mixed && number == 2) {
            round_add_segment(round, start_ns + MS(51000), 12, 0.0);
            strcpy(level->label, "C=10→12");
        }
        sample_fill_round(&random, round, number, 95.0, count, mixed);
    }
    run->end_reason = sample_text("finished");
    return run;
}

#endif
