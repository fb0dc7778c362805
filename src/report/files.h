/* The files of a run, all made from its journal by one function: at the end of a run and by
 * `fluxperf export`, with the same bytes. */
#ifndef REPORT_FILES_H
#define REPORT_FILES_H

#include "report/baseline.h"

/* In all of these, `baseline` may be NULL or none.
 *
 * metrics_summary.csv, figures.csv, timeline.csv, prometheus.csv (where there are metrics of the
 * server), concurrency_N_round_M.json …, each written beside its name, synced and renamed. On
 * failure the others are still tried; the error names the first that failed. */
bool files_write(const char *directory, const struct run *run, const struct baseline *baseline,
                 struct error *error);

/* Makes all of them from the journal in the directory, as it is by now. */
bool files_make_again(const char *directory, struct error *error);

/* Tidy is figures.csv alone, which is also one of the CSV files. */
enum files_format { FILES_CSV = 1, FILES_JSON = 2, FILES_TIDY = 4 };

/* Those of the formats (or-ed) only; `wrote`, which may be NULL, is told of each file. */
bool files_write_some(const char *directory, const struct run *run, const struct baseline *baseline,
                      unsigned formats, void (*wrote)(const char *path), struct error *error);

/* "concurrency_10_round_1.json"; a later level with the same load gets "_L4". Freed by the caller.
 */
char *files_round_name(const struct run *run, const struct level *level, const struct round *round);

/* Where readings come from, one by one; `next` gives NULL when none is left. */
struct readings {
    const struct reading *(*next)(void *context);
    void *context;
    bool begun;
};
/* Continues prometheus.csv, `time,metric,labels,value`, by some readings. False, with nothing
 * added, when none is left. */
bool csv_prometheus(struct buffer *out, const struct run *run, struct readings *readings);
/* The content of each file, for files_write, --json and tests. */
void csv_summary(struct buffer *out, const struct run *run);
void csv_figures(struct buffer *out, const struct run *run, const struct baseline *baseline);
void csv_timeline(struct buffer *out, const struct run *run);
/* The notes that a row of it has, in their order; `took` copies what it keeps. */
void csv_timeline_notes(struct text row, void (*took)(void *context, struct text note),
                        void *context);
void json_round(struct buffer *out, const struct run *run, const struct level *level,
                const struct round *round, const struct baseline *baseline);
/* Without requests[]: an array with an object per round, what `--json` prints. */
void json_summaries(struct buffer *out, const struct run *run, const struct baseline *baseline);

#endif
