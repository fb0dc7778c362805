/* Commands that a recipe has between its stages. */
#ifndef COMMAND_SHELL_H
#define COMMAND_SHELL_H

#include "base/error.h"
#include "command/signals.h"

/* Runs `command` by /bin/sh -c in a process group of its own and waits for it; its output goes to
 * stderr, where it does not mix with a report. What it leaves in the background goes on. A signal
 * that arrives meanwhile is passed on to the group. False when it did not end with status 0. */
bool shell_run(const char *command, struct signals *signals, struct error *error);

#endif
