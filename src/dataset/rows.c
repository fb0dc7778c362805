#include "dataset/rows.h"

#define ROW_MAX_BYTES ((size_t)64 << 20)

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

void rows_begin(struct rows *rows, struct text content)
{
    if (text_starts_with(content, "\xef\xbb\xbf"))
        content = (struct text){content.data + 3, content.size - 3};
    *rows = (struct rows){
        .line = 1, .rest = content, .counted = content.data, .line_start = content.data};
    struct text trimmed = text_trim(content);
    if (text_starts_with(trimmed, "[")) {
        rows->form = ROWS_ARRAY;
        rows->scan = json_scan_begin(content);
    } else if (text_starts_with(trimmed, "{") && find_data_array(content, &rows->scan)) {
        rows->form = ROWS_DATA;
    }
    if (rows->form != ROWS_LINES)
        json_enter_array(&rows->scan);
}

static void count_lines(struct rows *rows, const char *to)
{
    while (rows->counted < to) {
        const char *newline = memchr(rows->counted, '\n', (size_t)(to - rows->counted));
        if (!newline) {
            rows->counted = to;
            return;
        }
        rows->line++;
        rows->counted = rows->line_start = newline + 1;
    }
}

static bool next_line(struct rows *rows, struct text *row)
{
    struct text line;
    while (text_next_line(&rows->rest, &line)) {
        *row = text_trim(line);
        if (row->size)
            return true;
    }
    return false;
}

static bool next_element(struct rows *rows, struct text *row)
{
    struct json_scan *scan = &rows->scan;
    if (json_next_element(scan) && json_scan_raw(scan, row))
        return true;
    if (scan->failed || (rows->form == ROWS_ARRAY && !json_scan_done(scan))) {
        rows->reason = scan->failed ? scan->reason : "more text after the array's end";
        rows->reason_at = scan->at;
    }
    return false;
}

bool rows_next(struct rows *rows, struct text *row)
{
    bool found = rows->form == ROWS_LINES ? next_line(rows, row) : next_element(rows, row);
    if (found)
        count_lines(rows, row->data);
    return found;
}

bool rows_place(struct rows *rows, const char *name, const char *at, const char *reason,
                struct error *error)
{
    if (strcmp(name, "-") == 0)
        name = "stdin";
    if (!at)
        return error_set(error, "%s:%u: %s", name, rows->line, reason);
    count_lines(rows, at);
    return error_set(error, "%s:%u:%td: %s", name, rows->line, at - rows->line_start + 1, reason);
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

bool row_check_bytes(struct text row, const char **at, struct error *error)
{
    *at = NULL;
    if (row.size > ROW_MAX_BYTES)
        return error_set(error, "a row of %zu bytes; the limit is %zu", row.size, ROW_MAX_BYTES);
    const char *broken = first_broken_byte(row);
    if (broken == row.data + row.size)
        return true;
    *at = broken;
    if (*broken == '\0')
        return error_set(error, "a NUL byte");
    return error_set(error, "byte 0x%02x is not UTF-8: is the file in another encoding?",
                     (unsigned)(unsigned char)*broken);
}
