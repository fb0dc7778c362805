#include "benchmark/debug_log.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/log.h"
#include "base/memory.h"

/* Bodies and events that workers hold or that wait for the collector, and documents that wait for
 * the disk. */
#define CAPTURED_BYTES (256u << 20)
#define PENDING_BYTES  (64u << 20)
/* At a time, so that a slow disk does not keep the journal waiting. */
#define WRITE_BYTES (4u << 20)

bool debug_log_open(struct debug_log *log, const char *directory, uint64_t start_wall_ns,
                    bool events, struct error *error)
{
    *log = (struct debug_log){.fd = -1};
    log->budget.limit_bytes = CAPTURED_BYTES;
    log->budget.events = events;
    if (!directory_make(directory, error))
        return false;
    char start[64];
    clock_format_local(start_wall_ns, start, sizeof start);
    for (int i = 1; log->fd < 0 && i < 1000; i++) {
        free(log->path);
        log->path = i == 1 ? xasprintf("%s/debug_%s.jsonl", directory, start)
                           : xasprintf("%s/debug_%s_%d.jsonl", directory, start, i);
        log->fd = file_open(log->path, O_EXCL | O_APPEND, 0600);
        if (log->fd < 0 && errno != EEXIST)
            break;
    }
    if (log->fd >= 0)
        return true;
    error_set(error, "cannot write %s: %s", log->path, strerror(errno));
    free(log->path);
    log->path = NULL;
    return false;
}

void debug_log_put(struct debug_log *log, const struct record *record)
{
    if (!log->path || !record->capture)
        return;
    if (log->pending.size > PENDING_BYTES) {
        log->documents_lost++;
        return;
    }
    debug_document(&log->pending, record, record->capture);
}

static bool write_some(struct debug_log *log)
{
    size_t size = log->pending.size < WRITE_BYTES ? log->pending.size : WRITE_BYTES;
    ssize_t written = write(log->fd, log->pending.data, size);
    if (written > 0)
        buffer_consume(&log->pending, (size_t)written);
    return written >= 0 || errno == EINTR;
}

void debug_log_flush(struct debug_log *log)
{
    if (!log->path || log->pending.size == 0 || (log->failing && now_ns() < log->retry_ns))
        return;
    bool ok = write_some(log);
    if (!ok && !log->failing)
        log_error("cannot write %s (%s): documents are kept in memory up to %u MiB, and tried "
                  "again each second",
                  log->path, strerror(errno), PENDING_BYTES >> 20);
    log->failing = !ok;
    log->retry_ns = now_ns() + NS_PER_S;
}

static uint64_t count_lines(struct text text)
{
    uint64_t count = 0;
    for (struct text line; text_next_line(&text, &line);)
        count++;
    return count;
}

bool debug_log_close(struct debug_log *log, struct error *error)
{
    if (!log->path)
        return true;
    bool ok = true;
    while (ok && log->pending.size)
        ok = write_some(log);
    uint64_t lost = log->documents_lost + atomic_load(&log->budget.requests_lost) +
                    (ok ? 0 : count_lines(buffer_text(&log->pending)));
    uint64_t events_lost = atomic_load(&log->budget.events_lost);
    ok = close(log->fd) == 0 && ok && lost == 0 && events_lost == 0;
    if (!ok)
        error_set(error,
                  "%s is not whole: %" PRIu64 " of its requests and %" PRIu64
                  " of its events could not be kept or written",
                  log->path, lost, events_lost);
    free(log->path);
    buffer_free(&log->pending);
    *log = (struct debug_log){.fd = -1};
    return ok;
}
