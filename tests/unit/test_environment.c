#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/environment.h"

static void what_was_set_is_put_back_and_what_was_not_is_taken_away(void **state)
{
    (void)state;
    struct environment environment = {0};
    setenv("FLUX_TEST_OLD", "old", 1);
    setenv("FLUX_TEST_GONE", "there", 1);
    setenv("FLUX_TEST_EMPTY", "", 1);
    unsetenv("FLUX_TEST_NEW");

    environment_set(&environment, "FLUX_TEST_OLD", "new");
    environment_set(&environment, "FLUX_TEST_GONE", NULL);
    environment_set(&environment, "FLUX_TEST_EMPTY", "full");
    environment_set(&environment, "FLUX_TEST_NEW", "new");
    environment_set(&environment, "FLUX_TEST_OLD", "newer");
    assert_string_equal(getenv("FLUX_TEST_OLD"), "newer");
    assert_null(getenv("FLUX_TEST_GONE"));
    assert_string_equal(getenv("FLUX_TEST_NEW"), "new");

    environment_restore(&environment);
    assert_string_equal(getenv("FLUX_TEST_OLD"), "old");
    assert_string_equal(getenv("FLUX_TEST_GONE"), "there");
    assert_string_equal(getenv("FLUX_TEST_EMPTY"), "");
    assert_null(getenv("FLUX_TEST_NEW"));
    assert_int_equal(environment.count, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_set_is_put_back_and_what_was_not_is_taken_away),
    };
    return cmocka_run_group_tests_name("environment", tests, NULL, NULL);
}
