#include "config/config_check.h"

#include <stdlib.h>
#include <strings.h>

#include "base/file.h"
#include "base/memory.h"

static bool is_given(const struct config *config, const char *name)
{
    return config->given[options_find(name) - options_table];
}

static bool is_url(const char *value)
{
    return strncasecmp(value, "http://", 7) == 0 || strncasecmp(value, "https://", 8) == 0;
}

void config_complete_url(char **url)
{
    if (is_url(*url))
        return;
    char *whole = xasprintf("http://%s", *url);
    free(*url);
    *url = whole;
}

/* ---- what goes over the wire ---- */

static bool is_field_text(const char *value)
{
    for (; *value; value++)
        if (((unsigned char)*value < ' ' && *value != '\t') || *value == 0x7f)
            return false;
    return true;
}

/* The letters of RFC 9110's token. */
static bool is_token(struct text name)
{
    static const char letters[] = "!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyz"
                                  "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
    return name.size && strspn(name.data, letters) >= name.size;
}

/* Messages leave the value out: it may be a secret. */
static bool check_headers(const struct config *config, struct error *error)
{
    for (size_t i = 0; i < config->headers.count; i++) {
        const char *header = config->headers.values[i];
        size_t size = strcspn(header, ":");
        if (header[size] != ':' || !is_token((struct text){header, size}))
            return error_set(error, "--header: must be 'NAME: VALUE', as in -H 'X-Team: search'");
        if (!is_field_text(header))
            return error_set(error, "--header %.*s: the value has a control character in it",
                             (int)size, header);
    }
    if (config->session_header && !is_token(text_of(config->session_header)))
        return error_set(error, "--session-header %.80s: must be a header's name, or none",
                         config->session_header);
    if (config->api_key && !is_field_text(config->api_key))
        return error_set(error, "%s: the key has a control character in it",
                         config->api_key_source ? config->api_key_source : "--api-key");
    return true;
}

static bool check_extra_body(const struct config *config, struct error *error)
{
    if (!config->extra_body)
        return true;
    struct text text = text_trim(text_of(config->extra_body));
    struct json_scan scan = json_scan_begin(text);
    if (json_peek(&scan) != JSON_OBJECT)
        return error_set(error, "--extra-body: must be a JSON object, as '{\"top_k\": 20}'");
    if (json_skip(&scan) && json_scan_done(&scan))
        return true;
    int line, column;
    json_position(text, scan.at, &line, &column);
    return error_set(error,
                     "--extra-body: not JSON at line %d, column %d; write it as "
                     "'{\"top_k\": 20}'",
                     line, column);
}

static bool check_files(const struct config *config, struct error *error)
{
    const struct {
        const char *option, *path;
    } files[] = {{"--cacert", config->cacert}, {"--cert", config->cert}, {"--key", config->key}};
    for (size_t i = 0; i < ARRAY_SIZE(files); i++)
        if (files[i].path && !file_exists(files[i].path))
            return error_set(error, "%s %s: there is no such file", files[i].option, files[i].path);
    return true;
}

/* ---- what options say together ---- */

static void set_one_level(struct config *config)
{
    config->concurrency.values = xcalloc(1, sizeof *config->concurrency.values);
    config->concurrency.values[0] = 1;
    config->concurrency.count = 1;
}

static bool check_free_run(const struct config *config, struct error *error)
{
    if (config->free_run == FREE_RUN_OFF)
        return true;
    if (is_given(config, "rounds"))
        return error_set(error,
                         "--free-run: passes go on until they are stopped: leave out --rounds");
    if (config->concurrency.count > 1 || config->request_rate.count > 1)
        return error_set(error, "--free-run: the first level would never end: give one");
    if (config->free_run == FREE_RUN_FRESH && config->save_requests)
        return error_set(error, "--free-run fresh: each pass has bodies of its own, which "
                                "--save-requests does not write");
    return true;
}

static bool check_levels(struct config *config, struct error *error)
{
    size_t rates = config->request_rate.count;
    if (rates && config->concurrency.count > 1)
        return error_set(error, "--concurrency: takes one value with --request-rate, as a cap; "
                                "the rates are the levels");
    if (!rates && is_given(config, "ramp"))
        return error_set(error, "--ramp: only with --request-rate");
    if (is_given(config, "truncate") && config->max_input_tokens < 0)
        return error_set(error, "--truncate: only with --max-input-length");
    if (!rates && is_given(config, "burstiness"))
        return error_set(error, "--burstiness: only with --request-rate");
    if (!rates && config->concurrency.count == 0)
        set_one_level(config);
    size_t levels = rates ? rates : config->concurrency.count;
    size_t samples = config->num_samples.count;
    if (samples > 1 && samples != levels)
        return error_set(error,
                         "--num-samples: %zu values for %zu level%s: give one, or one for "
                         "each level",
                         samples, levels, levels == 1 ? "" : "s");
    return true;
}

static bool check_cache(struct config *config, struct error *error)
{
    bool needs_url = config->cold_start == COLD_RESET || config->reset_between_rounds ||
                     config->reset_between_concurrency;
    if (needs_url && !config->reset_cache_url)
        config->reset_cache_url = xstrdup("auto");
    const char *url = config->reset_cache_url;
    if (!url || strcmp(url, "auto") == 0)
        return true;
    if (!strpbrk(url, ":/") || (strstr(url, "://") && !is_url(url)))
        return error_set(error,
                         "--reset-cache-url: must be a URL, as localhost:8000/reset, or auto");
    config_complete_url(&config->reset_cache_url);
    return true;
}

static bool check_output(const struct config *config, struct error *error)
{
    if (config->max_output_tokens < 0 || config->min_output_tokens <= config->max_output_tokens)
        return true;
    return error_set(error,
                     "--min-output-tokens %lld: must not be above --max-output-tokens "
                     "%lld",
                     (long long)config->min_output_tokens, (long long)config->max_output_tokens);
}

bool config_check_together(struct config *config, struct error *error)
{
    if (!check_output(config, error))
        return false;
    config->debug |= config->debug_verbose;
    if (config->debug && !config->text)
        return error_set(error, "--debug: the log holds prompts and replies, and --no-text keeps "
                                "them out of all files");
    if (config->key && !config->cert)
        return error_set(error, "--key: only with --cert");
    return check_free_run(config, error) && check_levels(config, error) &&
           check_cache(config, error) && check_files(config, error) &&
           check_headers(config, error) && check_extra_body(config, error);
}

bool config_check_level(struct config *config, struct error *error)
{
    return check_output(config, error) && check_free_run(config, error) &&
           check_levels(config, error) && check_extra_body(config, error);
}
