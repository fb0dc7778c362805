#include "ui/sheet.h"

#include <ncurses.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/memory.h"
#include "ui/app.h"
#include "ui/screen.h"
#include "ui/script.h"
#include "ui/terminal.h"

#define CTRL(letter) ((letter)&0x1f)

enum { LOOK_MS = 250 };

struct showing {
    const struct sheet *sheet;
    void *page;
    const struct sheet_terminal *terminal;
    struct screen *screen;
    int terminal_fd; /* of signals about the terminal */
    int rows, cols;
    bool dirty, done, signalled;
};

static void draw(struct showing *showing)
{
    struct canvas canvas;
    screen_canvas(showing->screen, &canvas);
    showing->rows = canvas.rows;
    showing->cols = canvas.cols;
    showing->sheet->draw(showing->page, &canvas);
    screen_show(showing->screen, &canvas);
    canvas_free(&canvas);
    showing->dirty = false;
}

static void suspend(struct showing *showing)
{
    screen_leave(showing->screen); /* stopped even where the terminal does not take it */
    kill(0, SIGSTOP);
    while (terminal_signals_take(showing->terminal_fd)) /* SIGCONT is what woke us */
        ;
    screen_return(showing->screen);
    showing->dirty = true;
}

static void take_terminal_signals(struct showing *showing)
{
    int number;
    while ((number = terminal_signals_take(showing->terminal_fd)) != 0) {
        if (number == SIGTSTP) {
            suspend(showing);
        } else if (number == SIGCONT) {
            /* Stopped by SIGSTOP: a shell may have had the terminal meanwhile. */
            screen_leave(showing->screen);
            screen_return(showing->screen);
            showing->dirty = true;
        }
    }
}

static void take_keys(struct showing *showing)
{
    int key;
    while (!showing->done && (key = screen_key(showing->screen)) >= 0) {
        showing->dirty = true;
        if (key == CTRL('l'))
            screen_redraw(showing->screen);
        else if (key == CTRL('z'))
            suspend(showing);
        else if (key != KEY_RESIZE && key != KEY_MOUSE)
            showing->done = !showing->sheet->key(showing->page, key);
    }
}

static void wait_for_something(struct showing *showing)
{
    struct pollfd fds[] = {
        {.fd = STDIN_FILENO, .events = POLLIN},
        {.fd = showing->terminal->signal_fd, .events = POLLIN},
        {.fd = screen_unsent_fd(showing->screen), .events = POLLOUT},
        {.fd = showing->terminal_fd, .events = POLLIN},
    };
    poll(fds, ARRAY_SIZE(fds), LOOK_MS);
    if (fds[0].revents & (POLLHUP | POLLERR | POLLNVAL) ||
        (fds[2].revents && !screen_send(showing->screen)))
        showing->signalled = true;
    if (fds[1].revents & POLLIN && showing->terminal->take_signal(showing->terminal->context))
        showing->signalled = true;
    if (fds[3].revents & POLLIN)
        take_terminal_signals(showing);
    if (fds[0].revents & POLLIN)
        take_keys(showing);
    int rows, cols;
    screen_size(showing->screen, &rows, &cols);
    showing->dirty |= rows != showing->rows || cols != showing->cols;
    if (showing->sheet->look && !showing->done)
        showing->dirty |= showing->sheet->look(showing->page);
}

/* When the script is at its end, so is everything. */
static enum sheet_end play(const struct sheet *sheet, void *page, bool ascii, const char *script,
                           struct error *error)
{
    bool done;
    if (!script_play_sheet(sheet, page, ascii, script, &done, error))
        return SHEET_FAILED;
    return done ? SHEET_DONE : SHEET_SIGNALLED;
}

enum sheet_end sheet_run(const struct sheet *sheet, void *page,
                         const struct sheet_terminal *terminal, struct error *error)
{
    const struct config *config = terminal->config;
    struct screen_settings settings = {
        .ascii = config->ascii, .colour = config->color, .theme = config->theme};
    struct showing showing = {.sheet = sheet, .page = page, .terminal = terminal, .dirty = true};
    const char *script = getenv("FLUXPERF_UI_SCRIPT");
    if (script)
        return play(sheet, page, config->ascii, script, error);
    showing.terminal_fd = terminal_signals_open();
    if (!app_can_run(error) || !(showing.screen = screen_open(&settings, error))) {
        terminal_signals_close(showing.terminal_fd);
        return SHEET_FAILED;
    }
    screen_title(showing.screen, sheet->title);
    while (!showing.signalled && !(showing.done && screen_unsent_fd(showing.screen) < 0)) {
        if (showing.dirty && screen_unsent_fd(showing.screen) < 0)
            draw(&showing);
        wait_for_something(&showing);
    }
    if (!screen_leave(showing.screen)) {
        terminal_give_up();
        showing.signalled = true;
    }
    screen_close(showing.screen);
    terminal_signals_close(showing.terminal_fd);
    return showing.signalled ? SHEET_SIGNALLED : SHEET_DONE;
}
