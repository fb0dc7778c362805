/* Levels that are added while a run is on, against the built-in server. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "benchmark/level_queue.h"
#include "config/level_options.h"
#include "mock_run.h"
#include "result/comparison.h"

static void set(struct config *config, const char *option, const char *value)
{
    struct error error = {0};
    if (!config_override(config, options_find(option), text_of(value), &error))
        fail_msg("%s", error.text);
}

static void a_staying_run_takes_more_levels_until_it_is_told_to_finish(void **state)
{
    (void)state;
    struct fixture fixture;
    begin(&fixture, 20, 4, true);
    struct benchmark *benchmark = &fixture.benchmark;
    wait_until_it_waits(benchmark);

    const struct level *first = benchmark->run->levels[0];
    struct config config;
    level_queue_config(benchmark, first, &config);
    set(&config, "max-output-tokens", "3");
    set(&config, "cold-start", "salt");
    set(&config, "note", "shorter");
    assert_int_equal(level_queue_add(benchmark, &config, first, NULL, false, NULL), 2);
    config_free(&config);
    tuning_finish(benchmark);
    benchmark_join(benchmark);

    assert_int_equal(benchmark->end, RUN_FINISHED);
    const struct level *level = benchmark->run->levels[1];
    assert_string_equal(level->note, "shorter");
    assert_string_equal(level->cold_start, "salt");
    assert_int_equal(level->round_count, 2);
    assert_int_equal(answered(&level->rounds[0]), 20);
    assert_int_equal(level->rounds[0].records[0].completion_tokens, 3);
    assert_int_equal(level->rounds[0].records[0].cached_tokens, 0);
    assert_tells(benchmark->run, "level", 0,
                 "L2 C=4 queued: --note shorter --cold-start salt --max-output-tokens 3");
    end(&fixture);
}

static void a_level_wanted_now_ends_the_one_that_runs(void **state)
{
    (void)state;
    struct fixture fixture;
    begin(&fixture, 200, 2, true);
    struct benchmark *benchmark = &fixture.benchmark;
    wait_done(benchmark, 1, 6);
    const struct level *first = benchmark->run->levels[0];
    struct config config;
    level_queue_config(benchmark, first, &config);
    set(&config, "concurrency", "8");
    set(&config, "num-samples", "16");
    assert_int_equal(level_queue_add(benchmark, &config, first, NULL, true, NULL), 2);
    config_free(&config);
    tuning_finish(benchmark);
    benchmark_join(benchmark);

    const struct level *ended = benchmark->run->levels[0], *wanted = benchmark->run->levels[1];
    assert_int_equal(ended->round_count, 1);
    assert_accounts(&ended->rounds[0]);
    assert_string_equal(wanted->label, "C=8");
    assert_int_equal(answered(&wanted->rounds[1]), 16);
    assert_tells(benchmark->run, "level", 1, "L2 C=8 begins now");
    assert_tells(benchmark->run, "skip", 1, "the round is ended");
    assert_journal_tells_the_same(benchmark);
    end(&fixture);
}

static struct run *read_journal(const struct benchmark *benchmark)
{
    char *path = path_join(benchmark->directory, "journal.jsonl");
    struct run *run = journal_read(path, NULL);
    assert_non_null(run);
    free(path);
    return run;
}

static void assert_option(const struct run *run, const struct level *level, const char *key,
                          const char *wanted)
{
    struct text value;
    assert_true(run_option(run, level, key, &value));
    if (!text_is(value, wanted))
        fail_msg("%s is %.*s in L%u, not %s", key, (int)value.size, value.data, level->number,
                 wanted);
}

static void a_level_with_another_dataset_sends_its_rows_and_the_journal_knows_them(void **state)
{
    (void)state;
    struct fixture fixture;
    begin(&fixture, 6, 2, true);
    struct benchmark *benchmark = &fixture.benchmark;
    wait_until_it_waits(benchmark);

    struct dataset other;
    assert_true(dataset_read(&other, "builtin:chinese", false, NULL));
    char *question = xstrndup(other.samples[1].prompt.data, other.samples[1].prompt.size);
    const struct level *first = benchmark->run->levels[0];
    struct config config;
    level_queue_config(benchmark, first, &config);
    set(&config, "dataset", "builtin:chinese");
    set(&config, "max-output-tokens", "4");
    assert_int_equal(level_queue_add(benchmark, &config, first, &other, false, NULL), 2);
    config_free(&config);
    /* The third is like the second: its dataset is there already. */
    const struct level *second = benchmark->run->levels[1];
    level_queue_config(benchmark, second, &config);
    assert_int_equal(level_queue_add(benchmark, &config, second, NULL, false, NULL), 3);
    config_free(&config);
    tuning_finish(benchmark);
    benchmark_join(benchmark);

    struct run *read = read_journal(benchmark);
    const struct run *both[] = {benchmark->run, read};
    for (size_t i = 0; i < ARRAY_SIZE(both); i++) {
        const struct run *run = both[i];
        assert_int_equal(run->level_count, 3);
        assert_int_equal(run->other_count, 1);
        assert_string_equal(run_level_dataset(run, run->levels[0])->name, "rows");
        for (uint32_t l = 1; l < 3; l++) {
            const struct level *level = run->levels[l];
            assert_string_equal(run_level_dataset(run, level)->name, "builtin:chinese");
            assert_string_equal(run_find_question(run, level, 1, 1)->text, question);
            assert_option(run, level, "dataset", "\"builtin:chinese\"");
            assert_option(run, level, "max_output_tokens", "4");
            assert_string_equal(level->own_words,
                                "--max-output-tokens 4 --dataset builtin:chinese");
            assert_int_equal(answered(&level->rounds[0]), 6);
            assert_int_equal(level->rounds[0].records[0].completion_tokens, 4);
        }
        assert_option(run, run->levels[0], "max_output_tokens", "10");
        assert_null(run->levels[0]->own_words);
        /* Rows of the same number are not the same prompts. */
        struct comparison comparison;
        comparison_make(&comparison, &run->levels[0]->rounds[1], &run->levels[1]->rounds[1]);
        assert_int_equal(comparison.pairs, 0);
        comparison_make(&comparison, &run->levels[1]->rounds[1], &run->levels[2]->rounds[1]);
        assert_int_equal(comparison.pairs, 6);
    }
    run_free(read);
    free(question);
    end(&fixture);
}

static void prompts_that_are_cut_are_no_pair_of_whole_ones(void **state)
{
    (void)state;
    struct fixture fixture;
    begin(&fixture, 4, 2, true);
    struct benchmark *benchmark = &fixture.benchmark;
    wait_until_it_waits(benchmark);
    const struct level *first = benchmark->run->levels[0];
    struct config config;
    level_queue_config(benchmark, first, &config);
    set(&config, "max-input-length", "2");
    assert_int_equal(level_queue_add(benchmark, &config, first, NULL, false, NULL), 2);
    config_free(&config);
    tuning_finish(benchmark);
    benchmark_join(benchmark);

    struct run *run = read_journal(benchmark);
    const struct level *cut = run->levels[1];
    assert_int_equal(cut->cut_requests, 4);
    assert_string_equal(cut->tokenizer, "server");
    assert_string_equal(run->levels[0]->tokenizer, "");
    assert_true(cut->rounds[0].records[0].prompt_bytes <
                run->levels[0]->rounds[0].records[0].prompt_bytes);
    struct comparison comparison;
    comparison_make(&comparison, &run->levels[0]->rounds[1], &cut->rounds[1]);
    assert_int_equal(comparison.pairs, 0);
    run_free(run);
    end(&fixture);
}

static void a_disjoint_level_takes_rows_that_no_level_took(void **state)
{
    (void)state;
    struct fixture fixture;
    begin(&fixture, 10, 2, true);
    struct benchmark *benchmark = &fixture.benchmark;
    wait_until_it_waits(benchmark);
    const struct level *first = benchmark->run->levels[0];
    struct error error = {0};
    struct config config;
    level_queue_config(benchmark, first, &config);
    set(&config, "cold-start", "disjoint");
    assert_int_equal(level_queue_add(benchmark, &config, first, NULL, false, &error), 0);
    assert_non_null(strstr(error.text, "0 of 10 are left"));
    config_free(&config);
    tuning_finish(benchmark);
    benchmark_join(benchmark);
    assert_int_equal(benchmark->run->level_count, 1);
    assert_int_equal(benchmark->end, RUN_FINISHED);
    end(&fixture);
}

static void what_cannot_be_is_refused_and_harms_nothing(void **state)
{
    (void)state;
    static const struct {
        const char *option, *value, *why;
    } refused[] = {
        {"cold-start", "reset", "no way to reset the cache is known"},
        {"extra-body", "[1]", "must be a JSON object"},
        {"min-output-tokens", "99", "must not be above --max-output-tokens 10"},
        {"concurrency", "1 2", "one value"},
        {"system-prompt", "@/no/such/file", "cannot"},
        {"truncate", "tail", "only with --max-input-length"},
    };
    struct fixture fixture;
    begin(&fixture, 4, 2, true);
    struct benchmark *benchmark = &fixture.benchmark;
    wait_until_it_waits(benchmark);
    const struct level *first = benchmark->run->levels[0];
    for (size_t i = 0; i < ARRAY_SIZE(refused); i++) {
        struct error error = {0};
        struct config config;
        level_queue_config(benchmark, first, &config);
        set(&config, refused[i].option, refused[i].value);
        assert_int_equal(level_queue_add(benchmark, &config, first, NULL, false, &error), 0);
        if (!strstr(error.text, refused[i].why))
            fail_msg("'%s' does not say %s", error.text, refused[i].why);
        config_free(&config);
    }
    tuning_finish(benchmark);
    benchmark_join(benchmark);
    assert_int_equal(benchmark->end, RUN_FINISHED);
    assert_int_equal(benchmark->run->level_count, 1);
    end(&fixture);
}

static void another_like_it_has_the_options_of_the_level_and_not_those_of_the_run(void **state)
{
    (void)state;
    struct fixture fixture;
    begin(&fixture, 4, 2, true);
    struct benchmark *benchmark = &fixture.benchmark;
    wait_until_it_waits(benchmark);
    const struct level *like = benchmark->run->levels[0];
    struct config config;
    level_queue_config(benchmark, like, &config);
    set(&config, "max-output-tokens", "3");
    set(&config, "request-rate", "50");
    set(&config, "note", "only of the second");
    assert_int_equal(level_queue_add(benchmark, &config, like, NULL, false, NULL), 2);
    config_free(&config);
    like = benchmark->run->levels[1];
    level_queue_config(benchmark, like, &config);
    assert_int_equal(config.max_output_tokens, 3);
    assert_int_equal(config.request_rate.count, 1);
    assert_null(config.note);
    /* Back to what it is without the option. */
    set(&config, "max-output-tokens", "-");
    set(&config, "request-rate", "off");
    assert_int_equal(config.max_output_tokens, -1);
    assert_int_equal(config.request_rate.count, 0);
    config_free(&config);
    tuning_finish(benchmark);
    benchmark_join(benchmark);
    assert_string_equal(benchmark->run->levels[1]->label, "50 req/s");
    end(&fixture);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_staying_run_takes_more_levels_until_it_is_told_to_finish),
        cmocka_unit_test(a_level_wanted_now_ends_the_one_that_runs),
        cmocka_unit_test(a_level_with_another_dataset_sends_its_rows_and_the_journal_knows_them),
        cmocka_unit_test(prompts_that_are_cut_are_no_pair_of_whole_ones),
        cmocka_unit_test(a_disjoint_level_takes_rows_that_no_level_took),
        cmocka_unit_test(what_cannot_be_is_refused_and_harms_nothing),
        cmocka_unit_test(another_like_it_has_the_options_of_the_level_and_not_those_of_the_run),
    };
    return cmocka_run_group_tests_name("level_queue", tests, NULL, NULL);
}
