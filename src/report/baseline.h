/* What every figure is held against: a round of an earlier run (--baseline DIR), or one of this run
 * that a person chose. A difference is shown, not claimed: fluxperf compare weighs it. */
#ifndef REPORT_BASELINE_H
#define REPORT_BASELINE_H

#include "base/error.h"
#include "report/table.h"

struct baseline {
    const struct run *run; /* NULL = there is none */
    struct run *owned;     /* by baseline_read */
    char *name;            /* of its directory; NULL = the run at hand */
    uint16_t level, round; /* numbers that were chosen; 0 = those of the same load and number */
};

/* Reads DIR/journal.jsonl. */
bool baseline_read(struct baseline *baseline, const char *directory, struct error *error);
void baseline_free(struct baseline *baseline);

/* The round that one is held against: the chosen one, else that of the same number (or the last
 * one) in the first level with the same load. False when there is none, or it is the round itself.
 */
bool baseline_find(const struct baseline *baseline, const struct level *level,
                   const struct round *round, const struct level **found_level,
                   const struct round **found);
/* "baseline L1 R2", with the directory where it is another run's. */
void baseline_name(const struct baseline *baseline, const struct level *level,
                   const struct round *round, struct buffer *out);
/* A line below a round's table; nothing where there is no baseline for it. */
void baseline_print(struct buffer *out, const struct baseline *baseline, const struct run *run,
                    const struct level *level, const struct round *round, struct table_style style);

#endif
