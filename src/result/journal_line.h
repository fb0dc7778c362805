/* What each line of a journal does to the run that is being read. */
#ifndef RESULT_JOURNAL_LINE_H
#define RESULT_JOURNAL_LINE_H

#include "base/error.h"
#include "result/chunk_times.h"
#include "result/run.h"
#include "telemetry/live.h"

struct reader {
    struct run *run; /* NULL until its line came */
    uint64_t line_offset;
    struct chunk_times chunks; /* of the line at hand */
    struct reading *reading;   /* of the line at hand; NULL before the first */
    struct live_view *now;     /* as of the last line about just now; NULL = none came */
    uint64_t now_ns;
    bool lets_go; /* of what nobody needs at hand: see result/round_kept.h */
};

/* What a line of one type does; `scan` stands behind its type. False as below. */
typedef bool journal_line_reader(struct reader *reader, struct json_scan *scan,
                                 struct error *error);
journal_line_reader journal_read_metrics, journal_read_column, journal_read_metric,
    journal_read_sample, journal_read_now;

/* The members of a request line behind its type. `record` owns its error's text, also when false;
 * its chunks' times stand in `chunks`. */
bool journal_parse_request(struct json_scan *scan, struct record *record,
                           struct chunk_times *chunks);
/* False when the line is broken, or does not fit what came before; the run is then as it was. */
bool journal_read_line(struct reader *reader, struct text line, struct error *error);

/* All lines were read: puts things in their order, and marks rounds without their end. */
void journal_finish(struct run *run);
/* Frees what it owns, but not the run. */
void journal_reader_free(struct reader *reader);

#endif
