/* stdout and stderr while a run is on: what a terminal or pipe that nobody reads does not take
 * waits here, and no thread does. One of the few globals, as both are. */
#ifndef BASE_CONSOLE_H
#define BASE_CONSOLE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/text.h"

/* From now to console_end() nothing waits; before and after it may. Where both are the same
 * terminal or pipe, what goes to them keeps its order. */
void console_begin(void);
/* Drops what still waits. */
void console_end(void);

/* To stdout. */
void console_print(struct text text);
/* To stderr, from any thread. Lines that nobody reads are kept up to 64 KiB; of those beyond, the
 * count is said. */
void console_say(struct text text);

/* Sends what is taken, for at most so long. True when nothing waits any more. */
bool console_send(uint64_t timeout_ns);
/* Why stdout takes nothing any more, an errno; 0 when it does. */
int console_print_failed(void);

#endif
