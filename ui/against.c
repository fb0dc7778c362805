/* Rounds against their baselines, kept from frame to frame. */
#include <stdlib.h>

#include "base/memory.h"
#include "ui/view.h"

#define REMAKE_NS    (500 * NS_PER_MS)
#define REMAKE_SHARE 50

struct entry {
    const struct round *round, *against;
    bool final;
    uint64_t due_ns;
    struct differences differences;
};

struct against_cache {
    struct entry **entries; /* which do not move */
    uint32_t count;
};

void ui_forget_against(struct ui *ui)
{
    struct against_cache *cache = ui->against;
    if (!cache)
        return;
    for (uint32_t i = 0; i < cache->count; i++) {
        differences_free(&cache->entries[i]->differences);
        free(cache->entries[i]);
    }
    free(cache->entries);
    free(cache);
    ui->against = NULL;
}

static struct entry *find(struct ui *ui, const struct round *round, const struct round *against)
{
    if (!ui->against)
        ui->against = xcalloc(1, sizeof *ui->against);
    struct against_cache *cache = ui->against;
    for (uint32_t i = 0; i < cache->count; i++)
        if (cache->entries[i]->round == round && cache->entries[i]->against == against)
            return cache->entries[i];
    if ((cache->count & (cache->count - 1)) == 0)
        cache->entries = xreallocarray(cache->entries, cache->count ? cache->count * 2u : 1,
                                       sizeof(struct entry *));
    struct entry *entry = xcalloc(1, sizeof *entry);
    *entry = (struct entry){.round = round, .against = against};
    return cache->entries[cache->count++] = entry;
}

static bool has_ended(const struct round *round)
{
    return atomic_load_explicit(&round->ended, memory_order_acquire);
}

static void make(struct ui *ui, struct entry *entry, const struct level *old_level,
                 const struct level *level)
{
    struct round now = ui_round_snapshot(ui, entry->round);
    struct round before = ui_round_snapshot(ui, entry->against);
    differences_free(&entry->differences);
    differences_make(&entry->differences, &ui->baseline, old_level,
                     has_ended(entry->against) ? entry->against : &before, ui->run,
                     has_ended(entry->round) ? entry->round : &now,
                     ui_summary(ui, level, entry->round));
    entry->differences.round = entry->against;
}

const struct differences *ui_against(struct ui *ui, const struct level *level,
                                     const struct round *round)
{
    const struct level *old_level;
    const struct round *against;
    if (!baseline_find(&ui->baseline, level, round, &old_level, &against))
        return NULL;
    struct entry *entry = find(ui, round, against);
    if (entry->final || ui->now_ns < entry->due_ns)
        return &entry->differences;
    uint64_t began_ns = now_ns();
    bool final = has_ended(round) && has_ended(against);
    make(ui, entry, old_level, level);
    entry->final = final;
    uint64_t cost_ns = (now_ns() - began_ns) * REMAKE_SHARE;
    entry->due_ns = ui->now_ns + (cost_ns > REMAKE_NS ? cost_ns : REMAKE_NS);
    return &entry->differences;
}
