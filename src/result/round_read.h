/* The records of a round that memory has let go (result/round_kept.h), read back from the journal.
 */
#ifndef RESULT_ROUND_READ_H
#define RESULT_ROUND_READ_H

#include "base/error.h"
#include "result/run.h"

/* Which they are, and where the journal has them. */
struct round_place {
    uint16_t level, round;
    uint32_t records;
    uint64_t from, to; /* where the lines of the first and the last one begin, bytes */
};

/* Of a round that has no records any more. Under run_hold. */
struct round_place round_place_of(const struct level *level, const struct round *round);

/* Holds nothing of the run, so that any thread may read. `*done` counts them; `*stop` ends it. An
 * array of place->records, freed by round_records_free; NULL when it was stopped, or the journal
 * has not all of them. */
struct record *round_read(const char *journal_path, const struct round_place *place,
                          _Atomic uint32_t *done, const _Atomic bool *stop, struct error *error);
void round_records_free(struct record *records, uint32_t count);

#endif
