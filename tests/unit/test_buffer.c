#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>

#include "base/buffer.h"

static void what_is_added_stands_in_order_and_ends_in_nul(void **state)
{
    (void)state;
    struct buffer buffer = {0};
    assert_true(text_is(buffer_text(&buffer), ""));
    buffer_add_string(&buffer, "one ");
    buffer_add_text(&buffer, TEXT("two "));
    buffer_add_char(&buffer, '3');
    buffer_add(&buffer, "\0x", 2);
    buffer_printf(&buffer, " %s%d", "n", 4);
    assert_int_equal(buffer.size, 14);
    assert_memory_equal(buffer.data, "one two 3\0x n4", 15);
    buffer_free(&buffer);
    assert_null(buffer.data);
}

static void it_grows_over_any_size(void **state)
{
    (void)state;
    struct buffer buffer = {0};
    for (int i = 0; i < 100000; i++)
        buffer_printf(&buffer, "%06d", i);
    assert_int_equal(buffer.size, 600000);
    assert_memory_equal(buffer.data + 6 * 99999, "099999", 7);
    assert_true(buffer.capacity < 4 * buffer.size);
    buffer_free(&buffer);
}

static void a_printf_longer_than_the_room_is_whole(void **state)
{
    (void)state;
    struct buffer buffer = {0};
    buffer_printf(&buffer, "%500s", "x");
    assert_int_equal(buffer.size, 500);
    assert_int_equal(strlen(buffer.data), 500);
    assert_int_equal(buffer.data[499], 'x');
    buffer_free(&buffer);
}

static void consuming_drops_from_the_front(void **state)
{
    (void)state;
    struct buffer buffer = {0};
    buffer_consume(&buffer, 3);
    buffer_add_string(&buffer, "abcdef");
    buffer_consume(&buffer, 2);
    assert_string_equal(buffer.data, "cdef");
    buffer_consume(&buffer, 9);
    assert_int_equal(buffer.size, 0);
    assert_string_equal(buffer.data, "");
    buffer_free(&buffer);
}

static void clearing_keeps_the_memory(void **state)
{
    (void)state;
    struct buffer buffer = {0};
    buffer_add_string(&buffer, "abc");
    size_t capacity = buffer.capacity;
    buffer_clear(&buffer);
    assert_int_equal(buffer.size, 0);
    assert_int_equal(buffer.capacity, capacity);
    buffer_free(&buffer);
}

static void taking_hands_the_string_over(void **state)
{
    (void)state;
    struct buffer buffer = {0};
    char *empty = buffer_take(&buffer);
    assert_string_equal(empty, "");
    free(empty);
    buffer_add_string(&buffer, "abc");
    char *string = buffer_take(&buffer);
    assert_string_equal(string, "abc");
    assert_null(buffer.data);
    assert_int_equal(buffer.size, 0);
    free(string);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_added_stands_in_order_and_ends_in_nul),
        cmocka_unit_test(it_grows_over_any_size),
        cmocka_unit_test(a_printf_longer_than_the_room_is_whole),
        cmocka_unit_test(consuming_drops_from_the_front),
        cmocka_unit_test(clearing_keeps_the_memory),
        cmocka_unit_test(taking_hands_the_string_over),
    };
    return cmocka_run_group_tests_name("buffer", tests, NULL, NULL);
}
