#include "command/session.h"

#include <math.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/console.h"
#include "base/file.h"
#include "base/log.h"
#include "base/memory.h"
#include "base/visible.h"
#include "benchmark/changes.h"
#include "benchmark/needs.h"
#include "benchmark/server_metrics.h"
#include "benchmark/tuning.h"
#include "command/command.h"
#include "config/option_value.h"
#include "config/options.h"
#include "report/advice.h"
#include "report/files.h"
#include "ui/app.h"
#include "ui/theme.h"

#define LOOK_MS         100
#define GIVE_UP_NEVER_S 1e9

/* ---- before anything is sent: whatever is wrong here is exit status 2 ---- */

static bool parse_conditions(struct session *session, struct error *error)
{
    const struct string_list *texts = &session->config.fail_on;
    session->conditions = xcalloc(texts->count, sizeof *session->conditions);
    for (size_t i = 0; i < texts->count; i++) {
        if (!condition_parse(&session->conditions[i], texts->values[i], error))
            return error_prefix(error, "--fail-on");
        session->condition_count++;
        if (session->conditions[i].is_change)
            return error_set(error,
                             "--fail-on '%s' is about a change from another run: "
                             "fluxperf compare takes it",
                             texts->values[i]);
    }
    return true;
}

static bool read_baseline(struct session *session, struct error *error)
{
    const char *directory = session->config.baseline;
    return !directory || baseline_read(&session->baseline, directory, error) ||
           error_prefix(error, "--baseline");
}

static void say_unused_knobs(const struct config *config)
{
    for (size_t i = 0; i < options_count && !config->mock_server; i++)
        if (config->given[i] && option_is_mock_knob(&options_table[i]))
            log_warning("--%s changes nothing without --mock-server", options_table[i].name);
}

bool session_prepare(struct session *session, struct error *error)
{
    struct config *config = &session->config;
    struct theme theme;
    if (!theme_find(&theme, config->theme, error))
        return error_prefix(error, "--theme");
    if (!config_resolve(config, error) || !parse_conditions(session, error) ||
        !read_baseline(session, error) || !alarm_watch_init(&session->alarms, config, error) ||
        !server_metrics_check(config, error) ||
        !dataset_read(&session->dataset, config->dataset, config->skip_bad_rows, error))
        return false;
    say_unused_knobs(config);
    if (session->dataset.skipped)
        log_warning("bad rows that were left out: %u, the first: %s", session->dataset.skipped,
                    session->dataset.first_bad);
    return plan_make(&session->plan, config, &session->dataset, error);
}

static bool start_mock(struct session *session, struct error *error)
{
    struct config *config = &session->config;
    if (!config->mock_server)
        return true;
    session->mock = mock_server_start(&config->mock, error);
    if (!session->mock || config->endpoint)
        return session->mock != NULL;
    session->to_mock = true;
    char *url = mock_server_url(session->mock);
    config->endpoint = xasprintf("%s/v1/chat/completions", url);
    free(url);
    return true;
}

/* ---- while it runs ---- */

static void take_signal(struct session *session)
{
    bool again = session->signals->first != 0;
    int number = signals_take(session->signals);
    if (number == 0)
        return;
    /* A terminal that goes away sends SIGHUP more than once: by the kernel and by the shell. */
    if (again && number == SIGHUP)
        return;
    if (again) {
        /* Asked twice: what finished stands in the journal up to the last flush. */
        progress_end(&session->progress);
        _exit(128 + number);
    }
    log_info("stopping: files are written for what finished%s",
             number == SIGINT ? " (^C again leaves at once)" : "");
    benchmark_stop(&session->benchmark);
}

static void note_failed_output(struct session *session)
{
    int cause = console_print_failed();
    if (cause && !session->output_failed)
        log_error("cannot write the report to stdout: %s", strerror(cause));
    session->output_failed |= cause != 0;
}

static void print_out(struct session *session, struct buffer *text)
{
    console_print(buffer_text(text));
    note_failed_output(session);
    buffer_clear(text);
}

/* Tables of rounds that ended since the last look: of the run that is on, or as its journal has it,
 * with the requests of all rounds. */
static void show_ended_rounds(struct session *session, const struct run *read_back,
                              const struct baseline *baseline)
{
    struct benchmark *benchmark = &session->benchmark;
    uint32_t ended = atomic_load_explicit(&benchmark->rounds_ended, memory_order_acquire);
    uint32_t number = 0;
    if (session->config.json || session->rounds_shown == ended)
        return;
    progress_end(&session->progress);
    const struct run *run = read_back ? read_back : benchmark->run;
    struct buffer text = {0};
    for (uint32_t i = 0; i < run->level_count && number < ended; i++) {
        const struct level *level = run->levels[i];
        for (uint32_t j = 0; j < level->round_count && number < ended; j++, number++) {
            if (number < session->rounds_shown)
                continue;
            run_hold(run);
            table_round(&text, run, level, &level->rounds[j], session->style);
            baseline_print(&text, baseline, run, level, &level->rounds[j], session->style);
            if (j + 1 == level->rounds_planned && j > 0 && !level->free_run)
                table_comparison(&text, run, level, session->style);
            run_let_go(run);
            print_out(session, &text);
        }
    }
    buffer_free(&text);
    session->rounds_shown = ended;
}

/* Until it is over. With `tables`, each round's as soon as it has ended. */
static void watch_run(struct session *session, bool tables)
{
    struct benchmark *benchmark = &session->benchmark;
    struct pollfd fds[] = {{.fd = session->signals->fd, .events = POLLIN},
                           {.fd = benchmark->notify_fd, .events = POLLIN}};
    while (!atomic_load_explicit(&benchmark->finished, memory_order_acquire)) {
        poll(fds, ARRAY_SIZE(fds), LOOK_MS);
        uint64_t count;
        if (fds[1].revents & POLLIN && read(benchmark->notify_fd, &count, sizeof count) < 0)
            continue;
        if (fds[0].revents & POLLIN)
            take_signal(session);
        /* Where nobody reads, later tables are not made yet. */
        if (console_send(0) && tables)
            show_ended_rounds(session, NULL, &session->baseline);
        progress_show(&session->progress, benchmark);
    }
    progress_end(&session->progress);
}

/* ---- with the screen ---- */

static int take_screen_signal(void *context)
{
    struct session *session = context;
    return signals_take(session->signals);
}

static bool write_files_now(void *context, struct error *error)
{
    const struct session *session = context;
    return files_make_again(session->benchmark.directory, error);
}

static void show_run(struct session *session)
{
    struct error error = {0};
    struct app_settings settings = {.benchmark = &session->benchmark,
                                    .config = &session->config,
                                    .baseline = &session->baseline,
                                    .signal_fd = session->signals->fd,
                                    .take_signal = take_screen_signal,
                                    .write_files = write_files_now,
                                    .context = session};
    console_end(); /* stderr is the screen's */
    enum app_end end = app_run(&settings, &error);
    console_begin();
    switch (end) {
    case APP_FAILED:
        log_error("%s", error.text);
        benchmark_stop(&session->benchmark);
        break;
    case APP_HURRY:
        /* What finished stands in the journal up to the last flush. */
        _exit(128 + (session->signals->first ? session->signals->first : SIGINT));
    case APP_PLAIN:
        tuning_finish(&session->benchmark);
        log_info("the run goes on; ^C ends it");
        break;
    case APP_LEFT:
    case APP_GONE:
        break;
    }
    watch_run(session, end == APP_PLAIN || end == APP_FAILED);
    if (session->benchmark.end == RUN_INTERRUPTED && session->signals->first == 0)
        session->signals->first = SIGINT;
}

/* A stage of a recipe has the screen to itself only where it was asked for, and the next stage
 * does not wait for a user. A server that is away may come back while somebody watches. */
static bool prepare_screen(struct session *session, struct error *error)
{
    struct config *config = &session->config;
    session->full = app_is_wanted(config) && !(session->stage && config->ui == UI_AUTO);
    if (!session->full)
        return true;
    if (session->stage)
        config->stay = false;
    if (!config->given[options_find("give-up") - options_table])
        config->give_up_s = GIVE_UP_NEVER_S;
    app_prepare();
    return app_can_run(error);
}

/* ---- afterwards ---- */

/* From the journal, so that `fluxperf export` gives the same bytes. NULL when it cannot be read.
 * What figures were held against last stands there too. */
static struct run *write_files(struct session *session, struct baseline *baseline)
{
    const char *directory = session->benchmark.directory;
    struct error error = {0};
    char *path = path_join(directory, "journal.jsonl");
    struct run *run = journal_read(path, &error);
    if (run && !baseline_of_run(baseline, run, &error))
        log_warning("%s: files are without differences from it", error.text);
    if (!run || !files_write(directory, run, baseline, &error)) {
        log_error("%s", error.text);
        session->output_failed = true;
    }
    free(path);
    return run;
}

static bool any_succeeded(const struct run *run)
{
    for (uint32_t i = 0; i < run->level_count; i++)
        for (uint32_t j = 0; j < run->levels[i]->round_count; j++)
            if (run->levels[i]->rounds[j].counts.succeeded)
                return true;
    return false;
}

/* Of all rounds. Its count is 0 when nothing failed. */
static struct error_group most_frequent_error(const struct run *run)
{
    struct error_group most = {.count = 0};
    for (uint32_t i = 0; i < run->level_count; i++)
        for (uint32_t j = 0; j < run->levels[i]->round_count; j++) {
            struct summary summary;
            summary_make(&summary, run, run->levels[i], &run->levels[i]->rounds[j]);
            if (summary.error_count && summary.errors[0].count > most.count)
                most = summary.errors[0];
            summary_free(&summary);
        }
    return most;
}

static void say_that_nothing_succeeded(const struct run *run)
{
    struct error_group most = most_frequent_error(run);
    if (most.count)
        log_error("no request succeeded; most often (%u): %s, %s", most.count,
                  error_class_name(most.class),
                  most.text[0] ? most.text : error_class_advice(most.class));
    else
        log_error("no request succeeded: none was sent and answered");
}

/* Says which figures of a round are beyond their limit. True when any is; `checked` is set for
 * conditions whose figure the round has. */
static bool check_round(const struct session *session, const struct run *run,
                        const struct level *level, const struct round *round, bool *checked)
{
    struct summary summary;
    bool any = false;
    summary_make(&summary, run, level, round);
    for (size_t i = 0; i < session->condition_count; i++) {
        const struct condition *condition = &session->conditions[i];
        double value;
        bool holds = condition_holds(condition, &summary, &value);
        checked[i] |= !isnan(value);
        any |= holds;
        if (holds)
            log_error("--fail-on %s: it is %s in %s round %u", condition->text,
                      condition_text(condition, value).text, level->label, round->number);
    }
    summary_free(&summary);
    return any;
}

static bool any_condition_holds(const struct session *session, const struct run *run)
{
    bool any = false, *checked = xcalloc(session->condition_count, sizeof *checked);
    for (uint32_t i = 0; session->condition_count && i < run->level_count; i++)
        for (uint32_t j = 0; j < run->levels[i]->round_count; j++)
            any |= check_round(session, run, run->levels[i], &run->levels[i]->rounds[j], checked);
    for (size_t i = 0; i < session->condition_count; i++)
        if (!checked[i])
            log_warning("--fail-on %s was not checked: no round has this figure",
                        session->conditions[i].text);
    free(checked);
    return any;
}

static void print_end(struct session *session, const struct run *run,
                      const struct baseline *baseline)
{
    struct buffer text = {0};
    if (session->config.json)
        json_summaries(&text, run, baseline);
    else
        table_overview(&text, run, session->style);
    print_out(session, &text);
    buffer_free(&text);
}

static int finish(struct session *session)
{
    struct benchmark *benchmark = &session->benchmark;
    int status = EXIT_OK;
    if (benchmark->error.text[0])
        log_error("%s", benchmark->error.text);
    if (!benchmark->directory || !benchmark->run || !benchmark->run->end_reason)
        return EXIT_NOTHING_DONE;

    struct baseline baseline = {0};
    struct run *run = write_files(session, &baseline);
    show_ended_rounds(session, run, run ? &baseline : &session->baseline);
    if (run) {
        print_end(session, run, &baseline);
        log_info("files are in %s", benchmark->directory);
        if (session->full)
            log_info("to see the run again: fluxperf view %s", benchmark->directory);
        if (any_condition_holds(session, run))
            status = EXIT_CONDITION;
        bool nothing = !any_succeeded(run);
        if (nothing && !session->signals->first)
            say_that_nothing_succeeded(run);
        if (nothing)
            status = EXIT_NOTHING_DONE;
    }
    if (benchmark->end == RUN_SERVER_GONE)
        log_error("the server stayed away for more than %g s (--give-up)",
                  session->config.give_up_s);
    if (benchmark->journal_failed)
        log_error("not everything that was measured could be written to %s/journal.jsonl",
                  benchmark->directory);
    if (!run || benchmark->journal_failed || benchmark->debug_failed ||
        benchmark->end == RUN_SERVER_GONE || benchmark->end == RUN_FAILED)
        status = EXIT_NOTHING_DONE;
    baseline_free(&baseline);
    run_free(run);
    return status;
}

static void note_advice(struct benchmark *benchmark, const struct level *level,
                        const struct round *round)
{
    struct summary summary;
    struct advice advice;
    summary_make(&summary, benchmark->run, level, round);
    advice_make(&advice, benchmark->run, level, round, &summary);
    for (size_t i = 0; i < advice.count; i++)
        benchmark_change_of(benchmark, level, round, "advice", advice.sentences[i]);
    advice_free(&advice);
    summary_free(&summary);
}

static bool run_benchmark(struct session *session, struct error *error)
{
    const struct config *config = &session->config;
    session->style = table_style_for(STDOUT_FILENO, config->ascii);
    progress_init(&session->progress, config->ui != UI_NONE);
    session->benchmark = (struct benchmark){.config = config,
                                            .baseline = baseline_choice(&session->baseline),
                                            .dataset = &session->dataset,
                                            .plan = &session->plan,
                                            .command_line = session->command_line,
                                            .stage = session->stage,
                                            .builtin_server = session->to_mock,
                                            .stay = session->full && config->stay,
                                            .round_ended = note_advice,
                                            .notify_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)};
    if (!benchmark_start(&session->benchmark, error)) {
        close(session->benchmark.notify_fd);
        return false;
    }
    alarm_watch_start(&session->alarms, &session->benchmark);
    if (session->full)
        show_run(session);
    else
        watch_run(session, true);
    alarm_watch_stop(&session->alarms);
    benchmark_join(&session->benchmark);
    close(session->benchmark.notify_fd);
    return true;
}

static int dry_run(struct session *session, struct error *error)
{
    struct buffer text = {0}, shown = {0};
    session->planned =
        plan_print(&session->plan, &session->config, &session->dataset, session->to_mock, &text);
    text_add_visible(&shown, buffer_text(&text));
    print_out(session, &shown);
    buffer_free(&shown);
    buffer_free(&text);
    struct needs needs =
        needs_of(&session->config, plan_peak_concurrency(&session->plan), session->to_mock);
    return needs_met(&needs, error) ? EXIT_OK : EXIT_NOTHING_DONE;
}

int session_run(struct session *session)
{
    struct error error = {0};
    int status = EXIT_OK;
    if (!prepare_screen(session, &error) || !start_mock(session, &error))
        status = EXIT_USAGE;
    else if (session->config.dry_run)
        status = dry_run(session, &error);
    else if (run_benchmark(session, &error))
        status = finish(session);
    else
        status = EXIT_NOTHING_DONE;
    if (error.text[0])
        log_error("%s", error.text);
    signals_let_out(session->signals);
    note_failed_output(session);
    if (session->output_failed)
        status = EXIT_NOTHING_DONE;
    return signals_status(session->signals, status);
}

void session_free(struct session *session)
{
    benchmark_free(&session->benchmark);
    if (session->mock)
        mock_server_stop(session->mock);
    plan_free(&session->plan);
    dataset_free(&session->dataset);
    for (size_t i = 0; i < session->condition_count; i++)
        condition_free(&session->conditions[i]);
    free(session->conditions);
    alarm_watch_free(&session->alarms);
    baseline_free(&session->baseline);
    config_free(&session->config);
    *session = (struct session){0};
}
