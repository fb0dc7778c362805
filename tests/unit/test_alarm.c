#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>

#include "base/memory.h"
#include "report/alarm.h"
#include "report/page.h"
#include "sample_run.h"

static struct alarm parse(const char *text)
{
    struct alarm alarm;
    struct error error = {0};
    if (!alarm_parse(&alarm, text, &error))
        fail_msg("%s", error.text);
    return alarm;
}

static void what_an_alarm_may_be(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        enum alarm_kind kind;
        const char *figure;
        bool greater, is_percent;
        double limit;
        double for_s;
    } cases[] = {
        {"failed>1%", ALARM_FIGURE, "failed", true, true, 1, 0},
        {"ttft_p99 > 500 for 5m", ALARM_FIGURE, "ttft_p99", true, false, 500, 300},
        {"lmcache_hit_rate<0.5 for 60s", ALARM_METRIC, "lmcache_hit_rate", false, false, 0.5, 60},
        {"p99(vllm:time_to_first_token_seconds)>0.25 for 1.5s", ALARM_METRIC,
         "p99(vllm:time_to_first_token_seconds)", true, false, 0.25, 1.5},
        {"kv_cache_usage>90%", ALARM_METRIC, "kv_cache_usage", true, true, 90, 0},
        {"no token for 10s", ALARM_NO_TOKEN, "", false, false, 0, 10},
        {"no token for 500ms", ALARM_NO_TOKEN, "", false, false, 0, 0.5},
        {"disk<5%", ALARM_DISK, "disk", false, true, 5, 0},
        {"disk<5% for 10", ALARM_DISK, "disk", false, true, 5, 10},
    };
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct alarm alarm = parse(cases[i].text);
        assert_string_equal(alarm.condition.text, cases[i].text);
        assert_int_equal(alarm.kind, cases[i].kind);
        assert_string_equal(alarm.condition.figure, cases[i].figure);
        assert_int_equal(alarm.condition.greater, cases[i].greater);
        assert_int_equal(alarm.condition.is_percent, cases[i].is_percent);
        assert_true(alarm.condition.limit == cases[i].limit);
        assert_true((double)alarm.for_ns == cases[i].for_s * 1e9);
        alarm_free(&alarm);
    }
}

static void what_it_may_not_be_is_said(void **state)
{
    (void)state;
    static const struct {
        const char *text, *said;
    } cases[] = {
        {"failed", "'failed': write a figure, < or >, and a limit, as in errors>0 or slo<95%"},
        {"slo<95", "'slo<95': slo is a share, so its limit needs a %"},
        {"disk<5", "'disk<5': disk is a share, so its limit needs a %"},
        {"ttft_p99>5%", "'ttft_p99>5%': ttft_p99 is no share, so its limit cannot be in %; "
                        "a change is written with its sign, as in +5%"},
        {"failed>+1%", "'failed>+1%': a change from another run is for fluxperf compare"},
        {"failed>x", "'failed>x': 'x' is no number"},
        {"no token", "'no token': for how long? as in 'no token for 10s'"},
        {"no token for a while", "'no token for a while': 'a while' is no time up to a day, as 10s "
                                 "or 5m"},
        {"failed>1% for 25h", "'failed>1% for 25h': '25h' is no time up to a day, as 10s or 5m"},
        {"failed>1% for -1s", "'failed>1% for -1s': '-1s' is no time up to a day, as 10s or 5m"},
    };
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct alarm alarm;
        struct error error = {0};
        assert_false(alarm_parse(&alarm, cases[i].text, &error));
        assert_string_equal(error.text, cases[i].said);
        alarm_free(&alarm);
    }
}

/* A letter for each second: R raised, C cleared, . no news. */
static void assert_news(const char *text, const double *values, const char *news)
{
    struct alarm alarm = parse(text);
    for (size_t second = 0; news[second]; second++) {
        struct alarm_facts facts = {.now_ns = (second + 100) * NS_PER_S,
                                    .disk_free_percent = values[second]};
        if (alarm_judge(&alarm, &facts) != (news[second] == 'R'   ? ALARM_RAISED
                                            : news[second] == 'C' ? ALARM_CLEARED
                                                                  : ALARM_NO_NEWS))
            fail_msg("'%s' in second %zu of %s", text, second, news);
    }
    alarm_free(&alarm);
}

static void it_is_raised_once_and_cleared_once(void **state)
{
    (void)state;
    const double fall[] = {9, 9, 4, 4, 3, 6, 6, 6, 6, 6, 6, 6};
    assert_news("disk<5%", fall, "..R.......C.");
    /* Around the limit: one alarm. */
    const double swings[] = {4, 6, 4, 6, 4, 6, 6, 6, 6, 6, 6, 4};
    assert_news("disk<5%", swings, "R.........CR");
    /* Only when it held for so long. */
    const double short_ones[] = {4, 4, 6, 4, 4, 4, 4, 4, 4, 4, 4, 4};
    assert_news("disk<5% for 3s", short_ones, "......R.....");
    /* What is not known changes nothing. */
    const double unknown[] = {4, NO_VALUE, NO_VALUE, 6, 6, 6, 6, 6, 6, 6, 6, 6};
    assert_news("disk<5%", unknown, "R.......C...");
}

static double value_of(const char *text, const struct alarm_facts *facts)
{
    struct alarm alarm = parse(text);
    alarm_judge(&alarm, facts);
    double value = alarm.value;
    alarm_free(&alarm);
    return value;
}

static void silence_counts_while_tokens_are_due(void **state)
{
    (void)state;
    struct live_view *view = xcalloc(1, sizeof *view);
    struct alarm_facts facts = {.view = view, .now_ns = 100 * NS_PER_S};
    assert_true(value_of("no token for 10s", &facts) == 0.0); /* nothing was asked */
    view->in_flight = 3;
    view->busy_since_ns = 95 * NS_PER_S;
    assert_true(value_of("no token for 10s", &facts) == 5.0);
    view->last_token_ns = 98 * NS_PER_S;
    assert_true(value_of("no token for 10s", &facts) == 2.0);
    view->in_flight = 0;
    assert_true(value_of("no token for 10s", &facts) == 0.0);
    view->server_down_since_ns = 99 * NS_PER_S; /* it should be there */
    assert_true(value_of("no token for 10s", &facts) == 2.0);
    free(view);
}

static void figures_are_of_the_last_minute(void **state)
{
    (void)state;
    struct run *run = run_new();
    struct round *round = level_add_round(run_add_level(run, 1, 0.0, 100, 1), 100, 0);
    for (uint32_t i = 0; i < 100; i++) {
        double sent_ms = i * 1000.0;
        struct record record = sample_record(i, sent_ms, 100.0, 300.0, 500.0);
        if (i < 30 || i % 20 == 0)
            sample_fail(&record, ERR_TRUNCATED, "ended");
        round_add_record(round, &record);
    }
    uint64_t now_ns = round->records[99].end_ns + 1;
    struct summary recent;
    summary_make_recent(&recent, run, now_ns - ALARM_WINDOW_NS, now_ns);
    struct alarm_facts facts = {.run = run, .recent = &recent, .now_ns = now_ns};
    assert_int_equal(recent.counts.planned, 60);
    assert_true(value_of("failed>1%", &facts) == 5.0); /* 40, 60 and 80 of 60 */
    assert_true(value_of("failed>1", &facts) == 3.0);
    assert_true(value_of("ttft_p50>10", &facts) == 100.0);
    assert_true(value_of("request_throughput<1", &facts) == 57.0 / 60.0);
    summary_free(&recent);
    run_free(run);
}

static void a_metric_of_the_server_is_the_last_scrape(void **state)
{
    (void)state;
    struct run *run = run_new();
    struct watched usage = {.key = (char[]){"kv_cache_usage"},
                            .title = (char[]){"kv"},
                            .unit = (char[]){"ratio"},
                            .origin = (char[]){""},
                            .kind = WATCHED_GAUGE,
                            .quantile = NO_VALUE,
                            .scale = 1.0};
    struct alarm_facts facts = {.run = run, .now_ns = 100 * NS_PER_S};
    assert_true(isnan(value_of("kv_cache_usage>90%", &facts)));
    assert_true(samples_add_column(&run->samples, "kv"));
    assert_true(samples_put_watched(&run->samples, &usage));
    struct reading *reading = xcalloc(1, sizeof *reading + sizeof *reading->values);
    reading->at_ns = 99 * NS_PER_S;
    reading->count = 1;
    reading->values[0] = 0.875;
    samples_add(&run->samples, reading);
    assert_true(value_of("kv_cache_usage>90%", &facts) == 87.5);
    assert_true(value_of("kv_cache_usage>0.9", &facts) == 0.875);
    facts.now_ns = 200 * NS_PER_S; /* the server has not answered since */
    assert_true(isnan(value_of("kv_cache_usage>0.9", &facts)));
    free(reading);
    run_free(run);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_an_alarm_may_be),
        cmocka_unit_test(what_it_may_not_be_is_said),
        cmocka_unit_test(it_is_raised_once_and_cleared_once),
        cmocka_unit_test(silence_counts_while_tokens_are_due),
        cmocka_unit_test(figures_are_of_the_last_minute),
        cmocka_unit_test(a_metric_of_the_server_is_the_last_scrape),
    };
    return cmocka_run_group_tests_name("alarm", tests, NULL, NULL);
}
