#include "result/kept.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/file.h"
#include "base/json.h"
#include "base/memory.h"

/* Where in a line of the debug log the request's own members are, at the latest. */
#define HEAD_BYTES 2048

struct wanted {
    const struct record *record;
    bool any_round; /* all rounds send the same body */
    const char *key;
    char mark[64]; /* stands in the line, near its beginning */
};

/* The value of `key`, when the line is that of the request. */
static bool take(struct text line, const struct wanted *wanted, struct buffer *out)
{
    struct text head = text_head(line, HEAD_BYTES);
    if (!memmem(head.data, head.size, wanted->mark, strlen(wanted->mark)))
        return false;
    struct json_scan scan = json_scan_begin(line);
    struct text key, raw, value = {0};
    int64_t number;
    unsigned matches = 0;
    const struct {
        const char *key;
        int64_t value;
        bool any;
    } members[] = {{"level", wanted->record->level, false},
                   {"round", wanted->record->round, wanted->any_round},
                   {"index", wanted->record->index, false}};
    if (!json_enter_object(&scan))
        return false;
    while (json_next_key(&scan, &key)) {
        struct json_scan number_scan = scan;
        json_scan_raw(&scan, &raw);
        if (text_is(key, wanted->key))
            value = raw;
        for (size_t i = 0; i < ARRAY_SIZE(members); i++)
            if (text_is(key, members[i].key) && !members[i].any)
                matches += json_scan_int64(&number_scan, &number) && number == members[i].value;
    }
    if (scan.failed || !value.data || matches < (wanted->any_round ? 2 : 3))
        return false;
    buffer_add_text(out, value);
    return true;
}

static bool look_in(const char *path, const struct wanted *wanted, struct buffer *out)
{
    FILE *stream = fopen(path, "re");
    if (!stream)
        return false;
    char *line = NULL;
    size_t capacity = 0;
    ssize_t size;
    bool found = false;
    while (!found && (size = getline(&line, &capacity, stream)) > 0)
        found = take((struct text){line, (size_t)size}, wanted, out);
    free(line);
    fclose(stream);
    return found;
}

static bool look_in_debug_logs(const char *directory, const struct wanted *wanted,
                               struct buffer *out)
{
    char *logs = path_join(directory, "debug_logs");
    DIR *entries = opendir(logs);
    struct dirent *entry;
    bool found = false;
    while (entries && !found && (entry = readdir(entries))) {
        if (!text_ends_with(text_of(entry->d_name), ".jsonl"))
            continue;
        char *path = path_join(logs, entry->d_name);
        found = look_in(path, wanted, out);
        free(path);
    }
    if (entries)
        closedir(entries);
    free(logs);
    return found;
}

bool kept_body(const char *directory, const struct record *record, struct buffer *body)
{
    struct wanted wanted = {.record = record, .any_round = true, .key = "body"};
    snprintf(wanted.mark, sizeof wanted.mark, "\"level\":%u,\"index\":%u,", record->level,
             record->index);
    char *path = path_join(directory, "bodies.jsonl");
    bool found = look_in(path, &wanted, body);
    free(path);
    if (found)
        return true;
    wanted.key = "request";
    snprintf(wanted.mark, sizeof wanted.mark, ",\"index\":%u,", record->index);
    return look_in_debug_logs(directory, &wanted, body);
}

bool kept_events(const char *directory, const struct record *record, struct buffer *events)
{
    struct wanted wanted = {.record = record, .key = "raw_events"};
    snprintf(wanted.mark, sizeof wanted.mark, "\"round\":%u,\"index\":%u,", record->round,
             record->index);
    return look_in_debug_logs(directory, &wanted, events);
}
