#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <unistd.h>

#include "base/file.h"
#include "journal_of.h"
#include "report/baseline.h"
#include "report/files.h"
#include "sample_run.h"

/* A run of one level with two rounds of three requests, all with that TTFT. */
static struct run *run_of(uint32_t concurrency, double ttft_ms)
{
    struct run *run = run_new();
    struct level *level = run_add_level(run, concurrency, 0.0, 3, 2);
    for (uint32_t r = 0; r < 2; r++) {
        struct round *round = level_add_round(level, 3, MS(1000.0 * r));
        for (uint32_t i = 0; i < 3; i++) {
            struct record record = sample_record(i, 10.0, ttft_ms * (r + 1),
                                                 ttft_ms * (r + 1) + 100, ttft_ms * (r + 1) + 101);
            record.level = 1;
            record.round = round->number;
            round_add_record(round, &record);
        }
        round->ended = true;
    }
    return run;
}

static char *line_of(const struct baseline *baseline, const struct run *run, uint32_t round)
{
    struct buffer out = {0};
    const struct level *level = run->levels[0];
    baseline_print(&out, baseline, run, level, &level->rounds[round],
                   (struct table_style){.utf8 = true});
    return buffer_take(&out);
}

static void a_round_is_held_against_the_same_one_of_the_baseline(void **state)
{
    (void)state;
    struct run *now = run_of(10, 50), *then = run_of(10, 40), *other = run_of(5, 40);
    struct baseline baseline = {
        .run = then, .earlier = then, .directory = (char[]){"/results/before"}};
    char *line = line_of(&baseline, now, 1);
    assert_non_null(
        strstr(line, "Against baseline L1 R2 of before: TTFT P50 +25 %, TTFT P99 +25 %, "));
    free(line);
    baseline.run = other; /* another load: nothing to say */
    line = line_of(&baseline, now, 1);
    assert_true(!line || line[0] == '\0');
    free(line);
    line = line_of(&(struct baseline){0}, now, 1);
    assert_true(!line || line[0] == '\0');
    free(line);
    run_free(now);
    run_free(then);
    run_free(other);
}

/* As after the form queued a level with another dataset at the load of the first. */
static void a_level_is_held_against_one_that_sent_the_same_prompts(void **state)
{
    (void)state;
    struct run *now = run_of(10, 50), *then = run_of(10, 40);
    struct baseline baseline = {.run = then, .earlier = then, .directory = (char[]){"/before"}};
    struct level *level = now->levels[0];
    const struct level *found_level;
    const struct round *found;
    level->prompts_key = 7;
    level->own_words = xstrdup("--dataset other.jsonl");
    assert_false(baseline_find(&baseline, level, level->rounds, &found_level, &found));

    struct level *like = run_add_level(then, 10, 0.0, 3, 2);
    like->prompts_key = 7;
    level_add_round(like, 3, 0);
    assert_true(baseline_find(&baseline, level, level->rounds, &found_level, &found));
    assert_ptr_equal(found_level, like);

    /* Two runs as a whole may differ: that is said with the figures. */
    free(level->own_words);
    level->own_words = NULL;
    level->prompts_key = 8;
    assert_true(baseline_find(&baseline, level, level->rounds, &found_level, &found));
    assert_ptr_equal(found_level, then->levels[0]);
    run_free(now);
    run_free(then);
}

static void a_chosen_round_is_the_one_for_all(void **state)
{
    (void)state;
    struct run *run = run_of(10, 40);
    struct baseline baseline = {.run = run, .level = 1, .round = 1};
    char *line = line_of(&baseline, run, 1);
    assert_non_null(strstr(line, "Against baseline L1 R1: TTFT P50 +100 %"));
    free(line);
    line = line_of(&baseline, run, 0); /* not against itself */
    assert_true(!line || line[0] == '\0');
    free(line);
    run_free(run);
}

static void a_baseline_comes_from_a_directory(void **state)
{
    (void)state;
    char directory[] = "/tmp/fluxperf-baseline-XXXXXX";
    assert_non_null(mkdtemp(directory));
    struct baseline baseline;
    struct error error = {0};
    assert_false(baseline_read(&baseline, directory, &error));
    assert_non_null(strstr(error.text, "journal.jsonl"));

    struct run *run = run_of(10, 40);
    struct journal journal;
    char *path = path_join(directory, "journal.jsonl");
    assert_true(journal_open(&journal, path, true, NULL));
    journal_put_whole(&journal, run);
    assert_true(journal_close(&journal));
    assert_true(baseline_read(&baseline, directory, &error));
    char *line = line_of(&baseline, run, 0);
    assert_non_null(strstr(line, "TTFT P50 0 %"));
    free(line);
    baseline_free(&baseline);
    unlink(path);
    rmdir(directory);
    free(path);
    run_free(run);
}

static struct differences differences_between(const struct run *then, const struct run *now)
{
    struct baseline baseline = {.run = then};
    struct differences differences;
    struct summary summary;
    summary_make(&summary, now, now->levels[0], &now->levels[0]->rounds[1]);
    assert_true(baseline_differences(&differences, &baseline, now, now->levels[0],
                                     &now->levels[0]->rounds[1], &summary));
    summary_free(&summary);
    return differences;
}

static void set_ttft(struct run *run, double factor)
{
    struct round *round = &run->levels[0]->rounds[1];
    for (uint32_t i = 0; i < round->record_count; i++) {
        struct record *record = &round->records[i];
        record->first_token_ns =
            record->sent_ns +
            (uint64_t)((double)(record->first_token_ns - record->sent_ns) * factor);
    }
}

static void a_difference_that_noise_explains_stands_in_brackets(void **state)
{
    (void)state;
    struct run *then = sample_run(100, false), *now = sample_run(100, false);
    set_ttft(now, 1.005); /* of pairs that differ no more than by that nothing is claimed */
    struct differences differences = differences_between(then, now);
    assert_true(difference_is_noise(differences_of(&differences, "ttft_p50")));
    assert_string_equal(difference_text(&differences, "ttft_p50").text, "(0 %)");
    assert_string_equal(difference_text(&differences, "cached").text, "0 pt");
    differences_free(&differences);
    set_ttft(now, 1.3);
    differences = differences_between(then, now);
    assert_false(difference_is_noise(differences_of(&differences, "ttft_p50")));
    assert_string_equal(difference_text(&differences, "ttft_p50").text, "+31 %");
    differences_free(&differences);
    run_free(then);
    run_free(now);
}

static void files_hold_the_differences_and_without_a_baseline_none(void **state)
{
    (void)state;
    struct run *then = sample_run(100, false), *now = sample_run(100, false);
    struct baseline baseline = {.run = then, .earlier = then, .directory = (char[]){"/r/before"}};
    struct baseline_choice choice = baseline_choice(&baseline);
    set_ttft(now, 1.3);
    run_set_baseline(now, &choice);
    struct buffer csv = {0}, json = {0};
    csv_figures(&csv, now, &baseline);
    json_summaries(&json, now, &baseline);
    assert_non_null(strstr(csv.data, ",2,,,against_baseline_ttft_p50,change,0.3"));
    assert_non_null(strstr(csv.data, ",2,,,against_baseline_ttft_p50,shown,1,"));
    assert_non_null(strstr(csv.data, ",2,,,against_baseline_itl_p50,shown,0,"));
    assert_non_null(strstr(
        json.data, "\"baseline\": {\"directory\":\"/r/before\",\"same_dataset\":true,\"level\":1,"
                   "\"round\":2,\"figures\":{\"ttft_p50\":{\"baseline\":"));
    buffer_clear(&csv);
    buffer_clear(&json);
    csv_figures(&csv, now, NULL);
    json_summaries(&json, now, NULL);
    assert_null(strstr(csv.data, "against_baseline"));
    assert_non_null(strstr(json.data, "\"baseline\": null"));
    buffer_free(&csv);
    buffer_free(&json);
    run_free(then);
    run_free(now);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_round_is_held_against_the_same_one_of_the_baseline),
        cmocka_unit_test(a_level_is_held_against_one_that_sent_the_same_prompts),
        cmocka_unit_test(a_chosen_round_is_the_one_for_all),
        cmocka_unit_test(a_baseline_comes_from_a_directory),
        cmocka_unit_test(a_difference_that_noise_explains_stands_in_brackets),
        cmocka_unit_test(files_hold_the_differences_and_without_a_baseline_none),
    };
    return cmocka_run_group_tests_name("baseline", tests, NULL, NULL);
}
