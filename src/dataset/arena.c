#include "dataset/arena.h"

#include <stdint.h>
#include <stdlib.h>

#include "base/memory.h"

#define BLOCK_BYTES ((size_t)1 << 18)
#define ALIGNMENT   8u

struct arena_block {
    struct arena_block *older;
    size_t size;
    _Alignas(ALIGNMENT) char bytes[];
};

void *arena_take(struct dataset_arena *arena, size_t size)
{
    if (size > SIZE_MAX - sizeof(struct arena_block) - ALIGNMENT)
        die("out of memory (asked for %zu bytes)", size);
    size = (size + ALIGNMENT - 1) & ~(size_t)(ALIGNMENT - 1);
    if (size > arena->left) {
        size_t block_size = size > BLOCK_BYTES ? size : BLOCK_BYTES;
        struct arena_block *block = xmalloc(sizeof *block + block_size);
        block->older = arena->newest;
        block->size = block_size;
        arena->newest = block;
        arena->left = block_size;
    }
    char *taken = arena->newest->bytes + (arena->newest->size - arena->left);
    arena->left -= size;
    return taken;
}

char *arena_copy(struct dataset_arena *arena, struct text text)
{
    char *copy = arena_take(arena, text.size + 1);
    if (text.size)
        memcpy(copy, text.data, text.size);
    copy[text.size] = '\0';
    return copy;
}

void arena_free(struct dataset_arena *arena)
{
    while (arena->newest) {
        struct arena_block *older = arena->newest->older;
        free(arena->newest);
        arena->newest = older;
    }
    arena->left = 0;
}
