#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>

#include "result/journal.h"
#include "sample_metrics.h"
#include "telemetry/watched_history.h"

static struct run *run_with_metrics(void)
{
    struct run *run = run_new();
    sample_put_metrics(&run->samples);
    sample_read_all(&run->samples);
    return run;
}

/* Level 1, round 1: dispatched a little after the scrape at 12 s, ended right before that at 16 s.
 */
static struct watched_round of_round(const struct run *run, const char *key)
{
    struct watched_round round;
    samples_round(&run->samples, samples_find(&run->samples, key), 1, 1, 12 * NS_PER_S + NS_PER_MS,
                  16 * NS_PER_S - NS_PER_MS, &round);
    return round;
}

static void near(double got, double expected)
{
    if (!(fabs(got - expected) < 1e-9))
        fail_msg("%.17g is not %.17g", got, expected);
}

static void a_gauge_has_its_statistics_over_the_readings_in_the_round(void **state)
{
    (void)state;
    struct run *run = run_with_metrics();
    struct watched_round round = of_round(run, "running");
    near(round.before, 12);
    near(round.after, 16);
    near(round.change, 4);
    assert_int_equal(round.statistics.count, 4);
    near(round.statistics.avg, 14.5);
    near(round.statistics.p50, 14.5);
    near(round.statistics.min, 13);
    near(round.statistics.max, 16);
    near(round.value, 14.5);
    assert_true(round.has_before && round.has_after);
    run_free(run);
}

static void a_counter_gains_over_the_round_and_has_rates(void **state)
{
    (void)state;
    struct run *run = run_with_metrics();
    struct watched_round round = of_round(run, "queries");
    near(round.before, 1000);
    near(round.after, 1400);
    near(round.change, 400);
    near(round.statistics.avg, 100);
    assert_int_equal(round.resets, 0);
    run_free(run);
}

static void a_quotient_and_a_histogram_are_of_what_was_gained(void **state)
{
    (void)state;
    struct run *run = run_with_metrics();
    near(of_round(run, "hit_rate").value, 0.4);
    assert_true(isnan(of_round(run, "hit_rate").before));
    near(of_round(run, "ttft").value, 0.3);
    /* All lie between 0.1 and 0.5, in the middle of it by interpolation. */
    near(of_round(run, "p50(ttft)").value, 0.3);
    assert_true(isnan(of_round(run, "kv_cache_size").value));
    run_free(run);
}

static void a_counter_that_began_anew_is_recognised(void **state)
{
    (void)state;
    struct run *run = run_new();
    struct samples *samples = &run->samples;
    sample_put_metrics(samples);
    sample_read(samples, 15, READING_BEFORE); /* 1300 */
    sample_read(samples, 16, READING_DURING); /* 1400 */
    struct reading *reading = xcalloc(1, sizeof *reading + 2 * sizeof(double));
    *reading = (struct reading){.at_ns = 17 * NS_PER_S, .level = 1, .round = 1, .count = 2};
    reading->place = READING_AFTER;
    reading->values[COLUMN_COUNTER] = 30;
    samples_add(samples, reading);
    free(reading);
    struct watched_round round;
    samples_round(samples, samples_find(samples, "queries"), 1, 1, 15 * NS_PER_S + 1, 17 * NS_PER_S,
                  &round);
    near(round.change, 130);
    assert_int_equal(round.resets, 1);
    run_free(run);
}

static void what_could_not_be_read_for_a_while_loses_nothing(void **state)
{
    (void)state;
    struct run *run = run_new();
    struct samples *samples = &run->samples;
    sample_put_metrics(samples);
    sample_read(samples, 15, READING_BEFORE);
    struct reading *reading = xcalloc(1, sizeof *reading + 2 * sizeof(double));
    *reading = (struct reading){.at_ns = 16 * NS_PER_S, .level = 1, .round = 1, .count = 2};
    reading->place = READING_DURING;
    reading->values[COLUMN_COUNTER] = (double)NAN;
    samples_add(samples, reading);
    free(reading);
    sample_read(samples, 18, READING_AFTER);
    struct watched_round round;
    samples_round(samples, samples_find(samples, "queries"), 1, 1, 15 * NS_PER_S + 1, 17 * NS_PER_S,
                  &round);
    near(round.change, 300);
    run_free(run);
}

static void a_counter_that_appears_in_the_round_began_at_0(void **state)
{
    (void)state;
    struct run *run = run_new();
    struct samples *samples = &run->samples;
    struct reading empty = {.at_ns = NS_PER_S, .level = 1, .round = 1, .place = READING_BEFORE};
    samples_add(samples, &empty);
    sample_put_metrics(samples);
    struct watched appeared = sample_watched("late", WATCHED_COUNTER, COLUMN_HITS);
    appeared.appeared = true;
    samples_put_watched(samples, &appeared);
    sample_read(samples, 14, READING_AFTER);
    struct watched_round round;
    samples_round(samples, samples_find(samples, "late"), 1, 1, 2 * NS_PER_S, 13 * NS_PER_S,
                  &round);
    near(round.change, 480);
    samples_round(samples, samples_find(samples, "queries"), 1, 1, 2 * NS_PER_S, 13 * NS_PER_S,
                  &round);
    assert_true(isnan(round.change));
    run_free(run);
}

static void without_boundaries_the_nearest_readings_stand_in(void **state)
{
    (void)state;
    struct run *run = run_new();
    struct samples *samples = &run->samples;
    sample_put_metrics(samples);
    sample_read(samples, 10, READING_BETWEEN);
    sample_read(samples, 13, READING_DURING);
    sample_read(samples, 19, READING_BETWEEN);
    struct watched_round round;
    samples_round(samples, samples_find(samples, "running"), 1, 1, 12 * NS_PER_S, 15 * NS_PER_S,
                  &round);
    near(round.before, 10);
    near(round.after, 19);
    assert_int_equal(round.statistics.count, 1);
    assert_false(round.has_before || round.has_after);
    run_free(run);
}

static void a_request_has_the_last_reading_before_and_the_first_after_it(void **state)
{
    (void)state;
    struct run *run = run_with_metrics();
    struct watched_span span;
    assert_true(samples_span(&run->samples, samples_find(&run->samples, "queries"),
                             13 * NS_PER_S + 200 * NS_PER_MS, 14 * NS_PER_S + 300 * NS_PER_MS,
                             &span));
    near(span.before, 1100);
    near(span.after, 1300);
    near(span.delta, 200);
    assert_int_equal(span.before_ns, 200 * NS_PER_MS);
    assert_int_equal(span.after_ns, 700 * NS_PER_MS);
    assert_false(samples_span(&run->samples, samples_find(&run->samples, "queries"), NS_PER_S,
                              14 * NS_PER_S, &span));
    assert_false(samples_span(&run->samples, samples_find(&run->samples, "queries"), 14 * NS_PER_S,
                              99 * NS_PER_S, &span));
    run_free(run);
}

static void a_plot_has_steps_and_rates(void **state)
{
    (void)state;
    struct run *run = run_with_metrics();
    const struct samples *samples = &run->samples;
    uint32_t at_14_s = samples_from(samples, 14 * NS_PER_S);
    assert_int_equal(at_14_s, 4);
    near(samples_value(samples, samples_find(samples, "running"), at_14_s), 14);
    near(samples_value(samples, samples_find(samples, "hit_rate"), at_14_s), 0.4);
    near(samples_rate(samples, samples_find(samples, "queries"), at_14_s), 100);
    assert_true(isnan(samples_value(samples, samples_find(samples, "hit_rate"), 1)));
    assert_ptr_equal(samples_find_role(samples, ROLE_HIT_RATE), samples_find(samples, "hit_rate"));
    assert_null(samples_find_role(samples, ROLE_STORING));
    run_free(run);
}

static void one_that_appears_takes_the_place_of_its_absent_self(void **state)
{
    (void)state;
    struct run *run = run_with_metrics();
    uint32_t count = samples_watched_count(&run->samples);
    struct watched there = sample_watched("kv_cache_size", WATCHED_GAUGE, COLUMN_GAUGE);
    assert_true(samples_put_watched(&run->samples, &there));
    assert_int_equal(samples_watched_count(&run->samples), count);
    assert_int_equal(samples_find(&run->samples, "kv_cache_size")->kind, WATCHED_GAUGE);
    there.column = SAMPLE_COLUMNS;
    assert_false(samples_put_watched(&run->samples, &there));
    run_free(run);
}

static void days_of_readings_stay_bounded_and_boundaries_are_kept(void **state)
{
    (void)state;
    struct run *run = run_new();
    enum { COLUMNS = 1000, DAY = 86400 };
    struct reading *reading = xcalloc(1, sizeof *reading + COLUMNS * sizeof(double));
    reading->count = COLUMNS;
    for (uint64_t second = 0; second < 3 * DAY; second++) {
        reading->at_ns = second * NS_PER_S;
        samples_add(&run->samples, reading);
    }
    uint32_t count = samples_count(&run->samples);
    assert_in_range(count * COLUMNS * sizeof(double), 5 * SAMPLES_FULL_BYTES,
                    9 * SAMPLES_FULL_BYTES);
    /* A day of short rounds more: of the first ones both boundaries stay, in the end of some. */
    uint32_t pairs = 0, halves = 0;
    for (uint32_t round = 1; round <= DAY / 10; round++) {
        uint32_t before = samples_count(&run->samples);
        reading->round = (uint16_t)round;
        for (int i = 0; i < 2; i++) {
            reading->at_ns += 5 * NS_PER_S;
            reading->place = i ? READING_AFTER : READING_BEFORE;
            samples_add(&run->samples, reading);
        }
        pairs += samples_count(&run->samples) - before == 2;
        halves += samples_count(&run->samples) - before == 1;
    }
    assert_in_range(pairs, 200, DAY / 10 / 4);
    assert_in_range(halves, 0, 3); /* where thinning began between them */
    assert_true((samples_count(&run->samples)) * COLUMNS * sizeof(double) <
                11ull * SAMPLES_FULL_BYTES);
    free(reading);
    run_free(run);
}

static struct history_cell cell_of(const struct run *run, const char *key, uint64_t from_s,
                                   uint64_t seconds)
{
    struct history_cell cell;
    uint32_t series = history_find_series(run->history, key);
    assert_true(series < HISTORY_SERIES_MAX);
    history_query(run->history, series, (from_s + seconds) * NS_PER_S, seconds * NS_PER_S, &cell,
                  1);
    return cell;
}

static void the_history_has_each_metric_over_any_time(void **state)
{
    (void)state;
    struct run *run = run_with_metrics();
    const struct samples *samples = &run->samples;
    struct history_cell cell = cell_of(run, "running", 10, 10);
    assert_int_equal(cell.count, 10);
    near(history_mean(&cell), 14.5);
    near(cell.min, 10);
    near(cell.max, 19);
    cell = cell_of(run, "queries", 10, 5); /* nothing before 12 s */
    near(cell.sum, 300);
    near(watched_of_cell(samples_find(samples, "queries"), &cell), 60);
    near(cell.max, 100);
    cell = cell_of(run, "hit_rate", 10, 10);
    near(watched_of_cell(samples_find(samples, "hit_rate"), &cell), 0.4);
    /* What is not exposed has its place: it may appear. */
    assert_int_equal(cell_of(run, "kv_cache_size", 10, 10).count, 0);
    run_free(run);
}

/* A second with many lookups counts for more than one with few. */
static void the_hit_rate_of_a_minute_is_that_of_all_its_tokens(void **state)
{
    (void)state;
    struct run *run = run_new();
    sample_put_metrics(&run->samples);
    static const double queries[] = {0, 1000, 1010}, hits[] = {0, 900, 900};
    struct reading *reading = xcalloc(1, sizeof *reading + SAMPLE_COLUMNS * sizeof(double));
    reading->count = SAMPLE_COLUMNS;
    for (uint64_t i = 0; i < ARRAY_SIZE(queries); i++) {
        reading->at_ns = (61 + i) * NS_PER_S;
        reading->values[COLUMN_COUNTER] = queries[i];
        reading->values[COLUMN_HITS] = hits[i];
        samples_add(&run->samples, reading);
    }
    free(reading);
    struct history_cell cell = cell_of(run, "hit_rate", 60, 60);
    near(history_mean(&cell), 900.0 / 1010.0);
    near(cell.min, 0.0);
    run_free(run);
}

/* As long as it could not be read it may have gained at any time. */
static void what_a_counter_gained_lies_over_the_time_between_two_readings(void **state)
{
    (void)state;
    struct run *run = run_new();
    sample_put_metrics(&run->samples);
    sample_read(&run->samples, 14, READING_BETWEEN); /* 1200 */
    sample_read(&run->samples, 18, READING_BETWEEN); /* 1600 */
    for (uint64_t second = 14; second < 18; second++)
        near(cell_of(run, "queries", second, 1).sum, 100);
    run_free(run);
}

static void put_all(struct journal *journal, const struct samples *samples)
{
    struct metrics_source source = {.url = (char *)(uintptr_t) "http://localhost:8000/metrics",
                                    .format = (char *)(uintptr_t) "text",
                                    .engine = (char *)(uintptr_t) "vllm",
                                    .interval_s = 1,
                                    .exposed = 212};
    journal_put_metrics(journal, &source);
    for (uint32_t i = 0; i < samples->column_count; i++)
        journal_put_column(journal, i, samples->columns[i]);
    for (uint32_t i = 0; i < samples_watched_count(samples); i++)
        journal_put_metric(journal, samples_watched(samples, i));
    for (uint32_t i = 0; i < samples_count(samples); i++)
        journal_put_sample(journal, samples_at(samples, i));
    journal_put_failed_sample(journal, 20 * NS_PER_S, "connection refused");
}

static void the_journal_gives_back_what_was_read(void **state)
{
    (void)state;
    struct run *run = run_with_metrics();
    struct journal journal = {.fd = -1};
    journal_put_run(&journal, run);
    put_all(&journal, &run->samples);
    FILE *stream = fmemopen(journal.pending.data, journal.pending.size, "r");
    struct error error = {0};
    struct run *read = journal_read_stream(stream, "journal", &error);
    fclose(stream);
    if (!read)
        fail_msg("%s", error.text);
    struct journal again = {.fd = -1};
    journal_put_run(&again, read);
    put_all(&again, &read->samples);
    assert_int_equal(again.pending.size, journal.pending.size);
    assert_memory_equal(again.pending.data, journal.pending.data, journal.pending.size);
    assert_string_equal(samples_source(&read->samples, 0)->engine, "vllm");
    assert_int_equal(read->samples.failed, 1);
    assert_int_equal(read->samples.made, 11);
    assert_string_equal(read->samples.failure, "connection refused");
    near(of_round(read, "hit_rate").value, 0.4);
    struct history_cell cell = cell_of(read, "queries", 10, 5);
    near(cell.sum, 300);
    buffer_free(&journal.pending);
    buffer_free(&again.pending);
    run_free(run);
    run_free(read);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_gauge_has_its_statistics_over_the_readings_in_the_round),
        cmocka_unit_test(a_counter_gains_over_the_round_and_has_rates),
        cmocka_unit_test(a_quotient_and_a_histogram_are_of_what_was_gained),
        cmocka_unit_test(a_counter_that_began_anew_is_recognised),
        cmocka_unit_test(what_could_not_be_read_for_a_while_loses_nothing),
        cmocka_unit_test(a_counter_that_appears_in_the_round_began_at_0),
        cmocka_unit_test(without_boundaries_the_nearest_readings_stand_in),
        cmocka_unit_test(a_request_has_the_last_reading_before_and_the_first_after_it),
        cmocka_unit_test(a_plot_has_steps_and_rates),
        cmocka_unit_test(one_that_appears_takes_the_place_of_its_absent_self),
        cmocka_unit_test(the_history_has_each_metric_over_any_time),
        cmocka_unit_test(the_hit_rate_of_a_minute_is_that_of_all_its_tokens),
        cmocka_unit_test(what_a_counter_gained_lies_over_the_time_between_two_readings),
        cmocka_unit_test(days_of_readings_stay_bounded_and_boundaries_are_kept),
        cmocka_unit_test(the_journal_gives_back_what_was_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
