/* The one table of options: it feeds the parser, --help, completions, the journal and, by a test, the
 * manual. One row is one option. */
#ifndef CONFIG_OPTIONS_H
#define CONFIG_OPTIONS_H

#include <stdio.h>

#include "config/config.h"

enum option_type {
    OPTION_FLAG, /* bool; has a --no- form */
    OPTION_INT,
    OPTION_UINT64,
    OPTION_REAL,
    OPTION_STRING,
    OPTION_CHOICE, /* an enum; `choices` are its names in order, parted by | */
    OPTION_INT_LIST,
    OPTION_REAL_LIST,
    OPTION_STRING_LIST,
    OPTION_PENDING, /* known, refused: what it needs is not in this version */
};

struct option {
    const char *name; /* without -- */
    char short_name;  /* 0 = none */
    enum option_type type;
    size_t offset; /* in struct config */
    double min, max;
    const char *argument; /* "FILE", "N", "SECONDS"; NULL for flags; the choices for OPTION_CHOICE */
    const char *default_text; /* as --help says it */
    const char *environment;  /* NULL = none */
    const char *recipe_key;
    const char *group;
    const char *help;   /* one line */
    bool secret;        /* its value reaches no file and no screen */
    bool on_short_help; /* on the one page of --help */
};

extern const struct option options_table[];
extern const size_t options_count;

enum options_result { OPTIONS_RUN, OPTIONS_HELP, OPTIONS_HELP_ALL, OPTIONS_VERSION, OPTIONS_ERROR };

/* Parses the words after the command. argv's secret values are overwritten with '*'. On OPTIONS_ERROR
 * `error` names the option, the value and what would be right; an unknown option suggests the nearest
 * one, peers' names included. Values of list options may follow in several words, or joined by
 * commas. A list option given twice: the last one holds. */
enum options_result options_parse(struct config *config, int argc, char **argv,
                                  struct error *error);
/* Options that name an environment variable and were not given. Call after options_parse. */
bool options_read_environment(struct config *config, struct error *error);

const struct option *options_find(const char *name);
/* One page of 80 columns, or everything. */
void options_print_help(FILE *out, bool all);
/* The command line that would run the same again, shell-quoted, secrets left out. */
void options_command_line(int argc, char *const *argv, struct buffer *out);

#endif
