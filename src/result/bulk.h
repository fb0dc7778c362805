/* What a request left in the journal beside its figures: when its chunks came, and what they said.
 * Not kept in memory, so it is read back when somebody wants to see it. */
#ifndef RESULT_BULK_H
#define RESULT_BULK_H

#include "base/error.h"
#include "result/chunk_times.h"
#include "result/record.h"

struct bulk {
    struct chunk_times chunks;
    bool has_reply; /* false: run with --no-text, or nothing came */
    struct buffer reply;
    struct buffer reply_id; /* what the server called it; empty = it did not say */
};

/* Reads the line at record->journal_offset, of a run in progress too. False when it is not there
 * yet, is cut off, or belongs to another request. */
bool bulk_read(struct bulk *bulk, const char *journal_path, const struct record *record,
               struct error *error);
/* The same from the line itself. */
bool bulk_parse(struct bulk *bulk, struct text line, const struct record *record,
                struct error *error);
void bulk_free(struct bulk *bulk);

#endif
