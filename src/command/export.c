/* fluxperf export: makes the files of a run again from its journal. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/memory.h"
#include "command/command.h"
#include "report/files.h"
#include "result/saved_runs.h"

static const char help[] =
    "usage: fluxperf export DIR [--format all|csv|json]\n"
    "\n"
    "Makes the files of a run again from DIR/journal.jsonl: after a crash, or when they were\n"
    "deleted. They hold the same bytes as those written when the run ended.\n"
    "\n"
    "  csv    metrics_summary.csv (a column per round), figures.csv (a figure per line)\n"
    "  json   concurrency_N_round_M.json: configuration, summary and requests of each round\n"
    "  all    both (the default)\n";

static const struct {
    const char *name;
    unsigned formats;
} formats[] = {
    {"all", FILES_CSV | FILES_JSON},
    {"csv", FILES_CSV},
    {"json", FILES_JSON},
};

static bool find_format(const char *name, unsigned *found)
{
    for (size_t i = 0; name && i < ARRAY_SIZE(formats); i++)
        if (strcmp(formats[i].name, name) == 0) {
            *found = formats[i].formats;
            return true;
        }
    log_error("--format takes all, csv or json, not '%s'", name ? name : "");
    return false;
}

static void say_wrote(const char *path)
{
    log_info("wrote %s", path);
}

static int export_runs(const char *directory, unsigned chosen)
{
    struct error error = {0};
    struct saved_runs saved;
    int status = EXIT_OK;
    if (!saved_runs_read(&saved, directory, &error)) {
        log_error("%s", error.text);
        return EXIT_USAGE;
    }
    for (size_t i = 0; i < saved.count; i++) {
        const struct saved_run *run = &saved.runs[i];
        if (run->in_progress)
            log_info("%s is still in progress: the files hold what it has finished so far",
                     run->directory);
        if (files_write_some(run->directory, run->run, chosen, say_wrote, &error))
            continue;
        log_error("%s", error.text);
        status = EXIT_NOTHING_DONE;
    }
    saved_runs_free(&saved);
    return status;
}

int command_export(int argc, char **argv)
{
    const char *directory = NULL;
    unsigned chosen = FILES_CSV | FILES_JSON;
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0) {
            fputs(help, stdout);
            return EXIT_OK;
        }
        if (strncmp(argv[i], "--format=", 9) == 0) {
            if (!find_format(argv[i] + 9, &chosen))
                return EXIT_USAGE;
        } else if (strcmp(argv[i], "--format") == 0) {
            i++;
            if (!find_format(i < argc ? argv[i] : NULL, &chosen))
                return EXIT_USAGE;
        } else if (argv[i][0] == '-' || directory) {
            log_error("export does not know '%s'; see fluxperf export --help", argv[i]);
            return EXIT_USAGE;
        } else {
            directory = argv[i];
        }
    }
    if (!directory) {
        fputs(help, stderr);
        return EXIT_USAGE;
    }
    return export_runs(directory, chosen);
}
