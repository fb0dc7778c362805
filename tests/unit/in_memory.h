/* Readings of a run that is in memory, for csv_prometheus. */
#ifndef IN_MEMORY_H
#define IN_MEMORY_H

#include "report/files.h"

struct in_memory {
    const struct samples *samples;
    uint32_t next;
};

static inline const struct reading *next_in_memory(void *context)
{
    struct in_memory *from = context;
    return from->next < samples_count(from->samples) ? samples_at(from->samples, from->next++)
                                                     : NULL;
}

#endif
