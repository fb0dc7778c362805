/* Files of others turned into a dataset of ours: which files, which rows once each, in which order.
 * What a row becomes is for longbench.c and sharegpt.c. */
#ifndef DATASET_CONVERSION_H
#define DATASET_CONVERSION_H

#include <stdint.h>

#include "base/buffer.h"
#include "base/error.h"

/* Called for each row of a source. `stem` is the file's name without folders and ending. Appends
 * what it becomes, a JSON object without a line break, to `out`, and names it in `identity`: what
 * another row with the same one would repeat. Leaving `out` empty leaves the row out in silence.
 * False makes it a bad row; `at` may say which byte of it is to blame. */
typedef bool conversion_reader(void *context, struct text row, struct text stem, struct buffer *out,
                               struct buffer *identity, const char **at, struct error *error);

struct conversion {
    conversion_reader *read;
    void *context;
    const char *output; /* not read when it lies among the sources; NULL = none */
    void (*say)(void *context, const char *place_and_reason); /* of each bad row; NULL = nobody */
    void *say_context;

    uint32_t files, rows, bad, repeated;
    uint32_t count, capacity;
    struct text *lines; /* what came of the rows, once each, in the order of the sources */
    struct dataset_arena *arena;
    struct hash_set *seen;
};

/* Zeroed but for what the caller sets. */
void conversion_init(struct conversion *conversion);
void conversion_free(struct conversion *conversion);

/* A file, or a directory with all .jsonl, .ndjson and .json files below it, in the order of their
 * names. False when it cannot be read; bad rows are no failure. */
bool conversion_read(struct conversion *conversion, const char *path, struct error *error);
/* One file that is in memory; conversion_read and the fuzz target share it. */
void conversion_read_text(struct conversion *conversion, const char *path, struct text content);

/* Writes the lines to a file, by way of one beside it, or to stdout for "-": at most `most`
 * of them, and none twice, in a random order of that seed or, without `shuffle`, in their own. */
bool conversion_write(const struct conversion *conversion, const char *path, uint32_t most,
                      bool shuffle, uint64_t seed, struct error *error);

#endif
