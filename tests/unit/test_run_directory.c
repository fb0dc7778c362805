#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/memory.h"
#include "benchmark/run_directory.h"
#include "result/journal.h"

static const char *const ours[] = {"journal.jsonl",
                                   "metrics_summary.csv",
                                   "figures.csv",
                                   "timeline.csv",
                                   "prometheus.csv",
                                   "bodies.jsonl",
                                   "rate_5_round_1_L2.json",
                                   "concurrency_1_round_2.json"};
static const char *const others[] = {"notes.txt", "my.json", "concurrency_plot.png",
                                     "figures.csv.bak"};

#define START_NS (1700000000 * NS_PER_S)

/* Each test works in a directory of its own. */
static int begin(void **state)
{
    char name[] = "/tmp/run_directory_XXXXXX";
    if (!mkdtemp(name) || chdir(name) != 0)
        return -1;
    *state = xstrdup(name);
    return 0;
}

static int end(void **state)
{
    char *command = xasprintf("rm -rf %s", (const char *)*state);
    int status = chdir("/") == 0 ? system(command) : -1;
    free(command);
    free(*state);
    return status;
}

static bool is_there(const char *directory, const char *name)
{
    char *path = path_join(directory, name);
    bool there = file_exists(path);
    free(path);
    return there;
}

static void write_file(const char *directory, const char *name, const char *content)
{
    char *path = path_join(directory, name);
    assert_true(file_write_whole(path, text_of(content), 0600, NULL));
    free(path);
}

static void write_run(const char *directory, uint64_t start_wall_ns)
{
    struct journal journal;
    struct run *run = run_new();
    run->anchor.wall_ns = start_wall_ns;
    assert_true(directory_make(directory, NULL));
    for (size_t i = 0; i < ARRAY_SIZE(ours); i++)
        write_file(directory, ours[i], "");
    for (size_t i = 0; i < ARRAY_SIZE(others); i++)
        write_file(directory, others[i], "");
    char *path = path_join(directory, "journal.jsonl");
    assert_true(journal_open(&journal, path, true, NULL));
    journal_put_run(&journal, run);
    assert_true(journal_close(&journal));
    free(path);
    run_free(run);
}

static void assert_made(const char *wanted, bool overwrite)
{
    struct error error;
    char *path = run_directory_make(wanted, overwrite, START_NS, &error);
    if (!path)
        fail_msg("%s", error.text);
    assert_string_equal(path, wanted);
    free(path);
}

static void assert_files(const char *directory, const char *const *names, size_t count, bool there)
{
    for (size_t i = 0; i < count; i++)
        if (is_there(directory, names[i]) != there)
            fail_msg("%s/%s is %sthere", directory, names[i], there ? "not " : "");
}

#define ASSERT_FILES(directory, names, there) \
    assert_files(directory, names, ARRAY_SIZE(names), there)

static void a_new_directory_is_made_with_its_parents(void **state)
{
    (void)state;
    assert_made("a/b/c", false);
    assert_true(directory_exists("a/b/c"));
    assert_false(directory_exists("a/b/c/earlier"));
}

static void files_without_a_journal_are_left_alone(void **state)
{
    (void)state;
    assert_true(directory_make("d", NULL));
    write_file("d", "figures.csv", "mine");
    assert_made("d", true);
    assert_true(is_there("d", "figures.csv"));
}

static void an_earlier_run_moves_under_its_start_time(void **state)
{
    (void)state;
    char name[64], earlier[96];
    write_run("d", START_NS - NS_PER_S);
    clock_format_local(START_NS - NS_PER_S, name, sizeof name);
    snprintf(earlier, sizeof earlier, "d/earlier/%s", name);
    assert_made("d", false);
    ASSERT_FILES("d", ours, false);
    ASSERT_FILES("d", others, true);
    ASSERT_FILES(earlier, ours, true);
    ASSERT_FILES(earlier, others, false);
}

static void two_runs_of_one_second_stay_apart(void **state)
{
    (void)state;
    char name[64], earlier[96];
    clock_format_local(START_NS, name, sizeof name);
    for (int i = 0; i < 2; i++) {
        write_run("d", START_NS);
        assert_made("d", false);
    }
    snprintf(earlier, sizeof earlier, "d/earlier/%s", name);
    ASSERT_FILES(earlier, ours, true);
    snprintf(earlier, sizeof earlier, "d/earlier/%s_2", name);
    ASSERT_FILES(earlier, ours, true);
}

static void a_journal_that_cannot_be_read_moves_too(void **state)
{
    (void)state;
    assert_true(directory_make("d", NULL));
    write_file("d", "journal.jsonl", "garbage\nmore garbage\n");
    assert_made("d", false);
    assert_false(is_there("d", "journal.jsonl"));
    assert_true(directory_exists("d/earlier"));
}

static void a_journal_that_is_broken_further_down_still_has_its_start_time(void **state)
{
    (void)state;
    char name[64], earlier[96];
    write_run("d", START_NS - NS_PER_S);
    FILE *journal = fopen("d/journal.jsonl", "ae");
    assert_non_null(journal);
    fputs("garbage\nmore garbage\n", journal);
    fclose(journal);
    assert_made("d", false);
    clock_format_local(START_NS - NS_PER_S, name, sizeof name);
    snprintf(earlier, sizeof earlier, "d/earlier/%s", name);
    ASSERT_FILES(earlier, ours, true);
}

static void overwriting_deletes_only_files_of_a_run(void **state)
{
    (void)state;
    write_run("d", START_NS);
    assert_made("d", true);
    ASSERT_FILES("d", ours, false);
    ASSERT_FILES("d", others, true);
    assert_false(directory_exists("d/earlier"));
}

static void a_run_in_progress_is_refused(void **state)
{
    (void)state;
    struct journal journal;
    struct error error;
    write_run("d", START_NS);
    assert_true(journal_open(&journal, "d/journal.jsonl", true, &error));
    for (int overwrite = 0; overwrite <= 1; overwrite++) {
        assert_null(run_directory_make("d", overwrite, START_NS, &error));
        assert_non_null(strstr(error.text, "in progress"));
        ASSERT_FILES("d", ours, true);
    }
    assert_true(journal_close(&journal));
    assert_made("d", false);
}

static void a_file_in_the_way_is_an_error(void **state)
{
    (void)state;
    struct error error = {0};
    write_file(".", "d", "");
    assert_null(run_directory_make("d", true, START_NS, &error));
    assert_true(error.text[0] != '\0');
}

static void without_a_name_it_is_the_start_time_and_latest_leads_there(void **state)
{
    (void)state;
    char name[64], wanted[96], target[96];
    struct error error;
    clock_format_local(START_NS, name, sizeof name);
    for (int i = 1; i <= 2; i++) {
        char *path = run_directory_make(NULL, false, START_NS, &error);
        assert_non_null(path);
        snprintf(wanted, sizeof wanted, i == 1 ? "results/%s" : "results/%s_2", name);
        assert_string_equal(path, wanted);
        assert_true(directory_exists(path));
        ssize_t size = readlink("results/latest", target, sizeof target - 1);
        assert_in_range(size, 1, sizeof target - 1);
        target[size] = '\0';
        assert_string_equal(target, wanted + strlen("results/"));
        free(path);
    }
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)
    const struct CMUnitTest tests[] = {
        TEST(a_new_directory_is_made_with_its_parents),
        TEST(files_without_a_journal_are_left_alone),
        TEST(an_earlier_run_moves_under_its_start_time),
        TEST(two_runs_of_one_second_stay_apart),
        TEST(a_journal_that_cannot_be_read_moves_too),
        TEST(a_journal_that_is_broken_further_down_still_has_its_start_time),
        TEST(overwriting_deletes_only_files_of_a_run),
        TEST(a_run_in_progress_is_refused),
        TEST(a_file_in_the_way_is_an_error),
        TEST(without_a_name_it_is_the_start_time_and_latest_leads_there),
    };
    return cmocka_run_group_tests_name("run_directory", tests, NULL, NULL);
}
