#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/clock.h"
#include "base/console.h"

#define PIPE_BYTES 4096

/* stdout and stderr are pipes from here on, or one pipe, until let_go(). */
struct pipes {
    int out, err; /* where they are read; `err` may be `out` */
    int kept[2];
};

static int new_pipe(int *write_end)
{
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    assert_true(fcntl(ends[1], F_SETPIPE_SZ, PIPE_BYTES) == PIPE_BYTES);
    assert_int_equal(fcntl(ends[0], F_SETFL, O_NONBLOCK), 0);
    *write_end = ends[1];
    return ends[0];
}

static void take(struct pipes *pipes, bool one)
{
    int write_end;
    fflush(stdout);
    pipes->kept[0] = dup(STDOUT_FILENO);
    pipes->kept[1] = dup(STDERR_FILENO);
    pipes->out = pipes->err = new_pipe(&write_end);
    dup2(write_end, STDOUT_FILENO);
    if (!one) {
        close(write_end);
        pipes->err = new_pipe(&write_end);
    }
    dup2(write_end, STDERR_FILENO);
    close(write_end);
    console_begin();
}

static void let_go(const struct pipes *pipes)
{
    console_end();
    dup2(pipes->kept[0], STDOUT_FILENO);
    dup2(pipes->kept[1], STDERR_FILENO);
    close(pipes->kept[0]), close(pipes->kept[1]);
    close(pipes->out);
    if (pipes->err != pipes->out)
        close(pipes->err);
}

/* All that comes, while the console sends what waits. */
static void read_all(int fd, struct buffer *out)
{
    char bytes[PIPE_BYTES];
    ssize_t size;
    do {
        console_send(0);
        size = read(fd, bytes, sizeof bytes);
        if (size > 0)
            buffer_add(out, bytes, (size_t)size);
    } while (size > 0);
}

static void add_lines(struct buffer *out, const char *word, int count)
{
    for (int i = 0; i < count; i++)
        buffer_printf(out, "%s %d\n", word, i);
}

static void a_report_waits_for_who_reads_it(void **state)
{
    (void)state;
    struct pipes pipes;
    struct buffer report = {0}, out = {0}, err = {0};
    add_lines(&report, "figure", 2000);
    take(&pipes, false);
    console_print(buffer_text(&report));
    assert_false(console_send(NS_PER_MS));
    console_say(TEXT("files are written\n"));
    read_all(pipes.err, &err);
    read_all(pipes.out, &out);
    bool empty = console_send(0);
    let_go(&pipes);
    assert_true(empty);
    assert_string_equal(out.data, report.data);
    assert_string_equal(err.data, "files are written\n");
    buffer_free(&report), buffer_free(&out), buffer_free(&err);
}

static void on_one_terminal_the_order_stays(void **state)
{
    (void)state;
    struct pipes pipes;
    struct buffer expected = {0}, table = {0}, out = {0};
    take(&pipes, true);
    for (int i = 0; i < 10; i++) {
        buffer_clear(&table);
        add_lines(&table, "row", 200);
        console_print(buffer_text(&table));
        console_say(TEXT("note\n"));
        buffer_add_text(&expected, buffer_text(&table));
        buffer_add_string(&expected, "note\n");
    }
    read_all(pipes.out, &out);
    let_go(&pipes);
    assert_string_equal(out.data, expected.data);
    buffer_free(&expected), buffer_free(&table), buffer_free(&out);
}

static void messages_that_nobody_reads_are_counted_not_kept(void **state)
{
    (void)state;
    struct pipes pipes;
    struct buffer err = {0};
    take(&pipes, false);
    for (int i = 0; i < 100000; i++)
        console_say(TEXT("waiting for the server\n"));
    read_all(pipes.err, &err);
    let_go(&pipes);
    unsigned kept = 0, left_out = 0;
    const char *last = err.data, *at = err.data;
    for (const char *end; (end = strchr(at, '\n')); at = end + 1, kept++)
        last = at;
    assert_int_equal(sscanf(last, "(%u messages are left out, as nobody read)", &left_out), 1);
    assert_in_range(err.size, 60000, 80000);
    assert_int_equal(kept - 1 + left_out, 100000);
    buffer_free(&err);
}

static void a_reader_that_has_gone_is_told(void **state)
{
    (void)state;
    struct pipes pipes;
    take(&pipes, false);
    console_print(TEXT("hello\n"));
    int before = console_print_failed();
    close(pipes.out);
    pipes.out = pipes.err;
    console_print(TEXT("hello\n"));
    int after = console_print_failed();
    let_go(&pipes);
    assert_int_equal(before, 0);
    assert_int_equal(after, EPIPE);
}

int main(void)
{
    signal(SIGPIPE, SIG_IGN);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_report_waits_for_who_reads_it),
        cmocka_unit_test(on_one_terminal_the_order_stays),
        cmocka_unit_test(messages_that_nobody_reads_are_counted_not_kept),
        cmocka_unit_test(a_reader_that_has_gone_is_told),
    };
    return cmocka_run_group_tests_name("console", tests, NULL, NULL);
}
