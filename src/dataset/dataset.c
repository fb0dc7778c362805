/* Files of rows: their forms, lines and errors. What a row may be is row.c's. */
#include "dataset/dataset.h"

#include <stdlib.h>

#include "base/file.h"
#include "base/json.h"
#include "base/memory.h"
#include "dataset/builtin.h"
#include "dataset/row.h"

#define ROW_MAX_BYTES  ((size_t)64 << 20)
#define BUILTIN_PREFIX "builtin:"

struct reading {
    struct dataset *dataset;
    struct row_reader row;
    uint32_t row_count; /* good and bad */
    uint32_t capacity;  /* of dataset->samples */
    bool skip_bad_rows;
    struct error *error;

    /* Lines are counted forwards only, up to the latest place that was asked for. */
    const char *counted;
    const char *line_start;
    uint32_t line;
};

static void count_lines(struct reading *reading, const char *to)
{
    while (reading->counted < to) {
        const char *newline = memchr(reading->counted, '\n', (size_t)(to - reading->counted));
        if (!newline) {
            reading->counted = to;
            return;
        }
        reading->line++;
        reading->counted = reading->line_start = newline + 1;
    }
}

/* "FILE:LINE: reason", or "FILE:LINE:COLUMN: reason" when `at` says where. */
static bool place_error(struct reading *reading, const char *at, const char *reason,
                        struct error *error)
{
    const char *name = reading->dataset->name;
    if (!name)
        name = "dataset";
    else if (strcmp(name, "-") == 0)
        name = "stdin";
    if (!at)
        return error_set(error, "%s:%u: %s", name, reading->line, reason);
    count_lines(reading, at);
    return error_set(error, "%s:%u:%td: %s", name, reading->line, at - reading->line_start + 1,
                     reason);
}

/* Leaves the row out, or ends the reading. */
static bool bad_row(struct reading *reading)
{
    struct error placed;
    place_error(reading, reading->row.error_at, reading->row.error.text, &placed);
    if (!reading->skip_bad_rows)
        return error_set(reading->error, "%s", placed.text);
    struct dataset *dataset = reading->dataset;
    if (dataset->skipped++ == 0) {
        struct text first = text_head(text_of(placed.text), sizeof dataset->first_bad - 1);
        memcpy(dataset->first_bad, first.data, first.size);
    }
    return true;
}

/* The first byte that is no UTF-8 or is NUL; the end when there is none. */
static const char *first_broken_byte(struct text text)
{
    const char *at = text.data, *end = text.data + text.size;
    while (at < end) {
        uint64_t eight;
        if (end - at >= 8) {
            memcpy(&eight, at, 8);
            /* A high bit is left where a byte is above 127 or 0. A borrow may leave one more, which
             * only sends that byte the long way. */
            if (((eight | (eight - 0x0101010101010101u)) & 0x8080808080808080u) == 0) {
                at += 8;
                continue;
            }
        }
        size_t length = *at ? utf8_length((struct text){at, (size_t)(end - at)}) : 0;
        if (length == 0)
            return at;
        at += length;
    }
    return end;
}

static bool check_bytes(struct row_reader *reader, struct text row)
{
    if (row.size > ROW_MAX_BYTES)
        return error_set(&reader->error, "a row of %zu bytes; the limit is %zu", row.size,
                         ROW_MAX_BYTES);
    const char *broken = first_broken_byte(row);
    if (broken == row.data + row.size)
        return true;
    reader->error_at = broken;
    if (*broken == '\0')
        return error_set(&reader->error, "a NUL byte");
    return error_set(&reader->error, "byte 0x%02x is not UTF-8: is the file in another encoding?",
                     (unsigned)(unsigned char)*broken);
}

/* False only when the reading is to end. */
static bool add_row(struct reading *reading, struct text row)
{
    struct dataset *dataset = reading->dataset;
    count_lines(reading, row.data);
    struct sample sample = {.row = reading->row_count++, .line = reading->line};
    reading->row.error_at = NULL;
    if (!check_bytes(&reading->row, row) || !row_read(&reading->row, row, &sample))
        return bad_row(reading);
    if (dataset->count == reading->capacity) {
        reading->capacity = reading->capacity ? reading->capacity * 2 : 64;
        dataset->samples =
            xreallocarray(dataset->samples, reading->capacity, sizeof *dataset->samples);
    }
    dataset->samples[dataset->count++] = sample;
    return true;
}

static bool read_lines(struct reading *reading, struct text rest)
{
    struct text line;
    while (text_next_line(&rest, &line)) {
        struct text row = text_trim(line);
        if (row.size && !add_row(reading, row))
            return false;
    }
    return true;
}

/* An array is one text: after a syntax error there is no next row to go on with. */
static bool syntax_error(struct reading *reading, const struct json_scan *scan)
{
    return place_error(reading, scan->at,
                       scan->failed ? scan->reason : "more text after the array's end",
                       reading->error);
}

static bool read_elements(struct reading *reading, struct json_scan *scan)
{
    struct text row;
    json_enter_array(scan);
    while (json_next_element(scan)) {
        if (json_scan_raw(scan, &row) && !add_row(reading, row))
            return false;
    }
    return !scan->failed || syntax_error(reading, scan);
}

static bool read_array(struct reading *reading, struct text content)
{
    struct json_scan scan = json_scan_begin(content);
    return read_elements(reading, &scan) && (json_scan_done(&scan) || syntax_error(reading, &scan));
}

/* Whether the text is one object that holds its rows under "data". `array` is left at them. */
static bool find_data_array(struct text content, struct json_scan *array)
{
    struct json_scan scan = json_scan_begin(content);
    bool found = false;
    struct text key;
    json_enter_object(&scan);
    while (json_next_key(&scan, &key)) {
        if (text_is(key, "data") && json_peek(&scan) == JSON_ARRAY) {
            *array = scan;
            found = true;
        }
        json_skip(&scan);
    }
    /* JSON Lines whose first row has such a key go on after it. */
    return found && (scan.failed || json_scan_done(&scan));
}

static bool read_rows(struct reading *reading, struct text content)
{
    struct json_scan array;
    struct text trimmed = text_trim(content);
    if (text_starts_with(trimmed, "["))
        return read_array(reading, content);
    if (text_starts_with(trimmed, "{") && find_data_array(content, &array))
        return read_elements(reading, &array);
    return read_lines(reading, content);
}

bool dataset_parse(struct dataset *dataset, struct text content, bool skip_bad_rows,
                   struct error *error)
{
    dataset->hash = text_hash(TEXT_HASH_SEED, content);
    dataset->arena = xcalloc(1, sizeof *dataset->arena);
    if (text_starts_with(content, "\xef\xbb\xbf"))
        content = (struct text){content.data + 3, content.size - 3};

    struct reading reading = {
        .dataset = dataset,
        .row.arena = dataset->arena,
        .skip_bad_rows = skip_bad_rows,
        .error = error,
        .counted = content.data,
        .line_start = content.data,
        .line = 1,
    };
    bool ok = read_rows(&reading, content);
    row_reader_free(&reading.row);
    if (ok && dataset->count == 0) {
        if (dataset->skipped)
            ok = error_set(error, "no usable row: %u left out, the first is %s", dataset->skipped,
                           dataset->first_bad);
        else
            ok = error_set(error, "%s: no rows in it", dataset->name ? dataset->name : "dataset");
    }
    if (!ok)
        dataset_free(dataset);
    return ok;
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
    return dataset_parse(dataset, content, skip_bad_rows, error);
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
