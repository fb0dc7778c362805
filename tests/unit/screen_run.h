/* A run as a server with a prefix cache would give it, the same each time: three levels of load
 * with a cold and a warm round each, the last of which is cut off. Texts of the server and the
 * dataset are as hostile and as wide as they come. */
#ifndef SCREEN_RUN_H
#define SCREEN_RUN_H

#include <math.h>
#include <stdlib.h>

#include "base/memory.h"
#include "base/random.h"
#include "result/record_history.h"
#include "result/run.h"

#define SCREEN_REQUESTS 60
#define SCREEN_OUTPUT   40
/* What a view must never pass on: an escape sequence, a bell, a right-to-left override. */
#define SCREEN_HOSTILE                   \
    "\x1b[31mred\x1b[0m \a \xe2\x80\xae" \
    "evil \xc2\x9b"                      \
    "2J"

static inline struct record screen_record(struct random *random, const struct round *round,
                                          uint16_t level, uint32_t index, uint64_t sent_ns,
                                          double ttft_ms, double itl_ms)
{
    double ttft = ttft_ms * (0.88 + 0.24 * random_unit(random));
    double itl = itl_ms * (0.95 + 0.1 * random_unit(random));
    bool warm = round->number > 1, evicted = index % 16 == 3;
    if (warm && evicted)
        ttft *= 2.0;
    double last = ttft + itl * (SCREEN_OUTPUT - 1);
    struct record record = {.index = index,
                            .sample = index,
                            .level = level,
                            .round = round->number,
                            .turn = 1,
                            .body_hash = index * 0x9e3779b97f4a7c15u,
                            .prompt_bytes = 4600,
                            .shared_bytes = 1900,
                            .intended_ns = sent_ns - 30000,
                            .dispatched_ns = sent_ns - 20000,
                            .first_sent_ns = sent_ns,
                            .sent_ns = sent_ns,
                            .first_byte_ns = sent_ns + 1800000,
                            .first_event_ns = sent_ns + 2000000,
                            .first_token_ns = sent_ns + (uint64_t)(ttft * 1e6),
                            .first_answer_ns = sent_ns + (uint64_t)(ttft * 1e6),
                            .last_token_ns = sent_ns + (uint64_t)(last * 1e6),
                            .end_ns = sent_ns + (uint64_t)((last + 0.4) * 1e6),
                            .prompt_tokens = 1188,
                            .completion_tokens = SCREEN_OUTPUT,
                            .cached_tokens = !warm     ? 0
                                             : evicted ? 142
                                                       : 1010,
                            .reasoning_tokens = TOKENS_UNKNOWN,
                            .chunks = SCREEN_OUTPUT,
                            .events = SCREEN_OUTPUT + 3,
                            .response_bytes = 9000,
                            .http_status = 200,
                            .http_version = 11,
                            .attempts = 1,
                            .finish = FINISH_STOP,
                            .reused_connection = true,
                            .done_seen = true};
    return record;
}

static inline void screen_fail(struct record *record)
{
    if (record->level == 3 && record->index % 20 == 7) {
        record->error = ERR_HTTP_STATUS;
        record->http_status = 503;
        record->error_text = xstrdup("{\"error\":\"engine is overloaded " SCREEN_HOSTILE "\"}");
    } else if (record->level == 2 && record->index == 44) {
        record->error = ERR_TRUNCATED;
        record->error_text = xstrdup("ended without a finish reason and [DONE]");
    } else {
        return;
    }
    record->finish = FINISH_NONE;
}

/* Chunks as far apart as the ITL, with a hole in the middle of some, and a reply. */
static inline void screen_give_chunks(struct record *record)
{
    uint64_t first_us = (record->first_token_ns - record->sent_ns) / 1000;
    uint64_t last_us = (record->last_token_ns - record->sent_ns) / 1000;
    record->chunk_count = SCREEN_OUTPUT;
    record->chunk_us = xcalloc(SCREEN_OUTPUT, sizeof *record->chunk_us);
    for (uint32_t i = 0; i < SCREEN_OUTPUT; i++) {
        uint64_t step = record->index % 9 == 4 && i > 20 && i < 30 ? 30 : i;
        record->chunk_us[i] =
            (uint32_t)(first_us + (last_us - first_us) * step / (SCREEN_OUTPUT - 1));
    }
    record->reply = xstrdup("Three ships left before noon: the Anna at 05:10, \\u6e2f\\u53e3, "
                            "\\u001b[31mred\\u001b[0m \\ud83d\\udea2.\\nThe log also names a pilot "
                            "boat, which is not a ship.");
    record->reply_size = (uint32_t)strlen(record->reply);
    record->reply_id = xasprintf("chatcmpl-7f%u \x1b[2J", record->index);
}

/* Closed loop: each slot sends its next request when its last has ended. Records come in the order
 * of their ends. Returns when the last one ended. */
static inline uint64_t screen_fill(struct random *random, struct run *run, struct level *level,
                                   uint64_t start_ns, double ttft_ms, double itl_ms, uint32_t done)
{
    struct round *round = level_add_round(level, SCREEN_REQUESTS, start_ns);
    struct record records[SCREEN_REQUESTS];
    uint64_t slots[64], end_ns = start_ns;
    for (uint32_t i = 0; i < level->concurrency; i++)
        slots[i] = start_ns + i * 300000;
    for (uint32_t i = 0; i < SCREEN_REQUESTS; i++) {
        uint32_t slot = 0;
        for (uint32_t j = 1; j < level->concurrency; j++)
            slot = slots[j] < slots[slot] ? j : slot;
        records[i] = screen_record(random, round, level->number, i, slots[slot], ttft_ms, itl_ms);
        screen_fail(&records[i]);
        slots[slot] = records[i].end_ns + 20000;
    }
    run_tell_round_began(run, level, round);
    for (uint32_t count = 0; count < done; count++) {
        uint32_t next = 0;
        for (uint32_t i = 1; i < SCREEN_REQUESTS; i++)
            if (records[i].end_ns &&
                (!records[next].end_ns || records[i].end_ns < records[next].end_ns))
                next = i;
        end_ns = records[next].end_ns;
        screen_give_chunks(&records[next]);
        record_add_to_history(&records[next], run->history);
        round_add_record(round, &records[next]);
        records[next] = (struct record){0};
    }
    for (uint32_t i = 0; i < SCREEN_REQUESTS; i++)
        free(records[i].error_text);
    if (done < SCREEN_REQUESTS)
        return end_ns;
    round->end_ns = end_ns;
    round->health = (struct health){.stamp_lag_p50_ns = 60000,
                                    .stamp_lag_p99_ns = 140000,
                                    .stamp_lag_max_ns = 300000,
                                    .stamp_lag_samples = 2000,
                                    .loop_busy = 0.02,
                                    .client_cpu_s = 0.4,
                                    .connects = level->concurrency};
    round_judge_health(round, false);
    round->ended = true;
    run_tell_round_ended(run, level, round);
    return end_ns;
}

static inline void screen_message(struct run *run, uint64_t at_ns, const char *kind,
                                  const char *text)
{
    run_add_change(run, &(struct change){.at_ns = at_ns, .kind = kind, .text = text});
}

static inline void screen_texts(struct run *run)
{
    static const char *const texts[] = {
        "You are the harbour log of the northern fleet. Which ships left before noon?",
        "港口记录第十九页：哪些船在中午之前离开？ 船",
        "Cafe\xcc\x81 👩‍👩‍👧 ❤️ and 👍🏽 in one line",
        "tab\there, break\nthere, " SCREEN_HOSTILE,
    };
    for (uint32_t i = 0; i < SCREEN_REQUESTS; i++)
        run_dataset_add(&run->dataset, i, 1, NULL, text_of(texts[i % ARRAY_SIZE(texts)]));
    run_dataset_sort(&run->dataset);
}

/* A hit rate, a cache that fills, and a queue, each second. */
static inline void screen_metrics(struct run *run, uint64_t until_ns)
{
    static const struct {
        const char *key, *unit;
        enum watched_role role;
    } gauges[] = {{"lmcache_hit_rate", "ratio", ROLE_HIT_RATE},
                  {"KV cache used", "ratio", ROLE_KV_USAGE},
                  {"running", "", ROLE_RUNNING},
                  {"waiting", "", ROLE_WAITING}};
    for (uint32_t i = 0; i < ARRAY_SIZE(gauges); i++) {
        samples_add_column(&run->samples, gauges[i].key);
        struct watched watched = {.key = (char *)(uintptr_t)gauges[i].key,
                                  .title = (char *)(uintptr_t)gauges[i].key,
                                  .unit = (char *)(uintptr_t)gauges[i].unit,
                                  .origin = (char *)(uintptr_t) "",
                                  .kind = WATCHED_GAUGE,
                                  .role = gauges[i].role,
                                  .quantile = (double)NAN,
                                  .scale = 1.0,
                                  .column = i};
        samples_put_watched(&run->samples, &watched);
    }
    for (uint64_t second = 1; second * NS_PER_S < until_ns; second++) {
        struct reading *reading = xcalloc(1, sizeof *reading + 4 * sizeof(double));
        reading->at_ns = second * NS_PER_S;
        reading->count = 4;
        reading->values[0] = second % 20 < 10 ? 0.02 : 0.85;
        reading->values[1] = 0.02 + 0.01 * (double)second;
        reading->values[2] = second < 20 ? 5 : 10;
        reading->values[3] = second % 7 == 0;
        samples_add(&run->samples, reading);
        free(reading);
    }
}

/* `whole`: all rounds ended; else the last one is under way, 24 of its requests done. */
static inline struct run *screen_run(bool whole)
{
    static const struct {
        uint32_t concurrency;
        double cold_ms, warm_ms, itl_ms;
    } loads[] = {{5, 221, 88, 16.0}, {10, 238, 95, 16.1}, {20, 402, 169, 19.8}};
    struct random random;
    random_seed(&random, 7);
    struct run *run = run_new();
    run->version = xstrdup("1.0.0");
    run->command_line = xstrdup("fluxperf -u localhost:8000 -d builtin:shared-prefix -c 5 10 20");
    run->config_json = xstrdup("{\"seed\":42,\"rounds\":2}");
    run->endpoint = xstrdup("http://localhost:8000/v1/chat/completions");
    run->model = xstrdup("Llama-3-8B");
    run->engine = xstrdup("vllm 0.11.0");
    run->dataset.name = xstrdup("builtin:shared-prefix");
    run->machine = xstrdup("{}");
    run->seed = 42;
    run->anchor = (struct clock_anchor){5000000000u, 1795608180204000000u};
    run->slo.ttft_ms = 350.0;
    run->slo.itl_ms = 50.0;
    screen_texts(run);
    uint64_t at_ns = 1200000000;
    for (size_t i = 0; i < ARRAY_SIZE(loads); i++)
        run_add_level(run, loads[i].concurrency, 0.0, SCREEN_REQUESTS, 2);
    for (size_t i = 0; i < ARRAY_SIZE(loads); i++) {
        struct level *level = run->levels[i];
        snprintf(level->cold_start, sizeof level->cold_start, i ? "salt" : "none");
        at_ns = screen_fill(&random, run, level, at_ns + 400000000, loads[i].cold_ms,
                            loads[i].itl_ms, SCREEN_REQUESTS);
        uint32_t done = whole || i + 1 < ARRAY_SIZE(loads) ? SCREEN_REQUESTS : 24;
        at_ns = screen_fill(&random, run, level, at_ns + 100000000, loads[i].warm_ms,
                            loads[i].itl_ms, done);
        if (i == 1)
            screen_message(run, at_ns, "warning", "the server said " SCREEN_HOSTILE);
    }
    screen_metrics(run, at_ns);
    if (whole)
        run->end_reason = xstrdup("finished");
    return run;
}

#endif
