/* Rounds, Requests and Log as a person walks through them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <ncurses.h>
#include <unistd.h>

#include "base/file.h"
#include "journal_of.h"
#include "result/round_kept.h"
#include "sample_run.h"
#include "screen_run.h"
#include "screen_text.h"
#include "ui/app_loop.h"
#include "ui/frame.h"
#include "ui/request_columns.h"

static char directory[] = "/tmp/fluxperf-lists-XXXXXX";
static struct run *run;
static struct config config;
static struct ui ui;

static int make_run(void **state)
{
    (void)state;
    if (!mkdtemp(directory))
        return -1;
    run = screen_run(true);
    run->levels[1]->note = xstrdup("港口 note");
    char *path = path_join(directory, "journal.jsonl");
    struct journal journal;
    assert_true(journal_open(&journal, path, true, NULL));
    journal_put_whole(&journal, run);
    assert_true(journal_close(&journal));
    free(path);
    return 0;
}

static int free_run(void **state)
{
    (void)state;
    run_free(run);
    char *command = xasprintf("rm -r %s", directory);
    int status = system(command);
    free(command);
    return status;
}

static int begin(void **state)
{
    (void)state;
    config_default(&config);
    const struct app_settings settings = {.run = run, .directory = directory, .config = &config};
    app_init(&ui, &settings);
    app_look(&ui, &settings);
    return 0;
}

static int end(void **state)
{
    (void)state;
    app_free(&ui);
    config_free(&config);
    return 0;
}

/* What they hold of a run. */
static void free_views(void)
{
    for (int i = 0; i < VIEW_COUNT; i++) {
        if (ui.private[i])
            views_table[i].free(ui.private[i]);
        ui.private[i] = NULL;
    }
}

/* A newline is Enter. */
static void type(const char *keys)
{
    for (; *keys; keys++)
        app_key(&ui, *keys);
}

static char *look(int rows, int cols)
{
    struct canvas canvas;
    canvas_init(&canvas, rows, cols, false);
    frame_draw(&ui, &canvas);
    char *text = screen_text(&canvas);
    canvas_free(&canvas);
    return text;
}

static void assert_seen(const char *what)
{
    char *text = look(24, 80);
    assert_shows(text, what);
    free(text);
}

static void assert_not_seen(const char *what)
{
    char *text = look(24, 80);
    assert_shows_not(text, what);
    free(text);
}

static void a_run_whose_journal_has_no_end_did_not_finish(void **state)
{
    (void)state;
    assert_seen("DONE");
    char *reason = run->end_reason;
    run->end_reason = NULL;
    assert_seen("ENDED EARLY");
    assert_not_seen("DONE");
    run->end_reason = reason;
}

/* ---- Rounds ---- */

static void enter_goes_from_the_levels_to_one_to_its_requests(void **state)
{
    (void)state;
    type("2k\n");
    assert_true(ui.in_level);
    assert_seen("L2 C=10, 60 requests a round");
    type("\n");
    assert_int_equal(ui.view, VIEW_REQUESTS);
    assert_seen("L2 C=10");
    type("2\x1b");
    assert_false(ui.in_level);
    assert_seen("note: 港口 note");
}

static void the_selected_level_holds_in_all_views(void **state)
{
    (void)state;
    type("2kk3");
    assert_seen("L1 C=5");
    type(".2");
    assert_int_equal(ui_level(&ui)->number, 2);
    assert_seen("▸  L2 C=10");
}

static void tagged_levels_are_compared_with_the_first(void **state)
{
    (void)state;
    type("2c");
    assert_seen("tag two levels or more");
    type("kk   ");
    assert_seen("  * L1 C=5");
    type("c");
    assert_seen("compared with L1 C=5 R2");
    assert_seen("L3 C=20 R2");
    assert_seen("slower [");
    type("\x1bU");
    assert_not_seen("* L1");
}

static unsigned count_seen(int rows, int cols, const char *what)
{
    char *text = look(rows, cols);
    unsigned count = 0;
    for (const char *at = text; (at = strstr(at, what)); at += strlen(what))
        count++;
    free(text);
    return count;
}

static void every_figure_is_held_against_the_baseline(void **state)
{
    (void)state;
    type("2kkb");
    assert_seen("L1 R2 is the baseline");
    /* Not of the baseline itself; the page below shows it for L1, whose R2 it is. */
    assert_int_equal(count_seen(40, 120, "vs L1 R2"), 2);
    type(".");
    assert_int_equal(count_seen(40, 120, "vs L1 R2"), 2 + 4);
    assert_seen("against baseline L1 R2: TTFT p50 +");
    type("\n");
    assert_int_equal(count_seen(24, 80, "vs L1 R2"), 4);
    type("5");
    assert_seen("Against baseline L1 R2: TTFT p50 +");
    type("3\n");
    assert_seen("vs L1 R2");
    type("\x1b"
         "2,b");
    assert_seen("no baseline");
    assert_int_equal(count_seen(40, 120, "vs L1 R2"), 0);
}

static void a_hidden_level_comes_back(void **state)
{
    (void)state;
    type("2kkx");
    assert_not_seen("L1 C=5");
    assert_seen("1 hidden: Esc shows them");
    type("\x1b");
    assert_seen("L1 C=5");
}

static void with_a_baseline_every_size_can_be_drawn(void **state)
{
    (void)state;
    run->levels[0]->rounds[0].interrupted = true;
    type("2kkb.");
    for (const char *view = "1235"; *view; view++) {
        type((char[]){*view, '\0'});
        for (int deep = 0; deep < 2; deep++, type(*view == '2' || *view == '3' ? "\n" : ""))
            for (int rows = 1; rows <= 60; rows += 4)
                for (int cols = 1; cols <= 220; cols += 17)
                    free(look(rows, cols));
        type("\x1b");
    }
    run->levels[0]->rounds[0].interrupted = false;
}

static void an_interrupted_round_is_marked_on_every_view(void **state)
{
    (void)state;
    struct round *round = &run->levels[0]->rounds[0];
    round->interrupted = true;
    type("2kk");
    assert_seen("interrupted in R1: the server went away");
    type("\n");
    assert_seen("interrupted in R1: the server went away");
    type("\x1b"
         "3");
    assert_seen("interrupted in R1: the server went away");
    type("5");
    assert_seen("interrupted");
    type("2.");
    char *page = look(40, 120), *box = strstr(page, "L2 C=10, 60 requests a round");
    assert_non_null(box);
    assert_null(strstr(box, "interrupted"));
    free(page);
    round->interrupted = false;
}

static void a_server_that_is_down_is_said_on_every_view(void **state)
{
    (void)state;
    struct live_view live = {.level = 3, .round = 2, .server_down_since_ns = 5 * NS_PER_S};
    ui.live = &live;
    ui.state = STATE_RUNNING;
    for (const char *view = "123456"; *view; view++) {
        type((char[]){*view, '\0'});
        assert_seen("6 Log"); /* nothing is written over it */
        assert_seen("down since ");
        assert_seen("SERVER DOWN");
        assert_int_equal(count_seen(40, 120, "server down since "), 1);
    }
    ui.live = NULL;
}

static void a_hidden_level_is_out_of_sight_on_every_view(void **state)
{
    (void)state;
    type("2kk j "); /* tags the first and the last */
    assert_seen("* L1");
    assert_int_equal(count_seen(40, 120, "tagged: L3 R2 against L1 R2"), 1);
    type("x");
    assert_seen("L3 is hidden, here and in comparisons");
    assert_int_equal(count_seen(40, 120, "tagged:"), 0);
    type("kk");
    assert_int_equal(ui_level(&ui)->number, 1);
    type("jx");
    assert_int_equal(count_seen(40, 120, "2 hidden"), 2); /* in the title, and below the list */
    type("5..");
    assert_int_equal(ui_level(&ui)->number, 1);
    assert_not_seen("L2");
    type("1");
    assert_seen("levels, 2 hidden");
    assert_not_seen("L3 C=20");
    type("2x");
    assert_seen("the last level that is shown stays");
    type("\x1b.");
    assert_int_equal(ui_level(&ui)->number, 2);
    assert_seen("L3 C=20");
}

static void levels_are_sorted_by_a_column(void **state)
{
    (void)state;
    type("2>>"); /* by rounds, by TTFT */
    char *text = look(24, 80), *lines = strstr(text, "rounds");
    assert_true(strstr(lines, "L1 C=5") < strstr(lines, "L3 C=20"));
    free(text);
    type("I");
    text = look(24, 80);
    lines = strstr(text, "rounds");
    assert_true(strstr(lines, "L3 C=20") < strstr(lines, "L1 C=5"));
    assert_shows(text, "TTFT p50 ms↓");
    free(text);
}

static void a_level_is_copied_as_a_command_line(void **state)
{
    (void)state;
    type("2y");
    assert_int_equal(ui.wish, WISH_COPY);
    assert_non_null(strstr(ui.copied.data, "-c 5 10 20 --concurrency 20 --num-samples 60 "
                                           "--rounds 2 --cold-start salt"));
}

static void a_copied_command_line_has_what_the_level_has_for_itself(void **state)
{
    (void)state;
    struct level *level = run->levels[run->level_count - 1];
    char *common = run->config_json, *own = level->options_json;
    run->config_json = xstrdup("{\"max_output_tokens\":48,\"temperature\":0.5,"
                               "\"system_prompt\":null,\"ignore_eos\":false,\"settle\":0}");
    level->options_json = xstrdup("{\"max_output_tokens\":1,\"temperature\":null,"
                                  "\"system_prompt\":\"Be brief\",\"ignore_eos\":true,"
                                  "\"settle\":0}");
    type("2y");
    assert_shows(ui.copied.data, " --max-output-tokens 1 --ignore-eos --system-prompt 'Be brief'"
                                 "  # but without --temperature");
    assert_shows_not(ui.copied.data, "--settle");
    free(run->config_json);
    free(level->options_json);
    run->config_json = common;
    level->options_json = own;
}

/* ---- Requests ---- */

static void a_filter_narrows_the_list_as_it_is_typed(void **state)
{
    (void)state;
    type("3/ttft>44");
    assert_seen("filter: ttft>44");
    assert_seen("120, by number");
    type("0");
    assert_seen(" of 120, by number");
    assert_not_seen("120 of 120");
    type("\n");
    assert_int_equal(ui.overlay != NULL, false);
    type("\x1b");
    assert_seen("120, by number");
}

static void a_mistake_in_a_filter_is_named(void **state)
{
    (void)state;
    type("3/tfft>4\n");
    assert_seen("no value is called 'tfft'");
}

static void escape_gives_the_filter_back(void **state)
{
    (void)state;
    type("3/failed\n/ok\x1b");
    assert_string_equal(ui.filter, "failed");
}

static void presets_go_round(void **state)
{
    (void)state;
    type("3f");
    assert_seen("L3 C=20   failed");
    assert_seen("http_status");
    type("ffff");
    assert_seen("120, by number");
}

static void one_request_stands_beside_the_other_round(void **state)
{
    (void)state;
    type("3\n");
    assert_true(ui.in_request);
    assert_seen("request 0   L3 C=20   R1   ok, stop   1st of 120");
    assert_seen("R2 warm");
    app_key(&ui, KEY_RIGHT);
    assert_seen("request 0   L3 C=20   R2");
    type("\t");
    assert_seen("Three ships left before noon: the Anna at 05:10, 港口, ^[[31mred^[[0m");
    type("\t");
    assert_seen("40 chunks; gaps: average");
    type("\t");
    assert_seen("--save-requests keeps them");
    type("q");
    assert_false(ui.in_request);
}

static void a_text_is_searched(void **state)
{
    (void)state;
    type("3\n\t/pilot\n");
    assert_not_seen("is nowhere in it");
    type("/whale\n");
    assert_string_equal(ui.message, "");
    type("/whales");
    assert_non_null(strstr(ui.message, "'whales' is nowhere in it"));
}

static void a_request_is_copied_as_curl_without_a_key(void **state)
{
    (void)state;
    type("3y");
    assert_int_equal(ui.wish, WISH_COPY);
    assert_non_null(strstr(ui.copied.data, "curl -N 'http://localhost:8000/v1/chat/completions'"));
    assert_non_null(strstr(ui.copied.data, "harbour log"));
    assert_null(strstr(ui.copied.data, "Authorization"));
}

static void tagged_requests_are_copied_together(void **state)
{
    (void)state;
    type("3  ");
    assert_seen("  *  0 1 ok");
    type("y");
    const char *first = strstr(ui.copied.data, "curl -N");
    assert_non_null(strstr(first + 1, "curl -N"));
    assert_non_null(strstr(ui.message, "2 requests"));
    type("Uy");
    assert_null(strstr(strstr(ui.copied.data, "curl -N") + 1, "curl -N"));
}

static void an_open_request_is_looked_for_in_the_other_level(void **state)
{
    (void)state;
    type("3jjjj\n");
    assert_seen("request 2   L3 C=20   R1");
    type(",");
    assert_seen("request 2   L2 C=10   R1");
    type("q");
    assert_seen("── request 2   R1");
}

static void the_cursor_stays_on_its_request_when_the_order_changes(void **state)
{
    (void)state;
    type("3jjj");
    free(look(24, 80));
    assert_seen("── request 1   R2");
    type(">>>>");
    assert_seen("── request 1   R2");
    assert_true(ui.requests.cursor > 0);
}

static void a_click_selects_and_a_second_one_opens(void **state)
{
    (void)state;
    type("3");
    free(look(24, 80));
    ui.mouse_row = 7;
    app_key(&ui, KEY_MOUSE);
    assert_int_equal(ui.requests.cursor, 3);
    assert_false(ui.in_request);
    free(look(24, 80));
    app_key(&ui, KEY_MOUSE);
    assert_true(ui.in_request);
}

static void a_column_is_taken_away_and_comes_back(void **state)
{
    (void)state;
    type("3");
    assert_seen("cached SLO");
    type("x");
    assert_seen("< and > go to a column, x takes it away");
    while (strcmp(request_column_title(ui.sort_column), "cached") != 0)
        type(">");
    type("x");
    assert_seen("cached is hidden");
    type(">");
    assert_not_seen("cached");
    type("<x");
    assert_seen("cached is shown again");
    assert_seen("cached↓ SLO");
}

static void hidden_columns_are_kept_by_their_titles(void **state)
{
    (void)state;
    struct buffer list = {0};
    uint32_t hidden = request_columns_read(TEXT("max gap, cached,no such,#"));
    request_columns_list(hidden, &list);
    assert_string_equal(list.data, "max gap,cached");
    assert_int_equal(request_columns_read(buffer_text(&list)), hidden);
    assert_int_equal(request_columns_read(TEXT("none")), 0);
    buffer_free(&list);
}

/* ---- Log ---- */

static void a_line_of_the_log_opens_its_requests(void **state)
{
    (void)state;
    type("6/503\n");
    assert_seen("503 in L3 R2: engine is overloaded");
    assert_seen("What to do:");
    type("\n");
    assert_int_equal(ui.view, VIEW_REQUESTS);
    assert_string_equal(ui.filter, "round=2 http_status status=503");
    assert_seen("3 of 120, by number");
}

static void the_log_shows_one_level_or_all(void **state)
{
    (void)state;
    type("6");
    assert_seen("all levels");
    assert_seen("f this level");
    assert_seen("in L3 R2");
    type(",,f");
    assert_seen("4 kinds, newest first");
    assert_seen("f all levels");
    assert_seen("L1 R2 began");
    assert_not_seen("in L3 R2");
    type(".");
    assert_seen("L2 R2 began");
    assert_not_seen("L1 R2 began");
    app_key(&ui, 0x1b);
    assert_seen("all levels");
    assert_seen("in L3 R2");
}

static void a_message_about_no_request_says_so(void **state)
{
    (void)state;
    type("6/warning\n\n");
    assert_int_equal(ui.view, VIEW_LOG);
    assert_seen("it is about no request");
}

static void assert_seen_wide(const char *what)
{
    char *text = look(45, 140);
    assert_shows(text, what);
    free(text);
}

/* A run in progress, of nine rounds of a level, whose older ones have lost their records. Their
 * journal stands in `folder`. */
static struct run *long_run(char *folder)
{
    struct random random;
    random_seed(&random, 9);
    struct run *many = run_new();
    many->slo.ttft_ms = 40.0;
    struct level *level = run_add_level(many, 10, 0.0, 60, 9);
    for (uint32_t r = 0; r < 9; r++)
        sample_fill_round(&random, level_add_round(level, 60, r * (uint64_t)MS(1e6)), 1, 40, 60,
                          false);
    assert_non_null(mkdtemp(folder));
    char *path = path_join(folder, "journal.jsonl");
    struct journal journal;
    assert_true(journal_open(&journal, path, true, NULL));
    journal_put_whole(&journal, many);
    assert_true(journal_close(&journal));
    free(path);
    run_release_records(many, level, (uint64_t)MS(1e8));
    ui.run = many;
    ui.directory = folder;
    return many;
}

static void end_long_run(struct run *many)
{
    char *path = path_join(ui.directory, "journal.jsonl");
    unlink(path);
    free(path);
    rmdir(ui.directory);
    ui.run = run;
    ui.directory = directory;
    ui_forget_summaries(&ui);
    ui_forget_comparisons(&ui);
    free_views();
    run_free(many);
}

static void a_round_without_records_says_where_its_requests_are(void **state)
{
    (void)state;
    char folder[] = "/tmp/fluxperf-long-XXXXXX";
    struct run *many = long_run(folder);
    ui.view = VIEW_ROUNDS;
    ui.in_level = true;
    ui.round = 2;
    assert_seen_wide("SLO missed in R1: TTFT");
    assert_seen_wide("R2: TTFT");
    many->slo.ttft_ms = 30.0;
    ui_forget_summaries(&ui);
    assert_seen_wide("R2: its requests are in the journal, to be judged by these limits");
    ui.view = VIEW_CACHE;
    assert_seen_wide("paired on 60 prompts");
    assert_seen_wide("The requests of R2 are in the journal: 3 / round=2 lists them");
    ui.view = VIEW_REQUESTS;
    assert_seen_wide("R2…R5 in the journal: / round=2 reads one");
    assert_seen_wide("300, by number");
    end_long_run(many);
}

/* Until the screen has it; what is read is read on another thread. */
static void wait_to_see(const char *what)
{
    uint64_t until_ns = now_ns() + 20 * NS_PER_S;
    for (;;) {
        char *text = look(45, 140);
        bool seen = strstr(text, what) != NULL;
        if (!seen && now_ns() > until_ns)
            fail_msg("\"%s\" is not in:\n%s", what, text);
        free(text);
        if (seen)
            return;
        sleep_until_ns(now_ns() + NS_PER_MS);
    }
}

static void a_round_that_memory_has_let_go_is_read_back_when_it_is_asked_for(void **state)
{
    (void)state;
    char folder[] = "/tmp/fluxperf-long-XXXXXX";
    struct run *many = long_run(folder);
    ui.view = VIEW_REQUESTS;
    type("/round=3\n");
    wait_to_see("60 of 360, by number");
    /* Each with all that it had: its figures, the first round's beside them, and its reply. */
    type("g\n");
    assert_seen_wide("request 0   L1 C=10   R3   ok, stop   1st of 60");
    assert_seen_wide("R1 cold");
    assert_seen_wide("R3 this");
    type("\t");
    assert_seen_wide("[reply]");
    type("q");
    /* Another one takes its place, and without the filter there is none. */
    ui.filter[0] = '\0';
    type("/round=5 #=7\n");
    wait_to_see("1 of 360, by number");
    ui.filter[0] = '\0';
    assert_seen_wide("300, by number");
    /* From the page of a level its own round is gone to. */
    ui.view = VIEW_ROUNDS;
    ui.in_level = true;
    ui.round = 4;
    type("\n");
    assert_string_equal(ui.filter, "round=4");
    wait_to_see("60 of 360, by number");
    end_long_run(many);
}

static void a_round_that_the_journal_does_not_have_is_said(void **state)
{
    (void)state;
    char folder[] = "/tmp/fluxperf-long-XXXXXX";
    struct run *many = long_run(folder);
    char *path = path_join(folder, "journal.jsonl");
    assert_int_equal(truncate(path, (off_t)many->levels[0]->rounds[2].kept->journal_to), 0);
    free(path);
    ui.view = VIEW_REQUESTS;
    type("/round=3\n");
    wait_to_see("R3 cannot be read back: the journal has 59 of its 60 requests");
    end_long_run(many);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)
    const struct CMUnitTest tests[] = {
        TEST(a_run_whose_journal_has_no_end_did_not_finish),
        TEST(enter_goes_from_the_levels_to_one_to_its_requests),
        TEST(the_selected_level_holds_in_all_views),
        TEST(tagged_levels_are_compared_with_the_first),
        TEST(every_figure_is_held_against_the_baseline),
        TEST(with_a_baseline_every_size_can_be_drawn),
        TEST(an_interrupted_round_is_marked_on_every_view),
        TEST(a_server_that_is_down_is_said_on_every_view),
        TEST(a_hidden_level_comes_back),
        TEST(a_hidden_level_is_out_of_sight_on_every_view),
        TEST(levels_are_sorted_by_a_column),
        TEST(a_level_is_copied_as_a_command_line),
        TEST(a_copied_command_line_has_what_the_level_has_for_itself),
        TEST(a_filter_narrows_the_list_as_it_is_typed),
        TEST(a_mistake_in_a_filter_is_named),
        TEST(escape_gives_the_filter_back),
        TEST(presets_go_round),
        TEST(one_request_stands_beside_the_other_round),
        TEST(a_text_is_searched),
        TEST(a_request_is_copied_as_curl_without_a_key),
        TEST(tagged_requests_are_copied_together),
        TEST(an_open_request_is_looked_for_in_the_other_level),
        TEST(the_cursor_stays_on_its_request_when_the_order_changes),
        TEST(a_click_selects_and_a_second_one_opens),
        TEST(a_column_is_taken_away_and_comes_back),
        TEST(hidden_columns_are_kept_by_their_titles),
        TEST(a_line_of_the_log_opens_its_requests),
        TEST(the_log_shows_one_level_or_all),
        TEST(a_message_about_no_request_says_so),
        TEST(a_round_without_records_says_where_its_requests_are),
        TEST(a_round_that_memory_has_let_go_is_read_back_when_it_is_asked_for),
        TEST(a_round_that_the_journal_does_not_have_is_said),
    };
    return cmocka_run_group_tests_name("view_lists", tests, make_run, free_run);
}
