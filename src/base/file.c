#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/memory.h"

static bool read_all(int fd, struct buffer *out)
{
    for (;;) {
        buffer_reserve(out, 65536);
        ssize_t got = read(fd, out->data + out->size, 65536);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return got == 0;
        out->size += (size_t)got;
        out->data[out->size] = '\0';
    }
}

bool file_read(const char *path, struct buffer *out, struct error *error)
{
    bool is_stdin = strcmp(path, "-") == 0;
    int fd = is_stdin ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return error_set(error, "cannot open %s: %s", path, strerror(errno));
    bool ok = read_all(fd, out);
    if (!ok)
        error_set(error, "cannot read %s: %s", path, strerror(errno));
    if (!is_stdin)
        close(fd);
    return ok;
}

int file_open(const char *path, int how, mode_t mode)
{
    return open(path, O_WRONLY | O_CREAT | O_NOFOLLOW | O_CLOEXEC | how, mode);
}

FILE *file_open_stream(const char *path, int how, mode_t mode)
{
    int fd = file_open(path, how, mode);
    return fd < 0 ? NULL : fdopen(fd, how & O_APPEND ? "a" : "w");
}

bool file_write_all(int fd, const void *data, size_t size)
{
    const char *at = data;
    while (size) {
        ssize_t written = write(fd, at, size);
        if (written < 0 && errno == EINTR)
            continue;
        if (written < 0)
            return false;
        at += written;
        size -= (size_t)written;
    }
    return true;
}

/* A file beside `path` that takes its place once it is whole. */
static int open_beside(const char *path, mode_t mode, char **beside)
{
    *beside = xasprintf("%s.tmp", path);
    return file_open(*beside, O_TRUNC, mode);
}

/* Takes `beside`; `ok` tells whether everything was written, errno why not. */
static bool put_in_place(const char *path, char *beside, int fd, bool ok, struct error *error)
{
    ok = ok && fsync(fd) == 0;
    int reason = errno;
    if (fd >= 0 && close(fd) != 0 && ok) {
        reason = errno;
        ok = false;
    }
    if (ok && rename(beside, path) != 0) {
        reason = errno;
        ok = false;
    }
    if (!ok) {
        error_set(error, "cannot write %s: %s", path, strerror(reason));
        if (fd >= 0)
            unlink(beside);
    }
    free(beside);
    return ok;
}

bool file_write_whole(const char *path, struct text content, mode_t mode, struct error *error)
{
    char *beside;
    int fd = open_beside(path, mode, &beside);
    bool ok = fd >= 0 && file_write_all(fd, content.data, content.size);
    return put_in_place(path, beside, fd, ok, error);
}

bool file_write_pieces(const char *path, bool (*produce)(void *context, struct buffer *out),
                       void *context, mode_t mode, struct error *error)
{
    char *beside;
    struct buffer piece = {0};
    int fd = open_beside(path, mode, &beside);
    bool ok = fd >= 0;
    while (ok && produce(context, &piece)) {
        ok = file_write_all(fd, piece.data, piece.size);
        piece.size = 0;
    }
    int reason = errno;
    buffer_free(&piece);
    errno = reason;
    return put_in_place(path, beside, fd, ok, error);
}

bool file_exists(const char *path)
{
    return access(path, F_OK) == 0;
}

bool directory_exists(const char *path)
{
    struct stat status;
    return stat(path, &status) == 0 && S_ISDIR(status.st_mode);
}

bool directory_make(const char *path, struct error *error)
{
    if (*path == '\0')
        return error_set(error, "cannot make a directory without a name");
    char *partial = xstrdup(path);
    bool ok = true;
    for (char *slash = partial + 1; ok; slash++) {
        if (*slash != '/' && *slash != '\0')
            continue;
        char was = *slash;
        *slash = '\0';
        if (mkdir(partial, 0777) != 0 && !(errno == EEXIST && directory_exists(partial)))
            ok = error_set(error, "cannot make directory %s: %s", partial, strerror(errno));
        *slash = was;
        if (was == '\0')
            break;
    }
    free(partial);
    return ok;
}

char *path_join(const char *directory, const char *name)
{
    size_t size = strlen(directory);
    bool has_slash = size && directory[size - 1] == '/';
    return xasprintf("%s%s%s", directory, has_slash ? "" : "/", name);
}

const char *path_base(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}
