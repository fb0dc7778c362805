/* Files: read whole, write so that a reader sees the old one or the new one, make directories. */
#ifndef BASE_FILE_H
#define BASE_FILE_H

#include <fcntl.h>
#include <stdio.h>
#include <sys/types.h>

#include "base/buffer.h"
#include "base/error.h"

/* The whole file ("-" is stdin) at the end of `out`. */
bool file_read(const char *path, struct buffer *out, struct error *error);
/* Opens for writing, creating it with `mode` (less the umask), never through a symbolic link: a
 * directory that others may write into could hold one. `how` is O_APPEND, O_TRUNC or O_EXCL. -1
 * with errno set, ELOOP where a link is. */
int file_open(const char *path, int how, mode_t mode);
/* The same for stdio; NULL with errno set. */
FILE *file_open_stream(const char *path, int how, mode_t mode);
/* Writes beside `path`, syncs, renames over it. `mode` is the new file's, e.g. 0600. */
bool file_write_whole(const char *path, struct text content, mode_t mode, struct error *error);
/* The same for what is too long to hold: `produce` puts the next piece into the empty `out`, and
 * says false when nothing is left. */
bool file_write_pieces(const char *path, bool (*produce)(void *context, struct buffer *out),
                       void *context, mode_t mode, struct error *error);
/* Writes all of it, over short writes and signals. False with errno set. */
bool file_write_all(int fd, const void *data, size_t size);
bool file_exists(const char *path);
bool directory_exists(const char *path);
/* Like mkdir -p. */
bool directory_make(const char *path, struct error *error);
/* "dir/name", freed by the caller. */
char *path_join(const char *directory, const char *name);
/* The part after the last slash, inside `path`. */
const char *path_base(const char *path);

#endif
