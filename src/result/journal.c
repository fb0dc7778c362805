/* The file behind a journal: opening, locking, flushing. */
#include "result/journal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/memory.h"

bool journal_open(struct journal *journal, const char *path, bool text, struct error *error)
{
    *journal = (struct journal){.text = text};
    struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    struct stat status;
    int fd = file_open(path, O_APPEND, 0600);
    if (fd >= 0 && fcntl(fd, F_OFD_SETLK, &lock) == 0 && fstat(fd, &status) == 0) {
        journal->fd = fd;
        journal->path = xstrdup(path);
        journal->written_bytes = (uint64_t)status.st_size;
        return true;
    }
    int reason = errno;
    if (fd >= 0)
        close(fd);
    journal->fd = -1;
    if (reason == EAGAIN || reason == EACCES)
        return error_set(error, "%s: %s", path,
                         fd >= 0 ? "another fluxperf is writing it" : strerror(reason));
    return error_set(error, "cannot open %s: %s", path,
                     reason == ELOOP ? "it is a symbolic link" : strerror(reason));
}

static bool ends_with_a_line(const char *path, uint64_t size)
{
    char last = '\n';
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    bool read = fd >= 0 && size > 0 && pread(fd, &last, 1, (off_t)size - 1) == 1;
    if (fd >= 0)
        close(fd);
    return read && last == '\n';
}

bool journal_open_again(struct journal *journal, const char *directory, struct error *error)
{
    char *path = path_join(directory, "journal.jsonl");
    bool ok = journal_open(journal, path, false, error);
    if (ok && !ends_with_a_line(path, journal->written_bytes)) {
        journal_close(journal);
        ok = error_set(error, "%s breaks off in the middle of a line", path);
    }
    free(path);
    return ok;
}

bool journal_flush(struct journal *journal)
{
    size_t done = 0;
    int reason = 0;
    while (done < journal->pending.size && reason == 0) {
        ssize_t written =
            write(journal->fd, journal->pending.data + done, journal->pending.size - done);
        if (written >= 0)
            done += (size_t)written;
        else if (errno != EINTR)
            reason = errno;
    }
    journal->written_bytes += done;
    buffer_consume(&journal->pending, done);
    errno = reason;
    return reason == 0;
}

bool journal_close(struct journal *journal)
{
    bool ok = journal_flush(journal) && fsync(journal->fd) == 0;
    int reason = errno;
    if (close(journal->fd) != 0 && ok) {
        reason = errno;
        ok = false;
    }
    free(journal->path);
    buffer_free(&journal->pending);
    *journal = (struct journal){.fd = -1};
    errno = reason;
    return ok;
}

bool journal_is_locked(const char *path)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return false;
    struct flock lock = {.l_type = F_RDLCK, .l_whence = SEEK_SET};
    bool locked = fcntl(fd, F_OFD_GETLK, &lock) == 0 && lock.l_type != F_UNLCK;
    close(fd);
    return locked;
}
