#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>

#include "result/summary.h"
#include "sample_run.h"

struct fixture {
    struct run *run;
    struct level *level;
    struct round *round;
    struct summary summary;
};

static struct fixture begin(uint32_t planned, double rate)
{
    struct fixture fixture = {.run = run_new()};
    fixture.level = run_add_level(fixture.run, rate > 0.0 ? 0 : 4, rate, planned, 2);
    fixture.round = level_add_round(fixture.level, planned, MS(10));
    return fixture;
}

static void add(struct fixture *fixture, const struct record *record)
{
    assert_non_null(round_add_record(fixture->round, record));
}

static void summarise(struct fixture *fixture)
{
    summary_make(&fixture->summary, fixture->run, fixture->level, fixture->round);
}

static void end(struct fixture *fixture)
{
    summary_free(&fixture->summary);
    run_free(fixture->run);
}

static void near(double got, double want)
{
    if (!(fabs(got - want) <= 1e-9 * fabs(want) + 1e-12))
        fail_msg("%.12g is not %.12g", got, want);
}

static void failures_enter_no_latency_but_are_counted(void **state)
{
    (void)state;
    struct fixture fixture = begin(5, 0.0);
    struct record good = sample_record(0, 100, 40, 240, 250), failed = good, gone = good;
    failed.index = 1;
    failed.first_token_ns += MS(1000);
    sample_fail(&failed, ERR_TRUNCATED, "cut");
    gone.index = 2;
    sample_fail(&gone, ERR_CANCELLED, "stopped");
    add(&fixture, &good);
    add(&fixture, &failed);
    add(&fixture, &gone);
    round_add_not_sent(fixture.round, 2);
    summarise(&fixture);
    const struct round_counts *counts = &fixture.summary.counts;
    assert_int_equal(counts->planned, 5);
    assert_int_equal(counts->succeeded, 1);
    assert_int_equal(counts->failed, 1);
    assert_int_equal(counts->cancelled, 1);
    assert_int_equal(counts->not_sent, 2);
    assert_int_equal(fixture.summary.metrics[METRIC_TTFT].count, 1);
    near(fixture.summary.metrics[METRIC_TTFT].max, 40e6);
    assert_int_equal(fixture.summary.error_count, 1); /* what the user stopped is no error */
    assert_int_equal(fixture.summary.received_tokens, 33);
    assert_int_equal(fixture.summary.output_tokens, 11);
    end(&fixture);
}

static void duration_runs_to_the_last_end_without_pauses(void **state)
{
    (void)state;
    struct fixture fixture = begin(3, 0.0);
    struct record first = sample_record(0, 100, 40, 240, 1099.9);
    struct record last = sample_record(1, 1100, 40, 240, 1999.9);
    struct record stopped = sample_record(2, 1100, 40, 240, 9000);
    sample_fail(&stopped, ERR_CANCELLED, "");
    add(&fixture, &last);
    add(&fixture, &first);
    add(&fixture, &stopped);
    fixture.round->paused_ns = MS(1000);
    summarise(&fixture);
    near(fixture.summary.duration_s, 2.0); /* 99.9 → 3,099.9 ms, less 1 s */
    near(fixture.summary.token_throughput, 11.0);
    near(fixture.summary.request_throughput, 1.0);
    end(&fixture);
}

static void nothing_at_all_has_no_figures(void **state)
{
    (void)state;
    struct fixture fixture = begin(3, 0.0);
    summarise(&fixture);
    assert_true(isnan(fixture.summary.token_throughput));
    assert_true(isnan(fixture.summary.avg_input_tokens));
    assert_true(isnan(fixture.summary.cached_share));
    assert_true(isnan(fixture.summary.metrics[METRIC_CHUNK_GAP].p50));
    end(&fixture);
}

static void goodput_counts_tokens_of_requests_that_meet_every_limit(void **state)
{
    (void)state;
    struct fixture fixture = begin(3, 0.0);
    fixture.run->slo.ttft_ms = 50;
    fixture.run->slo.latency_ms = 300;
    struct record good = sample_record(0, 100, 40, 240, 250);
    struct record slow = sample_record(1, 100, 60, 240, 1099.9); /* dispatched at 99.9 */
    struct record failed = sample_record(2, 100, 40, 240, 250);
    sample_fail(&failed, ERR_EMPTY, "");
    add(&fixture, &good);
    add(&fixture, &slow);
    add(&fixture, &failed);
    summarise(&fixture);
    assert_int_equal(fixture.summary.slo_met_requests, 1);
    assert_int_equal(fixture.summary.slo_met_tokens, 11);
    near(fixture.summary.goodput_tokens_per_s, 10.0); /* 11 tokens in 1.1 s */
    end(&fixture);
}

static void limits_are_strict(void **state)
{
    (void)state;
    struct slo slo;
    bool missed[SLO_LIMIT_COUNT];
    struct record record = sample_record(0, 100, 40, 240, 250);
    slo_none(&slo);
    slo.ttft_ms = 40;
    assert_false(record_meets_slo(&record, &slo, false, missed));
    slo.ttft_ms = 40.001;
    assert_true(record_meets_slo(&record, &slo, false, NULL));
    slo.output_token_throughput_min = 44; /* 11 tokens in 0.25 s */
    assert_false(record_meets_slo(&record, &slo, false, NULL));
    slo.output_token_throughput_min = 43.9;
    assert_true(record_meets_slo(&record, &slo, false, NULL));
}

static void one_token_passes_an_itl_limit_and_many_without_itl_miss_it(void **state)
{
    (void)state;
    struct slo slo;
    slo_none(&slo);
    slo.itl_ms = 1;
    struct record record = sample_record(0, 100, 40, 40, 250);
    assert_false(record_meets_slo(&record, &slo, false, NULL));
    record.completion_tokens = 1;
    assert_true(record_meets_slo(&record, &slo, false, NULL));
}

static void open_loop_is_judged_by_the_users_times(void **state)
{
    (void)state;
    struct slo slo;
    slo_none(&slo);
    slo.ttft_ms = 100;
    struct record record = sample_record(0, 1000, 40, 240, 250);
    record.intended_ns = MS(500); /* it waited half a second in the client */
    assert_true(record_meets_slo(&record, &slo, false, NULL));
    assert_false(record_meets_slo(&record, &slo, true, NULL));
}

static void errors_are_grouped_most_frequent_first(void **state)
{
    (void)state;
    struct fixture fixture = begin(6, 0.0);
    for (uint32_t i = 0; i < 6; i++) {
        struct record record = sample_record(i, 100, 40, 240, 250);
        sample_fail(&record, i == 4 ? ERR_TRUNCATED : ERR_HTTP_STATUS, i == 5 ? "other" : "busy");
        record.http_status = i == 0 ? 500 : 503;
        add(&fixture, &record);
    }
    summarise(&fixture);
    assert_int_equal(fixture.summary.error_count, 4);
    const struct error_group *most = &fixture.summary.errors[0];
    assert_int_equal(most->class, ERR_HTTP_STATUS);
    assert_int_equal(most->http_status, 503);
    assert_int_equal(most->count, 3);
    assert_int_equal(most->first_index, 1);
    assert_string_equal(most->text, "busy");
    end(&fixture);
}

static void segments_have_figures_of_their_own(void **state)
{
    (void)state;
    struct fixture fixture = begin(3, 0.0);
    round_add_segment(fixture.round, MS(500), 8, 0.0);
    for (uint32_t i = 0; i < 3; i++) {
        struct record record = sample_record(i, 100, i ? 80 : 40, 240, 250);
        record.segment = i > 0;
        add(&fixture, &record);
    }
    struct summary part;
    summary_make_part(&part, fixture.run, fixture.level, fixture.round,
                      (struct summary_part){.segment = 1, .turn = -1});
    assert_int_equal(part.counts.succeeded, 2);
    near(part.metrics[METRIC_TTFT].p50, 80e6);
    summary_free(&part);
    end(&fixture);
}

static void gaps_of_failed_requests_are_not_in_the_histogram(void **state)
{
    (void)state;
    struct fixture fixture = begin(2, 0.0);
    struct record good = sample_record(0, 100, 40, 240, 250), failed = good;
    sample_give_chunks(&good);
    sample_give_chunks(&failed);
    sample_fail(&failed, ERR_TRUNCATED, "cut");
    add(&fixture, &good);
    add(&fixture, &failed);
    summarise(&fixture);
    assert_int_equal(fixture.summary.metrics[METRIC_CHUNK_GAP].count, 10);
    near(fixture.summary.metrics[METRIC_CHUNK_GAP].avg, 20e6);
    end(&fixture);
}

static enum health_verdict judged(struct fixture *fixture, struct health health, bool http2)
{
    fixture->round->health = health;
    round_judge_health(fixture->round, http2);
    return fixture->round->health.verdict;
}

static void the_client_is_judged_by_lag_and_load(void **state)
{
    (void)state;
    struct fixture fixture = begin(1, 0.0);
    struct record record = sample_record(0, 100, 40, 240, 250); /* ITL 20 ms */
    add(&fixture, &record);
    struct health health = {.stamp_lag_p99_ns = MS(1.9)};
    assert_int_equal(judged(&fixture, health, false), HEALTH_OK);
    health.stamp_lag_p99_ns = MS(2.1);
    assert_int_equal(judged(&fixture, health, false), HEALTH_STRAINED);
    health.stamp_lag_p99_ns = MS(21);
    assert_int_equal(judged(&fixture, health, false), HEALTH_SATURATED);
    assert_int_equal(judged(&fixture, health, true), HEALTH_NOT_BOUNDED);
    health = (struct health){.loop_busy = 0.95};
    assert_int_equal(judged(&fixture, health, false), HEALTH_SATURATED);
    end(&fixture);
}

static void a_client_that_stood_still_is_not_ok(void **state)
{
    (void)state;
    struct fixture fixture = begin(20, 0.0);
    for (uint32_t i = 0; i < 20; i++) {
        struct record record = sample_record(i, 100, 40, 240, 250);
        add(&fixture, &record);
    }
    assert_int_equal(judged(&fixture, (struct health){0}, false), HEALTH_OK);
    sample_fail(&fixture.round->records[0], ERR_STALLED_CLIENT, "away");
    assert_int_equal(judged(&fixture, (struct health){0}, false), HEALTH_STRAINED);
    for (uint32_t i = 1; i < 3; i++)
        sample_fail(&fixture.round->records[i], ERR_STALLED_CLIENT, "away");
    assert_int_equal(judged(&fixture, (struct health){0}, false), HEALTH_SATURATED);
    end(&fixture);
}

static void waiting_for_the_cap_is_no_fault_of_the_client(void **state)
{
    (void)state;
    struct fixture fixture = begin(1, 5.0);
    struct record record = sample_record(0, 1000, 40, 240, 250);
    record.intended_ns = MS(500);
    add(&fixture, &record);
    assert_int_equal(judged(&fixture, (struct health){0}, false), HEALTH_SATURATED);
    fixture.round->segments[0].concurrency = 2;
    assert_int_equal(judged(&fixture, (struct health){0}, false), HEALTH_OK);
    assert_int_equal(fixture.round->health.dispatch_lag_p99_ns, MS(499.9));
    end(&fixture);
}

static void a_round_takes_no_more_than_was_planned(void **state)
{
    (void)state;
    struct fixture fixture = begin(1, 0.0);
    struct record record = sample_record(0, 100, 40, 240, 250);
    add(&fixture, &record);
    assert_null(round_add_record(fixture.round, &record));
    assert_non_null(level_add_round(fixture.level, 1, 0));
    assert_null(level_add_round(fixture.level, 1, 0));
    end(&fixture);
}

static void *set_limits_again_and_again(void *context)
{
    struct run *run = context;
    struct slo lax = {100, 100, 100, 100}, strict = {1, 1, 1, 1};
    for (int i = 0; i < 200000; i++)
        run_set_slo(run, i % 2 ? &lax : &strict);
    return NULL;
}

static void who_judges_while_limits_change_judges_by_one_set_of_them(void **state)
{
    (void)state;
    struct run *run = run_new();
    pthread_t setter;
    bool mixed = false;
    run_set_slo(run, &(struct slo){1, 1, 1, 1});
    assert_int_equal(pthread_create(&setter, NULL, set_limits_again_and_again, run), 0);
    for (int i = 0; i < 200000; i++) {
        struct slo slo = run_slo(run);
        mixed |= slo.ttft_ms < slo.output_token_throughput_min ||
                 slo.ttft_ms > slo.output_token_throughput_min || slo.itl_ms < slo.latency_ms ||
                 slo.itl_ms > slo.latency_ms;
    }
    pthread_join(setter, NULL);
    run_free(run);
    assert_false(mixed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(failures_enter_no_latency_but_are_counted),
        cmocka_unit_test(duration_runs_to_the_last_end_without_pauses),
        cmocka_unit_test(nothing_at_all_has_no_figures),
        cmocka_unit_test(goodput_counts_tokens_of_requests_that_meet_every_limit),
        cmocka_unit_test(limits_are_strict),
        cmocka_unit_test(one_token_passes_an_itl_limit_and_many_without_itl_miss_it),
        cmocka_unit_test(open_loop_is_judged_by_the_users_times),
        cmocka_unit_test(errors_are_grouped_most_frequent_first),
        cmocka_unit_test(segments_have_figures_of_their_own),
        cmocka_unit_test(gaps_of_failed_requests_are_not_in_the_histogram),
        cmocka_unit_test(the_client_is_judged_by_lag_and_load),
        cmocka_unit_test(a_client_that_stood_still_is_not_ok),
        cmocka_unit_test(waiting_for_the_cap_is_no_fault_of_the_client),
        cmocka_unit_test(a_round_takes_no_more_than_was_planned),
        cmocka_unit_test(who_judges_while_limits_change_judges_by_one_set_of_them),
    };
    return cmocka_run_group_tests_name("summary", tests, NULL, NULL);
}
