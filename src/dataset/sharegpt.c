#include "dataset/sharegpt.h"

#include "base/json.h"
#include "dataset/content.h"

#define SESSION_ID_MAX_BYTES 256

struct session {
    struct json_writer *questions; /* an open array */
    uint32_t turns;
    struct buffer plain;
};

/* One {"from", "value"}. */
static bool read_turn(struct session *session, struct json_scan *scan, struct error *error)
{
    struct text key, from = {0}, value = {0}, other;
    if (!json_enter_object(scan))
        return false;
    while (json_next_key(scan, &key)) {
        bool is_value = text_is(key, "value");
        if ((is_value || text_is(key, "from")) && json_peek(scan) == JSON_STRING)
            json_scan_string(scan, is_value ? &value : &from);
        else if (json_scan_raw(scan, &other) && is_value && !text_is(other, "null"))
            error_set(error, "\"value\" must be a string, not %s", json_type_name(other));
    }
    if (scan->failed || error->text[0])
        return false;
    if (!text_is(from, "human") && !text_is(from, "user"))
        return true;
    buffer_clear(&session->plain);
    json_unescape(&session->plain, value);
    if (text_trim(buffer_text(&session->plain)).size == 0)
        return true;
    session->turns++;
    json_string(session->questions, buffer_text(&session->plain));
    return true;
}

static bool read_turns(struct session *session, struct json_scan *scan, struct error *error)
{
    if (!json_enter_array(scan))
        return false;
    while (json_next_element(scan))
        if (!read_turn(session, scan, error))
            return false;
    return !scan->failed;
}

/* What may stand in a header line, else nothing: the dataset then names it by its row. */
static void put_id(struct json_writer *json, struct text escaped)
{
    struct buffer id = {0};
    json_unescape(&id, escaped);
    bool fits = id.size && id.size <= SESSION_ID_MAX_BYTES;
    for (size_t i = 0; i < id.size; i++)
        fits = fits && (unsigned char)id.data[i] >= 0x20 && id.data[i] != 0x7f;
    if (fits)
        json_put_text(json, "session_id", buffer_text(&id));
    buffer_free(&id);
}

static bool read_row(struct session *session, struct json_scan *scan, struct text *id,
                     struct error *error)
{
    struct text key;
    bool has_turns = false;
    json_enter_object(scan);
    while (json_next_key(scan, &key)) {
        if (text_is(key, "conversations") && !has_turns) {
            has_turns = true;
            if (!read_turns(session, scan, error))
                return false;
        } else if (text_is(key, "id") && json_peek(scan) == JSON_STRING) {
            json_scan_string(scan, id);
        } else if (text_is(key, "id") && json_peek(scan) == JSON_NUMBER) {
            json_scan_raw(scan, id);
        } else {
            json_skip(scan);
        }
    }
    if (!json_scan_done(scan))
        return false;
    return has_turns || error_set(error, "no \"conversations\": is this a row of ShareGPT?");
}

bool sharegpt_read(void *context, struct text row, struct text stem, struct buffer *out,
                   struct buffer *identity, const char **at, struct error *error)
{
    (void)stem;
    struct sharegpt_choice *choice = context;
    struct json_writer questions = {.out = identity};
    struct session session = {.questions = &questions};
    struct json_scan scan = json_scan_begin(row);
    struct text id = {0};
    error->text[0] = '\0';
    json_open(&questions, '[');
    bool ok = read_row(&session, &scan, &id, error);
    json_close(&questions, ']');
    if (!ok) {
        *at = error->text[0] && scan.at == row.data + row.size ? NULL : scan.at;
        if (!error->text[0])
            error_set(error, "%s%s", scan.failed ? scan.reason : "more text after the row's end",
                      scan.at == row.data + row.size ? ", but the row ends here" : "");
    } else if (session.turns < choice->min_turns) {
        choice->too_short++;
    } else {
        struct json_writer json = {.out = out};
        json_open(&json, '{');
        put_id(&json, id);
        json_key(&json, "user_messages");
        json_raw(&json, buffer_text(identity));
        json_close(&json, '}');
    }
    buffer_free(&session.plain);
    return ok;
}
