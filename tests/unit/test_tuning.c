/* Changes while a run is on, against the built-in server. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/file.h"
#include "base/memory.h"
#include "benchmark/reset.h"
#include "benchmark/tuning.h"
#include "mock/mock_server.h"
#include "report/table.h"
#include "result/journal.h"
#include "result/summary.h"

#define PATIENCE_NS (20 * NS_PER_S)

struct fixture {
    struct config config;
    struct buffer rows; /* the dataset's texts point into it */
    struct dataset dataset;
    struct plan plan;
    struct mock_server *mock;
    struct benchmark benchmark;
    char directory[64];
};

/* An open loop where there is a rate. */
static void begin_with(struct fixture *fixture, uint32_t rows, uint32_t concurrency, double rate,
                       bool stay)
{
    struct error error = {0};
    *fixture = (struct fixture){0};
    struct config *config = &fixture->config;
    config_default(config);
    config->mock.port = 0;
    config->mock.ttft_ms = 20;
    config->mock.itl_ms = 4;
    fixture->mock = mock_server_start(&config->mock, &error);
    assert_non_null(fixture->mock);
    config->endpoint =
        xasprintf("http://127.0.0.1:%u/v1/chat/completions", mock_server_port(fixture->mock));
    config->max_output_tokens = 10;
    config->concurrency.values = xmalloc(sizeof(int64_t));
    config->concurrency.values[0] = concurrency;
    config->concurrency.count = 1;
    if (rate > 0) {
        config->concurrency.count = 0;
        config->request_rate.values = xmalloc(sizeof rate);
        config->request_rate.values[0] = rate;
        config->request_rate.count = 1;
    }
    strcpy(fixture->directory, "/tmp/fluxperf-tuning-XXXXXX");
    assert_non_null(mkdtemp(fixture->directory));
    config->output_dir = path_join(fixture->directory, "out");

    for (uint32_t i = 0; i < rows; i++)
        buffer_printf(&fixture->rows, "{\"text\":\"prompt number %u\"}\n", i);
    assert_true(dataset_parse(&fixture->dataset, buffer_text(&fixture->rows), false, &error));
    fixture->dataset.name = xstrdup("rows");
    assert_true(plan_make(&fixture->plan, config, &fixture->dataset, &error));

    fixture->benchmark = (struct benchmark){.config = config,
                                            .dataset = &fixture->dataset,
                                            .plan = &fixture->plan,
                                            .command_line = "fluxperf",
                                            .stay = stay,
                                            .notify_fd = eventfd(0, EFD_NONBLOCK)};
    assert_true(benchmark_start(&fixture->benchmark, &error));
}

static void begin(struct fixture *fixture, uint32_t rows, uint32_t concurrency, bool stay)
{
    begin_with(fixture, rows, concurrency, 0, stay);
}

static void end(struct fixture *fixture)
{
    close(fixture->benchmark.notify_fd);
    benchmark_free(&fixture->benchmark);
    mock_server_stop(fixture->mock);
    plan_free(&fixture->plan);
    dataset_free(&fixture->dataset);
    buffer_free(&fixture->rows);
    char *remove = xasprintf("rm -r %s", fixture->directory);
    assert_int_equal(system(remove), 0);
    free(remove);
    config_free(&fixture->config);
}

static struct live_view *look(struct benchmark *benchmark)
{
    static struct live_view view;
    live_copy(&benchmark->live, &view);
    return &view;
}

/* Waits until the running round has ended so many requests. */
static void wait_done(struct benchmark *benchmark, uint16_t round, uint32_t done)
{
    uint64_t until_ns = now_ns() + PATIENCE_NS;
    while (look(benchmark)->round < round || look(benchmark)->done < done) {
        assert_true(now_ns() < until_ns);
        sleep_until_ns(now_ns() + NS_PER_MS);
    }
}

static void assert_accounts(const struct round *round)
{
    const struct round_counts *counts = &round->counts;
    assert_int_equal(counts->planned,
                     counts->succeeded + counts->failed + counts->cancelled + counts->not_sent);
}

static void assert_tells(const struct run *run, const char *kind, uint16_t round, const char *text)
{
    for (uint32_t i = 0; i < changes_count(&run->changes); i++) {
        const struct change *change = changes_at(&run->changes, i);
        if (strcmp(change->kind, kind) == 0 && change->round == round &&
            strncmp(change->text, text, strlen(text)) == 0)
            return;
    }
    fail_msg("no %s in round %u says '%s'", kind, round, text);
}

/* The journal tells of the run what was seen while it was on. */
static void assert_journal_tells_the_same(const struct benchmark *benchmark)
{
    struct error error = {0};
    char *path = path_join(benchmark->directory, "journal.jsonl");
    struct run *read = journal_read(path, &error);
    assert_non_null(read);
    const struct changes *seen = &benchmark->run->changes, *kept = &read->changes;
    assert_int_equal(changes_count(seen), changes_count(kept));
    for (uint32_t i = 0; i < changes_count(seen); i++) {
        const struct change *a = changes_at(seen, i), *b = changes_at(kept, i);
        assert_int_equal(a->at_ns, b->at_ns);
        assert_int_equal(a->level, b->level);
        assert_int_equal(a->round, b->round);
        assert_string_equal(a->kind, b->kind);
        assert_string_equal(a->text, b->text);
    }
    run_free(read);
    free(path);
}

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
    tuning_pause(benchmark, false);
    benchmark_join(benchmark);

    const struct round *round = &benchmark->run->levels[0]->rounds[0];
    assert_int_equal(round->counts.succeeded, 40);
    assert_true(round->paused_ns >= 300 * NS_PER_MS);
    for (uint32_t i = 0; i < round->record_count; i++) {
        const struct record *record = &round->records[i];
        assert_true(record->dispatched_ns - record->intended_ns < 200 * NS_PER_MS);
    }
    assert_tells(benchmark->run, "pause", 1, "paused");
    assert_tells(benchmark->run, "pause", 1, "went on after ");
    assert_journal_tells_the_same(benchmark);
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
    assert_int_equal(second->counts.succeeded, second->counts.planned);
    end(&fixture);
}

static void wait_until_it_waits(struct benchmark *benchmark)
{
    uint64_t until_ns = now_ns() + PATIENCE_NS;
    while (!tuning_is_waiting(benchmark) && now_ns() < until_ns)
        sleep_until_ns(now_ns() + NS_PER_MS);
    assert_true(tuning_is_waiting(benchmark));
}

static void a_staying_run_takes_more_levels_until_it_is_told_to_finish(void **state)
{
    (void)state;
    struct fixture fixture;
    begin(&fixture, 20, 4, true);
    struct benchmark *benchmark = &fixture.benchmark;
    wait_until_it_waits(benchmark);

    struct level_wish wish;
    level_wish_repeat(&wish, benchmark->run->levels[0]);
    wish.max_output_tokens = 3;
    wish.note = xstrdup("shorter");
    assert_int_equal(tuning_queue_level(benchmark, &wish, false, NULL), 2);
    tuning_finish(benchmark);
    benchmark_join(benchmark);

    assert_int_equal(benchmark->end, RUN_FINISHED);
    const struct level *level = benchmark->run->levels[1];
    assert_string_equal(level->note, "shorter");
    assert_string_equal(level->cold_start, "salt");
    assert_int_equal(level->round_count, 2);
    assert_int_equal(level->rounds[0].counts.succeeded, 20);
    assert_int_equal(level->rounds[0].records[0].completion_tokens, 3);
    assert_int_equal(level->rounds[0].records[0].cached_tokens, 0);
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

static void a_level_wanted_now_ends_the_one_that_runs(void **state)
{
    (void)state;
    struct fixture fixture;
    begin(&fixture, 200, 2, true);
    struct benchmark *benchmark = &fixture.benchmark;
    wait_done(benchmark, 1, 6);
    struct level_wish wish;
    level_wish_init(&wish);
    wish.concurrency = 8;
    wish.samples = 16;
    assert_int_equal(tuning_queue_level(benchmark, &wish, true, NULL), 2);
    tuning_finish(benchmark);
    benchmark_join(benchmark);

    const struct level *ended = benchmark->run->levels[0], *wanted = benchmark->run->levels[1];
    assert_int_equal(ended->round_count, 1);
    assert_accounts(&ended->rounds[0]);
    assert_string_equal(wanted->label, "C=8");
    assert_int_equal(wanted->rounds[1].counts.succeeded, 16);
    assert_tells(benchmark->run, "level", 1, "L2 C=8 begins now");
    assert_tells(benchmark->run, "skip", 1, "the round is ended");
    assert_journal_tells_the_same(benchmark);
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(other_limits_judge_what_is_done_and_stay_in_the_journal),
        cmocka_unit_test(a_change_of_load_begins_a_segment_and_marks_the_level),
        cmocka_unit_test(another_rate_holds_for_what_is_sent_from_then_on),
        cmocka_unit_test(a_closed_loop_has_no_rate_to_change),
        cmocka_unit_test(a_note_stands_in_journal_and_tables),
        cmocka_unit_test(a_pause_stops_dispatching_and_is_no_part_of_the_duration),
        cmocka_unit_test(a_skipped_round_accounts_for_every_request),
        cmocka_unit_test(a_reset_by_hand_parts_the_round_and_is_told),
        cmocka_unit_test(a_staying_run_takes_more_levels_until_it_is_told_to_finish),
        cmocka_unit_test(a_stop_that_cuts_nothing_off_leaves_the_run_finished),
        cmocka_unit_test(a_level_wanted_now_ends_the_one_that_runs),
    };
    http_global_init();
    return cmocka_run_group_tests_name("tuning", tests, NULL, NULL);
}
