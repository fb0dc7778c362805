/* One event's data, against cJSON: an object for it must be a chunk for us, and what both read must
 * be the same. */
#include <cjson/cJSON.h>
#include <ctype.h>
#include <stdint.h>
#include <stdlib.h>

#include "base/json.h"
#include "client/delta.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool is_digit(struct text text, size_t at)
{
    return at < text.size && text.data[at] >= '0' && text.data[at] <= '9';
}

/* A number as cJSON takes it and the standard does not: 01, 1., -.5 */
static bool is_loose_number(struct text text, size_t at)
{
    bool follows = at && (is_digit(text, at - 1) || strchr(".+-eE", text.data[at - 1]));
    if (text.data[at] == '.')
        return !is_digit(text, at + 1) || !is_digit(text, at - 1);
    if (follows)
        return false;
    at += text.data[at] == '-';
    return !is_digit(text, at) || (text.data[at] == '0' && is_digit(text, at + 1));
}

/* \u without four hex digits, which cJSON takes for NUL, and ASCII: no server spells its keys with
 * escapes, and we do not unescape them. */
static bool is_odd_escape(struct text text)
{
    if (text.size < 2 || text.data[1] != 'u')
        return false;
    for (size_t i = 2; i < 6; i++)
        if (i == text.size || !isxdigit((unsigned char)text.data[i]))
            return true;
    return memcmp(text.data + 2, "00", 2) == 0 && text.data[4] < '8';
}

/* What cJSON takes beyond the standard, and deep nesting, which our scanner refuses on purpose. */
static bool is_beyond(struct text text)
{
    bool in_string = false;
    int depth = 0;
    for (size_t i = 0; i < text.size; i++) {
        char c = text.data[i];
        if ((unsigned char)c < 0x20 && (in_string || !strchr("\t\n\r", c) || c == '\0'))
            return true;
        if (in_string && c == '\\') {
            if (is_odd_escape((struct text){text.data + i, text.size - i}))
                return true;
            i++;
        } else if (c == '"') {
            in_string = !in_string;
        } else if (!in_string && (c == '{' || c == '[')) {
            if (++depth > 60)
                return true;
        } else if (!in_string && (c == '}' || c == ']')) {
            depth--;
        } else if (!in_string && (c == '-' || c == '.' || is_digit(text, i)) &&
                   is_loose_number(text, i)) {
            return true;
        }
    }
    return text_starts_with(text, "\xef\xbb\xbf");
}

static cJSON *parse_whole(struct text text)
{
    const char *end;
    cJSON *tree = cJSON_ParseWithLengthOpts(text.data, text.size, &end, false);
    struct text rest = {end, text.size - (size_t)(end - text.data)};
    if (!tree || text_trim(rest).size == 0)
        return tree;
    cJSON_Delete(tree);
    return NULL;
}

/* ---- a plain reading of the tree: of several values the last one that says something counts ----
 */

struct reading {
    struct buffer answer;
    struct text finish;
    uint32_t prompt_tokens, completion_tokens;
};

static bool has_key(const cJSON *item, const char *key)
{
    return item->string && strcmp(item->string, key) == 0;
}

static bool has_text(const cJSON *item)
{
    return cJSON_IsString(item) && item->valuestring[0];
}

static void add_parts(struct buffer *answer, const cJSON *parts)
{
    for (const cJSON *part = parts->child; part; part = part->next)
        for (const cJSON *item = cJSON_IsObject(part) ? part->child : NULL; item; item = item->next)
            if (has_key(item, "text") && has_text(item))
                buffer_add_string(answer, item->valuestring);
}

static void read_answer(struct reading *reading, const cJSON *content)
{
    struct buffer answer = {0};
    if (has_text(content))
        buffer_add_string(&answer, content->valuestring);
    else if (cJSON_IsArray(content))
        add_parts(&answer, content);
    if (answer.size == 0)
        return;
    buffer_free(&reading->answer);
    reading->answer = answer;
}

static void read_message(struct reading *reading, const cJSON *message)
{
    for (const cJSON *item = message->child; item; item = item->next)
        if (has_key(item, "content"))
            read_answer(reading, item);
}

static void read_choice(struct reading *reading, const cJSON *choice)
{
    for (const cJSON *item = choice->child; item; item = item->next) {
        if (has_key(item, "finish_reason") && has_text(item))
            reading->finish = text_of(item->valuestring);
        else if (has_key(item, "text") && has_text(item))
            read_answer(reading, item);
        else if ((has_key(item, "delta") || has_key(item, "message")) && cJSON_IsObject(item))
            read_message(reading, item);
    }
}

static void read_count(struct reading *reading, const cJSON *item)
{
    uint32_t *into = has_key(item, "prompt_tokens")       ? &reading->prompt_tokens
                     : has_key(item, "completion_tokens") ? &reading->completion_tokens
                                                          : NULL;
    if (into && cJSON_IsNumber(item) && item->valuedouble >= 0 &&
        item->valuedouble < TOKENS_UNKNOWN)
        *into = (uint32_t)item->valuedouble;
}

/* All zero is none. */
static void read_usage(struct reading *reading, const cJSON *usage)
{
    for (const cJSON *item = usage->child; item; item = item->next)
        read_count(reading, item);
    bool prompt = reading->prompt_tokens != TOKENS_UNKNOWN && reading->prompt_tokens;
    bool completion = reading->completion_tokens != TOKENS_UNKNOWN && reading->completion_tokens;
    if (!prompt && !completion)
        reading->prompt_tokens = reading->completion_tokens = TOKENS_UNKNOWN;
}

static void read_tree(struct reading *reading, const cJSON *tree)
{
    for (const cJSON *item = tree->child; item; item = item->next) {
        if (has_key(item, "usage") && cJSON_IsObject(item))
            read_usage(reading, item);
        if (has_key(item, "choices") && cJSON_IsArray(item))
            for (const cJSON *choice = item->child; choice; choice = choice->next)
                if (cJSON_IsObject(choice))
                    read_choice(reading, choice);
    }
}

static enum finish_reason finish_of(struct text name)
{
    if (name.size == 0)
        return FINISH_NONE;
    if (text_is(name, "stop"))
        return FINISH_STOP;
    if (text_is(name, "length"))
        return FINISH_LENGTH;
    bool tools = text_is(name, "tool_calls") || text_is(name, "function_call");
    return tools ? FINISH_TOOL_CALLS : FINISH_OTHER;
}

static void check_same(const struct delta *delta, const cJSON *tree)
{
    struct reading reading = {.prompt_tokens = TOKENS_UNKNOWN, .completion_tokens = TOKENS_UNKNOWN};
    struct buffer escaped = {0}, answer = {0};
    read_tree(&reading, tree);
    delta_add_answer(delta, &escaped);
    json_unescape(&answer, buffer_text(&escaped));
    if (!text_equal(buffer_text(&answer), buffer_text(&reading.answer)))
        abort();
    if (delta->finish != finish_of(reading.finish) ||
        delta->has_finish != (reading.finish.size != 0))
        abort();
    if (delta->usage.prompt_tokens != reading.prompt_tokens ||
        delta->usage.completion_tokens != reading.completion_tokens)
        abort();
    buffer_free(&escaped);
    buffer_free(&answer);
    buffer_free(&reading.answer);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct text text = {(const char *)data, size};
    struct delta delta;
    enum delta_kind kind = delta_read(&delta, text);
    if (is_beyond(text))
        return 0;
    cJSON *tree = parse_whole(text);
    if (cJSON_IsObject(tree)) {
        if (kind != DELTA_CHUNK)
            abort();
        check_same(&delta, tree);
    }
    cJSON_Delete(tree);
    return 0;
}
