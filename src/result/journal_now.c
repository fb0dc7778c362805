/* The journal's line of each second: what a run in progress shows to those who follow it. A run
 * that is over needs none of them. */
#include <stdlib.h>

#include "result/journal.h"
#include "result/journal_field.h"
#include "result/journal_line.h"

#define MEMBER(type, member)                                 \
    {                                                        \
#member, type, offsetof(struct live_view, member), 0 \
    }

static const struct field fields[] = {
    MEMBER(FIELD_U16, level),
    MEMBER(FIELD_U16, round),
    MEMBER(FIELD_U32, planned),
    MEMBER(FIELD_U32, done),
    MEMBER(FIELD_U32, failed),
    MEMBER(FIELD_U32, not_sent),
    MEMBER(FIELD_U32, in_flight),
    MEMBER(FIELD_U32, waiting),
    MEMBER(FIELD_U32, streaming),
    MEMBER(FIELD_U64, round_start_ns),
    MEMBER(FIELD_U64, oldest_waiting_ns),
    MEMBER(FIELD_U64, paused_since_ns),
    MEMBER(FIELD_U64, server_down_since_ns),
};

static const struct field_table now_fields = {fields, ARRAY_SIZE(fields)};

void journal_put_now(struct journal *journal, uint64_t at_ns, const struct live_view *view)
{
    struct json_writer json = {.out = &journal->pending};
    json_open(&json, '{');
    json_put_string(&json, "type", "now");
    json_put_uint(&json, "at_ns", at_ns);
    fields_write(&json, now_fields, view);
    json_close(&json, '}');
    buffer_add_char(json.out, '\n');
}

bool journal_read_now(struct reader *reader, struct json_scan *scan, struct error *error)
{
    (void)error;
    static const struct field at = {"at_ns", FIELD_U64, 0, 0};
    if (!reader->now)
        reader->now = xcalloc(1, sizeof *reader->now);
    struct text key;
    bool ok = true;
    while (ok && fields_read(scan, now_fields, reader->now, &key))
        ok = text_is(key, at.key) ? field_read(scan, &at, &reader->now_ns) : json_skip(scan);
    return ok && json_scan_done(scan);
}
