/* One row of a dataset, in any of its forms, into one sample. Internal to dataset/. */
#ifndef DATASET_ROW_H
#define DATASET_ROW_H

#include "dataset/arena.h"
#include "dataset/dataset.h"

/* Reused from row to row; a zeroed one with its arena is ready. */
struct row_reader {
    struct dataset_arena *arena;
    struct message *messages; /* of the row being read */
    uint32_t message_count;
    uint32_t message_capacity;
    struct buffer scratch;
    struct error error;   /* after a failure: the reason, without its place */
    const char *error_at; /* where in the row, NULL when the row as a whole is meant */
};

void row_reader_free(struct row_reader *reader);

/* Fills the messages, session, limit and prompt of `sample`. Texts that need no change point into
 * `row`, the others into the arena. */
bool row_read(struct row_reader *reader, struct text row, struct sample *sample);

#endif
