#include "dataset/content.h"

#include "dataset/dataset.h"

bool json_is(struct text value, enum json_type type)
{
    struct json_scan scan = json_scan_begin(value);
    return json_peek(&scan) == type;
}

const char *json_type_name(struct text value)
{
    static const char *const names[] = {
        [JSON_INVALID] = "nothing",  [JSON_NULL] = "null",       [JSON_BOOL] = "a boolean",
        [JSON_NUMBER] = "a number",  [JSON_STRING] = "a string", [JSON_ARRAY] = "an array",
        [JSON_OBJECT] = "an object",
    };
    struct json_scan scan = json_scan_begin(value);
    return names[json_peek(&scan)];
}

struct text json_inside(struct text value)
{
    return (struct text){value.data + 1, value.size - 2};
}

/* One part; its type and text are given where they are strings. False when it is no object. */
static bool scan_part(struct json_scan *scan, struct text *type, struct text *text)
{
    struct text key;
    *type = *text = (struct text){0};
    if (!json_enter_object(scan))
        return false;
    while (json_next_key(scan, &key)) {
        struct text *wanted = text_is(key, "type") ? type : text_is(key, "text") ? text : NULL;
        if (wanted && json_peek(scan) == JSON_STRING)
            json_scan_string(scan, wanted);
        else
            json_skip(scan);
    }
    return !scan->failed;
}

bool content_check(struct text value, const char *name, struct error *error)
{
    if (json_is(value, JSON_STRING))
        return true;
    if (!json_is(value, JSON_ARRAY))
        return error_set(error, "%s must be a string, not %s", name, json_type_name(value));
    struct json_scan scan = json_scan_begin(value);
    struct text type, text;
    json_enter_array(&scan);
    while (json_next_element(&scan)) {
        if (!scan_part(&scan, &type, &text))
            return error_set(error, "%s: a content part must be an object", name);
        if (type.size == 0)
            return error_set(error, "%s: a content part has no \"type\"", name);
    }
    return true;
}

bool content_is_empty(struct text content)
{
    return content.data[0] == '"' ? content.size == 2 : text_trim(json_inside(content)).size == 0;
}

void content_plain_text(struct text content, struct buffer *out)
{
    if (json_is(content, JSON_STRING)) {
        json_unescape(out, json_inside(content));
        return;
    }
    struct json_scan scan = json_scan_begin(content);
    struct text type, text;
    bool is_first = true;
    if (!json_is(content, JSON_ARRAY) || !json_enter_array(&scan))
        return;
    while (json_next_element(&scan) && scan_part(&scan, &type, &text)) {
        if (!text_is(type, "text"))
            continue;
        if (!is_first)
            buffer_add_char(out, '\n');
        is_first = false;
        json_unescape(out, text);
    }
}

bool message_is_question(const struct message *message)
{
    return strcmp(message->role, "user") == 0;
}

bool message_is_instruction(const struct message *message)
{
    return strcmp(message->role, "system") == 0 || strcmp(message->role, "developer") == 0;
}

void sample_plain_text(const struct sample *sample, struct buffer *out)
{
    for (uint32_t i = 0; i < sample->message_count; i++) {
        if (i)
            buffer_add_string(out, "\n\n");
        content_plain_text(sample->messages[i].content, out);
    }
}
