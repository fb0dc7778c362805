#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>

#include "base/memory.h"
#include "screen_text.h"
#include "ui/canvas.h"

static void assert_line(const char *given, int cols, bool ascii, const char *expected)
{
    struct canvas canvas;
    canvas_init(&canvas, 1, 20, ascii);
    int used = canvas_put(&canvas, 0, 0, cols, STYLE(ROLE_TEXT), text_of(given));
    char *line = xasprintf("%s\n", expected);
    assert_whole_screen(&canvas, line);
    assert_in_range(used, 0, cols);
    free(line);
    canvas_free(&canvas);
}

static void control_characters_are_shown_and_never_passed_on(void **state)
{
    (void)state;
    assert_line("a\x1b[31mb", 20, false, "a^[[31mb");
    assert_line("bell\a del\x7f", 20, false, "bell^G del^?");
    assert_line("a\nb\tc", 20, false, "a b c");
    assert_line("\xc2\x9b"
                "31m",
                20, false, "<009b>31m");
    assert_line("\xe2\x80\xaetxt", 20, false, "<202e>txt");
}

static void broken_utf8_takes_one_column_a_byte(void **state)
{
    (void)state;
    assert_line("a\xff\xe6\xb8z", 20, false, "a\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbdz");
}

static void wide_characters_take_two_columns_or_are_left_out(void **state)
{
    (void)state;
    assert_line("港口x", 20, false, "港口x");
    assert_line("港口x", 4, false, "港口");
    assert_line("港口x", 3, false, "港");
    assert_int_equal(text_columns(TEXT("港口x")), 5);
    assert_int_equal(text_columns(TEXT("👍🏽")), 2);
    assert_int_equal(text_columns(TEXT("❤️")), 1);
    assert_true(text_is(text_cut(TEXT("港口x"), 3), "港"));
}

static void combining_marks_stay_with_their_letter(void **state)
{
    (void)state;
    assert_line("e\xcc\x81t\xc3\xa9", 3, false, "e\xcc\x81t\xc3\xa9");
    assert_int_equal(text_columns(TEXT("e\xcc\x81t")), 2);
    assert_true(text_is(text_cut(TEXT("e\xcc\x81t"), 1), "e\xcc\x81"));
    assert_line("\xcc\x81t", 20, false, "t");
}

static void joiners_do_not_change_the_width(void **state)
{
    (void)state;
    struct text family = TEXT("👨‍👩‍👧");
    assert_int_equal(text_columns(family), 6);
}

static void ascii_has_a_stand_in_of_the_same_width_for_everything(void **state)
{
    (void)state;
    assert_line("221 → 88", 20, true, "221 > 88");
    assert_line("港x é", 20, true, "??x ?");
    assert_line("████▌", 20, true, "####=");
}

static void overwriting_half_a_wide_character_blanks_the_other(void **state)
{
    (void)state;
    struct canvas canvas;
    canvas_init(&canvas, 1, 6, false);
    canvas_put(&canvas, 0, 0, 6, STYLE(ROLE_TEXT), TEXT("港口岸"));
    canvas_put(&canvas, 0, 1, 1, STYLE(ROLE_TEXT), TEXT("a"));
    canvas_put(&canvas, 0, 4, 1, STYLE(ROLE_TEXT), TEXT("b"));
    assert_whole_screen(&canvas, " a口b\n");
    canvas_put(&canvas, 0, 1, 4, STYLE(ROLE_TEXT), TEXT("岸"));
    assert_whole_screen(&canvas, " 岸 b\n");
    canvas_free(&canvas);
}

static void nothing_is_drawn_outside(void **state)
{
    (void)state;
    struct canvas canvas;
    canvas_init(&canvas, 2, 4, false);
    canvas_put(&canvas, 0, -2, 10, STYLE(ROLE_TEXT), TEXT("abcdefghij"));
    canvas_put(&canvas, 1, 3, 10, STYLE(ROLE_TEXT), TEXT("港"));
    canvas_put(&canvas, -1, 0, 4, STYLE(ROLE_TEXT), TEXT("no"));
    canvas_put(&canvas, 2, 0, 4, STYLE(ROLE_TEXT), TEXT("no"));
    canvas_fill(&canvas, (struct rect){-5, -5, 3, 100}, STYLE(ROLE_TEXT));
    assert_whole_screen(&canvas, "cdef\n\n");
    canvas_free(&canvas);
    canvas_init(&canvas, 0, 0, false);
    canvas_put(&canvas, 0, 0, 4, STYLE(ROLE_TEXT), TEXT("no"));
    assert_whole_screen(&canvas, "");
    canvas_free(&canvas);
}

static void boxes_and_rules_hold_their_titles(void **state)
{
    (void)state;
    struct canvas canvas;
    canvas_init(&canvas, 4, 20, false);
    struct rect inside = canvas_box(&canvas, (struct rect){0, 0, 3, 20}, "load", "now 97");
    assert_int_equal(inside.row, 1);
    assert_int_equal(inside.col, 2);
    assert_int_equal(inside.rows, 1);
    assert_int_equal(inside.cols, 16);
    canvas_put_right(&canvas, 1, inside.col, inside.cols, STYLE(ROLE_TEXT), TEXT("港9"));
    canvas_rule(&canvas, 3, 0, 20, "levels", "12");
    assert_whole_screen(&canvas, "╭ load ──── now 97 ╮\n"
                                 "│              港9 │\n"
                                 "╰──────────────────╯\n"
                                 "── levels ───── 12 ─\n");
    canvas_free(&canvas);
}

static void a_title_without_room_gives_way(void **state)
{
    (void)state;
    struct canvas canvas;
    canvas_init(&canvas, 3, 12, true);
    canvas_box(&canvas, (struct rect){0, 0, 2, 12}, "speed-up of each", "12,345");
    canvas_rule(&canvas, 2, 0, 12, "kinds", "all levels");
    assert_whole_screen(&canvas, "+ speed-up +\n"
                                 "+----------+\n"
                                 "-- kinds ---\n");
    canvas_free(&canvas);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(control_characters_are_shown_and_never_passed_on),
        cmocka_unit_test(broken_utf8_takes_one_column_a_byte),
        cmocka_unit_test(wide_characters_take_two_columns_or_are_left_out),
        cmocka_unit_test(combining_marks_stay_with_their_letter),
        cmocka_unit_test(joiners_do_not_change_the_width),
        cmocka_unit_test(ascii_has_a_stand_in_of_the_same_width_for_everything),
        cmocka_unit_test(overwriting_half_a_wide_character_blanks_the_other),
        cmocka_unit_test(nothing_is_drawn_outside),
        cmocka_unit_test(boxes_and_rules_hold_their_titles),
        cmocka_unit_test(a_title_without_room_gives_way),
    };
    return cmocka_run_group_tests_name("canvas", tests, NULL, NULL);
}
