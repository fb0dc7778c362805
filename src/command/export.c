/* fluxperf export: makes the files of a run again from its journal. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "base/memory.h"
#include "command/command.h"
#include "report/document.h"
#include "report/files.h"
#include "result/saved_runs.h"

static const char help[] =
    "Usage: fluxperf export DIR [--format WORD]\n"
    "\n"
    "Makes the files of a run again from DIR/journal.jsonl: after a crash, or when they were\n"
    "deleted. They hold the same bytes as those written when the run ended. Or prints the run as\n"
    "a page. DIR may be that of a recipe: then this is done for each stage.\n"
    "\n"
    "      --format WORD         what to make:\n"
    "                              all       the files of csv and json (the default)\n"
    "                              csv       metrics_summary.csv, a column per round,\n"
    "                                        figures.csv, and timeline.csv, a second per line\n"
    "                              tidy      figures.csv alone, a figure per line\n"
    "                              json      concurrency_N_round_M.json: configuration, summary\n"
    "                                        and requests of each round\n"
    "                              text      a page on standard output, for people\n"
    "                              markdown  the same, to paste into an issue or a chat\n"
    "      --ascii               text and markdown without line characters or arrows\n"
    "\n"
    "Examples:\n"
    "  fluxperf export results/latest\n"
    "  fluxperf export results/latest --format markdown >page.md\n";

/* Files, or a page where there are none. */
struct format {
    const char *name;
    unsigned files;
    bool markdown;
};

static const struct format formats[] = {
    {"all", FILES_CSV | FILES_JSON, false},
    {"csv", FILES_CSV, false},
    {"tidy", FILES_TIDY, false},
    {"json", FILES_JSON, false},
    {"text", 0, false},
    {"markdown", 0, true},
};

static const struct format *find_format(const char *name)
{
    for (size_t i = 0; name && i < ARRAY_SIZE(formats); i++)
        if (strcmp(formats[i].name, name) == 0)
            return &formats[i];
    log_error("--format takes all, csv, tidy, json, text or markdown, not '%s'", name ? name : "");
    return NULL;
}

static void say_wrote(const char *path)
{
    log_info("wrote %s", path);
}

static bool print_page(const struct saved_run *run, const struct format *format, bool ascii)
{
    struct buffer text = {0};
    struct table_style style = table_style_for(STDOUT_FILENO, ascii);
    style.markdown = format->markdown;
    document_print(&text, run->run, style);
    bool ok = fwrite(text.data, 1, text.size, stdout) == text.size && fflush(stdout) == 0;
    if (!ok)
        log_error("cannot write the page to stdout: %s", strerror(errno));
    buffer_free(&text);
    return ok;
}

static bool export_run(const struct saved_run *run, const struct format *format, bool ascii)
{
    struct error error = {0};
    if (run->in_progress)
        log_info("%s is still in progress: this is what it has finished so far", run->directory);
    if (!format->files)
        return print_page(run, format, ascii);
    bool ok = files_write_some(run->directory, run->run, format->files, say_wrote, &error);
    if (!ok)
        log_error("%s", error.text);
    return ok;
}

static int export_runs(const char *directory, const struct format *format, bool ascii)
{
    struct error error = {0};
    struct saved_runs saved;
    int status = EXIT_OK;
    if (!saved_runs_read(&saved, directory, &error)) {
        log_error("%s", error.text);
        return EXIT_USAGE;
    }
    for (size_t i = 0; i < saved.count; i++)
        if (!export_run(&saved.runs[i], format, ascii))
            status = EXIT_NOTHING_DONE;
    saved_runs_free(&saved);
    return status;
}

int command_export(int argc, char **argv)
{
    const char *directory = NULL;
    const struct format *format = &formats[0];
    bool ascii = false;
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0) {
            fputs(help, stdout);
            return EXIT_OK;
        }
        if (strncmp(argv[i], "--format=", 9) == 0) {
            format = find_format(argv[i] + 9);
        } else if (strcmp(argv[i], "--format") == 0) {
            i++;
            format = find_format(i < argc ? argv[i] : NULL);
        } else if (strcmp(argv[i], "--ascii") == 0) {
            ascii = true;
        } else if (argv[i][0] == '-' || directory) {
            log_error("export does not know '%s'; see fluxperf export --help", argv[i]);
            return EXIT_USAGE;
        } else {
            directory = argv[i];
        }
        if (!format)
            return EXIT_USAGE;
    }
    if (!directory) {
        fputs(help, stderr);
        return EXIT_USAGE;
    }
    return export_runs(directory, format, ascii);
}
