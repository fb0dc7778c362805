/* Words of a command line into struct config, after the habits of getopt_long: -c10, -c 10, -kn5,
 * --concurrency=10, and -- to end the options. */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/file.h"
#include "base/memory.h"
#include "config/option_value.h"
#include "config/suggest.h"

struct parse {
    const struct option_set *set; /* NULL: the options of run */
    void *values;                 /* what is set … */
    struct config *config;        /* … and where in it those of run are; NULL = nowhere */
    struct string_list *operands;
    char **at; /* the next word */
    char **end;
    bool mock_only;
    struct error *error;
};

const struct option *option_set_at(const struct option_set *set, size_t index)
{
    if (index < set->count)
        return &set->table[index];
    index -= set->count;
    for (size_t i = 0; set->shared && set->shared[i]; i++)
        if (i == index)
            return options_find(set->shared[i]);
    return NULL;
}

static const struct option *find_in_set(const struct option_set *set, const char *name)
{
    const struct option *option;
    for (size_t i = 0; (option = option_set_at(set, i)); i++)
        if (option_is_named(option, name))
            return option;
    return NULL;
}

static bool is_own(const struct option_set *set, const struct option *option)
{
    return set && option >= set->table && option < set->table + set->count;
}

static const struct option *find_exact(const struct parse *parse, const char *name)
{
    if (parse->set)
        return find_in_set(parse->set, name);
    if (!parse->mock_only)
        return options_find(name);
    char full[64];
    snprintf(full, sizeof full, "mock-%s", name);
    const struct option *option = options_find(full);
    if (!option)
        option = options_find(name);
    return option && option_is_mock_knob(option) ? option : NULL;
}

/* The option behind a name without dashes; `is_no` tells a flag's --no- form. */
static const struct option *find_long(const struct parse *parse, const char *name, bool *is_no)
{
    *is_no = false;
    const struct option *option = find_exact(parse, name);
    if (option || (strncmp(name, "no-", 3) != 0 && strncmp(name, "no_", 3) != 0))
        return option;
    option = find_exact(parse, name + 3);
    /* Some that are still to come are flags: those without an argument. */
    *is_no = option && !option->argument;
    return *is_no ? option : NULL;
}

static const struct option *find_short(const struct parse *parse, char letter)
{
    const struct option *option;
    if (parse->mock_only || !letter)
        return NULL;
    for (size_t i = 0; parse->set && (option = option_set_at(parse->set, i)); i++)
        if (option->short_name == letter)
            return option;
    for (size_t i = 0; !parse->set && i < options_count; i++)
        if (options_table[i].short_name == letter)
            return &options_table[i];
    return NULL;
}

static bool is_number(const char *word)
{
    double ignored;
    return text_to_double(text_of(word), &ignored);
}

/* A word that more likely is the next option than a value: "- be brief" and "-5" are values. */
static bool looks_like_option(const struct parse *parse, const char *word)
{
    if (word[0] != '-' || is_number(word))
        return false;
    if (word[1] == '-')
        return word[strcspn(word, " \t\n")] == '\0';
    return find_short(parse, word[1]) != NULL;
}

static bool set_value(const struct parse *parse, const struct option *option, const char *given_as,
                      const char *value)
{
    return is_own(parse->set, option)
               ? option_store(parse->values, option, given_as, value, parse->error)
               : option_set(parse->config, option, given_as, value, parse->error);
}

/* One value; what of it is secret is then wiped from the words. */
static bool take_value(struct parse *parse, const struct option *option, const char *given_as,
                       char *value)
{
    if (!set_value(parse, option, given_as, value))
        return false;
    struct text secret = option_secret_part(option, value);
    if (secret.size)
        memset(value + (secret.data - value), '*', secret.size);
    return true;
}

static bool fail_missing(const struct parse *parse, const struct option *option,
                         const char *given_as)
{
    if (parse->at == parse->end)
        return error_set(parse->error, "%s: needs a value (%s)", given_as, option->argument);
    /* The word without its value, which may be a secret. */
    const char *next = *parse->at;
    size_t size = next[1] == '-' ? strcspn(next, "=") : 2;
    return error_set(parse->error, "%s: needs a value (%s), and %.*s looks like an option",
                     given_as, option->argument, (int)(size < 60 ? size : 60), next);
}

static bool take_list(struct parse *parse, const struct option *option, const char *given_as,
                      char *attached)
{
    option_clear(parse->values, option);
    if (attached && !take_value(parse, option, given_as, attached))
        return false;
    char **first = parse->at;
    while (parse->at < parse->end && ((*parse->at)[0] != '-' || is_number(*parse->at)))
        if (!take_value(parse, option, given_as, *parse->at++))
            return false;
    return attached || parse->at > first || fail_missing(parse, option, given_as);
}

/* `attached` is what stood after = or after the letter, NULL when nothing did. */
static bool take_option(struct parse *parse, const struct option *option, const char *given_as,
                        char *attached)
{
    if (option_is_list(option))
        return take_list(parse, option, given_as, attached);
    if (attached)
        return take_value(parse, option, given_as, attached);
    if (option->type == OPTION_FLAG)
        return set_value(parse, option, given_as, "true");
    if (parse->at == parse->end || looks_like_option(parse, *parse->at))
        return fail_missing(parse, option, given_as);
    return take_value(parse, option, given_as, *parse->at++);
}

static bool take_long(struct parse *parse, char *word)
{
    char *equals = strchr(word, '=');
    char *given_as = xstrndup(word, equals ? (size_t)(equals - word) : strlen(word));
    bool is_no;
    const struct option *option = find_long(parse, given_as + 2, &is_no);
    bool ok;
    if (!option && parse->set)
        ok = suggest_in_set(parse->set, given_as + 2, parse->error);
    else if (!option)
        ok = suggest_option(given_as + 2, parse->mock_only, parse->error);
    else if (is_no && equals)
        ok = error_set(parse->error, "%s: takes no value", given_as);
    else if (is_no && option->type == OPTION_FLAG)
        ok = set_value(parse, option, given_as, "false");
    else
        ok = take_option(parse, option, given_as, equals ? equals + 1 : NULL);
    free(given_as);
    return ok;
}

static bool fail_unknown(const struct parse *parse, const char *word)
{
    if (parse->set)
        return error_set(parse->error, "unknown option %.60s: fluxperf %s --help lists them all",
                         word, parse->set->command);
    return error_set(parse->error, "unknown option %.60s: %s lists them all", word,
                     parse->mock_only ? "fluxperf mock-server --help" : "fluxperf --help all");
}

/* -k, or several flags as -kx, and at most one with a value at the end: -kc10. */
static bool take_short(struct parse *parse, char *word)
{
    for (char *letter = word + 1; *letter; letter++) {
        char given_as[] = {'-', *letter, '\0'};
        const struct option *option = find_short(parse, *letter);
        if (!option)
            return fail_unknown(parse, isprint((unsigned char)*letter) ? given_as : word);
        if (option->type != OPTION_FLAG)
            return take_option(parse, option, given_as, letter[1] ? letter + 1 : NULL);
        if (!take_option(parse, option, given_as, NULL))
            return false;
    }
    return true;
}

/* A word that is no option. */
static bool take_operand(const struct parse *parse, char *word)
{
    if (parse->set && parse->set->operands) {
        string_list_add(parse->operands, text_of(word));
        return true;
    }
    if (parse->set)
        return error_set(parse->error, "%s takes options only, and here is \"%.80s\"",
                         parse->set->command, word);
    const char *command = parse->mock_only ? "mock-server" : "run";
    const char *option = NULL;
    bool is_file = file_exists(word) && !directory_exists(word);
    if (!parse->mock_only && (is_file || strncmp(word, "builtin:", 8) == 0))
        option = "--dataset";
    else if (!parse->mock_only && strchr(word, ':'))
        option = "--endpoint";
    if (option)
        return error_set(parse->error, "%s takes no positional arguments: did you mean %s %s?",
                         command, option, word);
    return error_set(parse->error, "%s takes no positional arguments, and here is \"%.80s\"",
                     command, word);
}

/* What follows "--". */
static bool take_rest(struct parse *parse)
{
    bool ok = true;
    while (ok && parse->at < parse->end)
        ok = take_operand(parse, *parse->at++);
    return ok;
}

static enum options_result parse_word(struct parse *parse)
{
    char *word = *parse->at++;
    if (strcmp(word, "-h") == 0 || strcmp(word, "--help") == 0) {
        bool all = parse->at < parse->end && strcmp(*parse->at, "all") == 0;
        return all ? OPTIONS_HELP_ALL : OPTIONS_HELP;
    }
    if (strcmp(word, "-V") == 0 || strcmp(word, "--version") == 0)
        return OPTIONS_VERSION;
    bool ok;
    if (strcmp(word, "--") == 0)
        ok = take_rest(parse);
    else if (strncmp(word, "--", 2) == 0)
        ok = take_long(parse, word);
    else if (word[0] == '-' && word[1])
        ok = take_short(parse, word);
    else
        ok = take_operand(parse, word);
    return ok ? OPTIONS_RUN : OPTIONS_ERROR;
}

static enum options_result parse_words(struct parse *parse)
{
    enum options_result result = OPTIONS_RUN;
    while (result == OPTIONS_RUN && parse->at < parse->end)
        result = parse_word(parse);
    return result;
}

enum options_result options_parse(struct config *config, int argc, char **argv, struct error *error)
{
    struct parse parse = {
        .config = config, .values = config, .at = argv, .end = argv + argc, .error = error};
    enum options_result result = parse_words(&parse);
    if (config->api_key)
        config->api_key_source = "--api-key";
    return result;
}

enum options_result options_parse_mock(struct config *config, int argc, char **argv,
                                       struct error *error)
{
    struct parse parse = {.config = config,
                          .values = config,
                          .at = argv,
                          .end = argv + argc,
                          .mock_only = true,
                          .error = error};
    return parse_words(&parse);
}

enum options_result options_parse_set(const struct option_set *set, void *values,
                                      struct string_list *operands, int argc, char **argv,
                                      struct error *error)
{
    struct parse parse = {.set = set,
                          .config = set->shared ? values : NULL,
                          .values = values,
                          .operands = operands,
                          .at = argv,
                          .end = argv + argc,
                          .error = error};
    return parse_words(&parse);
}

void options_free_set(const struct option_set *set, void *values, struct string_list *operands)
{
    for (size_t i = 0; i < set->count; i++)
        option_clear(values, &set->table[i]);
    if (operands)
        string_list_free(operands);
}

bool options_read_environment(struct config *config, struct error *error)
{
    for (size_t i = 0; i < options_count; i++) {
        const struct option *option = &options_table[i];
        for (size_t k = 0; k < ARRAY_SIZE(option->environment) && !config->given[i]; k++) {
            const char *name = option->environment[k];
            const char *value = name ? getenv(name) : NULL;
            if (!value || !value[0])
                continue;
            if (!option_set(config, option, name, value, error))
                return false;
            if (option->offset == offsetof(struct config, api_key))
                config->api_key_source = name;
        }
    }
    return true;
}

static void add_quoted(struct buffer *out, const char *word)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                "0123456789_./:=,@%+-";
    if (word[0] && word[strspn(word, plain)] == '\0') {
        buffer_add_string(out, word);
        return;
    }
    buffer_add_char(out, '\'');
    for (; *word; word++)
        if (*word == '\'')
            buffer_add_string(out, "'\\''");
        else
            buffer_add_char(out, *word);
    buffer_add_char(out, '\'');
}

void options_command_line(int argc, char *const *argv, struct buffer *out)
{
    for (int i = 0; i < argc; i++) {
        if (i)
            buffer_add_char(out, ' ');
        add_quoted(out, argv[i]);
    }
}
