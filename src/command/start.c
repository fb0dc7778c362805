/* fluxperf without arguments, on a terminal: a run is put together on the screen. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "base/log.h"
#include "base/memory.h"
#include "command/command.h"
#include "command/signals.h"
#include "ui/app.h"
#include "ui/picker.h"
#include "ui/sheet.h"
#include "ui/start.h"

static int take_signal(void *context)
{
    return signals_take(context);
}

static void format_ago(char *out, size_t size, uint64_t wall_ns)
{
    static const struct {
        double below_s, unit_s;
        const char *unit;
    } steps[] = {{3600, 60, "minute"}, {48 * 3600, 3600, "hour"}, {HUGE_VAL, 86400, "day"}};
    double seconds = difftime(time(NULL), (time_t)(wall_ns / NS_PER_S));
    size_t step = 0;
    while (seconds >= steps[step].below_s)
        step++;
    double count = fmax(1, floor(seconds / steps[step].unit_s));
    snprintf(out, size, "%.0f %s%s ago", count, steps[step].unit, count == 1 ? "" : "s");
}

static void count_saved(struct start *start)
{
    struct picker picker;
    picker_scan(&picker, "results");
    start->saved = picker.count;
    if (picker.count)
        format_ago(start->newest, sizeof start->newest, picker.runs[0].start_wall_ns);
    picker_free(&picker);
}

/* What the screen comes to, as the command that does it. */
static int go_on(const struct start *start)
{
    char *demo[] = {(char[]){"demo"}, NULL}, *view[] = {(char[]){"view"}, NULL};
    int count, status = EXIT_OK;
    if (start->choice == START_DEMO)
        return command_demo(1, demo);
    if (start->choice == START_VIEW)
        return command_view(1, view);
    if (start->choice != START_RUN)
        return EXIT_OK;
    char **words = start_words(start, &count);
    status = command_run(count, words);
    start_words_free(words, count);
    return status;
}

bool start_is_possible(void)
{
    return getenv("FLUXPERF_UI_SCRIPT") ||
           (isatty(STDIN_FILENO) && isatty(STDOUT_FILENO) && app_can_run(NULL));
}

int command_start(void)
{
    static const struct sheet sheet = {
        .title = "fluxperf", .draw = start_draw, .key = start_key, .look = start_look};
    struct config config;
    struct signals signals;
    struct error error = {0};
    struct start start;
    config_default(&config);
    signals_block(&signals);
    struct sheet_terminal terminal = {.config = &config,
                                      .signal_fd = signals.fd,
                                      .take_signal = take_signal,
                                      .context = &signals};
    start_init(&start);
    count_saved(&start);
    int status = EXIT_OK;
    enum sheet_end end = sheet_run(&sheet, &start, &terminal, &error);
    close(signals.fd);
    signals_unblock();
    if (end == SHEET_FAILED) {
        log_error("%s", error.text);
        status = EXIT_USAGE;
    } else if (end == SHEET_SIGNALLED) {
        status = signals_status(&signals, EXIT_OK);
    } else {
        status = go_on(&start);
    }
    start_free(&start);
    config_free(&config);
    return status;
}
