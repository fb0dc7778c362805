#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>

#include "report/csv.h"
#include "report/files.h"
#include "sample_run.h"

static void assert_has(const struct buffer *text, const char *part)
{
    if (!strstr(text->data, part))
        fail_msg("'%s' is not in:\n%s", part, text->data);
}

/* One round of two requests, one of them failed. */
static struct run *small_run(void)
{
    struct run *run = run_new();
    struct level *level = run_add_level(run, 5, 0.0, 2, 1);
    struct round *round = level_add_round(level, 2, MS(1000));
    struct record good = sample_record(0, 1000, 40, 240, 249.9);
    struct record failed = sample_record(1, 1000, 80, 240, 299.9);
    sample_fail(&failed, ERR_TRUNCATED, "cut");
    round_add_record(round, &good);
    round_add_record(round, &failed);
    round->ended = true;
    return run;
}

static void the_summary_has_the_guides_layout(void **state)
{
    (void)state;
    struct run *run = small_run();
    struct buffer out = {0};
    csv_summary(&out, run);
    assert_string_equal(out.data, "Metric/Round,Concurrency5-Round1\n"
                                  "\nTTFT (ms)\n"
                                  "Average,40.00\nMedian,40.00\nP90,40.00\nP99,40.00\n"
                                  "Min,40.00\nMax,40.00\nStddev,\n"
                                  "\nITL (ms)\n"
                                  "Average,20.00\nMedian,20.00\nP90,20.00\nP99,20.00\n"
                                  "Min,20.00\nMax,20.00\nStddev,\n"
                                  "\nLatency (ms)\n"
                                  "Average,249.90\nMedian,249.90\nP90,249.90\nP99,249.90\n"
                                  "Min,249.90\nMax,249.90\nStddev,\n"
                                  "\nThroughput\n"
                                  "Token Throughput (tokens/sec),36.67\n"
                                  "Request Throughput (requests/sec),3.33\n"
                                  "\nGoodput\n"
                                  "Requests Meeting SLO,\nRequests Meeting SLO (%),\n"
                                  "Tokens Meeting SLO,\nTokens Meeting SLO (%),\n"
                                  "Goodput (tokens/sec),\nGoodput (requests/sec),\n"
                                  "\nRequests\n"
                                  "Total Requests,2\nSuccess,1\nFailed,1\nCancelled,0\nNot Sent,0\n"
                                  "Test Duration (seconds),0.30\n"
                                  "Average Input Tokens,1000.0\nAverage Output Tokens,11.0\n"
                                  "Cached Input Tokens (%),0.00\n"
                                  "Dataset,\n");
    buffer_free(&out);
    run_free(run);
}

static void a_second_level_of_the_same_load_has_its_number_in_the_name(void **state)
{
    (void)state;
    struct run *run = run_new();
    const struct {
        uint32_t concurrency;
        double rate;
        const char *column, *file;
    } levels[] = {
        {10, 0.0, "Concurrency10-Round1", "concurrency_10_round_1.json"},
        {5, 0.0, "Concurrency5-Round1", "concurrency_5_round_1.json"},
        {0, 2.5, "Rate2.5-Round1", "rate_2.5_round_1.json"},
        {10, 0.0, "Concurrency10-Round1-L5", "concurrency_10_round_1_L5.json"},
        {10, 2.5, "Rate2.5-Round1-L6", "rate_2.5_round_1_L6.json"},
    };
    struct buffer want = {0}, out = {0};
    buffer_add_string(&want, "Metric/Round");
    run_add_level(run, 5, 0.0, 1, 1); /* never began: it takes no name */
    for (size_t i = 0; i < ARRAY_SIZE(levels); i++) {
        struct level *level = run_add_level(run, levels[i].concurrency, levels[i].rate, 1, 1);
        struct round *round = level_add_round(level, 0, 0);
        char *name = files_round_name(run, level, round);
        assert_string_equal(name, levels[i].file);
        free(name);
        buffer_printf(&want, ",%s", levels[i].column);
    }
    csv_summary(&out, run);
    assert_int_equal(strncmp(out.data, want.data, want.size), 0);
    buffer_free(&want);
    buffer_free(&out);
    run_free(run);
}

static void figures_are_one_a_line(void **state)
{
    (void)state;
    struct run *run = sample_run(100, true);
    struct buffer out = {0};
    csv_figures(&out, run, NULL);
    assert_has(&out,
               "level,stage,dataset,concurrency,rate,round,segment,turn,metric,statistic,value,"
               "unit,note\n1,,rows.jsonl,10,,1,,,ttft,count,91,requests,\n1,,rows.jsonl,10,,1,,,"
               "ttft,avg,");
    assert_has(&out, "\n1,,rows.jsonl,10,,2,,,ttft_speed_up,pairs,90,requests,\n");
    /* The note is quoted; the changed round has figures of each load. */
    assert_has(&out, "\n2,,rows.jsonl,10,,2,,,requests,failed,9,requests,\"load changed; with "
                     "\"\"a, comma\"\"\"\n");
    assert_has(&out, "\n2,,rows.jsonl,12,,2,1,,chunk_gap,p50,,ms,\"with \"\"a, comma\"\"\"\n");
    buffer_free(&out);
    run_free(run);
}

static void a_level_with_another_dataset_names_it(void **state)
{
    (void)state;
    struct run *run = small_run();
    run->dataset.name = xstrdup("rows.jsonl");
    struct level *other = run_add_level(run, 5, 0.0, 1, 1);
    other->dataset = run_add_dataset(run, "long, in \"parts\".jsonl", 1);
    level_add_round(other, 0, 0);
    struct buffer out = {0};
    csv_summary(&out, run);
    assert_has(&out, "\nDataset,rows.jsonl,\"long, in \"\"parts\"\".jsonl\"\n");
    buffer_clear(&out);
    csv_figures(&out, run, NULL);
    assert_has(&out, "\n1,,rows.jsonl,5,,1,,,requests,planned,2,requests,\n");
    assert_has(&out, "\n2,,\"long, in \"\"parts\"\".jsonl\",5,,1,,,requests,planned,0,requests,\n");
    buffer_free(&out);
    run_free(run);
}

static void turns_and_estimates_are_told(void **state)
{
    (void)state;
    struct run *run = small_run();
    struct record *records = run->levels[0]->rounds[0].records;
    records[1].turn = 2;
    records[0].completion_tokens = TOKENS_UNKNOWN;
    struct buffer out = {0};
    csv_figures(&out, run, NULL);
    assert_has(&out, "\n1,,,5,,1,,2,requests,failed,1,requests,\n");
    assert_has(&out, "\n1,,,5,,1,,1,output_tokens,sum,11,tokens,estimated\n");
    buffer_free(&out);
    run_free(run);
}

static void the_timeline_has_a_row_for_each_second(void **state)
{
    (void)state;
    struct run *run = run_new();
    struct level *level = run_add_level(run, 5, 0.0, 1, 2);
    level_add_round(level, 1, NS_PER_S)->end_ns = 2 * NS_PER_S;
    run->anchor.wall_ns = 1700000000 * NS_PER_S;
    history_lock(run->history);
    history_add(run->history, HISTORY_TTFT, 1250 * NS_PER_MS, 80.0, 1);
    history_add(run->history, HISTORY_TOKENS, 1250 * NS_PER_MS, 30.0, 1);
    history_add(run->history, HISTORY_FINISHED, 1500 * NS_PER_MS, 1.0, 1);
    history_add(run->history, HISTORY_CACHED, 1500 * NS_PER_MS, 0.25, 1000);
    uint32_t usage = history_series(run->history, "usage{gpu=\"1,2\"}");
    history_add(run->history, usage, 2500 * NS_PER_MS, 0.125, 1);
    history_unlock(run->history);
    run_add_change(run, &(struct change){.at_ns = NS_PER_S, .kind = "note", .text = "a, b"});
    run_add_change(run, &(struct change){.at_ns = NS_PER_S, .kind = "info", .text = "no"});
    run_add_change(run,
                   &(struct change){.at_ns = NS_PER_S, .kind = "alarm", .text = "raised: x>1"});
    struct buffer out = {0};
    csv_timeline(&out, run);
    assert_string_equal(
        out.data,
        "time_s,utc,level,round,events,ttft_avg_ms,ttft_p50_ms,ttft_p99_ms,ttft_max_ms,chunk_gap_"
        "avg_ms,"
        "chunk_gap_p50_ms,chunk_gap_p99_ms,chunk_gap_max_ms,tokens_per_s,finished,failed,in_flight,"
        "oldest_wait_s,cached_percent,\"usage{gpu=\"\"1,2\"\"}\"\n"
        "0,2023-11-14T22:13:20.000Z,,,,,,,,,,,,0.0,0,0,0.00,,,\n"
        "1,2023-11-14T22:13:21.000Z,1,1,\"note: a, b; alarm: raised: "
        "x>1\",80.00,80.00,80.00,80.00,,,,,30.0,1,0,0.00,,25.00,\n"
        "2,2023-11-14T22:13:22.000Z,,,,,,,,,,,,0.0,0,0,0.00,,,0.125\n");
    buffer_free(&out);
    run_free(run);
}

/* A day and a bit: 60 s a row; and each finished request stands in one of them. */
static void the_timeline_of_a_long_run_is_coarser(void **state)
{
    (void)state;
    static const struct {
        unsigned hours, width_s;
    } cases[] = {{1, 1}, {3, 10}, {26, 60}};
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct run *run = run_new();
        unsigned seconds = cases[i].hours * 3600, finished = 0, rows = 0;
        history_lock(run->history);
        for (uint64_t second = 0; second < seconds; second++)
            history_add(run->history, HISTORY_FINISHED, second * NS_PER_S + 1, 1.0, 1);
        history_unlock(run->history);
        struct buffer out = {0};
        csv_timeline(&out, run);
        struct text rest = buffer_text(&out), line;
        assert_true(text_next_line(&rest, &line));
        for (; text_next_line(&rest, &line); rows++) {
            unsigned at, count;
            char utc[32];
            assert_int_equal(sscanf(line.data, "%u,%31[^,],,,,,,,,,,,,0.0,%u", &at, utc, &count),
                             3);
            assert_int_equal(at, rows * cases[i].width_s);
            finished += count;
        }
        assert_int_equal(rows, seconds / cases[i].width_s);
        assert_int_equal(finished, seconds);
        buffer_free(&out);
        run_free(run);
    }
}

static void fields_are_quoted_where_they_have_to_be(void **state)
{
    (void)state;
    struct buffer out = {0};
    csv_field(&out, TEXT("plain"));
    csv_field(&out, TEXT(",\"\n"));
    assert_string_equal(out.data, "plain\",\"\"\n\"");
    buffer_free(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_summary_has_the_guides_layout),
        cmocka_unit_test(a_second_level_of_the_same_load_has_its_number_in_the_name),
        cmocka_unit_test(figures_are_one_a_line),
        cmocka_unit_test(a_level_with_another_dataset_names_it),
        cmocka_unit_test(turns_and_estimates_are_told),
        cmocka_unit_test(the_timeline_has_a_row_for_each_second),
        cmocka_unit_test(the_timeline_of_a_long_run_is_coarser),
        cmocka_unit_test(fields_are_quoted_where_they_have_to_be),
    };
    return cmocka_run_group_tests_name("csv", tests, NULL, NULL);
}
