/* fluxperf run: from the words on the command line to one session, or one for each stage of a
 * recipe.
 */
#include <stdio.h>
#include <stdlib.h>

#include "base/console.h"
#include "base/log.h"
#include "base/memory.h"
#include "command/command.h"
#include "command/session.h"
#include "command/stages.h"
#include "config/options.h"

/* Takes the config. */
static int run_once(struct config *config, const char *command_line)
{
    struct signals signals;
    struct session session = {.config = *config, .command_line = command_line, .signals = &signals};
    struct error error = {0};
    int status = EXIT_USAGE;
    if (options_read_environment(&session.config, &error) && session_prepare(&session, &error)) {
        signals_block(&signals);
        console_begin();
        status = session_run(&session);
        console_end();
    } else {
        log_error("%s", error.text);
    }
    session_free(&session);
    return status;
}

static char **copy_words(int count, char *const *words)
{
    char **copy = xcalloc((size_t)count + 1, sizeof *copy);
    for (int i = 0; i < count; i++)
        copy[i] = xstrdup(words[i]);
    return copy;
}

static int run_words(struct config *config, int count, char **words, char *const *originals)
{
    struct buffer command_line = {0};
    buffer_add_string(&command_line, "fluxperf ");
    options_command_line(count, words, &command_line);
    int status;
    if (config->recipe) {
        status = stages_run(config->recipe, count, originals, command_line.data);
        config_free(config);
    } else {
        status = run_once(config, command_line.data);
    }
    buffer_free(&command_line);
    return status;
}

int command_run(int argc, char **argv)
{
    struct config config;
    struct error error = {0};
    int status = EXIT_OK, count = argc - 1;
    /* Parsing stars out the secrets in argv; each stage of a recipe parses the words again. */
    char **originals = copy_words(count, argv + 1);
    config_default(&config);
    enum options_result result = options_parse(&config, count, argv + 1, &error);
    switch (result) {
    case OPTIONS_RUN:
        status = run_words(&config, count, argv + 1, originals);
        break;
    case OPTIONS_HELP:
        options_print_help(stdout, false);
        break;
    case OPTIONS_HELP_ALL:
        options_print_help(stdout, true);
        break;
    case OPTIONS_VERSION:
        print_version();
        break;
    case OPTIONS_ERROR:
        log_error("%s", error.text);
        status = EXIT_USAGE;
        break;
    }
    if (result != OPTIONS_RUN)
        config_free(&config);
    for (int i = 0; i < count; i++)
        free(originals[i]);
    free(originals);
    secret_forget_all();
    return status;
}
