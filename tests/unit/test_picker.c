/* The choice among runs, drawn into memory; and what is read of a run for it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <ncurses.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/file.h"
#include "base/memory.h"
#include "result/journal.h"
#include "sample_run.h"
#include "screen_text.h"
#include "ui/picker.h"

static void add(struct picker *picker, const char *directory, const char *model, double warm_ms)
{
    picker->runs = xreallocarray(picker->runs, picker->count + 1, sizeof *picker->runs);
    struct picker_run *run = &picker->runs[picker->count++];
    *run = (struct picker_run){.directory = xstrdup(directory),
                               .model = xstrdup(model),
                               .server = xstrdup("vllm 0.11"),
                               .levels = "5 10 20",
                               .start_wall_ns = 1763956987204000000u,
                               .bytes = 3400000,
                               .cold_ttft_ms = 238,
                               .warm_ttft_ms = warm_ms,
                               .slo_share = 0.99};
}

static void begin(struct picker *picker)
{
    *picker = (struct picker){.folder = "results"};
    add(picker, "results/a", "Llama-3-8B", 95);
    add(picker, "results/b", "Llama-3-8B", (double)NAN);
    add(picker, "results/c", "Qwen\x1b[2J港口", 131);
    picker_run_add_note(&picker->runs[0], TEXT("restarted with --max-num-batched-tokens 8192"));
    picker->runs[1].cut = true;
    picker->runs[2].on = true;
    picker_key(picker, 0x1b);
}

static char *drawn(struct picker *picker, int rows, int cols)
{
    struct canvas canvas;
    canvas_init(&canvas, rows, cols, false);
    picker_draw(picker, &canvas);
    char *text = screen_text(&canvas);
    canvas_free(&canvas);
    return text;
}

static void each_run_is_a_row_with_what_came_out(void **state)
{
    (void)state;
    struct picker picker;
    begin(&picker);
    char *text = drawn(&picker, 24, 80);
    assert_shows(text, "runs in results");
    assert_shows(text, "3, 10 MB");
    assert_shows(text, "Llama-3-8B   vllm 0.11  5 10 20    238 → 95    2.5×  99 %");
    assert_shows(text, "note: restarted with --max-num-batched-tokens 8192");
    assert_shows(text, " cut  Llama-3-8B");
    assert_shows(text, " results/a    ");
    assert_shows(text, "cut: interrupted; what finished is there  on: still running");
    assert_shows(text, "Qwen^[[2J港");
    free(text);
    picker_free(&picker);
}

static void two_tagged_runs_are_compared(void **state)
{
    (void)state;
    struct picker picker;
    begin(&picker);
    assert_true(picker_key(&picker, 'c'));
    assert_non_null(strstr(picker.message, "tag two runs"));
    picker_key(&picker, ' ');
    assert_true(picker.runs[0].tagged);
    assert_int_equal(picker.list.cursor, 1);
    assert_false(picker_key(&picker, 'c'));
    assert_int_equal(picker.choice, PICKER_COMPARE);
    assert_true(picker.runs[1].tagged);
    picker_key(&picker, 'U');
    assert_false(picker.runs[0].tagged || picker.runs[1].tagged);
    picker_free(&picker);
}

static void the_filter_keeps_runs_that_have_its_words(void **state)
{
    (void)state;
    struct picker picker;
    begin(&picker);
    for (const char *key = "/qwen"; *key; key++)
        picker_key(&picker, *key);
    char *text = drawn(&picker, 24, 80);
    assert_shows_not(text, "Llama");
    assert_shows(text, "/qwen");
    free(text);
    picker_key(&picker, '\n');
    assert_false(picker_key(&picker, '\n'));
    assert_int_equal(picker.choice, PICKER_OPEN);
    assert_string_equal(picker_selected(&picker)->directory, "results/c");
    picker_key(&picker, 0x1b);
    assert_int_equal(picker.list.count, 3);
    picker_free(&picker);
}

static void all_notes_are_counted_and_found(void **state)
{
    (void)state;
    struct picker picker;
    begin(&picker);
    picker_run_add_note(&picker.runs[0], TEXT("more slots"));
    picker_run_add_note(&picker.runs[0], TEXT("a neighbour came"));
    char *text = drawn(&picker, 24, 80);
    assert_shows(text, "note: restarted with --max-num-batched-tokens 8192  +2 more");
    free(text);
    text = drawn(&picker, 24, 50);
    assert_shows(text, "note: restarted with --max-num-b…  +2 more");
    free(text);
    for (const char *key = "/NEIGH"; *key; key++)
        picker_key(&picker, *key);
    assert_int_equal(picker.list.count, 1);
    assert_string_equal(picker_selected(&picker)->directory, "results/a");
    picker_free(&picker);
}

static void an_empty_folder_is_said_and_offers_nothing(void **state)
{
    (void)state;
    struct picker picker;
    char folder[] = "/tmp/fluxperf-picker-XXXXXX";
    assert_non_null(mkdtemp(folder));
    picker_scan(&picker, folder);
    char *text = drawn(&picker, 24, 80);
    assert_shows(text, "There are no runs in /tmp/fluxperf-picker-");
    free(text);
    assert_true(picker_key(&picker, '\n'));
    assert_true(picker_key(&picker, ' '));
    assert_false(picker_key(&picker, 'q'));
    assert_int_equal(picker.choice, PICKER_LEAVE);
    picker_free(&picker);
    rmdir(folder);
}

static void every_size_can_be_drawn(void **state)
{
    (void)state;
    for (int rows = 1; rows <= 40; rows += 2)
        for (int cols = 1; cols <= 200; cols += 9) {
            struct picker picker;
            begin(&picker);
            picker.list.cursor = 2;
            free(drawn(&picker, rows, cols));
            picker.helping = true;
            free(drawn(&picker, rows, cols));
            picker_free(&picker);
        }
}

/* A journal that ends in mid-run, and no other file. */
static void a_run_that_was_cut_off_is_read_from_its_journal(void **state)
{
    (void)state;
    char folder[] = "/tmp/fluxperf-picker-XXXXXX";
    assert_non_null(mkdtemp(folder));
    char *path = path_join(folder, "journal.jsonl");
    struct run *run = sample_run(20, false);
    struct journal journal;
    assert_true(journal_open(&journal, path, true, NULL));
    journal_put_run(&journal, run);
    journal_put_level(&journal, run->levels[0]);
    for (uint32_t i = 0; i < 2; i++) {
        const struct round *round = &run->levels[0]->rounds[i];
        journal_put_round(&journal, run->levels[0], round);
        for (uint32_t j = 0; j < round->record_count; j++)
            journal_put_request(&journal, &round->records[j]);
    }
    journal_put_change(&journal, &(struct change){.kind = "note", .text = "more slots"});
    journal_put_change(&journal, &(struct change){.kind = "pause", .text = "paused"});
    assert_true(journal_close(&journal));

    struct picker_run picked;
    assert_true(picker_run_read(&picked, folder));
    assert_int_equal(picked.note_count, 1);
    assert_string_equal(picked.notes[0], "more slots");
    assert_true(picked.cut && !picked.on);
    assert_string_equal(picked.model, "Llama-3-8B");
    assert_string_equal(picked.levels, "10");
    assert_true(fabs(picked.cold_ttft_ms - 240) < 25 && fabs(picked.warm_ttft_ms - 95) < 10);
    assert_true(picked.bytes > 1000);
    picker_run_free(&picked);
    assert_false(picker_run_read(&picked, "/nowhere"));
    run_free(run);
    unlink(path);
    rmdir(folder);
    free(path);
}

/* What was tried last is what one looks for; a level of one round compares with nothing. */
static void the_files_of_a_run_tell_its_last_level_and_its_notes(void **state)
{
    (void)state;
    char folder[] = "/tmp/fluxperf-picker-XXXXXX";
    assert_non_null(mkdtemp(folder));
    char *path = path_join(folder, "journal.jsonl"), *figures = path_join(folder, "figures.csv");
    char *timeline = path_join(folder, "timeline.csv");
    struct run *run = sample_run(3, false);
    free(run->note);
    run->note = xstrdup("as always");
    struct journal journal;
    assert_true(journal_open(&journal, path, true, NULL));
    journal_put_run(&journal, run);
    assert_true(journal_close(&journal));
    assert_true(file_write_whole(figures,
                                 TEXT("level,stage,concurrency,rate,round,segment,turn,metric,"
                                      "statistic,value,unit,note\n"
                                      "1,,5,,1,,,ttft,p50,221,ms,\n1,,5,,2,,,ttft,p50,88,ms,\n"
                                      "2,,10,,1,,,ttft,p50,402,ms,\n2,,10,,2,,,ttft,p50,200,ms,\n"
                                      "2,,10,,3,,,ttft,p50,169,ms,\n"
                                      "3,,20,,1,,,ttft,p50,700,ms,\n"),
                                 0600, NULL));
    assert_true(file_write_whole(timeline,
                                 TEXT("time_s,utc,level,round,events,ttft_avg_ms\n"
                                      "0,2026-11-24T12:00:00Z,1,1,,\n"
                                      "1,2026-11-24T12:00:01Z,1,1,load: 5 → 6; note: more slots,\n"
                                      "2,2026-11-24T12:00:02Z,1,1,alarm: note: none,\n"
                                      "3,2026-11-24T12:00:03Z,1,1,\"note: one; \"\"two\"\", "
                                      "three; pause: paused\",21.5\n"),
                                 0600, NULL));
    struct picker_run picked;
    assert_true(picker_run_read(&picked, folder));
    assert_int_equal(picked.note_count, 3);
    assert_string_equal(picked.notes[0], "as always");
    assert_string_equal(picked.notes[1], "more slots");
    assert_string_equal(picked.notes[2], "one; \"two\", three");
    assert_string_equal(picked.levels, "5 10 20");
    assert_true(fabs(picked.cold_ttft_ms - 402) < 1 && fabs(picked.warm_ttft_ms - 169) < 1);
    picker_run_free(&picked);

    /* Columns are told by their names, and names have commas in them. */
    assert_true(file_write_whole(figures,
                                 TEXT("level,stage,dataset,concurrency,rate,round,segment,turn,"
                                      "metric,statistic,value,unit,note\n"
                                      "1,\"a, b\",\"c \"\"d, e\",5,,1,,,ttft,p50,221,ms,\n"
                                      "1,\"a, b\",\"c \"\"d, e\",5,,2,,,ttft,p50,88,ms,\n"
                                      "2,,f,7,,1,,,ttft,p50,402,ms,\"hidden; x, y\"\n"),
                                 0600, NULL));
    assert_true(picker_run_read(&picked, folder));
    assert_string_equal(picked.levels, "5");
    assert_true(fabs(picked.cold_ttft_ms - 221) < 1 && fabs(picked.warm_ttft_ms - 88) < 1);
    picker_run_free(&picked);
    run_free(run);
    unlink(figures);
    unlink(timeline);
    free(timeline);
    unlink(path);
    rmdir(folder);
    free(figures);
    free(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_run_is_a_row_with_what_came_out),
        cmocka_unit_test(two_tagged_runs_are_compared),
        cmocka_unit_test(the_filter_keeps_runs_that_have_its_words),
        cmocka_unit_test(all_notes_are_counted_and_found),
        cmocka_unit_test(an_empty_folder_is_said_and_offers_nothing),
        cmocka_unit_test(every_size_can_be_drawn),
        cmocka_unit_test(a_run_that_was_cut_off_is_read_from_its_journal),
        cmocka_unit_test(the_files_of_a_run_tell_its_last_level_and_its_notes),
    };
    return cmocka_run_group_tests_name("picker", tests, NULL, NULL);
}
