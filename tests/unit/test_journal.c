#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"
#include "base/log.h"
#include "base/statistics.h"
#include "journal_of.h"
#include "report/files.h"
#include "sample_run.h"

static char directory[] = "/tmp/fluxperf-journal-XXXXXX";
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

static struct journal open_journal(bool text)
{
    struct journal journal;
    struct error error = {0};
    unlink(path);
    if (!journal_open(&journal, path, text, &error))
        fail_msg("%s", error.text);
    return journal;
}

static void write_run(const struct run *run, bool text)
{
    struct journal journal = open_journal(text);
    journal_put_whole(&journal, run);
    assert_true(journal_close(&journal));
}

static struct run *read_back(void)
{
    struct error error = {0};
    struct run *run = journal_read(path, &error);
    if (!run)
        fail_msg("%s", error.text);
    return run;
}

static struct buffer content(void)
{
    struct buffer whole = {0};
    assert_true(file_read(path, &whole, NULL));
    return whole;
}

static void put_content(struct text text)
{
    assert_true(file_write_whole(path, text, 0600, NULL));
}

/* All files of a run, one after the other. */
static struct buffer all_files(const struct run *run)
{
    struct buffer files = {0};
    csv_summary(&files, run);
    csv_figures(&files, run, NULL);
    json_summaries(&files, run, NULL);
    for (uint32_t l = 0; l < run->level_count; l++)
        for (uint32_t r = 0; r < run->levels[l]->round_count; r++)
            json_round(&files, run, run->levels[l], &run->levels[l]->rounds[r], NULL);
    return files;
}

static void the_files_are_the_same_from_memory_and_from_the_journal(void **state)
{
    (void)state;
    struct run *live = sample_run(100, true);
    write_run(live, true);
    struct run *read = read_back();
    struct buffer from_live = all_files(live), from_read = all_files(read);
    assert_int_equal(from_live.size, from_read.size);
    assert_memory_equal(from_live.data, from_read.data, from_live.size);
    assert_string_equal(read->end_reason, "finished");
    buffer_free(&from_live);
    buffer_free(&from_read);
    run_free(live);
    run_free(read);
}

/* Padding may hold anything: it is blanked before bytes are compared. */
#define CLEAR_BETWEEN(object, member, next)                                                      \
    memset((char *)(object) + offsetof(typeof(*(object)), member) + sizeof((object)->member), 0, \
           offsetof(typeof(*(object)), next) - offsetof(typeof(*(object)), member) -             \
               sizeof((object)->member))

static void clear_padding(struct record *record)
{
    CLEAR_BETWEEN(record, dropped_turns, body_hash);
    CLEAR_BETWEEN(record, events, response_bytes);
    CLEAR_BETWEEN(record, done_seen, chunk_count);
    CLEAR_BETWEEN(record, reply_size, chunk_us);
}

static void clear_health_padding(struct health *health)
{
    CLEAR_BETWEEN(health, stamp_lag_at_least, dispatch_lag_p50_ns);
    memset((char *)health + offsetof(struct health, verdict) + sizeof health->verdict, 0,
           sizeof *health - offsetof(struct health, verdict) - sizeof health->verdict);
}

static void a_record_comes_back_as_it_was(void **state)
{
    (void)state;
    struct run *live = sample_run(30, true);
    write_run(live, true);
    struct run *read = read_back();
    const struct round *was = &live->levels[1]->rounds[1], *is = &read->levels[1]->rounds[1];
    assert_int_equal(is->segment_count, 2);
    assert_string_equal(read->levels[1]->label, "C=10→12");
    for (uint32_t i = 0; i < was->record_count; i++) {
        struct record a = was->records[i], b = is->records[i];
        if (a.error_text)
            assert_string_equal(a.error_text, b.error_text);
        /* What is owned is not kept; the rest is the same to the last byte. */
        a.chunk_us = NULL;
        a.reply = a.error_text = b.error_text = NULL;
        a.chunk_count = a.reply_size = 0;
        clear_padding(&a);
        clear_padding(&b);
        assert_memory_equal(&a, &b, sizeof a);
    }
    struct health a = was->health, b = is->health;
    clear_health_padding(&a);
    clear_health_padding(&b);
    assert_memory_equal(&a, &b, sizeof a);
    run_free(live);
    run_free(read);
}

static void the_offset_finds_the_line_again(void **state)
{
    (void)state;
    struct run *live = sample_run(10, false);
    write_run(live, true);
    struct buffer whole = content();
    const struct record *record = &live->levels[1]->rounds[0].records[7];
    struct text rest = {whole.data + record->journal_offset, whole.size - record->journal_offset};
    struct text line;
    assert_true(text_next_line(&rest, &line));
    assert_true(
        text_starts_with(line, "{\"type\":\"request\",\"level\":2,\"round\":1,\"index\":7,"));
    assert_true(text_ends_with(line, ",\"reply\":\"Three ships, said \\\"she\\\" in 港口.\\n\"}"));
    buffer_free(&whole);
    run_free(live);
}

static void without_text_no_prompt_and_no_reply_is_written(void **state)
{
    (void)state;
    struct run *live = sample_run(5, false);
    write_run(live, false);
    struct buffer whole = content();
    assert_null(strstr(whole.data, "Entry"));
    assert_null(strstr(whole.data, "ships"));
    struct run *read = read_back();
    assert_null(run_dataset_find(&read->dataset, 3, 1)->text);
    assert_string_equal(run_dataset_find(&read->dataset, 3, 1)->session_id, "s1");
    buffer_free(&whole);
    run_free(live);
    run_free(read);
}

static void a_secret_is_starred_out_wherever_it_stands(void **state)
{
    (void)state;
    secret_add("sk-\"quoted\"");
    secret_add("nsecret"); /* would match the n of an escaped line break */
    struct run *live = sample_run(2, false);
    free(live->command_line);
    live->command_line = sample_text("fluxperf --api-key sk-\"quoted\"");
    struct record *record = &live->levels[0]->rounds[0].records[0];
    sample_fail(record, ERR_HTTP_STATUS, "bad key sk-\"quoted\"");
    /* Hidden by escapes; as part of an escape; plain. */
    static const char *const replies[] = {"said sk-\\\"quoted\\\" twice", "and\\nsecret kept",
                                          "a nsecret told"};
    for (size_t i = 0; i < ARRAY_SIZE(replies); i++) {
        struct record *replied = &live->levels[i % 2]->rounds[i / 2].records[0];
        free(replied->reply);
        replied->reply = sample_text(replies[i]);
        replied->reply_size = (uint32_t)strlen(replied->reply);
    }
    write_run(live, true);
    struct buffer whole = content();
    assert_null(strstr(whole.data, "quoted"));
    assert_non_null(strstr(whole.data, "bad key ***********"));
    assert_non_null(strstr(whole.data, "\"said *********** twice\""));
    assert_non_null(strstr(whole.data, "\"and\\nsecret kept\""));
    assert_non_null(strstr(whole.data, "\"a ******* told\""));
    secret_forget_all();
    run_free(read_back());
    buffer_free(&whole);
    run_free(live);
}

static void settings_with_line_breaks_stay_on_one_line(void **state)
{
    (void)state;
    struct run *live = sample_run(1, false);
    free(live->config_json);
    live->config_json = sample_text("{\n  \"seed\": 42\n}");
    write_run(live, true);
    struct run *read = read_back();
    assert_string_equal(read->config_json, "{   \"seed\": 42 }");
    run_free(live);
    run_free(read);
}

static void a_reading_of_more_columns_than_a_run_knows_leaves_its_journal_readable(void **state)
{
    (void)state;
    uint32_t count = SAMPLES_COLUMNS_MAX + 1;
    struct reading *reading = xcalloc(1, sizeof *reading + count * sizeof(double));
    reading->count = count;
    struct run *live = sample_run(1, false);
    struct journal journal = open_journal(true);
    journal_put_run(&journal, live);
    journal_put_sample(&journal, reading);
    assert_true(journal_close(&journal));
    struct run *read = read_back();
    assert_int_equal(samples_at(&read->samples, 0)->count, SAMPLES_COLUMNS_MAX);
    run_free(read);
    run_free(live);
    free(reading);
}

static void a_last_line_that_is_cut_off_anywhere_is_ignored(void **state)
{
    (void)state;
    struct run *live = sample_run(3, false);
    write_run(live, true);
    struct buffer whole = content();
    /* The last request line of the run. */
    size_t start = live->levels[1]->rounds[1].records[2].journal_offset;
    for (size_t size = start + 1; whole.data[size] != '\n'; size++) {
        put_content((struct text){whole.data, size});
        struct run *read = read_back();
        assert_int_equal(read->levels[1]->rounds[1].record_count, 2);
        assert_true(read->levels[1]->rounds[1].incomplete);
        assert_false(read->levels[1]->rounds[0].incomplete);
        assert_null(read->end_reason);
        run_free(read);
    }
    buffer_free(&whole);
    run_free(live);
}

static void assert_refused(const char *text, const char *reason)
{
    struct error error = {0};
    put_content(text_of(text));
    assert_null(journal_read(path, &error));
    if (!strstr(error.text, reason))
        fail_msg("said '%s', not '%s'", error.text, reason);
}

static void a_broken_line_elsewhere_is_named(void **state)
{
    (void)state;
    assert_refused("{\"type\":\"run\"}\n{\"type\":\"level\",\"level\":}\n{\"type\":\"run_end\"}\n",
                   "journal.jsonl:2: broken level line");
    assert_refused("{\"type\":\"run\"}\nhello\n{\"type\":\"run_end\"}\n",
                   ":2: not a line of a journal; what stands before it can be read: head -n 1 ");
    assert_refused("{\"type\":\"run\"}\n{\"type\":\"level\",\"level\":70000}\n\n",
                   ":2: broken level line (level)");
    assert_refused("{\"type\":\"run\"}\n{\"type\":\"request\",\"level\":3}\n{}\n",
                   ":2: level 3 was not begun");
    assert_refused("{\"type\":\"run\"}\n{\"type\":\"level\",\"level\":1,\"dataset\":1}\n\n",
                   ":2: level 1 is of dataset 1, which did not come");
    assert_refused("{\"type\":\"run\"}\n{\"type\":\"prompt\",\"dataset\":2,\"row\":0}\n\n",
                   ":2: a prompt of dataset 2, which did not come");
    assert_refused("{\"type\":\"run\"}\n{\"type\":\"dataset\",\"dataset\":2}\n\n",
                   ":2: dataset 2 does not follow the one before");
    assert_refused("{\"type\":\"run\"} and more\n\n", ":1: ");
    assert_refused("{\"type\":\"run\"}\n{\"type\":\"level\",\"level\":1025}\n\n",
                   ":2: level 1025: a run has at most 1024");
    assert_refused("hello\nworld\n", ":1: not a line of a journal");
    assert_refused("{\"type\":\"level\"}\n{\"type\":\"run\"}\n", "where a run should begin");
    assert_refused("", "holds no run");
}

static void lines_and_keys_of_a_newer_version_are_passed_over(void **state)
{
    (void)state;
    put_content(
        TEXT("{\"type\":\"run\",\"version\":\"9\",\"weather\":{\"wind\":[1,2]}}\n"
             "{\"type\":\"tide\",\"height\":3}\n"
             "{\"type\":\"level\",\"level\":4,\"concurrency\":2,\"rounds_planned\":1}\n"
             "{\"type\":\"round\",\"level\":4,\"round\":1,\"planned\":5}\n"
             "{\"type\":\"request\",\"mood\":\"good\",\"level\":4,\"round\":1,\"index\":3}\n"));
    struct run *read = read_back();
    assert_string_equal(read->version, "9");
    assert_int_equal(run_find_level(read, 4)->rounds[0].records[0].index, 3);
    run_free(read);
}

static struct statistics gaps_of(const char *chunk_us)
{
    struct buffer text = {0};
    buffer_printf(&text,
                  "{\"type\":\"run\"}\n"
                  "{\"type\":\"level\",\"level\":1,\"rounds_planned\":1}\n"
                  "{\"type\":\"round\",\"level\":1,\"round\":1,\"planned\":1}\n"
                  "{\"type\":\"request\",\"level\":1,\"round\":1,\"chunk_us\":%s}\n",
                  chunk_us);
    put_content(buffer_text(&text));
    struct run *run = read_back();
    struct statistics gaps = statistics_of_histogram(&run->levels[0]->rounds[0].gaps);
    run_free(run);
    buffer_free(&text);
    return gaps;
}

static void a_steady_level_has_the_rounds_it_took(void **state)
{
    (void)state;
    struct run *run = run_new();
    struct level *level = run_add_level(run, 5, 0.0, 1, 10);
    level->until_steady = true;
    for (int i = 0; i < 4; i++)
        level_add_round(level, 0, 0)->ended = true;
    level->steady_from = 2;
    level->rounds_planned = 4;
    write_run(run, true);
    struct journal journal;
    assert_true(journal_open(&journal, path, true, NULL));
    journal_put_steady(&journal, level, 7);
    assert_true(journal_close(&journal));
    struct run *read = read_back();
    assert_true(read->levels[0]->until_steady);
    assert_int_equal(read->levels[0]->steady_from, 2);
    assert_int_equal(read->levels[0]->rounds_planned, 4);
    assert_string_equal(changes_at(&read->changes, changes_count(&read->changes) - 1)->text,
                        "steady from R2: TTFT P50 and cached within 2 % over 3 rounds");
    run_free(read);
    run_free(run);
}

static void a_hidden_level_and_the_baseline_stand_in_the_journal(void **state)
{
    (void)state;
    struct run *run = sample_run(3, false);
    struct journal journal;
    run->levels[1]->hidden = true;
    run_set_baseline(run, &(struct baseline_choice){.directory = (char[]){"/results/before"},
                                                    .start_wall_ns = 12345678901234567u});
    unlink(path);
    assert_true(journal_open(&journal, path, true, NULL));
    journal_put_whole(&journal, run);
    journal_put_hide(&journal, 2, true, MS(7));
    journal_put_baseline(&journal, &run->baseline, MS(8));
    assert_true(journal_close(&journal));
    struct run *read = read_back();
    assert_false(read->levels[0]->hidden);
    assert_true(read->levels[1]->hidden);
    assert_string_equal(read->baseline.directory, "/results/before");
    assert_int_equal(read->baseline.start_wall_ns, 12345678901234567u);
    uint32_t count = changes_count(&read->changes);
    const struct change *hide = changes_at(&read->changes, count - 2);
    assert_string_equal(hide->kind, "hide");
    assert_int_equal(hide->at_ns, MS(7));
    assert_int_equal(hide->level, 2);
    assert_string_equal(changes_at(&read->changes, count - 1)->text,
                        "figures are held against the run in /results/before");
    /* Its figures are there, and marked. */
    struct buffer files = all_files(read);
    assert_non_null(strstr(files.data, "\n2,,rows.jsonl,10,,1,,,ttft,p50,"));
    assert_non_null(strstr(files.data, ",ms,\"hidden; with \"\"a, comma\"\"\"\n"));
    assert_non_null(strstr(files.data, "\"hidden\": true"));
    assert_non_null(strstr(files.data, "\"hidden\": false"));
    buffer_free(&files);
    run_free(run);
    run_free(read);
    put_content(TEXT("{\"type\":\"run\"}\n{\"type\":\"hide\",\"level\":9}\n{\"type\":\"x\"}\n"));
    struct error error = {0};
    assert_null(journal_read(path, &error));
    assert_non_null(strstr(error.text, "level 9 was not begun"));
}

static void a_free_run_has_as_many_rounds_as_it_made(void **state)
{
    (void)state;
    struct run *run = run_new();
    struct level *level = run_add_level(run, 5, 0.0, 1, 2);
    level_set_free_run(level);
    for (int i = 0; i < 300; i++) {
        struct round *round = level_add_round(level, 0, 0);
        assert_int_equal(level->rounds_planned, i + 1);
        snprintf(round->salt, sizeof round->salt, "[%08x]", i);
        round->ended = true;
    }
    write_run(run, true);
    struct run *read = read_back();
    assert_true(read->levels[0]->free_run);
    assert_int_equal(read->levels[0]->round_count, 300);
    assert_int_equal(read->levels[0]->rounds_planned, 300);
    assert_string_equal(read->levels[0]->rounds[299].salt, "[0000012b]");
    run_free(read);
    run_free(run);

    struct buffer many = {0};
    buffer_add_string(&many, "{\"type\":\"run\"}\n");
    for (int i = 1; i <= 65; i++)
        buffer_printf(&many, "{\"type\":\"level\",\"level\":%d,\"free_run\":true}\n", i);
    buffer_add_string(&many, "{\"type\":\"run_end\"}\n");
    assert_refused(many.data, ":66: more than 64 levels that run freely");
    buffer_free(&many);
}

static void chunk_times_are_read_however_they_are_spaced(void **state)
{
    (void)state;
    static const char *const forms[] = {"[100,350,4000]", "[ 100 , 350,4000 ]", "[1e2,350.9,4000]"};
    for (size_t i = 0; i < ARRAY_SIZE(forms); i++) {
        struct statistics gaps = gaps_of(forms[i]);
        assert_int_equal(gaps.count, 2);
        assert_true(gaps.min == 250e3 && gaps.max == 3650e3);
    }
    assert_int_equal(gaps_of("[]").count, 0);
}

static void the_lock_shows_that_a_run_is_in_progress(void **state)
{
    (void)state;
    struct journal journal = open_journal(true), second;
    struct error error;
    assert_true(journal_is_locked(path));
    assert_false(journal_open(&second, path, true, &error));
    assert_non_null(strstr(error.text, "another fluxperf is writing it"));
    assert_true(journal_close(&journal));
    assert_false(journal_is_locked(path));
}

static void what_is_decided_later_stands_behind_the_end(void **state)
{
    (void)state;
    struct run *live = sample_run(3, true);
    struct journal again;
    struct error error;
    write_run(live, true);
    assert_true(journal_open_again(&again, directory, &error));
    journal_put_hide(&again, 2, true, MS(7));
    assert_true(journal_close(&again));
    struct run *read = read_back();
    assert_true(read->levels[1]->hidden);
    assert_non_null(read->end_reason);
    run_free(read);

    /* Behind half a line it would make the journal unreadable. */
    struct journal cut = open_journal(true);
    assert_false(journal_open_again(&again, directory, &error));
    assert_non_null(strstr(error.text, "another fluxperf is writing it"));
    journal_put_run(&cut, live);
    cut.pending.size -= 5;
    assert_true(journal_close(&cut));
    assert_false(journal_open_again(&again, directory, &error));
    assert_non_null(strstr(error.text, "breaks off in the middle of a line"));
    run_free(live);
}

/* RLIMIT_FSIZE stands for a full disk: the write stops in the middle of a line. In a child, as the
 * hard limit stays and cmocka writes too. */
static int fill_disk_and_make_room(void)
{
    struct rlimit limit;
    struct journal journal = open_journal(true);
    struct run *live = sample_run(50, true);
    signal(SIGXFSZ, SIG_IGN);
    getrlimit(RLIMIT_FSIZE, &limit);
    rlim_t was = limit.rlim_cur;
    limit.rlim_cur = 20001;
    setrlimit(RLIMIT_FSIZE, &limit);
    journal_put_whole(&journal, live);
    size_t all = journal.pending.size;
    bool refused = !journal_flush(&journal) && errno == EFBIG;
    bool kept = journal.written_bytes == 20001 && journal.pending.size == all - 20001;
    bool again = !journal_flush(&journal) && journal.written_bytes == 20001;
    limit.rlim_cur = was;
    setrlimit(RLIMIT_FSIZE, &limit);
    bool closed = journal_close(&journal);
    struct run *read = journal_read(path, NULL);
    bool whole = read && read->levels[1]->rounds[1].record_count == 50 && read->end_reason;
    run_free(read);
    run_free(live);
    return refused && kept && again && closed && whole ? 0 : 1;
}

static void nothing_is_lost_when_the_disk_was_full_for_a_while(void **state)
{
    (void)state;
    pid_t child = fork();
    if (child == 0)
        _exit(fill_disk_and_make_room());
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_files_are_the_same_from_memory_and_from_the_journal),
        cmocka_unit_test(a_record_comes_back_as_it_was),
        cmocka_unit_test(the_offset_finds_the_line_again),
        cmocka_unit_test(without_text_no_prompt_and_no_reply_is_written),
        cmocka_unit_test(a_secret_is_starred_out_wherever_it_stands),
        cmocka_unit_test(settings_with_line_breaks_stay_on_one_line),
        cmocka_unit_test(a_reading_of_more_columns_than_a_run_knows_leaves_its_journal_readable),
        cmocka_unit_test(a_last_line_that_is_cut_off_anywhere_is_ignored),
        cmocka_unit_test(a_broken_line_elsewhere_is_named),
        cmocka_unit_test(lines_and_keys_of_a_newer_version_are_passed_over),
        cmocka_unit_test(a_steady_level_has_the_rounds_it_took),
        cmocka_unit_test(a_hidden_level_and_the_baseline_stand_in_the_journal),
        cmocka_unit_test(a_free_run_has_as_many_rounds_as_it_made),
        cmocka_unit_test(chunk_times_are_read_however_they_are_spaced),
        cmocka_unit_test(the_lock_shows_that_a_run_is_in_progress),
        cmocka_unit_test(what_is_decided_later_stands_behind_the_end),
        cmocka_unit_test(nothing_is_lost_when_the_disk_was_full_for_a_while),
    };
    return cmocka_run_group_tests_name("journal", tests, set_up, tear_down);
}
