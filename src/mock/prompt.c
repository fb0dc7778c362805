#include "mock/prompt.h"

#include <cjson/cJSON.h>
#include <stdlib.h>

#include "base/memory.h"
#include "mock/tokens.h"

void prompt_free(struct prompt *prompt)
{
    buffer_free(&prompt->text);
    free(prompt->model);
    free(prompt->session);
    *prompt = (struct prompt){0};
}

cJSON *prompt_body(struct text body, struct error *error)
{
    const char *end = NULL;
    cJSON *root = cJSON_ParseWithLengthOpts(body.data, body.size, &end, false);
    if (!root) {
        error_set(error, "the body is not valid JSON (at byte %td)", end ? end - body.data : 0);
        return NULL;
    }
    struct text rest = {end, body.size - (size_t)(end - body.data)};
    if (cJSON_IsObject(root) && text_trim(rest).size == 0)
        return root;
    error_set(error, "the body must be one JSON object");
    cJSON_Delete(root);
    return NULL;
}

static bool add_content(struct buffer *out, const cJSON *content, struct error *error)
{
    if (cJSON_IsString(content))
        buffer_add_string(out, content->valuestring);
    if (cJSON_IsString(content) || cJSON_IsNull(content) || !content)
        return true;
    if (!cJSON_IsArray(content))
        return error_set(error, "'content' must be a string or an array of parts");
    const cJSON *part;
    cJSON_ArrayForEach(part, content)
    {
        const cJSON *text = cJSON_GetObjectItemCaseSensitive(part, "text");
        if (cJSON_IsString(text))
            buffer_add_string(out, text->valuestring);
    }
    return true;
}

bool prompt_add_messages(struct buffer *out, const cJSON *messages, struct error *error)
{
    if (!cJSON_IsArray(messages) || !messages->child)
        return error_set(error, "'messages' must be an array of at least one message");
    const cJSON *message;
    cJSON_ArrayForEach(message, messages)
    {
        const cJSON *role = cJSON_GetObjectItemCaseSensitive(message, "role");
        if (!cJSON_IsString(role))
            return error_set(error, "each of 'messages' must be an object with a 'role'");
        buffer_add_string(out, role->valuestring);
        buffer_add_string(out, ": ");
        if (!add_content(out, cJSON_GetObjectItemCaseSensitive(message, "content"), error))
            return false;
        buffer_add_char(out, '\n');
    }
    buffer_add_string(out, "assistant:");
    return true;
}

bool prompt_add_tokens(struct buffer *out, const cJSON *tokens, struct error *error)
{
    const cJSON *token;
    if (!cJSON_IsArray(tokens))
        return error_set(error, "'tokens' must be an array of numbers");
    cJSON_ArrayForEach(token, tokens)
    {
        char bytes[TOKEN_MAX_BYTES];
        double id = cJSON_IsNumber(token) ? token->valuedouble : -1;
        size_t size = id > 0 && id < 0x1p53 ? token_bytes((uint64_t)id, bytes) : 0;
        if (size == 0)
            return error_set(error, "'tokens' holds something that is not a token's number");
        buffer_add(out, bytes, size);
    }
    return true;
}

/* A completion's prompt: a string, an array of one string, or an array of token numbers. */
static bool add_prompt(struct buffer *out, const cJSON *prompt, struct error *error)
{
    if (cJSON_IsArray(prompt) && cJSON_IsString(prompt->child) && !prompt->child->next)
        prompt = prompt->child;
    if (cJSON_IsString(prompt)) {
        buffer_add_string(out, prompt->valuestring);
        return true;
    }
    if (cJSON_IsArray(prompt) && cJSON_IsNumber(prompt->child))
        return prompt_add_tokens(out, prompt, error);
    return error_set(error, "'prompt' must be a string, one string in an array, or token numbers");
}

static const char *get_string(const cJSON *root, const char *key)
{
    return cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(root, key));
}

static bool is_true(const cJSON *root, const char *key)
{
    return cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(root, key));
}

/* Leaves `value` alone when the key is not there or null. */
static bool read_tokens(const cJSON *root, const char *key, int64_t least, int64_t *value,
                        struct error *error)
{
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(root, key);
    if (!item || cJSON_IsNull(item))
        return true;
    double number = cJSON_IsNumber(item) ? item->valuedouble : -1;
    if (!(number >= (double)least && number <= PROMPT_MOST_REPLY_TOKENS))
        return error_set(error, "'%s' must be a number between %d and %d", key, (int)least,
                         PROMPT_MOST_REPLY_TOKENS);
    *value = (int64_t)number;
    return true;
}

static bool read_limits(struct prompt *prompt, const cJSON *root, struct error *error)
{
    int64_t choices = 1;
    if (!read_tokens(root, "max_tokens", 1, &prompt->max_tokens, error) ||
        !read_tokens(root, "max_completion_tokens", 1, &prompt->max_tokens, error) ||
        !read_tokens(root, "min_tokens", 0, &prompt->min_tokens, error) ||
        !read_tokens(root, "n", 1, &choices, error))
        return false;
    if (choices != 1)
        return error_set(error, "'n' must be 1: this server gives one choice");
    if (prompt->max_tokens && prompt->min_tokens > prompt->max_tokens)
        return error_set(error, "'min_tokens' must not be above 'max_tokens'");
    prompt->ignore_eos = is_true(root, "ignore_eos");
    return true;
}

static void read_streaming(struct prompt *prompt, const cJSON *root)
{
    const cJSON *options = cJSON_GetObjectItemCaseSensitive(root, "stream_options");
    prompt->stream = is_true(root, "stream");
    prompt->usage_in_every_chunk = is_true(options, "continuous_usage_stats");
    prompt->include_usage = is_true(options, "include_usage");
}

static void read_identity(struct prompt *prompt, const cJSON *root)
{
    const char *model = get_string(root, "model");
    const char *session = get_string(root, "session_id");
    const char *salt = get_string(root, "cache_salt");
    if (!session)
        session = get_string(root, "user");
    prompt->model = model ? xstrdup(model) : NULL;
    prompt->session = session ? xstrdup(session) : NULL;
    prompt->salt = salt ? text_hash(TEXT_HASH_SEED, text_of(salt)) : 0;
}

bool prompt_parse(struct prompt *prompt, struct text body, bool chat, struct error *error)
{
    *prompt = (struct prompt){.chat = chat};
    cJSON *root = prompt_body(body, error);
    if (!root)
        return false;
    const cJSON *asked = cJSON_GetObjectItemCaseSensitive(root, chat ? "messages" : "prompt");
    bool good = chat ? prompt_add_messages(&prompt->text, asked, error)
                     : add_prompt(&prompt->text, asked, error);
    good = good && read_limits(prompt, root, error);
    if (good) {
        read_streaming(prompt, root);
        read_identity(prompt, root);
    }
    cJSON_Delete(root);
    if (!good)
        prompt_free(prompt);
    return good;
}
