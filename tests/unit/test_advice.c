#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>

#include "report/advice.h"
#include "sample_metrics.h"
#include "sample_run.h"

#define COUNT 60

struct given {
    struct run *run;
    struct level *level;
    struct round *rounds[3];
};

/* Three rounds to be filled, of one level. */
static struct given given(void)
{
    struct given given = {.run = run_new()};
    slo_none(&given.run->slo);
    given.run->endpoint = xstrdup("http://127.0.0.1:8000/v1/chat/completions");
    given.run->model = xstrdup("llama-4");
    given.run->models = xstrdup("llama-3, qwen");
    given.run->config_json = xstrdup("{\"timeout\":30,\"max_output_tokens\":100}");
    given.level = run_add_level(given.run, 4, 0.0, COUNT, 3);
    for (size_t i = 0; i < 3; i++)
        given.rounds[i] = level_add_round(given.level, COUNT, MS(10000.0 * (double)i));
    return given;
}

static struct record one(uint32_t index, double ttft_ms)
{
    struct record record =
        sample_record(index, 1000.0 + index, ttft_ms, ttft_ms + 200, ttft_ms + 210);
    record.body_hash = index;
    return record;
}

static void fill(struct round *round, double ttft_ms, uint32_t cached)
{
    for (uint32_t i = 0; i < COUNT; i++) {
        struct record record = one(i, ttft_ms + i % 7);
        record.cached_tokens = cached;
        round_add_record(round, &record);
    }
    round->ended = true;
}

static void fill_failed(struct round *round, enum error_class class, uint16_t status,
                        const char *text)
{
    for (uint32_t i = 0; i < COUNT; i++) {
        struct record record = one(i, 100);
        record.http_status = status;
        sample_fail(&record, class, text);
        round_add_record(round, &record);
    }
    round->ended = true;
}

/* What is said of a round, a line for each. */
static char *advice_of(const struct given *given, size_t round)
{
    struct summary summary;
    struct advice advice;
    struct buffer all = {0};
    summary_make(&summary, given->run, given->level, given->rounds[round]);
    advice_make(&advice, given->run, given->level, given->rounds[round], &summary);
    for (size_t i = 0; i < advice.count; i++)
        buffer_printf(&all, "%s\n", advice.sentences[i]);
    advice_free(&advice);
    summary_free(&summary);
    return buffer_take(&all);
}

static void says(const struct given *given, size_t round, const char *part)
{
    char *all = advice_of(given, round);
    if (!strstr(all, part))
        fail_msg("'%s' is not in: %s", part, all);
    free(all);
}

static void says_nothing(const struct given *given, size_t round)
{
    char *all = advice_of(given, round);
    assert_string_equal(all, "");
    free(all);
}

static void a_round_that_is_well_gets_none(void **state)
{
    (void)state;
    struct given rounds = given();
    rounds.run->slo.ttft_ms = 250;
    fill(rounds.rounds[0], 200, 0);
    fill(rounds.rounds[1], 60, 900);
    fill(rounds.rounds[2], 60, 900);
    for (size_t i = 0; i < 3; i++)
        says_nothing(&rounds, i);
    run_free(rounds.run);
}

static void when_all_fail_it_names_what_to_look_at(void **state)
{
    (void)state;
    struct given rounds = given();
    fill_failed(rounds.rounds[0], ERR_HTTP_STATUS, 404, "{\"error\":\"no such model\x1b[31m\"}");
    says(&rounds, 0, "All 60 failed with http_status 404: {\"error\":\"no such model^[[31m\"}");
    says(&rounds, 0, "Is there llama-4 at the server, which lists llama-3, qwen?");
    says(&rounds, 0, "path of http://127.0.0.1:8000/v1/chat/completions right?\n");
    fill_failed(rounds.rounds[1], ERR_HTTP_STATUS, 401, "");
    says(&rounds, 1, "Is the key right? --api-key");
    fill_failed(rounds.rounds[2], ERR_CONNECT, 0, "refused");
    says(&rounds, 2, "Is the server at http://127.0.0.1:8000/v1/chat/completions still running?");
    run_free(rounds.run);
}

static void a_machine_without_time_for_the_client_is_no_fault_of_the_server(void **state)
{
    (void)state;
    struct given rounds = given();
    fill_failed(rounds.rounds[0], ERR_STALLED_CLIENT, 0, "away");
    says(&rounds, 0, "All 60 failed with stalled_client: away. End what else runs on this machine");
    run_free(rounds.run);
}

/* TTFT P90 906 ms; ITL 200 ms / 10 for all; 11 tokens in 1.11 to 1.116 s. */
static void when_none_meets_the_limits_it_says_what_most_would(void **state)
{
    (void)state;
    struct given rounds = given();
    rounds.run->slo.ttft_ms = 500;
    rounds.run->slo.itl_ms = 10;
    rounds.run->slo.output_token_throughput_min = 100;
    fill(rounds.rounds[0], 900, 0);
    says(&rounds, 0,
         "No request met the limits: 60 of 60 missed ttft_ms, which 90 % would meet at "
         "907; 60 of 60 missed itl_ms, which 90 % would meet at 20.1; 60 of 60 missed "
         "output_token_throughput, which 90 % would meet at 9.85");
    rounds.run->slo = (struct slo){907, 20.1, (double)NAN, 9.85};
    struct summary summary;
    summary_make(&summary, rounds.run, rounds.level, rounds.rounds[0]);
    assert_in_range(summary.slo_met_requests, COUNT * 9 / 10, COUNT);
    summary_free(&summary);
    run_free(rounds.run);
}

static void a_high_ttft_is_taken_apart(void **state)
{
    (void)state;
    struct given rounds = given();
    for (uint32_t i = 0; i < COUNT; i++) {
        struct record record = one(i, 500 + 20.0 * i);
        record.prompt_tokens = 1000 + 100 * i;
        record.intended_ns = record.sent_ns - MS(70);
        record.connect_ns = MS(30);
        round_add_record(rounds.rounds[0], &record);
    }
    says(&rounds, 0, "Where TTFT goes (P50 1090 ms, P99 ");
    says(&rounds, 0,
         "--prometheus-url would tell the server's queue from its prefill. Before it, and "
         "not in it: 40.0 ms in the client's queue, 30.0 ms to connect (P50). Inputs have "
         "4000 tokens in the middle and 6900 at most; the longest quarter waits 2.4 times "
         "as long as the shortest.");
    run_free(rounds.run);
}

/* Sum and count of a histogram, before and after round 1. */
static void put_histogram(struct samples *samples, const char *key, const char *origin,
                          uint32_t column)
{
    char name[64];
    snprintf(name, sizeof name, "%s_sum", origin);
    samples_add_column(samples, name);
    snprintf(name, sizeof name, "%s_count", origin);
    samples_add_column(samples, name);
    struct watched watched = sample_watched(key, WATCHED_HISTOGRAM, column);
    watched.origin = (char *)(uintptr_t)origin;
    assert_true(samples_put_watched(samples, &watched));
}

static void put_reading(struct samples *samples, uint64_t at_ns, uint8_t place,
                        const double values[4])
{
    struct reading *reading = xcalloc(1, sizeof *reading + 4 * sizeof(double));
    *reading = (struct reading){.at_ns = at_ns, .level = 1, .round = 1, .place = place, .count = 4};
    memcpy(reading->values, values, 4 * sizeof(double));
    samples_add(samples, reading);
    free(reading);
}

static void the_servers_metrics_tell_its_queue_from_prefill(void **state)
{
    (void)state;
    struct given rounds = given();
    struct samples *samples = &rounds.run->samples;
    put_histogram(samples, "server_queue_mean", "vllm:request_queue_time_seconds", 0);
    put_histogram(samples, "server_prefill_mean", "vllm:request_prefill_time_seconds", 2);
    fill(rounds.rounds[0], 2000, 0);
    rounds.rounds[0]->start_ns = MS(1000);
    rounds.rounds[0]->end_ns = MS(5000);
    put_reading(samples, MS(900), READING_BEFORE, (double[]){0, 0, 0, 0});
    put_reading(samples, MS(5100), READING_AFTER, (double[]){60 * 1.5, 60, 60 * 0.4, 60});
    says(&rounds, 0,
         "by the server's metrics, on average 1500 ms in its queue and 400 ms of prefill.");
    says(&rounds, 0, "Requests wait for their turn: lower the load, or add servers.");
    run_free(rounds.run);
}

static void a_second_round_without_gain_is_looked_into(void **state)
{
    (void)state;
    const struct {
        uint32_t cached;
        const char *words;
    } cases[] = {
        {0,
         "and 0 % of input tokens came from the cache: is prefix caching on, and are prompts (1000 "
         "tokens on average) longer than its blocks?"},
        {300, "30 % of input tokens came from the cache: a cache that fills in the background"},
        {900,
         "90 % of input tokens came from the cache: what TTFT consists of here is not prefill"},
        {TOKENS_UNKNOWN, "the server does not say what came from its cache"},
    };
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct given rounds = given();
        fill(rounds.rounds[0], 200, 0);
        fill(rounds.rounds[1], 200, cases[i].cached);
        says(&rounds, 1,
             "Round 2 gains nothing over round 1. All 60 bodies are the same by their hash");
        says(&rounds, 1, cases[i].words);
        run_free(rounds.run);
    }
}

static void other_bodies_explain_a_missing_gain(void **state)
{
    (void)state;
    struct given rounds = given();
    fill(rounds.rounds[0], 200, 0);
    fill(rounds.rounds[1], 200, 0);
    rounds.rounds[1]->records[7].body_hash++;
    says(&rounds, 1, "Its bodies are not those of round 1");
    rounds.rounds[1]->after_reset = true;
    says_nothing(&rounds, 1);
    run_free(rounds.run);
}

static void rounds_that_still_improve_are_named(void **state)
{
    (void)state;
    struct given rounds = given();
    fill(rounds.rounds[0], 200, 0);
    fill(rounds.rounds[1], 150, 500);
    fill(rounds.rounds[2], 50, 900);
    says_nothing(&rounds, 1);
    says(&rounds, 2, "Round 3 is still 2.8");
    run_free(rounds.run);
}

/* TTFT 100 ms and 100 tokens of 20 ms: 2.1 s, and a fifth more. */
static void a_timeout_names_its_phase_and_what_is_needed(void **state)
{
    (void)state;
    struct given rounds = given();
    fill_failed(rounds.rounds[0], ERR_TIMEOUT_TOTAL, 200, "timed out");
    says(&rounds, 0,
         "60 ran out of time (--timeout 30), all while tokens came: TTFT P99 and 100 tokens "
         "at ITL P99 take 2.1 s here, so give --timeout 3 or more");
    for (uint32_t i = 0; i < COUNT; i++)
        rounds.rounds[0]->records[i].first_token_ns = 0;
    says(&rounds, 0, "all before the first token: try one request with -n 1 -c 1");
    fill_failed(rounds.rounds[1], ERR_TIMEOUT_FIRST_TOKEN, 200, "no token");
    says(&rounds, 1, "60 got no token in time: the server queues them");
    fill_failed(rounds.rounds[2], ERR_TIMEOUT_CONNECT, 0, "timed out");
    says(&rounds, 2, "60 could not connect in time");
    run_free(rounds.run);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_round_that_is_well_gets_none),
        cmocka_unit_test(when_all_fail_it_names_what_to_look_at),
        cmocka_unit_test(a_machine_without_time_for_the_client_is_no_fault_of_the_server),
        cmocka_unit_test(when_none_meets_the_limits_it_says_what_most_would),
        cmocka_unit_test(a_high_ttft_is_taken_apart),
        cmocka_unit_test(the_servers_metrics_tell_its_queue_from_prefill),
        cmocka_unit_test(a_second_round_without_gain_is_looked_into),
        cmocka_unit_test(other_bodies_explain_a_missing_gain),
        cmocka_unit_test(rounds_that_still_improve_are_named),
        cmocka_unit_test(a_timeout_names_its_phase_and_what_is_needed),
    };
    return cmocka_run_group_tests_name("advice", tests, NULL, NULL);
}
