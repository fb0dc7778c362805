/* What ncurses draws, taken before it reaches the terminal: it goes to a file in memory, so that
 * ncurses, which waits for a terminal that does not read, never has to. */
#ifndef UI_TAP_H
#define UI_TAP_H

#include <stdio.h>

#include "base/outlet.h"

struct tap {
    FILE *out;  /* what ncurses knows as its terminal */
    int memory; /* what that writes to, from tap_begin on */
};

/* The stream for newterm: the terminal `fd` itself, as ncurses asks it what it can do. */
FILE *tap_open(struct tap *tap, int fd);
void tap_begin(struct tap *tap);
/* Moves what was drawn since the last time to the end of `outlet`. */
void tap_take(struct tap *tap, struct outlet *outlet);
void tap_close(struct tap *tap);

#endif
