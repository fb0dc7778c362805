#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <stdlib.h>

#include "base/memory.h"
#include "screen_text.h"
#include "ui/plot.h"

static struct plot plain_plot(const double *values, uint32_t count)
{
    return (struct plot){.values = values,
                         .count = count,
                         .ceiling = (double)NAN,
                         .limit = (double)NAN,
                         .role = ROLE_TTFT,
                         .live = true};
}

static void an_area_grows_from_below_with_round_labels(void **state)
{
    (void)state;
    static const double values[] = {0, 50, 100, 150, 200, 250, 300, 350, 400, 400};
    struct canvas canvas;
    struct plot plot = plain_plot(values, 10);
    canvas_init(&canvas, 6, 9, false);
    plot_draw(&canvas, (struct rect){0, 0, 6, 9}, &plot);
    assert_whole_screen(&canvas, "400    ⢠⣿\n"
                                 "      ⢀⣾⣿\n"
                                 "200   ⣼⣿⣿\n"
                                 "     ⣸⣿⣿⣿\n"
                                 "  0 ⣰⣿⣿⣿⣿\n"
                                 "─────────\n");
    canvas_free(&canvas);
}

static void a_value_is_never_drawn_as_nothing(void **state)
{
    (void)state;
    static const double values[] = {0, (double)NAN, 0.001, 1000};
    struct canvas canvas;
    struct plot plot = plain_plot(values, 4);
    canvas_init(&canvas, 3, 9, true);
    plot_draw(&canvas, (struct rect){0, 0, 3, 9}, &plot);
    assert_whole_screen(&canvas, "1000    #\n"
                                 "   0 . .#\n"
                                 "---------\n");
    canvas_free(&canvas);
}

static void a_console_without_dots_gets_blocks(void **state)
{
    (void)state;
    static const double values[] = {100, 75, 50, 25, 0};
    struct canvas canvas;
    struct plot plot = plain_plot(values, 5);
    canvas_init(&canvas, 3, 9, false);
    canvas.no_braille = true;
    plot_draw(&canvas, (struct rect){0, 0, 3, 9}, &plot);
    assert_whole_screen(&canvas, "100 █▄\n"
                                 "  0 ███▄▁\n"
                                 "─────────\n");
    canvas_free(&canvas);
}

static void a_peak_among_many_values_is_kept(void **state)
{
    (void)state;
    double values[1000];
    for (int i = 0; i < 1000; i++)
        values[i] = i == 501 ? 100 : 1;
    struct canvas canvas;
    struct plot plot = plain_plot(values, 1000);
    canvas_init(&canvas, 2, 14, true);
    plot_draw(&canvas, (struct rect){0, 0, 2, 14}, &plot);
    assert_whole_screen(&canvas, "  0 .....#....\n"
                                 "------- now --\n");
    canvas_free(&canvas);
}

static void marks_times_and_the_limit_stand_on_the_axes(void **state)
{
    (void)state;
    double values[40];
    for (int i = 0; i < 40; i++)
        values[i] = i < 20 ? 240 : 95;
    static const struct plot_mark marks[] = {{18, "R2"}, {20, "→12"}, {39, "R3"}, {40, "beyond"}};
    struct canvas canvas;
    struct plot plot = plain_plot(values, 40);
    plot.limit = 350;
    plot.limit_name = "SLO 350";
    plot.marks = marks;
    plot.mark_count = ARRAY_SIZE(marks);
    plot.wall_ns = 1763956987204000000u;
    canvas_init(&canvas, 6, 44, false);
    canvas_box(&canvas, (struct rect){0, 0, 6, 44}, "TTFT ms", NULL);
    plot_draw(&canvas, (struct rect){1, 2, 5, 40}, &plot);
    /* Of two marks in one place the later one stays; the time gives way. */
    assert_whole_screen(&canvas, "╭ TTFT ms ─────────────────────────────────╮\n"
                                 "│ 400 ┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈ SLO 350 │\n"
                                 "│     ⣤⣤⣤⣤⣤⣤⣤⣤⣤⣤⣤⣤⣤⣤⣤⣤⣤⣤                   │\n"
                                 "│     ⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿                   │\n"
                                 "│   0 ⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿ │\n"
                                 "╰───── 04:03:07 ────────┴→12───────────┴R3─╯\n");
    plot.limit = 2000;
    plot.limit_name = "SLO 2000";
    plot.live = false;
    canvas_box(&canvas, (struct rect){0, 0, 6, 44}, "TTFT ms", NULL);
    canvas_fill(&canvas, (struct rect){1, 1, 4, 42}, STYLE(ROLE_TEXT));
    plot_draw(&canvas, (struct rect){1, 2, 5, 40}, &plot);
    /* A limit far above does not flatten what is drawn. */
    assert_whole_screen(&canvas, "╭ TTFT ms ─────────────────────────────────╮\n"
                                 "│ 250 ⣶⣶⣶⣶⣶⣶⣶⣶⣶⣶⣶⣶⣶⣶⣶⣶⣶⣶        SLO 2000 ↑ │\n"
                                 "│     ⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿                   │\n"
                                 "│     ⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣤⣤⣤⣤⣤⣤⣤⣤⣤⣤⣤⣤⣤⣤⣤⣤⣤⣤ │\n"
                                 "│   0 ⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿ │\n"
                                 "╰───── 04:03:07 ────────┴→12───────────┴R3─╯\n");
    canvas_free(&canvas);
}

static void a_sparkline_shows_the_last_values(void **state)
{
    (void)state;
    static const double values[] = {9, 0, 1, 2, (double)NAN, 8};
    struct canvas canvas;
    canvas_init(&canvas, 1, 8, false);
    plot_sparkline(&canvas, 0, 0, 5, values, 6, STYLE(ROLE_SERVER));
    assert_whole_screen(&canvas, "▁▁▂ █\n");
    canvas_clear(&canvas);
    plot_sparkline(&canvas, 0, 0, 8, values, 6, STYLE(ROLE_SERVER));
    assert_whole_screen(&canvas, "  █▁▁▂ ▇\n");
    canvas_free(&canvas);
}

static void a_bar_has_eighth_steps_and_shows_the_smallest_share(void **state)
{
    (void)state;
    struct canvas canvas;
    canvas_init(&canvas, 5, 10, false);
    plot_bar(&canvas, 0, 0, 10, 0.45, STYLE(ROLE_GOOD));
    plot_bar(&canvas, 1, 0, 10, 1e-9, STYLE(ROLE_GOOD));
    plot_bar(&canvas, 2, 0, 10, 7.0, STYLE(ROLE_GOOD));
    plot_bar(&canvas, 3, 0, 10, (double)NAN, STYLE(ROLE_GOOD));
    plot_bar(&canvas, 4, 0, 10, 0, STYLE(ROLE_GOOD));
    assert_whole_screen(&canvas, "████▌\n▏\n██████████\n\n\n");
    canvas_free(&canvas);
}

static void a_ceiling_is_a_round_number_above(void **state)
{
    (void)state;
    static const struct {
        double value, ceiling;
    } cases[] = {{97, 100},      {100, 100}, {101, 150}, {238, 250},  {0.85, 1},
                 {0.021, 0.025}, {0, 1},     {-5, 1},    {4001, 5000}};
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
        assert_true(fabs(plot_ceiling(cases[i].value) - cases[i].ceiling) < 1e-9);
    assert_true(plot_ceiling((double)NAN) > 0);
    assert_true(isfinite(plot_ceiling((double)INFINITY)));
}

static void points_and_lines_stand_between_both_axes(void **state)
{
    (void)state;
    static const double x[] = {0, 1, 2, 3}, y[] = {1, 2, 2, 3};
    struct canvas canvas;
    struct points points = {
        .x = x, .y = y, .count = 4, .line = true, .y_unit = "×", .level = (double)NAN};
    canvas_init(&canvas, 4, 12, false);
    plot_points(&canvas, (struct rect){0, 0, 4, 12}, &points);
    assert_whole_screen(&canvas, " 3×       ⡠⠊\n"
                                 "    ⣀⠤⠊⠉⠉⠉\n"
                                 " 0×\n"
                                 "────────────\n");
    canvas_clear(&canvas);
    points.line = false;
    points.x_labels = true;
    points.level = 2;
    points.level_name = "median";
    plot_points(&canvas, (struct rect){0, 0, 4, 12}, &points);
    assert_whole_screen(&canvas, " 3×        ⠈\n"
                                 "    ⡀┈⠈┈┈⠁┈┈\n"
                                 " 0×\n"
                                 "──── 0 ── 3\n");
    canvas_free(&canvas);
}

/* Whatever the size, the room and the values: nothing is read or written outside. */
static void every_size_and_odd_values_are_drawn(void **state)
{
    (void)state;
    static const double odd[] = {(double)NAN, (double)INFINITY, -1, 1e300, 0, 1e-300, 5, 5, 5};
    static const struct plot_mark marks[] = {{0, "R1"}, {3, "R2"}, {100, "beyond"}, {8, "→12"}};
    for (int rows = 0; rows < 12; rows++)
        for (int cols = 0; cols < 40; cols++) {
            struct canvas canvas;
            canvas_init(&canvas, rows, cols, rows % 2 == 0);
            struct plot plot = plain_plot(odd, ARRAY_SIZE(odd));
            plot.marks = marks;
            plot.mark_count = ARRAY_SIZE(marks);
            plot.limit = 3;
            plot.limit_name = "SLO 3";
            plot.wall_ns = 1763956987204000000u;
            plot_draw(&canvas, (struct rect){-1, -2, rows + 3, cols + 5}, &plot);
            plot_draw(&canvas, (struct rect){0, 0, rows, cols}, &plot);
            struct points points = {
                .x = odd, .y = odd, .count = ARRAY_SIZE(odd), .level = 3, .x_labels = true};
            plot_points(&canvas, (struct rect){-1, -2, rows + 3, cols + 5}, &points);
            plot_sparkline(&canvas, 0, -3, cols, odd, ARRAY_SIZE(odd), STYLE(ROLE_TEXT));
            canvas_free(&canvas);
        }
}

int main(void)
{
    setenv("TZ", "UTC", 1);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_area_grows_from_below_with_round_labels),
        cmocka_unit_test(a_value_is_never_drawn_as_nothing),
        cmocka_unit_test(a_console_without_dots_gets_blocks),
        cmocka_unit_test(a_peak_among_many_values_is_kept),
        cmocka_unit_test(marks_times_and_the_limit_stand_on_the_axes),
        cmocka_unit_test(a_sparkline_shows_the_last_values),
        cmocka_unit_test(a_bar_has_eighth_steps_and_shows_the_smallest_share),
        cmocka_unit_test(a_ceiling_is_a_round_number_above),
        cmocka_unit_test(points_and_lines_stand_between_both_axes),
        cmocka_unit_test(every_size_and_odd_values_are_drawn),
    };
    return cmocka_run_group_tests_name("plot", tests, NULL, NULL);
}
