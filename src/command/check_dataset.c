/* fluxperf check dataset: every bad row with its place, and what the good ones are like. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/log.h"
#include "base/memory.h"
#include "command/check.h"
#include "command/command.h"
#include "command/set_parse.h"
#include "dataset/survey.h"
#include "report/page.h"
#include "report/table.h"

#define BAR_CELLS 40
#define MOST_BINS 16

struct dataset_options {
    bool ascii;
};

static const struct dataset_options defaults = {.ascii = false};

static const struct option table[] = {
    {.name = "ascii",
     .type = OPTION_FLAG,
     .offset = offsetof(struct dataset_options, ascii),
     .help = "draw the plot without block characters"},
};

const struct option_set check_dataset_options = {
    .command = "check dataset",
    .table = table,
    .count = ARRAY_SIZE(table),
    .defaults = &defaults,
    .operands = "FILE...",
    .about = "Reads datasets as run would, and prints each bad row with line, column and\n"
             "reason; then forms, repeated prompts, what a prefix cache could find in them,\n"
             "and lengths. FILE is a path, builtin:NAME, or - for stdin.\n",
    .closing = "Exit status: 0 all rows are good, 1 some are bad (run --skip-bad-rows leaves\n"
               "them out), 2 the file cannot be used.\n",
};

static void print_bad_row(void *context, const char *place_and_reason)
{
    (void)context;
    char *visible = text_visible(text_of(place_and_reason), SIZE_MAX);
    puts(visible);
    free(visible);
}

static void print_head(const struct dataset *dataset, const struct survey *survey)
{
    char *name = text_visible(text_of(dataset->name), SIZE_MAX);
    printf("%s: %u rows, %u bad\n\n", name, dataset->count + dataset->skipped, dataset->skipped);
    free(name);
#define X(id, title) title,
    static const char *const titles[] = {ROW_FORMS(X)};
#undef X
    const char *label = "Form";
    for (size_t i = 0; i < FORM_COUNT; i++)
        if (survey->forms[i]) {
            printf("%-12s%8" PRIu64 "  %s\n", label, survey->forms[i], titles[i]);
            label = "";
        }
    if (survey->sessions)
        printf("%-12s%8" PRIu64 "  with %" PRIu64 " questions in all, at most %u in one\n",
               "Sessions", survey->sessions, survey->questions, survey->most_turns);
    if (survey->with_limit)
        printf("%-12s%8" PRIu64 "  rows limit their reply by max_tokens\n", "Limits",
               survey->with_limit);
}

/* A bar of `cells` whole cells and eighths. */
static void print_bar(double cells, bool utf8)
{
    static const char *const eighths[] = {"", "▏", "▎", "▍", "▌", "▋", "▊", "▉"};
    int whole = (int)cells;
    for (int i = 0; i < whole; i++)
        fputs(utf8 ? "█" : "#", stdout);
    int part = (int)((cells - whole) * 8);
    if (utf8)
        fputs(whole == 0 && part == 0 ? eighths[1] : eighths[part], stdout);
    else if (whole == 0)
        putchar('#');
}

/* Where the bins begin: doubled steps for rows of very different lengths, else equal ones of 1, 2
 * or 5 times a power of ten. Returns how many, MOST_BINS at most; the last one ends at
 * begins[count]. */
static int make_bins(uint64_t least, uint64_t most, uint32_t rows,
                     uint64_t begins[static MOST_BINS + 1])
{
    int count = 0;
    uint64_t limit = rows < 4 ? 4 : rows < MOST_BINS ? rows : MOST_BINS;
    if (most / 8 > least) {
        uint64_t at = 1;
        while (2 * at <= least || most / at >= (1ull << MOST_BINS))
            at *= 2;
        for (begins[0] = least < at ? 0 : at; count < MOST_BINS && begins[count] <= most; at *= 2)
            begins[++count] = 2 * at;
        return count;
    }
    static const uint64_t factors[] = {1, 2, 5};
    uint64_t step = 1, ten = 1;
    for (int i = 0; (most / step - least / step) >= limit; i++) {
        step = factors[i % 3] * ten;
        if (i % 3 == 2)
            ten *= 10;
    }
    begins[0] = least / step * step;
    for (; count < MOST_BINS && begins[count] <= most; count++)
        begins[count + 1] = begins[count] + step;
    return count;
}

static void print_plot(const struct survey *survey, uint32_t rows, bool utf8)
{
    uint64_t begins[MOST_BINS + 1], in_bin[MOST_BINS] = {0}, most = 1;
    int count = make_bins(survey->lengths[0], survey->lengths[rows - 1], rows, begins);
    int bin = 0;
    for (uint32_t i = 0; i < rows; i++) {
        while (bin + 1 < count && survey->lengths[i] >= begins[bin + 1])
            bin++;
        if (++in_bin[bin] > most)
            most = in_bin[bin];
    }
    for (bin = 0; bin < count; bin++) {
        printf("%9" PRIu64 " - %-*" PRIu64, begins[bin], in_bin[bin] ? 8 : 0, begins[bin + 1] - 1);
        if (in_bin[bin]) {
            putchar(' ');
            print_bar(BAR_CELLS * (double)in_bin[bin] / (double)most, utf8);
            printf(" %" PRIu64, in_bin[bin]);
        }
        putchar('\n');
    }
}

static void print_lengths(const struct survey *survey, uint32_t rows, bool utf8)
{
    const struct statistics *tokens = &survey->tokens;
    printf("%-12s%8" PRIu64 "  in all, estimated\n", "Tokens", survey->total_tokens);
    printf("%-12s%8.0f  in the median row; min %.0f, P90 %.0f, P99 %.0f, max %.0f\n", "",
           tokens->p50, tokens->min, tokens->p90, tokens->p99, tokens->max);
    print_plot(survey, rows, utf8);
}

static void print_repeated(const struct survey *survey)
{
    printf("%-12s%8u  rows repeat an earlier one", "Repeated", survey->repeated);
    if (survey->repeated)
        printf("; the first is line %u, as line %u", survey->repeated_line, survey->repeats_line);
    putchar('\n');
}

static void print_cache(const struct survey *survey)
{
    printf("%-12s%6.1f %%  of round 1's input at best, in blocks of 16 tokens\n"
           "%-12s%6.1f %%  of round 2's\n",
           "Cache", 100 * survey->cached_first, "", 100 * survey->cached_again);
}

static int check_one(const char *name, bool utf8)
{
    struct error error;
    struct dataset dataset;
    struct dataset_bad_rows bad_rows = {.skip = true, .say = print_bad_row};
    if (!dataset_read_saying(&dataset, name, &bad_rows, &error)) {
        fflush(stdout);
        log_error("%s", error.text);
        return EXIT_USAGE;
    }
    struct survey survey;
    survey_make(&survey, &dataset);
    if (dataset.skipped)
        putchar('\n');
    print_head(&dataset, &survey);
    print_repeated(&survey);
    print_cache(&survey);
    print_lengths(&survey, dataset.count, utf8);
    survey_free(&survey);
    int status = dataset.skipped ? EXIT_NOTHING_DONE : EXIT_OK;
    dataset_free(&dataset);
    return status;
}

static int check_all(const struct dataset_options *options, const struct string_list *names)
{
    if (names->count == 0) {
        log_error("name a dataset; see fluxperf check dataset --help");
        return EXIT_USAGE;
    }
    bool utf8 = table_style_for(STDOUT_FILENO, options->ascii).utf8;
    int worst = EXIT_OK;
    for (size_t i = 0; i < names->count; i++) {
        if (i)
            putchar('\n');
        int status = check_one(names->values[i], utf8);
        worst = status > worst ? status : worst;
    }
    if (!stdout_is_written())
        worst = worst > EXIT_NOTHING_DONE ? worst : EXIT_NOTHING_DONE;
    return worst;
}

int check_dataset(int argc, char **argv)
{
    const struct option_set *set = &check_dataset_options;
    struct dataset_options options = defaults;
    struct string_list names = {0};
    int status = EXIT_USAGE;
    if (set_parse(set, &options, &names, argc, argv, &status))
        status = check_all(&options, &names);
    options_free_set(set, &options, &names);
    return status;
}
