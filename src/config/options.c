/* The table. Not in it: --help and --version, which set nothing. */
#include "config/options.h"

#include <stddef.h>
#include <stdio.h>

#include "base/memory.h"

#define AT(field) offsetof(struct config, field)

/* clang-format off: it would give each field a line of its own */
const struct option options_table[] = {
    {"dataset", 'd', OPTION_STRING, AT(dataset), GROUP_WHAT, "FILE", NULL,
     .help = "JSON Lines or JSON, builtin:NAME, or - for stdin", .on_short_help = true},
    {"endpoint", 'u', OPTION_STRING, AT(endpoint), GROUP_WHAT, "URL", NULL,
     .help = "the server, as host:port or with a path", .secret = SECRET_PASSWORD,
     .on_short_help = true},
    {"model", 0, OPTION_STRING, AT(model), GROUP_WHAT, "NAME", "asks the server",
     .help = "model to name in requests", .on_short_help = true},
    {"num-samples", 'n', OPTION_INT_LIST, AT(num_samples), GROUP_WHAT, "N...", "all",
     .help = "rows to send; one number, or one per level", .min = 1, .max = 1e9,
     .on_short_help = true},
    {"seed", 0, OPTION_UINT64, AT(seed), GROUP_WHAT, "N", NULL,
     .help = "of everything random: order, arrivals, salts"},
    {"shuffle", 0, OPTION_FLAG, AT(shuffle), GROUP_WHAT, NULL, NULL,
     .help = "take the rows in a random order, the same in all rounds"},
    {"skip-bad-rows", 0, OPTION_FLAG, AT(skip_bad_rows), GROUP_WHAT, NULL, NULL,
     .help = "count rows that cannot be read instead of refusing the dataset"},
    {"dry-run", 0, OPTION_FLAG, AT(dry_run), GROUP_WHAT, NULL, NULL,
     .help = "check everything, send nothing", .on_short_help = true},
    {"note", 0, OPTION_STRING, AT(note), GROUP_WHAT, "TEXT", NULL, .help = "kept with the results"},

    {"concurrency", 'c', OPTION_INT_LIST, AT(concurrency), GROUP_LOAD, "N...", "1",
     .help = "requests in flight; several are levels in turn", .min = 1, .max = 100000,
     .on_short_help = true},
    {"rounds", 0, OPTION_ROUNDS, AT(rounds), GROUP_LOAD, "N|steady[:N]", NULL,
     .help =
         "how often each level sends its requests; steady: until it changes no more, in at most N",
     .min = 1, .max = 100, .on_short_help = true},
    {"free-run", 0, OPTION_CHOICE, AT(free_run), GROUP_LOAD, "off|repeat|fresh", NULL,
     .help = "send the rows again and again until stopped; fresh salts each pass anew"},
    {"mode", 0, OPTION_CHOICE, AT(mode), GROUP_LOAD, "auto|dual_round|multi_turn", NULL,
     .help = "multi_turn asks a row's questions one by one; dual_round sends it whole"},
    {"shuffle-round2", 0, OPTION_FLAG, AT(shuffle_round2), GROUP_LOAD, NULL, NULL,
     .help = "send the later rounds in another order than the first"},
    {"request-rate", 0, OPTION_REAL_LIST, AT(request_rate), GROUP_LOAD, "N...", NULL,
     .help = "send so many a second; several are levels in turn", .min = 0.001, .max = 1e6,
     .on_short_help = true},
    {"burstiness", 0, OPTION_REAL, AT(burstiness), GROUP_LOAD, "N", NULL,
     .help = "of arrivals under --request-rate: 1 is Poisson, less comes in bursts, more is even",
     .min = 0.01, .max = 1e6},
    {"duration", 'z', OPTION_SECONDS, AT(duration_s), GROUP_LOAD, "SECONDS", NULL,
     .help = "stop sending in round 1 after this time", .min = 0.1, .max = 604800,
     .on_short_help = true},
    {"ramp", 0, OPTION_SECONDS, AT(ramp_s), GROUP_LOAD, "SECONDS", NULL,
     .help = "time to reach the request rate; requests sent in it are flagged", .min = 0,
     .max = 86400},
    {"warmup", 0, OPTION_INT, AT(warmup), GROUP_LOAD, "N", NULL,
     .help = "random prompts before each level, not measured", .min = 0, .max = 1e6,
     .on_short_help = true},
    {"settle", 0, OPTION_SECONDS, AT(settle_s), GROUP_LOAD, "SECONDS", NULL,
     .help = "pause before each round", .min = 0, .max = 86400},
    {"turn-delay", 0, OPTION_SECONDS, AT(turn_delay_s), GROUP_LOAD, "SECONDS", NULL,
     .help = "pause of a user between the turns of a conversation", .min = 0, .max = 86400},
    {"history", 0, OPTION_CHOICE, AT(history), GROUP_LOAD, "model|dataset", NULL,
     .help = "whose replies a conversation goes on with"},
    {"workers", 0, OPTION_INT, AT(workers), GROUP_LOAD, "N", "by processors and load",
     .help = "threads that send", .min = 1, .max = 256},
    {"wait-ready", 0, OPTION_SECONDS, AT(wait_ready_s), GROUP_LOAD, "SECONDS", NULL,
     .help = "how long to wait for a server that is still starting", .min = 0, .max = 86400},
    {"give-up", 0, OPTION_SECONDS, AT(give_up_s), GROUP_LOAD, "SECONDS", NULL,
     .help = "end the run when the server was gone for so long", .min = 0, .max = 86400},

    {"cold-start", 0, OPTION_CHOICE, AT(cold_start), GROUP_CACHE, "auto|reset|salt|disjoint|none",
     NULL, .help = "how each level starts cold", .on_short_help = true},
    {"reset-cache-url", 0, OPTION_STRING, AT(reset_cache_url), GROUP_CACHE, "URL", NULL,
     .help = "POST here empties the server's cache, or auto", .secret = SECRET_PASSWORD,
     .on_short_help = true},
    {"reset-cache-between-rounds", 0, OPTION_FLAG, AT(reset_between_rounds), GROUP_CACHE, NULL,
     NULL, .help = "empty the cache before later rounds too, which makes them cold"},
    {"reset-cache-between-concurrency", 0, OPTION_FLAG, AT(reset_between_concurrency), GROUP_CACHE,
     NULL, NULL, .help = "empty the cache before each level"},

    {"max-input-length", 0, OPTION_INT, AT(max_input_tokens), GROUP_REQUEST, "N", "no limit",
     .help = "cut prompts to so many tokens", .min = 1, .max = 1e9, .on_short_help = true},
    {"truncate", 0, OPTION_CHOICE, AT(truncate), GROUP_REQUEST, "head|tail|middle", NULL,
     .help = "what a cut keeps: the start, the end, or both ends (middle is cut out)"},
    {"max-context-tokens", 0, OPTION_INT, AT(max_context_tokens), GROUP_REQUEST, "N", "no limit",
     .help = "drop the oldest turns of longer conversations", .min = 1, .max = 1e9},
    {"max-output-tokens", 0, OPTION_INT, AT(max_output_tokens), GROUP_REQUEST, "N", "the server's",
     .help = "tokens of a reply, at most", .min = 1, .max = 1e7, .on_short_help = true},
    {"min-output-tokens", 0, OPTION_INT, AT(min_output_tokens), GROUP_REQUEST, "N", "not sent",
     .help = "tokens of a reply, at least", .min = 0, .max = 1e7},
    {"ignore-eos", 0, OPTION_FLAG, AT(ignore_eos), GROUP_REQUEST, NULL, NULL,
     .help = "make every reply as long as --max-output-tokens (vLLM, SGLang)"},
    {"temperature", 0, OPTION_REAL, AT(temperature), GROUP_REQUEST, "N", "the server's",
     .help = "randomness of replies", .min = 0, .max = 100, .on_short_help = true},
    {"top-p", 0, OPTION_REAL, AT(top_p), GROUP_REQUEST, "N", "the server's",
     .help = "sample from this share of the probability", .min = 0, .max = 1},
    {"extra-body", 0, OPTION_STRING, AT(extra_body), GROUP_REQUEST, "JSON", NULL,
     .help = "an object whose fields join every request"},
    {"system-prompt", 0, OPTION_STRING, AT(system_prompt), GROUP_REQUEST, "TEXT|@FILE", NULL,
     .help = "a system message before every prompt"},
    {"tokenizer", 0, OPTION_CHOICE, AT(tokenizer), GROUP_REQUEST, "auto|server|estimate", NULL,
     .help = "who counts tokens for the two limits: the server, or an estimate"},
    {"session-header", 0, OPTION_STRING, AT(session_header), GROUP_REQUEST, "NAME|none", NULL,
     .help = "header with a row's session_id, for routers that keep sessions together"},

    {"timeout", 0, OPTION_SECONDS, AT(timeout_s), GROUP_CONNECTION, "SECONDS", NULL,
     .help = "for a whole request", .min = 0.001, .max = 3600, .on_short_help = true},
    {"connect-timeout", 0, OPTION_SECONDS, AT(connect_timeout_s), GROUP_CONNECTION, "SECONDS", NULL,
     .help = "for opening a connection", .min = 0.001, .max = 3600},
    {"first-token-timeout", 0, OPTION_SECONDS, AT(first_token_timeout_s), GROUP_CONNECTION,
     "SECONDS", NULL, .help = "for the first token", .min = 0.001, .max = 3600},
    {"api-key", 0, OPTION_STRING, AT(api_key), GROUP_CONNECTION, "KEY|@FILE", "$FLUXPERF_API_KEY",
     .help = "bearer token", .environment = {"FLUXPERF_API_KEY", "OPENAI_API_KEY"},
     .secret = SECRET_VALUE, .on_short_help = true},
    {"header", 'H', OPTION_REPEATED, AT(headers), GROUP_CONNECTION, "'NAME: VALUE'", NULL,
     .help = "a header of every request; give it once for each", .secret = SECRET_HEADER},
    {"insecure", 'k', OPTION_FLAG, AT(insecure), GROUP_CONNECTION, NULL, NULL,
     .help = "accept any certificate of the server"},
    {"cacert", 0, OPTION_STRING, AT(cacert), GROUP_CONNECTION, "FILE", "the system's",
     .help = "certificates to trust"},
    {"cert", 0, OPTION_STRING, AT(cert), GROUP_CONNECTION, "FILE", NULL,
     .help = "certificate to show the server"},
    {"key", 0, OPTION_STRING, AT(key), GROUP_CONNECTION, "FILE", NULL,
     .help = "private key of --cert"},
    {"proxy", 0, OPTION_STRING, AT(proxy), GROUP_CONNECTION, "URL", NULL,
     .help = "go through a proxy; those in the environment are not used",
     .secret = SECRET_PASSWORD},
    {"unix-socket", 0, OPTION_STRING, AT(unix_socket), GROUP_CONNECTION, "PATH", NULL,
     .help = "connect here instead of to the endpoint's host"},
    {"http2", 0, OPTION_FLAG, AT(http2), GROUP_CONNECTION, NULL, NULL,
     .help = "many streams in one connection, over https"},
    {"fresh-connections", 0, OPTION_FLAG, AT(fresh_connections), GROUP_CONNECTION, NULL, NULL,
     .help = "open a connection for each request"},
    {"max-response-bytes", 0, OPTION_SIZE, AT(max_response_bytes), GROUP_CONNECTION, "BYTES",
     "64MiB", .help = "a longer reply is a failure", .min = 1024, .max = 1099511627776},

    {"slo-file", 0, OPTION_STRING, AT(slo_file), GROUP_SLO, "FILE", NULL,
     .help = "YAML: slo: {ttft_ms: 1000, itl_ms: 50}", .on_short_help = true},
    {"slo", 0, OPTION_STRING_LIST, AT(slo_assignments), GROUP_SLO, "KEY=N...", NULL,
     .help = "limits: ttft_ms=1000 itl_ms=50 latency_ms=10000", .on_short_help = true},

    {"prometheus-url", 0, OPTION_STRING_LIST, AT(prometheus_urls), GROUP_PROMETHEUS, "URL...",
     "/metrics beside the endpoint", .help = "metrics pages or Prometheus servers, or none",
     .secret = SECRET_PASSWORD},
    {"prometheus-metrics", 0, OPTION_STRING_LIST, AT(prometheus_metrics), GROUP_PROMETHEUS,
     "NAME...", "auto", .help = "name, name{label=\"v\"}, p99(name), alias = a / b, or PromQL"},
    {"prometheus-interval", 0, OPTION_SECONDS, AT(prometheus_interval_s), GROUP_PROMETHEUS,
     "SECONDS", NULL, .help = "how often they are read", .min = 0.1, .max = 3600},

    {"output-dir", 'o', OPTION_STRING, AT(output_dir), GROUP_OUTPUT, "DIR", "results/DATE-TIME",
     .help = "where the files of the run go", .on_short_help = true},
    {"overwrite", 0, OPTION_FLAG, AT(overwrite), GROUP_OUTPUT, NULL, NULL,
     .help = "delete an earlier run in DIR instead of keeping it in DIR/earlier"},
    {"save-requests", 0, OPTION_FLAG, AT(save_requests), GROUP_OUTPUT, NULL, NULL,
     .help = "write every request body to bodies.jsonl"},
    {"text", 0, OPTION_FLAG, AT(text), GROUP_OUTPUT, NULL, NULL,
     .help = "keep prompts and replies out of all files"},
    {"json", 0, OPTION_FLAG, AT(json), GROUP_OUTPUT, NULL, NULL, .help = "print the report as JSON",
     .on_short_help = true},
    {"fail-on", 0, OPTION_STRING_LIST, AT(fail_on), GROUP_OUTPUT, "COND...", NULL,
     .help = "exit 3 if so: 'errors>0' 'slo<95%' 'ttft_p99>500'", .on_short_help = true},
    {"baseline", 0, OPTION_STRING, AT(baseline), GROUP_OUTPUT, "DIR", NULL,
     .help = "an earlier run: every figure is shown with its difference from there"},
    {"alarm", 0, OPTION_STRING_LIST, AT(alarms), GROUP_OUTPUT, "COND...", NULL,
     .help =
         "say so at once: 'failed>1%' 'lmcache_hit_rate<0.5 for 60s' 'no token for 10s' 'disk<5%'"},
    {"on-alarm", 0, OPTION_STRING, AT(on_alarm), GROUP_OUTPUT, "COMMAND", NULL,
     .help = "run it when an alarm is raised, with the alarm in $FLUXPERF_ALARM"},
    {"debug", 0, OPTION_FLAG, AT(debug), GROUP_OUTPUT, NULL, NULL,
     .help = "log each request: its body, its instants, its reply"},
    {"debug-verbose", 0, OPTION_FLAG, AT(debug_verbose), GROUP_OUTPUT, NULL, NULL,
     .help = "the same with every event of the stream and its arrival"},
    {"debug-log-dir", 0, OPTION_STRING, AT(debug_log_dir), GROUP_OUTPUT, "DIR",
     "debug_logs in the run's directory", .help = "where to log"},

    {"ui", 0, OPTION_CHOICE, AT(ui), GROUP_SCREEN, "auto|full|plain|none", NULL,
     .help = "a full screen, progress on stderr, or nothing", .on_short_help = true},
    {"theme", 0, OPTION_STRING, AT(theme), GROUP_SCREEN, "NAME|FILE", "dark",
     .help = "colours of the full screen; btop's theme files work too"},
    {"fps", 0, OPTION_REAL, AT(fps), GROUP_SCREEN, "N", "10, over SSH 4",
     .help = "frames a second of the full screen, at most", .min = 0.5, .max = 60},
    {"ascii", 0, OPTION_FLAG, AT(ascii), GROUP_SCREEN, NULL, NULL,
     .help = "draw tables and screens with ASCII only"},
    {"color", 0, OPTION_FLAG, AT(color), GROUP_SCREEN, NULL, NULL,
     .help = "draw the full screen without colours"},
    {"stay", 0, OPTION_FLAG, AT(stay), GROUP_SCREEN, NULL, NULL,
     .help = "leave the full screen when the run has ended"},

    {"mock-server", 0, OPTION_FLAG, AT(mock_server), GROUP_MOCK, NULL, NULL,
     .help = "start the built-in server and benchmark that", .on_short_help = true},
    {"mock-host", 0, OPTION_STRING, AT(mock.host), GROUP_MOCK, "ADDRESS", NULL,
     .help = "address to listen on"},
    {"mock-port", 0, OPTION_INT, AT(mock.port), GROUP_MOCK, "N", NULL,
     .help = "port to listen on; 0 is any free one", .min = 0, .max = 65535},
    {"mock-model", 0, OPTION_STRING, AT(mock.model), GROUP_MOCK, "NAME", NULL,
     .help = "name of its model"},
    {"mock-api-key", 0, OPTION_STRING, AT(mock.api_key), GROUP_MOCK, "KEY", NULL,
     .help = "ask for this key", .secret = SECRET_VALUE},
    {"mock-seed", 0, OPTION_UINT64, AT(mock.seed), GROUP_MOCK, "N", NULL,
     .help = "of its jitter, replies and faults"},
    {"mock-ttft", 0, OPTION_MILLISECONDS, AT(mock.ttft_ms), GROUP_MOCK, "MS", NULL,
     .help = "first token, with everything cached", .min = 0, .max = 3600000},
    {"mock-prefill-rate", 0, OPTION_REAL, AT(mock.prefill_tokens_per_s), GROUP_MOCK, "N", NULL,
     .help = "tokens/s of prompt that are not cached", .min = 1, .max = 1e9},
    {"mock-itl", 0, OPTION_MILLISECONDS, AT(mock.itl_ms), GROUP_MOCK, "MS", NULL,
     .help = "time from token to token", .min = 0, .max = 3600000},
    {"mock-jitter", 0, OPTION_REAL, AT(mock.jitter), GROUP_MOCK, "SHARE", NULL,
     .help = "by which both times vary", .min = 0, .max = 1},
    {"mock-slots", 0, OPTION_INT, AT(mock.slots), GROUP_MOCK, "N", NULL,
     .help = "requests served at once; 0 is no limit", .min = 0, .max = 1e6},
    {"mock-cache-tokens", 0, OPTION_INT, AT(mock.cache_tokens), GROUP_MOCK, "N", NULL,
     .help = "size of its prefix cache; 0 is none", .min = 0, .max = 1e9},
    {"mock-store-tokens", 0, OPTION_INT, AT(mock.store_tokens), GROUP_MOCK, "N", NULL,
     .help = "of a prompt, stored each time it is sent; 0 is all", .min = 0, .max = 1e9},
    {"mock-reply-tokens", 0, OPTION_INT, AT(mock.reply_tokens), GROUP_MOCK, "N", NULL,
     .help = "length of a reply if the request sets none", .min = 1, .max = 1e6},
    {"mock-chunk-tokens", 0, OPTION_INT, AT(mock.chunk_tokens), GROUP_MOCK, "N", NULL,
     .help = "tokens in one event of the stream", .min = 1, .max = 1000},
    {"mock-max-context", 0, OPTION_INT, AT(mock.max_context_tokens), GROUP_MOCK, "N", NULL,
     .help = "refuse longer prompts with 400; 0 is no limit", .min = 0, .max = 1e9},
    {"mock-refuse", 0, OPTION_REAL, AT(mock.refuse), GROUP_MOCK, "P", NULL,
     .help = "close the connection without an answer", .min = 0, .max = 1},
    {"mock-429", 0, OPTION_REAL, AT(mock.error_429), GROUP_MOCK, "P", NULL, .help = "answer 429",
     .min = 0, .max = 1},
    {"mock-500", 0, OPTION_REAL, AT(mock.error_500), GROUP_MOCK, "P", NULL, .help = "answer 500",
     .min = 0, .max = 1},
    {"mock-stall", 0, OPTION_REAL, AT(mock.stall), GROUP_MOCK, "P", NULL,
     .help = "fall silent in mid-stream for a minute", .min = 0, .max = 1},
    {"mock-reset", 0, OPTION_REAL, AT(mock.reset), GROUP_MOCK, "P", NULL,
     .help = "reset the connection in mid-stream", .min = 0, .max = 1},
    {"mock-close-kept", 0, OPTION_REAL, AT(mock.close_kept), GROUP_MOCK, "P", NULL,
     .help = "close a kept connection after the reply", .min = 0, .max = 1},
    {"mock-error-event", 0, OPTION_REAL, AT(mock.error_event), GROUP_MOCK, "P", NULL,
     .help = "send an error object in mid-stream", .min = 0, .max = 1},
    {"mock-no-done", 0, OPTION_REAL, AT(mock.no_done), GROUP_MOCK, "P", NULL,
     .help = "end without [DONE]", .min = 0, .max = 1},
    {"mock-no-finish", 0, OPTION_REAL, AT(mock.no_finish), GROUP_MOCK, "P", NULL,
     .help = "end without a finish reason and [DONE]", .min = 0, .max = 1},
    {"mock-split-utf8", 0, OPTION_REAL, AT(mock.split_utf8), GROUP_MOCK, "P", NULL,
     .help = "cut a character in two", .min = 0, .max = 1},
    {"mock-crlf", 0, OPTION_REAL, AT(mock.crlf), GROUP_MOCK, "P", NULL,
     .help = "end lines with CR LF", .min = 0, .max = 1},
    {"mock-comments", 0, OPTION_REAL, AT(mock.comments), GROUP_MOCK, "P", NULL,
     .help = "put comment lines between events", .min = 0, .max = 1},
    {"mock-coalesce", 0, OPTION_REAL, AT(mock.coalesce), GROUP_MOCK, "P", NULL,
     .help = "write several events at once", .min = 0, .max = 1},
    {"mock-garbage", 0, OPTION_REAL, AT(mock.garbage), GROUP_MOCK, "P", NULL,
     .help = "send an event that is not JSON", .min = 0, .max = 1},
    {"mock-no-usage", 0, OPTION_REAL, AT(mock.no_usage), GROUP_MOCK, "P", NULL,
     .help = "send no usage", .min = 0, .max = 1},
    {"mock-not-a-stream", 0, OPTION_REAL, AT(mock.not_a_stream), GROUP_MOCK, "P", NULL,
     .help = "answer with one JSON body", .min = 0, .max = 1},

    {"recipe", 0, OPTION_STRING, AT(recipe), GROUP_RECIPE, "FILE", NULL,
     .help = "YAML with stages, each a run: man fluxperf-recipe"},
};
/* clang-format on */

const size_t options_count = ARRAY_SIZE(options_table);
_Static_assert(ARRAY_SIZE(options_table) <= CONFIG_OPTIONS_MAX, "config.given is too short");

void option_recipe_key(const struct option *option, char key[static 64])
{
    snprintf(key, 64, "%s", option->name);
    for (char *dash = key; (dash = strchr(dash, '-'));)
        *dash = '_';
}

/* Dashes and underscores are the same. */
static bool name_is(const char *name, const char *given)
{
    for (; *name && *given; name++, given++)
        if (*name != *given && !(*name == '-' && *given == '_'))
            return false;
    return *name == *given;
}

const struct option *options_find(const char *name)
{
    /* What --output-dir was called in FluxPerf. */
    if (name_is("output", name))
        name = "output-dir";
    for (size_t i = 0; i < options_count; i++)
        if (name_is(options_table[i].name, name))
            return &options_table[i];
    return NULL;
}

bool option_is_named(const struct option *option, const char *name)
{
    return name_is(option->name, name);
}
