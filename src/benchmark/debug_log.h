/* The log of --debug: a JSON document for each request, one a line. Written by the collector's
 * thread, which alone calls these while a run is on. */
#ifndef BENCHMARK_DEBUG_LOG_H
#define BENCHMARK_DEBUG_LOG_H

#include "base/error.h"
#include "result/capture.h"
#include "result/record.h"

struct debug_log {
    struct capture_budget budget; /* the workers' too */
    char *path;                   /* NULL = there is no log */
    int fd;
    struct buffer pending;
    uint64_t documents_lost; /* found no room in `pending` */
    uint64_t retry_ns;       /* after a failed write */
    bool failing;
};

/* A new file in the directory, named by the start of the run. */
bool debug_log_open(struct debug_log *log, const char *directory, uint64_t start_wall_ns,
                    bool events, struct error *error);
/* The record with what was captured of it. */
void debug_log_put(struct debug_log *log, const struct record *record);
/* Writes some of what is pending. What a full disk does not take stays, up to a limit, and is tried
 * again each second. */
void debug_log_flush(struct debug_log *log);
/* False with a sentence when not all of it is in the file. */
bool debug_log_close(struct debug_log *log, struct error *error);

/* Appends the document. */
void debug_document(struct buffer *out, const struct record *record, const struct capture *capture);

#endif
