/* fluxperf view: the screens of runs on disk. */
#include <stdlib.h>
#include <unistd.h>

#include "base/file.h"
#include "base/log.h"
#include "base/memory.h"
#include "command/command.h"
#include "command/set_parse.h"
#include "command/signals.h"
#include "report/baseline.h"
#include "report/files.h"
#include "result/journal.h"
#include "result/saved_runs.h"
#include "ui/app.h"
#include "ui/compare_page.h"
#include "ui/picker.h"
#include "ui/sheet.h"
#include "ui/theme.h"

static const struct view_options {
    struct config config;
} defaults;

static const char *const shared[] = {"theme", "color", "ascii", "fps", "baseline", NULL};

const struct option_set view_options = {
    .command = "view",
    .defaults = &defaults,
    .shared = shared,
    .operands = "[DIR...]",
    .about = "Shows a run that is over on the same screens as one that is on. One that is\n"
             "still on, in another terminal or without a screen, is followed; any number may\n"
             "look on. Without DIR it shows the runs in results/, to choose one; with several\n"
             "it holds them against each other. fluxperf DIR is the same.\n",
    .closing = "Examples:\n"
               "  fluxperf view results/latest\n"
               "  fluxperf view results/before results/after\n"
               "  fluxperf view results/after --baseline results/before\n",
};

struct viewing {
    const struct config *config;
    struct baseline baseline; /* of --baseline */
    struct signals signals;
    struct sheet_terminal terminal;
    int status;
};

static int take_signal(void *context)
{
    return signals_take(context);
}

static void fail(struct viewing *viewing, const struct error *error)
{
    log_error("%s", error->text);
    viewing->status = EXIT_NOTHING_DONE;
}

/* What --baseline says, else what the run itself was held against; `own` is then to be freed. */
static struct baseline baseline_for(const struct viewing *viewing, const struct run *run,
                                    struct baseline *own)
{
    struct error error = {0};
    *own = (struct baseline){0};
    if (viewing->baseline.run)
        return viewing->baseline;
    if (!baseline_of_run(own, run, &error))
        log_warning("%s: the run is shown without its differences from it", error.text);
    return *own;
}

/* They tell what was decided, where the run has left any. */
static void make_files_again(struct viewing *viewing, const char *directory)
{
    struct error error = {0};
    char *figures = path_join(directory, "figures.csv");
    if (file_exists(figures) && !files_make_again(directory, &error))
        fail(viewing, &error);
    free(figures);
}

/* `follow` is of a run that another process writes, NULL of one that is over. False when a signal,
 * or the end of the terminal, ends all of it. */
static bool show(struct viewing *viewing, const struct run *run, const char *directory,
                 struct journal_follow *follow)
{
    struct error error = {0};
    bool kept = false;
    struct baseline own, baseline = baseline_for(viewing, run, &own);
    struct app_settings settings = {.follow = follow,
                                    .run = run,
                                    .directory = directory,
                                    .baseline = &baseline,
                                    .kept = &kept,
                                    .config = viewing->config,
                                    .signal_fd = viewing->signals.fd,
                                    .take_signal = take_signal,
                                    .context = &viewing->signals};
    enum app_end end = app_run(&settings, &error);
    if (end == APP_FAILED)
        fail(viewing, &error);
    if (kept)
        make_files_again(viewing, directory);
    baseline_free(&own);
    return end == APP_LEFT && !viewing->signals.first;
}

static bool show_run(struct viewing *viewing, const struct saved_run *saved)
{
    return show(viewing, saved->run, saved->directory, NULL);
}

/* Its journal is read as it grows. */
static bool follow_run(struct viewing *viewing, const char *directory)
{
    struct error error = {0};
    char *path = path_join(directory, "journal.jsonl");
    struct journal_follow *follow = journal_follow_open(path, &error);
    free(path);
    if (!follow) {
        fail(viewing, &error);
        return false;
    }
    bool go_on = show(viewing, journal_follow_run(follow), directory, follow);
    journal_follow_free(follow);
    return go_on;
}

static bool is_in_progress(const char *directory)
{
    char *path = path_join(directory, "journal.jsonl");
    bool locked = journal_is_locked(path);
    free(path);
    return locked;
}

static bool choose(struct viewing *viewing, struct picker *picker);

/* One run, or a choice among those of a recipe's stages. */
static bool show_directory(struct viewing *viewing, const char *directory)
{
    struct error error = {0};
    struct saved_runs saved;
    /* Whoever follows a run keeps no more of it than it keeps itself. */
    if (is_in_progress(directory))
        return follow_run(viewing, directory);
    if (!saved_runs_read(&saved, directory, &error)) {
        fail(viewing, &error);
        return false;
    }
    bool go_on;
    if (saved.count == 1 && saved.runs[0].in_progress) {
        char *only = xstrdup(saved.runs[0].directory);
        saved_runs_free(&saved);
        go_on = follow_run(viewing, only);
        free(only);
    } else if (saved.count == 1) {
        go_on = show_run(viewing, &saved.runs[0]);
    } else {
        char **directories = xcalloc(saved.count, sizeof *directories);
        for (size_t i = 0; i < saved.count; i++)
            directories[i] = saved.runs[i].directory;
        struct picker picker;
        picker_take(&picker, directories, saved.count);
        go_on = choose(viewing, &picker);
        picker_free(&picker);
        free(directories);
    }
    saved_runs_free(&saved);
    return go_on;
}

static bool show_comparison(struct viewing *viewing, char *const *directories, size_t count)
{
    struct error error = {0};
    struct compare compare = {0};
    bool good = true;
    enum sheet_end end = SHEET_FAILED;
    if (count > COMPARE_SIDES_MAX)
        good = error_set(&error, "at most %d runs can be compared at once", COMPARE_SIDES_MAX);
    for (size_t i = 0; good && i < count; i++)
        good = compare_add_side(&compare, &directories[i], 1, &error);
    if (good && compare_make(&compare, &error))
        end = compare_page_show(&compare, &viewing->terminal, &error);
    if (end == SHEET_FAILED)
        fail(viewing, &error);
    compare_free(&compare);
    return end == SHEET_DONE;
}

static bool compare_tagged(struct viewing *viewing, const struct picker *picker)
{
    char **directories = xcalloc(picker->count, sizeof *directories);
    size_t count = 0;
    for (uint32_t i = 0; i < picker->count; i++)
        if (picker->runs[i].tagged)
            directories[count++] = picker->runs[i].directory;
    bool go_on = show_comparison(viewing, directories, count);
    free(directories);
    return go_on;
}

/* Back to the choice after each run, until the user leaves it. */
static bool choose(struct viewing *viewing, struct picker *picker)
{
    static const struct sheet sheet = {.title = "fluxperf", .draw = picker_draw, .key = picker_key};
    for (bool go_on = true; go_on;) {
        struct error error = {0};
        picker->choice = PICKER_NONE;
        enum sheet_end end = sheet_run(&sheet, picker, &viewing->terminal, &error);
        if (end == SHEET_FAILED)
            fail(viewing, &error);
        if (end != SHEET_DONE)
            return false;
        if (picker->choice == PICKER_LEAVE)
            return true;
        go_on = picker->choice == PICKER_OPEN
                    ? show_directory(viewing, picker_selected(picker)->directory)
                    : compare_tagged(viewing, picker);
    }
    return false;
}

static int view(const struct config *config, const struct string_list *directories)
{
    struct viewing viewing = {.config = config, .status = EXIT_OK};
    struct error error = {0};
    struct theme theme;
    if (!theme_find(&theme, config->theme, &error)) {
        log_error("--theme: %s", error.text);
        return EXIT_USAGE;
    }
    if (config->baseline && !baseline_read(&viewing.baseline, config->baseline, &error)) {
        log_error("--baseline: %s", error.text);
        return EXIT_USAGE;
    }
    if (!app_can_run(&error)) {
        const char *term = getenv("TERM");
        if (isatty(STDIN_FILENO) && isatty(STDOUT_FILENO))
            log_error("this terminal (TERM=%s) cannot show the screens: fluxperf export DIR "
                      "--format text prints a run",
                      term ? term : "");
        else
            log_error("there is no terminal for the screens: fluxperf export DIR --format text "
                      "prints a run");
        baseline_free(&viewing.baseline);
        return EXIT_USAGE;
    }
    signals_block(&viewing.signals);
    viewing.terminal = (struct sheet_terminal){.config = config,
                                               .signal_fd = viewing.signals.fd,
                                               .take_signal = take_signal,
                                               .context = &viewing.signals};
    if (directories->count == 0) {
        struct picker picker;
        picker_scan(&picker, "results");
        choose(&viewing, &picker);
        picker_free(&picker);
    } else if (directories->count == 1) {
        show_directory(&viewing, directories->values[0]);
    } else {
        show_comparison(&viewing, directories->values, directories->count);
    }
    baseline_free(&viewing.baseline);
    return signals_status(&viewing.signals, viewing.status);
}

int command_view(int argc, char **argv)
{
    struct view_options options = defaults;
    struct string_list directories = {0};
    int status;
    config_default(&options.config);
    if (set_parse(&view_options, &options, &directories, argc, argv, &status))
        status = view(&options.config, &directories);
    options_free_set(&view_options, &options, &directories);
    config_free(&options.config);
    return status;
}
