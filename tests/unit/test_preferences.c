#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/environment.h"
#include "base/file.h"
#include "base/memory.h"
#include "ui/preferences.h"

static void a_choice_is_found_again_and_others_stay(void **state)
{
    (void)state;
    char folder[] = "/tmp/fluxperf-preferences-XXXXXX";
    assert_non_null(mkdtemp(folder));
    char *directory = path_join(folder, "fluxperf"), *path = path_join(directory, "ui.conf");
    struct environment environment = {0};
    environment_set(&environment, "XDG_CONFIG_HOME", folder);
    char value[16];

    assert_false(preference_get("theme", value, sizeof value));
    assert_string_equal(value, "");
    assert_int_equal(preference_get_int("sort_column", 7), 7);
    assert_true(directory_make(directory, NULL));
    assert_true(file_write_whole(path, TEXT("# mine\nother = x\ntheme=mono\n"), 0600, NULL));
    assert_true(preference_get("theme", value, sizeof value));
    assert_string_equal(value, "mono");
    assert_true(preference_set("theme", "light"));
    assert_true(preference_set_int("sort_column", -3));
    assert_true(preference_get("theme", value, sizeof value));
    assert_string_equal(value, "light");
    assert_int_equal(preference_get_int("sort_column", 7), -3);
    assert_true(preference_set("theme", "a name that is longer than there is room"));
    assert_false(preference_get("theme", value, sizeof value));

    struct buffer content = {0};
    assert_true(file_read(path, &content, NULL));
    assert_non_null(strstr(content.data, "# mine\nother = x\n"));
    buffer_free(&content);
    environment_restore(&environment);
    unlink(path);
    rmdir(directory);
    rmdir(folder);
    free(path);
    free(directory);
}

static void where_nothing_can_be_written_a_choice_is_not_kept(void **state)
{
    (void)state;
    struct environment environment = {0};
    environment_set(&environment, "XDG_CONFIG_HOME", "/proc/none");
    assert_false(preference_set("theme", "light"));
    environment_restore(&environment);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_choice_is_found_again_and_others_stay),
        cmocka_unit_test(where_nothing_can_be_written_a_choice_is_not_kept),
    };
    return cmocka_run_group_tests_name("preferences", tests, NULL, NULL);
}
