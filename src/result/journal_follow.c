#include "result/journal_follow.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/memory.h"
#include "result/journal.h"
#include "result/journal_line.h"

#define PIECE_BYTES   (256u << 10)
#define PIECES_A_READ 16
#define LOOK_NS       NS_PER_S

struct journal_follow {
    char *path;
    int fd;
    struct reader reader;
    struct buffer pending; /* read, but not yet a whole line */
    struct live_view none;
    unsigned line_number;
    uint64_t look_ns; /* when to ask again whether the writer is still there */
    bool ended;
    struct error failure;
};

/* Takes the whole lines out of `pending`. */
static void take_lines(struct journal_follow *follow)
{
    struct reader *reader = &follow->reader;
    size_t taken = 0;
    const char *end;
    while (!follow->failure.text[0] && taken < follow->pending.size &&
           (end = memchr(follow->pending.data + taken, '\n', follow->pending.size - taken))) {
        struct text line = {follow->pending.data + taken,
                            (size_t)(end - follow->pending.data) + 1 - taken};
        struct error reason;
        follow->line_number++;
        if (!journal_read_line(reader, line, &reason))
            error_set(&follow->failure, "%s:%u: %s", follow->path, follow->line_number,
                      reason.text);
        taken += line.size;
        reader->line_offset += line.size;
    }
    buffer_consume(&follow->pending, taken);
}

/* True while there is more. */
static bool read_piece(struct journal_follow *follow)
{
    buffer_reserve(&follow->pending, PIECE_BYTES);
    ssize_t size = read(follow->fd, follow->pending.data + follow->pending.size, PIECE_BYTES);
    if (size < 0 && errno != EINTR)
        error_set(&follow->failure, "cannot read %s: %s", follow->path, strerror(errno));
    if (size <= 0)
        return size < 0 && errno == EINTR;
    follow->pending.size += (size_t)size;
    take_lines(follow);
    return !follow->failure.text[0];
}

static void end(struct journal_follow *follow)
{
    follow->ended = true;
    journal_finish(follow->reader.run);
}

/* A writer that is gone has no lock any more; what it wrote before may still have to be read. */
static void look_for_end(struct journal_follow *follow)
{
    uint64_t now = now_ns();
    bool over = follow->failure.text[0] || follow->reader.run->end_reason;
    if (!over && now >= follow->look_ns) {
        follow->look_ns = now + LOOK_NS;
        over = !journal_is_locked(follow->path);
        while (over && read_piece(follow))
            ;
    }
    if (over)
        end(follow);
}

struct journal_follow *journal_follow_open(const char *path, struct error *error)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        error_set(error, "cannot open %s: %s", path, strerror(errno));
        return NULL;
    }
    struct journal_follow *follow = xcalloc(1, sizeof *follow);
    follow->fd = fd;
    follow->reader.lets_go = true;
    follow->path = xstrdup(path);
    while (read_piece(follow))
        ;
    if (follow->failure.text[0])
        error_set(error, "%s", follow->failure.text);
    else if (!follow->reader.run)
        error_set(error, "%s holds no run", path);
    if (follow->failure.text[0] || !follow->reader.run) {
        journal_follow_free(follow);
        return NULL;
    }
    run_dataset_sort(&follow->reader.run->dataset);
    look_for_end(follow);
    return follow;
}

void journal_follow_free(struct journal_follow *follow)
{
    if (!follow)
        return;
    run_free(follow->reader.run);
    journal_reader_free(&follow->reader);
    buffer_free(&follow->pending);
    close(follow->fd);
    free(follow->path);
    free(follow);
}

bool journal_follow_read(struct journal_follow *follow)
{
    unsigned before = follow->line_number;
    for (int i = 0; i < PIECES_A_READ && !follow->ended; i++)
        if (!read_piece(follow)) {
            look_for_end(follow);
            break;
        }
    return follow->line_number != before || follow->ended;
}

bool journal_follow_ended(const struct journal_follow *follow)
{
    return follow->ended;
}

const char *journal_follow_failure(const struct journal_follow *follow)
{
    return follow->failure.text;
}

const struct run *journal_follow_run(const struct journal_follow *follow)
{
    return follow->reader.run;
}

const struct live_view *journal_follow_now(const struct journal_follow *follow)
{
    return follow->reader.now ? follow->reader.now : &follow->none;
}

uint64_t journal_follow_now_ns(const struct journal_follow *follow)
{
    uint64_t records_ns = history_now_ns(follow->reader.run->history);
    return follow->reader.now_ns > records_ns ? follow->reader.now_ns : records_ns;
}
