/* Failed requests by class, status and text. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "result/summary.h"

static uint16_t shown_status(const struct record *record)
{
    return record->error == ERR_HTTP_STATUS ? record->http_status : 0;
}

static const char *shown_text(const struct record *record)
{
    return record->error_text ? record->error_text : "";
}

static int compare_failures(const struct record *a, const struct record *b)
{
    if (a->error != b->error)
        return a->error < b->error ? -1 : 1;
    if (shown_status(a) != shown_status(b))
        return shown_status(a) < shown_status(b) ? -1 : 1;
    return strcmp(shown_text(a), shown_text(b));
}

static int by_group(const void *left, const void *right)
{
    const struct record *a = *(const struct record *const *)left;
    const struct record *b = *(const struct record *const *)right;
    int order = compare_failures(a, b);
    return order ? order : (a->index > b->index) - (a->index < b->index);
}

static int by_count(const void *left, const void *right)
{
    const struct error_group *a = left, *b = right;
    if (a->count != b->count)
        return a->count > b->count ? -1 : 1;
    if (a->first_index != b->first_index)
        return a->first_index < b->first_index ? -1 : 1;
    return strcmp(a->text, b->text);
}

struct error_group *error_groups_make(const struct record *const *records, size_t record_count,
                                      uint32_t *count)
{
    const struct record **failed = xreallocarray(NULL, record_count, sizeof *failed);
    size_t failed_count = 0;
    for (size_t i = 0; i < record_count; i++)
        if (!record_succeeded(records[i]) && records[i]->error != ERR_CANCELLED)
            failed[failed_count++] = records[i];
    if (failed_count)
        qsort(failed, failed_count, sizeof *failed, by_group);

    struct error_group *groups = NULL;
    *count = 0;
    for (size_t i = 0; i < failed_count; i++) {
        const struct record *record = failed[i];
        if (i > 0 && compare_failures(failed[i - 1], record) == 0) {
            groups[*count - 1].count++;
            continue;
        }
        if ((*count & (*count - 1)) == 0)
            groups = xreallocarray(groups, *count ? *count * 2 : 1, sizeof *groups);
        struct error_group *group = &groups[(*count)++];
        *group = (struct error_group){
            .class = record->error,
            .http_status = shown_status(record),
            .count = 1,
            .first_index = record->index,
        };
        snprintf(group->text, sizeof group->text, "%s", shown_text(record));
    }
    if (*count)
        qsort(groups, *count, sizeof *groups, by_count);
    free(failed);
    return groups;
}
