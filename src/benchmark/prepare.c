#include "benchmark/prepare.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "base/file.h"
#include "base/json.h"
#include "base/log.h"
#include "base/memory.h"
#include "base/processors.h"
#include "benchmark/changes.h"
#include "benchmark/jobs.h"
#include "benchmark/needs.h"
#include "benchmark/run_directory.h"
#include "benchmark/server_metrics.h"
#include "benchmark/tuning.h"
#include "client/transport.h"
#include "result/redacted.h"

bool prepare_has_room(const struct benchmark *benchmark, uint64_t streams, struct error *error)
{
    struct needs needs = needs_of(benchmark->config, streams, benchmark->builtin_server);
    return needs_met(&needs, error);
}

static bool resolve_reset_url(struct benchmark *benchmark)
{
    const struct config *config = benchmark->config;
    if (config->reset_cache_url)
        benchmark->reset_url = probe_reset_url(&benchmark->probe, config, &benchmark->error);
    else if (benchmark->builtin_server)
        benchmark->reset_url = endpoint_sibling(config->endpoint, "/reset_prefix_cache");
    else if (config->cold_start == COLD_RESET || config->reset_between_rounds ||
             config->reset_between_concurrency)
        return error_set(&benchmark->error, "resetting the cache needs --reset-cache-url URL "
                                            "(or auto, for vLLM and SGLang)");
    return benchmark->reset_url || !config->reset_cache_url;
}

static char *describe_machine(void)
{
    struct utsname name = {0};
    uname(&name);
    struct buffer text = {0};
    struct json_writer json = {.out = &text};
    json_open(&json, '{');
    json_put_string(&json, "system", name.sysname);
    json_put_string(&json, "release", name.release);
    json_put_string(&json, "architecture", name.machine);
    json_put_int(&json, "processors", sysconf(_SC_NPROCESSORS_ONLN));
    json_put_string(&json, "libcurl", http_library_version());
    json_close(&json, '}');
    return buffer_take(&text);
}

static char *copy_or_null(const char *string)
{
    return string ? xstrdup(string) : NULL;
}

/* Each question of a conversation; else the row's last one. */
static void add_questions(struct run_dataset *out, const struct config *config,
                          const struct sample *sample)
{
    uint16_t turns = conversation_turns(config, sample), turn = 0;
    if (turns == 1 || !config->text) {
        while (turn++ < turns)
            run_dataset_add(out, sample->row, turn, sample->session_id,
                            config->text ? sample->prompt : (struct text){0});
        return;
    }
    struct buffer text = {0};
    for (uint32_t i = 0; i < sample->message_count && turn < turns; i++) {
        if (!message_is_question(&sample->messages[i]))
            continue;
        struct sample question = {.messages = &sample->messages[i], .message_count = 1};
        buffer_clear(&text);
        sample_plain_text(&question, &text);
        run_dataset_add(out, sample->row, ++turn, sample->session_id, buffer_text(&text));
    }
    buffer_free(&text);
}

static void list_questions(struct run_dataset *out, const struct config *config,
                           const struct dataset *dataset)
{
    for (uint32_t i = 0; i < dataset->count; i++)
        add_questions(out, config, &dataset->samples[i]);
    run_dataset_sort(out);
}

static struct run *make_run(struct benchmark *benchmark)
{
    const struct config *config = benchmark->config;
    struct run *run = run_new();
    struct buffer text = {0};
    struct json_writer json = {.out = &text};
    config_write_json(config, &json);

    run->version = xstrdup(FLUXPERF_VERSION);
    run->command_line = xstrdup(benchmark->command_line);
    run->config_json = buffer_take(&text);
    run->stage = copy_or_null(benchmark->stage);
    run->endpoint = xstrdup(config->endpoint);
    run->model = copy_or_null(benchmark->probe.model);
    run->models = copy_or_null(benchmark->probe.models);
    run->engine = copy_or_null(benchmark->probe.engine);
    run->dataset.name = xstrdup(benchmark->dataset->name);
    run->note = copy_or_null(config->note);
    run->machine = describe_machine();
    run->dataset.hash = benchmark->dataset->hash;
    run->seed = config->seed;
    run->anchor = benchmark->anchor;
    run->slo = config->slo;
    run->transport = xstrdup(benchmark->server.transport->name);
    run->http2 = config->http2;
    run->insecure = config->insecure && text_starts_with(text_of(config->endpoint), "https:");
    run->clock_rate = (uint32_t)clock_pace.rate;
    list_questions(&run->dataset, config, benchmark->dataset);
    return run;
}

static bool open_debug_log(struct benchmark *benchmark)
{
    const struct config *config = benchmark->config;
    if (!config->debug)
        return true;
    char *directory = config->debug_log_dir ? xstrdup(config->debug_log_dir)
                                            : path_join(benchmark->directory, "debug_logs");
    bool ok = debug_log_open(&benchmark->debug, directory, benchmark->anchor.wall_ns,
                             config->debug_verbose, &benchmark->error);
    free(directory);
    return ok;
}

static void put_prompts(struct journal *journal, uint16_t number, const struct run_dataset *dataset)
{
    for (uint32_t i = 0; i < dataset->prompt_count; i++)
        journal_put_prompt(journal, number, &dataset->prompts[i]);
}

void prepare_dataset(struct benchmark *benchmark, const struct level_job *job)
{
    uint16_t number = job->level->dataset;
    struct run_dataset *dataset = number ? benchmark->run->others[number - 1] : NULL;
    if (!dataset || dataset->prompt_count)
        return;
    struct run_dataset listed = {0};
    list_questions(&listed, &job->config, job->dataset);
    run_dataset_publish(dataset, &listed);
    struct journal *journal = collector_lock(benchmark->collector);
    journal_put_dataset(journal, number, dataset);
    put_prompts(journal, number, dataset);
    collector_unlock(benchmark->collector);
}

static bool open_journal(struct benchmark *benchmark)
{
    const struct config *config = benchmark->config;
    benchmark->directory = run_directory_make(config->output_dir, config->overwrite,
                                              benchmark->anchor.wall_ns, &benchmark->error);
    if (!benchmark->directory)
        return false;
    char *path = path_join(benchmark->directory, "journal.jsonl");
    bool ok = journal_open(&benchmark->journal, path, config->text, &benchmark->error);
    free(path);
    if (!ok)
        return false;
    if (!open_debug_log(benchmark)) {
        journal_close(&benchmark->journal);
        return false;
    }
    journal_put_run(&benchmark->journal, benchmark->run);
    put_prompts(&benchmark->journal, 0, &benchmark->run->dataset);
    return true;
}

/* One worker for each STREAMS_PER_WORKER streams, at most one per processor; as many as processors
 * where the load may grow later. */
static uint32_t count_workers(const struct benchmark *benchmark)
{
    if (benchmark->config->workers > 0)
        return (uint32_t)benchmark->config->workers;
    uint32_t processors = processors_usable();
    if (benchmark->stay)
        return processors;
    uint32_t wanted =
        (plan_peak_concurrency(benchmark->plan) + STREAMS_PER_WORKER - 1) / STREAMS_PER_WORKER;
    return wanted > processors ? processors : wanted;
}

static bool start_pool(struct benchmark *benchmark)
{
    const struct config *config = benchmark->config;
    benchmark->settings = (struct transfer_settings){
        .transport = benchmark->server.transport,
        .url = config->endpoint,
        .http = &benchmark->server.http,
        .headers = benchmark->server.stream,
        .session_header = config->session_header,
        .timeout_s = config->timeout_s,
        .first_token_timeout_s = config->first_token_timeout_s,
        .fresh_connections = config->fresh_connections || !benchmark->probe.keeps_connections,
        .max_response_bytes = (size_t)config->max_response_bytes,
        .keep_text = config->text,
        .origin_ns = benchmark->anchor.monotonic_ns,
        .capture = config->debug ? &benchmark->debug.budget : NULL};
    benchmark->pool = pool_new(&benchmark->settings, &benchmark->control, count_workers(benchmark),
                               &benchmark->error);
    return benchmark->pool != NULL;
}

/* Messages of the run stand in its journal too. */
static void log_to_journal(void *context, enum log_severity severity, const char *line)
{
    static const char *const kinds[] = {[LOG_INFO] = "info",
                                        [LOG_WARNING] = "warning",
                                        [LOG_ERROR] = "error",
                                        [LOG_ALARM] = "alarm"};
    benchmark_change(context, kinds[severity], "%s", line);
}

bool prepare_tokenizer(struct benchmark *benchmark, const struct config *config)
{
    bool limited = config->max_input_tokens >= 0 || config->max_context_tokens >= 0;
    if (limited && !benchmark->tokenizer) {
        benchmark->tokenizer =
            tokenizer_new(benchmark->config, &benchmark->server, &benchmark->probe,
                          &benchmark->control.stop, &benchmark->error);
        if (!benchmark->tokenizer)
            return false;
    }
    benchmark->shape.tokenizer = limited ? benchmark->tokenizer : NULL;
    return true;
}

bool prepare_run(struct benchmark *benchmark)
{
    const struct config *config = benchmark->config;
    struct error *error = &benchmark->error;
    if (!prepare_has_room(benchmark, plan_peak_concurrency(benchmark->plan), error) ||
        !server_init(&benchmark->server, config, error) ||
        !probe_run(&benchmark->probe, config, &benchmark->server, &benchmark->control.stop,
                   error) ||
        !resolve_reset_url(benchmark) || !prepare_tokenizer(benchmark, config))
        return false;
    benchmark->shape =
        (struct body_shape){.completions = endpoint_is_completions(config->endpoint),
                            .model = benchmark->probe.model,
                            .include_usage = benchmark->probe.include_usage,
                            .max_completion_tokens = benchmark->probe.max_completion_tokens,
                            .config = config};
    benchmark->run = make_run(benchmark);
    for (uint32_t i = 0; i < benchmark->plan->level_count; i++)
        jobs_add(benchmark, &benchmark->plan->levels[i], config, 0, NULL);
    if (!start_pool(benchmark))
        return false;
    if (!open_journal(benchmark)) {
        pool_free(benchmark->pool);
        benchmark->pool = NULL;
        return false;
    }
    benchmark->collector = collector_new(&benchmark->journal, benchmark->pool, &benchmark->live,
                                         benchmark->run->history, &benchmark->debug);
    log_set_listener(log_to_journal, benchmark);
    if (benchmark->run->clock_rate > 1)
        log_warning("FLUXPERF_CLOCK_RATE: the clock goes %u times as fast, no time in this run is "
                    "true",
                    benchmark->run->clock_rate);
    if (!benchmark->probe.keeps_connections && !config->fresh_connections)
        log_info("the server closes the connection after each streamed answer: each request has "
                 "one of its own");
    if (benchmark->baseline.directory)
        tuning_set_baseline(benchmark, &benchmark->baseline);
    server_metrics_start(benchmark);
    return true;
}

bool prepare_save_bodies(struct benchmark *benchmark, const struct level *level,
                         const struct level_requests *requests, bool later_turns)
{
    struct buffer lines = {0};
    for (uint32_t i = 0; i < requests->request_count; i++) {
        const struct request *request = &requests->requests[i];
        if (request->body.size == 0 || (request->turn > 1) != later_turns)
            continue;
        struct json_writer json = {.out = &lines};
        json_open(&json, '{');
        json_put_uint(&json, "level", level->number);
        json_put_uint(&json, "index", request->index);
        json_put_uint(&json, "sample", request->sample);
        json_put_uint(&json, "turn_index", request->turn - 1u);
        json_key(&json, "body");
        json_redacted_json(&json, request->body);
        json_close(&json, '}');
        buffer_add_char(&lines, '\n');
    }
    char *path = path_join(benchmark->directory, "bodies.jsonl");
    int fd = file_open(path, O_APPEND, 0600);
    bool ok = fd >= 0 && file_write_all(fd, lines.data, lines.size);
    if (!ok)
        error_set(&benchmark->error, "cannot write %s: %s", path, strerror(errno));
    if (fd >= 0)
        close(fd);
    free(path);
    buffer_free(&lines);
    return ok;
}
