/* What every figure is held against: an earlier run (--baseline DIR), or a round of this run that a
 * person chose. Where the comparison of compare.h can tell noise from a difference, it does. */
#ifndef REPORT_BASELINE_H
#define REPORT_BASELINE_H

#include "base/error.h"
#include "report/compare.h"
#include "report/page.h"

struct baseline {
    const struct run *run; /* NULL = there is none */
    uint16_t level, round; /* of it; 0 = those of the same load and number */
    struct run *earlier;   /* that of a directory, owned */
    char *directory;       /* of that, absolute, owned */
};

/* Reads DIR/journal.jsonl. */
bool baseline_read(struct baseline *baseline, const char *directory, struct error *error);
/* What `run` was held against last, by its journal. False when that was another run, which does not
 * stand in its directory any more; there is no baseline then. */
bool baseline_of_run(struct baseline *baseline, const struct run *run, struct error *error);
void baseline_free(struct baseline *baseline);
/* For the journal; borrows the directory. */
struct baseline_choice baseline_choice(const struct baseline *baseline);

/* The round that one is held against: the chosen one, else that of the same number (or the last
 * one) in the first level with the same load and prompts; where the runs differ as a whole, with
 * the same load. False when there is none, or it is the round itself. */
bool baseline_find(const struct baseline *baseline, const struct level *level,
                   const struct round *round, const struct level **found_level,
                   const struct round **found);
/* "baseline L1 R2", with the directory where it is another run's. */
void baseline_name(const struct baseline *baseline, const struct level *level,
                   const struct round *round, struct buffer *out);

/* One figure in both rounds. */
struct difference {
    double before, now; /* in the figure's unit; NO_VALUE where a round has none */
    struct compare_change change;
    struct comparison comparison; /* its `before` is 0 where the figure is not compared */
};

/* A round and the one it is held against, by the figures of compare_figures. */
struct differences {
    const struct level *level; /* of the baseline */
    const struct round *round;
    struct summary before; /* of that round */
    struct difference figures[COMPARE_FIGURE_COUNT];
};

/* `old_level` and `old_round` as baseline_find gave them, `now` the summary of `round`. */
void differences_make(struct differences *differences, const struct baseline *baseline,
                      const struct level *old_level, const struct round *old_round,
                      const struct run *run, const struct round *round, const struct summary *now);
/* The same of the round that baseline_find finds; false where there is none. */
bool baseline_differences(struct differences *differences, const struct baseline *baseline,
                          const struct run *run, const struct level *level,
                          const struct round *round, const struct summary *now);
void differences_free(struct differences *differences);
/* By key, as in compare_figures. */
const struct difference *differences_of(const struct differences *differences, const char *key);

/* True when it was judged, and noise explains it. */
bool difference_is_noise(const struct difference *difference);
/* "+15 %", of shares "+3 pt" (points of a hundred), of counts "+2"; in brackets where noise
 * explains it. */
struct figure difference_text(const struct differences *differences, const char *key);

/* A paragraph below a round's table; nothing where there is no baseline for it. `baseline` may be
 * NULL. */
void baseline_print(struct buffer *out, const struct baseline *baseline, const struct run *run,
                    const struct level *level, const struct round *round, struct table_style style);
#endif
