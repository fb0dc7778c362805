#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cjson/cJSON.h>

#include "base/file.h"
#include "command/command.h"
#include "journal_of.h"
#include "report/files.h"
#include "sample_run.h"

static cJSON *round_json(const struct run *run, uint32_t level, uint32_t round)
{
    struct buffer out = {0};
    json_round(&out, run, run->levels[level], &run->levels[level]->rounds[round], NULL);
    cJSON *json = cJSON_Parse(out.data);
    if (!json)
        fail_msg("no JSON:\n%s", out.data);
    buffer_free(&out);
    return json;
}

static const cJSON *member(const cJSON *object, const char *key)
{
    const cJSON *found = cJSON_GetObjectItemCaseSensitive(object, key);
    if (!found)
        fail_msg("there is no %s", key);
    return found;
}

static double number(const cJSON *object, const char *key)
{
    const cJSON *found = member(object, key);
    if (!cJSON_IsNumber(found))
        fail_msg("%s is no number", key);
    return found->valuedouble;
}

static void it_has_the_guides_shape(void **state)
{
    (void)state;
    struct run *run = sample_run(40, true);
    cJSON *json = round_json(run, 0, 1);
    const cJSON *configuration = member(json, "configuration"), *summary = member(json, "summary");
    assert_true(number(configuration, "concurrency") == 10);
    assert_true(number(configuration, "num_samples") == 40);
    assert_true(number(configuration, "round") == 2);
    assert_true(number(summary, "total_requests") == 40);
    assert_true(number(summary, "successful_requests") + number(summary, "failed_requests") == 40);
    assert_true(fabs(number(summary, "avg_ttft") - 95.0) < 5.0);
    static const char *const statistics[] = {"avg", "p50", "p90", "p95",
                                             "p99", "min", "max", "stddev"};
    static const char *const metrics[] = {"ttft",      "itl",       "latency",
                                          "chunk_gap", "user_ttft", "user_latency"};
    for (size_t i = 0; i < ARRAY_SIZE(statistics); i++)
        for (size_t j = 0; j < ARRAY_SIZE(metrics); j++) {
            char key[40];
            snprintf(key, sizeof key, "%s_%s", statistics[i], metrics[j]);
            number(summary, key);
        }
    static const char *const others[] = {
        "test_duration_s",   "token_throughput", "request_throughput", "goodput_tokens_per_s",
        "slo_met_requests",  "slo_met_tokens",   "cached_share",       "cancelled_requests",
        "not_sent_requests", "avg_input_tokens", "avg_output_tokens"};
    for (size_t i = 0; i < ARRAY_SIZE(others); i++)
        number(summary, others[i]);
    assert_true(cJSON_IsArray(member(summary, "errors")));
    assert_true(cJSON_IsObject(member(summary, "client")));
    assert_true(cJSON_IsObject(member(summary, "cold")));
    assert_true(cJSON_IsArray(member(summary, "segments")));
    assert_int_equal(cJSON_GetArraySize(member(json, "requests")), 40);
    cJSON_Delete(json);
    run_free(run);
}

static void requests_stand_in_the_order_of_the_plan(void **state)
{
    (void)state;
    struct run *run = run_new();
    struct level *level = run_add_level(run, 2, 0.0, 3, 1);
    struct round *round = level_add_round(level, 3, 0);
    const uint32_t completed[] = {2, 0, 1};
    for (uint32_t i = 0; i < 3; i++) {
        struct record record = sample_record(completed[i], 100, 40, 240, 250);
        round_add_record(round, &record);
    }
    cJSON *json = round_json(run, 0, 0);
    for (int i = 0; i < 3; i++)
        assert_true(number(cJSON_GetArrayItem(member(json, "requests"), i), "index") == i);
    cJSON_Delete(json);
    run_free(run);
}

static void a_failed_request_keeps_what_was_measured_and_has_no_latency(void **state)
{
    (void)state;
    struct run *run = sample_run(40, true);
    cJSON *json = round_json(run, 0, 0);
    const cJSON *request = cJSON_GetArrayItem(member(json, "requests"), 7);
    assert_true(cJSON_IsFalse(member(request, "success")));
    assert_true(cJSON_IsNull(member(request, "latency")));
    assert_true(number(request, "ttft") > 200.0);
    assert_true(number(member(request, "error"), "http_status") == 503);
    assert_string_equal(member(member(request, "error"), "class")->valuestring, "http_status");
    assert_true(cJSON_IsFalse(member(request, "slo_met")));
    assert_string_equal(member(request, "prompt")->valuestring,
                        "Entry 7, \"wind\" from the 西,\nnothing");
    assert_string_equal(member(request, "session_id")->valuestring, "s1");
    cJSON_Delete(json);
    run_free(run);
}

static void what_has_no_value_is_null(void **state)
{
    (void)state;
    struct run *run = run_new();
    level_add_round(run_add_level(run, 0, 2.0, 3, 1), 3, 0);
    cJSON *json = round_json(run, 0, 0);
    assert_true(cJSON_IsNull(member(member(json, "summary"), "p50_ttft")));
    assert_true(cJSON_IsNull(member(member(json, "summary"), "cached_share")));
    assert_true(cJSON_IsNull(member(member(json, "summary"), "slo_met_requests")));
    assert_true(cJSON_IsNull(member(member(json, "configuration"), "concurrency")));
    assert_int_equal(cJSON_GetArraySize(member(json, "requests")), 0);
    cJSON_Delete(json);
    run_free(run);
}

static void a_changed_load_gives_segments(void **state)
{
    (void)state;
    struct run *run = sample_run(40, true);
    cJSON *json = round_json(run, 1, 1);
    const cJSON *segments = member(member(json, "summary"), "segments");
    assert_int_equal(cJSON_GetArraySize(segments), 2);
    assert_true(number(cJSON_GetArrayItem(segments, 1), "concurrency") == 12);
    cJSON_Delete(json);
    run_free(run);
}

static void summaries_are_one_array(void **state)
{
    (void)state;
    struct run *run = sample_run(10, false);
    struct buffer out = {0};
    json_summaries(&out, run, NULL);
    cJSON *json = cJSON_Parse(out.data);
    assert_int_equal(cJSON_GetArraySize(json), 4);
    assert_null(cJSON_GetObjectItem(cJSON_GetArrayItem(json, 0), "requests"));
    cJSON_Delete(json);
    buffer_free(&out);
    run_free(run);
}

static void export_writes_all_files_and_hides_prompts_from_others(void **state)
{
    (void)state;
    char directory[] = "/tmp/fluxperf-files-XXXXXX";
    assert_non_null(mkdtemp(directory));
    struct run *run = sample_run(10, true);
    char *journal_path = path_join(directory, "journal.jsonl");
    struct journal journal;
    assert_true(journal_open(&journal, journal_path, true, NULL));
    journal_put_whole(&journal, run);
    assert_true(journal_close(&journal));

    char *arguments[] = {(char[]){"export"}, directory, NULL};
    assert_int_equal(command_export(2, arguments), 0);
    const struct {
        const char *name;
        mode_t mode;
    } files[] = {
        {"metrics_summary.csv", 0644},
        {"figures.csv", 0644},
        {"timeline.csv", 0644},
        {"concurrency_10_round_1.json", 0600},
        {"concurrency_10_round_2.json", 0600},
        {"concurrency_10_round_1_L2.json", 0600},
        {"concurrency_10_round_2_L2.json", 0600},
    };
    for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
        char *path = path_join(directory, files[i].name);
        struct stat status;
        assert_int_equal(stat(path, &status), 0);
        assert_int_equal(status.st_mode & 0777, files[i].mode);
        unlink(path);
        free(path);
    }
    unlink(journal_path);
    assert_int_equal(command_export(2, arguments), 2); /* no journal any more */
    rmdir(directory);                                  /* fails if anything else was left */
    assert_false(directory_exists(directory));
    free(journal_path);
    run_free(run);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_has_the_guides_shape),
        cmocka_unit_test(requests_stand_in_the_order_of_the_plan),
        cmocka_unit_test(a_failed_request_keeps_what_was_measured_and_has_no_latency),
        cmocka_unit_test(what_has_no_value_is_null),
        cmocka_unit_test(a_changed_load_gives_segments),
        cmocka_unit_test(summaries_are_one_array),
        cmocka_unit_test(export_writes_all_files_and_hides_prompts_from_others),
    };
    return cmocka_run_group_tests_name("json_files", tests, NULL, NULL);
}
