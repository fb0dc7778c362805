/* Comparisons of rounds, kept from frame to frame: to pair a hundred thousand requests takes long.
 */
#include <stdlib.h>

#include "base/memory.h"
#include "ui/view.h"

#define REMAKE_NS    (500 * NS_PER_MS)
#define REMAKE_SHARE 50

struct entry {
    enum metric_id metric;
    const struct round *round, *against;
    bool final;
    uint64_t due_ns;
    struct comparison comparison;
};

struct comparison_cache {
    struct entry **entries; /* which do not move */
    uint32_t count;
};

void ui_forget_comparisons(struct ui *ui)
{
    struct comparison_cache *cache = ui->comparisons;
    if (!cache)
        return;
    for (uint32_t i = 0; i < cache->count; i++)
        free(cache->entries[i]);
    free(cache->entries);
    free(cache);
    ui->comparisons = NULL;
}

static struct entry *find(struct ui *ui, enum metric_id metric, const struct round *round,
                          const struct round *against)
{
    if (!ui->comparisons)
        ui->comparisons = xcalloc(1, sizeof *ui->comparisons);
    struct comparison_cache *cache = ui->comparisons;
    for (uint32_t i = 0; i < cache->count; i++) {
        struct entry *entry = cache->entries[i];
        if (entry->metric == metric && entry->round == round && entry->against == against)
            return entry;
    }
    if ((cache->count & (cache->count - 1)) == 0)
        cache->entries = xreallocarray(cache->entries, cache->count ? cache->count * 2u : 1,
                                       sizeof(struct entry *));
    struct entry *entry = xcalloc(1, sizeof *entry);
    *entry = (struct entry){.metric = metric, .round = round, .against = against};
    return cache->entries[cache->count++] = entry;
}

static bool has_ended(const struct round *round)
{
    return atomic_load_explicit(&round->ended, memory_order_acquire);
}

const struct comparison *ui_comparison_of(struct ui *ui, enum metric_id metric,
                                          const struct round *round, const struct round *against)
{
    struct entry *entry = find(ui, metric, round, against);
    if (entry->final || ui->now_ns < entry->due_ns)
        return &entry->comparison;
    uint64_t began_ns = now_ns();
    bool final = has_ended(round) && has_ended(against);
    struct round after = ui_round_snapshot(ui, round), before = ui_round_snapshot(ui, against);
    comparison_of_pairs(&entry->comparison, metric, &before, &after);
    if (entry->comparison.pairs == 0)
        comparison_of_requests(&entry->comparison, metric, &before, &after);
    entry->final = final;
    uint64_t cost_ns = (now_ns() - began_ns) * REMAKE_SHARE;
    entry->due_ns = ui->now_ns + (cost_ns > REMAKE_NS ? cost_ns : REMAKE_NS);
    return &entry->comparison;
}

const struct comparison *ui_comparison(struct ui *ui, const struct round *cold,
                                       const struct round *warm)
{
    const struct comparison *comparison = ui_comparison_of(ui, METRIC_TTFT, warm, cold);
    return comparison->basis == COMPARISON_PAIRS && comparison->pairs ? comparison : NULL;
}
