/* A prefix cache as engines keep it: prompts in blocks of 16 tokens, each block named by a hash of
 * itself and all before it, the least recently used ones leaving first. Holds names, no content. */
#ifndef MOCK_PREFIX_CACHE_H
#define MOCK_PREFIX_CACHE_H

#include "base/text.h"

#define BLOCK_TOKENS 16

/* A prompt as the cache sees it. */
struct prompt_blocks {
    uint64_t *hashes; /* of full blocks only */
    size_t count;
    size_t tokens; /* of the whole prompt */
};

/* `salt` keeps equal texts apart; 0 for none. */
void prompt_blocks_init(struct prompt_blocks *blocks, struct text prompt, uint64_t salt);
void prompt_blocks_free(struct prompt_blocks *blocks);

struct prefix_cache {
    struct cache_block *blocks; /* [0] is the ring's head: its `older` is the newest block */
    uint32_t *buckets;
    uint32_t count, allocated, most;
    uint32_t bucket_mask;
    uint64_t evicted; /* blocks that had to leave, since the beginning */
};

void prefix_cache_init(struct prefix_cache *cache, int64_t most_tokens);
void prefix_cache_free(struct prefix_cache *cache);
/* Forgets all blocks; `evicted` stays. */
void prefix_cache_clear(struct prefix_cache *cache);
/* How many tokens at the prompt's beginning are there already; counts as a use of them. Never the
 * whole prompt: an engine computes at least its last token. */
size_t prefix_cache_match(struct prefix_cache *cache, const struct prompt_blocks *prompt);
/* Returns how many tokens were new. */
size_t prefix_cache_insert(struct prefix_cache *cache, const struct prompt_blocks *prompt);
size_t prefix_cache_tokens(const struct prefix_cache *cache);

#endif
