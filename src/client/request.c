#include "client/request.h"

#include <math.h>

#include "base/json.h"

/* Whether --extra-body sets this key itself: then it wins. */
static bool is_extra(const struct config *config, const char *key)
{
    if (!config->extra_body)
        return false;
    struct json_scan scan = json_scan_begin(text_of(config->extra_body));
    struct text found;
    json_enter_object(&scan);
    while (json_next_key(&scan, &found)) {
        if (text_is(found, key))
            return true;
        json_skip(&scan);
    }
    return false;
}

static void put_extra(struct json_writer *json, const struct config *config)
{
    if (!config->extra_body)
        return;
    struct json_scan scan = json_scan_begin(text_of(config->extra_body));
    struct text key, value;
    json_enter_object(&scan);
    while (json_next_key(&scan, &key) && json_scan_raw(&scan, &value)) {
        json_raw_string(json, key);
        buffer_add_char(json->out, ':');
        json->need_comma = false;
        json_raw(json, value);
    }
}

/* Content is a JSON string or an array of parts; the salt becomes its first line or first part. */
static void put_content(struct json_writer *json, struct text content, struct text salt)
{
    json_key(json, "content");
    if (salt.size && text_is(content, "null"))
        content = TEXT("\"\"");
    if (salt.size == 0) {
        json_raw(json, content);
    } else if (content.data[0] == '"') {
        json_raw(json, TEXT("\""));
        buffer_printf(json->out, "%.*s\\n", (int)salt.size, salt.data);
        buffer_add(json->out, content.data + 1, content.size - 1);
    } else {
        struct json_scan scan = json_scan_begin(content);
        json_enter_array(&scan);
        struct text rest = {scan.at, (size_t)(scan.end - scan.at)};
        bool empty = text_is(text_trim(rest), "]");
        json_raw(json, TEXT("[{\"type\":\"text\",\"text\":\""));
        buffer_printf(json->out, "%.*s\\n\"}%s", (int)salt.size, salt.data, empty ? "" : ",");
        buffer_add_text(json->out, rest);
    }
}

static void put_message(struct json_writer *json, const struct message *message, struct text salt)
{
    json_open(json, '{');
    json_put_string(json, "role", message->role);
    put_content(json, message->content, salt);
    buffer_add_text(json->out, message->others);
    json_close(json, '}');
}

bool request_has_system_prompt(const struct config *config, const struct sample *sample)
{
    return config->system_prompt && strcmp(sample->messages[0].role, "system") != 0;
}

void request_put_messages(struct json_writer *json, const struct config *config,
                          const struct sample *sample, struct text salt)
{
    json_key(json, "messages");
    json_open(json, '[');
    if (request_has_system_prompt(config, sample)) {
        struct buffer content = {0};
        struct json_writer quoted = {.out = &content};
        json_string(&quoted, text_of(config->system_prompt));
        struct message system = {.role = "system", .content = buffer_text(&content)};
        put_message(json, &system, salt);
        buffer_free(&content);
        salt.size = 0;
    }
    for (uint32_t i = 0; i < sample->message_count; i++) {
        put_message(json, &sample->messages[i], salt);
        salt.size = 0;
    }
    json_close(json, ']');
}

void request_plain_text(struct buffer *out, const struct config *config,
                        const struct sample *sample)
{
    if (request_has_system_prompt(config, sample))
        buffer_printf(out, "%s\n\n", config->system_prompt);
    sample_plain_text(sample, out);
}

static void put_prompt(struct json_writer *json, const struct config *config,
                       const struct sample *sample, struct text salt)
{
    struct buffer prompt = {0};
    if (salt.size)
        buffer_printf(&prompt, "%.*s\n", (int)salt.size, salt.data);
    request_plain_text(&prompt, config, sample);
    json_put_text(json, "prompt", buffer_text(&prompt));
    buffer_free(&prompt);
}

/* A row's own limit holds, capped by --max-output-tokens. */
static int64_t output_limit(const struct config *config, const struct sample *sample)
{
    int64_t option = config->max_output_tokens, row = sample->max_tokens;
    if (row < 0)
        return option;
    return option >= 0 && option < row ? option : row;
}

void request_build_body(struct buffer *out, const struct body_shape *shape,
                        const struct sample *sample, struct text salt)
{
    const struct config *config = shape->config;
    struct json_writer writer = {.out = out}, *json = &writer;
    json_open(json, '{');
    if (!is_extra(config, "model"))
        json_put_string(json, "model", shape->model);
    if (shape->completions)
        put_prompt(json, config, sample, salt);
    else
        request_put_messages(json, config, sample, salt);
    if (!is_extra(config, "stream"))
        json_put_bool(json, "stream", true);
    if (shape->include_usage && !is_extra(config, "stream_options")) {
        json_key(json, "stream_options");
        json_raw(json, TEXT("{\"include_usage\":true}"));
    }
    const char *limit_key = shape->max_completion_tokens ? "max_completion_tokens" : "max_tokens";
    int64_t limit = output_limit(config, sample);
    if (limit >= 0 && !is_extra(config, "max_tokens") && !is_extra(config, "max_completion_tokens"))
        json_put_int(json, limit_key, limit);
    if (config->min_output_tokens >= 0 && !is_extra(config, "min_tokens"))
        json_put_int(json, "min_tokens", config->min_output_tokens);
    if (config->ignore_eos && !is_extra(config, "ignore_eos"))
        json_put_bool(json, "ignore_eos", true);
    if (!isnan(config->temperature) && !is_extra(config, "temperature"))
        json_put_real(json, "temperature", config->temperature, 4);
    if (!isnan(config->top_p) && !is_extra(config, "top_p"))
        json_put_real(json, "top_p", config->top_p, 4);
    put_extra(json, config);
    json_close(json, '}');
}
