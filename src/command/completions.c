/* fluxperf completions: scripts that teach a shell the options, made from their tables. */
#include "command/completions.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/memory.h"
#include "command/check.h"
#include "command/command.h"
#include "config/option_value.h"

const struct completed completed_commands[] = {
    {"run", NULL, NULL, true, KIND_NONE},
    {"demo", NULL, NULL, false, KIND_NONE},
    {"view", NULL, &view_options, true, KIND_FOLDERS},
    {"compare", NULL, &compare_options, true, KIND_FOLDERS},
    {"export", NULL, &export_options, true, KIND_FOLDERS},
    {"check", "dataset", &check_dataset_options, true, KIND_DATASETS},
    {"check", "endpoint", &check_endpoint_options, true, KIND_NONE},
    {"check", "prometheus", &check_prometheus_options, true, KIND_NONE},
    {"convert", "longbench", &convert_longbench_options, true, KIND_NONE},
    {"convert", "sharegpt", &convert_sharegpt_options, true, KIND_FILES},
    {"completions", "bash", NULL, false, KIND_NONE},
    {"completions", "zsh", NULL, false, KIND_NONE},
    {"mock-server", NULL, NULL, true, KIND_NONE},
};
const size_t completed_count = ARRAY_SIZE(completed_commands);

static bool is_mock(const struct completed *command)
{
    return strcmp(command->name, "mock-server") == 0;
}

const struct option *completed_option(const struct completed *command, size_t *index)
{
    if (!command->has_options)
        return NULL;
    if (command->set)
        return option_set_at(command->set, (*index)++);
    while (*index < options_count) {
        const struct option *option = &options_table[(*index)++];
        if (!is_mock(command) || option_is_mock_knob(option))
            return option;
    }
    return NULL;
}

const char *completed_name(const struct completed *command, const struct option *option)
{
    return option->name + (is_mock(command) ? strlen("mock-") : 0);
}

enum kind completed_kind(const struct option *option)
{
    if (option->type == OPTION_FLAG)
        return KIND_NONE;
    if (option->type == OPTION_CHOICE)
        return KIND_WORDS;
    if (strcmp(option->name, "dataset") == 0 && option->type == OPTION_STRING)
        return KIND_DATASETS;
    if (strcmp(option->argument, "FILE") == 0 || strcmp(option->argument, "NAME|FILE") == 0 ||
        strcmp(option->argument, "PATH") == 0)
        return KIND_FILES;
    return strncmp(option->argument, "DIR", 3) == 0 ? KIND_FOLDERS : KIND_VALUE;
}

bool completed_is_on(const struct completed *command, const struct option *option,
                     const struct config *config)
{
    const void *defaults = command->set ? command->set->defaults : config;
    bool of_run = option >= options_table && option < options_table + options_count;
    if (of_run)
        defaults = config;
    return option->type == OPTION_FLAG && defaults &&
           *(const bool *)((const char *)defaults + option->offset);
}

void completed_print_choices(const struct option *option)
{
    for (const char *c = option->argument; *c; c++)
        putchar(*c == '|' ? ' ' : *c);
}

void completed_print(const struct completed *command)
{
    printf("%s%s%s", command->name, command->sub ? " " : "", command->sub ? command->sub : "");
}

void completed_print_words(const char *name)
{
    const char *before = "";
    for (size_t i = 0; i < completed_count; i++) {
        bool first =
            i == 0 || strcmp(completed_commands[i].name, completed_commands[i - 1].name) != 0;
        if (name ? strcmp(completed_commands[i].name, name) != 0 : !first)
            continue;
        printf("%s%s", before, name ? completed_commands[i].sub : completed_commands[i].name);
        before = " ";
    }
}

static const char help[] =
    "Usage: fluxperf completions bash|zsh\n"
    "\n"
    "Prints a script that completes commands, options and their values. make install\n"
    "puts both where the shells look for them. For one session:\n"
    "  source <(fluxperf completions bash)\n";

static const struct {
    const char *name;
    void (*print)(const struct config *config);
} shells[] = {{"bash", completions_print_bash}, {"zsh", completions_print_zsh}};

int command_completions(int argc, char **argv)
{
    if (argc == 2 && (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0)) {
        fputs(help, stdout);
        return EXIT_OK;
    }
    for (size_t i = 0; argc == 2 && i < ARRAY_SIZE(shells); i++) {
        if (strcmp(argv[1], shells[i].name) != 0)
            continue;
        struct config config;
        config_default(&config);
        shells[i].print(&config);
        config_free(&config);
        return stdout_is_written() ? EXIT_OK : EXIT_NOTHING_DONE;
    }
    log_error("completions takes one word, bash or zsh");
    return EXIT_USAGE;
}
