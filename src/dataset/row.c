#include "dataset/row.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/memory.h"
#include "dataset/content.h"

#define SESSION_ID_MAX_BYTES 256
#define MAX_TOKENS_LIMIT     1000000000

/* The keys that mean something, as in the file. The first prompt key that a row has decides its
 * form; only LongBench needs two, and comes last, as converted rows may keep its keys. */
#define ROW_KEYS(X)                       \
    X(KEY_MESSAGES, "messages")           \
    X(KEY_USER_MESSAGES, "user_messages") \
    X(KEY_CONVERSATIONS, "conversations") \
    X(KEY_TEXT, "text")                   \
    X(KEY_PROMPT, "prompt")               \
    X(KEY_CONTENT, "content")             \
    X(KEY_CONTEXT, "context")             \
    X(KEY_INPUT, "input")                 \
    X(KEY_SESSION_ID, "session_id")       \
    X(KEY_MAX_TOKENS, "max_tokens")       \
    X(KEY_MAX_OUTPUT_TOKENS, "max_output_tokens")

#define ROW_KEY(id, name) id,
enum row_key { ROW_KEYS(ROW_KEY) KEY_COUNT };
#undef ROW_KEY

#define ROW_KEY(id, name) [id] = name,
static const char *const key_names[KEY_COUNT] = {ROW_KEYS(ROW_KEY)};
#undef ROW_KEY

/* How a list of turns names its parts. */
struct turn_form {
    const char *role_key;
    const char *content_key;
    bool keeps_others; /* further members of a turn are sent */
};

static const struct turn_form openai_turns = {"role", "content", true};
static const struct turn_form sharegpt_turns = {"from", "value", false};

/* Who speaks in a ShareGPT row → the role that is sent. */
static const struct {
    const char *from, *role;
} sharegpt_roles[] = {
    {"human", "user"},          {"user", "user"},      {"gpt", "assistant"},
    {"chatgpt", "assistant"},   {"bing", "assistant"}, {"bard", "assistant"},
    {"assistant", "assistant"}, {"system", "system"},
};

/* Roles that need no copy of their own. */
static const char *const known_roles[] = {"user", "assistant", "system", "tool", "developer"};

static struct message *add_message(struct row_reader *reader)
{
    if (reader->message_count == reader->message_capacity) {
        reader->message_capacity = reader->message_capacity ? reader->message_capacity * 2 : 16;
        reader->messages =
            xreallocarray(reader->messages, reader->message_capacity, sizeof *reader->messages);
    }
    struct message *message = &reader->messages[reader->message_count++];
    *message = (struct message){0};
    return message;
}

static void add_user_message(struct row_reader *reader, struct text content)
{
    struct message *message = add_message(reader);
    message->role = "user";
    message->content = content;
}

/* The error that was set is about this part of the row. Returns false. */
static bool blame(struct row_reader *reader, struct text part)
{
    reader->error_at = part.data;
    return false;
}

/* The role that is sent, or NULL with the error set. */
static const char *read_role(struct row_reader *reader, const struct turn_form *form,
                             struct text value)
{
    const char *key = form->role_key;
    uint32_t number = reader->message_count;
    if (value.size == 0 || !json_is(value, JSON_STRING)) {
        error_set(&reader->error, "message %u: \"%s\" %s", number, key,
                  value.size == 0 ? "is missing" : "must be a string");
        return NULL;
    }
    struct text role = json_inside(value);
    if (form == &sharegpt_turns) {
        for (size_t i = 0; i < ARRAY_SIZE(sharegpt_roles); i++)
            if (text_is(role, sharegpt_roles[i].from))
                return sharegpt_roles[i].role;
        error_set(&reader->error,
                  "message %u: unknown speaker \"%.*s\" (known: human, gpt, system)", number,
                  (int)text_head(role, 40).size, role.data);
        return NULL;
    }
    for (size_t i = 0; i < ARRAY_SIZE(known_roles); i++)
        if (text_is(role, known_roles[i]))
            return known_roles[i];
    if (role.size == 0 || role.size > 64 || memchr(role.data, '\\', role.size)) {
        error_set(&reader->error, "message %u: \"role\" is no role", number);
        return NULL;
    }
    return arena_copy(reader->arena, role);
}

/* One object of `messages` or `conversations`. */
static bool read_turn(struct row_reader *reader, const struct turn_form *form, struct text object)
{
    struct message *message = add_message(reader);
    struct json_scan scan = json_scan_begin(object);
    struct text key, value, role = {0}, content = {0};
    if (!json_enter_object(&scan)) {
        error_set(&reader->error, "message %u must be an object, not %s", reader->message_count,
                  json_type_name(object));
        return blame(reader, object);
    }
    buffer_clear(&reader->scratch);
    while (json_next_key(&scan, &key)) {
        json_scan_raw(&scan, &value);
        if (text_is(key, form->role_key)) {
            role = value;
        } else if (text_is(key, form->content_key)) {
            content = value;
        } else if (form->keeps_others) {
            const char *start = key.data - 1;
            buffer_add_char(&reader->scratch, ',');
            buffer_add(&reader->scratch, start, (size_t)(value.data + value.size - start));
        }
    }
    message->role = read_role(reader, form, role);
    if (!message->role)
        return blame(reader, role.size ? role : object);
    struct text others = buffer_text(&reader->scratch);
    if (others.size)
        message->others = (struct text){arena_copy(reader->arena, others), others.size};

    /* An assistant that only calls tools has no content. */
    if (others.size && strcmp(message->role, "assistant") == 0 &&
        (content.size == 0 || text_is(content, "null"))) {
        message->content = TEXT("null");
        return true;
    }
    char name[64];
    snprintf(name, sizeof name, "message %u: \"%s\"", reader->message_count, form->content_key);
    if (content.size == 0) {
        error_set(&reader->error, "%s is missing", name);
        return blame(reader, object);
    }
    message->content = content;
    return content_check(content, name, &reader->error) || blame(reader, content);
}

static bool read_turns(struct row_reader *reader, const struct turn_form *form, const char *name,
                       struct text array)
{
    struct json_scan scan = json_scan_begin(array);
    if (!json_enter_array(&scan)) {
        error_set(&reader->error, "\"%s\" must be an array, not %s", name, json_type_name(array));
        return blame(reader, array);
    }
    while (json_next_element(&scan)) {
        struct text turn = {0};
        if (!json_scan_raw(&scan, &turn) || !read_turn(reader, form, turn))
            return false;
    }
    return true;
}

static bool read_user_messages(struct row_reader *reader, struct text array)
{
    struct json_scan scan = json_scan_begin(array);
    if (!json_enter_array(&scan)) {
        error_set(&reader->error, "\"user_messages\" must be an array, not %s",
                  json_type_name(array));
        return blame(reader, array);
    }
    while (json_next_element(&scan)) {
        struct text content = {0};
        char name[64];
        snprintf(name, sizeof name, "user message %u", reader->message_count + 1);
        if (!json_scan_raw(&scan, &content) || !content_check(content, name, &reader->error))
            return blame(reader, content);
        add_user_message(reader, content);
    }
    return true;
}

/* A raw LongBench row: the long text, then the question; a summary task has none. */
static bool read_longbench(struct row_reader *reader, struct text context, struct text input)
{
    if (!json_is(context, JSON_STRING) || !json_is(input, JSON_STRING)) {
        error_set(&reader->error, "\"context\" and \"input\" must be strings");
        return blame(reader, json_is(context, JSON_STRING) ? input : context);
    }
    struct text long_text = json_inside(context), question = json_inside(input);
    if (question.size == 0 || long_text.size == 0) {
        add_user_message(reader, question.size ? input : context);
        return true;
    }
    struct buffer *joined = &reader->scratch;
    buffer_clear(joined);
    buffer_reserve(joined, long_text.size + question.size + 6);
    buffer_add_char(joined, '"');
    buffer_add_text(joined, long_text);
    buffer_add_string(joined, "\\n\\n");
    buffer_add_text(joined, question);
    buffer_add_char(joined, '"');
    struct text content = buffer_text(joined);
    add_user_message(reader, (struct text){arena_copy(reader->arena, content), content.size});
    return true;
}

/* Names what is there and what would do. */
static bool no_prompt_key(struct row_reader *reader, struct text row)
{
    struct json_scan scan = json_scan_begin(row);
    struct text key;
    struct buffer *found = &reader->scratch;
    buffer_clear(found);
    json_enter_object(&scan);
    for (int i = 0; json_next_key(&scan, &key); i++) {
        if (i < 8)
            buffer_printf(found, "%s\"%.*s\"", i ? ", " : "", (int)text_head(key, 40).size,
                          key.data);
        else if (i == 8)
            buffer_add_string(found, ", …");
        json_skip(&scan);
    }
    return error_set(&reader->error,
                     "no prompt: the row has %s; it needs one of text, prompt, content, messages, "
                     "user_messages, conversations, or context with input",
                     found->size ? found->data : "no keys");
}

static enum row_form form_of(const struct text values[KEY_COUNT])
{
    static const enum row_form forms[] = {[KEY_MESSAGES] = FORM_MESSAGES,
                                          [KEY_USER_MESSAGES] = FORM_USER_MESSAGES,
                                          [KEY_CONVERSATIONS] = FORM_CONVERSATIONS,
                                          [KEY_TEXT] = FORM_TEXT,
                                          [KEY_PROMPT] = FORM_TEXT,
                                          [KEY_CONTENT] = FORM_TEXT};
    for (size_t key = 0; key < ARRAY_SIZE(forms); key++)
        if (values[key].size)
            return forms[key];
    return FORM_LONGBENCH;
}

static bool read_prompt(struct row_reader *reader, struct text row,
                        const struct text values[KEY_COUNT])
{
    if (values[KEY_MESSAGES].size)
        return read_turns(reader, &openai_turns, "messages", values[KEY_MESSAGES]);
    if (values[KEY_USER_MESSAGES].size)
        return read_user_messages(reader, values[KEY_USER_MESSAGES]);
    if (values[KEY_CONVERSATIONS].size)
        return read_turns(reader, &sharegpt_turns, "conversations", values[KEY_CONVERSATIONS]);
    for (int key = KEY_TEXT; key <= KEY_CONTENT; key++) {
        if (values[key].size == 0)
            continue;
        char name[32];
        snprintf(name, sizeof name, "\"%s\"", key_names[key]);
        if (!content_check(values[key], name, &reader->error))
            return blame(reader, values[key]);
        add_user_message(reader, values[key]);
        return true;
    }
    if (values[KEY_CONTEXT].size && values[KEY_INPUT].size)
        return read_longbench(reader, values[KEY_CONTEXT], values[KEY_INPUT]);
    return no_prompt_key(reader, row);
}

/* The id goes into a header line, so nothing that would end one may stand in it. */
static bool read_session_id(struct row_reader *reader, struct text value, struct sample *sample)
{
    if (value.size == 0)
        return true;
    struct buffer *id = &reader->scratch;
    buffer_clear(id);
    if (json_is(value, JSON_STRING))
        json_unescape(id, json_inside(value));
    else if (json_is(value, JSON_NUMBER))
        buffer_add_text(id, value);
    else
        return error_set(&reader->error, "\"session_id\" must be a string or a number, not %s",
                         json_type_name(value));
    if (id->size == 0 || id->size > SESSION_ID_MAX_BYTES)
        return error_set(&reader->error, "\"session_id\" must have 1 to %d bytes",
                         SESSION_ID_MAX_BYTES);
    for (size_t i = 0; i < id->size; i++)
        if ((unsigned char)id->data[i] < 0x20 || id->data[i] == 0x7f)
            return error_set(&reader->error, "\"session_id\" has a control character in it");
    sample->session_id = arena_copy(reader->arena, buffer_text(id));
    return true;
}

static bool read_max_tokens(struct row_reader *reader, const struct text values[KEY_COUNT],
                            struct sample *sample)
{
    int key = values[KEY_MAX_TOKENS].size ? KEY_MAX_TOKENS : KEY_MAX_OUTPUT_TOKENS;
    sample->max_tokens = -1;
    if (values[key].size == 0)
        return true;
    if (!text_to_int64(values[key], &sample->max_tokens) || sample->max_tokens < 1 ||
        sample->max_tokens > MAX_TOKENS_LIMIT) {
        error_set(&reader->error, "\"%s\" must be a whole number from 1 to %d", key_names[key],
                  MAX_TOKENS_LIMIT);
        return blame(reader, values[key]);
    }
    return true;
}

/* A session without a name gets its row's, so that routers can keep it together all the same. */
static void name_session(struct row_reader *reader, struct sample *sample)
{
    char name[32];
    snprintf(name, sizeof name, "row-%u", sample->row);
    if (sample->is_session && !sample->session_id)
        sample->session_id = arena_copy(reader->arena, text_of(name));
}

/* Checks the turns, drops what follows the last question, and hands the messages over. */
static bool finish(struct row_reader *reader, struct sample *sample)
{
    uint32_t count = reader->message_count;
    while (count && !message_is_question(&reader->messages[count - 1]))
        count--;
    if (count == 0)
        return error_set(&reader->error, "no user message in the row");
    for (uint32_t i = 0; i < count; i++) {
        if (!message_is_question(&reader->messages[i]))
            continue;
        sample->user_turns++;
        if (!content_is_empty(reader->messages[i].content))
            continue;
        if (count == 1)
            error_set(&reader->error, "the prompt is empty");
        else
            error_set(&reader->error, "message %u is empty", i + 1);
        return blame(reader, reader->messages[i].content);
    }
    sample->is_session = sample->user_turns > 1;
    name_session(reader, sample);
    sample->message_count = count;
    sample->messages = arena_take(reader->arena, count * sizeof *sample->messages);
    memcpy(sample->messages, reader->messages, count * sizeof *sample->messages);

    struct text last = sample->messages[count - 1].content;
    if (last.data[0] == '"' && !memchr(last.data, '\\', last.size)) {
        sample->prompt = json_inside(last);
        return true;
    }
    buffer_clear(&reader->scratch);
    content_plain_text(last, &reader->scratch);
    struct text prompt = buffer_text(&reader->scratch);
    sample->prompt = (struct text){arena_copy(reader->arena, prompt), prompt.size};
    return true;
}

static void collect_values(struct json_scan *scan, struct text values[KEY_COUNT])
{
    struct text key, value;
    json_enter_object(scan);
    while (json_next_key(scan, &key)) {
        int i = 0;
        while (i < KEY_COUNT && !text_is(key, key_names[i]))
            i++;
        /* A table's empty cell is exported as null. */
        if (json_scan_raw(scan, &value) && i < KEY_COUNT && !text_is(value, "null"))
            values[i] = value;
    }
}

bool row_read(struct row_reader *reader, struct text row, struct sample *sample)
{
    struct text values[KEY_COUNT] = {0};
    struct json_scan scan = json_scan_begin(row);
    reader->message_count = 0;
    reader->error_at = NULL;

    enum json_type type = json_peek(&scan);
    if (type == JSON_OBJECT)
        collect_values(&scan, values);
    else
        json_scan_raw(&scan, &values[KEY_TEXT]);
    if (!json_scan_done(&scan)) {
        bool is_row = type == JSON_OBJECT || type == JSON_STRING;
        reader->error_at = is_row ? scan.at : row.data;
        if (!is_row)
            return error_set(&reader->error, "not JSON: a row is an object, as "
                                             "{\"text\": \"Hello\"}, or a string in quotes");
        return error_set(&reader->error, "%s%s",
                         scan.failed ? scan.reason : "more text after the row's end",
                         scan.at == row.data + row.size ? ", but the row ends here" : "");
    }
    if (type != JSON_OBJECT && type != JSON_STRING)
        return error_set(&reader->error, "a row must be an object or a string, not %s",
                         json_type_name(row));
    sample->form = type == JSON_STRING ? FORM_STRING : (uint8_t)form_of(values);
    return read_prompt(reader, row, values) &&
           (read_session_id(reader, values[KEY_SESSION_ID], sample) ||
            blame(reader, values[KEY_SESSION_ID])) &&
           read_max_tokens(reader, values, sample) && finish(reader, sample);
}

void row_reader_free(struct row_reader *reader)
{
    free(reader->messages);
    buffer_free(&reader->scratch);
}
