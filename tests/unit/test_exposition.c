#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdlib.h>

#include "base/file.h"
#include "telemetry/exposition.h"

#define PAGES "tests/fuzz/corpus/exposition/"

static void text_equals(struct text got, const char *expected)
{
    if (!text_is(got, expected))
        fail_msg("'%.*s' is not '%s'", (int)got.size, got.data, expected);
}

static struct exposition_sample first_of(const char *page)
{
    struct exposition exposition = exposition_begin(text_of(page));
    struct exposition_sample sample;
    assert_true(exposition_next(&exposition, &sample));
    assert_int_equal(exposition.broken, 0);
    return sample;
}

static void a_sample_has_its_name_labels_value_and_type(void **state)
{
    (void)state;
    struct exposition_sample sample =
        first_of("# HELP a_total What it counts\n# TYPE a_total counter\n"
                 "a_total{model=\"x\",engine=\"0\"} 17.5\n");
    text_equals(sample.name, "a_total");
    text_equals(sample.labels, "model=\"x\",engine=\"0\"");
    assert_true(fabs(sample.value - 17.5) < 1e-12);
    assert_int_equal(sample.type, EXPOSITION_COUNTER);
    assert_true(isnan(sample.timestamp_s));
    struct text value;
    assert_true(exposition_label(sample.labels, "engine", &value));
    text_equals(value, "0");
    assert_false(exposition_label(sample.labels, "gine", &value));
}

static void labels_may_hold_quotes_braces_and_line_breaks(void **state)
{
    (void)state;
    struct exposition_sample sample =
        first_of("a{path=\"C:\\\\DIR\",text=\"say \\\"hi\\\", {x}=1 #\\n\",} 1\n");
    struct text value;
    struct buffer plain = {0};
    assert_true(exposition_label(sample.labels, "text", &value));
    exposition_unescape(&plain, value);
    text_equals(buffer_text(&plain), "say \"hi\", {x}=1 #\n");
    buffer_clear(&plain);
    assert_true(exposition_label(sample.labels, "path", &value));
    exposition_unescape(&plain, value);
    text_equals(buffer_text(&plain), "C:\\DIR");
    buffer_free(&plain);
}

static void values_may_be_nan_and_infinite(void **state)
{
    (void)state;
    assert_true(isnan(first_of("a NaN\n").value));
    assert_true(isinf(first_of("a +Inf\n").value) && first_of("a +Inf\n").value > 0);
    assert_true(isinf(first_of("a -Inf\n").value) && first_of("a -Inf\n").value < 0);
    assert_true(fabs(first_of("a 1.7e-3\n").value - 0.0017) < 1e-15);
    assert_true(fabs(first_of("a -12\n").value + 12) < 1e-15);
    assert_true(fabs(first_of("a 123456789012345678\n").value - 123456789012345678.0) < 1);
}

static void the_parts_of_a_histogram_and_a_summary_have_its_type(void **state)
{
    (void)state;
    struct exposition exposition =
        exposition_begin(text_of("# TYPE h histogram\nh_bucket{le=\"0.1\"} 1\nh_sum 2\nh_count 3\n"
                                 "# TYPE s summary\ns{quantile=\"0.5\"} 4\ns_sum 5\nother 6\n"));
    static const struct {
        const char *name, *family;
        enum exposition_type type;
    } expected[] = {
        {"h_bucket", "h", EXPOSITION_HISTOGRAM}, {"h_sum", "h", EXPOSITION_HISTOGRAM},
        {"h_count", "h", EXPOSITION_HISTOGRAM},  {"s", "s", EXPOSITION_SUMMARY},
        {"s_sum", "s", EXPOSITION_SUMMARY},      {"other", "other", EXPOSITION_UNTYPED}};
    for (size_t i = 0; i < sizeof expected / sizeof expected[0]; i++) {
        struct exposition_sample sample;
        assert_true(exposition_next(&exposition, &sample));
        text_equals(sample.name, expected[i].name);
        text_equals(sample.family, expected[i].family);
        assert_int_equal(sample.type, expected[i].type);
    }
}

static void timestamps_are_in_ms_and_in_openmetrics_in_seconds(void **state)
{
    (void)state;
    assert_true(fabs(first_of("a 1 1395066363250\n").timestamp_s - 1395066363.25) < 1e-6);
    assert_true(fabs(first_of("a 1 1395066363.25\n# EOF\n").timestamp_s - 1395066363.25) < 1e-6);
}

static void exemplars_of_openmetrics_are_passed(void **state)
{
    (void)state;
    struct exposition_sample sample =
        first_of("# TYPE requests counter\nrequests_total{code=\"200\"} "
                 "12.5 1605281325.25 # {span=\"a # b\"} 1 16\n# EOF\n");
    assert_true(fabs(sample.value - 12.5) < 1e-12);
    assert_int_equal(sample.type, EXPOSITION_COUNTER);
    text_equals(sample.family, "requests");
}

static void a_quoted_name_stands_in_the_braces(void **state)
{
    (void)state;
    struct exposition_sample sample =
        first_of("# TYPE \"my.dotted\" gauge\n{\"my.dotted\",host=\"a\"} 4\n");
    text_equals(sample.name, "my.dotted");
    text_equals(sample.labels, "host=\"a\"");
    assert_int_equal(sample.type, EXPOSITION_GAUGE);
}

static void lines_that_make_no_sense_are_counted_and_passed(void **state)
{
    (void)state;
    struct exposition exposition =
        exposition_begin(text_of("1bad 3\nbad{a=\"b} 3\nbad{a=b} 3\nbad 0x10\nbad 1 2 3\nbad\n"
                                 "x{a=\"b\",,c=\"d\"} 1\nbad nan(7)\n<html>\ngood 1"));
    struct exposition_sample sample;
    assert_true(exposition_next(&exposition, &sample));
    text_equals(sample.name, "good");
    assert_false(exposition_next(&exposition, &sample));
    assert_int_equal(exposition.broken, 9);
    assert_int_equal(exposition.first_broken, 1);
    assert_int_equal(exposition.lines, 10);
}

static void pages_of_engines_are_taken_whole(void **state)
{
    (void)state;
    static const struct {
        const char *file;
        uint32_t samples;
    } pages[] = {{"vllm", 112}, {"sglang", 36}, {"lmcache", 20},    {"llamacpp", 12},
                 {"tgi", 28},   {"dynamo", 14}, {"openmetrics", 16}};
    for (size_t i = 0; i < sizeof pages / sizeof pages[0]; i++) {
        char *path = path_join(PAGES, pages[i].file);
        struct buffer page = {0};
        assert_true(file_read(path, &page, NULL));
        struct exposition exposition = exposition_begin(buffer_text(&page));
        struct exposition_sample sample;
        uint32_t count = 0;
        while (exposition_next(&exposition, &sample))
            count++;
        if (exposition.broken || count != pages[i].samples)
            fail_msg("%s: %u samples, %u broken lines, the first is %u", path, count,
                     exposition.broken, exposition.first_broken);
        buffer_free(&page);
        free(path);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_sample_has_its_name_labels_value_and_type),
        cmocka_unit_test(labels_may_hold_quotes_braces_and_line_breaks),
        cmocka_unit_test(values_may_be_nan_and_infinite),
        cmocka_unit_test(the_parts_of_a_histogram_and_a_summary_have_its_type),
        cmocka_unit_test(timestamps_are_in_ms_and_in_openmetrics_in_seconds),
        cmocka_unit_test(exemplars_of_openmetrics_are_passed),
        cmocka_unit_test(a_quoted_name_stands_in_the_braces),
        cmocka_unit_test(lines_that_make_no_sense_are_counted_and_passed),
        cmocka_unit_test(pages_of_engines_are_taken_whole),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
