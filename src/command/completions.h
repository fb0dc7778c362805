/* What shells can complete: the commands, their options, and what may stand for a value. Internal
 * to the command completions. */
#ifndef COMMAND_COMPLETIONS_H
#define COMMAND_COMPLETIONS_H

#include "config/options.h"

enum kind { KIND_NONE, KIND_VALUE, KIND_WORDS, KIND_FILES, KIND_FOLDERS, KIND_DATASETS };

struct completed {
    const char *name, *sub; /* "check", "dataset"; those of one name stand together */
    const struct option_set
        *set; /* NULL for run, and for mock-server, which has run's mock options */
    bool has_options;
    enum kind operands;
};

extern const struct completed completed_commands[];
extern const size_t completed_count;

/* The option at `*index` or behind it, which moves behind it. NULL at the end. */
const struct option *completed_option(const struct completed *command, size_t *index);
/* As it is typed behind that command. */
const char *completed_name(const struct completed *command, const struct option *option);
/* A flag that is on by default is offered as its --no- form, as --help does. */
bool completed_is_on(const struct completed *command, const struct option *option,
                     const struct config *config);
enum kind completed_kind(const struct option *option);

/* "check dataset", on stdout. */
void completed_print(const struct completed *command);
/* All first words, or with a `name` the second words behind it. */
void completed_print_words(const char *name);
/* The words of an OPTION_CHOICE. */
void completed_print_choices(const struct option *option);

void completions_print_bash(const struct config *config);
void completions_print_zsh(const struct config *config);

#endif
