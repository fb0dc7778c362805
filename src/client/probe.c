#include "client/probe.h"

#include <cjson/cJSON.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/memory.h"
#include "client/delta.h"
#include "client/engine.h"
#include "client/sse.h"

#define SHORT_TIMEOUT_S 10.0
#define MODELS_LISTED   8

/* What the streamed answer of the probe holds. */
struct answer {
    bool any_token, usage, cached_tokens, error;
    uint32_t prompt_tokens;
    char error_text[500];
};

static bool get(struct http_client *client, const struct server *server, const char *url,
                struct http_response *response, struct error *error)
{
    struct http_request request = {
        .url = url, .headers = (const char *const *)server->headers, .timeout_s = SHORT_TIMEOUT_S};
    return http_perform(client, &request, response, error);
}

/* ---- what the server says of itself ---- */

static const char *json_text(const cJSON *object, const char *key)
{
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(object, key);
    return cJSON_IsString(item) ? item->valuestring : NULL;
}

/* "a, b and 3 more"; NULL when there are none. */
static char *list_models(const cJSON *data)
{
    struct buffer list = {0};
    int listed = 0;
    const cJSON *model;
    cJSON_ArrayForEach(model, data)
    {
        const char *id = json_text(model, "id");
        if (id && listed < MODELS_LISTED)
            buffer_printf(&list, "%s%.100s", listed ? ", " : "", id);
        listed += id != NULL;
    }
    if (listed > MODELS_LISTED)
        buffer_printf(&list, " and %d more", listed - MODELS_LISTED);
    return listed ? buffer_take(&list) : NULL;
}

/* Takes the model, if none was given, and the engine from the answer to /v1/models. */
static void read_models(struct probe *probe, const struct http_response *models,
                        const struct engine **engine)
{
    cJSON *json = cJSON_ParseWithLength(models->body.data, models->body.size);
    const cJSON *data = cJSON_GetObjectItemCaseSensitive(json, "data");
    const cJSON *first = cJSON_GetArrayItem(data, 0);
    const char *id = json_text(first, "id");
    if (!probe->model && id)
        probe->model = xstrdup(id);
    probe->models = list_models(data);
    *engine = engine_find(json_text(first, "owned_by"));
    if (!*engine)
        *engine = engine_find(models->server);
    cJSON_Delete(json);
}

/* ---- reaching it ---- */

static const char *advice_for(const struct config *config, const char *reason)
{
    if (strcasestr(reason, "certificate"))
        return "give --cacert FILE with the authority that signed it, or --insecure";
    if (strstr(reason, "SSL") || strstr(reason, "TLS"))
        return "does this port speak https? For plain http begin the endpoint with http://";
    if (config->proxy)
        return "is the proxy of --proxy running, and does it reach the server?";
    bool hung_up = strstr(reason, "reset") || strstr(reason, "Empty reply");
    if ((hung_up || strstr(reason, "HTTP/0.9")) && strncmp(config->endpoint, "http:", 5) == 0)
        return "something listens there that does not answer plain http: does it speak https? "
               "Then begin the endpoint with https://";
    return "is the server running? --wait-ready 300 waits for it; fluxperf demo needs no server";
}

static bool wait_for_server(struct http_client *client, const struct config *config,
                            const struct server *server, const char *models_url,
                            const _Atomic bool *stop, struct http_response *models,
                            struct error *error)
{
    uint64_t until_ns = now_ns() + (uint64_t)(config->wait_ready_s * 1e9);
    bool said = false;
    for (;;) {
        struct error reason = {0};
        if (get(client, server, models_url, models, &reason) && models->status != 503)
            return true;
        bool busy = models->status == 503;
        http_response_free(models);
        if (now_ns() >= until_ns || atomic_load(stop)) {
            if (busy)
                return error_set(error,
                                 "%s answers 503 (not ready): wait for the model to load, "
                                 "or give --wait-ready 300",
                                 models_url);
            return error_set(error, "cannot reach %s (%s): %s", config->endpoint, reason.text,
                             advice_for(config, reason.text));
        }
        if (!said)
            log_info("waiting up to %.0f s for %s", config->wait_ready_s, config->endpoint);
        said = true;
        sleep_until_ns(now_ns() + NS_PER_S);
    }
}

static int excerpt(const struct http_response *response)
{
    return (int)(response->body.size < 500 ? response->body.size : 500);
}

static bool is_key_refused(const struct http_response *response)
{
    return response->status == 401 || response->status == 403;
}

static bool say_key_refused(const struct config *config, const struct http_response *response,
                            struct error *error)
{
    return error_set(error,
                     "the server %s (HTTP %ld): give --api-key, or set FLUXPERF_API_KEY. It said: "
                     "%.*s",
                     config->api_key ? "refused the key" : "asks for a key", response->status,
                     excerpt(response), response->body.data ? response->body.data : "");
}

/* Why the answer to /v1/models names no model. */
static bool say_no_model(const struct config *config, const char *url,
                         const struct http_response *models, struct error *error)
{
    if (is_key_refused(models))
        return say_key_refused(config, models, error);
    if (models->status < 200 || models->status > 299)
        return error_set(error,
                         "%s answers HTTP %ld, so the model is not known: check host, port and "
                         "path of --endpoint, or give --model NAME. It said: %.*s",
                         url, models->status, excerpt(models),
                         models->body.data ? models->body.data : "");
    if (strncmp(models->content_type, "text/html", 9) == 0)
        return error_set(error,
                         "%s answers with a web page: check host and port of --endpoint, or give "
                         "--model NAME",
                         url);
    return error_set(error, "the server names no model at %s: give --model NAME", url);
}

/* ---- the probe request ---- */

static void on_event(void *context, const struct sse_event *event)
{
    struct answer *answer = context;
    struct delta delta;
    if (event->data.size == 0 || delta_read(&delta, event->data) != DELTA_CHUNK)
        return;
    answer->any_token |= delta_has_text(&delta);
    answer->usage |= delta.has_usage;
    if (delta.has_usage)
        answer->prompt_tokens = delta.usage.prompt_tokens;
    answer->cached_tokens |= delta.usage.cached_tokens != TOKENS_UNKNOWN ||
                             delta.engine_cached_tokens != TOKENS_UNKNOWN ||
                             delta.engine_prompt_tokens != TOKENS_UNKNOWN;
    if (delta.has_error) {
        answer->error = true;
        snprintf(answer->error_text, sizeof answer->error_text, "%.*s",
                 (int)(delta.error.size < 499 ? delta.error.size : 499), delta.error.data);
    }
}

static void build_body(struct buffer *body, const struct probe *probe, const struct config *config)
{
    struct config asked = *config;
    asked.max_output_tokens = 2;
    asked.min_output_tokens = -1;
    asked.system_prompt = NULL;
    struct body_shape shape = {.completions = endpoint_is_completions(config->endpoint),
                               .model = probe->model,
                               .include_usage = probe->include_usage,
                               .max_completion_tokens = probe->max_completion_tokens,
                               .config = &asked};
    struct message message = {.role = "user", .content = TEXT("\"" PROBE_PROMPT "\"")};
    struct sample sample = {
        .messages = &message, .message_count = 1, .max_tokens = -1, .prompt = TEXT(PROBE_PROMPT)};
    request_build_body(body, &shape, &sample, (struct text){0});
}

/* A refusal by name is answered by sending the field in its other form, or not at all. True when it
 * makes sense to ask again. */
static bool give_way(struct probe *probe, const struct http_response *response)
{
    if (response->status != 400 && response->status != 422)
        return false;
    const char *said = response->body.data ? response->body.data : "";
    if (probe->include_usage && strstr(said, "stream_options")) {
        probe->include_usage = false;
        return true;
    }
    if (!probe->max_completion_tokens && strstr(said, "max_completion_tokens")) {
        probe->max_completion_tokens = true;
        return true;
    }
    return false;
}

/* What the answer means for the run. */
static bool judge(struct probe *probe, const struct config *config,
                  const struct http_response *response, struct error *error)
{
    const char *body = response->body.data ? response->body.data : "";
    long status = response->status;
    if (is_key_refused(response))
        return say_key_refused(config, response, error);
    if (status == 404)
        return error_set(error,
                         "the server has nothing at this path, or not this model (HTTP 404): "
                         "check --endpoint and --model %s (the server lists %s). It said: %.*s",
                         probe->model, probe->models ? probe->models : "none", excerpt(response),
                         body);
    if (status >= 400 && status < 500 && status != 429)
        return error_set(error, "the server refused the probe request (HTTP %ld): %.*s", status,
                         excerpt(response), body);
    if (status < 200 || status > 299) {
        log_warning("the probe request got HTTP %ld, going on without knowing what the server "
                    "takes: %.*s",
                    status, excerpt(response), body);
        return true;
    }

    struct answer answer = {.prompt_tokens = TOKENS_UNKNOWN};
    struct sse sse;
    sse_init(&sse, on_event, &answer);
    sse_feed(&sse, buffer_text(&response->body));
    sse_finish(&sse);
    sse_free(&sse);
    probe->answered = answer.any_token;
    probe->gives_usage = answer.usage;
    probe->prompt_tokens = answer.prompt_tokens;
    probe->gives_cached_tokens = answer.cached_tokens;
    if (answer.error)
        log_warning("the probe request got an error in its stream: %s", answer.error_text);
    else if (!answer.any_token)
        log_warning("the probe request got no token (Content-Type %s): does this endpoint stream?",
                    response->content_type[0] ? response->content_type : "not given");
    else if (!answer.usage)
        log_info("the server gives no usage: tokens are counted by chunks, marked ≈");
    return true;
}

static bool ask(struct probe *probe, struct http_client *client, const struct config *config,
                const struct server *server, const _Atomic bool *stop, struct error *error)
{
    for (;;) {
        struct buffer body = {0};
        build_body(&body, probe, config);
        struct http_request request = {.url = config->endpoint,
                                       .headers = (const char *const *)server->headers,
                                       .post = true,
                                       .body = buffer_text(&body),
                                       .timeout_s = config->timeout_s};
        struct http_response response;
        struct error reason = {0};
        bool arrived = http_perform(client, &request, &response, &reason);
        buffer_free(&body);
        if (!arrived) {
            http_response_free(&response);
            if (!atomic_load(stop))
                log_warning("the probe request failed (%s), going on without knowing what the "
                            "server takes",
                            reason.text);
            return true;
        }
        bool again = give_way(probe, &response);
        bool ok = again || judge(probe, config, &response, error);
        http_response_free(&response);
        if (!again)
            return ok;
    }
}

bool probe_run(struct probe *probe, const struct config *config, const struct server *server,
               const _Atomic bool *stop, struct error *error)
{
    *probe = (struct probe){.model = config->model ? xstrdup(config->model) : NULL,
                            .include_usage = true,
                            .prompt_tokens = TOKENS_UNKNOWN};
    struct http_client *client = http_client_new(&server->http);
    char *models_url = endpoint_sibling(config->endpoint, "/v1/models");
    struct http_response models = {0};
    const struct engine *engine = NULL;
    http_client_stop_by(client, stop);

    bool ok = wait_for_server(client, config, server, models_url, stop, &models, error);
    if (!ok)
        goto done;
    read_models(probe, &models, &engine);
    if (!probe->model)
        ok = say_no_model(config, models_url, &models, error);
    http_response_free(&models);
    if (!ok)
        goto done;
    if (engine) {
        struct http_request like = {.headers = (const char *const *)server->headers,
                                    .timeout_s = SHORT_TIMEOUT_S};
        probe->engine = engine_title(engine, client, config->endpoint, &like);
        probe->reset_path = engine->reset_path;
    }
    ok = ask(probe, client, config, server, stop, error);
    /* Who refuses may close for that, and a client does when it gives up: only an answer tells. */
    probe->keeps_connections = true;
    if (ok && probe->answered && get(client, server, models_url, &models, NULL))
        probe->keeps_connections = !models.new_connection;
    http_response_free(&models);
done:
    free(models_url);
    http_client_free(client);
    if (!atomic_load(stop))
        return ok;
    error->text[0] = '\0'; /* that of a request that was broken off */
    return false;
}

void probe_free(struct probe *probe)
{
    free(probe->model);
    free(probe->models);
    free(probe->engine);
}

bool probe_is_up(const struct config *config, const struct server *server, const _Atomic bool *stop)
{
    struct http_client *client = http_client_new(&server->http);
    http_client_stop_by(client, stop);
    char *url = endpoint_sibling(config->endpoint, "/v1/models");
    struct http_response response;
    bool up = get(client, server, url, &response, NULL);
    http_response_free(&response);
    http_client_free(client);
    free(url);
    return up;
}

bool probe_reset_cache(const char *url, const struct server *server, const _Atomic bool *stop,
                       struct error *error)
{
    struct http_client *client = http_client_new(&server->http);
    http_client_stop_by(client, stop);
    struct http_request request = {
        .url = url, .headers = (const char *const *)server->headers, .post = true, .timeout_s = 60};
    struct http_response response;
    bool ok = http_perform(client, &request, &response, error);
    if (!ok)
        error_prefix(error, "cannot reset the cache at %s", url);
    else if (response.status < 200 || response.status > 299)
        ok = error_set(error, "cannot reset the cache at %s (HTTP %ld): %.*s", url, response.status,
                       excerpt(&response), response.body.data ? response.body.data : "");
    http_response_free(&response);
    http_client_free(client);
    return ok;
}

char *probe_reset_url(const struct probe *probe, const struct config *config, struct error *error)
{
    if (strcmp(config->reset_cache_url, "auto") != 0)
        return xstrdup(config->reset_cache_url);
    if (probe->reset_path)
        return endpoint_sibling(config->endpoint, probe->reset_path);
    error_set(error, "--reset-cache-url auto: %s has no reset that fluxperf knows; give the URL",
              probe->engine ? probe->engine : "this server");
    return NULL;
}
