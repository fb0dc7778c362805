/* fluxperf run: from the words on the command line to the report and the exit status. */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "base/file.h"
#include "base/log.h"
#include "base/memory.h"
#include "benchmark/benchmark.h"
#include "command/command.h"
#include "command/progress.h"
#include "config/options.h"
#include "mock/mock_server.h"
#include "report/condition.h"
#include "report/files.h"
#include "report/table.h"

#define LOOK_MS 100

struct session {
    struct config config;
    struct dataset dataset;
    struct plan plan;
    struct buffer command_line;
    struct condition *conditions;
    size_t condition_count;
    struct mock_server *mock;
    bool to_mock; /* requests go to it: no --endpoint was given */
    struct benchmark benchmark;
    struct table_style style;
    struct progress progress;
    int signal_fd;
    int ended_by_signal; /* 0 = none */
    uint32_t rounds_shown;
    bool output_failed;
};

/* ---- before anything is sent: whatever is wrong here is exit status 2 ---- */

static bool parse_conditions(struct session *session, struct error *error)
{
    const struct string_list *texts = &session->config.fail_on;
    session->conditions = xcalloc(texts->count, sizeof *session->conditions);
    for (size_t i = 0; i < texts->count; i++) {
        if (!condition_parse(&session->conditions[i], texts->values[i], error))
            return error_prefix(error, "--fail-on");
        session->condition_count++;
    }
    return true;
}

static bool read_input(struct session *session, struct error *error)
{
    struct config *config = &session->config;
    if (!options_read_environment(config, error) || !config_resolve(config, error) ||
        !parse_conditions(session, error) ||
        !dataset_read(&session->dataset, config->dataset, config->skip_bad_rows, error))
        return false;
    if (session->dataset.skipped)
        log_warning("%u bad rows were left out, the first: %s", session->dataset.skipped,
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
    config->endpoint = xasprintf("http://%s:%u/v1/chat/completions", config->mock.host,
                                 mock_server_port(session->mock));
    return true;
}

/* ---- signals: all of them arrive here, through a descriptor ---- */

static void block_signals(struct session *session)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGHUP);
    pthread_sigmask(SIG_BLOCK, &set, NULL);
    session->signal_fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
    if (session->signal_fd < 0)
        die("cannot read signals: %s", strerror(errno));
}

static void take_signal(struct session *session)
{
    struct signalfd_siginfo info;
    if (read(session->signal_fd, &info, sizeof info) != sizeof info)
        return;
    if (session->ended_by_signal) {
        /* Asked twice: what finished stands in the journal up to the last flush. */
        progress_end(&session->progress);
        _exit(128 + (int)info.ssi_signo);
    }
    session->ended_by_signal = (int)info.ssi_signo;
    log_info("stopping: files are written for what finished%s",
             info.ssi_signo == SIGINT ? " (^C again leaves at once)" : "");
    benchmark_stop(&session->benchmark);
}

/* ---- while it runs ---- */

static void print_out(struct session *session, struct buffer *text)
{
    if (fwrite(text->data ? text->data : "", 1, text->size, stdout) != text->size ||
        fflush(stdout) != 0) {
        if (!session->output_failed)
            log_error("cannot write the report to stdout: %s", strerror(errno));
        session->output_failed = true;
    }
    buffer_clear(text);
}

/* Tables of rounds that ended since the last look. */
static void show_ended_rounds(struct session *session)
{
    struct benchmark *benchmark = &session->benchmark;
    uint32_t ended = atomic_load_explicit(&benchmark->rounds_ended, memory_order_acquire);
    uint32_t number = 0;
    if (session->config.json || session->rounds_shown == ended)
        return;
    progress_end(&session->progress);
    struct buffer text = {0};
    for (uint32_t i = 0; i < benchmark->run->level_count && number < ended; i++) {
        const struct level *level = benchmark->run->levels[i];
        for (uint32_t j = 0; j < level->rounds_planned && number < ended; j++, number++) {
            if (number < session->rounds_shown)
                continue;
            table_round(&text, benchmark->run, level, &level->rounds[j], session->style);
            if (j + 1 == level->rounds_planned && j > 0)
                table_comparison(&text, benchmark->run, level, session->style);
            print_out(session, &text);
        }
    }
    buffer_free(&text);
    session->rounds_shown = ended;
}

static void watch_run(struct session *session)
{
    struct benchmark *benchmark = &session->benchmark;
    struct pollfd fds[] = {{.fd = session->signal_fd, .events = POLLIN},
                           {.fd = benchmark->notify_fd, .events = POLLIN}};
    while (!atomic_load_explicit(&benchmark->finished, memory_order_acquire)) {
        poll(fds, ARRAY_SIZE(fds), LOOK_MS);
        uint64_t count;
        if (fds[1].revents & POLLIN && read(benchmark->notify_fd, &count, sizeof count) < 0)
            continue;
        if (fds[0].revents & POLLIN)
            take_signal(session);
        show_ended_rounds(session);
        progress_show(&session->progress, benchmark);
    }
    progress_end(&session->progress);
    if (benchmark->run)
        show_ended_rounds(session);
}

/* ---- afterwards ---- */

/* From the journal, so that `fluxperf export` gives the same bytes. NULL when it cannot be read. */
static struct run *write_files(struct session *session)
{
    const char *directory = session->benchmark.directory;
    struct error error = {0};
    char *path = path_join(directory, "journal.jsonl");
    struct run *run = journal_read(path, &error);
    if (!run || !files_write(directory, run, &error)) {
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

/* Says which figures are beyond their limit. True when any is. */
static bool any_condition_holds(const struct session *session, const struct run *run)
{
    bool any = false;
    for (uint32_t i = 0; i < run->level_count; i++) {
        const struct level *level = run->levels[i];
        for (uint32_t j = 0; j < level->round_count; j++) {
            struct summary summary;
            summary_make(&summary, run, level, &level->rounds[j]);
            for (size_t k = 0; k < session->condition_count; k++) {
                double value;
                if (!condition_holds(&session->conditions[k], &summary, &value))
                    continue;
                log_error("--fail-on %s: it is %.2f in %s round %u", session->conditions[k].text,
                          value, level->label, level->rounds[j].number);
                any = true;
            }
            summary_free(&summary);
        }
    }
    return any;
}

static void print_end(struct session *session, const struct run *run)
{
    struct buffer text = {0};
    if (session->config.json)
        json_summaries(&text, run);
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
        return session->ended_by_signal ? 128 + session->ended_by_signal : EXIT_NOTHING_DONE;

    struct run *run = write_files(session);
    if (run) {
        print_end(session, run);
        log_info("files are in %s", benchmark->directory);
        if (any_condition_holds(session, run))
            status = EXIT_CONDITION;
        if (!any_succeeded(run))
            status = EXIT_NOTHING_DONE;
    }
    if (benchmark->journal_failed)
        log_error("not everything that was measured could be written to %s/journal.jsonl",
                  benchmark->directory);
    if (!run || session->output_failed || benchmark->journal_failed ||
        benchmark->end == RUN_SERVER_GONE || benchmark->end == RUN_FAILED)
        status = EXIT_NOTHING_DONE;
    run_free(run);
    return session->ended_by_signal ? 128 + session->ended_by_signal : status;
}

static bool run_benchmark(struct session *session, struct error *error)
{
    const struct config *config = &session->config;
    session->style = table_style_for(STDOUT_FILENO, config->ascii);
    progress_init(&session->progress, config->ui != UI_NONE);
    session->benchmark = (struct benchmark){.config = config,
                                            .dataset = &session->dataset,
                                            .plan = &session->plan,
                                            .command_line = session->command_line.data,
                                            .builtin_server = session->to_mock,
                                            .notify_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)};
    if (!benchmark_start(&session->benchmark, error))
        return false;
    watch_run(session);
    benchmark_join(&session->benchmark);
    return true;
}

static int dry_run(struct session *session)
{
    struct buffer text = {0};
    plan_print(&session->plan, &session->config, &session->dataset, &text);
    print_out(session, &text);
    buffer_free(&text);
    return EXIT_OK;
}

static void session_free(struct session *session)
{
    benchmark_free(&session->benchmark);
    if (session->mock)
        mock_server_stop(session->mock);
    plan_free(&session->plan);
    dataset_free(&session->dataset);
    for (size_t i = 0; i < session->condition_count; i++)
        condition_free(&session->conditions[i]);
    free(session->conditions);
    buffer_free(&session->command_line);
    config_free(&session->config);
    secret_forget_all();
}

static int run_session(struct session *session)
{
    struct error error = {0};
    if (!read_input(session, &error)) {
        log_error("%s", error.text);
        return EXIT_USAGE;
    }
    /* Before any thread starts, so that all inherit the mask. */
    block_signals(session);
    if (!start_mock(session, &error)) {
        log_error("%s", error.text);
        return EXIT_USAGE;
    }
    if (session->config.dry_run)
        return dry_run(session);
    if (!run_benchmark(session, &error)) {
        log_error("%s", error.text);
        return EXIT_NOTHING_DONE;
    }
    return finish(session);
}

int command_run(int argc, char **argv)
{
    struct session session = {0};
    struct error error = {0};
    int status = EXIT_OK;
    config_default(&session.config);
    switch (options_parse(&session.config, argc - 1, argv + 1, &error)) {
    case OPTIONS_RUN:
        buffer_add_string(&session.command_line, "fluxperf ");
        options_command_line(argc - 1, argv + 1, &session.command_line);
        status = run_session(&session);
        break;
    case OPTIONS_HELP:
        options_print_help(stdout, false);
        break;
    case OPTIONS_HELP_ALL:
        options_print_help(stdout, true);
        break;
    case OPTIONS_VERSION:
        print_version();
        break;
    case OPTIONS_ERROR:
        log_error("%s", error.text);
        status = EXIT_USAGE;
        break;
    }
    session_free(&session);
    return status;
}
