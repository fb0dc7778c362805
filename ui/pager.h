/* The user's pager with a text on the terminal. Nothing waits for it: a run goes on, and ends,
 * while somebody reads. */
#ifndef UI_PAGER_H
#define UI_PAGER_H

#include <sys/types.h>

#include "base/error.h"
#include "base/text.h"

/* A zeroed struct is none. */
struct pager {
    pid_t process;
    char path[32]; /* of the file it shows */
};

/* The terminal is not the screen's by then. Controls in the text are made visible. */
bool pager_open(struct pager *pager, struct text text, struct error *error);
/* Looks whether it has been left. */
bool pager_is_open(struct pager *pager);
/* Ends it where it is still open, within a second. */
void pager_end(struct pager *pager);

#endif
