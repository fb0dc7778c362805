/* fluxperf compare: runs side by side. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "base/memory.h"
#include "command/command.h"
#include "command/set_parse.h"
#include "config/option_value.h"
#include "report/compare_text.h"

struct compare_arguments {
    struct string_list a, b, fail_on;
    bool json, markdown, ascii;
};

#define AT(field) offsetof(struct compare_arguments, field)

/* clang-format off: it would give each field a line of its own */
static const struct option table[] = {
    {"a", 0, OPTION_STRING_LIST, AT(a), .argument = "DIR...",
     .help = "several runs of the first side"},
    {"b", 0, OPTION_STRING_LIST, AT(b), .argument = "DIR...",
     .help = "and of the other: intervals then cover what differs from run to run"},
    {"fail-on", 0, OPTION_STRING_LIST, AT(fail_on), .argument = "COND...",
     .help =
         "exit with 3 when one holds: 'ttft>+5%' is a difference that is shown, 'ttft_p99>+5%' a "
         "change of a figure, 'errors>0' a limit"},
    {"json", 0, OPTION_FLAG, AT(json), .help = "print JSON"},
    {"markdown", 0, OPTION_FLAG, AT(markdown), .help = "print a page for an issue or a chat"},
    {"ascii", 0, OPTION_FLAG, AT(ascii), .help = "no line characters or arrows"},
};
/* clang-format on */
#undef AT

static const struct compare_arguments defaults;

const struct option_set compare_options = {
    .command = "compare",
    .table = table,
    .count = ARRAY_SIZE(table),
    .defaults = &defaults,
    .operands = "DIR DIR...",
    .about = "Sets runs side by side, level by level and round by round, and says which\n"
             "differences are shown: prompts are compared with themselves where the dataset is\n"
             "the same. The first DIR is what the others are held against. A DIR is the\n"
             "--output-dir of a run, or of a recipe.\n",
    .closing = "Examples:\n"
               "  fluxperf compare results/before results/after\n"
               "  fluxperf compare results/before results/after --fail-on 'ttft_p99>+5%'\n"
               "  fluxperf compare --a old/1 old/2 old/3 --b new/1 new/2 new/3\n",
};

/* Either a directory for each side, or several for each of two. */
static bool check_sides(const struct compare_arguments *arguments,
                        const struct string_list *directories)
{
    bool two = arguments->a.count || arguments->b.count;
    if (arguments->json && arguments->markdown)
        log_error("--json and --markdown exclude each other");
    else if (two && directories->count)
        log_error("'%s' belongs to no side: with --a and --b, name all directories behind them",
                  directories->values[0]);
    else if (two && !(arguments->a.count && arguments->b.count))
        log_error("--a and --b belong together: what is the other side?");
    else if (!two && directories->count < 2)
        log_error("compare needs two directories; see fluxperf compare --help");
    else if (directories->count > COMPARE_SIDES_MAX)
        log_error("compare takes at most %d directories; several runs of one thing go behind --a "
                  "or --b",
                  COMPARE_SIDES_MAX);
    else
        return true;
    return false;
}

static bool read_sides(struct compare *compare, const struct compare_arguments *arguments,
                       const struct string_list *directories, struct error *error)
{
    for (size_t i = 0; i < directories->count; i++)
        if (!compare_add_side(compare, &directories->values[i], 1, error))
            return false;
    return directories->count > 0 ||
           (compare_add_side(compare, arguments->a.values, arguments->a.count, error) &&
            compare_add_side(compare, arguments->b.values, arguments->b.count, error));
}

/* Sets `has_figure` where there is something to be beyond the limit. */
static bool check_group(const struct compare_group *group, size_t side,
                        const struct condition *condition, bool *has_figure)
{
    double value;
    if (!group->cell_counts[side])
        return false;
    bool holds = compare_condition_holds(group, side, condition, &value);
    *has_figure |= !isnan(value);
    if (!holds)
        return false;
    log_error("--fail-on %s: it is %s in %s%s%s round %u of %c", condition->text,
              condition_text(condition, value).text, group->stage ? group->stage : "",
              group->stage ? ", " : "", group->label, group->round, compare_side_name(side));
    return true;
}

static bool condition_holds_somewhere(const struct compare *compare,
                                      const struct condition *condition)
{
    bool any = false, has_figure = false;
    for (size_t g = 0; g < compare->group_count; g++)
        for (size_t side = 1; side < compare->side_count; side++)
            any |= check_group(&compare->groups[g], side, condition, &has_figure);
    if (!has_figure)
        log_warning("--fail-on %s was not checked: no round has this figure on both sides, or an "
                    "interval where it needs one",
                    condition->text);
    return any;
}

static bool any_condition_holds(const struct compare *compare, const struct condition *conditions,
                                size_t count)
{
    bool any = false;
    for (size_t i = 0; i < count; i++)
        any |= condition_holds_somewhere(compare, &conditions[i]);
    return any;
}

static int compare_sides(const struct compare_arguments *arguments,
                         const struct string_list *directories, const struct condition *conditions)
{
    struct compare compare = {0};
    struct error error = {0};
    struct buffer text = {0};
    int status = EXIT_USAGE;
    if (!read_sides(&compare, arguments, directories, &error) || !compare_make(&compare, &error)) {
        log_error("%s", error.text);
        goto done;
    }
    struct table_style style = table_style_for(STDOUT_FILENO, arguments->ascii);
    style.markdown = arguments->markdown;
    if (arguments->json)
        compare_json(&text, &compare);
    else
        compare_text(&text, &compare, style);
    status = EXIT_OK;
    fwrite(text.data, 1, text.size, stdout);
    if (!stdout_is_written())
        status = EXIT_NOTHING_DONE;
    if (any_condition_holds(&compare, conditions, arguments->fail_on.count))
        status = EXIT_CONDITION;
done:
    buffer_free(&text);
    compare_free(&compare);
    return status;
}

/* Directories may follow conditions: those have no < or >. */
static void part_directories(struct string_list *conditions, struct string_list *directories)
{
    size_t kept = 0;
    for (size_t i = 0; i < conditions->count; i++) {
        char *word = conditions->values[i];
        if (i == 0 || strpbrk(word, "<>")) {
            conditions->values[kept++] = word;
            continue;
        }
        string_list_add(directories, text_of(word));
        free(word);
    }
    conditions->count = kept;
}

static int compare_with(const struct compare_arguments *arguments,
                        const struct string_list *directories)
{
    size_t count = arguments->fail_on.count, parsed = 0;
    struct condition *conditions = xcalloc(count, sizeof *conditions);
    struct error error = {0};
    int status = EXIT_USAGE;
    while (parsed < count &&
           compare_condition_parse(&conditions[parsed], arguments->fail_on.values[parsed], &error))
        parsed++;
    if (parsed < count)
        log_error("--fail-on: %s", error.text);
    else
        status = compare_sides(arguments, directories, conditions);
    for (size_t i = 0; i < parsed; i++)
        condition_free(&conditions[i]);
    free(conditions);
    return status;
}

int command_compare(int argc, char **argv)
{
    struct compare_arguments arguments = defaults;
    struct string_list directories = {0};
    int status;
    if (set_parse(&compare_options, &arguments, &directories, argc, argv, &status)) {
        part_directories(&arguments.fail_on, &directories);
        status = check_sides(&arguments, &directories) ? compare_with(&arguments, &directories)
                                                       : EXIT_USAGE;
    }
    options_free_set(&compare_options, &arguments, &directories);
    return status;
}
