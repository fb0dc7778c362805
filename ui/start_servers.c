/* Looks for servers on this machine: one GET /v1/models for each port they are usually at, and
 * where one answers, its version and whether it has metrics. */
#include <stdio.h>
#include <stdlib.h>

#include "base/http.h"
#include "base/memory.h"
#include "client/engine.h"
#include "ui/start.h"

#define ASK_TIMEOUT_S 0.4
#define ASK_BYTES     (4 << 20)

const uint16_t start_ports[START_PORTS] = {8000, 8080, 11434, 30000};

static void copy_text(char *out, size_t size, struct json_scan *scan)
{
    struct text escaped;
    struct buffer plain = {0};
    if (json_peek(scan) != JSON_STRING) {
        json_skip(scan);
        return;
    }
    if (json_scan_string(scan, &escaped)) {
        json_unescape(&plain, escaped);
        struct text head = text_head(buffer_text(&plain), size - 1);
        snprintf(out, size, "%.*s", (int)head.size, head.data);
    }
    buffer_free(&plain);
}

static void read_model(struct found_server *found, struct json_scan *scan)
{
    struct text key;
    if (!json_try_object(scan))
        return;
    while (json_next_key(scan, &key)) {
        if (text_is(key, "id"))
            copy_text(found->model, sizeof found->model, scan);
        else if (text_is(key, "owned_by"))
            copy_text(found->owner, sizeof found->owner, scan);
        else
            json_skip(scan);
    }
}

/* The first of {"data": [{"id": …}]}. */
static bool read_models(struct found_server *found, struct text body)
{
    struct json_scan scan = json_scan_begin(body);
    struct text key;
    if (!json_try_object(&scan))
        return false;
    while (json_next_key(&scan, &key)) {
        if (!text_is(key, "data")) {
            json_skip(&scan);
        } else if (json_try_array(&scan)) {
            for (bool first = true; json_next_element(&scan); first = false)
                if (first)
                    read_model(found, &scan);
                else
                    json_skip(&scan);
        }
    }
    return !scan.failed && found->model[0];
}

static bool ask(struct http_client *client, const char *endpoint, const char *path,
                struct http_response *response)
{
    char *url = endpoint_sibling(endpoint, path);
    struct http_request request = {
        .url = url, .timeout_s = ASK_TIMEOUT_S, .max_body_bytes = ASK_BYTES};
    bool ok = http_perform(client, &request, response, NULL) && response->status == 200;
    free(url);
    return ok;
}

/* What it is, and what it offers, as far as that can be known without a request to its model. */
static void learn_more(struct found_server *found, struct http_client *client, const char *endpoint,
                       const char *server_header)
{
    const struct engine *engine = engine_find(found->owner[0] ? found->owner : NULL);
    struct http_request like = {.timeout_s = ASK_TIMEOUT_S, .max_body_bytes = ASK_BYTES};
    struct http_response metrics;
    if (!engine)
        engine = engine_find(server_header);
    if (engine) {
        char *title = engine_title(engine, client, endpoint, &like);
        snprintf(found->engine, sizeof found->engine, "%s", title);
        free(title);
        found->reset_path = engine->reset_path;
    }
    found->has_metrics = ask(client, endpoint, "/metrics", &metrics) &&
                         memmem(metrics.body.data, metrics.body.size, "# TYPE ", 7);
    http_response_free(&metrics);
}

bool start_ask_server(uint16_t port, struct found_server *found)
{
    struct http_settings settings = {.connect_timeout_s = ASK_TIMEOUT_S,
                                     .user_agent = "fluxperf/" FLUXPERF_VERSION};
    struct http_client *client = http_client_new(&settings);
    char *endpoint = xasprintf("http://127.0.0.1:%u/v1/chat/completions", port);
    struct http_response models;
    *found = (struct found_server){.port = port};
    found->found = ask(client, endpoint, "/v1/models", &models) &&
                   read_models(found, buffer_text(&models.body));
    if (found->found)
        learn_more(found, client, endpoint, models.server);
    http_response_free(&models);
    http_client_free(client);
    free(endpoint);
    return found->found;
}
