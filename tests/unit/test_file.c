#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/memory.h"

/* A directory of its own for each test; the tests leave it empty. */
static int make_directory(void **state)
{
    char template[] = "/tmp/test_file_XXXXXX";
    if (!mkdtemp(template))
        return -1;
    *state = xstrdup(template);
    return 0;
}

static int remove_directory(void **state)
{
    int result = rmdir(*state);
    free(*state);
    return result;
}

static void assert_holds(const char *path, struct text expected)
{
    struct buffer content = {0};
    struct error error;
    if (!file_read(path, &content, &error))
        fail_msg("%s", error.text);
    assert_true(text_equal(buffer_text(&content), expected));
    buffer_free(&content);
}

static void a_whole_file_is_written_with_its_mode_and_read_back(void **state)
{
    char *path = path_join(*state, "a.json");
    struct stat status;
    assert_false(file_exists(path));
    assert_true(file_write_whole(path, TEXT("one\0two"), 0600, NULL));
    assert_holds(path, TEXT("one\0two"));
    assert_int_equal(stat(path, &status), 0);
    assert_int_equal(status.st_mode & 0777, 0600);
    assert_true(file_write_whole(path, TEXT(""), 0600, NULL));
    assert_holds(path, TEXT(""));
    assert_true(file_exists(path));
    assert_false(directory_exists(path));
    unlink(path);
    free(path);
}

static void a_file_larger_than_one_read_is_whole(void **state)
{
    char *path = path_join(*state, "large");
    struct buffer content = {0};
    while (content.size < 300000)
        buffer_printf(&content, "%zu,", content.size);
    assert_true(file_write_whole(path, buffer_text(&content), 0600, NULL));
    assert_holds(path, buffer_text(&content));
    buffer_free(&content);
    unlink(path);
    free(path);
}

/* A limit on the size of files stands for the full disk. */
static void a_full_disk_leaves_the_old_file(void **state)
{
    char *path = path_join(*state, "a.json");
    struct error error;
    struct rlimit old, small = {.rlim_cur = 4096};
    char large[8192] = {0};
    assert_true(file_write_whole(path, TEXT("old"), 0600, NULL));

    signal(SIGXFSZ, SIG_IGN);
    getrlimit(RLIMIT_FSIZE, &old);
    small.rlim_max = old.rlim_max;
    setrlimit(RLIMIT_FSIZE, &small);
    bool ok = file_write_whole(path, (struct text){large, sizeof large}, 0600, &error);
    setrlimit(RLIMIT_FSIZE, &old);

    assert_false(ok);
    char *expected = xasprintf("cannot write %s: File too large", path);
    assert_string_equal(error.text, expected);
    assert_holds(path, TEXT("old"));
    unlink(path); /* the directory must be empty now: nothing was left beside it */
    free(expected);
    free(path);
}

static void errors_name_the_file_and_the_reason(void **state)
{
    (void)state;
    struct buffer content = {0};
    struct error error;
    assert_false(file_read("/no/such/file", &content, &error));
    assert_string_equal(error.text, "cannot open /no/such/file: No such file or directory");
    assert_false(file_read("/", &content, &error));
    assert_string_equal(error.text, "cannot read /: Is a directory");
    assert_false(file_write_whole("/no/such/file", TEXT("x"), 0600, &error));
    assert_string_equal(error.text, "cannot write /no/such/file: No such file or directory");
    buffer_free(&content);
}

static void directories_are_made_with_their_parents_and_twice(void **state)
{
    char *parent = path_join(*state, "a"), *child = path_join(parent, "b//c/");
    struct error error;
    assert_true(directory_make(child, &error));
    assert_true(directory_make(child, &error));
    assert_true(directory_exists(child));
    assert_true(directory_make("/", &error));
    assert_false(directory_make("", &error));

    char *file = path_join(child, "file"), *below = path_join(file, "d");
    assert_true(file_write_whole(file, TEXT("x"), 0600, NULL));
    assert_false(directory_make(below, &error));
    char *expected = xasprintf("cannot make directory %s: File exists", file);
    assert_string_equal(error.text, expected);

    unlink(file);
    rmdir(child);
    char *middle = path_join(parent, "b");
    rmdir(middle);
    rmdir(parent);
    free(middle);
    free(expected);
    free(below);
    free(file);
    free(child);
    free(parent);
}

static void paths_are_joined_by_one_slash_and_parted_at_the_last(void **state)
{
    (void)state;
    char *joined = path_join("a", "b"), *slashed = path_join("a/", "b"), *bare = path_join("", "b");
    assert_string_equal(joined, "a/b");
    assert_string_equal(slashed, "a/b");
    assert_string_equal(bare, "/b");
    assert_string_equal(path_base("/x/y.txt"), "y.txt");
    assert_string_equal(path_base("y.txt"), "y.txt");
    free(joined);
    free(slashed);
    free(bare);
}

int main(void)
{
#define IN_DIRECTORY(test) cmocka_unit_test_setup_teardown(test, make_directory, remove_directory)
    const struct CMUnitTest tests[] = {
        IN_DIRECTORY(a_whole_file_is_written_with_its_mode_and_read_back),
        IN_DIRECTORY(a_file_larger_than_one_read_is_whole),
        IN_DIRECTORY(a_full_disk_leaves_the_old_file),
        cmocka_unit_test(errors_name_the_file_and_the_reason),
        IN_DIRECTORY(directories_are_made_with_their_parents_and_twice),
        cmocka_unit_test(paths_are_joined_by_one_slash_and_parted_at_the_last),
    };
    return cmocka_run_group_tests_name("file", tests, NULL, NULL);
}
