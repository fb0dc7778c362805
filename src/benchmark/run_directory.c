#include "benchmark/run_directory.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/log.h"
#include "base/memory.h"
#include "result/journal.h"

#define DEFAULT_PARENT "results"
#define DEBUG_LOGS     "debug_logs"

/* The files a run writes; others in the directory are not ours. */
static bool is_ours(const char *name)
{
    static const char *const exact[] = {"journal.jsonl", "metrics_summary.csv", "figures.csv",
                                        "timeline.csv",  "prometheus.csv",      "bodies.jsonl",
                                        DEBUG_LOGS};
    struct text text = text_of(name);
    for (size_t i = 0; i < ARRAY_SIZE(exact); i++)
        if (text_is(text, exact[i]))
            return true;
    return text_ends_with(text, ".json") &&
           (text_starts_with(text, "concurrency_") || text_starts_with(text, "rate_"));
}

/* In DEBUG_LOGS. */
static bool is_debug_log(const char *name)
{
    struct text text = text_of(name);
    return text_starts_with(text, "debug_") && text_ends_with(text, ".jsonl");
}

/* Calls `act` for each file that is wanted. False at the first that fails, with errno set. */
static bool for_each_file(const char *directory, const char *target,
                          bool (*wanted)(const char *name),
                          int (*act)(const char *from, const char *to))
{
    DIR *open_directory = opendir(directory);
    if (!open_directory)
        return false;
    bool ok = true;
    for (struct dirent *entry; ok && (entry = readdir(open_directory));) {
        if (!wanted(entry->d_name))
            continue;
        char *from = path_join(directory, entry->d_name);
        char *to = path_join(target, entry->d_name);
        ok = act(from, to) == 0;
        free(from);
        free(to);
    }
    int reason = errno;
    closedir(open_directory);
    errno = reason;
    return ok;
}

static int delete_file(const char *from, const char *to)
{
    (void)to;
    if (unlink(from) == 0)
        return 0;
    if (errno != EISDIR || !for_each_file(from, to, is_debug_log, delete_file))
        return -1;
    return rmdir(from) == 0 || errno == ENOTEMPTY ? 0 : -1;
}

/* When the run that is there began, by its journal, as a directory's name. */
static void earlier_name(const char *journal, char *out, size_t size)
{
    FILE *stream = fopen(journal, "re");
    struct run *run = stream ? journal_read_head(stream) : NULL;
    struct stat status = {0};
    uint64_t start_ns = 0;
    if (run)
        start_ns = run->anchor.wall_ns;
    else if (stat(journal, &status) == 0)
        start_ns = (uint64_t)status.st_mtime * NS_PER_S;
    clock_format_local(start_ns, out, size);
    if (stream)
        fclose(stream);
    run_free(run);
}

static bool clear_earlier(const char *directory, bool overwrite, struct error *error)
{
    bool ok = true;
    char *journal = path_join(directory, "journal.jsonl");
    char *earlier = NULL;
    if (!file_exists(journal))
        goto done;
    if (journal_is_locked(journal)) {
        ok = error_set(error, "%s holds a run that is still in progress: give another --output-dir",
                       directory);
        goto done;
    }
    if (overwrite) {
        ok =
            for_each_file(directory, directory, is_ours, delete_file) ||
            error_set(error, "cannot delete the earlier run in %s: %s", directory, strerror(errno));
        goto done;
    }
    char name[64];
    earlier_name(journal, name, sizeof name);
    earlier = xasprintf("%s/earlier/%s", directory, name);
    for (int i = 2; file_exists(earlier) && i < 1000; i++) {
        free(earlier);
        earlier = xasprintf("%s/earlier/%s_%d", directory, name, i);
    }
    ok = directory_make(earlier, error);
    if (ok && !for_each_file(directory, earlier, is_ours, rename))
        ok = error_set(error, "cannot move the earlier run to %s: %s", earlier, strerror(errno));
    if (ok)
        log_info("the earlier run in %s is now in %s", directory, earlier);
done:
    free(earlier);
    free(journal);
    return ok;
}

/* results/<date-time>; a second one in the same second gets a number. */
static char *default_path(uint64_t start_wall_ns)
{
    char name[64];
    clock_format_local(start_wall_ns, name, sizeof name);
    char *path = path_join(DEFAULT_PARENT, name);
    for (int i = 2; file_exists(path) && i < 1000; i++) {
        free(path);
        path = xasprintf("%s/%s_%d", DEFAULT_PARENT, name, i);
    }
    return path;
}

/* A convenience: no failure of it ends a run. */
static void link_latest(const char *path)
{
    const char *beside = DEFAULT_PARENT "/.latest", *link = DEFAULT_PARENT "/latest";
    unlink(beside);
    if (symlink(path_base(path), beside) == 0 && rename(beside, link) != 0)
        unlink(beside);
}

char *run_directory_make_parent(uint64_t start_wall_ns, struct error *error)
{
    char *path = default_path(start_wall_ns);
    if (!directory_make(path, error)) {
        free(path);
        return NULL;
    }
    link_latest(path);
    return path;
}

char *run_directory_make(const char *wanted, bool overwrite, uint64_t start_wall_ns,
                         struct error *error)
{
    char *path = wanted ? xstrdup(wanted) : default_path(start_wall_ns);
    if (!directory_make(path, error) || !clear_earlier(path, overwrite, error)) {
        free(path);
        return NULL;
    }
    if (access(path, W_OK) != 0) {
        error_set(error, "cannot write into %s: %s", path, strerror(errno));
        free(path);
        return NULL;
    }
    if (!wanted)
        link_latest(path);
    return path;
}
