/* Files of rows: their forms, lines and errors. What a row may be is row.c's. */
#include "dataset/dataset.h"

#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/memory.h"
#include "dataset/builtin.h"
#include "dataset/row.h"
#include "dataset/rows.h"

#define BUILTIN_PREFIX "builtin:"

struct reading {
    struct dataset *dataset;
    struct rows rows;
    struct row_reader row;
    uint32_t row_count; /* good and bad */
    uint32_t capacity;  /* of dataset->samples */
    const struct dataset_bad_rows *bad_rows;
    struct error *error;
};

static void place_error(struct reading *reading, const char *at, const char *reason,
                        struct error *error)
{
    const char *name = reading->dataset->name;
    rows_place(&reading->rows, name ? name : "dataset", at, reason, error);
}

/* Leaves the row out, or ends the reading. */
static bool bad_row(struct reading *reading)
{
    struct error placed;
    place_error(reading, reading->row.error_at, reading->row.error.text, &placed);
    if (!reading->bad_rows->skip)
        return error_set(reading->error, "%s", placed.text);
    struct dataset *dataset = reading->dataset;
    if (dataset->skipped++ == 0) {
        struct text first = text_head(text_of(placed.text), sizeof dataset->first_bad - 1);
        memcpy(dataset->first_bad, first.data, first.size);
    }
    if (reading->bad_rows->say)
        reading->bad_rows->say(reading->bad_rows->context, placed.text);
    return true;
}

/* False only when the reading is to end. */
static bool add_row(struct reading *reading, struct text row)
{
    struct dataset *dataset = reading->dataset;
    struct row_reader *reader = &reading->row;
    struct sample sample = {.row = reading->row_count++, .line = reading->rows.line};
    if (!row_check_bytes(row, &reader->error_at, &reader->error) || !row_read(reader, row, &sample))
        return bad_row(reading);
    if (dataset->count == reading->capacity) {
        reading->capacity = reading->capacity ? reading->capacity * 2 : 64;
        dataset->samples =
            xreallocarray(dataset->samples, reading->capacity, sizeof *dataset->samples);
    }
    dataset->samples[dataset->count++] = sample;
    return true;
}

static bool read_rows(struct reading *reading)
{
    struct rows *rows = &reading->rows;
    struct text row;
    while (rows_next(rows, &row))
        if (!add_row(reading, row))
            return false;
    if (rows->reason)
        place_error(reading, rows->reason_at, rows->reason, reading->error);
    return !rows->reason;
}

static bool parse(struct dataset *dataset, struct text content,
                  const struct dataset_bad_rows *bad_rows, struct error *error)
{
    dataset->hash = text_hash(TEXT_HASH_SEED, content);
    dataset->arena = xcalloc(1, sizeof *dataset->arena);
    struct reading reading = {
        .dataset = dataset, .row.arena = dataset->arena, .bad_rows = bad_rows, .error = error};
    rows_begin(&reading.rows, content);
    bool ok = read_rows(&reading);
    row_reader_free(&reading.row);
    if (ok && dataset->count == 0) {
        const char *name = dataset->name ? dataset->name : "dataset";
        if (dataset->skipped)
            ok = error_set(error, "no usable row: %u left out, the first is %s", dataset->skipped,
                           dataset->first_bad);
        else
            ok = error_set(error, "%s: no rows in it", strcmp(name, "-") == 0 ? "stdin" : name);
    }
    if (!ok)
        dataset_free(dataset);
    return ok;
}

bool dataset_parse(struct dataset *dataset, struct text content, bool skip_bad_rows,
                   struct error *error)
{
    return parse(dataset, content, &(struct dataset_bad_rows){.skip = skip_bad_rows}, error);
}

static bool unknown_builtin(const char *name, struct error *error)
{
    struct buffer known = {0};
    for (size_t i = 0; dataset_builtin_names[i]; i++)
        buffer_printf(&known, "%s%s", i ? ", " : "", dataset_builtin_names[i]);
    error_set(error, "no built-in dataset %s; there are %s", name, known.data);
    buffer_free(&known);
    return false;
}

bool dataset_read(struct dataset *dataset, const char *name, bool skip_bad_rows,
                  struct error *error)
{
    return dataset_read_saying(dataset, name, &(struct dataset_bad_rows){.skip = skip_bad_rows},
                               error);
}

bool dataset_read_saying(struct dataset *dataset, const char *name,
                         const struct dataset_bad_rows *bad_rows, struct error *error)
{
    struct text content;
    *dataset = (struct dataset){0};
    if (text_starts_with(text_of(name), BUILTIN_PREFIX)) {
        const char *builtin = name + strlen(BUILTIN_PREFIX);
        if (!builtin_find(builtin, &content))
            return unknown_builtin(builtin, error);
    } else {
        if (!file_read(name, &dataset->file, error)) {
            const char *builtin = file_exists(name) ? NULL : builtin_for_file(name);
            struct error said = error ? *error : (struct error){0};
            if (builtin)
                error_set(error, "%.900s; try --dataset " BUILTIN_PREFIX "%s", said.text, builtin);
            dataset_free(dataset);
            return false;
        }
        content = buffer_text(&dataset->file);
    }
    dataset->name = xstrdup(name);
    return parse(dataset, content, bad_rows, error);
}

void dataset_free(struct dataset *dataset)
{
    if (dataset->arena)
        arena_free(dataset->arena);
    free(dataset->arena);
    free(dataset->samples);
    free(dataset->name);
    buffer_free(&dataset->file);
    *dataset = (struct dataset){0};
}
