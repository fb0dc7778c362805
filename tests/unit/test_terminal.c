#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <fcntl.h>
#include <pty.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include "ui/screen.h"
#include "ui/terminal.h"

/* stdin and stdout are a terminal that nobody has to read, until it is let go. */
struct stage {
    int reader, kept[2];
};

static void take(struct stage *stage)
{
    struct winsize size = {.ws_row = 10, .ws_col = 40};
    int terminal;
    fflush(stdout);
    assert_int_equal(openpty(&stage->reader, &terminal, NULL, NULL, &size), 0);
    for (int fd = 0; fd < 2; fd++) {
        stage->kept[fd] = dup(fd);
        dup2(terminal, fd);
    }
    close(terminal);
}

static void let_go(struct stage *stage)
{
    for (int fd = 0; fd < 2; fd++) {
        dup2(stage->kept[fd], fd);
        close(stage->kept[fd]);
    }
    close(stage->reader);
}

static void show(struct screen *screen, const char *text)
{
    struct canvas canvas;
    screen_canvas(screen, &canvas);
    canvas_put(&canvas, 1, 1, 20, STYLE(ROLE_TEXT), text_of(text));
    screen_show(screen, &canvas);
    canvas_free(&canvas);
}

static void a_signal_to_stop_that_comes_in_the_middle_of_a_frame_is_not_lost(void **state)
{
    (void)state;
    struct stage stage;
    struct error error = {0};
    take(&stage);
    int fd = terminal_signals_open();
    struct screen *screen = screen_open(&(struct screen_settings){.theme = "dark"}, &error);
    int first = 0, second = 0;
    if (screen) {
        show(screen, "one");
        kill(getpid(), SIGTSTP);
        show(screen, "two");
        first = terminal_signals_take(fd);
        second = terminal_signals_take(fd);
        screen_leave(screen);
        screen_close(screen);
    }
    terminal_signals_close(fd);
    struct sigaction after;
    sigaction(SIGTSTP, NULL, &after);
    let_go(&stage);
    assert_string_equal(error.text, "");
    assert_int_equal(first, SIGTSTP);
    assert_int_equal(second, 0);
    assert_true(after.sa_handler == SIG_DFL);
}

int main(void)
{
    setenv("TERM", "xterm-256color", 1);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_signal_to_stop_that_comes_in_the_middle_of_a_frame_is_not_lost),
    };
    return cmocka_run_group_tests_name("terminal", tests, NULL, NULL);
}
