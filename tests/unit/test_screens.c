/* Properties of all screens: whatever is typed, whatever texts a run has, at every size. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "screen_stage.h"
#include "screen_text.h"
#include "ui/app_loop.h"
#include "ui/frame.h"

/* What a server says of itself, and what a user wrote. */
static void be_hostile(struct run *run)
{
    char **names[] = {&run->model, &run->engine, &run->dataset.name, &run->levels[0]->note,
                      &run->note};
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

static void a_time_is_never_0_because_nothing_succeeded(void **state)
{
    (void)state;
    struct stage stage;
    struct ui ui;
    struct canvas canvas;
    set_up(&stage, true, false);
    const struct round *warm = &stage.run->levels[2]->rounds[1];
    for (uint32_t i = 0; i < warm->record_count; i++)
        warm->records[i].error = ERR_TRUNCATED;
    app_init(&ui, &stage.settings);
    app_look(&ui, &stage.settings);
    canvas_init(&canvas, 40, 120, false);
    frame_draw(&ui, &canvas);
    char *text = screen_text(&canvas);
    assert_shows(text, " → … ms");
    assert_shows_not(text, " → 0 ms");
    free(text);
    canvas_free(&canvas);
    app_free(&ui);
    tear_down(&stage);
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
        cmocka_unit_test(every_view_can_be_opened_before_anything_is_known),
        cmocka_unit_test(a_time_is_never_0_because_nothing_succeeded),
        cmocka_unit_test(any_keys_can_be_typed_at_any_size),
        cmocka_unit_test(nothing_of_others_reaches_the_terminal_unseen),
    };
    setenv("TZ", "UTC", 1);
    return cmocka_run_group_tests_name("screens", tests, NULL, NULL);
}
