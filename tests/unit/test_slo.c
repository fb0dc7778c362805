#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/file.h"
#include "config/slo.h"

static struct slo read_text(const char *content)
{
    struct slo slo;
    struct error error = {0};
    slo_none(&slo);
    if (!slo_read_text(&slo, text_of(content), &error))
        fail_msg("refused: %s", error.text);
    return slo;
}

static void assert_refused(const char *content, const char *reason)
{
    struct slo slo;
    struct error error = {0};
    slo_none(&slo);
    assert_false(slo_read_text(&slo, text_of(content), &error));
    if (!strstr(error.text, reason))
        fail_msg("said \"%s\", not \"%s\"", error.text, reason);
}

static void limits_are_read_from_the_short_shape(void **state)
{
    (void)state;
    struct slo slo = read_text("slo:\n"
                               "  ttft_ms: 1000        # a comment\n"
                               "  itl_ms: 50\n"
                               "  latency_ms: 10000\n");
    assert_true(slo.ttft_ms == 1000 && slo.itl_ms == 50 && slo.latency_ms == 10000);
    assert_true(isnan(slo.output_token_throughput_min));
    assert_true(slo_any(&slo));
}

static void limits_are_read_from_the_long_shape(void **state)
{
    (void)state;
    struct slo slo = read_text("constraints:\n"
                               "  ttft_ms:\n"
                               "    max: 1000.5\n"
                               "  output_token_throughput: {min: 20}\n");
    assert_true(slo.ttft_ms == 1000.5 && slo.output_token_throughput_min == 20);
    assert_true(isnan(slo.itl_ms) && isnan(slo.latency_ms));
}

static void what_is_wrong_is_named_with_line_and_column(void **state)
{
    (void)state;
    assert_refused("slo:\n  ttft: 1\n", "line 2, column 9: unknown limit ttft");
    assert_refused("slo:\n  ttft_ms: fast\n", "line 2, column 12: ttft_ms: must be a number");
    assert_refused("slo:\n  ttft_ms: 0\n", "above 0, not \"0\"");
    assert_refused("slo:\n  ttft_ms: .nan\n", "must be a number");
    assert_refused("slo:\n  ttft_ms: inf\n", "must be a number");
    assert_refused("slo:\n  ttft_ms: {min: 5}\n", "must be a number, or {max: number}");
    assert_refused("slo:\n  ttft_ms: {max: 5, min: 1}\n", "must be a number, or {max: number}");
    assert_refused("slo:\n  ttft_ms: [5]\n", "line 2, column 12: ");
    assert_refused("slo:\n  output_token_throughput: {max: 5}\n", "{min: number}");
    assert_refused("ttft_ms: 5\n", "line 1, column 10: unknown key ttft_ms: limits stand under");
    assert_refused("slo: 5\n", "line 1, column 6: slo: must be a mapping");
    assert_refused("- slo\n", "line 1, column 1: must be a mapping");
    assert_refused("", "holds no limit");
}

static void a_file_is_named_in_its_errors(void **state)
{
    (void)state;
    char path[] = "/tmp/fluxperf-slo-XXXXXX";
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    assert_true(file_write_all(fd, "slo: {ttft_ms: x}\n", 18));
    close(fd);
    struct slo slo;
    struct error error = {0};
    slo_none(&slo);
    assert_false(slo_read_file(&slo, path, &error));
    char expected[128];
    snprintf(expected, sizeof expected, "%s: line 1, column 16: ttft_ms: ", path);
    assert_memory_equal(error.text, expected, strlen(expected));
    unlink(path);
    assert_false(slo_read_file(&slo, path, &error));
    assert_non_null(strstr(error.text, "No such file"));
}

static void an_assignment_sets_one_limit(void **state)
{
    (void)state;
    struct slo slo;
    struct error error = {0};
    slo_none(&slo);
    assert_false(slo_any(&slo));
    assert_true(slo_set(&slo, TEXT("itl_ms=12.5"), &error));
    assert_true(slo.itl_ms == 12.5 && isnan(slo.ttft_ms));
    assert_true(slo_any(&slo));
}

static void a_wrong_assignment_says_how_it_is_written(void **state)
{
    (void)state;
    struct slo slo;
    struct error error = {0};
    slo_none(&slo);
    assert_false(slo_set(&slo, TEXT("ttft:200"), &error));
    assert_string_equal(error.text, "ttft:200: a limit is written as ttft_ms=1000");
    assert_false(slo_set(&slo, TEXT("tpot=50"), &error));
    assert_non_null(strstr(error.text, "unknown limit tpot: there are ttft_ms, itl_ms"));
    assert_false(slo_set(&slo, TEXT("itl_ms=-1"), &error));
    assert_string_equal(error.text, "itl_ms: must be a number above 0, not \"-1\"");
    assert_false(slo_any(&slo));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(limits_are_read_from_the_short_shape),
        cmocka_unit_test(limits_are_read_from_the_long_shape),
        cmocka_unit_test(what_is_wrong_is_named_with_line_and_column),
        cmocka_unit_test(a_file_is_named_in_its_errors),
        cmocka_unit_test(an_assignment_sets_one_limit),
        cmocka_unit_test(a_wrong_assignment_says_how_it_is_written),
    };
    return cmocka_run_group_tests_name("slo", tests, NULL, NULL);
}
