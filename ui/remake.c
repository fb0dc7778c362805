#include "ui/remake.h"

#include <stdlib.h>

#include "base/memory.h"
#include "ui/view.h"

/* At most twice a second, and in no more than a fiftieth of the time. */
#define REMAKE_NS    (500 * NS_PER_MS)
#define REMAKE_SHARE 50

bool remake_begin(struct remake *remake, const struct ui *ui, bool final)
{
    if (remake->final || (remake->made && !final && ui->now_ns < remake->due_ns))
        return false;
    remake->final = final;
    remake->began_ns = now_ns();
    return true;
}

void remake_end(struct remake *remake, const struct ui *ui)
{
    uint64_t cost_ns = (now_ns() - remake->began_ns) * REMAKE_SHARE;
    remake->due_ns = ui->now_ns + (cost_ns > REMAKE_NS ? cost_ns : REMAKE_NS);
    remake->made = true;
}

struct pair_entry {
    struct pair pair;
    struct remake remake;
    _Alignas(max_align_t) char made[];
};

static struct pair_entry *find(struct pair_cache *cache, const struct pair *pair, size_t size)
{
    for (uint32_t i = 0; i < cache->count; i++) {
        const struct pair *other = &cache->entries[i]->pair;
        if (other->which == pair->which && other->round == pair->round &&
            other->against == pair->against)
            return cache->entries[i];
    }
    if ((cache->count & (cache->count - 1)) == 0)
        cache->entries = xreallocarray(cache->entries, cache->count ? cache->count * 2u : 1,
                                       sizeof(struct pair_entry *));
    struct pair_entry *entry = xcalloc(1, sizeof *entry + size);
    entry->pair = *pair;
    return cache->entries[cache->count++] = entry;
}

void *pair_cache_get(struct pair_cache *cache, struct ui *ui, const struct pair *pair, size_t size,
                     pair_maker *make)
{
    struct pair_entry *entry = find(cache, pair, size);
    bool final = round_has_ended(pair->round) && round_has_ended(pair->against);
    if (remake_begin(&entry->remake, ui, final)) {
        make(ui, pair, entry->made);
        remake_end(&entry->remake, ui);
    }
    return entry->made;
}

void pair_cache_free(struct pair_cache *cache, void (*release)(void *made))
{
    for (uint32_t i = 0; i < cache->count; i++) {
        if (release)
            release(cache->entries[i]->made);
        free(cache->entries[i]);
    }
    free(cache->entries);
    *cache = (struct pair_cache){0};
}
