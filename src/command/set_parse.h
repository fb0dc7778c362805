/* The words of a command with options of its own, up to the point where it goes on by itself. */
#ifndef COMMAND_SET_PARSE_H
#define COMMAND_SET_PARSE_H

#include "config/options.h"

/* Answers --help and --version, and says what is wrong. True when the command is to go on; else
 * `status` is its exit status. Either way the caller frees with options_free_set. */
bool set_parse(const struct option_set *set, void *values, struct string_list *operands, int argc,
               char **argv, int *status);

#endif
