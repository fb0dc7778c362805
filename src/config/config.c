#include "config/config.h"

#include <math.h>
#include <stdlib.h>
#include <strings.h>

#include "base/file.h"
#include "base/log.h"
#include "base/memory.h"
#include "config/config_check.h"
#include "config/option_value.h"

static char *own(const char *string)
{
    return string ? xstrdup(string) : NULL;
}

void config_default(struct config *config)
{
    double unset = (double)NAN;
    *config = (struct config){
        .seed = 42,
        .rounds = {.most = 2},
        .burstiness = 1,
        .duration_s = unset,
        .workers = -1,
        .give_up_s = 30,
        .max_input_tokens = -1,
        .max_context_tokens = -1,
        .max_output_tokens = -1,
        .min_output_tokens = -1,
        .temperature = unset,
        .top_p = unset,
        .session_header = xstrdup("X-Session-Id"),
        .timeout_s = 300,
        .connect_timeout_s = 10,
        .first_token_timeout_s = unset,
        .max_response_bytes = 64 << 20,
        .prometheus_interval_s = 1,
        .text = true,
        .color = true,
        .fps = unset,
        .stay = true,
    };
    slo_none(&config->slo);
    mock_knobs_default(&config->mock);
    config->mock.host = own(config->mock.host);
    config->mock.model = own(config->mock.model);
    config->mock.api_key = own(config->mock.api_key);
}

void config_free(struct config *config)
{
    for (size_t i = 0; i < options_count; i++)
        option_clear(config, &options_table[i]);
}

const char *cold_start_name(enum cold_start how)
{
    static const char *const names[] = {
        [COLD_AUTO] = "auto",         [COLD_RESET] = "reset", [COLD_SALT] = "salt",
        [COLD_DISJOINT] = "disjoint", [COLD_NONE] = "none",
    };
    return names[how];
}

void config_write_option(const struct config *config, const struct option *option,
                         struct json_writer *json)
{
    char key[64];
    option_recipe_key(option, key);
    json_key(json, key);
    /* --no-text keeps every prompt out of files, this one too. */
    if (!config->text && option->offset == offsetof(struct config, system_prompt))
        json_null(json);
    else
        option_write_json(config, option, json);
}

void config_write_json(const struct config *config, struct json_writer *json)
{
    json_open(json, '{');
    for (size_t i = 0; i < options_count; i++) {
        const struct option *option = &options_table[i];
        if (option->secret == SECRET_VALUE)
            continue;
        config_write_option(config, option, json);
    }
    json_close(json, '}');
}

/* ---- secrets ---- */

static void register_secret(const struct option *option, const char *value)
{
    struct text secret = option_secret_part(option, value);
    if (secret.size == 0)
        return;
    char *copy = xstrndup(secret.data, secret.size);
    secret_add(copy);
    /* Of "Bearer sk-1234" the last word is the secret, also where it stands alone. */
    const char *blank = strrchr(copy, ' ');
    if (blank)
        secret_add(blank + 1);
    free(copy);
}

static void register_secrets(const struct config *config)
{
    for (size_t i = 0; i < options_count; i++)
        if (options_table[i].secret != SECRET_NONE)
            option_each_string(config, &options_table[i], register_secret);
    /* --no-text: the command line in the journal must not tell it either. */
    if (!config->text)
        secret_add(config->system_prompt);
}

/* ---- values that stand in files ---- */

/* "@FILE" gives way to what the file holds. */
bool config_read_at_file(char **value, const char *name, bool first_line_only, struct error *error)
{
    if (!*value || (*value)[0] != '@')
        return true;
    struct buffer content = {0};
    bool ok = file_read(*value + 1, &content, error);
    if (!ok)
        error_prefix(error, "%s", name);
    struct text rest = buffer_text(&content), text = rest;
    if (ok && first_line_only)
        text = text_next_line(&rest, &text) ? text_trim(text) : TEXT("");
    else if (text_ends_with(text, "\n"))
        text.size--;
    if (ok && text.size == 0)
        ok = error_set(error, "%s: %s is empty", name, *value + 1);
    else if (ok && memchr(text.data, '\0', text.size))
        ok = error_set(error, "%s: %s is not a text file", name, *value + 1);
    if (ok) {
        char *read = xstrndup(text.data, text.size);
        free(*value);
        *value = read;
    }
    buffer_free(&content);
    return ok;
}

static bool resolve_files(struct config *config, struct error *error)
{
    return config_read_at_file(&config->api_key, "--api-key", true, error) &&
           config_read_at_file(&config->mock.api_key, "--mock-api-key", true, error) &&
           config_read_at_file(&config->system_prompt, "--system-prompt", false, error);
}

static bool resolve_slo(struct config *config, struct error *error)
{
    if (config->slo_file && !slo_read_file(&config->slo, config->slo_file, error))
        return error_prefix(error, "--slo-file");
    for (size_t i = 0; i < config->slo_assignments.count; i++)
        if (!slo_set(&config->slo, text_of(config->slo_assignments.values[i]), error))
            return error_prefix(error, "--slo");
    return true;
}

/* ---- where to ---- */

static bool resolve_endpoint(struct config *config, struct error *error)
{
    if (!config->dataset)
        return error_set(error, "no dataset: give --dataset FILE, or --dataset builtin:example");
    if (!config->endpoint)
        return config->mock_server ||
               error_set(error, "no endpoint: give --endpoint URL, or --mock-server for the "
                                "built-in server");
    char *normal = endpoint_normalise(config->endpoint, error);
    if (!normal)
        return error_prefix(error, "--endpoint");
    free(config->endpoint);
    config->endpoint = normal;
    return true;
}

static bool is_https(const char *endpoint)
{
    return strncmp(endpoint, "https://", 8) == 0;
}

/* A key that was put into the environment for another program goes over no open network. */
static void drop_unsafe_key(struct config *config)
{
    bool is_safe = !config->endpoint || config->unix_socket || is_https(config->endpoint) ||
                   endpoint_is_loopback(config->endpoint);
    if (is_safe || !config->api_key_source || strcmp(config->api_key_source, "OPENAI_API_KEY") != 0)
        return;
    log_info("OPENAI_API_KEY is not sent over plain http: to send it all the same, set "
             "FLUXPERF_API_KEY");
    free(config->api_key);
    config->api_key = NULL;
    config->api_key_source = NULL;
}

static void note_unused_proxy(const struct config *config)
{
    if (config->proxy || !config->endpoint)
        return;
    bool https = is_https(config->endpoint);
    const char *const names[] = {https ? "https_proxy" : "http_proxy",
                                 https ? "HTTPS_PROXY" : "HTTP_PROXY", "all_proxy", "ALL_PROXY"};
    for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
        const char *value = getenv(names[i]);
        if (value && value[0]) {
            log_info("%s of the environment is not used: to go through it, give "
                     "--proxy \"$%s\"",
                     names[i], names[i]);
            return;
        }
    }
}

static void resolve_prometheus(struct config *config)
{
    for (size_t i = 0; i < config->prometheus_urls.count; i++)
        if (strcmp(config->prometheus_urls.values[i], "none") != 0)
            config_complete_url(&config->prometheus_urls.values[i]);
}

bool config_resolve(struct config *config, struct error *error)
{
    if (config->session_header && strcasecmp(config->session_header, "none") == 0) {
        free(config->session_header);
        config->session_header = NULL;
    }
    /* Before anything can be said about them. */
    register_secrets(config);
    bool ok = resolve_files(config, error);
    register_secrets(config);
    if (!ok || !config_check_together(config, error) || !resolve_endpoint(config, error) ||
        !resolve_slo(config, error))
        return false;
    if (config->http2 && config->endpoint && !is_https(config->endpoint))
        return error_set(error, "--http2: only with an endpoint of https://");
    resolve_prometheus(config);
    drop_unsafe_key(config);
    note_unused_proxy(config);
    return true;
}
