/* The server's metrics in tables and files. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "in_memory.h"
#include "report/table.h"
#include "sample_metrics.h"
#include "sample_run.h"

/* One level of one round from 12 s to 16 s, with a request from 13.2 s to 14.3 s. */
static struct run *run_with_metrics(void)
{
    struct run *run = run_new();
    struct level *level = run_add_level(run, 1, 0.0, 1, 1);
    struct round *round = level_add_round(level, 1, 12 * NS_PER_S + NS_PER_MS);
    struct record record = sample_record(0, 13200, 100, 1000, 1100);
    record.prompt_tokens = 1000;
    record.cached_tokens = 900;
    round_add_record(round, &record);
    round->end_ns = 16 * NS_PER_S - NS_PER_MS;
    round->ended = true;
    sample_put_metrics(&run->samples);
    struct watched shown = *samples_find(&run->samples, "running");
    shown.in_table = true;
    samples_put_watched(&run->samples, &shown);
    shown = *samples_find(&run->samples, "hit_rate");
    shown.in_table = true;
    samples_put_watched(&run->samples, &shown);
    sample_read_all(&run->samples);
    return run;
}

static void holds(const struct buffer *text, const char *expected)
{
    if (!strstr(text->data, expected))
        fail_msg("'%s' is not in:\n%s", expected, text->data);
}

static void the_table_has_a_row_in_four_decimals(void **state)
{
    (void)state;
    struct run *run = run_with_metrics();
    struct buffer out = {0};
    table_round(&out, run, run->levels[0], &run->levels[0]->rounds[0],
                (struct table_style){.utf8 = true});
    holds(&out, "│ running (tokens)             │ 14.5000      │ 14.5000      │ 15.7000      │ "
                "15.9700      │ 13.0000      │ 16.0000      │ 1.2910       │");
    holds(&out, "│ hit_rate (tokens)            │ 0.4000       │");
    holds(&out, "running      12     16      +4\n");
    holds(&out, "kv_cache_size: not exposed\n");
    buffer_free(&out);
    run_free(run);
}

static void a_hit_rate_of_counters_that_the_replies_contradict_is_remarked(void **state)
{
    (void)state;
    struct run *run = run_with_metrics();
    struct buffer out = {0};
    table_round(&out, run, run->levels[0], &run->levels[0]->rounds[0],
                (struct table_style){.utf8 = true});
    holds(&out, "Server counters: 40 % of prompt tokens were hits; the replies say 90 %.");
    run->levels[0]->rounds[0].records[0].cached_tokens = 420;
    buffer_clear(&out);
    table_round(&out, run, run->levels[0], &run->levels[0]->rounds[0],
                (struct table_style){.utf8 = true});
    holds(&out, "Server counters: 40 % of prompt tokens were hits, as the replies say\n");
    buffer_free(&out);
    run_free(run);
}

static void the_summary_has_the_section_of_the_guide(void **state)
{
    (void)state;
    struct run *run = run_with_metrics();
    struct buffer out = {0};
    csv_summary(&out, run);
    holds(&out, "\nPrometheus Metrics\n\nrunning (tokens)\nAverage,14.5000\nP50,14.5000\n"
                "P90,15.7000\nP99,15.9700\nMin,13.0000\nMax,16.0000\nStddev,1.2910\n");
    holds(&out, "\nkv_cache_size (tokens)\nAverage,\nP50,\n");
    buffer_clear(&out);
    csv_figures(&out, run, NULL);
    holds(&out, ",queries,change,400.000000,tokens,\n");
    holds(&out, ",queries,avg,100.000000,tokens/s,\n");
    holds(&out, ",p50(ttft),value,0.300000,tokens,\n");
    buffer_free(&out);
    run_free(run);
}

static void json_has_each_round_and_each_request(void **state)
{
    (void)state;
    struct run *run = run_with_metrics();
    struct buffer out = {0};
    json_round(&out, run, run->levels[0], &run->levels[0]->rounds[0], NULL);
    holds(&out, "\"server_hit_rate\": 0.4000");
    holds(&out, "\"queries\":{\"kind\":\"counter\",\"unit\":\"tokens\",\"taken_from\":null,"
                "\"before\":1000,\"after\":1400,\"change\":400,\"value\":400,\"avg\":100,");
    holds(&out,
          "\"prometheus\":{\"before_ms_earlier\":200.00,\"after_ms_later\":700.00,\"metrics\":{"
          "\"running\":{\"before\":13,\"after\":15,\"delta\":2},"
          "\"hit_rate\":{\"before\":null,\"after\":null,\"delta\":0.4}}}");
    buffer_free(&out);
    run_free(run);
}

static void every_reading_stands_in_prometheus_csv(void **state)
{
    (void)state;
    struct run *run = run_with_metrics();
    struct buffer out = {0};
    struct in_memory from = {&run->samples, 0};
    struct readings readings = {.next = next_in_memory, .context = &from};
    assert_true(csv_prometheus(&out, run, &readings));
    assert_false(csv_prometheus(&out, run, &readings));
    holds(&out, "time,metric,labels,value\n1970-01-01T00:00:10.000Z,running,,10\n");
    holds(&out, "1970-01-01T00:00:13.000Z,ttft_bucket,\"le=\"\"0.5\"\"\",4\n");
    size_t lines = 0;
    for (size_t i = 0; i < out.size; i++)
        lines += out.data[i] == '\n';
    assert_int_equal(lines, 1 + 10 * SAMPLE_COLUMNS);
    buffer_free(&out);
    run_free(run);
}

static void without_metrics_nothing_is_said_of_them(void **state)
{
    (void)state;
    struct run *run = sample_run(3, false);
    struct buffer out = {0};
    struct in_memory from = {&run->samples, 0};
    struct readings readings = {.next = next_in_memory, .context = &from};
    csv_summary(&out, run);
    table_round(&out, run, run->levels[0], &run->levels[0]->rounds[0],
                (struct table_style){.utf8 = true});
    assert_null(strstr(out.data, "Prometheus"));
    assert_null(strstr(out.data, "Server"));
    assert_false(csv_prometheus(&out, run, &readings));
    buffer_clear(&out);
    json_round(&out, run, run->levels[0], &run->levels[0]->rounds[0], NULL);
    holds(&out, "\"prometheus\": null");
    buffer_free(&out);
    run_free(run);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_table_has_a_row_in_four_decimals),
        cmocka_unit_test(a_hit_rate_of_counters_that_the_replies_contradict_is_remarked),
        cmocka_unit_test(the_summary_has_the_section_of_the_guide),
        cmocka_unit_test(json_has_each_round_and_each_request),
        cmocka_unit_test(every_reading_stands_in_prometheus_csv),
        cmocka_unit_test(without_metrics_nothing_is_said_of_them),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
