/* The terminal as it was before the screen, and the ways back to it: at the end, in die(), and
 * after a fatal signal. While it is taken, stderr goes to a file in memory. */
#ifndef UI_TERMINAL_H
#define UI_TERMINAL_H

#include "base/buffer.h"

/* Remembers the terminal on stdin, makes it pass on each key as it is, and takes stderr. `leave` is
 * what to write to `fd`, which does not wait, to undo all that the screen switched on; it is
 * copied. */
void terminal_take(const char *leave, int fd);
/* Undoes terminal_take. Safe to call twice, and from a signal handler as far as the terminal goes.
 */
void terminal_give_back(void);
/* As it was before the screen, after another program that was ended left it in its own way. */
void terminal_reset(void);
/* A terminal that takes nothing more holds up nobody: what goes to one as stdout or stderr from now
 * on is dropped. */
void terminal_give_up(void);
/* What was written to stderr meanwhile and was not read yet, at the end of `out`. */
void terminal_read_stderr(struct buffer *out);
/* Blocks SIGTSTP, SIGCONT and SIGWINCH for this thread and those it will start. Call before any
 * starts. Returns a descriptor that they arrive through. */
int terminal_signals_open(void);
void terminal_signals_close(int fd);
/* Those of SIGINT that wait to be taken, wherever they would be. */
void terminal_drop_interrupts(void);
/* 0 when none has arrived. */
int terminal_signals_take(int fd);

#endif
