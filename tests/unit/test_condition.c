#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <string.h>

#include "report/condition.h"

static struct summary summary_of_hundred(void)
{
    struct summary summary = {
        .counts = {.planned = 100, .succeeded = 97, .failed = 3},
        .has_slo = true,
        .slo_met_requests = 90,
        .cached_share = 0.85,
        .token_throughput = 600.0,
    };
    summary.metrics[METRIC_TTFT].p99 = 312.45e6;
    summary.metrics[METRIC_ITL].p50 = NO_VALUE;
    return summary;
}

static bool holds(const char *text)
{
    struct summary summary = summary_of_hundred();
    struct condition condition;
    struct error error = {0};
    double value;
    if (!condition_parse(&condition, text, &error))
        fail_msg("refused: %s", error.text);
    assert_string_equal(condition.text, text);
    bool result = condition_holds(&condition, &summary, &value);
    condition_free(&condition);
    return result;
}

static void figures_are_held_against_limits(void **state)
{
    (void)state;
    assert_true(holds("errors>0"));
    assert_false(holds("errors>3"));
    assert_true(holds("errors > 2.5%"));
    assert_false(holds("failed>3%"));
    assert_true(holds("slo<95%"));
    assert_false(holds("slo<90%"));
    assert_true(holds("cached<86%"));
    assert_true(holds("token_throughput<601"));
    assert_true(holds("ttft_p99>312"));
    assert_false(holds("p99_ttft>313"));
}

static void a_figure_without_a_value_holds_nothing(void **state)
{
    (void)state;
    assert_false(holds("itl_p50>0"));
    assert_false(holds("itl_p50<1000"));
}

static double change(const char *text, double from, double to, bool *beyond)
{
    struct condition condition;
    struct error error = {0};
    if (!condition_parse(&condition, text, &error))
        fail_msg("refused: %s", error.text);
    assert_true(condition.is_change);
    double value = condition_change(&condition, from, to);
    *beyond = condition_is_beyond(&condition, value);
    condition_free(&condition);
    return value;
}

static void a_signed_limit_is_about_a_change(void **state)
{
    (void)state;
    bool beyond;
    assert_true(fabs(change("ttft_p99>+5%", 200.0, 212.0, &beyond) - 6.0) < 1e-9);
    assert_true(beyond);
    assert_true(fabs(change("ttft_p99>+5%", 200.0, 100.0, &beyond) + 50.0) < 1e-9);
    assert_false(beyond);
    assert_true(fabs(change("ttft_p99>+20", 200.0, 212.0, &beyond) - 12.0) < 1e-9);
    assert_false(beyond);
    assert_true(fabs(change("token_throughput < -10 %", 500.0, 400.0, &beyond) + 20.0) < 1e-9);
    assert_true(beyond);
    change("ttft_p99>+5%", NO_VALUE, 100.0, &beyond);
    assert_false(beyond);
    assert_false(holds("errors>+0"));
}

static void a_change_of_a_share_is_in_points(void **state)
{
    (void)state;
    bool beyond;
    assert_true(fabs(change("slo<-5%", 80.0, 76.0, &beyond) + 4.0) < 1e-9);
    assert_false(beyond);
    assert_true(fabs(change("errors>+0", 3.0, 4.0, &beyond) - 1.0) < 1e-9);
    assert_true(beyond);
}

static void assert_refused(const char *text, const char *reason)
{
    struct condition condition;
    struct error error = {0};
    assert_false(condition_parse(&condition, text, &error));
    if (!strstr(error.text, reason))
        fail_msg("said '%s', not '%s'", error.text, reason);
}

static void what_is_wrong_is_said(void **state)
{
    (void)state;
    assert_refused("weather>1", "there are errors, failed, cancelled");
    assert_refused("weather>1", "METRIC of ttft itl latency");
    assert_refused("errors", "write a figure, < or >, and a limit");
    assert_refused("errors>", "'' is no number");
    assert_refused("errors>=1", "'=1' is no number");
    assert_refused("errors>nan", "is no number");
    assert_refused("slo<95", "needs a %");
    assert_refused("ttft_p99>5%", "is no share");
    assert_refused("ttft_p99>+-5%", "'+-5' is no number");
    assert_refused("ttft_p99>+%", "'+' is no number");
    assert_refused("slo<-5", "needs a %");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(figures_are_held_against_limits),
        cmocka_unit_test(a_figure_without_a_value_holds_nothing),
        cmocka_unit_test(a_signed_limit_is_about_a_change),
        cmocka_unit_test(a_change_of_a_share_is_in_points),
        cmocka_unit_test(what_is_wrong_is_said),
    };
    return cmocka_run_group_tests_name("condition", tests, NULL, NULL);
}
