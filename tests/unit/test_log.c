#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <pty.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"

struct heard {
    enum log_severity severity;
    char line[256];
    int count;
};

static void listen(void *context, enum log_severity severity, const char *line)
{
    struct heard *heard = context;
    heard->severity = severity;
    heard->count++;
    snprintf(heard->line, sizeof heard->line, "%s", line);
}

/* What `say` writes to stderr, read back through a file that stands in for it. */
static void capture_stderr(void (*say)(void), char *out, size_t size)
{
    fflush(stderr);
    FILE *file = tmpfile();
    int kept = dup(STDERR_FILENO);
    dup2(fileno(file), STDERR_FILENO);
    say();
    fflush(stderr);
    dup2(kept, STDERR_FILENO);
    close(kept);
    rewind(file);
    out[fread(out, 1, size - 1, file)] = '\0';
    fclose(file);
}

static int forget_secrets(void **state)
{
    (void)state;
    secret_forget_all();
    return 0;
}

static void say_all(void)
{
    log_info("plain %d", 1);
    log_warning("careful");
    log_error("key sk-secret-1 is wrong");
}

static void a_message_reaches_stderr_and_the_listener_without_secrets(void **state)
{
    (void)state;
    char out[512];
    struct heard heard = {0};
    secret_add("sk-secret-1");
    log_set_listener(listen, &heard);
    capture_stderr(say_all, out, sizeof out);
    assert_string_equal(out, "plain 1\nwarning: careful\nerror: key *********** is wrong\n");
    assert_int_equal(heard.count, 3);
    assert_int_equal(heard.severity, LOG_ERROR);
    assert_string_equal(heard.line, "key *********** is wrong");

    log_set_listener(NULL, NULL);
    capture_stderr(say_all, out, sizeof out);
    assert_int_equal(heard.count, 3);
}

static void say_over_progress(void)
{
    log_progress("50 %");
    log_info("note");
    log_info("another");
    log_progress("60 %");
    log_progress_end();
    log_progress_end();
}

static void a_message_wipes_the_progress_line_first(void **state)
{
    (void)state;
    char out[512];
    capture_stderr(say_over_progress, out, sizeof out);
    assert_string_equal(out, "\r\033[K50 %\r\033[Knote\nanother\n\r\033[K60 %\r\033[K");
}

static void the_progress_line_ends_where_the_terminal_does(void **state)
{
    (void)state;
    struct winsize size = {.ws_row = 5, .ws_col = 12};
    int master, slave, kept = dup(STDERR_FILENO);
    char out[64] = {0};
    assert_int_equal(openpty(&master, &slave, NULL, NULL, &size), 0);
    dup2(slave, STDERR_FILENO);
    log_progress("C=10→12  45/100");
    dup2(kept, STDERR_FILENO);
    ssize_t count = read(master, out, sizeof out - 1);
    close(kept), close(slave), close(master);
    assert_true(count > 0);
    assert_string_equal(out, "\r\033[KC=10→12  45");
}

static void every_secret_is_starred_and_the_length_stays(void **state)
{
    (void)state;
    char data[] = "token=abcdef&again=abcdef abcde\0abcdef";
    secret_add("abcdef");
    redact(data, sizeof data - 1);
    assert_memory_equal(data, "token=******&again=****** abcde\0******", sizeof data);
}

static void a_secret_inside_another_hides_both(void **state)
{
    (void)state;
    char data[] = "Bearer abcd-efgh; abcd";
    secret_add("abcd");
    secret_add("Bearer abcd-efgh");
    redact(data, strlen(data));
    assert_string_equal(data, "****************; ****");
}

static void a_value_too_short_to_be_a_secret_is_left(void **state)
{
    (void)state;
    char data[] = "a yes and a no";
    secret_add("a");
    secret_add("");
    secret_add(NULL);
    redact(data, strlen(data));
    assert_string_equal(data, "a yes and a no");
    secret_add("yes and");
    secret_forget_all();
    redact(data, strlen(data));
    assert_string_equal(data, "a yes and a no");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(a_message_reaches_stderr_and_the_listener_without_secrets,
                                  forget_secrets),
        cmocka_unit_test(a_message_wipes_the_progress_line_first),
        cmocka_unit_test(the_progress_line_ends_where_the_terminal_does),
        cmocka_unit_test_teardown(every_secret_is_starred_and_the_length_stays, forget_secrets),
        cmocka_unit_test_teardown(a_secret_inside_another_hides_both, forget_secrets),
        cmocka_unit_test_teardown(a_value_too_short_to_be_a_secret_is_left, forget_secrets),
    };
    return cmocka_run_group_tests_name("log", tests, NULL, NULL);
}
