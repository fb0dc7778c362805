/* One request as the debug log shows it: what the journal has of it, the body as sent, the reply
 * and the events. */
#include "base/json.h"
#include "benchmark/debug_log.h"
#include "result/journal_field.h"
#include "result/redacted.h"

static void put_event(struct json_writer *json, const struct captured_event *event)
{
    struct buffer data = {0};
    redact_json(&data, event->data);
    json_open(json, '{');
    json_put_uint(json, "at_ns", event->at_ns);
    if (event->name.size)
        json_put_text(json, "event", event->name);
    json_put_text(json, "data", buffer_text(&data));
    json_close(json, '}');
    buffer_free(&data);
}

static void put_events(struct json_writer *json, const struct capture *capture)
{
    struct captured_event event;
    json_put_uint(json, "raw_events_lost", capture->events_lost);
    json_key(json, "raw_events");
    json_open(json, '[');
    for (size_t offset = 0; capture_next_event(capture, &offset, &event);)
        put_event(json, &event);
    json_close(json, ']');
}

void debug_document(struct buffer *out, const struct record *record, const struct capture *capture)
{
    struct json_writer writer = {.out = out}, *json = &writer;
    json_open(json, '{');
    json_put_redacted(json, "session_id", capture->session_id);
    json_put_uint(json, "turn_index", record->turn - 1u);
    if (record->prompt_tokens == TOKENS_UNKNOWN)
        json_put_null(json, "context_tokens");
    else
        json_put_uint(json, "context_tokens", record->prompt_tokens);
    fields_write(json, journal_record_fields, record);
    json_key(json, "request");
    json_redacted_json(json, (struct text){capture->body, capture->body_size});
    json_key(json, "reply");
    json_redacted_escaped(json, record->reply ? (struct text){record->reply, record->reply_size}
                                              : TEXT(""));
    if (capture->budget->events)
        put_events(json, capture);
    json_close(json, '}');
    buffer_add_char(out, '\n');
}
