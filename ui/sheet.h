/* One page on the whole terminal that is no run's view: a start, a choice,
 * runs side by side. */
#ifndef UI_SHEET_H
#define UI_SHEET_H

#include "config/config.h"
#include "ui/canvas.h"

/* Where a sheet is shown, and what may interrupt it. */
struct sheet_terminal {
    const struct config *config; /* its screen options */
    int signal_fd;               /* readable when a signal came, −1 = none */
    int (*take_signal)(void *context);
    void *context;
};

struct sheet {
    const char *title; /* of the terminal's window */
    void (*draw)(void *page, struct canvas *canvas);
    /* False when the page is done with. */
    bool (*key)(void *page, int key);
    /* Four times a second; true when something is to be drawn anew. NULL = nothing changes. */
    bool (*look)(void *page);
};

enum sheet_end {
    SHEET_FAILED, /* there is no terminal that can show it: the error says why */
    SHEET_DONE,
    SHEET_SIGNALLED, /* or the terminal has gone away */
};

/* Takes the terminal and gives it back. ^L, ^Z and T are dealt with here. */
enum sheet_end sheet_run(const struct sheet *sheet, void *page,
                         const struct sheet_terminal *terminal, struct error *error);

#endif
