/* Percentiles of more than a million requests are near, not exact: every output must say so. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/values.h"
#include "report/files.h"
#include "report/table.h"
#include "result/round_kept.h"
#include "sample_run.h"

/* A round whose figures are those of so many requests, without the requests. */
static struct run *run_of(uint64_t requests)
{
    struct run *run = sample_run(60, false);
    const struct level *level = run->levels[0];
    struct round *round = &level->rounds[0];
    struct round_kept *kept = xcalloc(1, sizeof *kept);
    summary_make(&kept->summary, run, level, round);
    kept->slo = run->slo;
    kept->summary.metrics[METRIC_TTFT].count = requests;
    round->kept = kept;
    return run;
}

static void print_all(const struct run *run, struct buffer *report, struct buffer *csv,
                      struct buffer *json)
{
    const struct level *level = run->levels[0];
    table_round(report, run, level, &level->rounds[0], (struct table_style){0});
    csv_figures(csv, run, NULL);
    json_summaries(json, run, NULL);
}

static bool has(const struct buffer *text, const char *part)
{
    return memmem(text->data, text->size, part, strlen(part)) != NULL;
}

static void check(uint64_t requests, bool said)
{
    struct run *run = run_of(requests);
    struct buffer report = {0}, csv = {0}, json = {0};
    print_all(run, &report, &csv, &json);
    assert_int_equal(has(&report, "\nPercentiles of more than a million requests: within 0.1 %"),
                     said);
    assert_int_equal(has(&csv, ",within 0.1 %"), said);
    assert_int_equal(has(&json, "\"percentiles_within\": 0.001"), said);
    if (said) {
        const char *p99 = strstr(csv.data, "ttft,p99,"), *avg = strstr(csv.data, "ttft,avg,");
        assert_non_null(p99);
        assert_non_null(avg);
        assert_true(memmem(p99, strcspn(p99, "\n"), "within", 6));
        assert_null(memmem(avg, strcspn(avg, "\n"), "within", 6));
    }
    buffer_free(&report);
    buffer_free(&csv);
    buffer_free(&json);
    run_free(run);
}

static void a_million_is_exact_and_nothing_is_said(void **state)
{
    (void)state;
    check(1000000, false);
}

static void one_more_is_said_beside_every_percentile(void **state)
{
    (void)state;
    check(1000001, true);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_million_is_exact_and_nothing_is_said),
        cmocka_unit_test(one_more_is_said_beside_every_percentile),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
