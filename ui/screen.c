#include "ui/screen.h"

#include <errno.h>
#include <langinfo.h>
#include <locale.h>
#include <ncurses.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <term.h>
#include <termios.h>
#include <unistd.h>
#include <wchar.h>

#include "base/clock.h"
#include "base/memory.h"
#include "base/outlet.h"
#include "ui/preferences.h"
#include "ui/tap.h"
#include "ui/terminal.h"

#define PAIRS_MAX 1024
/* A terminal that takes nothing for so long is left as it is. */
#define LEAVE_NS (900 * NS_PER_MS)

struct screen {
    SCREEN *curses;
    struct tap tap; /* where ncurses draws */
    struct outlet outlet;
    bool ascii, no_braille, mouse, titled, clean;
    bool has_title;
    enum theme_depth depth;
    struct theme theme;
    char theme_name[64];
    struct canvas shown; /* what the terminal has */
    struct {
        int foreground, background;
    } pairs[PAIRS_MAX]; /* from 1 */
    int pair_count;
};

/* ---- the terminal's own ways ---- */

static bool term_is(const char *const *names, size_t count)
{
    const char *term = getenv("TERM");
    for (size_t i = 0; term && i < count; i++)
        if (strncmp(term, names[i], strlen(names[i])) == 0)
            return true;
    return false;
}

static const char *capability(const char *name)
{
    const char *value = tigetstr(name);
    return value && value != (char *)-1 ? value : ""; /* −1: no string capability */
}

static char *leaving_bytes(void)
{
    return xasprintf("\033[?1002l\033[?1000l\033[?1006l%s%s%s%s", capability("sgr0"),
                     capability("rmkx"), capability("cnorm"), capability("rmcup"));
}

/* After whatever ncurses has drawn. */
static void send(struct screen *screen, const char *bytes)
{
    tap_take(&screen->tap, &screen->outlet);
    outlet_add(&screen->outlet, text_of(bytes));
    outlet_send(&screen->outlet);
}

static void set_modes(void)
{
    noecho();
    nonl();
    keypad(stdscr, TRUE);
    nodelay(stdscr, TRUE);
    curs_set(0);
    leaveok(stdscr, TRUE);
    set_escdelay(25);
}

static void set_mouse(bool on)
{
    mousemask(on ? BUTTON1_PRESSED | BUTTON1_CLICKED | BUTTON4_PRESSED | BUTTON5_PRESSED : 0, NULL);
}

/* What is known of the terminal, until forget_terminal or newterm. */
static bool know_terminal(struct error *error)
{
    int found;
    const char *term = getenv("TERM");
    if (setupterm(NULL, STDOUT_FILENO, &found) == OK && *capability("cup"))
        return true;
    return error_set(error, "this terminal (TERM=%s) cannot show a screen: use --ui plain",
                     term ? term : "");
}

static void forget_terminal(void)
{
    if (cur_term)
        del_curterm(cur_term);
}

bool screen_is_possible(struct error *error)
{
    bool possible = know_terminal(error);
    forget_terminal();
    return possible;
}

/* What was asked for, else what the user took last, else the default. */
static bool find_theme(struct theme *theme, const char *asked, struct error *error)
{
    char taken[64];
    if (!asked && preference_get("theme", taken, sizeof taken) && theme_find(theme, taken, NULL))
        return true;
    return theme_find(theme, asked, error);
}

struct screen *screen_open(const struct screen_settings *settings, struct error *error)
{
    static const char *const consoles[] = {"linux", "vt"};
    static const char *const titled[] = {"xterm",     "tmux",  "screen",  "rxvt",   "foot",
                                         "alacritty", "kitty", "wezterm", "konsole"};
    struct screen *screen = xcalloc(1, sizeof *screen);
    if (!find_theme(&screen->theme, settings->theme, error) || !know_terminal(error)) {
        free(screen);
        return NULL;
    }
    snprintf(screen->theme_name, sizeof screen->theme_name, "%s", screen->theme.name);
    screen->ascii = settings->ascii || strcmp(nl_langinfo(CODESET), "UTF-8") != 0;
    screen->no_braille = term_is(consoles, ARRAY_SIZE(consoles));
    screen->has_title = term_is(titled, ARRAY_SIZE(titled));
    char *leave = leaving_bytes();
    outlet_open(&screen->outlet, STDOUT_FILENO);
    terminal_take(leave, screen->outlet.fd);
    free(leave);
    forget_terminal();
    screen->curses = newterm(NULL, tap_open(&screen->tap, STDOUT_FILENO), stdin);
    if (!screen->curses)
        die("cannot open the terminal");
    /* From here on the terminal is set without ncurses, which would wait until it has taken all
     * that was written. That it is raw is all ncurses needs to know. */
    raw();
    tap_begin(&screen->tap);
    start_color();
    use_default_colors();
    screen->depth =
        theme_depth_for(has_colors() ? COLORS : 0, tigetflag("RGB") > 0, settings->colour);
    set_modes();
    screen->mouse = true;
    set_mouse(true);
    if (screen->has_title)
        send(screen, "\033[22;2t");
    return screen;
}

bool screen_leave(struct screen *screen)
{
    if (screen->has_title && screen->titled)
        send(screen, "\033[23;2t");
    screen->titled = false;
    set_mouse(false);
    endwin();
    tap_take(&screen->tap, &screen->outlet);
    bool taken = outlet_drain(&screen->outlet, LEAVE_NS);
    terminal_give_back();
    return taken;
}

void screen_return(struct screen *screen)
{
    char *leave = leaving_bytes();
    terminal_take(leave, screen->outlet.fd);
    free(leave);
    if (screen->has_title)
        send(screen, "\033[22;2t");
    set_modes();
    set_mouse(screen->mouse);
    screen_redraw(screen);
}

void screen_close(struct screen *screen)
{
    delscreen(screen->curses);
    tap_close(&screen->tap);
    outlet_close(&screen->outlet);
    canvas_free(&screen->shown);
    free(screen);
}

int screen_unsent_fd(const struct screen *screen)
{
    return outlet_is_empty(&screen->outlet) ? -1 : screen->outlet.fd;
}

bool screen_send(struct screen *screen)
{
    outlet_send(&screen->outlet);
    return !screen->outlet.lost;
}

void screen_size(const struct screen *screen, int *rows, int *cols)
{
    struct winsize size = {0};
    (void)screen;
    if (ioctl(STDIN_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_row == 0 || size.ws_col == 0)
        size = (struct winsize){.ws_row = 24, .ws_col = 80};
    *rows = size.ws_row;
    *cols = size.ws_col;
}

void screen_canvas(const struct screen *screen, struct canvas *canvas)
{
    int rows, cols;
    screen_size(screen, &rows, &cols);
    canvas_init(canvas, rows, cols, screen->ascii);
    canvas->no_braille = screen->no_braille;
}

/* ---- cells ---- */

static short pair_for(struct screen *screen, struct look look)
{
    if (look.foreground < 0 && look.background < 0)
        return 0;
    for (int i = 1; i <= screen->pair_count; i++)
        if (screen->pairs[i].foreground == look.foreground &&
            screen->pairs[i].background == look.background)
            return (short)i;
    if (screen->pair_count + 1 >= PAIRS_MAX || screen->pair_count + 1 >= COLOR_PAIRS)
        return 0;
    int pair = ++screen->pair_count;
    screen->pairs[pair].foreground = look.foreground;
    screen->pairs[pair].background = look.background;
    init_extended_pair(pair, look.foreground, look.background);
    return (short)pair;
}

static attr_t attributes_of(uint8_t flags)
{
    attr_t attributes = A_NORMAL;
    attributes |= flags & STYLE_BOLD ? A_BOLD : 0;
    attributes |= flags & STYLE_REVERSE ? A_REVERSE : 0;
    attributes |= flags & STYLE_UNDERLINE ? A_UNDERLINE : 0;
    attributes |= flags & LOOK_DIM ? A_DIM : 0;
    return attributes;
}

/* The cell's characters, checked against what the C library thinks of their width: a terminal that
 * disagreed with the canvas would shift the whole row. */
static void wide_text(const struct cell *cell, wchar_t out[CCHARW_MAX + 1])
{
    mbstate_t mb = {0};
    const char *rest = cell->text;
    int count = 0, width = 0;
    while (*rest && count < CCHARW_MAX) {
        wchar_t wide;
        size_t used = mbrtowc(&wide, rest, strlen(rest), &mb);
        if (used == 0 || used > strlen(rest))
            break;
        int took = wcwidth(wide);
        if (count > 0 && took != 0)
            break;
        width += took;
        out[count++] = wide;
        rest += used;
    }
    out[count] = L'\0';
    if (count == 0 || width != cell->width)
        wcscpy(out, cell->text[0] ? (cell->width == 2 ? L"?" : L"\xfffd") : L" ");
}

static void show_cell(struct screen *screen, int row, int col, const struct cell *cell)
{
    wchar_t text[CCHARW_MAX + 1];
    cchar_t glyph;
    struct look look = theme_look(&screen->theme, cell->style, screen->depth);
    wide_text(cell, text);
    setcchar(&glyph, text, attributes_of(look.flags), pair_for(screen, look), NULL);
    mvadd_wch(row, col, &glyph);
}

static bool cells_equal(const struct cell *a, const struct cell *b)
{
    return a->width == b->width && memcmp(&a->style, &b->style, sizeof a->style) == 0 &&
           strcmp(a->text, b->text) == 0;
}

static void keep(struct screen *screen, const struct canvas *canvas)
{
    if (screen->shown.rows != canvas->rows || screen->shown.cols != canvas->cols) {
        canvas_free(&screen->shown);
        canvas_init(&screen->shown, canvas->rows, canvas->cols, canvas->ascii);
    }
    memcpy(screen->shown.cells, canvas->cells,
           (size_t)canvas->rows * (size_t)canvas->cols * sizeof *canvas->cells);
}

void screen_show(struct screen *screen, const struct canvas *canvas)
{
    bool whole =
        !screen->clean || screen->shown.rows != canvas->rows || screen->shown.cols != canvas->cols;
    if (whole) {
        resizeterm(canvas->rows, canvas->cols);
        erase();
        clearok(stdscr, !screen->clean);
    }
    for (int row = 0; row < canvas->rows; row++)
        for (int col = 0; col < canvas->cols; col++) {
            const struct cell *cell = &canvas->cells[row * canvas->cols + col];
            if (cell->width &&
                (whole || !cells_equal(cell, &screen->shown.cells[row * canvas->cols + col])))
                show_cell(screen, row, col, cell);
        }
    keep(screen, canvas);
    screen->clean = true;
    refresh();
    send(screen, "");
}

void screen_redraw(struct screen *screen)
{
    screen->clean = false;
}

/* ---- keys ---- */

int screen_key(struct screen *screen)
{
    (void)screen;
    int key = getch();
    return key == ERR ? -1 : key;
}

bool screen_mouse(int *row, int *col, int *button)
{
    MEVENT event;
    if (getmouse(&event) != OK)
        return false;
    *row = event.y;
    *col = event.x;
    *button = event.bstate & BUTTON4_PRESSED ? 4 : event.bstate & BUTTON5_PRESSED ? 5 : 1;
    return true;
}

bool screen_toggle_mouse(struct screen *screen)
{
    screen->mouse = !screen->mouse;
    set_mouse(screen->mouse);
    return screen->mouse;
}

const char *screen_next_theme(struct screen *screen)
{
    size_t count, at = 0;
    char **names = theme_names(&count);
    while (at < count && strcmp(names[at], screen->theme_name) != 0)
        at++;
    /* A file in a folder may be broken: the next one is taken then. */
    for (size_t tries = 0; tries < count; tries++) {
        at = at + 1 < count ? at + 1 : 0;
        struct theme theme;
        if (theme_find(&theme, names[at], NULL)) {
            screen->theme = theme;
            snprintf(screen->theme_name, sizeof screen->theme_name, "%s", names[at]);
            preference_set("theme", names[at]);
            break;
        }
    }
    theme_names_free(names, count);
    screen_redraw(screen);
    return screen->theme_name;
}

/* ---- around the screen ---- */

void screen_title(struct screen *screen, const char *title)
{
    if (!screen->has_title)
        return;
    char bytes[256];
    snprintf(bytes, sizeof bytes, "\033]2;%s\033\\", title);
    screen->titled = true;
    send(screen, bytes);
}

static char *base64(struct text text)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    struct buffer out = {0};
    for (size_t i = 0; i < text.size; i += 3) {
        uint32_t bits = 0;
        for (size_t j = 0; j < 3; j++)
            bits = bits << 8 | (i + j < text.size ? (unsigned char)text.data[i + j] : 0);
        for (size_t j = 0; j < 4; j++)
            buffer_add_char(&out, i + j > text.size ? '=' : digits[bits >> (18 - 6 * j) & 63]);
    }
    return buffer_take(&out);
}

void screen_copy(struct screen *screen, struct text text)
{
    char *encoded = base64(text), *bytes = xasprintf("\033]52;c;%s\a", encoded);
    send(screen, bytes);
    free(bytes);
    free(encoded);
}

void screen_ring(struct screen *screen)
{
    send(screen, "\a");
}
