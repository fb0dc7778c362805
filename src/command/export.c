/* fluxperf export: makes the files of a run again from its journal. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "base/memory.h"
#include "command/command.h"
#include "command/set_parse.h"
#include "report/document.h"
#include "report/files.h"
#include "result/saved_runs.h"

enum export_format {
    EXPORT_ALL,
    EXPORT_CSV,
    EXPORT_TIDY,
    EXPORT_JSON,
    EXPORT_TEXT,
    EXPORT_MARKDOWN
};

struct export_arguments {
    unsigned format; /* enum export_format */
    bool ascii;
};

#define AT(field) offsetof(struct export_arguments, field)

/* clang-format off: it would give each field a line of its own */
static const struct option table[] = {
    {"format", 0, OPTION_CHOICE, AT(format), .argument = "all|csv|tidy|json|text|markdown",
     .help = "what to make"},
    {"ascii", 0, OPTION_FLAG, AT(ascii), .help = "a page without line characters or arrows"},
};
/* clang-format on */
#undef AT

static const struct export_arguments defaults = {.format = EXPORT_ALL};

const struct option_set export_options = {
    .command = "export",
    .table = table,
    .count = ARRAY_SIZE(table),
    .defaults = &defaults,
    .operands = "DIR",
    .about =
        "Makes the files of a run again from DIR/journal.jsonl: after a crash, or when they\n"
        "were deleted. They hold the same bytes as those written when the run ended. Or prints\n"
        "the run as a page. DIR may be that of a recipe: then this is done for each stage.\n",
    .closing = "Formats:\n"
               "  csv       metrics_summary.csv, a column for each round, figures.csv, and\n"
               "            timeline.csv, a second in each line\n"
               "  tidy      figures.csv alone, a figure in each line\n"
               "  json      concurrency_N_round_M.json: configuration, summary and requests\n"
               "  all       the files of csv and json\n"
               "  text      a page on standard output, for people\n"
               "  markdown  the same, to paste into an issue or a chat\n"
               "\n"
               "Examples:\n"
               "  fluxperf export results/latest\n"
               "  fluxperf export results/latest --format markdown >page.md\n",
};

/* 0 = a page. */
static const unsigned files_of[] = {
    [EXPORT_ALL] = FILES_CSV | FILES_JSON,
    [EXPORT_CSV] = FILES_CSV,
    [EXPORT_TIDY] = FILES_TIDY,
    [EXPORT_JSON] = FILES_JSON,
    [EXPORT_TEXT] = 0,
    [EXPORT_MARKDOWN] = 0,
};

static void say_wrote(const char *path)
{
    log_info("wrote %s", path);
}

static bool print_page(const struct saved_run *run, const struct baseline *baseline,
                       const struct export_arguments *arguments)
{
    struct buffer text = {0};
    struct table_style style = table_style_for(STDOUT_FILENO, arguments->ascii);
    style.markdown = arguments->format == EXPORT_MARKDOWN;
    document_print(&text, run->run, baseline, style);
    fwrite(text.data, 1, text.size, stdout);
    buffer_free(&text);
    return stdout_is_written();
}

static bool export_run(const struct saved_run *run, const struct export_arguments *arguments)
{
    struct error error = {0};
    if (run->in_progress)
        log_info("%s is still in progress: this is what it has finished so far", run->directory);
    struct baseline baseline;
    if (!baseline_of_run(&baseline, run->run, &error))
        log_warning("%s: figures stand without their differences from it", error.text);
    unsigned files = files_of[arguments->format];
    bool ok = true;
    if (!files)
        ok = print_page(run, &baseline, arguments);
    else if (!files_write_some(run->directory, run->run, &baseline, files, say_wrote, &error)) {
        log_error("%s", error.text);
        ok = false;
    }
    baseline_free(&baseline);
    return ok;
}

static int export_runs(const char *directory, const struct export_arguments *arguments)
{
    struct error error = {0};
    struct saved_runs saved;
    int status = EXIT_OK;
    if (!saved_runs_read(&saved, directory, &error)) {
        log_error("%s", error.text);
        return EXIT_USAGE;
    }
    for (size_t i = 0; i < saved.count; i++)
        if (!export_run(&saved.runs[i], arguments))
            status = EXIT_NOTHING_DONE;
    saved_runs_free(&saved);
    return status;
}

int command_export(int argc, char **argv)
{
    struct export_arguments arguments = defaults;
    struct string_list directories = {0};
    int status;
    if (set_parse(&export_options, &arguments, &directories, argc, argv, &status)) {
        status = EXIT_USAGE;
        if (directories.count == 1)
            status = export_runs(directories.values[0], &arguments);
        else
            log_error("export needs one directory, that of a run; see fluxperf export --help");
    }
    options_free_set(&export_options, &arguments, &directories);
    return status;
}
