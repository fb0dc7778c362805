/* Everything the user asked for, resolved: what the options table fills. */
#ifndef CONFIG_CONFIG_H
#define CONFIG_CONFIG_H

#include <stdbool.h>
#include <stdint.h>

#include "base/json.h"
#include "config/slo.h"
#include "mock/knobs.h"

struct int_list {
    int64_t *values;
    size_t count;
};

struct real_list {
    double *values;
    size_t count;
};

struct string_list {
    char **values;
    size_t count;
};

/* A copy of the text at the end. */
void string_list_add(struct string_list *list, struct text value);
void string_list_free(struct string_list *list);

/* How often a level sends its requests. */
struct rounds {
    int64_t most;
    bool until_steady; /* then `most` may not be reached */
};

enum free_run { FREE_RUN_OFF, FREE_RUN_REPEAT, FREE_RUN_FRESH };
enum cold_start { COLD_AUTO, COLD_RESET, COLD_SALT, COLD_DISJOINT, COLD_NONE };
enum run_mode { MODE_AUTO, MODE_DUAL_ROUND, MODE_MULTI_TURN };
enum history_source { HISTORY_MODEL, HISTORY_DATASET };
enum truncate_mode { TRUNCATE_HEAD, TRUNCATE_TAIL, TRUNCATE_MIDDLE }; /* what is kept */
enum tokenizer_choice { TOKENIZER_AUTO, TOKENIZER_SERVER, TOKENIZER_ESTIMATE };
enum ui_mode { UI_AUTO, UI_FULL, UI_PLAIN, UI_NONE };

enum { CONFIG_OPTIONS_MAX = 128 };

/* Strings are owned, NULL when not given. Doubles that may be absent are NaN then, integers −1. */
struct config {
    bool given[CONFIG_OPTIONS_MAX]; /* by row of options_table: by command line, environment or
                                       recipe */

    /* what */
    char *dataset;
    char *endpoint; /* normalised by endpoint_normalise */
    char *model;
    struct int_list num_samples; /* empty = all */
    uint64_t seed;
    bool shuffle;
    bool skip_bad_rows;
    bool dry_run;
    char *note;

    /* load */
    struct int_list concurrency; /* empty = no cap; only with request_rate */
    struct rounds rounds;
    enum free_run free_run;
    enum run_mode mode;
    bool shuffle_round2;
    struct real_list request_rate; /* empty = closed loop */
    double burstiness;
    double duration_s;
    double ramp_s;
    int64_t warmup;
    double settle_s;
    double turn_delay_s;
    enum history_source history;
    int64_t workers; /* −1 = by the number of processors */
    double wait_ready_s;
    double give_up_s;

    /* cache */
    enum cold_start cold_start;
    char *reset_cache_url; /* a URL, or "auto" */
    bool reset_between_rounds;
    bool reset_between_concurrency;

    /* request */
    int64_t max_input_tokens;
    enum truncate_mode truncate;
    int64_t max_context_tokens;
    enum tokenizer_choice tokenizer;
    int64_t max_output_tokens;
    int64_t min_output_tokens;
    bool ignore_eos;
    double temperature;
    double top_p;
    char *extra_body; /* a JSON object */
    char *system_prompt;
    char *session_header; /* NULL = none */

    /* connection */
    double timeout_s;
    double connect_timeout_s;
    double first_token_timeout_s;
    char *api_key;
    const char *api_key_source; /* "--api-key", "FLUXPERF_API_KEY", "OPENAI_API_KEY", NULL */
    struct string_list headers; /* "Name: value" */
    bool insecure;
    char *cacert, *cert, *key;
    char *proxy;
    char *unix_socket;
    bool http2;
    bool fresh_connections;
    int64_t max_response_bytes;

    /* SLO: file first, then --slo */
    char *slo_file;
    struct string_list slo_assignments;
    struct slo slo;

    /* the server's metrics */
    struct string_list prometheus_urls;    /* empty = beside the endpoint; "none" = nowhere */
    struct string_list prometheus_metrics; /* empty = auto */
    double prometheus_interval_s;

    /* output */
    char *output_dir; /* NULL = results/<date-time> */
    bool overwrite;
    bool save_requests;
    bool text; /* false with --no-text */
    bool json;
    char *baseline;            /* directory of a run */
    struct string_list alarms; /* as "failed>1%" */
    char *on_alarm;
    struct string_list fail_on; /* conditions, as "errors>0" */
    bool debug;
    bool debug_verbose;  /* debug is set then too */
    char *debug_log_dir; /* NULL = debug_logs in the run's directory */

    /* screen */
    enum ui_mode ui;
    char *theme; /* NULL = the user's choice in ui.conf, or the default */
    bool color;  /* false with --no-color */
    double fps;  /* NaN = by the line */
    bool stay;   /* false with --no-stay */
    bool ascii;

    /* the built-in server */
    bool mock_server;
    struct mock_knobs mock;

    char *recipe; /* a file; the options of each of its stages make a config of their own */
};

void config_default(struct config *config);
void config_free(struct config *config);

/* After all options are in, once: reads the SLO file, the key and prompt files ("@FILE"),
 * normalises the endpoint, registers secrets for redaction, and checks what options say together.
 */
bool config_resolve(struct config *config, struct error *error);

/* host:port → http://…; no path or / → /v1/chat/completions; …/v1 → …/v1/chat/completions; any
 * other path as given. Freed by the caller; NULL with the reason when it is no http(s) URL. */
char *endpoint_normalise(const char *given, struct error *error);
/* True for …/completions that is not …/chat/completions: the path decides the body. */
bool endpoint_is_completions(const char *endpoint);
/* Scheme, host and port of the endpoint, with `path` behind. Freed by the caller. */
char *endpoint_sibling(const char *endpoint, const char *path);
/* 127.0.0.0/8, ::1 or localhost. */
bool endpoint_is_loopback(const char *endpoint);

/* The part of a URL between "user:" and "@host", which is nobody's business; empty if there is
 * none. */
struct text endpoint_password(const char *url);

/* An object with every option of the table under its recipe key. Keys of servers are left out,
 * other secrets are masked; what is not set is null. */
void config_write_json(const struct config *config, struct json_writer *json);

const char *cold_start_name(enum cold_start how);

#endif
