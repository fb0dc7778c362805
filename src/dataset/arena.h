/* Memory that is given back all at once. Internal to dataset/. */
#ifndef DATASET_ARENA_H
#define DATASET_ARENA_H

#include "base/text.h"

struct dataset_arena {
    struct arena_block *newest;
    size_t left; /* in the newest block */
};

/* Room for `size` bytes, aligned for pointers and 64-bit integers. */
void *arena_take(struct dataset_arena *arena, size_t size);
/* A copy with a NUL behind it. */
char *arena_copy(struct dataset_arena *arena, struct text text);
void arena_free(struct dataset_arena *arena);

#endif
