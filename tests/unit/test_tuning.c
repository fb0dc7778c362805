/* Changes while a run is on, against the built-in server. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <arpa/inet.h>
#include <cmocka.h>
#include <math.h>
#include <sys/socket.h>

#include "benchmark/reset.h"
#include "mock_run.h"
#include "report/table.h"
#include "result/summary.h"

static void other_limits_judge_what_is_done_and_stay_in_the_journal(void **state)
{
    (void)state;
    struct fixture fixture;
    begin(&fixture, 40, 2, false);
    struct benchmark *benchmark = &fixture.benchmark;
    wait_done(benchmark, 1, 2);
    struct slo slo = benchmark->run->slo;
    slo.ttft_ms = 0.001;
    tuning_set_slo(benchmark, &slo);
    benchmark_join(benchmark);

    char *path = path_join(benchmark->directory, "journal.jsonl");
    struct run *run = journal_read(path, NULL);
    assert_non_null(run);
    struct summary summary;
    summary_make(&summary, run, run->levels[0], &run->levels[0]->rounds[0]);
    assert_true(summary.has_slo);
    assert_int_equal(summary.slo_missed[0], summary.counts.succeeded);
    summary_free(&summary);
    run_free(run);
    free(path);
    end(&fixture);
}

static void a_change_of_load_begins_a_segment_and_marks_the_level(void **state)
{
    (void)state;
    struct fixture fixture;
    begin(&fixture, 120, 2, false);
    struct benchmark *benchmark = &fixture.benchmark;
    wait_done(benchmark, 1, 10);
    assert_true(tuning_set_concurrency(benchmark, 12, NULL));
    benchmark_join(benchmark);

    const struct level *level = benchmark->run->levels[0];
    assert_string_equal(level->label, "C=2→12");
    const struct round *round = &level->rounds[0];
    assert_int_equal(round->segment_count, 2);
    assert_int_equal(round->segments[1].concurrency, 12);
    uint32_t in_segment[2] = {0}, widest = 0;
    for (uint32_t i = 0; i < round->record_count; i++) {
        const struct record *record = &round->records[i];
        assert_in_range(record->segment, 0, 1);
        in_segment[record->segment]++;
        assert_true(record->segment == 0 || record->dispatched_ns >= round->segments[1].start_ns);
        uint32_t together = 0;
        for (uint32_t j = 0; j < round->record_count; j++)
            together += round->records[j].dispatched_ns <= record->dispatched_ns &&
                        round->records[j].end_ns > record->dispatched_ns;
        widest = together > widest ? together : widest;
    }
    assert_in_range(in_segment[0], 10, 60);
    assert_int_equal(in_segment[0] + in_segment[1], 120);
    assert_in_range(widest, 10, 12);
    /* It holds to the end of the level. */
    assert_int_equal(level->rounds[1].segments[0].concurrency, 12);
    assert_int_equal(level->rounds[1].segment_count, 1);
    assert_tells(benchmark->run, "load", 1, "2 → 12");
    assert_tells(benchmark->run, "round", 2, "began: the same 120 requests");
    assert_journal_tells_the_same(benchmark);
    end(&fixture);
}

/* Requests of the round that were meant for the first time after an instant. */
static double intended_rate(const struct round *round, uint64_t after_ns)
{
    uint64_t last_ns = after_ns;
    uint32_t count = 0;
    for (uint32_t i = 0; i < round->record_count; i++) {
        uint64_t at_ns = round->records[i].intended_ns;
        count += at_ns > after_ns;
        last_ns = at_ns > last_ns ? at_ns : last_ns;
    }
    return count / ((double)(last_ns - after_ns) / NS_PER_S);
}

static void another_rate_holds_for_what_is_sent_from_then_on(void **state)
{
    (void)state;
    struct fixture fixture;
    begin_with(&fixture, 150, 1, 20, false);
    struct benchmark *benchmark = &fixture.benchmark;
    wait_done(benchmark, 1, 6);
    struct error error = {0};
    assert_false(tuning_set_concurrency(benchmark, 4, &error));
    assert_true(tuning_set_rate(benchmark, 200, &error));
    benchmark_join(benchmark);

    const struct level *level = benchmark->run->levels[0];
    assert_string_equal(level->label, "20→200 req/s");
    const struct round *round = &level->rounds[0];
    assert_int_equal(round->segment_count, 2);
    assert_true(round->segments[1].rate >= 200 && round->segments[1].rate <= 200);
    uint64_t changed_ns = round->segments[1].start_ns;
    double rate = intended_rate(round, changed_ns);
    if (!(rate > 140 && rate < 280))
        fail_msg("%g requests/s were meant, not about 200", rate);
    uint32_t since = 0;
    for (uint32_t i = 0; i < round->record_count; i++) {
        const struct record *record = &round->records[i];
        assert_true(record->segment == 0 || record->dispatched_ns >= changed_ns);
        since += record->segment == 1;
    }
    assert_in_range(since, 100, 144);
    assert_accounts(round);
    /* It holds to the end of the level. */
    const struct round *second = &level->rounds[1];
    assert_int_equal(second->segment_count, 1);
    rate = intended_rate(second, second->start_ns);
    if (!(rate > 140 && rate < 280))
        fail_msg("%g requests/s were meant in the second round, not about 200", rate);
    assert_tells(benchmark->run, "load", 1, "20 → 200 req/s");
    assert_journal_tells_the_same(benchmark);
    end(&fixture);
}

static void wait_for_rounds(struct benchmark *benchmark, uint32_t ended)
{
    uint64_t until_ns = now_ns() + PATIENCE_NS;
    while (atomic_load(&benchmark->rounds_ended) < ended && now_ns() < until_ns)
        sleep_until_ns(now_ns() + NS_PER_MS);
    assert_true(atomic_load(&benchmark->rounds_ended) >= ended);
}

static void between_rounds_the_load_is_not_changed_unmarked(void **state)
{
    (void)state;
    struct fixture fixture;
    struct benchmark *benchmark = &fixture.benchmark;
    struct error error = {0};
    prepare(&fixture, 12, 2, 0);
    fixture.config.settle_s = 1;
    start(&fixture, false);
    wait_for_rounds(benchmark, 1);
    assert_false(tuning_set_concurrency(benchmark, 12, &error));
    assert_non_null(strstr(error.text, "no round is running"));
    benchmark_join(benchmark);
    assert_int_equal(benchmark->run->levels[0]->rounds[1].segments[0].concurrency, 2);
    end(&fixture);

    prepare(&fixture, 20, 1, 200);
    fixture.config.settle_s = 1;
    start(&fixture, false);
    wait_for_rounds(benchmark, 1);
    assert_false(tuning_set_rate(benchmark, 20, &error));
    assert_non_null(strstr(error.text, "no round is running"));
    benchmark_join(benchmark);
    const struct segment *segment = &benchmark->run->levels[0]->rounds[1].segments[0];
    assert_true(segment->rate >= 200 && segment->rate <= 200);
    end(&fixture);
}

static void a_closed_loop_has_no_rate_to_change(void **state)
{
    (void)state;
    struct fixture fixture;
    struct error error = {0};
    begin(&fixture, 20, 2, false);
    wait_done(&fixture.benchmark, 1, 2);
    assert_false(tuning_set_rate(&fixture.benchmark, 5, &error));
    assert_non_null(strstr(error.text, "no rate to change"));
    benchmark_join(&fixture.benchmark);
    assert_int_equal(fixture.benchmark.run->levels[0]->rounds[0].segment_count, 1);
    end(&fixture);
}

static void a_note_stands_in_journal_and_tables(void **state)
{
    (void)state;
    struct fixture fixture;
    begin(&fixture, 40, 2, false);
    struct benchmark *benchmark = &fixture.benchmark;
    wait_done(benchmark, 1, 4);
    tuning_note(benchmark, "one more slot");
    benchmark_join(benchmark);
    assert_tells(benchmark->run, "note", 1, "one more slot");
    assert_journal_tells_the_same(benchmark);
    struct buffer text = {0};
    const struct level *level = benchmark->run->levels[0];
    table_round(&text, benchmark->run, level, &level->rounds[0],
                (struct table_style){.utf8 = true});
    assert_non_null(strstr(text.data, ": one more slot\n"));
    buffer_free(&text);
    end(&fixture);
}

static void a_pause_stops_dispatching_and_is_no_part_of_the_duration(void **state)
{
    (void)state;
    struct fixture fixture;
    begin(&fixture, 40, 2, false);
    struct benchmark *benchmark = &fixture.benchmark;
    wait_done(benchmark, 1, 6);
    tuning_pause(benchmark, true);
    uint64_t until_ns = now_ns() + PATIENCE_NS;
    while (look(benchmark)->in_flight && now_ns() < until_ns)
        sleep_until_ns(now_ns() + NS_PER_MS);
    uint32_t done = look(benchmark)->done;
    sleep_until_ns(now_ns() + 300 * NS_PER_MS);
    assert_int_equal(look(benchmark)->done, done);
    assert_true(tuning_is_paused(benchmark));
    uint64_t resumed_ns = now_ns() - benchmark->anchor.monotonic_ns;
    tuning_pause(benchmark, false);
    benchmark_join(benchmark);

    const struct round *round = &benchmark->run->levels[0]->rounds[0];
    assert_int_equal(round->record_count, 40);
    assert_true(round->paused_ns >= 300 * NS_PER_MS);
    uint32_t later = 0;
    for (uint32_t i = 0; i < round->record_count; i++) {
        const struct record *record = &round->records[i];
        later += record->dispatched_ns >= resumed_ns;
        assert_true(record->dispatched_ns < resumed_ns || record->intended_ns >= resumed_ns);
    }
    assert_int_equal(later, 40 - done);
    assert_tells(benchmark->run, "pause", 1, "paused");
    assert_tells(benchmark->run, "pause", 1, "went on after ");
    assert_journal_tells_the_same(benchmark);
    end(&fixture);
}

static void wait_in_flight(struct benchmark *benchmark, uint16_t round, uint32_t in_flight)
{
    uint64_t until_ns = now_ns() + PATIENCE_NS;
    while (look(benchmark)->round < round || look(benchmark)->in_flight != in_flight) {
        assert_true(now_ns() < until_ns);
        sleep_until_ns(now_ns() + NS_PER_MS);
    }
}

static double duration_s(const struct benchmark *benchmark, uint32_t round)
{
    struct summary summary;
    const struct level *level = benchmark->run->levels[0];
    summary_make(&summary, benchmark->run, level, &level->rounds[round - 1]);
    double seconds = summary.duration_s;
    summary_free(&summary);
    return seconds;
}

static void a_pause_that_holds_up_no_request_takes_nothing_off_the_duration(void **state)
{
    (void)state;
    struct fixture fixture;
    struct benchmark *benchmark = &fixture.benchmark;
    prepare(&fixture, 12, 12, 0);
    fixture.config.max_output_tokens = 250; /* a second */
    fixture.config.settle_s = 0.2;
    start(&fixture, false);
    wait_in_flight(benchmark, 1, 12);
    tuning_pause(benchmark, true); /* all are sent */
    wait_in_flight(benchmark, 1, 0);
    sleep_until_ns(now_ns() + 600 * NS_PER_MS);
    tuning_pause(benchmark, false);
    wait_for_rounds(benchmark, 1);
    tuning_pause(benchmark, true); /* none of the next round is */
    wait_in_flight(benchmark, 2, 0);
    sleep_until_ns(now_ns() + 600 * NS_PER_MS);
    tuning_pause(benchmark, false);
    benchmark_join(benchmark);

    for (uint32_t round = 1; round <= 2; round++) {
        assert_int_equal(benchmark->run->levels[0]->rounds[round - 1].record_count, 12);
        assert_int_equal(benchmark->run->levels[0]->rounds[round - 1].paused_ns, 0);
        assert_true(duration_s(benchmark, round) > 0.9);
    }
    end(&fixture);
}

static void arrivals_wait_for_that_part_of_a_pause_that_lies_in_their_round(void **state)
{
    (void)state;
    struct fixture fixture;
    struct benchmark *benchmark = &fixture.benchmark;
    prepare(&fixture, 10, 1, 1000);
    fixture.config.settle_s = 1.5;
    start(&fixture, false);
    wait_for_rounds(benchmark, 1);
    uint64_t paused_ns = now_ns();
    tuning_pause(benchmark, true);
    wait_in_flight(benchmark, 2, 0);
    sleep_until_ns(now_ns() + 100 * NS_PER_MS);
    tuning_pause(benchmark, false);
    benchmark_join(benchmark);

    const struct round *round = &benchmark->run->levels[0]->rounds[1];
    assert_int_equal(round->record_count, 10);
    uint64_t most_ns = now_ns() - paused_ns - NS_PER_S; /* without what was before the round */
    for (uint32_t i = 0; i < round->record_count; i++)
        assert_in_range(round->records[i].intended_ns - round->start_ns, 90 * NS_PER_MS, most_ns);
    end(&fixture);
}

static void a_skipped_round_accounts_for_every_request(void **state)
{
    (void)state;
    struct fixture fixture;
    begin(&fixture, 200, 4, false);
    struct benchmark *benchmark = &fixture.benchmark;
    wait_done(benchmark, 1, 8);
    tuning_skip_round(benchmark);
    benchmark_join(benchmark);

    const struct level *level = benchmark->run->levels[0];
    assert_int_equal(level->round_count, 2);
    const struct round *first = &level->rounds[0], *second = &level->rounds[1];
    assert_accounts(first);
    assert_in_range(first->counts.cancelled, 1, 4);
    assert_in_range(first->counts.not_sent, 100, 191);
    /* The second sends exactly what the first dispatched. */
    assert_int_equal(second->counts.planned, 200 - first->counts.not_sent);
    assert_int_equal(answered(second), second->counts.planned);
    end(&fixture);
}

static void a_stop_that_cuts_nothing_off_leaves_the_run_finished(void **state)
{
    (void)state;
    struct fixture fixture;
    begin(&fixture, 4, 4, true);
    wait_until_it_waits(&fixture.benchmark);
    benchmark_stop(&fixture.benchmark);
    benchmark_join(&fixture.benchmark);
    assert_int_equal(fixture.benchmark.end, RUN_FINISHED);
    end(&fixture);
}

static void a_reset_by_hand_parts_the_round_and_is_told(void **state)
{
    (void)state;
    struct fixture fixture;
    begin(&fixture, 120, 2, false);
    struct benchmark *benchmark = &fixture.benchmark;
    wait_done(benchmark, 1, 10);
    struct error error = {0};
    assert_false(reset_begin(benchmark, &error));
    assert_non_null(strstr(error.text, "--reset-cache-url"));
    benchmark->reset_url = endpoint_sibling(fixture.config.endpoint, "/reset_prefix_cache");
    assert_true(reset_begin(benchmark, &error));
    uint64_t until_ns = now_ns() + PATIENCE_NS;
    while (atomic_load(&benchmark->reset_state) != RESET_IDLE && now_ns() < until_ns) {
        reset_settle(benchmark);
        sleep_until_ns(now_ns() + NS_PER_MS);
    }
    benchmark_join(benchmark);

    const struct level *level = benchmark->run->levels[0];
    assert_int_equal(level->rounds[0].segment_count, 2);
    assert_string_equal(level->label, "C=2");
    bool told = false;
    for (uint32_t i = 0; i < changes_count(&benchmark->run->changes); i++) {
        const struct change *change = changes_at(&benchmark->run->changes, i);
        told |= strcmp(change->kind, "reset") == 0;
        assert_string_not_equal(change->kind, "load");
    }
    assert_true(told);
    end(&fixture);
}

/* A port that takes connections and says nothing. */
static int hang(uint16_t *port)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    assert_true(fd >= 0 && bind(fd, (struct sockaddr *)&address, size) == 0 && listen(fd, 4) == 0 &&
                getsockname(fd, (struct sockaddr *)&address, &size) == 0);
    *port = ntohs(address.sin_port);
    return fd;
}

static void the_end_does_not_wait_for_a_reset_that_hangs(void **state)
{
    (void)state;
    struct fixture fixture;
    uint16_t port;
    int fd = hang(&port);
    begin(&fixture, 20, 4, false);
    struct benchmark *benchmark = &fixture.benchmark;
    wait_done(benchmark, 1, 4);
    benchmark->reset_url = xasprintf("http://127.0.0.1:%u/reset", port);
    assert_true(reset_begin(benchmark, NULL));
    uint64_t begun_ns = now_ns();
    benchmark_join(benchmark);
    assert_true(now_ns() - begun_ns < 30 * NS_PER_S);
    assert_int_equal(benchmark->end, RUN_FINISHED);
    assert_tells(benchmark->run, "error", 0, "the reset of the cache had no answer");
    close(fd);
    end(&fixture);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(other_limits_judge_what_is_done_and_stay_in_the_journal),
        cmocka_unit_test(a_change_of_load_begins_a_segment_and_marks_the_level),
        cmocka_unit_test(another_rate_holds_for_what_is_sent_from_then_on),
        cmocka_unit_test(between_rounds_the_load_is_not_changed_unmarked),
        cmocka_unit_test(a_closed_loop_has_no_rate_to_change),
        cmocka_unit_test(a_note_stands_in_journal_and_tables),
        cmocka_unit_test(a_pause_stops_dispatching_and_is_no_part_of_the_duration),
        cmocka_unit_test(a_pause_that_holds_up_no_request_takes_nothing_off_the_duration),
        cmocka_unit_test(arrivals_wait_for_that_part_of_a_pause_that_lies_in_their_round),
        cmocka_unit_test(a_skipped_round_accounts_for_every_request),
        cmocka_unit_test(a_reset_by_hand_parts_the_round_and_is_told),
        cmocka_unit_test(the_end_does_not_wait_for_a_reset_that_hangs),
        cmocka_unit_test(a_stop_that_cuts_nothing_off_leaves_the_run_finished),
    };
    http_global_init();
    return cmocka_run_group_tests_name("tuning", tests, NULL, NULL);
}
