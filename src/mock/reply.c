#include "mock/reply.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/memory.h"
#include "mock/tokens.h"

#define SESSION_MAX_BYTES 64

/* Each with its space is one token. */
static const char *const words[] = {
    " the",   " a",     " cache", " holds", " each", " block", " of",    " token",
    " and",   " so",    " model", " reads", " it",   " once",  " then",  " again",
    " from",  " there", " fast",  " path",  " warm", " cold",  " round", " when",
    " more",  " come",  " in",    " line",  " at",   " rest",  " one",   " keeps",
    " what",  " was",   " seen",  " near",  " for",  " next",  " time",  " with",
    " no",    " loss",  " while", " slots", " fill", " up",    " older", " parts",
    " leave", " first", " as",    " new",   " ones", " need",  " room",  " that",
    " is",    " how",   " long",  " texts", " stay", " quick", " to",    " read",
};

static void begin_event(struct text from, struct buffer *out)
{
    buffer_add(out, "data: ", 6);
    buffer_add_text(out, from);
}

static void end_event(const struct reply *reply, struct buffer *out)
{
    buffer_add_string(out, reply->line_end);
    buffer_add_string(out, reply->line_end);
}

static void build_prefix(struct reply *reply)
{
    struct json_writer json = {.out = &reply->prefix};
    json_open(&json, '{');
    json_put_string(&json, "id", reply->id);
    json_put_string(&json, "object", reply->chat ? "chat.completion.chunk" : "text_completion");
    json_put_int(&json, "created", reply->created);
    json_put_string(&json, "model", reply->model);
    json_key(&json, "choices");
    json_open(&json, '[');
    reply->prefix_head = reply->prefix.size;
    json_open(&json, '{');
    json_put_int(&json, "index", 0);
    json_key(&json, reply->chat ? "delta" : "text");
    if (!reply->chat)
        return;
    json_open(&json, '{');
    json_key(&json, "content");
}

void reply_init(struct reply *reply, bool chat, const char *model, const char *session,
                uint64_t prompt_hash, uint64_t number)
{
    *reply = (struct reply){
        .chat = chat,
        .line_end = "\n",
        .prompt_hash = prompt_hash,
        .created = (int64_t)(wall_ns() / NS_PER_S),
        .model = xstrdup(model),
    };
    snprintf(reply->id, sizeof reply->id, "%s-%08" PRIx64, chat ? "chatcmpl" : "cmpl", number);
    buffer_printf(&reply->signature, "[%.*s %08" PRIx64 "]", SESSION_MAX_BYTES,
                  session && *session ? session : "-", prompt_hash & 0xffffffffu);
    build_prefix(reply);
}

void reply_free(struct reply *reply)
{
    free(reply->model);
    buffer_free(&reply->signature);
    buffer_free(&reply->prefix);
}

void reply_add_token(struct reply *reply, struct buffer *out)
{
    struct text left = buffer_text(&reply->signature);
    left.data += reply->signature_used;
    left.size -= reply->signature_used;
    struct text token = token_cut(&left);
    reply->signature_used += token.size;
    if (token.size) {
        buffer_add_text(out, token);
        return;
    }
    uint64_t mixed = (reply->prompt_hash + ++reply->words) * 0x9e3779b97f4a7c15u;
    mixed = (mixed ^ mixed >> 29) * 0xbf58476d1ce4e5b9u;
    buffer_add_string(out, words[(mixed >> 32) % ARRAY_SIZE(words)]);
}

static void put_usage(struct json_writer *json, const struct usage *usage)
{
    json_key(json, "usage");
    json_open(json, '{');
    json_put_uint(json, "prompt_tokens", usage->prompt_tokens);
    json_put_uint(json, "total_tokens", usage->prompt_tokens + usage->completion_tokens);
    json_put_uint(json, "completion_tokens", usage->completion_tokens);
    json_key(json, "prompt_tokens_details");
    json_open(json, '{');
    json_put_uint(json, "cached_tokens", usage->cached_tokens);
    json_close(json, '}');
    json_close(json, '}');
}

static struct text choices_head(const struct reply *reply)
{
    return (struct text){reply->prefix.data, reply->prefix_head};
}

/* After the last choice: the usage, and the end. */
static void close_chunk(const struct reply *reply, const struct usage *usage, struct buffer *out)
{
    if (usage) {
        struct json_writer json = {.out = out, .need_comma = true};
        put_usage(&json, usage);
    }
    buffer_add_char(out, '}');
    end_event(reply, out);
}

void reply_role_event(const struct reply *reply, const struct usage *usage, struct buffer *out)
{
    begin_event(choices_head(reply), out);
    buffer_add_string(out, "{\"index\":0,\"delta\":{\"role\":\"assistant\",\"content\":\"\"},"
                           "\"logprobs\":null,\"finish_reason\":null}]");
    close_chunk(reply, usage, out);
}

void reply_text_event(const struct reply *reply, struct text content, const char *finish,
                      const struct usage *usage, struct buffer *out)
{
    begin_event(buffer_text(&reply->prefix), out);
    struct json_writer json = {.out = out};
    json_string(&json, content);
    if (reply->chat)
        buffer_add_char(out, '}');
    buffer_add_string(out, ",\"logprobs\":null,\"finish_reason\":");
    if (finish)
        json_string(&(struct json_writer){.out = out}, text_of(finish));
    else
        buffer_add(out, "null", 4);
    buffer_add(out, "}]", 2);
    close_chunk(reply, usage, out);
}

void reply_usage_event(const struct reply *reply, const struct usage *usage, struct buffer *out)
{
    begin_event(choices_head(reply), out);
    buffer_add_char(out, ']');
    close_chunk(reply, usage, out);
}

void reply_done_event(const struct reply *reply, struct buffer *out)
{
    begin_event(TEXT("[DONE]"), out);
    end_event(reply, out);
}

void reply_error_event(const struct reply *reply, struct buffer *out)
{
    begin_event(TEXT(""), out);
    reply_error(500, NULL, "the engine failed in mid-stream", out);
    end_event(reply, out);
}

void reply_garbage_event(const struct reply *reply, struct buffer *out)
{
    begin_event(TEXT("{\"id\":\"garb\\u00, \"choices\":[{\"del"), out);
    end_event(reply, out);
}

void reply_comment(const struct reply *reply, struct buffer *out)
{
    buffer_add_string(out, ": keep-alive");
    end_event(reply, out);
}

void reply_whole(const struct reply *reply, struct text content, const char *finish,
                 const struct usage *usage, struct buffer *out)
{
    struct json_writer json = {.out = out};
    json_open(&json, '{');
    json_put_string(&json, "id", reply->id);
    json_put_string(&json, "object", reply->chat ? "chat.completion" : "text_completion");
    json_put_int(&json, "created", reply->created);
    json_put_string(&json, "model", reply->model);
    json_key(&json, "choices");
    json_open(&json, '[');
    json_open(&json, '{');
    json_put_int(&json, "index", 0);
    if (reply->chat) {
        json_key(&json, "message");
        json_open(&json, '{');
        json_put_string(&json, "role", "assistant");
        json_put_text(&json, "content", content);
        json_close(&json, '}');
    } else {
        json_put_text(&json, "text", content);
    }
    json_put_null(&json, "logprobs");
    json_put_string(&json, "finish_reason", finish);
    json_close(&json, '}');
    json_close(&json, ']');
    if (usage)
        put_usage(&json, usage);
    json_close(&json, '}');
}

void reply_error(int status, const char *code, const char *message, struct buffer *out)
{
    static const struct {
        int status;
        const char *type;
    } types[] = {
        {401, "authentication_error"},
        {404, "not_found_error"},
        {429, "rate_limit_error"},
        {500, "server_error"},
    };
    const char *type = "invalid_request_error";
    for (size_t i = 0; i < ARRAY_SIZE(types); i++)
        if (types[i].status == status)
            type = types[i].type;
    struct json_writer json = {.out = out};
    json_open(&json, '{');
    json_key(&json, "error");
    json_open(&json, '{');
    json_put_string(&json, "message", message);
    json_put_string(&json, "type", type);
    json_put_null(&json, "param");
    json_put_string(&json, "code", code);
    json_close(&json, '}');
    json_close(&json, '}');
}
