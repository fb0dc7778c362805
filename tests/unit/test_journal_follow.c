#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <unistd.h>

#include "base/file.h"
#include "journal_of.h"
#include "report/files.h"
#include "result/journal_follow.h"
#include "sample_run.h"

static char directory[] = "/tmp/fluxperf-follow-XXXXXX";
static char *path;

static int set_up(void **state)
{
    (void)state;
    if (!mkdtemp(directory))
        return -1;
    path = path_join(directory, "journal.jsonl");
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    unlink(path);
    free(path);
    return rmdir(directory);
}

static struct journal begin_journal(void)
{
    struct journal journal;
    unlink(path);
    assert_true(journal_open(&journal, path, true, NULL));
    return journal;
}

static struct journal_follow *follow(void)
{
    struct error error = {0};
    struct journal_follow *follow = journal_follow_open(path, &error);
    if (!follow)
        fail_msg("%s", error.text);
    return follow;
}

static struct buffer all_files(const struct run *run)
{
    struct buffer files = {0};
    csv_summary(&files, run);
    csv_figures(&files, run, NULL);
    csv_timeline(&files, run);
    json_summaries(&files, run, NULL);
    return files;
}

static void assert_same_files(const struct run *a, const struct run *b)
{
    struct buffer of_a = all_files(a), of_b = all_files(b);
    assert_int_equal(of_a.size, of_b.size);
    assert_memory_equal(of_a.data, of_b.data, of_a.size);
    buffer_free(&of_a);
    buffer_free(&of_b);
}

/* The journal grows by pieces that end anywhere; two follow it, one from its first line on. */
static void a_run_that_is_followed_is_the_run_that_is_read(void **state)
{
    (void)state;
    struct run *run = sample_run(60, true);
    struct journal journal = begin_journal();
    journal_put_run(&journal, run);
    assert_true(journal_flush(&journal));
    struct journal_follow *first = follow(), *later = NULL;
    assert_int_equal(journal_follow_run(first)->level_count, 0);

    struct buffer whole = {0};
    size_t begun = journal.written_bytes;
    journal_put_whole(&journal, run);
    buffer_add_text(&whole, buffer_text(&journal.pending));
    buffer_clear(&journal.pending);
    const char *rest = memchr(whole.data, '\n', whole.size); /* its run line stands there already */
    size_t at = (size_t)(rest - whole.data) + 1;
    assert_int_equal(at, begun);
    struct random random;
    random_seed(&random, 5);
    while (at < whole.size) {
        size_t size = 1 + (size_t)random_below(&random, 3000);
        size = size < whole.size - at ? size : whole.size - at;
        buffer_add_text(&journal.pending, (struct text){whole.data + at, size});
        assert_true(journal_flush(&journal));
        at += size;
        journal_follow_read(first);
        if (!later && at > whole.size / 2)
            later = follow();
        if (later)
            journal_follow_read(later);
        assert_true(at == whole.size || !journal_follow_ended(first));
    }
    assert_true(journal_close(&journal));
    struct run *read = journal_read(path, NULL);
    struct journal_follow *both[] = {first, later};
    for (size_t i = 0; i < ARRAY_SIZE(both); i++) {
        journal_follow_read(both[i]);
        assert_string_equal(journal_follow_failure(both[i]), "");
        assert_true(journal_follow_ended(both[i]));
        assert_same_files(journal_follow_run(both[i]), read);
        journal_follow_free(both[i]);
    }
    buffer_free(&whole);
    run_free(read);
    run_free(run);
}

static void a_writer_that_is_gone_leaves_a_run_that_has_ended(void **state)
{
    (void)state;
    struct run *run = sample_run(10, false);
    free(run->end_reason);
    run->end_reason = NULL;
    run->levels[1]->rounds[1].ended = false;
    struct journal journal = begin_journal();
    journal_put_whole(&journal, run);
    assert_true(journal_flush(&journal));
    struct journal_follow *left = follow();
    assert_false(journal_follow_ended(left));
    assert_false(journal_follow_run(left)->levels[1]->rounds[1].incomplete);
    assert_true(journal_close(&journal));
    journal_follow_free(left);

    left = follow();
    assert_true(journal_follow_ended(left));
    assert_true(journal_follow_run(left)->levels[1]->rounds[1].incomplete);
    assert_false(journal_follow_read(left) && !journal_follow_ended(left));
    journal_follow_free(left);
    run_free(run);
}

static void just_now_is_what_the_writer_last_said(void **state)
{
    (void)state;
    struct run *run = sample_run(1, false);
    struct live_view view = {.level = 1,
                             .round = 2,
                             .planned = 100,
                             .done = 45,
                             .in_flight = 10,
                             .waiting = 3,
                             .oldest_waiting_ns = 70 * NS_PER_S,
                             .server_down_since_ns = 71 * NS_PER_S};
    struct journal journal = begin_journal();
    journal_put_run(&journal, run);
    assert_true(journal_flush(&journal));
    struct journal_follow *left = follow();
    assert_int_equal(journal_follow_now(left)->level, 0);
    journal_put_now(&journal, 72 * NS_PER_S, &view);
    view.done = 46;
    view.server_down_since_ns = 0;
    journal_put_now(&journal, 73 * NS_PER_S, &view);
    assert_true(journal_flush(&journal));
    assert_true(journal_follow_read(left));
    assert_memory_equal(journal_follow_now(left), &view, offsetof(struct live_view, seconds));
    assert_int_equal(journal_follow_now_ns(left), 73 * NS_PER_S);
    assert_false(journal_follow_read(left)); /* nothing new */
    journal_follow_free(left);
    assert_true(journal_close(&journal));
    struct run *read = journal_read(path, NULL); /* who reads it whole passes over them */
    assert_non_null(read);
    run_free(read);
    run_free(run);
}

static void a_broken_line_ends_it_and_is_named(void **state)
{
    (void)state;
    struct run *run = sample_run(2, false);
    struct journal journal = begin_journal();
    journal_put_run(&journal, run);
    assert_true(journal_flush(&journal));
    struct journal_follow *left = follow();
    buffer_add_string(&journal.pending, "{\"type\":\"level\",\"level\":true}\n");
    assert_true(journal_flush(&journal));
    journal_follow_read(left);
    assert_true(journal_follow_ended(left));
    assert_non_null(strstr(journal_follow_failure(left), "journal.jsonl:2: broken level line"));
    journal_follow_free(left);
    assert_true(journal_close(&journal));
    run_free(run);
}

static void what_is_no_run_is_refused(void **state)
{
    (void)state;
    struct error error = {0};
    unlink(path);
    assert_null(journal_follow_open(path, &error));
    assert_non_null(strstr(error.text, "cannot open"));
    assert_true(file_write_whole(path, TEXT(""), 0600, NULL));
    assert_null(journal_follow_open(path, &error));
    assert_non_null(strstr(error.text, "holds no run"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_run_that_is_followed_is_the_run_that_is_read),
        cmocka_unit_test(a_writer_that_is_gone_leaves_a_run_that_has_ended),
        cmocka_unit_test(just_now_is_what_the_writer_last_said),
        cmocka_unit_test(a_broken_line_ends_it_and_is_named),
        cmocka_unit_test(what_is_no_run_is_refused),
    };
    return cmocka_run_group_tests_name("journal_follow", tests, set_up, tear_down);
}
