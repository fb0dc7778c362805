#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <ncurses.h>

#include "ui/view.h"

static void keys_move_and_stop_at_both_ends(void **state)
{
    (void)state;
    struct list list = {0};
    list_settle(&list, 100, 10);
    static const struct {
        int key;
        uint32_t cursor;
    } steps[] = {{KEY_UP, 0},     {'k', 0},       {KEY_DOWN, 1},  {'j', 2},     {KEY_NPAGE, 11},
                 {KEY_END, 99},   {'j', 99},      {'G', 99},      {'g', 0},     {'D' & 0x1f, 5},
                 {'U' & 0x1f, 0}, {KEY_NPAGE, 9}, {KEY_PPAGE, 0}, {KEY_HOME, 0}};
    for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++) {
        assert_true(list_key(&list, steps[i].key));
        assert_int_equal(list.cursor, steps[i].cursor);
    }
    assert_false(list_key(&list, 'x'));
}

static void the_cursor_stays_in_sight_of_any_size(void **state)
{
    (void)state;
    struct list list = {0};
    list_settle(&list, 1000, 10);
    list_key(&list, KEY_END);
    for (int rows = 0; rows < 40; rows++) {
        list_settle(&list, 1000, rows);
        assert_true(rows == 0 ||
                    (list.cursor >= list.top && list.cursor < list.top + (uint32_t)rows));
    }
    /* No rows stay empty while there are things to show. */
    assert_int_equal(list.top, 1000 - 39);
    list_settle(&list, 5, 39);
    assert_int_equal(list.cursor, 4);
    assert_int_equal(list.top, 0);
    list_settle(&list, 0, 39);
    assert_int_equal(list.cursor, 0);
    assert_true(list_key(&list, KEY_END));
    assert_int_equal(list.cursor, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keys_move_and_stop_at_both_ends),
        cmocka_unit_test(the_cursor_stays_in_sight_of_any_size),
    };
    return cmocka_run_group_tests_name("list", tests, NULL, NULL);
}
