#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/memory.h"
#include "screen_text.h"
#include "ui/text_pane.h"

static struct text_pane pane;
static struct canvas canvas;

static int set_up(void **state)
{
    (void)state;
    pane = (struct text_pane){0};
    canvas_init(&canvas, 4, 20, false);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    text_pane_free(&pane);
    canvas_free(&canvas);
    return 0;
}

static void draw(void)
{
    canvas_clear(&canvas);
    text_pane_draw(&pane, &canvas, (struct rect){0, 0, 4, 20});
}

static void assert_row(int row, const char *text)
{
    draw();
    char *screen = screen_text(&canvas);
    struct text rest = text_of(screen), line = {0};
    for (int i = 0; i <= row; i++)
        assert_true(text_next_line(&rest, &line));
    char *found = xstrndup(line.data, line.size);
    assert_string_equal(found, text);
    free(found);
    free(screen);
}

static void long_lines_break_at_blanks_and_keep_their_indent(void **state)
{
    (void)state;
    buffer_add_string(&pane.text, "  The pilot boat is not a ship of ours.\nlast\n");
    assert_row(0, "  The pilot boat is");
    assert_row(1, "  not a ship of");
    assert_row(2, "  ours.");
    assert_row(3, "last");
}

static void wide_characters_break_at_the_edge_and_never_in_two(void **state)
{
    (void)state;
    buffer_add_string(&pane.text, "a港口记录第十九页西风海面平静没有");
    assert_row(0, "a港口记录第十九页西");
    assert_row(1, "风海面平静没有");
    for (int col = 0; col < 20; col++)
        assert_true(canvas.cells[col].width != 1 || strlen(canvas.cells[col].text) <= 1);
}

static void one_word_that_is_too_long_is_cut(void **state)
{
    (void)state;
    buffer_add_string(&pane.text, "0123456789012345678901234567890123456789xyz");
    assert_row(0, "01234567890123456789");
    assert_row(2, "xyz");
}

static void it_moves_and_stops_at_both_ends(void **state)
{
    (void)state;
    for (int i = 0; i < 10; i++)
        buffer_printf(&pane.text, "line %d\n", i);
    assert_row(0, "line 0");
    assert_true(text_pane_key(&pane, 'j'));
    assert_row(0, "line 1");
    text_pane_key(&pane, 'G');
    assert_row(3, "line 9");
    text_pane_key(&pane, 'j');
    assert_row(3, "line 9");
    text_pane_key(&pane, 'k');
    assert_row(0, "line 5");
    text_pane_key(&pane, 'g');
    text_pane_key(&pane, 'k');
    assert_row(0, "line 0");
    assert_false(text_pane_key(&pane, 'y'));
}

static void a_search_goes_from_match_to_match(void **state)
{
    (void)state;
    for (int i = 0; i < 30; i++)
        buffer_printf(&pane.text, "%s %d\n", i % 10 == 7 ? "Ship" : "boat", i);
    draw();
    assert_true(text_pane_find(&pane, "ship"));
    assert_row(0, "Ship 7");
    assert_int_equal(canvas.cells[0].style.flags & STYLE_REVERSE, STYLE_REVERSE);
    assert_int_equal(canvas.cells[4].style.flags & STYLE_REVERSE, 0);
    text_pane_key(&pane, 'n');
    assert_row(0, "Ship 17");
    text_pane_key(&pane, 'n');
    text_pane_key(&pane, 'n');
    assert_row(1, "Ship 27");
    text_pane_key(&pane, 'N');
    assert_row(0, "Ship 17");
    assert_false(text_pane_find(&pane, "whale"));
}

static void headings_stand_out(void **state)
{
    (void)state;
    buffer_printf(&pane.text, "%csystem\n  text\n", PANE_HEADING);
    assert_row(0, "system");
    assert_int_equal(canvas.cells[0].style.role, ROLE_TITLE);
    assert_int_equal(canvas.cells[22].style.role, ROLE_TEXT);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(long_lines_break_at_blanks_and_keep_their_indent),
        TEST(wide_characters_break_at_the_edge_and_never_in_two),
        TEST(one_word_that_is_too_long_is_cut),
        TEST(it_moves_and_stops_at_both_ends),
        TEST(a_search_goes_from_match_to_match),
        TEST(headings_stand_out),
    };
    return cmocka_run_group_tests_name("text_pane", tests, NULL, NULL);
}
