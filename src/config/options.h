/* The one table of options: it feeds the parser, --help, completions, the journal and, by a test,
 * the manual. One row is one option. */
#ifndef CONFIG_OPTIONS_H
#define CONFIG_OPTIONS_H

#include <stdio.h>

#include "config/config.h"

enum option_type {
    OPTION_FLAG, /* bool; has a --no- form */
    OPTION_INT,
    OPTION_ROUNDS, /* struct rounds: a number, "steady", or "steady:N" */
    OPTION_SIZE,   /* int64_t, bytes: 64MiB, 16k */
    OPTION_UINT64,
    OPTION_REAL,
    OPTION_SECONDS,      /* double: 300, 1.5, 90s, 5m, 500ms */
    OPTION_MILLISECONDS, /* double, in the same ways */
    OPTION_STRING,
    OPTION_CHOICE, /* an enum; `argument` has its names in order, parted by | */
    OPTION_INT_LIST,
    OPTION_REAL_LIST,
    OPTION_STRING_LIST,
    OPTION_REPEATED, /* a string_list that takes one word each time and keeps them all */
};

/* In the order of --help. */
enum option_group {
    GROUP_WHAT,
    GROUP_LOAD,
    GROUP_CACHE,
    GROUP_REQUEST,
    GROUP_CONNECTION,
    GROUP_SLO,
    GROUP_PROMETHEUS,
    GROUP_OUTPUT,
    GROUP_SCREEN,
    GROUP_MOCK,
    GROUP_RECIPE,
};

/* What of a value reaches no file and no screen. */
enum option_secret {
    SECRET_NONE,
    SECRET_VALUE,    /* all of it, unless it is @FILE */
    SECRET_HEADER,   /* what follows the name, if the name is one like Authorization */
    SECRET_PASSWORD, /* the password of a URL */
};

struct option {
    const char *name; /* without -- */
    char short_name;  /* 0 = none */
    enum option_type type;
    size_t offset; /* in struct config */
    enum option_group group;
    const char *argument;     /* "FILE", "N", "SECONDS"; NULL for flags */
    const char *default_text; /* where the value in config_default does not say it */
    const char *help; /* one line; of a flag that is on by default, what its --no- form does */
    double min, max;  /* of a number; both included */
    const char *environment[2];
    enum option_secret secret;
    bool on_short_help; /* on the one page of --help */
};

extern const struct option options_table[];
extern const size_t options_count;

enum options_result { OPTIONS_RUN, OPTIONS_HELP, OPTIONS_HELP_ALL, OPTIONS_VERSION, OPTIONS_ERROR };

/* Parses the words after the command. argv's secret values are overwritten with '*'. On
 * OPTIONS_ERROR `error` names the option, the value and what would be right; an unknown option
 * suggests the nearest one, peers' names included. Values of list options may follow in several
 * words, or joined by commas. A list option given twice: the last one holds. */
enum options_result options_parse(struct config *config, int argc, char **argv,
                                  struct error *error);
/* The same for the command mock-server: the mock options only, with or without their "mock-". */
enum options_result options_parse_mock(struct config *config, int argc, char **argv,
                                       struct error *error);
/* The options of a command that has its own. The same words and errors as those of run, but another
 * table, whose offsets are those of the command's own struct. */
struct option_set {
    const char *command; /* "convert longbench" */
    const struct option *table;
    size_t count;
    const void *defaults; /* a struct of the command's own, as it is before any option */
    /* Names of run's options that it takes too, NULL-terminated; the struct then begins with a
     * struct config, which the caller prepares and frees. NULL = none */
    const char *const *shared;
    const char *operands; /* what it takes beside options, "DIR DIR..."; NULL = nothing */
    const char *about;    /* of its --help: what stands before the options, and behind them */
    const char *closing;
};

/* Into `values`, a copy of the defaults. Operands are appended to `operands`. Whatever the
 * result, options_free_set frees what was set. */
enum options_result options_parse_set(const struct option_set *set, void *values,
                                      struct string_list *operands, int argc, char **argv,
                                      struct error *error);
void options_free_set(const struct option_set *set, void *values, struct string_list *operands);
void options_print_set(const struct option_set *set, FILE *out);
/* Its own options and then the shared ones; NULL at the end. */
const struct option *option_set_at(const struct option_set *set, size_t index);

/* Options that name an environment variable and were not given. Call after options_parse. */
bool options_read_environment(struct config *config, struct error *error);

/* By name, dashes or underscores. NULL when there is none; the --no- form of a flag is not a name.
 */
const struct option *options_find(const char *name);
/* Dashes and underscores are the same. */
bool option_is_named(const struct option *option, const char *name);
/* The name with underscores, as in recipes and files. */
void option_recipe_key(const struct option *option, char key[static 64]);
/* One page of 80 columns, or everything. */
void options_print_help(FILE *out, bool all);
void options_print_mock_help(FILE *out);
/* The command line that would run the same again, shell-quoted, on words that options_parse has
 * been over: secrets are '*' in it. */
void options_command_line(int argc, char *const *argv, struct buffer *out);

#endif
