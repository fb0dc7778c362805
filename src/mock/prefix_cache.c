#include "mock/prefix_cache.h"

#include <stdlib.h>

#include "base/memory.h"
#include "mock/tokens.h"

struct cache_block {
    uint64_t hash;
    uint32_t next; /* in its bucket; 0 ends it */
    uint32_t newer, older;
};

void prompt_blocks_init(struct prompt_blocks *blocks, struct text prompt, uint64_t salt)
{
    *blocks = (struct prompt_blocks){0};
    size_t capacity = 0;
    uint64_t hash = TEXT_HASH_SEED ^ salt;
    for (struct text token; (token = token_cut(&prompt)).size;) {
        hash = (hash ^ token_id(token)) * 0x9e3779b97f4a7c15u;
        hash ^= hash >> 32;
        if (++blocks->tokens % BLOCK_TOKENS != 0)
            continue;
        if (blocks->count == capacity) {
            capacity = capacity ? capacity * 2 : 16;
            blocks->hashes = xreallocarray(blocks->hashes, capacity, sizeof *blocks->hashes);
        }
        blocks->hashes[blocks->count++] = hash;
    }
}

void prompt_blocks_free(struct prompt_blocks *blocks)
{
    free(blocks->hashes);
    *blocks = (struct prompt_blocks){0};
}

void prefix_cache_init(struct prefix_cache *cache, int64_t most_tokens)
{
    int64_t most = most_tokens > 0 ? most_tokens / BLOCK_TOKENS : 0;
    int64_t limit = 1 << 30;
    *cache = (struct prefix_cache){.most = (uint32_t)(most < limit ? most : limit)};
    prefix_cache_clear(cache);
}

void prefix_cache_free(struct prefix_cache *cache)
{
    free(cache->blocks);
    free(cache->buckets);
    *cache = (struct prefix_cache){0};
}

void prefix_cache_clear(struct prefix_cache *cache)
{
    free(cache->blocks);
    free(cache->buckets);
    cache->count = 0;
    cache->allocated = 256;
    cache->bucket_mask = cache->allocated - 1;
    cache->blocks = xcalloc(cache->allocated, sizeof *cache->blocks);
    cache->buckets = xcalloc(cache->allocated, sizeof *cache->buckets);
}

static uint32_t *bucket_of(const struct prefix_cache *cache, uint64_t hash)
{
    return &cache->buckets[hash & cache->bucket_mask];
}

static uint32_t find(const struct prefix_cache *cache, uint64_t hash)
{
    uint32_t index = *bucket_of(cache, hash);
    while (index && cache->blocks[index].hash != hash)
        index = cache->blocks[index].next;
    return index;
}

static void ring_remove(struct cache_block *blocks, uint32_t index)
{
    blocks[blocks[index].newer].older = blocks[index].older;
    blocks[blocks[index].older].newer = blocks[index].newer;
}

static void ring_put_newest(struct cache_block *blocks, uint32_t index)
{
    blocks[index].newer = 0;
    blocks[index].older = blocks[0].older;
    blocks[blocks[0].older].newer = index;
    blocks[0].older = index;
}

static void bucket_put(struct prefix_cache *cache, uint32_t index)
{
    uint32_t *bucket = bucket_of(cache, cache->blocks[index].hash);
    cache->blocks[index].next = *bucket;
    *bucket = index;
}

static void bucket_remove(struct prefix_cache *cache, uint32_t index)
{
    uint32_t *link = bucket_of(cache, cache->blocks[index].hash);
    while (*link != index)
        link = &cache->blocks[*link].next;
    *link = cache->blocks[index].next;
}

static void grow(struct prefix_cache *cache)
{
    cache->allocated *= 2;
    cache->bucket_mask = cache->allocated - 1;
    cache->blocks = xreallocarray(cache->blocks, cache->allocated, sizeof *cache->blocks);
    free(cache->buckets);
    cache->buckets = xcalloc(cache->allocated, sizeof *cache->buckets);
    for (uint32_t i = 1; i <= cache->count; i++)
        bucket_put(cache, i);
}

/* A block to fill: a fresh one, or the oldest, taken out. */
static uint32_t take_block(struct prefix_cache *cache)
{
    if (cache->count == cache->most) {
        uint32_t oldest = cache->blocks[0].newer;
        bucket_remove(cache, oldest);
        ring_remove(cache->blocks, oldest);
        cache->evicted++;
        return oldest;
    }
    if (cache->count + 1 == cache->allocated)
        grow(cache);
    return ++cache->count;
}

/* Both walk from the prompt's end to its beginning, so that the beginning, which other prompts may
 * share, is the newest and leaves last. */

size_t prefix_cache_match(struct prefix_cache *cache, const struct prompt_blocks *prompt)
{
    size_t most = prompt->tokens ? (prompt->tokens - 1) / BLOCK_TOKENS : 0;
    size_t matched = 0;
    while (matched < most && find(cache, prompt->hashes[matched]))
        matched++;
    for (size_t i = matched; i-- > 0;) {
        uint32_t index = find(cache, prompt->hashes[i]);
        ring_remove(cache->blocks, index);
        ring_put_newest(cache->blocks, index);
    }
    return matched * BLOCK_TOKENS;
}

size_t prefix_cache_insert(struct prefix_cache *cache, const struct prompt_blocks *prompt)
{
    size_t added = 0;
    size_t count = prompt->count < cache->most ? prompt->count : cache->most;
    for (size_t i = count; i-- > 0;) {
        uint32_t index = find(cache, prompt->hashes[i]);
        if (index) {
            ring_remove(cache->blocks, index);
        } else {
            index = take_block(cache);
            cache->blocks[index].hash = prompt->hashes[i];
            bucket_put(cache, index);
            added++;
        }
        ring_put_newest(cache->blocks, index);
    }
    return added * BLOCK_TOKENS;
}

size_t prefix_cache_tokens(const struct prefix_cache *cache)
{
    return (size_t)cache->count * BLOCK_TOKENS;
}
