/* What each line of a journal does to the run that is being read. */
#ifndef RESULT_JOURNAL_LINE_H
#define RESULT_JOURNAL_LINE_H

#include "base/error.h"
#include "result/chunk_times.h"
#include "result/run.h"

struct reader {
    struct run *run; /* NULL until its line came */
    uint64_t line_offset;
    struct chunk_times chunks; /* of the line at hand */
    struct reading *reading; /* of the line at hand; NULL before the first */
};

/* What a line of one type does; `scan` stands behind its type. False as below. */
typedef bool journal_line_reader(struct reader *reader, struct json_scan *scan,
                                 struct error *error);
journal_line_reader journal_read_metrics, journal_read_column, journal_read_metric,
    journal_read_sample;

/* False when the line is broken, or does not fit what came before; the run is then as it was. */
bool journal_read_line(struct reader *reader, struct text line, struct error *error);

#endif
