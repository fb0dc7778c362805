#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "result/metric.h"
#include "sample_run.h"

static uint64_t value_of(enum metric_id id, const struct record *record)
{
    uint64_t ns;
    assert_true(metrics_table[id].value(record, &ns));
    return ns;
}

static bool has_value(enum metric_id id, const struct record *record)
{
    uint64_t ns;
    return metrics_table[id].value(record, &ns);
}

static void spans_run_from_sent_and_the_users_from_intended(void **state)
{
    (void)state;
    struct record record = sample_record(0, 100, 40, 240, 250);
    assert_int_equal(value_of(METRIC_TTFT, &record), MS(40));
    assert_int_equal(value_of(METRIC_LATENCY, &record), MS(250));
    assert_int_equal(value_of(METRIC_USER_TTFT, &record), MS(40.2));
    assert_int_equal(value_of(METRIC_USER_LATENCY, &record), MS(250.2));
}

static void itl_ends_at_the_last_token_and_counts_intervals(void **state)
{
    (void)state;
    struct record record = sample_record(0, 100, 40, 240, 999);
    assert_int_equal(value_of(METRIC_ITL, &record), MS(20)); /* 200 ms over 10 intervals */
}

static void the_first_chunks_tokens_have_no_interval(void **state)
{
    (void)state;
    struct record record = sample_record(0, 100, 40, 240, 250);
    record.first_chunk_tokens = 3;
    assert_int_equal(value_of(METRIC_ITL, &record), MS(25)); /* 200 ms over 11 − 3 */
    record.first_chunk_tokens = 11;
    assert_false(has_value(METRIC_ITL, &record));
}

static void hidden_reasoning_is_not_in_itl_but_streamed_is(void **state)
{
    (void)state;
    struct record record = sample_record(0, 100, 40, 240, 250);
    record.reasoning_tokens = 6;
    assert_int_equal(record_itl_tokens(&record), 5);
    assert_int_equal(value_of(METRIC_ITL, &record), MS(50));
    record.streamed_reasoning = true;
    assert_int_equal(value_of(METRIC_ITL, &record), MS(20));
}

static void one_token_or_one_instant_has_no_itl(void **state)
{
    (void)state;
    struct record record = sample_record(0, 100, 40, 40, 250);
    assert_false(has_value(METRIC_ITL, &record));
    record = sample_record(0, 100, 40, 240, 250);
    record.completion_tokens = 1;
    assert_false(has_value(METRIC_ITL, &record));
}

static void without_usage_chunks_stand_for_tokens(void **state)
{
    (void)state;
    struct record record = sample_record(0, 100, 40, 240, 250);
    bool estimated;
    record.completion_tokens = record.prompt_tokens = TOKENS_UNKNOWN;
    record.chunks = 6;
    assert_int_equal(record_output_tokens(&record, &estimated), 6);
    assert_true(estimated);
    assert_int_equal(record_input_tokens(&record, &estimated), 1000);
    assert_true(estimated);
    assert_int_equal(value_of(METRIC_ITL, &record), MS(40));
}

static void queue_is_what_the_client_waited_less_connecting(void **state)
{
    (void)state;
    struct record record = sample_record(0, 100, 40, 240, 250);
    record.connect_ns = MS(0.15);
    assert_int_equal(value_of(METRIC_QUEUE, &record), MS(0.2) - MS(0.15));
    /* The connection was opened for the second attempt: none of it lies before the first. */
    record.attempts = 2;
    record.sent_ns += MS(3);
    assert_int_equal(value_of(METRIC_QUEUE, &record), MS(0.2));
    assert_int_equal(value_of(METRIC_RETRY, &record), MS(3));
}

static void what_did_not_happen_has_no_value(void **state)
{
    (void)state;
    struct record record = {.error = ERR_CONNECT};
    for (unsigned id = 0; id < METRIC_COUNT; id++)
        if (metrics_table[id].value)
            assert_false(has_value((enum metric_id)id, &record));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(spans_run_from_sent_and_the_users_from_intended),
        cmocka_unit_test(itl_ends_at_the_last_token_and_counts_intervals),
        cmocka_unit_test(the_first_chunks_tokens_have_no_interval),
        cmocka_unit_test(hidden_reasoning_is_not_in_itl_but_streamed_is),
        cmocka_unit_test(one_token_or_one_instant_has_no_itl),
        cmocka_unit_test(without_usage_chunks_stand_for_tokens),
        cmocka_unit_test(queue_is_what_the_client_waited_less_connecting),
        cmocka_unit_test(what_did_not_happen_has_no_value),
    };
    return cmocka_run_group_tests_name("metric", tests, NULL, NULL);
}
