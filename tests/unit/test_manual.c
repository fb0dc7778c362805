/* The manual of commands with options of their own: a section each, with every option once; and
 * that of what is measured: every metric, error class and statistic. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/file.h"
#include "base/memory.h"
#include "command/check.h"
#include "command/command.h"
#include "result/summary.h"

static const struct option_set *const sets[] = {
    &check_dataset_options,    &check_endpoint_options,
    &check_prometheus_options, &convert_longbench_options,
    &convert_sharegpt_options, &compare_options,
    &export_options,
};

/* The lines of ".Ss COMMAND" in the manual; empty when it has none. A page that is about one
 * command is its section. */
static struct text section_of(struct text manual, const char *command)
{
    if (!strchr(command, ' '))
        return manual;
    char title[128];
    snprintf(title, sizeof title, ".Ss %s", command);
    struct text rest = manual, line;
    const char *start = NULL, *end = manual.data + manual.size;
    while (text_next_line(&rest, &line)) {
        bool is_title = text_starts_with(line, ".Ss ") || text_starts_with(line, ".Sh ");
        if (start && is_title) {
            end = line.data;
            break;
        }
        if (text_is(line, title))
            start = line.data;
    }
    return start ? (struct text){start, (size_t)(end - start)} : (struct text){0};
}

/* The index of the option; −1 when the command has none of that name. */
static int find(const struct option_set *set, struct text name)
{
    const struct option *option;
    for (size_t i = 0; (option = option_set_at(set, i)); i++)
        if (text_is(name, option->name))
            return (int)i;
    return -1;
}

/* Counts what an item lists: ".It Fl o , Fl -output Ar FILE". */
static void count_item(const struct option_set *set, struct text item, int *listed)
{
    while (item.size) {
        const char *at = memmem(item.data, item.size, "Fl -", 4);
        if (!at)
            return;
        const char *start = at + 4, *end = item.data + item.size;
        size_t size = 0;
        while (start + size < end && start[size] != ' ')
            size++;
        struct text name = {start, size};
        int index = find(set, name);
        if (index < 0 && text_starts_with(name, "no-"))
            index = find(set, (struct text){name.data + 3, name.size - 3});
        if (index < 0)
            fail_msg("fluxperf %s has no option --%.*s", set->command, (int)size, start);
        listed[index]++;
        item = (struct text){start + size, (size_t)(end - start) - size};
    }
}

/* "convert longbench" stands in fluxperf-convert(1). */
static void read_page(struct buffer *manual, const char *command)
{
    char path[128];
    struct error error;
    snprintf(path, sizeof path, "man/fluxperf-%.*s.1", (int)strcspn(command, " "), command);
    if (!file_read(path, manual, &error))
        fail_msg("%s", error.text);
}

static void each_command_has_its_options_in_the_manual(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(sets); i++) {
        struct buffer manual = {0};
        read_page(&manual, sets[i]->command);
        struct text rest = section_of(buffer_text(&manual), sets[i]->command), line;
        if (rest.size == 0)
            fail_msg("its manual has no section \"%s\"", sets[i]->command);
        int listed[64] = {0};
        while (text_next_line(&rest, &line))
            if (text_starts_with(line, ".It Fl "))
                count_item(sets[i], line, listed);
        const struct option *option;
        for (size_t k = 0; (option = option_set_at(sets[i], k)); k++)
            if (listed[k] != 1)
                fail_msg("fluxperf %s: the manual lists --%s %d times", sets[i]->command,
                         option->name, listed[k]);
        buffer_free(&manual);
    }
}

/* ---- fluxperf-metrics(7) ---- */

/* Counts the items of a section; `index_of` what follows ".It " gives its index, or fails. */
static void count_items(const char *section, size_t (*index_of)(struct text item), int *listed)
{
    struct buffer manual = {0};
    struct error error;
    if (!file_read("man/fluxperf-metrics.7", &manual, &error))
        fail_msg("%s", error.text);
    struct text rest = buffer_text(&manual), line;
    bool inside = false, any = false;
    while (text_next_line(&rest, &line)) {
        struct text title = {line.data + 4, line.size - 4};
        if (text_starts_with(line, ".Sh "))
            inside = text_is(title, section);
        if (!inside || !text_starts_with(line, ".It "))
            continue;
        listed[index_of(title)]++;
        any = true;
    }
    if (!any)
        fail_msg("the manual has no section %s with a list", section);
    buffer_free(&manual);
}

static size_t metric_of(struct text item)
{
    char expected[128];
    for (size_t i = 0; i < METRIC_COUNT; i++) {
        snprintf(expected, sizeof expected, "%s , Ql %s", metrics_table[i].title,
                 metrics_table[i].key);
        if (text_is(item, expected))
            return i;
    }
    fail_msg("there is no metric '%.*s'", (int)item.size, item.data);
    return 0;
}

static size_t class_of(struct text item)
{
    for (size_t i = 1; i < ERROR_CLASS_COUNT; i++)
        if (text_starts_with(item, "Cm ") && text_is((struct text){item.data + 3, item.size - 3},
                                                     error_class_name((enum error_class)i)))
            return i;
    fail_msg("there is no error class '%.*s'", (int)item.size, item.data);
    return 0;
}

static void every_metric_and_no_other_is_explained(void **state)
{
    (void)state;
    int listed[METRIC_COUNT] = {0};
    count_items("METRICS OF A REQUEST", metric_of, listed);
    for (size_t i = 0; i < METRIC_COUNT; i++)
        if (listed[i] != 1)
            fail_msg("%s stands there %d times", metrics_table[i].title, listed[i]);
}

static void every_error_class_and_no_other_is_explained(void **state)
{
    (void)state;
    int listed[ERROR_CLASS_COUNT] = {0};
    count_items("FAILED REQUESTS", class_of, listed);
    for (size_t i = 1; i < ERROR_CLASS_COUNT; i++)
        if (listed[i] != 1)
            fail_msg("%s stands there %d times", error_class_name((enum error_class)i), listed[i]);
}

static void every_statistic_is_named(void **state)
{
    (void)state;
    struct buffer manual = {0};
    struct error error;
    assert_true(file_read("man/fluxperf-metrics.7", &manual, &error));
    char *names = strstr(manual.data, "\n.Ss Statistics\n");
    assert_non_null(names);
    for (size_t i = 0; i < STATISTIC_COUNT; i++)
        if (!strstr(names, statistics_table[i].title))
            fail_msg("%s is not there", statistics_table[i].title);
    buffer_free(&manual);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_command_has_its_options_in_the_manual),
        cmocka_unit_test(every_metric_and_no_other_is_explained),
        cmocka_unit_test(every_error_class_and_no_other_is_explained),
        cmocka_unit_test(every_statistic_is_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
