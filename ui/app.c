#include "ui/app.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <ncurses.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/console.h"
#include "base/file.h"
#include "base/log.h"
#include "base/memory.h"
#include "benchmark/tuning.h"
#include "ui/actions.h"
#include "ui/app_loop.h"
#include "ui/frame.h"
#include "ui/pager.h"
#include "ui/preferences.h"
#include "ui/request_columns.h"
#include "ui/screen.h"
#include "ui/script.h"
#include "ui/terminal.h"
#include "ui/watching.h"

/* Figures change so often at most, whatever the frame rate is. */
#define LOOK_NS       (500 * NS_PER_MS)
#define PAGER_LOOK_NS (50 * NS_PER_MS)
#define MESSAGE_NS    (10 * NS_PER_S) /* a message stays so long, or until the next key */

struct app {
    const struct app_settings *settings;
    struct screen *screen;
    struct ui ui;
    int terminal_fd; /* of signals about the terminal */
    uint64_t frame_ns, looked_ns, drawn_ns, key_ns;
    bool dirty;   /* something is to be drawn */
    bool away;    /* stopped, or in the background: the screen is not ours */
    bool gone;    /* the terminal has disappeared */
    bool leaving; /* the run was told to end, and the screen follows */
    bool urgent;  /* by a signal: without waiting for a terminal that does not read */
    bool hurry, plain;
    struct pager pager; /* while one is open it has the terminal */
    bool files_written;
    char title[128];
};

/* Blocked from the start, so that no thread takes them; the descriptor is for app_run. One of the
 * few globals: signals are the process's. */
static int terminal_signal_fd = -1;

void app_prepare(void)
{
    if (terminal_signal_fd < 0)
        terminal_signal_fd = terminal_signals_open();
}

bool app_is_wanted(const struct config *config)
{
    if (config->ui != UI_AUTO)
        return config->ui == UI_FULL;
    return isatty(STDIN_FILENO) && isatty(STDOUT_FILENO) && getpgrp() == getpid() &&
           !config->json && !config->dry_run && screen_is_possible(NULL);
}

/* ---- drawing ---- */

static void draw(struct app *app)
{
    struct canvas canvas;
    char title[128];
    screen_canvas(app->screen, &canvas);
    frame_draw(&app->ui, &canvas);
    screen_show(app->screen, &canvas);
    canvas_free(&canvas);
    frame_title(&app->ui, title, sizeof title);
    if (strcmp(title, app->title) != 0) {
        screen_title(app->screen, title);
        memcpy(app->title, title, sizeof title);
    }
    app->dirty = false;
    app->drawn_ns = real_now_ns();
}

static void look(struct app *app)
{
    app_look(&app->ui, app->settings);
    if (app->ui.message[0] && real_now_ns() - app->key_ns > MESSAGE_NS)
        app->ui.message[0] = '\0';
    terminal_read_stderr(&app->ui.stderr_text);
    if (watching_rings(&app->ui))
        screen_ring(app->screen);
    app->looked_ns = real_now_ns();
    app->dirty = true;
}

/* ---- leaving the terminal for a while ---- */

static bool in_foreground(void)
{
    return tcgetpgrp(STDIN_FILENO) == getpgrp();
}

static void go_away(struct app *app)
{
    if (app->away)
        return;
    screen_leave(app->screen);
    app->away = true;
}

/* Also later, when a run that was sent to the background is brought back. */
static void come_back(struct app *app)
{
    if (!app->away || app->gone || pager_is_open(&app->pager) || !in_foreground())
        return;
    screen_return(app->screen);
    app->away = false;
    app->dirty = true;
}

static void stop_process(struct app *app)
{
    go_away(app);
    kill(0, SIGSTOP);
    while (terminal_signals_take(app->terminal_fd)) /* SIGCONT is what woke us */
        ;
    come_back(app);
}

static void open_pager(struct app *app)
{
    struct error error = {0};
    go_away(app);
    if (pager_open(&app->pager, buffer_text(&app->ui.copied), &error))
        return;
    ui_say(&app->ui, "%s", error.text);
    come_back(app);
}

/* ---- what keys ask for ---- */

static void write_files(struct app *app)
{
    const struct app_settings *settings = app->settings;
    struct error error = {0};
    if (!settings->write_files || !app->ui.run)
        ui_say(&app->ui, "there is nothing to write");
    else if (settings->write_files(settings->context, &error))
        ui_say(&app->ui, "files are in %s", app->ui.directory);
    else
        ui_say(&app->ui, "%.200s", error.text);
}

static void leave(struct app *app)
{
    app->hurry = app->hurry || app->leaving;
    app->leaving = true;
    if (app->settings->benchmark)
        tuning_finish(app->settings->benchmark);
}

static void take_wish(struct app *app)
{
    struct ui *ui = &app->ui;
    enum ui_wish wish = ui->wish;
    ui->wish = WISH_GO_ON;
    switch (wish) {
    case WISH_GO_ON:
        break;
    case WISH_LEAVE:
        leave(app);
        break;
    case WISH_PLAIN:
        app->plain = true;
        break;
    case WISH_SUSPEND:
        stop_process(app);
        break;
    case WISH_REDRAW:
        screen_redraw(app->screen);
        break;
    case WISH_THEME:
        ui_say(ui, "theme: %s", screen_next_theme(app->screen));
        break;
    case WISH_MOUSE:
        ui_say(ui, "mouse %s", screen_toggle_mouse(app->screen) ? "on" : "off");
        break;
    case WISH_FILES:
        write_files(app);
        break;
    case WISH_COPY:
        screen_copy(app->screen, buffer_text(&ui->copied));
        app_keep_copy(ui);
        break;
    case WISH_PAGER:
        open_pager(app);
        break;
    }
}

/* ---- what comes in ---- */

static void take_mouse(struct app *app)
{
    int rows, cols, row, col, button;
    if (!screen_mouse(&row, &col, &button))
        return;
    screen_size(app->screen, &rows, &cols);
    int tab = frame_tab_at(&app->ui, row, col, cols);
    if (button == 4 || button == 5) {
        for (int i = 0; i < 3; i++)
            app_key(&app->ui, button == 4 ? KEY_UP : KEY_DOWN);
    } else if (tab >= 0 && !app->ui.overlay) {
        app_key(&app->ui, '1' + tab);
    } else {
        app->ui.mouse_row = row;
        app->ui.mouse_col = col;
        app_key(&app->ui, KEY_MOUSE);
    }
}

static void take_keys(struct app *app)
{
    int key;
    while (!app->away && (key = screen_key(app->screen)) >= 0) {
        if (key == KEY_RESIZE)
            continue;
        if (key == KEY_MOUSE)
            take_mouse(app);
        else
            app_key(&app->ui, key);
        take_wish(app);
        app->key_ns = real_now_ns();
        app->dirty = true;
    }
}

static void stop_run(struct app *app)
{
    struct benchmark *benchmark = app->settings->benchmark;
    if (benchmark)
        benchmark_stop(benchmark);
}

/* The terminal has gone away, with or without a signal that says so. */
static void lose_terminal(struct app *app)
{
    app->gone = true;
    app->leaving = true;
    stop_run(app);
}

/* SIGINT, SIGTERM and SIGHUP end the run and the screen; a second one does not wait. A terminal
 * that goes away sends SIGHUP more than once: by the kernel and by the shell. */
static void take_end_signals(struct app *app)
{
    int number;
    if (pager_is_open(&app->pager)) /* ^C is the pager's, though the terminal sends it to both */
        terminal_drop_interrupts();
    while ((number = app->settings->take_signal(app->settings->context)) != 0) {
        app->hurry = app->hurry || (app->leaving && number != SIGHUP);
        app->leaving = app->urgent = true;
        stop_run(app);
        if (number == SIGHUP)
            app->gone = true;
    }
}

static void take_terminal_signals(struct app *app)
{
    int number;
    while ((number = terminal_signals_take(app->terminal_fd)) != 0) {
        if (number == SIGTSTP) {
            stop_process(app);
        } else if (number == SIGCONT) {
            /* Stopped by SIGSTOP: a shell may have had the terminal meanwhile. */
            go_away(app);
            come_back(app);
        }
        app->dirty = true;
    }
}

/* ---- the loop ---- */

static bool run_is_over(const struct app *app)
{
    const struct benchmark *benchmark = app->settings->benchmark;
    return !benchmark || atomic_load_explicit(&benchmark->finished, memory_order_acquire);
}

static bool is_done(const struct app *app)
{
    if (app->hurry)
        return true;
    if (!app->urgent && !app->gone && !app->away && screen_unsent_fd(app->screen) >= 0)
        return false;
    return app->plain || (app->leaving && run_is_over(app));
}

/* Files are written as soon as the run is over, whether the user stays or not: at once, or by the
 * caller, unless the terminal has first to be read again. */
static void notice_end(struct app *app)
{
    const struct app_settings *settings = app->settings;
    if (!settings->benchmark || !run_is_over(app) || app->files_written)
        return;
    app->files_written = true;
    if (!settings->config->stay)
        app->leaving = true;
    if (settings->benchmark->directory && (!app->leaving || !is_done(app)))
        write_files(app);
    if (settings->benchmark->error.text[0]) {
        ui_say(&app->ui, "%.240s", settings->benchmark->error.text);
        app->leaving = app->leaving || !app->ui.run;
    }
    app->looked_ns = 0;
}

/* A terminal that has not taken the last frame gets no other: what changes meanwhile is in the one
 * that follows. */
static bool can_draw(const struct app *app)
{
    return !app->away && !app->gone && screen_unsent_fd(app->screen) < 0;
}

static int wait_ms(struct app *app)
{
    uint64_t now = real_now_ns(), due = app->looked_ns + LOOK_NS;
    if (pager_is_open(&app->pager) && now + PAGER_LOOK_NS < due)
        due = now + PAGER_LOOK_NS;
    if (app->dirty && can_draw(app) && app->drawn_ns + app->frame_ns < due)
        due = app->drawn_ns + app->frame_ns;
    return due <= now ? 0 : (int)((due - now + NS_PER_MS - 1) / NS_PER_MS);
}

static void wait_for_something(struct app *app)
{
    const struct app_settings *settings = app->settings;
    struct pollfd fds[] = {
        {.fd = app->gone || app->away ? -1 : STDIN_FILENO, .events = POLLIN},
        {.fd = settings->signal_fd, .events = POLLIN},
        {.fd = app->terminal_fd, .events = POLLIN},
        {.fd = settings->benchmark ? settings->benchmark->notify_fd : -1, .events = POLLIN},
        {.fd = app->gone || app->away ? -1 : screen_unsent_fd(app->screen), .events = POLLOUT},
    };
    poll(fds, ARRAY_SIZE(fds), wait_ms(app));
    if (fds[0].revents & (POLLHUP | POLLERR | POLLNVAL) ||
        (fds[4].revents && !screen_send(app->screen)))
        lose_terminal(app);
    if (fds[1].revents & POLLIN)
        take_end_signals(app);
    if (fds[2].revents & POLLIN)
        take_terminal_signals(app);
    uint64_t count;
    if (fds[3].revents & POLLIN && read(fds[3].fd, &count, sizeof count) == sizeof count)
        app->looked_ns = 0;
    if (fds[0].revents & POLLIN && !app->gone)
        take_keys(app);
}

static void loop(struct app *app)
{
    while (!is_done(app)) {
        wait_for_something(app);
        notice_end(app);
        come_back(app);
        uint64_t now = real_now_ns();
        if (now - app->looked_ns >= LOOK_NS)
            look(app);
        if (app->dirty && can_draw(app) && now - app->drawn_ns >= app->frame_ns)
            draw(app);
    }
}

/* Over a slow line fewer frames are better ones. */
static uint64_t frame_ns_for(const struct config *config)
{
    double fps = config->fps > 0 ? config->fps : getenv("SSH_CONNECTION") ? 4 : 10;
    return (uint64_t)(1e9 / fps);
}

/* Where the dataset came through stdin, keys come from the terminal itself. */
bool app_can_run(struct error *error)
{
    if (getenv("FLUXPERF_UI_SCRIPT"))
        return true;
    int fd = isatty(STDIN_FILENO) ? STDIN_FILENO : open("/dev/tty", O_RDWR | O_CLOEXEC);
    if (fd < 0 || !isatty(STDOUT_FILENO))
        return error_set(error, "there is no terminal for a full screen: use --ui plain");
    if (fd != STDIN_FILENO) {
        dup2(fd, STDIN_FILENO);
        close(fd);
    }
    return screen_is_possible(error);
}

static void read_preferences(struct ui *ui)
{
    ui->sort_column = preference_get_int("sort_column", ui->sort_column);
    ui->sort_inverted = preference_get_int("sort_inverted", ui->sort_inverted) != 0;
    char hidden[256];
    if (preference_get("hidden_columns", hidden, sizeof hidden))
        ui->hidden_columns = request_columns_read(text_of(hidden));
}

static void write_hidden_columns(const struct ui *ui)
{
    char before[256];
    preference_get("hidden_columns", before, sizeof before);
    if (ui->hidden_columns == request_columns_read(text_of(before)))
        return;
    struct buffer hidden = {0};
    request_columns_list(ui->hidden_columns, &hidden);
    preference_set("hidden_columns", hidden.size ? hidden.data : "none");
    buffer_free(&hidden);
}

/* Only what was changed: a file of its own is not made for nothing. */
static void write_preferences(const struct ui *ui)
{
    if (preference_get_int("sort_column", 0) != ui->sort_column)
        preference_set_int("sort_column", ui->sort_column);
    if (preference_get_int("sort_inverted", 0) != ui->sort_inverted)
        preference_set_int("sort_inverted", ui->sort_inverted);
    write_hidden_columns(ui);
}

enum app_end app_run(const struct app_settings *settings, struct error *error)
{
    const char *script = getenv("FLUXPERF_UI_SCRIPT");
    if (script)
        return script_play(settings, script, error) ? APP_LEFT : APP_FAILED;
    struct screen_settings wanted = {
        .ascii = settings->config->ascii,
        .colour = settings->config->color,
        .theme = settings->config->theme,
    };
    struct app app = {.settings = settings, .frame_ns = frame_ns_for(settings->config)};
    app_prepare();
    app.terminal_fd = terminal_signal_fd;
    if (!app_can_run(error) || !(app.screen = screen_open(&wanted, error)))
        return APP_FAILED;
    app_init(&app.ui, settings);
    read_preferences(&app.ui);
    look(&app);
    draw(&app);
    loop(&app);
    if (pager_is_open(&app.pager)) {
        pager_end(&app.pager);
        terminal_reset();
    }
    bool left = app.away || screen_leave(app.screen);
    screen_close(app.screen);
    if (!left)
        terminal_give_up();
    terminal_signals_close(terminal_signal_fd);
    terminal_signal_fd = -1;
    console_say(buffer_text(&app.ui.stderr_text));
    write_preferences(&app.ui);
    if (app.ui.state == STATE_FINISHED && ui_has_decisions(&app.ui) && ui_keep_decisions(&app.ui) &&
        settings->kept)
        *settings->kept = true;
    if (settings->baseline)
        *settings->baseline = app.ui.baseline;
    app_free(&app.ui);
    return app.gone    ? APP_GONE
           : app.hurry ? APP_HURRY
           : app.plain ? APP_PLAIN
           : left      ? APP_LEFT
                       : APP_GONE;
}
