#include "result/chunk_times.h"

#include <stdlib.h>

#include "base/memory.h"

static void add(struct chunk_times *times, uint32_t us)
{
    if (times->count == times->capacity) {
        times->capacity = times->capacity ? times->capacity * 2 : 1024;
        times->us = xreallocarray(times->us, times->capacity, sizeof *times->us);
    }
    times->us[times->count++] = us;
}

/* The array as we write it: digits and commas. False, with nothing passed, for anything else. Most
 * of a journal is these. */
static bool read_plain(struct chunk_times *times, struct json_scan *scan)
{
    const char *at = scan->at, *end = scan->end;
    if (at == end || *at != '[')
        return false;
    do {
        const char *start = ++at;
        uint64_t us = 0;
        while (at < end && *at >= '0' && *at <= '9')
            us = us * 10 + (uint64_t)(*at++ - '0');
        if (at == start || at - start > 10 || us > UINT32_MAX)
            return false;
        add(times, (uint32_t)us);
    } while (at < end && *at == ',');
    if (at == end || *at != ']')
        return false;
    scan->at = at + 1;
    return true;
}

bool chunk_times_read(struct chunk_times *times, struct json_scan *scan)
{
    times->count = 0;
    if (read_plain(times, scan))
        return true;
    times->count = 0;
    if (!json_enter_array(scan))
        return false;
    while (json_next_element(scan)) {
        int64_t us;
        if (!json_scan_int64(scan, &us) || us < 0 || us > UINT32_MAX)
            return false;
        add(times, (uint32_t)us);
    }
    return !scan->failed;
}

void chunk_times_free(struct chunk_times *times)
{
    free(times->us);
    *times = (struct chunk_times){0};
}
