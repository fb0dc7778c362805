/* journal.jsonl: the whole truth of a run, one object a line, appended while it runs. Each line's
 * first key is "type": run, dataset, prompt, level, round, request, segment, slo, baseline, hide,
 * change, steady, now, round_end, run_end; and of the server's metrics: metrics (a source), column,
 * metric, sample. */
#ifndef RESULT_JOURNAL_H
#define RESULT_JOURNAL_H

#include "base/error.h"
#include "result/run.h"
#include "telemetry/live.h"

/* Lines are collected in `pending` and written by journal_flush. What could not be written (a full
 * disk) stays pending and is tried again. Used by one thread at a time. */
struct journal {
    int fd;
    char *path;
    struct buffer pending;
    uint64_t written_bytes; /* offset in the file where `pending` begins */
    bool text;              /* false: prompts and replies are left out */
};

/* Opens with O_APPEND, mode 0600, and takes a write lock (F_OFD_SETLK) that lasts until close:
 * other programs see by it that the run is in progress. */
bool journal_open(struct journal *journal, const char *path, bool text, struct error *error);
/* That of a run that is over, in its directory, for what is decided about it later. False where it
 * is still written, or breaks off in the middle of a line, as after a crash. */
bool journal_open_again(struct journal *journal, const char *directory, struct error *error);
/* Writes what is pending; false with errno set when not all could be written (the rest is kept). */
bool journal_flush(struct journal *journal);
/* Flushes, syncs, closes. False when something could not be written. */
bool journal_close(struct journal *journal);

void journal_put_run(struct journal *journal, const struct run *run);
/* One that levels have for themselves; its prompts follow. */
void journal_put_dataset(struct journal *journal, uint16_t number,
                         const struct run_dataset *dataset);
/* Of the dataset with that number; 0 = the run's. */
void journal_put_prompt(struct journal *journal, uint16_t dataset, const struct prompt *prompt);
void journal_put_level(struct journal *journal, const struct level *level);
void journal_put_round(struct journal *journal, const struct level *level,
                       const struct round *round);
/* Scalars first, in a fixed order, then chunk_us, then reply. Sets record->journal_offset. */
void journal_put_request(struct journal *journal, struct record *record);
/* Something that happened: a message, a pause. */
void journal_put_change(struct journal *journal, const struct change *change);
/* The load of a running round changed; the level's label goes with it. */
void journal_put_segment(struct journal *journal, const struct level *level,
                         const struct round *round, const struct segment *segment);
/* The run's limits were changed: everything, also what is done, is judged by these. */
void journal_put_slo(struct journal *journal, const struct run *run);
/* The level is hidden, or shown again. */
void journal_put_hide(struct journal *journal, uint16_t level, bool hidden, uint64_t at_ns);
/* Figures are held against another round. */
void journal_put_baseline(struct journal *journal, const struct baseline_choice *choice,
                          uint64_t at_ns);
void journal_put_round_end(struct journal *journal, const struct level *level,
                           const struct round *round);
/* The lines of result/samples.h. A failed scrape is a sample with its reason. */
void journal_put_metrics(struct journal *journal, const struct metrics_source *source);
void journal_put_column(struct journal *journal, uint32_t number, const char *series);
void journal_put_metric(struct journal *journal, const struct watched *watched);
void journal_put_sample(struct journal *journal, const struct reading *reading);
void journal_put_failed_sample(struct journal *journal, uint64_t at_ns, const char *why);
/* For those who follow the run; once a second. */
void journal_put_now(struct journal *journal, uint64_t at_ns, const struct live_view *view);
/* The level is steady: no round comes after the ones it has. */
void journal_put_steady(struct journal *journal, const struct level *level, uint64_t at_ns);
void journal_put_run_end(struct journal *journal, const char *reason, uint64_t at_ns);

/* Reads a run back. A broken last line is ignored; a broken line elsewhere, or a file that is no
 * journal, is an error with its line. Rounds without their end are `incomplete`. Replies and chunk
 * times are not kept in memory (gaps go into the histograms); journal_offset tells where they are.
 * NULL on failure. */
struct run *journal_read(const char *path, struct error *error);
/* The same from an open stream; `name` is for messages. */
struct run *journal_read_stream(FILE *stream, const char *name, struct error *error);
/* The first line alone, in no time however long the journal is: a run without levels. NULL when it
 * is none. */
struct run *journal_read_head(FILE *stream);
/* All readings of the server's metrics one by one: of a long run's, memory keeps only some. NULL
 * when the journal cannot be opened. */
struct journal_readings;
struct journal_readings *journal_readings_open(const char *path);
/* Valid until the next call; NULL when there is none left. */
const struct reading *journal_readings_next(struct journal_readings *readings);
void journal_readings_close(struct journal_readings *readings);
/* True while another process has the journal open for writing. */
bool journal_is_locked(const char *path);

#endif
