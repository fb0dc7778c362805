/* When the chunks of a request came, as its journal line has them: µs since it was sent. */
#ifndef RESULT_CHUNK_TIMES_H
#define RESULT_CHUNK_TIMES_H

#include "base/json.h"

struct chunk_times {
    uint32_t *us;
    uint32_t count, capacity;
};

/* Passes the array and takes what it holds in place of what was there. False when it holds anything
 * but numbers of 32 bits; `scan` may then not have failed. */
bool chunk_times_read(struct chunk_times *times, struct json_scan *scan);
void chunk_times_free(struct chunk_times *times);

#endif
