#include "dataset/conversion.h"

#include <errno.h>
#include <fts.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/memory.h"
#include "base/random.h"
#include "dataset/arena.h"
#include "dataset/rows.h"

/* Open addressing; 0 marks a free place. */
struct hash_set {
    uint64_t *places;
    size_t count, capacity;
};

static bool place_hash(uint64_t *places, size_t capacity, uint64_t hash)
{
    size_t at = (size_t)(hash * 0x9e3779b97f4a7c15u) & (capacity - 1);
    for (; places[at]; at = (at + 1) & (capacity - 1))
        if (places[at] == hash)
            return false;
    places[at] = hash;
    return true;
}

/* False when it was there before. */
static bool hash_set_add(struct hash_set *set, uint64_t hash)
{
    hash = hash ? hash : 1;
    if (2 * set->count >= set->capacity) {
        size_t capacity = set->capacity ? set->capacity * 2 : 1024;
        uint64_t *places = xcalloc(capacity, sizeof *places);
        for (size_t i = 0; i < set->capacity; i++)
            if (set->places[i])
                place_hash(places, capacity, set->places[i]);
        free(set->places);
        set->places = places;
        set->capacity = capacity;
    }
    bool is_new = place_hash(set->places, set->capacity, hash);
    set->count += is_new;
    return is_new;
}

void conversion_init(struct conversion *conversion)
{
    conversion->arena = xcalloc(1, sizeof *conversion->arena);
    conversion->seen = xcalloc(1, sizeof *conversion->seen);
}

void conversion_free(struct conversion *conversion)
{
    if (conversion->arena)
        arena_free(conversion->arena);
    if (conversion->seen)
        free(conversion->seen->places);
    free(conversion->arena);
    free(conversion->seen);
    free(conversion->lines);
    *conversion = (struct conversion){0};
}

static void keep(struct conversion *conversion, const struct buffer *line)
{
    if (conversion->count == conversion->capacity) {
        conversion->capacity = conversion->capacity ? conversion->capacity * 2 : 256;
        conversion->lines =
            xreallocarray(conversion->lines, conversion->capacity, sizeof *conversion->lines);
    }
    conversion->lines[conversion->count++] =
        (struct text){arena_copy(conversion->arena, buffer_text(line)), line->size};
}

static void say_bad(struct conversion *conversion, struct rows *rows, const char *path,
                    const char *at, const char *reason)
{
    struct error placed;
    conversion->bad++;
    rows_place(rows, path, at, reason, &placed);
    if (conversion->say)
        conversion->say(conversion->say_context, placed.text);
}

/* "folder/hotpotqa.jsonl" → "hotpotqa" */
static struct text stem_of(const char *path)
{
    const char *base = path_base(path), *dot = strrchr(base, '.');
    return (struct text){base, dot && dot > base ? (size_t)(dot - base) : strlen(base)};
}

void conversion_read_text(struct conversion *conversion, const char *path, struct text content)
{
    struct buffer line = {0}, identity = {0};
    struct rows rows;
    struct text row;
    rows_begin(&rows, content);
    while (rows_next(&rows, &row)) {
        const char *at = NULL;
        struct error reason;
        buffer_clear(&line);
        buffer_clear(&identity);
        conversion->rows++;
        if (!row_check_bytes(row, &at, &reason) ||
            !conversion->read(conversion->context, row, stem_of(path), &line, &identity, &at,
                              &reason))
            say_bad(conversion, &rows, path, at, reason.text);
        else if (line.size == 0)
            continue;
        else if (!hash_set_add(conversion->seen, text_hash(TEXT_HASH_SEED, buffer_text(&identity))))
            conversion->repeated++;
        else
            keep(conversion, &line);
    }
    if (rows.reason)
        say_bad(conversion, &rows, path, rows.reason_at, rows.reason);
    buffer_free(&line);
    buffer_free(&identity);
}

static bool is_output(const struct conversion *conversion, const struct stat *file)
{
    struct stat output;
    return conversion->output && stat(conversion->output, &output) == 0 &&
           output.st_dev == file->st_dev && output.st_ino == file->st_ino;
}

static bool read_file(struct conversion *conversion, const char *path, struct error *error)
{
    struct buffer content = {0};
    bool ok = file_read(path, &content, error);
    if (ok) {
        conversion->files++;
        conversion_read_text(conversion, path, buffer_text(&content));
    }
    buffer_free(&content);
    return ok;
}

static bool may_hold_rows(const char *name)
{
    struct text text = text_of(name);
    return text_ends_with(text, ".jsonl") || text_ends_with(text, ".json") ||
           text_ends_with(text, ".ndjson");
}

static int by_name(const FTSENT **a, const FTSENT **b)
{
    return strcmp((*a)->fts_name, (*b)->fts_name);
}

static bool read_directory(struct conversion *conversion, const char *path, struct error *error)
{
    char *copy = xstrdup(path), *paths[] = {copy, NULL};
    FTS *walk = fts_open(paths, FTS_LOGICAL | FTS_NOCHDIR, by_name);
    bool ok = walk != NULL || error_set(error, "cannot read %s: %s", path, strerror(errno));
    FTSENT *entry;
    while (ok && (errno = 0, entry = fts_read(walk))) {
        bool is_hidden = entry->fts_level > 0 && entry->fts_name[0] == '.';
        if (entry->fts_info == FTS_D && is_hidden)
            fts_set(walk, entry, FTS_SKIP);
        else if (entry->fts_info == FTS_DNR || entry->fts_info == FTS_ERR)
            ok =
                error_set(error, "cannot read %s: %s", entry->fts_path, strerror(entry->fts_errno));
        else if (entry->fts_info == FTS_F && !is_hidden && may_hold_rows(entry->fts_name) &&
                 !is_output(conversion, entry->fts_statp))
            ok = read_file(conversion, entry->fts_path, error);
    }
    if (ok && errno)
        ok = error_set(error, "cannot read %s: %s", path, strerror(errno));
    if (walk)
        fts_close(walk);
    free(copy);
    return ok;
}

bool conversion_read(struct conversion *conversion, const char *path, struct error *error)
{
    struct stat status;
    if (stat(path, &status) == 0 && is_output(conversion, &status))
        return error_set(error, "%s is read and would be written: give another --output", path);
    if (!directory_exists(path))
        return read_file(conversion, path, error);
    uint32_t before = conversion->files;
    return read_directory(conversion, path, error) &&
           (conversion->files > before ||
            error_set(error, "no .jsonl or .json file in %s or below it", path));
}

static bool write_lines(const struct conversion *conversion, FILE *out, const uint32_t *order,
                        uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        struct text line = conversion->lines[order ? order[i] : i];
        if (fwrite(line.data, 1, line.size, out) != line.size || putc('\n', out) == EOF)
            return false;
    }
    return fflush(out) == 0;
}

/* What is no plain file, as a device, a FIFO or a link, is written to and not replaced. */
static bool is_replaced(const char *path)
{
    struct stat status;
    return lstat(path, &status) != 0 || S_ISREG(status.st_mode);
}

static bool write_file(const struct conversion *conversion, const char *path, const uint32_t *order,
                       uint32_t count, struct error *error)
{
    bool replaced = is_replaced(path);
    char *beside = replaced ? xasprintf("%s.tmp", path) : xstrdup(path);
    FILE *out = replaced ? file_open_stream(beside, O_TRUNC, 0666) : fopen(beside, "we");
    bool ok =
        out && write_lines(conversion, out, order, count) && (!replaced || fsync(fileno(out)) == 0);
    int reason = errno;
    if (out && fclose(out) != 0 && ok) {
        ok = false;
        reason = errno;
    }
    if (ok && replaced && rename(beside, path) != 0) {
        ok = false;
        reason = errno;
    }
    if (!ok) {
        error_set(error, "cannot write %s: %s", path, strerror(reason));
        if (out && replaced)
            unlink(beside);
    }
    free(beside);
    return ok;
}

bool conversion_write(const struct conversion *conversion, const char *path, uint32_t most,
                      bool shuffle, uint64_t seed, struct error *error)
{
    uint32_t count = conversion->count < most ? conversion->count : most;
    uint32_t *order = NULL;
    if (shuffle && conversion->count) {
        struct random random;
        random_seed(&random, seed);
        order = xcalloc(conversion->count, sizeof *order);
        random_permutation(&random, order, conversion->count);
    }
    bool ok;
    if (strcmp(path, "-") == 0)
        ok = write_lines(conversion, stdout, order, count) ||
             error_set(error, "cannot write to stdout: %s", strerror(errno));
    else
        ok = write_file(conversion, path, order, count, error);
    free(order);
    return ok;
}
