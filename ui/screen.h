/* A canvas on the terminal, through ncurses: only what changed is sent, once a frame. */
#ifndef UI_SCREEN_H
#define UI_SCREEN_H

#include "base/error.h"
#include "ui/theme.h"

struct screen_settings {
    bool ascii;
    bool colour;
    const char *theme; /* NULL = the default */
};

struct screen;

/* Whether the terminal on stdout can place its cursor. */
bool screen_is_possible(struct error *error);
/* Takes the terminal. NULL when it cannot show a screen, or there is no such theme. */
struct screen *screen_open(const struct screen_settings *settings, struct error *error);
/* Gives the terminal back, for a while or for good. False when it did not take that within a
 * second: then it stays as it is, but for its settings. */
bool screen_leave(struct screen *screen);
void screen_return(struct screen *screen);
/* One that was left. */
void screen_close(struct screen *screen);

/* Nothing here waits for the terminal. What it has not taken yet can be sent when this descriptor
 * is writable, −1 = it has all; until then there is no point in another screen_show. */
int screen_unsent_fd(const struct screen *screen);
/* False when the terminal has gone. */
bool screen_send(struct screen *screen);

/* Of the terminal, as it is now. */
void screen_size(const struct screen *screen, int *rows, int *cols);
/* A canvas of that size in the terminal's characters; freed by the caller. */
void screen_canvas(const struct screen *screen, struct canvas *canvas);
void screen_show(struct screen *screen, const struct canvas *canvas);
/* The next show sends everything. */
void screen_redraw(struct screen *screen);
/* The next key that was typed, −1 when none waits. KEY_MOUSE: see screen_mouse. */
int screen_key(struct screen *screen);
/* Where the mouse was pressed: button 1, or 4 and 5 for the wheel. */
bool screen_mouse(int *row, int *col, int *button);
/* Returns whether it is on now. */
bool screen_toggle_mouse(struct screen *screen);
/* Takes the next theme; returns its name. */
const char *screen_next_theme(struct screen *screen);
/* Of the terminal's window, where it has one. */
void screen_title(struct screen *screen, const char *title);
/* The terminal's bell. */
void screen_ring(struct screen *screen);
/* To the terminal's clipboard (OSC 52). */
void screen_copy(struct screen *screen, struct text text);

#endif
