/* Screens of a run that never changes, cell by cell, against those kept in tests/ui. With
 * GOLDEN_UPDATE=1 (make golden-update) they are written anew: look at what changed before you keep
 * it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "journal_of.h"
#include "screen_run.h"
#include "telemetry/event.h"
#include "ui/script.h"

#define GOLDEN "tests/ui"

/* A screen: how to get there, and whether the run is still on. */
static const struct {
    const char *name, *keys;
    bool running;
    bool view; /* kept in all forms; others at one size */
} screens[] = {
    {"live", "", true, true},
    {"live_done", "1", false, false},
    {"live_zoom", "z", true, false},
    {"quit", "q", true, false},
    {"help", "?", true, false},
    {"rounds", "2", true, true},
    {"rounds_level", "2 Enter", false, true},
    {"rounds_compare", "2 Up Up Space Space Space c", false, false},
    {"requests", "3 / r o u n d = 2 Enter > > > >", true, true},
    {"request", "3 > > > > Enter Tab", false, true},
    {"request_failed", "3 f Enter Tab", false, false},
    {"log", "6 Down Down", true, true},
    {"cache", "5 ,", false, true},
    {"metrics", "4", true, true},
    {"tune", "t 1 6", true, true},
};

/* Which dumps are kept of each: all sizes as text, one in ASCII, one of the roles that a theme
 * colours. */
static const struct {
    const char *suffix;
    int rows, cols;
    bool ascii, roles;
} dumps[] = {
    {"80x24", 24, 80, false, false},      {"120x40", 40, 120, false, false},
    {"200x60", 60, 200, false, false},    {"80x24.ascii", 24, 80, true, false},
    {"80x24.roles", 24, 80, false, true}, {"50x6", 6, 50, false, false},
};

/* As the screen sees a run in progress, without its threads; one that has ended has its journal. */
struct stage {
    char directory[40];
    struct run *run;
    struct benchmark benchmark;
    struct config config;
    struct app_settings settings;
};

static void write_journal(struct stage *stage)
{
    struct journal journal;
    char *path = path_join(stage->directory, "journal.jsonl");
    assert_true(journal_open(&journal, path, true, NULL));
    journal_put_whole(&journal, stage->run);
    assert_true(journal_close(&journal));
    free(path);
}

/* One waits, the others are at different distances from their first token. */
static void put_in_flight(struct live *live, const struct round *round, uint32_t count,
                          uint64_t at_ns)
{
    for (uint32_t i = 0; i < count; i++) {
        uint32_t request = round->record_count + i;
        struct event events[] = {{.kind = EVENT_DISPATCHED,
                                  .request = request,
                                  .spare = request,
                                  .count = 1,
                                  .at_ns = at_ns - (i + 1) * 40000000},
                                 {.kind = EVENT_FIRST_TOKEN,
                                  .request = request,
                                  .at_ns = at_ns - i * 40000000 + 1000000},
                                 {.kind = EVENT_CHUNK,
                                  .request = request,
                                  .count = 1 + i * 3,
                                  .at_ns = at_ns - 2000000}};
        live_take(live, events, i < 2 ? 1 : 3);
    }
}

static void remove_folder(char *folder)
{
    char *command = xasprintf("rm -r %s", folder);
    assert_int_equal(system(command), 0);
    free(command);
}

static void set_up(struct stage *stage, bool running, bool ascii)
{
    *stage = (struct stage){.run = screen_run(!running)};
    config_default(&stage->config);
    stage->config.ascii = ascii;
    stage->settings = (struct app_settings){.config = &stage->config, .signal_fd = -1};
    if (!running) {
        strcpy(stage->directory, "/tmp/fluxperf-screens-XXXXXX");
        assert_non_null(mkdtemp(stage->directory));
        write_journal(stage);
        stage->settings.run = stage->run;
        stage->settings.directory = stage->directory;
        return;
    }
    const struct level *level = stage->run->levels[2];
    const struct round *round = &level->rounds[1];
    uint64_t now_ns = round->records[round->record_count - 1].end_ns + 120000000;
    struct benchmark *benchmark = &stage->benchmark;
    benchmark->config = &stage->config;
    benchmark->run = stage->run;
    benchmark->directory = (char *)(uintptr_t) "results/2026-11-25T12-03-00";
    benchmark->ready = true;
    benchmark->anchor = stage->run->anchor;
    benchmark->control.concurrency = level->concurrency;
    pthread_mutex_init(&benchmark->jobs_lock, NULL);
    live_init(&benchmark->live, 0);
    put_in_flight(&benchmark->live, round, level->concurrency, now_ns);
    struct live_view *view = &benchmark->live.view;
    view->second_count = 1;
    view->seconds[0] = (struct live_second){
        .ttft_count = 1, .ttft_sum_us = 167200, .gap_count = 1, .gap_sum_us = 19700};
    view->level = level->number;
    view->round = round->number;
    view->planned = SCREEN_REQUESTS;
    view->done = round->record_count;
    view->failed = round->counts.failed;
    view->in_flight = level->concurrency;
    view->round_start_ns = round->start_ns;
    stage->settings.benchmark = benchmark;
    stage->settings.frozen_ns = now_ns;
}

static void tear_down(struct stage *stage)
{
    if (stage->settings.benchmark) {
        live_free(&stage->benchmark.live);
        pthread_mutex_destroy(&stage->benchmark.jobs_lock);
    }
    if (stage->directory[0])
        remove_folder(stage->directory);
    run_free(stage->run);
    config_free(&stage->config);
}

/* Plays `script`, whose dumps go beside it, in a folder of its own. */
static void play(struct stage *stage, const char *folder, const char *script)
{
    struct error error = {0};
    char *path = path_join(folder, "script");
    assert_true(file_write_whole(path, text_of(script), 0600, &error));
    if (!script_play(&stage->settings, path, &error))
        fail_msg("%s", error.text);
    free(path);
}

static void compare(const char *folder, const char *name)
{
    struct buffer now = {0}, kept = {0};
    struct error error = {0};
    char *kept_path = path_join(GOLDEN, name), *now_path = path_join(folder, name);
    assert_true(file_read(now_path, &now, &error));
    if (getenv("GOLDEN_UPDATE"))
        assert_true(file_write_whole(kept_path, buffer_text(&now), 0644, &error));
    if (!file_read(kept_path, &kept, &error) || !text_equal(buffer_text(&now), buffer_text(&kept)))
        fail_msg("%s is another screen now:\n%s\nmake golden-update keeps it", name, now.data);
    buffer_free(&now);
    buffer_free(&kept);
    free(kept_path);
    free(now_path);
}

static void screens_are_as_they_were_kept(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(screens); i++)
        for (size_t j = 0; j < (screens[i].view ? ARRAY_SIZE(dumps) : 1); j++) {
            struct stage stage;
            char folder[] = "/tmp/fluxperf-screens-XXXXXX";
            assert_non_null(mkdtemp(folder));
            char *name = xasprintf("%s-%s", screens[i].name, dumps[j].suffix);
            char *script = xasprintf(":size %d %d\n%s\n:%s %s\n", dumps[j].rows, dumps[j].cols,
                                     screens[i].keys, dumps[j].roles ? "roles" : "dump", name);
            set_up(&stage, screens[i].running, dumps[j].ascii);
            play(&stage, folder, script);
            compare(folder, name);
            tear_down(&stage);
            remove_folder(folder);
            free(script);
            free(name);
        }
}

/* What a server says of itself, and what a user wrote. */
static void be_hostile(struct run *run)
{
    char **names[] = {&run->model, &run->engine, &run->dataset, &run->levels[0]->note, &run->note};
    for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
        free(*names[i]);
        *names[i] = xstrdup("name " SCREEN_HOSTILE);
    }
}

/* Every view, every page of keys, at odd sizes too: no control character leaves the canvas, in
 * ASCII nothing but ASCII, and no row is wider than the screen. */
static void nothing_of_others_reaches_the_terminal_unseen(void **state)
{
    (void)state;
    static const int sizes[][2] = {{24, 80}, {40, 120}, {60, 200}, {15, 60},
                                   {3, 30},  {1, 20},   {1, 1}};
    static const char *const walks[] = {
        "", "Enter", "Enter Enter", "End Enter", "? Down", "Enter Tab", "/ a Enter", "z", "t"};
    for (int ascii = 0; ascii < 2; ascii++) {
        struct stage stage;
        char folder[] = "/tmp/fluxperf-screens-XXXXXX";
        assert_non_null(mkdtemp(folder));
        set_up(&stage, false, ascii);
        be_hostile(stage.run);
        struct buffer script = {0};
        uint32_t count = 0;
        for (int view = 1; view <= VIEW_COUNT; view++)
            for (size_t walk = 0; walk < ARRAY_SIZE(walks); walk++) {
                buffer_printf(&script, "%d %s\n", view, walks[walk]);
                for (size_t i = 0; i < ARRAY_SIZE(sizes); i++)
                    buffer_printf(&script, ":size %d %d\n:dump %u\n", sizes[i][0], sizes[i][1],
                                  count++);
                buffer_add_string(&script, "Esc Esc Esc Esc\n");
            }
        play(&stage, folder, script.data);
        for (uint32_t i = 0; i < count; i++) {
            char name[16];
            snprintf(name, sizeof name, "%u", i);
            char *path = path_join(folder, name);
            struct buffer screen = {0};
            struct error error = {0};
            assert_true(file_read(path, &screen, &error));
            struct text rest = buffer_text(&screen), line;
            int rows = 0;
            while (text_next_line(&rest, &line)) {
                rows++;
                assert_in_range(text_columns(line), 0, sizes[i % ARRAY_SIZE(sizes)][1]);
                /* However wide what stands in a box is, its right side is where its left side
                 * promises. */
                if (text_starts_with(line, "│")) {
                    assert_true(text_ends_with(line, "│"));
                    assert_int_equal(text_columns(line), sizes[i % ARRAY_SIZE(sizes)][1]);
                }
                for (size_t j = 0; j < line.size; j++) {
                    unsigned char byte = (unsigned char)line.data[j];
                    assert_true(byte >= 0x20 && byte != 0x7f && (!ascii || byte < 0x80));
                    assert_false(byte == 0xc2 && (unsigned char)line.data[j + 1] < 0xa0);
                }
            }
            assert_int_equal(rows, sizes[i % ARRAY_SIZE(sizes)][0]);
            buffer_free(&screen);
            free(path);
        }
        buffer_free(&script);
        tear_down(&stage);
        remove_folder(folder);
    }
}

/* The probe can take long: the screen is up, and nothing is known yet. */
static void every_view_can_be_opened_before_anything_is_known(void **state)
{
    (void)state;
    struct stage stage;
    char folder[] = "/tmp/fluxperf-screens-XXXXXX";
    assert_non_null(mkdtemp(folder));
    set_up(&stage, true, false);
    stage.benchmark.ready = false;
    struct buffer script = {0};
    for (int view = 1; view <= VIEW_COUNT; view++)
        buffer_printf(
            &script,
            "%d\n:size 24 80\n:dump d\n:size 40 120\n:dump d\nDown Enter Esc r Esc t Esc "
            "+ Esc p , . z [ ] Left End m Esc b Esc ? Esc q Esc S X Esc\n:size 3 30\n:dump d\n",
            view);
    play(&stage, folder, script.data);
    buffer_free(&script);
    tear_down(&stage);
    remove_folder(folder);
}

/* Keys in no order, at sizes in no order: whatever is open, nothing breaks. */
static void any_keys_can_be_typed_at_any_size(void **state)
{
    (void)state;
    static const char *const keys[] = {
        "1",    "2",    "3",     "4",    "5",    "6",    "Tab", "BackTab", "Enter",     "Esc", "Up",
        "Down", "Left", "Right", "PgUp", "PgDn", "Home", "End", "Space",   "/",         "a",   "n",
        "f",    "<",    ">",     "I",    "U",    "c",    "x",   "[",       "]",         "z",   ",",
        ".",    "y",    "t",     "r",    "m",    "b",    "?",   "q",       "^U",        "^D",  "j",
        "k",    "g",    "G",     "o",    "w",    "T",    "M",   "!",       "Backspace", "0"};
    struct random random;
    random_seed(&random, 11);
    struct stage stage;
    char folder[] = "/tmp/fluxperf-screens-XXXXXX";
    assert_non_null(mkdtemp(folder));
    set_up(&stage, false, false);
    struct buffer script = {0};
    for (int i = 0; i < 3000; i++) {
        buffer_printf(&script, "%s\n", keys[random_below(&random, ARRAY_SIZE(keys))]);
        if (i % 8 == 0)
            buffer_printf(&script, ":size %u %u\n", 1 + (unsigned)random_below(&random, 60),
                          1 + (unsigned)random_below(&random, 200));
        if (i % 3 == 0)
            buffer_add_string(&script, ":dump /dev/null\n");
    }
    play(&stage, folder, script.data);
    buffer_free(&script);
    tear_down(&stage);
    remove_folder(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(screens_are_as_they_were_kept),
        cmocka_unit_test(every_view_can_be_opened_before_anything_is_known),
        cmocka_unit_test(any_keys_can_be_typed_at_any_size),
        cmocka_unit_test(nothing_of_others_reaches_the_terminal_unseen),
    };
    setenv("TZ", "UTC", 1);
    return cmocka_run_group_tests_name("screens", tests, NULL, NULL);
}
