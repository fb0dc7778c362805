#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "ui/layout.h"

static bool overlap(struct rect a, struct rect b)
{
    return a.row < b.row + b.rows && b.row < a.row + a.rows && a.col < b.col + b.cols &&
           b.col < a.col + a.cols;
}

static void assert_sound(int rows, int cols, enum view_id view)
{
    struct layout layout;
    layout_make(&layout, rows, cols, view);
    int below = 0;
    for (int i = 0; i < AREA_COUNT; i++) {
        struct rect a = layout.areas[i];
        if (a.rows == 0)
            continue;
        assert_true(a.row >= 0 && a.col >= 0 && a.rows > 0 && a.cols > 0);
        assert_true(a.row + a.rows <= rows && a.col + a.cols <= cols);
        /* The body is what Live's areas are cut from. */
        if (i == AREA_BODY && view == VIEW_LIVE)
            continue;
        for (int j = i + 1; j < AREA_COUNT; j++)
            if (layout.areas[j].rows && !(j == AREA_BODY && view == VIEW_LIVE))
                assert_false(overlap(a, layout.areas[j]));
        if (i > AREA_FOOTER) {
            assert_true(a.row >= below);
            below = a.row;
        }
    }
    assert_true(layout_has(&layout, AREA_STRIP) != layout_has(&layout, AREA_BODY));
}

static void everything_stands_inside_and_apart_at_every_size(void **state)
{
    (void)state;
    for (int rows = 1; rows <= 100; rows++)
        for (int cols = 1; cols <= 300; cols++)
            for (int view = VIEW_LIVE; view < VIEW_COUNT; view++)
                assert_sound(rows, cols, (enum view_id)view);
}

static void live_uses_every_row_of_its_body(void **state)
{
    (void)state;
    for (int rows = 15; rows <= 60; rows++)
        for (int cols = 60; cols <= 200; cols++) {
            struct layout layout;
            layout_make(&layout, rows, cols, VIEW_LIVE);
            int used = 0;
            for (int i = AREA_TTFT; i < AREA_COUNT; i++) {
                struct rect area = layout.areas[i];
                int end = area.rows ? area.row + area.rows : 0;
                used = end > used ? end : used;
            }
            assert_int_equal(used, rows - 1);
        }
}

/* Whatever is shown on a smaller screen is shown on a larger one of the same width too. */
static void what_is_given_up_goes_in_order(void **state)
{
    (void)state;
    static const enum area never_before[][2] = {{AREA_EVENTS, AREA_SERVER},
                                                {AREA_EVENTS, AREA_LEVELS},
                                                {AREA_LEVELS, AREA_FIGURES},
                                                {AREA_SPREAD, AREA_TTFT}};
    for (int rows = 15; rows <= 60; rows++)
        for (int cols = 60; cols <= 200; cols += 7) {
            struct layout layout;
            layout_make(&layout, rows, cols, VIEW_LIVE);
            for (size_t i = 0; i < sizeof never_before / sizeof never_before[0]; i++)
                if (layout_has(&layout, never_before[i][0]))
                    assert_true(layout_has(&layout, never_before[i][1]));
            assert_true(layout_has(&layout, AREA_TTFT));
        }
}

static void usual_sizes_show_everything(void **state)
{
    (void)state;
    struct layout layout;
    layout_make(&layout, 24, 80, VIEW_LIVE);
    static const enum area narrow[] = {AREA_TTFT,    AREA_ITL,    AREA_LOAD,  AREA_SERVER,
                                       AREA_FIGURES, AREA_LEVELS, AREA_EVENTS};
    for (size_t i = 0; i < sizeof narrow / sizeof narrow[0]; i++)
        assert_true(layout_has(&layout, narrow[i]));
    assert_int_equal(layout.areas[AREA_TTFT].rows, 7);
    layout_make(&layout, 40, 120, VIEW_LIVE);
    for (int i = AREA_TTFT; i < AREA_COUNT; i++)
        assert_true(layout_has(&layout, (enum area)i) || i == AREA_LOAD);
    assert_true(layout.boxes);
    layout_make(&layout, 14, 200, VIEW_LIVE);
    assert_true(layout_has(&layout, AREA_STRIP));
    layout_make(&layout, 1, 20, VIEW_CACHE);
    assert_true(layout_has(&layout, AREA_STRIP));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(everything_stands_inside_and_apart_at_every_size),
        cmocka_unit_test(live_uses_every_row_of_its_body),
        cmocka_unit_test(what_is_given_up_goes_in_order),
        cmocka_unit_test(usual_sizes_show_everything),
    };
    return cmocka_run_group_tests_name("layout", tests, NULL, NULL);
}
