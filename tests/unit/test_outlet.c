#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/param.h>
#include <sys/socket.h>
#include <termios.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/outlet.h"
#include "base/random.h"

#define MORE_THAN_IT_HOLDS (256 * 1024)

/* A terminal that passes bytes on as they are, and whoever looks at it. */
struct terminal {
    int fd, reader;
    struct outlet outlet;
};

static void terminal_make(struct terminal *terminal)
{
    struct termios settings;
    terminal->reader = posix_openpt(O_RDWR | O_NOCTTY | O_NONBLOCK);
    assert_true(terminal->reader >= 0);
    assert_int_equal(grantpt(terminal->reader), 0);
    assert_int_equal(unlockpt(terminal->reader), 0);
    terminal->fd = open(ptsname(terminal->reader), O_RDWR | O_NOCTTY);
    assert_true(terminal->fd >= 0);
    assert_int_equal(tcgetattr(terminal->fd, &settings), 0);
    cfmakeraw(&settings);
    assert_int_equal(tcsetattr(terminal->fd, TCSANOW, &settings), 0);
    outlet_open(&terminal->outlet, terminal->fd);
}

static void terminal_end(struct terminal *terminal)
{
    outlet_close(&terminal->outlet);
    close(terminal->fd);
    if (terminal->reader >= 0)
        close(terminal->reader);
}

/* Noise, so that nothing lost or doubled goes unseen. */
static void add_noise(struct buffer *sent, size_t size)
{
    struct random random;
    random_seed(&random, 3);
    for (size_t i = 0; i < size; i++)
        buffer_add_char(sent, (char)random_below(&random, 256));
}

static void what_is_not_read_waits_and_arrives_whole(void **state)
{
    (void)state;
    struct terminal terminal;
    struct buffer sent = {0}, read_back = {0};
    terminal_make(&terminal);
    add_noise(&sent, MORE_THAN_IT_HOLDS);
    outlet_add(&terminal.outlet, buffer_text(&sent));
    assert_false(outlet_send(&terminal.outlet));
    assert_false(outlet_is_empty(&terminal.outlet));
    while (read_back.size < sent.size) {
        char bytes[4096];
        ssize_t size = read(terminal.reader, bytes, sizeof bytes);
        if (size > 0)
            buffer_add(&read_back, bytes, (size_t)size);
        else
            outlet_send(&terminal.outlet);
    }
    assert_true(outlet_is_empty(&terminal.outlet));
    assert_memory_equal(read_back.data, sent.data, sent.size);
    buffer_free(&sent);
    buffer_free(&read_back);
    terminal_end(&terminal);
}

static void nobody_who_shares_the_descriptor_meets_short_writes(void **state)
{
    (void)state;
    struct terminal terminal;
    terminal_make(&terminal);
    assert_false(fcntl(terminal.fd, F_GETFL) & O_NONBLOCK);
    assert_true(fcntl(terminal.outlet.fd, F_GETFL) & O_NONBLOCK);
    terminal_end(&terminal);
}

static void the_last_words_are_dropped_when_nobody_listens(void **state)
{
    (void)state;
    struct terminal terminal;
    struct buffer sent = {0};
    terminal_make(&terminal);
    outlet_add(&terminal.outlet, text_of("heard"));
    assert_true(outlet_drain(&terminal.outlet, NS_PER_S));
    add_noise(&sent, MORE_THAN_IT_HOLDS);
    outlet_add(&terminal.outlet, buffer_text(&sent));
    assert_false(outlet_drain(&terminal.outlet, 50 * NS_PER_MS));
    assert_true(outlet_is_empty(&terminal.outlet));
    assert_false(terminal.outlet.lost);
    buffer_free(&sent);
    terminal_end(&terminal);
}

static void a_terminal_that_has_gone_takes_nothing_and_keeps_nothing(void **state)
{
    (void)state;
    struct terminal terminal;
    terminal_make(&terminal);
    close(terminal.reader);
    terminal.reader = -1;
    outlet_add(&terminal.outlet, text_of("hello"));
    assert_false(outlet_drain(&terminal.outlet, NS_PER_S));
    assert_true(terminal.outlet.lost);
    outlet_add(&terminal.outlet, text_of("hello"));
    assert_true(outlet_is_empty(&terminal.outlet));
    terminal_end(&terminal);
}

/* As stderr of a program whose log nobody reads. A socket cannot be opened anew. */
static void a_full_pipe_delays_nobody(const int ends[2])
{
    struct outlet outlet;
    struct buffer sent = {0};
    char bytes[4096];
    size_t arrived = 0;
    outlet_open(&outlet, ends[1]);
    add_noise(&sent, 4 * MORE_THAN_IT_HOLDS);
    outlet_add(&outlet, buffer_text(&sent));
    assert_false(outlet_send(&outlet));
    assert_false(outlet_send(&outlet));
    while (arrived < sent.size) {
        ssize_t size = read(ends[0], bytes, MIN(sizeof bytes, sent.size - arrived));
        assert_true(size > 0);
        assert_memory_equal(bytes, sent.data + arrived, (size_t)size);
        arrived += (size_t)size;
        outlet_send(&outlet);
    }
    assert_true(outlet_is_empty(&outlet));
    close(ends[0]);
    outlet_add(&outlet, text_of("hello"));
    outlet_send(&outlet);
    assert_true(outlet.lost);
    assert_int_equal(outlet.cause, EPIPE);
    outlet_close(&outlet);
    buffer_free(&sent);
    close(ends[1]);
}

static void a_pipe_that_nobody_reads_delays_nobody(void **state)
{
    (void)state;
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    a_full_pipe_delays_nobody(ends);
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
    a_full_pipe_delays_nobody(ends);
}

static void a_file_keeps_its_place(void **state)
{
    (void)state;
    char path[] = "/tmp/test_outlet-XXXXXX", bytes[32] = {0};
    struct outlet outlet;
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, "before ", 7), 7);
    outlet_open(&outlet, fd);
    outlet_add(&outlet, text_of("here "));
    assert_true(outlet_send(&outlet));
    outlet_close(&outlet);
    assert_int_equal(write(fd, "after", 5), 5);
    assert_int_equal(pread(fd, bytes, sizeof bytes, 0), 17);
    assert_string_equal(bytes, "before here after");
    close(fd);
    unlink(path);
}

int main(void)
{
    signal(SIGPIPE, SIG_IGN);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_not_read_waits_and_arrives_whole),
        cmocka_unit_test(nobody_who_shares_the_descriptor_meets_short_writes),
        cmocka_unit_test(the_last_words_are_dropped_when_nobody_listens),
        cmocka_unit_test(a_terminal_that_has_gone_takes_nothing_and_keeps_nothing),
        cmocka_unit_test(a_pipe_that_nobody_reads_delays_nobody),
        cmocka_unit_test(a_file_keeps_its_place),
    };
    return cmocka_run_group_tests_name("outlet", tests, NULL, NULL);
}
