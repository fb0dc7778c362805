#include "result/bulk.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "result/journal_field.h"

#define READ_BYTES (64u << 10)
/* An answer of 64 MiB, each byte of it escaped, fits. */
#define LINE_BYTES (512u << 20)

static bool read_line(int fd, uint64_t offset, struct buffer *line, struct error *error)
{
    for (;;) {
        if (line->size > LINE_BYTES)
            return error_set(error, "its line in the journal is longer than %u MiB",
                             LINE_BYTES >> 20);
        buffer_reserve(line, READ_BYTES);
        ssize_t count =
            pread(fd, line->data + line->size, READ_BYTES, (off_t)(offset + line->size));
        if (count < 0 && errno == EINTR)
            continue;
        if (count < 0)
            return error_set(error, "cannot read the journal: %s", strerror(errno));
        if (count == 0)
            return error_set(error, "its line in the journal is not written yet");
        const char *start = line->data + line->size;
        const char *end = memchr(start, '\n', (size_t)count);
        line->size += end ? (size_t)(end - start) : (size_t)count;
        if (end)
            return true;
    }
}

bool bulk_parse(struct bulk *bulk, struct text line, const struct record *record,
                struct error *error)
{
    static const struct field fields[] = {
        {"level", FIELD_U16, offsetof(struct record, level), 0},
        {"round", FIELD_U16, offsetof(struct record, round), 0},
        {"index", FIELD_U32, offsetof(struct record, index), 0},
    };
    struct record found = {0};
    struct json_scan scan = json_scan_begin(line);
    struct text key;
    bool ok = json_enter_object(&scan);
    *bulk = (struct bulk){0};
    while (ok &&
           fields_read(&scan, (struct field_table){fields, ARRAY_SIZE(fields)}, &found, &key)) {
        struct text reply, id;
        if (text_is(key, "chunk_us")) {
            ok = chunk_times_read(&bulk->chunks, &scan);
        } else if (text_is(key, "reply")) {
            ok = json_scan_string(&scan, &reply);
            bulk->has_reply = ok;
            buffer_clear(&bulk->reply);
            if (ok)
                json_unescape(&bulk->reply, reply);
        } else if (text_is(key, "reply_id")) {
            ok = json_scan_string(&scan, &id);
            buffer_clear(&bulk->reply_id);
            if (ok)
                json_unescape(&bulk->reply_id, id);
        } else {
            ok = json_skip(&scan);
        }
    }
    if (ok && json_scan_done(&scan) && found.level == record->level &&
        found.round == record->round && found.index == record->index)
        return true;
    bulk_free(bulk);
    return error_set(error, "the journal holds something else where this request should stand");
}

bool bulk_read(struct bulk *bulk, const char *journal_path, const struct record *record,
               struct error *error)
{
    *bulk = (struct bulk){0};
    int fd = open(journal_path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return error_set(error, "cannot open %s: %s", journal_path, strerror(errno));
    struct buffer line = {0};
    bool ok = read_line(fd, record->journal_offset, &line, error) &&
              bulk_parse(bulk, buffer_text(&line), record, error);
    buffer_free(&line);
    close(fd);
    return ok;
}

void bulk_free(struct bulk *bulk)
{
    chunk_times_free(&bulk->chunks);
    buffer_free(&bulk->reply);
    buffer_free(&bulk->reply_id);
    *bulk = (struct bulk){0};
}
