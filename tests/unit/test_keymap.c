#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>

#include "base/file.h"
#include "base/memory.h"
#include "ui/actions.h"
#include "ui/keymap.h"

static void a_key_means_one_thing_in_a_view(void **state)
{
    (void)state;
    for (size_t i = 0; i < keymap_count; i++)
        for (size_t j = i + 1; j < keymap_count; j++)
            for (int a = 0; a < 6 && keymap[i].keys[a]; a++)
                for (int b = 0; b < 6 && keymap[j].keys[b]; b++)
                    if (keymap[i].keys[a] == keymap[j].keys[b])
                        assert_int_equal(keymap[i].where & keymap[j].where & IN_ALL, 0);
}

static void the_footer_fits_and_always_tells_the_way_out(void **state)
{
    (void)state;
    struct ui ui = {.state = STATE_RUNNING};
    for (int view = 0; view < VIEW_COUNT; view++)
        for (int cols = 60; cols < 200; cols++) {
            struct buffer footer = {0};
            ui.view = (enum view_id)view;
            keymap_footer(&ui, cols, &footer);
            assert_in_range(text_columns(buffer_text(&footer)), 14, cols);
            assert_non_null(strstr(footer.data, "? help  "));
            assert_true(text_ends_with(buffer_text(&footer), "q quit"));
            buffer_free(&footer);
        }
}

static void keys_for_a_running_run_are_not_offered_after_it(void **state)
{
    (void)state;
    struct ui ui = {.state = STATE_FINISHED};
    assert_null(keymap_find(&ui, 'p'));
    assert_null(keymap_find(&ui, '+'));
    assert_non_null(keymap_find(&ui, 'q'));
    ui.state = STATE_RUNNING;
    assert_null(keymap_find(&ui, 'p')); /* another process runs it */
    struct benchmark *benchmark = xcalloc(1, sizeof *benchmark);
    ui.benchmark = benchmark;
    assert_non_null(keymap_find(&ui, 'p'));
    ui.view = VIEW_LOG;
    assert_null(keymap_find(&ui, 'p'));
    /* Nor does the footer: some views name such keys in their own hints. */
    ui.state = STATE_FINISHED;
    for (int view = 0; view < VIEW_COUNT; view++) {
        struct buffer footer = {0};
        ui.view = (enum view_id)view;
        keymap_footer(&ui, 150, &footer);
        assert_null(strstr(footer.data, "t tune"));
        assert_null(strstr(footer.data, "r rerun"));
        buffer_free(&footer);
    }
    free(benchmark);
}

static void load_goes_up_and_down_one_ladder(void **state)
{
    (void)state;
    static const uint32_t ladder[] = {1,   2,   3,   4,   5,   6,   8,   10,   12,  16,
                                      20,  24,  32,  40,  48,  64,  80,  100,  128, 160,
                                      200, 256, 320, 400, 512, 640, 800, 1000, 1280};
    size_t count = sizeof ladder / sizeof ladder[0];
    for (size_t i = 0; i + 1 < count; i++) {
        assert_int_equal(load_step(ladder[i], true), ladder[i + 1]);
        assert_int_equal(load_step(ladder[i + 1], false), ladder[i]);
    }
    assert_int_equal(load_step(7, true), 8);
    assert_int_equal(load_step(7, false), 6);
    assert_int_equal(load_step(80000, true), 0);
    /* A rate need not be whole. */
    static const double rates[] = {0.1, 0.2, 0.5, 1};
    for (size_t i = 0; i + 1 < sizeof rates / sizeof rates[0]; i++) {
        assert_true(load_step(rates[i], true) >= rates[i + 1]);
        assert_true(load_step(rates[i + 1], false) <= rates[i]);
    }
    assert_int_equal(load_step(2.5, true), 3);
    assert_int_equal(load_step(2.5, false), 2);
    assert_true(load_step(0.1, false) <= 0);
}

/* "+ load" of the table stands in the manual as a sentence. */
static void the_manual_says_what_each_key_does(void **state)
{
    (void)state;
    struct buffer manual = {0};
    assert_true(file_read("man/fluxperf.1", &manual, NULL));
    for (size_t i = 0; i < keymap_count; i++)
        if (!strstr(manual.data, keymap[i].help + 1))
            fail_msg("man/fluxperf.1 does not say of %s: %s", keymap[i].shown, keymap[i].help);
    buffer_free(&manual);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_key_means_one_thing_in_a_view),
        cmocka_unit_test(the_footer_fits_and_always_tells_the_way_out),
        cmocka_unit_test(keys_for_a_running_run_are_not_offered_after_it),
        cmocka_unit_test(the_manual_says_what_each_key_does),
        cmocka_unit_test(load_goes_up_and_down_one_ladder),
    };
    return cmocka_run_group_tests_name("keymap", tests, NULL, NULL);
}
