#include "client/delta.h"

#include "base/json.h"

const struct delta delta_nothing = {
    .usage = {TOKENS_UNKNOWN, TOKENS_UNKNOWN, TOKENS_UNKNOWN, TOKENS_UNKNOWN},
    .engine_cached_tokens = TOKENS_UNKNOWN,
    .engine_prompt_tokens = TOKENS_UNKNOWN,
};

static void read_string(struct json_scan *scan, struct text *into)
{
    struct text value;
    if (json_peek(scan) != JSON_STRING)
        json_skip(scan);
    else if (json_scan_string(scan, &value) && value.size)
        *into = value;
}

/* A number beyond any count is passed over: the chunk is JSON all the same. */
static void read_tokens(struct json_scan *scan, uint32_t *into)
{
    struct text number;
    double value;
    if (json_peek(scan) != JSON_NUMBER)
        json_skip(scan);
    else if (json_scan_raw(scan, &number) && text_to_double(number, &value) && value >= 0 &&
             value < TOKENS_UNKNOWN)
        *into = (uint32_t)value;
}

/* `[{"type":"text","text":"x"}]`: true when any part holds text. */
static bool parts_have_text(struct text parts, struct buffer *out)
{
    struct json_scan scan = json_scan_begin(parts);
    struct text key;
    bool any = false;
    json_enter_array(&scan);
    while (json_next_element(&scan)) {
        if (!json_try_object(&scan))
            continue;
        while (json_next_key(&scan, &key)) {
            struct text piece = {0};
            if (text_is(key, "text"))
                read_string(&scan, &piece);
            else
                json_skip(&scan);
            any |= piece.size != 0;
            if (out)
                buffer_add_text(out, piece);
        }
    }
    return any;
}

static void read_answer(struct json_scan *scan, struct delta *delta)
{
    struct text answer = {0};
    read_string(scan, &answer);
    if (answer.size) {
        delta->answer = answer;
        delta->answer_is_parts = false;
    }
}

static void read_content(struct json_scan *scan, struct delta *delta)
{
    struct text parts;
    if (json_peek(scan) != JSON_ARRAY) {
        read_answer(scan, delta);
    } else if (json_scan_raw(scan, &parts) && parts_have_text(parts, NULL)) {
        delta->answer = parts;
        delta->answer_is_parts = true;
    }
}

/* A tool call's function, or the call itself in the older `function_call`. */
static void read_function(struct json_scan *scan, struct delta *delta)
{
    struct text key, value = {0};
    if (!json_try_object(scan))
        return;
    while (json_next_key(scan, &key)) {
        if (text_is(key, "name") || text_is(key, "arguments"))
            read_string(scan, &value);
        else
            json_skip(scan);
    }
    delta->tool_call |= value.size != 0;
}

static void read_tool_calls(struct json_scan *scan, struct delta *delta)
{
    struct text key;
    if (!json_try_array(scan))
        return;
    while (json_next_element(scan)) {
        if (!json_try_object(scan))
            continue;
        while (json_next_key(scan, &key)) {
            if (text_is(key, "function"))
                read_function(scan, delta);
            else
                json_skip(scan);
        }
    }
}

static void read_message(struct json_scan *scan, struct delta *delta)
{
    struct text key;
    if (!json_try_object(scan))
        return;
    while (json_next_key(scan, &key)) {
        if (text_is(key, "content"))
            read_content(scan, delta);
        else if (text_is(key, "reasoning_content") || text_is(key, "reasoning"))
            read_string(scan, &delta->reasoning);
        else if (text_is(key, "tool_calls"))
            read_tool_calls(scan, delta);
        else if (text_is(key, "function_call"))
            read_function(scan, delta);
        else
            json_skip(scan);
    }
}

static enum finish_reason finish_of(struct text name)
{
    static const struct {
        const char *name;
        enum finish_reason reason;
    } known[] = {{"stop", FINISH_STOP},
                 {"length", FINISH_LENGTH},
                 {"tool_calls", FINISH_TOOL_CALLS},
                 {"function_call", FINISH_TOOL_CALLS}};
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (text_is(name, known[i].name))
            return known[i].reason;
    return FINISH_OTHER;
}

static void read_finish(struct json_scan *scan, struct delta *delta)
{
    struct text name = {0};
    read_string(scan, &name);
    if (name.size) {
        delta->has_finish = true;
        delta->finish = finish_of(name);
    }
}

static void read_choices(struct json_scan *scan, struct delta *delta)
{
    struct text key;
    if (!json_try_array(scan))
        return;
    while (json_next_element(scan)) {
        if (!json_try_object(scan))
            continue;
        while (json_next_key(scan, &key)) {
            if (text_is(key, "delta") || text_is(key, "message"))
                read_message(scan, delta);
            else if (text_is(key, "text"))
                read_answer(scan, delta);
            else if (text_is(key, "finish_reason"))
                read_finish(scan, delta);
            else
                json_skip(scan);
        }
    }
}

static void read_token_details(struct json_scan *scan, const char *wanted, uint32_t *into)
{
    struct text key;
    if (!json_try_object(scan))
        return;
    while (json_next_key(scan, &key)) {
        if (text_is(key, wanted))
            read_tokens(scan, into);
        else
            json_skip(scan);
    }
}

/* `null` and an all-zero usage in every chunk are no usage. */
static void read_usage(struct json_scan *scan, struct delta *delta)
{
    struct text key;
    struct usage *usage = &delta->usage;
    if (!json_try_object(scan))
        return;
    while (json_next_key(scan, &key)) {
        if (text_is(key, "prompt_tokens"))
            read_tokens(scan, &usage->prompt_tokens);
        else if (text_is(key, "completion_tokens"))
            read_tokens(scan, &usage->completion_tokens);
        else if (text_is(key, "prompt_tokens_details"))
            read_token_details(scan, "cached_tokens", &usage->cached_tokens);
        else if (text_is(key, "completion_tokens_details"))
            read_token_details(scan, "reasoning_tokens", &usage->reasoning_tokens);
        else if (text_is(key, "cached_tokens") || text_is(key, "prompt_cache_hit_tokens"))
            read_tokens(scan, &usage->cached_tokens);
        else if (text_is(key, "reasoning_tokens"))
            read_tokens(scan, &usage->reasoning_tokens);
        else
            json_skip(scan);
    }
    bool prompt = usage->prompt_tokens != TOKENS_UNKNOWN && usage->prompt_tokens != 0;
    bool completion = usage->completion_tokens != TOKENS_UNKNOWN && usage->completion_tokens != 0;
    delta->has_usage = prompt || completion;
    if (!delta->has_usage)
        *usage = delta_nothing.usage;
}

static void read_timings(struct json_scan *scan, struct delta *delta)
{
    struct text key;
    if (!json_try_object(scan))
        return;
    while (json_next_key(scan, &key)) {
        if (text_is(key, "cache_n"))
            read_tokens(scan, &delta->engine_cached_tokens);
        else if (text_is(key, "prompt_n"))
            read_tokens(scan, &delta->engine_prompt_tokens);
        else
            json_skip(scan);
    }
}

/* `{"error":{"message":…}}`, `{"error":"…"}`; null is none. */
static void read_error(struct json_scan *scan, struct delta *delta)
{
    struct text raw, key;
    if (json_peek(scan) == JSON_NULL || !json_scan_raw(scan, &raw)) {
        json_skip(scan);
        return;
    }
    delta->has_error = true;
    delta->error = raw;
    struct json_scan inside = json_scan_begin(raw);
    if (json_peek(&inside) == JSON_STRING) {
        json_scan_string(&inside, &delta->error);
    } else if (json_peek(&inside) == JSON_OBJECT) {
        json_enter_object(&inside);
        while (json_next_key(&inside, &key)) {
            if (text_is(key, "message"))
                read_string(&inside, &delta->error);
            else
                json_skip(&inside);
        }
    }
}

enum delta_kind delta_read(struct delta *delta, struct text data)
{
    *delta = delta_nothing;
    struct text trimmed = text_trim(data);
    if (text_is(trimmed, "[DONE]"))
        return DELTA_DONE;

    struct json_scan scan = json_scan_begin(trimmed);
    struct text key, object = {0}, message = {0};
    if (json_peek(&scan) != JSON_OBJECT)
        return DELTA_BAD_JSON;
    json_enter_object(&scan);
    while (json_next_key(&scan, &key)) {
        if (text_is(key, "choices"))
            read_choices(&scan, delta);
        else if (text_is(key, "usage"))
            read_usage(&scan, delta);
        else if (text_is(key, "error"))
            read_error(&scan, delta);
        else if (text_is(key, "timings"))
            read_timings(&scan, delta);
        else if (text_is(key, "object"))
            read_string(&scan, &object);
        else if (text_is(key, "message"))
            read_string(&scan, &message);
        else
            json_skip(&scan);
    }
    if (!json_scan_done(&scan))
        return DELTA_BAD_JSON;
    if (text_is(object, "error") && !delta->has_error) {
        delta->has_error = true;
        delta->error = message;
    }
    return DELTA_CHUNK;
}

bool delta_read_id(struct text data, struct text *id)
{
    struct json_scan scan = json_scan_begin(text_trim(data));
    struct text key;
    *id = (struct text){0};
    if (json_peek(&scan) != JSON_OBJECT)
        return false;
    json_enter_object(&scan);
    while (json_next_key(&scan, &key)) {
        if (text_is(key, "id")) {
            read_string(&scan, id);
            return id->size != 0;
        }
        json_skip(&scan);
    }
    return false;
}

void delta_add_answer(const struct delta *delta, struct buffer *out)
{
    if (delta->answer_is_parts)
        parts_have_text(delta->answer, out);
    else
        buffer_add_text(out, delta->answer);
}
