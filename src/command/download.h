/* Fetching a file for a command, with a progress bar; and telling archives from rows. */
#ifndef COMMAND_DOWNLOAD_H
#define COMMAND_DOWNLOAD_H

#include "base/error.h"

/* The path of the file in `directory`, named as the URL ends, freed by the caller. What is there
 * already is not fetched again. NULL when it cannot be had. */
char *download_into(const char *directory, const char *url, struct error *error);

/* False for an archive, with the command that unpacks it. */
bool download_check_is_text(const char *path, struct error *error);

#endif
