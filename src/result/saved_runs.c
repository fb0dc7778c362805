#include "result/saved_runs.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/memory.h"
#include "result/journal.h"

static bool has_journal(const char *directory)
{
    char *path = path_join(directory, "journal.jsonl");
    bool has = file_exists(path);
    free(path);
    return has;
}

static bool add_run(struct saved_runs *runs, const char *directory, struct error *error)
{
    char *path = path_join(directory, "journal.jsonl");
    struct saved_run saved = {.run = journal_read(path, error),
                              .in_progress = journal_is_locked(path)};
    free(path);
    if (!saved.run)
        return false;
    saved.directory = xstrdup(directory);
    runs->runs = xreallocarray(runs->runs, runs->count + 1, sizeof *runs->runs);
    runs->runs[runs->count++] = saved;
    return true;
}

/* "02-name" */
static int is_stage(const struct dirent *entry)
{
    const char *name = entry->d_name;
    size_t digits = strspn(name, "0123456789");
    return digits >= 2 && name[digits] == '-';
}

static int by_number(const struct dirent **left, const struct dirent **right)
{
    unsigned long a = strtoul((*left)->d_name, NULL, 10), b = strtoul((*right)->d_name, NULL, 10);
    return a == b ? strcmp((*left)->d_name, (*right)->d_name) : a < b ? -1 : 1;
}

static bool add_stages(struct saved_runs *runs, const char *directory, struct error *error)
{
    struct dirent **entries = NULL;
    int count = scandir(directory, &entries, is_stage, by_number);
    bool ok = true;
    for (int i = 0; i < count; i++) {
        char *stage = path_join(directory, entries[i]->d_name);
        if (ok && has_journal(stage))
            ok = add_run(runs, stage, error);
        free(stage);
        free(entries[i]);
    }
    free(entries);
    return ok;
}

bool saved_runs_read(struct saved_runs *runs, const char *directory, struct error *error)
{
    *runs = (struct saved_runs){0};
    bool ok = true;
    if (!directory_exists(directory))
        ok = error_set(error,
                       "%s is no directory: name the --output-dir of a run, as in results/latest",
                       directory);
    else if (has_journal(directory))
        ok = add_run(runs, directory, error);
    else
        ok = add_stages(runs, directory, error);
    if (ok && runs->count == 0)
        ok = error_set(error, "%s has no journal.jsonl: it is not the directory of a run",
                       directory);
    if (!ok)
        saved_runs_free(runs);
    return ok;
}

void saved_runs_free(struct saved_runs *runs)
{
    for (size_t i = 0; i < runs->count; i++) {
        run_free(runs->runs[i].run);
        free(runs->runs[i].directory);
    }
    free(runs->runs);
    *runs = (struct saved_runs){0};
}
