/* fluxperf compare: runs side by side. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "base/memory.h"
#include "command/command.h"
#include "report/compare_text.h"

static const char help[] =
    "Usage: fluxperf compare DIR DIR... [OPTION...]\n"
    "       fluxperf compare --a DIR... --b DIR... [OPTION...]\n"
    "\n"
    "Sets runs side by side, level by level and round by round, and says which differences are\n"
    "shown: prompts are compared with themselves where the dataset is the same. The first DIR is\n"
    "what the others are held against. A DIR is the --output-dir of a run, or of a recipe.\n"
    "\n"
    "      --a DIR... --b DIR...\n"
    "                            several runs of each side; intervals then cover what differs\n"
    "                            from run to run\n"
    "      --fail-on CONDITION...\n"
    "                            exit with 3 when one holds: 'ttft_p99>+5%' is a change from the\n"
    "                            first side, 'errors>0' a limit\n"
    "      --json                print JSON\n"
    "      --ascii               no line characters or arrows\n"
    "\n"
    "Examples:\n"
    "  fluxperf compare results/before results/after\n"
    "  fluxperf compare results/before results/after --fail-on 'ttft_p99>+5%' 'errors>+0'\n"
    "  fluxperf compare --a old/1 old/2 old/3 --b new/1 new/2 new/3\n";

struct words {
    char **values;
    size_t count;
};

struct arguments {
    struct words plain, a, b, conditions;
    bool json, ascii, help;
};

static void add_word(struct words *words, char *value)
{
    words->values = xreallocarray(words->values, words->count + 1, sizeof *words->values);
    words->values[words->count++] = value;
}

static bool is_condition(const char *word)
{
    return strpbrk(word, "<>") != NULL;
}

/* The words of an option: at least one, up to the next option. What is no condition ends those of
 * --fail-on, so that directories may follow. */
static bool take_words(struct words *words, int argc, char **argv, int *i, bool conditions)
{
    const char *name = argv[*i];
    size_t before = words->count;
    while (*i + 1 < argc && argv[*i + 1][0] != '-' &&
           (!conditions || words->count == before || is_condition(argv[*i + 1])))
        add_word(words, argv[++*i]);
    if (words->count == before)
        log_error("%s needs a value; see fluxperf compare --help", name);
    return words->count > before;
}

static bool parse_word(struct arguments *arguments, int argc, char **argv, int *i)
{
    struct {
        const char *name;
        bool *flag;
        struct words *words;
    } options[] = {
        {"--help", &arguments->help, NULL},
        {"-h", &arguments->help, NULL},
        {"--json", &arguments->json, NULL},
        {"--ascii", &arguments->ascii, NULL},
        {"--a", NULL, &arguments->a},
        {"--b", NULL, &arguments->b},
        {"--fail-on", NULL, &arguments->conditions},
    };
    for (size_t o = 0; o < ARRAY_SIZE(options); o++) {
        size_t size = strlen(options[o].name);
        if (options[o].words && strncmp(argv[*i], options[o].name, size) == 0 &&
            argv[*i][size] == '=') {
            add_word(options[o].words, argv[*i] + size + 1);
            return true;
        }
        if (strcmp(argv[*i], options[o].name) != 0)
            continue;
        if (options[o].words)
            return take_words(options[o].words, argc, argv, i,
                              options[o].words == &arguments->conditions);
        *options[o].flag = true;
        return true;
    }
    if (argv[*i][0] == '-') {
        log_error("compare does not know '%s'; see fluxperf compare --help", argv[*i]);
        return false;
    }
    add_word(&arguments->plain, argv[*i]);
    return true;
}

/* Either a directory for each side, or several for each of two. */
static bool check_sides(const struct arguments *arguments)
{
    bool two = arguments->a.count || arguments->b.count;
    if (two && arguments->plain.count)
        log_error("'%s' belongs to no side: with --a and --b, name all directories behind them",
                  arguments->plain.values[0]);
    else if (two && !(arguments->a.count && arguments->b.count))
        log_error("--a and --b belong together: what is the other side?");
    else if (!two && arguments->plain.count < 2)
        log_error("compare needs two directories; see fluxperf compare --help");
    else if (arguments->plain.count > COMPARE_SIDES_MAX)
        log_error("compare takes at most %d directories; several runs of one thing go behind --a "
                  "or --b",
                  COMPARE_SIDES_MAX);
    else
        return true;
    return false;
}

static bool read_sides(struct compare *compare, const struct arguments *arguments,
                       struct error *error)
{
    for (size_t i = 0; i < arguments->plain.count; i++)
        if (!compare_add_side(compare, &arguments->plain.values[i], 1, error))
            return false;
    return arguments->plain.count > 0 ||
           (compare_add_side(compare, arguments->a.values, arguments->a.count, error) &&
            compare_add_side(compare, arguments->b.values, arguments->b.count, error));
}

static bool check_group(const struct compare_group *group, size_t side,
                        const struct condition *condition)
{
    double value;
    if (!group->cell_counts[side] || !compare_condition_holds(group, side, condition, &value))
        return false;
    const char *unit = condition->is_percent ? " %" : "";
    log_error(condition->is_change ? "--fail-on %s: it is %+.2f%s in %s%s%s round %u of %c"
                                   : "--fail-on %s: it is %.2f%s in %s%s%s round %u of %c",
              condition->text, value, unit, group->stage ? group->stage : "",
              group->stage ? ", " : "", group->label, group->round, compare_side_name(side));
    return true;
}

static bool any_condition_holds(const struct compare *compare, const struct condition *conditions,
                                size_t count)
{
    bool any = false;
    for (size_t g = 0; g < compare->group_count; g++)
        for (size_t side = 1; side < compare->side_count; side++)
            for (size_t i = 0; i < count; i++)
                any |= check_group(&compare->groups[g], side, &conditions[i]);
    return any;
}

static int compare_sides(const struct arguments *arguments, const struct condition *conditions)
{
    struct compare compare = {0};
    struct error error = {0};
    struct buffer text = {0};
    int status = EXIT_USAGE;
    if (!read_sides(&compare, arguments, &error) || !compare_make(&compare, &error)) {
        log_error("%s", error.text);
        goto done;
    }
    if (arguments->json)
        compare_json(&text, &compare);
    else
        compare_text(&text, &compare, table_style_for(STDOUT_FILENO, arguments->ascii));
    status = EXIT_OK;
    if (fwrite(text.data, 1, text.size, stdout) != text.size || fflush(stdout) != 0)
        status = EXIT_NOTHING_DONE;
    if (any_condition_holds(&compare, conditions, arguments->conditions.count))
        status = EXIT_CONDITION;
done:
    buffer_free(&text);
    compare_free(&compare);
    return status;
}

static int compare_with(const struct arguments *arguments)
{
    size_t count = arguments->conditions.count, parsed = 0;
    struct condition *conditions = xcalloc(count, sizeof *conditions);
    struct error error = {0};
    int status = EXIT_USAGE;
    while (parsed < count &&
           condition_parse(&conditions[parsed], arguments->conditions.values[parsed], &error))
        parsed++;
    if (parsed < count)
        log_error("--fail-on: %s", error.text);
    else
        status = compare_sides(arguments, conditions);
    for (size_t i = 0; i < parsed; i++)
        condition_free(&conditions[i]);
    free(conditions);
    return status;
}

int command_compare(int argc, char **argv)
{
    struct arguments arguments = {0};
    int status = EXIT_USAGE;
    bool ok = true;
    for (int i = 1; ok && i < argc; i++)
        ok = parse_word(&arguments, argc, argv, &i);
    if (ok && arguments.help) {
        fputs(help, stdout);
        status = EXIT_OK;
    } else if (ok && check_sides(&arguments)) {
        status = compare_with(&arguments);
    }
    free(arguments.plain.values);
    free(arguments.a.values);
    free(arguments.b.values);
    free(arguments.conditions.values);
    return status;
}
