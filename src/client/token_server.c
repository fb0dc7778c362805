#include "client/token_server.h"

#include <cjson/cJSON.h>
#include <math.h>
#include <stdlib.h>

#include "base/memory.h"

#define MOST_TIMEOUT_S   60.0
#define ANSWER_MAX_BYTES ((size_t)256 << 20)

static struct json_writer begin_body(const struct token_server *tokens, struct buffer *body)
{
    struct json_writer json = {.out = body};
    json_open(&json, '{');
    json_put_string(&json, "model", tokens->model);
    return json;
}

/* The answer as a tree, NULL when there is none. Frees the body. */
static cJSON *ask(const struct token_server *tokens, struct http_client *client, const char *url,
                  struct buffer *body)
{
    struct http_request request = {.url = url,
                                   .headers = (const char *const *)tokens->server->headers,
                                   .post = true,
                                   .body = buffer_text(body),
                                   .timeout_s = tokens->timeout_s,
                                   .max_body_bytes = ANSWER_MAX_BYTES};
    struct http_response response;
    bool ok = http_perform(client, &request, &response, NULL) && response.status == 200;
    cJSON *answer = ok ? cJSON_ParseWithLength(response.body.data, response.body.size) : NULL;
    http_response_free(&response);
    buffer_free(body);
    return answer;
}

static bool read_count(const cJSON *answer, uint32_t *count)
{
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(answer, "count");
    if (!cJSON_IsNumber(item) || item->valuedouble < 1 || item->valuedouble > UINT32_MAX)
        return false;
    *count = (uint32_t)item->valuedouble;
    return true;
}

static bool read_ids(const cJSON *answer, struct token_ids *ids)
{
    const cJSON *list = cJSON_GetObjectItemCaseSensitive(answer, "tokens"), *item;
    *ids = (struct token_ids){0};
    if (!cJSON_IsArray(list))
        return false;
    ids->ids = xcalloc((size_t)cJSON_GetArraySize(list) + 1, sizeof *ids->ids);
    cJSON_ArrayForEach(item, list)
    {
        /* Beyond it no double is a number of its own. */
        if (!cJSON_IsNumber(item) || fabs(item->valuedouble) > 0x1p53) {
            free(ids->ids);
            *ids = (struct token_ids){0};
            return false;
        }
        ids->ids[ids->count++] = (int64_t)item->valuedouble;
    }
    return true;
}

bool token_server_split(const struct token_server *tokens, struct http_client *client,
                        struct text text, struct token_ids *ids)
{
    struct buffer body = {0};
    struct json_writer json = begin_body(tokens, &body);
    json_put_text(&json, tokens->takes_content ? "content" : "prompt", text);
    /* A begin-of-text token stands in the template's count. */
    json_put_bool(&json, tokens->takes_content ? "add_special" : "add_special_tokens", false);
    json_close(&json, '}');
    cJSON *answer = ask(tokens, client, tokens->tokenize_url, &body);
    bool ok = read_ids(answer, ids);
    cJSON_Delete(answer);
    return ok;
}

bool token_server_join(const struct token_server *tokens, struct http_client *client,
                       const int64_t *ids, size_t count, struct buffer *text)
{
    static const char *const names[] = {"prompt", "content", "text"};
    struct buffer body = {0};
    struct json_writer json = begin_body(tokens, &body);
    json_key(&json, "tokens");
    json_open(&json, '[');
    for (size_t i = 0; i < count; i++)
        json_int(&json, ids[i]);
    json_close(&json, ']');
    json_close(&json, '}');
    cJSON *answer = ask(tokens, client, tokens->detokenize_url, &body);
    const char *joined = NULL;
    for (size_t i = 0; i < ARRAY_SIZE(names) && !joined; i++)
        joined = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(answer, names[i]));
    if (joined)
        buffer_add_string(text, joined);
    cJSON_Delete(answer);
    return joined != NULL;
}

bool token_server_count_chat(const struct token_server *tokens, struct http_client *client,
                             struct text messages, uint32_t *count)
{
    struct buffer body = {0};
    struct json_writer json = begin_body(tokens, &body);
    json_key(&json, "messages");
    json_raw(&json, messages);
    json_close(&json, '}');
    cJSON *answer = ask(tokens, client, tokens->tokenize_url, &body);
    bool ok = read_count(answer, count);
    cJSON_Delete(answer);
    return ok;
}

static bool splits(struct token_server *tokens, struct http_client *client, struct text sample,
                   bool takes_content)
{
    struct token_ids ids;
    tokens->takes_content = takes_content;
    bool ok = token_server_split(tokens, client, sample, &ids) && ids.count > 0;
    free(ids.ids);
    return ok;
}

bool token_server_find(struct token_server *found, const struct config *config,
                       const struct server *server, const char *model, struct text sample,
                       const _Atomic bool *stop)
{
    *found =
        (struct token_server){.server = server,
                              .model = model,
                              .tokenize_url = endpoint_sibling(config->endpoint, "/tokenize"),
                              .detokenize_url = endpoint_sibling(config->endpoint, "/detokenize"),
                              .timeout_s = fmin(config->timeout_s, MOST_TIMEOUT_S)};
    struct http_client *client = http_client_new(&server->http);
    uint32_t count;
    http_client_stop_by(client, stop);
    bool ok = splits(found, client, sample, false) || splits(found, client, sample, true);
    found->takes_messages =
        ok && !found->takes_content &&
        token_server_count_chat(found, client, TEXT("[{\"role\":\"user\",\"content\":\"a\"}]"),
                                &count);
    http_client_free(client);
    if (!ok)
        token_server_free(found);
    return ok;
}

void token_server_free(struct token_server *tokens)
{
    free(tokens->tokenize_url);
    free(tokens->detokenize_url);
    *tokens = (struct token_server){0};
}
