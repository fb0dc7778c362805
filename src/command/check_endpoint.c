/* fluxperf check endpoint: what a server can do, and one request of it instant by instant. */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/memory.h"
#include "client/curl_transport.h"
#include "client/token_server.h"
#include "client/trial.h"
#include "command/check.h"
#include "command/command.h"
#include "command/set_parse.h"
#include "report/page.h"
#include "telemetry/exposition.h"

#define TRIAL_PROMPT "Count from one to twenty, in words."
#define TRIAL_TOKENS 16
#define SHOWN_TEXT   200

struct endpoint_options {
    struct config config;
    bool events;
};

static const struct endpoint_options defaults = {.events = false};

static const struct option table[] = {
    {.name = "events",
     .type = OPTION_FLAG,
     .offset = offsetof(struct endpoint_options, events),
     .help = "print every event of the stream as it came, with its arrival"},
};

static const char *const shared[] = {"model",      "max-output-tokens",
                                     "extra-body", "wait-ready",
                                     "timeout",    "connect-timeout",
                                     "api-key",    "header",
                                     "insecure",   "cacert",
                                     "cert",       "key",
                                     "proxy",      "unix-socket",
                                     "http2",      NULL};

const struct option_set check_endpoint_options = {
    .command = "check endpoint",
    .table = table,
    .count = ARRAY_SIZE(table),
    .defaults = &defaults,
    .shared = shared,
    .operands = "URL",
    .about = "Asks a server what it is and what it tells, sends one request of 16 tokens, and\n"
             "prints each instant of it. Ends with a command that would benchmark it.\n",
    .closing = "Exit status: 0 the request was answered with a stream, 1 it was not, 2 usage.\n"
               "\n"
               "Example:\n"
               "  fluxperf check endpoint localhost:8000\n",
};

/* What was found out beside the probe. */
struct findings {
    bool tokenizer, counts_chats;
    uint32_t metrics; /* samples on /metrics; 0 = no such page */
    uint32_t metric_names;
};

static void find_tokenizer(struct findings *findings, const struct config *config,
                           const struct server *server, const struct probe *probe,
                           const _Atomic bool *stop)
{
    struct token_server tokens;
    if (!token_server_find(&tokens, config, server, probe->model, TEXT(TRIAL_PROMPT), stop))
        return;
    findings->tokenizer = true;
    findings->counts_chats = tokens.takes_messages;
    token_server_free(&tokens);
}

static void count_metrics(struct findings *findings, struct text page)
{
    struct exposition exposition = exposition_begin(page);
    struct exposition_sample sample;
    struct text family = {0};
    while (exposition_next(&exposition, &sample)) {
        findings->metrics++;
        findings->metric_names += !text_equal(family, sample.family);
        family = sample.family;
    }
    /* A page of another kind: HTML, an error in JSON. */
    if (exposition.broken > exposition.lines / 2)
        findings->metrics = 0;
}

static void find_metrics(struct findings *findings, const struct config *config,
                         const struct server *server)
{
    struct http_client *client = http_client_new(&server->http);
    char *url = endpoint_sibling(config->endpoint, "/metrics");
    struct http_request request = {
        .url = url, .headers = (const char *const *)server->headers, .timeout_s = 10};
    struct http_response response;
    if (http_perform(client, &request, &response, NULL) && response.status == 200)
        count_metrics(findings, buffer_text(&response.body));
    http_response_free(&response);
    http_client_free(client);
    free(url);
}

/* A text from outside, on one line: it moves no cursor, and no key stands in it. */
static void print_text(struct text text)
{
    char *visible = text_visible(text, SIZE_MAX);
    redact(visible, strlen(visible));
    fputs(visible, stdout);
    free(visible);
}

/* ---- what it can do ---- */

static void print_fact(const char *name, const char *text)
{
    printf("%-14s%s\n", name, text);
}

/* What the server said, and a remark of ours. */
static void print_server_fact(const char *name, const char *said, const char *remark)
{
    printf("%-14s", name);
    print_text(text_of(said));
    puts(remark);
}

static void print_facts(const struct config *config, const struct probe *probe,
                        const struct findings *findings)
{
    print_text(text_of(config->endpoint));
    puts("\n");
    print_fact("Up", !probe->answered ? "yes"
                     : probe->keeps_connections
                         ? "yes; connections stay open between requests"
                         : "yes; it closes the connection after each streamed answer");
    print_server_fact("Engine", probe->engine ? probe->engine : "not told", "");
    print_server_fact("Model", probe->model, config->model ? "" : " (the first that it lists)");
    print_fact("Streams", probe->answered ? "yes" : "no token came in a stream");
    print_fact("Usage", !probe->gives_usage          ? "no: tokens are counted by chunks"
                        : probe->gives_cached_tokens ? "yes, with cached tokens"
                                                     : "yes, without cached tokens: whether a "
                                                       "round was cold cannot be checked");
    print_fact("Limit",
               probe->max_completion_tokens ? "by max_completion_tokens" : "by max_tokens");
    print_fact("Tokenizer", !findings->tokenizer ? "none at /tokenize: --max-input-length estimates"
                            : findings->counts_chats ? "/tokenize, with whole chats"
                                                     : "/tokenize, texts only");
    if (probe->reset_path) {
        char *url = endpoint_sibling(config->endpoint, probe->reset_path);
        print_server_fact("Cache reset", url, " by POST (not tried)");
        free(url);
    } else {
        print_fact("Cache reset", "none known: --cold-start salt starts cold without one");
    }
    if (findings->metrics)
        printf("%-14s/metrics, %u values of %u names\n", "Metrics", findings->metrics,
               findings->metric_names);
    else
        print_fact("Metrics", "none at /metrics");
}

/* ---- the clock of one request ---- */

static double ms_between(uint64_t from_ns, uint64_t to_ns)
{
    return ((double)to_ns - (double)from_ns) / 1e6;
}

/* One instant after the request was written. `what` is a figure that ends here. */
static void print_instant(const struct record *record, uint64_t at_ns, const char *name,
                          const char *what)
{
    if (at_ns)
        printf("%10.2f ms  %s%s%s\n", ms_between(record->sent_ns, at_ns), name, what ? ": " : "",
               what ? what : "");
}

static void print_itl(const struct record *record)
{
    bool estimated;
    uint32_t tokens = record_output_tokens(record, &estimated);
    char text[96] = "";
    if (tokens > 1 && record->last_token_ns > record->first_token_ns)
        snprintf(text, sizeof text, "ITL %.2f ms over %s%u tokens",
                 ms_between(record->first_token_ns, record->last_token_ns) / (tokens - 1),
                 estimated ? "≈" : "", tokens);
    print_instant(record, record->last_token_ns, "last token", text[0] ? text : NULL);
}

static void print_clock(const struct record *record, bool by_libcurl, int64_t most_tokens)
{
    printf("\nOne request, at most %" PRId64 " tokens\n", most_tokens);
    if (record->sent_ns) {
        printf("%10.2f ms  %s\n", ms_between(record->sent_ns, record->dispatched_ns),
               by_libcurl ? "handed to libcurl" : "begun, by plain HTTP without libcurl");
        char connect[64];
        snprintf(connect, sizeof connect, "the connection took %.2f ms",
                 (double)record->connect_ns / 1e6);
        print_instant(record, record->sent_ns, "request written",
                      record->reused_connection ? NULL : connect);
    }
    print_instant(record, record->first_byte_ns, "first byte of the answer", NULL);
    print_instant(record, record->first_event_ns, "first event", NULL);
    print_instant(record, record->first_token_ns, "first token", "TTFT");
    if (record->first_answer_ns != record->first_token_ns)
        print_instant(record, record->first_answer_ns, "first token that is no reasoning", "TTFA");
    print_itl(record);
    print_instant(record, record->end_ns, record_succeeded(record) ? "end" : "failed",
                  record_succeeded(record) ? "latency" : NULL);
}

static void print_tokens(const char *name, uint32_t tokens)
{
    if (tokens != TOKENS_UNKNOWN)
        printf(", %u %s", tokens, name);
}

static void print_answer(const struct record *record)
{
    printf("\n%u events, %u with text", record->events, record->chunks);
    print_tokens("input tokens", record->prompt_tokens);
    print_tokens("of them cached", record->cached_tokens);
    print_tokens("output tokens", record->completion_tokens);
    printf("; %s%s\n", record->finish ? "finish reason " : "no finish reason",
           record->finish ? finish_reason_name((enum finish_reason)record->finish) : "");
    struct buffer reply = {0};
    json_unescape(&reply, (struct text){record->reply ? record->reply : "", record->reply_size});
    struct text shown = text_head(buffer_text(&reply), SHOWN_TEXT);
    if (shown.size) {
        fputs("It said: ", stdout);
        print_text(shown);
        puts(shown.size < reply.size ? "..." : "");
    }
    buffer_free(&reply);
}

static void print_events(const struct record *record)
{
    struct captured_event event;
    puts("\nEvents");
    for (size_t offset = 0;
         record->capture && capture_next_event(record->capture, &offset, &event);) {
        printf("%10.2f ms  ", ms_between(record->sent_ns, event.at_ns));
        if (event.name.size) {
            print_text(event.name);
            fputs(": ", stdout);
        }
        print_text(event.data);
        putchar('\n');
    }
}

/* ---- what to do next ---- */

static void print_suggestion(const struct config *config, const struct probe *probe,
                             const struct string_list *words)
{
    printf("\nTo benchmark it:\n  fluxperf -u");
    struct buffer line = {0};
    options_command_line((int)words->count, words->values, &line);
    redact(line.data, line.size);
    printf(" %s -d builtin:shared-prefix -c 1 4 16%s%s\n", line.data,
           config->max_output_tokens > 0 ? "" : " --max-output-tokens 128",
           probe->reset_path ? " --reset-cache-url auto" : " --cold-start salt");
    buffer_free(&line);
}

/* ---- the whole of it ---- */

static int try_request(const struct endpoint_options *options, const struct server *server,
                       const struct probe *probe, const struct string_list *words)
{
    struct error error;
    struct trial trial;
    struct config config = options->config;
    if (config.max_output_tokens < 0)
        config.max_output_tokens = TRIAL_TOKENS;
    if (!trial_run(&trial, &config, server, probe, TEXT(TRIAL_PROMPT), &error)) {
        log_error("%s", error.text);
        return EXIT_NOTHING_DONE;
    }
    const struct record *record = trial.record;
    bool ok = record_succeeded(record);
    print_clock(record, server->transport == &curl_transport, config.max_output_tokens);
    print_answer(record);
    if (options->events)
        print_events(record);
    if (ok)
        print_suggestion(&options->config, probe, words);
    bool written = stdout_is_written();
    if (!ok)
        log_error("the request failed (%s): %s%s%s",
                  error_class_name((enum error_class)record->error), record->error_text,
                  error_class_advice((enum error_class)record->error)[0] ? "; " : "",
                  error_class_advice((enum error_class)record->error));
    trial_free(&trial);
    return ok && written ? EXIT_OK : EXIT_NOTHING_DONE;
}

static int ask(const struct endpoint_options *options, const struct string_list *words)
{
    const struct config *config = &options->config;
    struct error error;
    struct server server;
    struct probe probe = {0};
    const _Atomic bool stop = false;
    int status = EXIT_NOTHING_DONE;
    if (!server_init(&server, config, &error) ||
        !probe_run(&probe, config, &server, &stop, &error)) {
        log_error("%s", error.text);
    } else {
        struct findings findings = {0};
        find_tokenizer(&findings, config, &server, &probe, &stop);
        find_metrics(&findings, config, &server);
        print_facts(config, &probe, &findings);
        status = try_request(options, &server, &probe, words);
    }
    probe_free(&probe);
    server_free(&server);
    return status;
}

/* The words again as they go behind "fluxperf -u": the URL first, then options of run; what is
 * secret was overwritten when they were parsed. */
static void keep_words(struct string_list *words, const char *url, int argc, char **argv)
{
    string_list_add(words, text_of(url));
    for (int i = 1; i < argc; i++)
        if (strcmp(argv[i], url) != 0 && strcmp(argv[i], "--events") != 0 &&
            strcmp(argv[i], "--") != 0)
            string_list_add(words, text_of(argv[i]));
}

static int check_url(struct endpoint_options *options, const struct string_list *urls, int argc,
                     char **argv)
{
    struct config *config = &options->config;
    struct error error;
    if (urls->count != 1) {
        log_error("name one server, as localhost:8000; see fluxperf check endpoint --help");
        return EXIT_USAGE;
    }
    config->endpoint = xstrdup(urls->values[0]);
    config->dataset = xstrdup("builtin:example");
    if (config->api_key)
        config->api_key_source = "--api-key";
    if (!options_read_environment(config, &error) || !config_resolve(config, &error)) {
        log_error("%s", error.text);
        return EXIT_USAGE;
    }
    struct string_list words = {0};
    keep_words(&words, urls->values[0], argc, argv);
    int status = ask(options, &words);
    string_list_free(&words);
    return status;
}

int check_endpoint(int argc, char **argv)
{
    const struct option_set *set = &check_endpoint_options;
    struct endpoint_options options = defaults;
    struct string_list urls = {0};
    int status;
    config_default(&options.config);
    if (set_parse(set, &options, &urls, argc, argv, &status))
        status = check_url(&options, &urls, argc, argv);
    options_free_set(set, &options, &urls);
    config_free(&options.config);
    secret_forget_all();
    return status;
}
