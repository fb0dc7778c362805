#include "mock/routes.h"

#include <cjson/cJSON.h>
#include <inttypes.h>
#include <stdlib.h>

#include "base/json.h"
#include "base/memory.h"
#include "mock/reply.h"
#include "mock/tokens.h"

#define JSON_TYPE    "application/json"
#define METRICS_TYPE "text/plain; version=0.0.4; charset=utf-8"

static struct text body_of(const struct connection *connection)
{
    return buffer_text(&connection->request.body);
}

static void respond(struct connection *connection, const char *type, struct buffer *body)
{
    connection_respond(connection, 200, type, "", buffer_text(body));
    buffer_free(body);
}

static void respond_error(struct connection *connection, int status, const char *code,
                          const char *headers, const char *message)
{
    struct buffer body = {0};
    reply_error(status, code, message, &body);
    connection_respond(connection, status, JSON_TYPE, headers, buffer_text(&body));
    buffer_free(&body);
}

static void bad_request(struct connection *connection, const struct error *error)
{
    respond_error(connection, 400, NULL, "", error->text);
}

static void get_health(struct routes *routes, struct connection *connection, uint64_t now)
{
    (void)routes, (void)now;
    struct buffer body = {0};
    buffer_add_string(&body, "{\"status\":\"ok\"}");
    respond(connection, JSON_TYPE, &body);
}

static void get_metrics(struct routes *routes, struct connection *connection, uint64_t now)
{
    (void)now;
    struct buffer body = {0};
    engine_write_metrics(routes->engine, &body);
    respond(connection, METRICS_TYPE, &body);
}

static void put_context(struct json_writer *json, const struct mock_knobs *knobs)
{
    if (knobs->max_context_tokens > 0)
        json_put_int(json, "max_model_len", knobs->max_context_tokens);
}

static void get_models(struct routes *routes, struct connection *connection, uint64_t now)
{
    (void)now;
    struct buffer body = {0};
    struct json_writer json = {.out = &body};
    json_open(&json, '{');
    json_put_string(&json, "object", "list");
    json_key(&json, "data");
    json_open(&json, '[');
    json_open(&json, '{');
    json_put_string(&json, "id", routes->knobs->model);
    json_put_string(&json, "object", "model");
    json_put_string(&json, "owned_by", "fluxperf");
    put_context(&json, routes->knobs);
    json_close(&json, '}');
    json_close(&json, ']');
    json_close(&json, '}');
    respond(connection, JSON_TYPE, &body);
}

static void reset_prefix_cache(struct routes *routes, struct connection *connection, uint64_t now)
{
    (void)now;
    struct buffer body = {0};
    engine_forget_cache(routes->engine);
    respond(connection, JSON_TYPE, &body);
}

/* llama.cpp's clients send `content`; vLLM's `prompt` or `messages`, and want a count. */
static bool text_to_cut(const cJSON *root, struct buffer *text, bool *count, struct error *error)
{
    const char *content = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(root, "content"));
    const char *prompt = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(root, "prompt"));
    const cJSON *messages = cJSON_GetObjectItemCaseSensitive(root, "messages");
    *count = !content;
    if (messages)
        return prompt_add_messages(text, messages, error);
    if (!content && !prompt)
        return error_set(error, "'prompt', 'messages' or 'content' is missing");
    buffer_add_string(text, content ? content : prompt);
    return true;
}

static void add_tokens(struct json_writer *json, struct text text)
{
    json_key(json, "tokens");
    json_open(json, '[');
    for (struct text token; (token = token_cut(&text)).size;)
        json_uint(json, token_id(token));
    json_close(json, ']');
}

static void tokenize(struct routes *routes, struct connection *connection, uint64_t now)
{
    (void)now;
    struct error error;
    struct buffer text = {0};
    bool count = false;
    cJSON *root = prompt_body(body_of(connection), &error);
    if (root && text_to_cut(root, &text, &count, &error)) {
        struct buffer body = {0};
        struct json_writer json = {.out = &body};
        json_open(&json, '{');
        if (count) {
            json_put_uint(&json, "count", token_count(buffer_text(&text)));
            put_context(&json, routes->knobs);
        }
        add_tokens(&json, buffer_text(&text));
        json_close(&json, '}');
        respond(connection, JSON_TYPE, &body);
    } else {
        bad_request(connection, &error);
    }
    cJSON_Delete(root);
    buffer_free(&text);
}

static void detokenize(struct routes *routes, struct connection *connection, uint64_t now)
{
    (void)routes, (void)now;
    struct error error;
    struct buffer text = {0};
    cJSON *root = prompt_body(body_of(connection), &error);
    const cJSON *tokens = root ? cJSON_GetObjectItemCaseSensitive(root, "tokens") : NULL;
    if (root && prompt_add_tokens(&text, tokens, &error)) {
        struct buffer body = {0};
        struct json_writer json = {.out = &body};
        json_open(&json, '{');
        json_put_text(&json, "prompt", buffer_text(&text));  /* vLLM's name for it */
        json_put_text(&json, "content", buffer_text(&text)); /* llama.cpp's */
        json_close(&json, '}');
        respond(connection, JSON_TYPE, &body);
    } else {
        bad_request(connection, &error);
    }
    cJSON_Delete(root);
    buffer_free(&text);
}

/* Faults that take the place of a reply. */
static bool refuse(struct connection *connection, struct faults faults)
{
    if (faults_have(faults, FAULT_REFUSE)) {
        connection_doom(connection, false);
        return true;
    }
    if (faults_have(faults, FAULT_ERROR_429)) {
        respond_error(connection, 429, "rate_limit_exceeded", "Retry-After: 1\r\n",
                      "too many requests: try again later");
        return true;
    }
    if (faults_have(faults, FAULT_ERROR_500)) {
        respond_error(connection, 500, NULL, "", "the engine failed");
        return true;
    }
    return false;
}

static bool fits_context(const struct routes *routes, const struct prompt *prompt,
                         struct connection *connection)
{
    int64_t most = routes->knobs->max_context_tokens;
    size_t tokens = most > 0 ? token_count(buffer_text(&prompt->text)) : 0;
    if (tokens <= (size_t)(most > 0 ? most : 0))
        return true;
    struct error error;
    error_set(&error,
              "This model's maximum context length is %" PRId64
              " tokens. However, your prompt has %zu tokens.",
              most, tokens);
    respond_error(connection, 400, "context_length_exceeded", "", error.text);
    return false;
}

static void complete(struct routes *routes, struct connection *connection, bool chat, uint64_t now)
{
    struct prompt prompt;
    struct error error;
    struct faults faults = faults_draw(&routes->random, routes->knobs);
    if (refuse(connection, faults))
        return;
    if (!prompt_parse(&prompt, body_of(connection), chat, &error)) {
        bad_request(connection, &error);
        return;
    }
    buffer_free(&connection->request.body);
    if (!fits_context(routes, &prompt, connection)) {
        prompt_free(&prompt);
        return;
    }
    const struct buffer *header = &connection->request.session_id;
    if (header->size) {
        free(prompt.session);
        prompt.session = xstrndup(header->data, header->size);
    }
    engine_submit(routes->engine, connection, &prompt, faults, now);
}

static void chat_completions(struct routes *routes, struct connection *connection, uint64_t now)
{
    complete(routes, connection, true, now);
}

static void completions(struct routes *routes, struct connection *connection, uint64_t now)
{
    complete(routes, connection, false, now);
}

static const struct {
    const char *path;
    const char *method;
    bool open; /* needs no key */
    void (*answer)(struct routes *routes, struct connection *connection, uint64_t now);
} table[] = {
    {"/v1/chat/completions", "POST", false, chat_completions},
    {"/v1/completions", "POST", false, completions},
    {"/v1/models", "GET", false, get_models},
    {"/tokenize", "POST", false, tokenize},
    {"/detokenize", "POST", false, detokenize},
    {"/reset_prefix_cache", "POST", false, reset_prefix_cache},
    {"/health", "GET", true, get_health},
    {"/metrics", "GET", true, get_metrics},
};

static bool has_key(const struct routes *routes, const struct http_request *request)
{
    struct text given = buffer_text(&request->authorization);
    const char *scheme = "Bearer ";
    if (!routes->knobs->api_key)
        return true;
    if (!text_starts_with(given, scheme))
        return false;
    size_t skip = strlen(scheme);
    return text_is((struct text){given.data + skip, given.size - skip}, routes->knobs->api_key);
}

void routes_answer(struct routes *routes, struct connection *connection, uint64_t now)
{
    const struct http_request *request = &connection->request;
    if (request->state == HTTP_BROKEN) {
        respond_error(connection, request->status, NULL, "", http_reason(request->status));
        return;
    }
    for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
        if (!text_is(buffer_text(&request->path), table[i].path))
            continue;
        if (strcmp(request->method, table[i].method) != 0) {
            bool get = table[i].method[0] == 'G';
            respond_error(connection, 405, NULL, get ? "Allow: GET\r\n" : "Allow: POST\r\n",
                          "method not allowed");
        } else if (!table[i].open && !has_key(routes, request)) {
            respond_error(connection, 401, "invalid_api_key", "WWW-Authenticate: Bearer\r\n",
                          "the API key is missing or wrong");
        } else {
            table[i].answer(routes, connection, now);
        }
        return;
    }
    respond_error(connection, 404, NULL, "", "there is nothing at this path");
}
