/* The journal's line of each second: what a run in progress shows to those who follow it. A run
 * that is over needs none of them. */
#include <stdlib.h>

#include "result/journal.h"
#include "result/journal_field.h"
#include "result/journal_line.h"

void journal_put_now(struct journal *journal, uint64_t at_ns, const struct live_view *view)
{
    struct json_writer json = journal_begin_line(journal, "now");
    json_put_uint(&json, "at_ns", at_ns);
    fields_write(&json, journal_now_fields, view);
    journal_end_line(&json);
}

bool journal_read_now(struct reader *reader, struct json_scan *scan, struct error *error)
{
    (void)error;
    static const struct field at = {"at_ns", FIELD_U64, 0, 0};
    if (!reader->now)
        reader->now = xcalloc(1, sizeof *reader->now);
    struct text key;
    bool ok = true;
    while (ok && fields_read(scan, journal_now_fields, reader->now, &key))
        ok = text_is(key, at.key) ? field_read(scan, &at, &reader->now_ns) : json_skip(scan);
    return ok && json_scan_done(scan);
}
