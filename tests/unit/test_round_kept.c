/* A run of which old rounds lose their records must go on telling the same of them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <pthread.h>

#include "result/round_kept.h"
#include "sample_metrics.h"
#include "sample_run.h"

#define ROUNDS   8u
#define REQUESTS 100u
#define LATER_NS (1000 * NS_PER_S)

/* A round every minute, the last one still on. */
static struct run *long_run(void)
{
    struct random random;
    random_seed(&random, 7);
    struct run *run = run_new();
    run->slo.ttft_ms = 40.0;
    struct level *level = run_add_level(run, 10, 0.0, REQUESTS, ROUNDS);
    for (uint32_t r = 0; r < ROUNDS; r++) {
        struct round *round = level_add_round(level, REQUESTS, r * 60 * NS_PER_S);
        sample_fill_round(&random, round, 1, 40.0 + r, REQUESTS, true);
    }
    level->rounds[ROUNDS - 1].ended = false;
    return run;
}

static void assert_same_summary(const struct summary *a, const struct summary *b)
{
    assert_int_equal(a->error_count, b->error_count);
    for (uint32_t i = 0; i < a->error_count; i++)
        assert_memory_equal(&a->errors[i], &b->errors[i], sizeof a->errors[i]);
    struct summary one = *a, other = *b;
    one.errors = other.errors = NULL;
    assert_memory_equal(&one, &other, sizeof one);
}

static void figures_of_a_round_are_the_same_without_its_records(void **state)
{
    (void)state;
    struct run *run = long_run();
    const struct level *level = run->levels[0];
    const struct round *round = &level->rounds[2];
    struct summary before, after;
    struct comparison compared_before[2], compared_after[2];
    uint32_t shortened;
    summary_make(&before, run, level, round);
    comparison_make(&compared_before[0], &level->rounds[0], round);
    comparison_of_pairs(&compared_before[1], METRIC_LATENCY, &level->rounds[0], round);
    assert_true(before.error_count > 1 && before.slo_met_requests > 0);
    assert_true(compared_before[0].pairs > 50);

    run_release_records(run, level, LATER_NS);
    assert_null(round->records);
    assert_int_equal(round_record_count(round), 0);
    assert_int_equal(round_done_count(round), REQUESTS);
    assert_int_equal(round_last_turn(round), 1);
    assert_int_equal(round_dropped_turns(round, &shortened), 0);
    summary_make(&after, run, level, round);
    comparison_make(&compared_after[0], &level->rounds[0], round);
    comparison_of_pairs(&compared_after[1], METRIC_LATENCY, &level->rounds[0], round);
    assert_same_summary(&before, &after);
    assert_memory_equal(compared_before, compared_after, sizeof compared_before);
    summary_free(&before);
    summary_free(&after);
    run_free(run);
}

static void the_first_round_and_the_last_ones_have_their_records(void **state)
{
    (void)state;
    struct run *run = long_run();
    const struct level *level = run->levels[0];
    uint16_t first, last;
    assert_false(level_released(level, &first, &last));
    run_release_records(run, level, LATER_NS);
    for (uint32_t r = 0; r < ROUNDS; r++)
        assert_int_equal(round_record_count(&level->rounds[r]),
                         r == 0 || r + 4 >= ROUNDS ? REQUESTS : 0);
    assert_true(level_released(level, &first, &last));
    assert_int_equal(first, 2);
    assert_int_equal(last, ROUNDS - 4);
    uint32_t releases = run->releases;
    run_release_records(run, level, LATER_NS);
    assert_int_equal(run->releases, releases);
    run_free(run);
}

static void what_was_on_two_minutes_ago_is_at_hand(void **state)
{
    (void)state;
    struct run *run = long_run();
    const struct level *level = run->levels[0];
    run_release_records(run, level, level->rounds[1].end_ns + 121 * NS_PER_S);
    assert_non_null(level->rounds[1].kept);
    assert_null(level->rounds[2].kept);
    run_free(run);
}

static void later_limits_are_not_said_of_it(void **state)
{
    (void)state;
    struct run *run = long_run();
    const struct level *level = run->levels[0];
    const struct round *gone = &level->rounds[1], *here = &level->rounds[5];
    run_release_records(run, level, LATER_NS);
    assert_false(round_judged_otherwise(run, gone));
    run->slo.ttft_ms = 1000.0;
    assert_true(round_judged_otherwise(run, gone));
    assert_false(round_judged_otherwise(run, here));
    struct summary summary;
    summary_make(&summary, run, level, gone);
    assert_false(summary.has_slo);
    assert_true(isnan(summary.goodput_tokens_per_s));
    assert_int_equal(summary.slo_met_requests, 0);
    assert_true(summary.metrics[METRIC_TTFT].count > 0);
    summary_free(&summary);
    summary_make(&summary, run, level, here);
    assert_int_equal(summary.slo_met_requests, summary.counts.succeeded);
    summary_free(&summary);
    run->slo.ttft_ms = 40.0;
    assert_false(round_judged_otherwise(run, gone));
    run_free(run);
}

/* As sample_read_all, which is about round 1. */
static void read_round_two(struct samples *samples)
{
    struct samples first = {.source_count = 0};
    struct reading *copy = xmalloc(sizeof *copy + SAMPLE_COLUMNS * sizeof(double));
    sample_put_metrics(samples);
    sample_put_metrics(&first);
    sample_read_all(&first);
    for (uint32_t i = 0; i < samples_count(&first); i++) {
        const struct reading *reading = samples_at(&first, i);
        memcpy(copy, reading, sizeof *reading + SAMPLE_COLUMNS * sizeof(double));
        copy->round = reading->round ? 2 : 0;
        samples_add(samples, copy);
    }
    free(copy);
    samples_free(&first);
}

static void what_the_server_did_in_it_stays_when_its_readings_go(void **state)
{
    (void)state;
    struct run *run = run_new();
    struct level *level = run_add_level(run, 10, 0.0, 1, ROUNDS);
    read_round_two(&run->samples);
    for (uint32_t r = 0; r < ROUNDS; r++) {
        struct round *round = level_add_round(level, 1, (8 + 4 * r) * NS_PER_S);
        round->end_ns = round->start_ns + 3 * NS_PER_S;
        round->ended = true;
    }
    const struct round *round = &level->rounds[1]; /* from 12 s to 15 s */
    uint32_t watched = samples_watched_count(&run->samples), count = samples_count(&run->samples);
    struct watched_round *before = xcalloc(watched, sizeof *before), after;
    for (uint32_t i = 0; i < watched; i++)
        round_watched(run, level, round, samples_watched(&run->samples, i), &before[i]);
    assert_true(before[0].statistics.count > 2);

    run_release_records(run, level, LATER_NS);
    run_release_readings(run, level, LATER_NS);
    assert_int_equal(samples_count(&run->samples), count); /* plots of the hour need them */
    run_release_readings(run, level, 3700 * NS_PER_S);
    assert_true(samples_count(&run->samples) < count);
    bool has_before = false, has_after = false;
    for (uint32_t i = 0; i < samples_count(&run->samples); i++) {
        const struct reading *reading = samples_at(&run->samples, i);
        has_before |= reading->place == READING_BEFORE;
        has_after |= reading->place == READING_AFTER;
        assert_true(reading->at_ns < round->start_ns || reading->at_ns >= round->end_ns ||
                    reading->place != READING_DURING);
    }
    assert_true(has_before && has_after);
    for (uint32_t i = 0; i < watched; i++) {
        round_watched(run, level, round, samples_watched(&run->samples, i), &after);
        assert_memory_equal(&before[i], &after, sizeof after);
    }
    free(before);
    run_free(run);
}

static void *look_again_and_again(void *context)
{
    const struct run *run = context;
    const struct level *level = run->levels[0];
    for (int i = 0; i < 200; i++) {
        struct summary summary;
        run_hold(run);
        for (uint32_t r = 0; r < ROUNDS; r++) {
            summary_make(&summary, run, level, &level->rounds[r]);
            assert_true(summary.metrics[METRIC_TTFT].count > 0);
            summary_free(&summary);
        }
        run_let_go(run);
    }
    return NULL;
}

/* For ThreadSanitizer and AddressSanitizer above all. */
static void who_holds_the_run_reads_records_beside_their_release(void **state)
{
    (void)state;
    struct run *run = long_run();
    pthread_t readers[2];
    for (size_t i = 0; i < ARRAY_SIZE(readers); i++)
        assert_int_equal(pthread_create(&readers[i], NULL, look_again_and_again, run), 0);
    for (uint32_t r = 1; r < ROUNDS; r++) {
        run_release_records(run, run->levels[0], run->levels[0]->rounds[r].end_ns + 121 * NS_PER_S);
        sleep_until_ns(now_ns() + NS_PER_MS);
    }
    for (size_t i = 0; i < ARRAY_SIZE(readers); i++)
        pthread_join(readers[i], NULL);
    assert_int_equal(run->releases, 3);
    run_free(run);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(figures_of_a_round_are_the_same_without_its_records),
        cmocka_unit_test(the_first_round_and_the_last_ones_have_their_records),
        cmocka_unit_test(what_was_on_two_minutes_ago_is_at_hand),
        cmocka_unit_test(later_limits_are_not_said_of_it),
        cmocka_unit_test(what_the_server_did_in_it_stays_when_its_readings_go),
        cmocka_unit_test(who_holds_the_run_reads_records_beside_their_release),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
