/* The commands: each takes its own words, argv[0] being its name, and returns the exit status. */
#ifndef COMMAND_COMMAND_H
#define COMMAND_COMMAND_H

#include "config/options.h"

enum exit_status {
    EXIT_OK = 0,
    EXIT_NOTHING_DONE = 1, /* nothing succeeded, or output could not be written */
    EXIT_USAGE = 2,        /* before any request */
    EXIT_CONDITION = 3,    /* --fail-on */
};

int command_run(int argc, char **argv);
int command_demo(int argc, char **argv);
/* The start screen; only where start_is_possible. */
int command_start(void);
bool start_is_possible(void);
int command_view(int argc, char **argv);
int command_compare(int argc, char **argv);
int command_export(int argc, char **argv);
int command_check(int argc, char **argv);
int command_completions(int argc, char **argv);
int command_convert(int argc, char **argv);
int command_mock_server(int argc, char **argv);

/* The options of the commands that have some of their own. */
extern const struct option_set view_options, convert_longbench_options, convert_sharegpt_options,
    compare_options, export_options;

/* Sends what was printed. When that fails it says why, unless its reader left. */
bool stdout_is_written(void);
/* This program's version and its libraries', on stdout. */
void print_version(void);

#endif
