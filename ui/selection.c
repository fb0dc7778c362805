/* Which level and round the views are about, and their exact figures. */
#include <math.h>
#include <stdlib.h>

#include "base/memory.h"
#include "ui/view.h"

const struct level *ui_level(const struct ui *ui)
{
    if (!ui->run)
        return NULL;
    if (ui->level)
        return run_find_level(ui->run, ui->level);
    if (ui->live && ui->live->level)
        return run_find_level(ui->run, ui->live->level);
    uint32_t count = atomic_load_explicit(&ui->run->level_count, memory_order_acquire);
    for (uint32_t i = count; i-- > 0;)
        if (ui->run->levels[i]->round_count && !ui_is_hidden(ui, ui->run->levels[i]))
            return ui->run->levels[i];
    return count ? ui->run->levels[0] : NULL;
}

const struct round *ui_round(const struct ui *ui)
{
    const struct level *level = ui_level(ui);
    if (!level || level->round_count == 0)
        return NULL;
    if (ui->round)
        return level_find_round(level, ui->round);
    return &level->rounds[level->round_count - 1];
}

/* ---- figures ---- */

struct entry {
    struct remake remake;
    struct summary summary;
};

struct summary_cache {
    struct entry *levels[RUN_LEVELS_MAX]; /* each has room for all rounds of its level */
    uint32_t rounds[RUN_LEVELS_MAX];
};

void ui_forget_summaries(struct ui *ui)
{
    struct summary_cache *cache = ui->summaries;
    if (!cache)
        return;
    for (uint32_t i = 0; i < RUN_LEVELS_MAX; i++) {
        for (uint32_t j = 0; j < cache->rounds[i]; j++)
            summary_free(&cache->levels[i][j].summary);
        free(cache->levels[i]);
    }
    free(cache);
    ui->summaries = NULL;
}

static struct entry *entry_of(struct ui *ui, const struct level *level, const struct round *round)
{
    if (!ui->summaries)
        ui->summaries = xcalloc(1, sizeof *ui->summaries);
    uint32_t index = level->number - 1u;
    if (!ui->summaries->levels[index]) {
        ui->summaries->levels[index] = xcalloc(level->rounds_most, sizeof(struct entry));
        ui->summaries->rounds[index] = level->rounds_most;
    }
    return &ui->summaries->levels[index][round->number - 1];
}

struct round ui_round_snapshot(const struct ui *ui, const struct round *round)
{
    struct collector *collector = ui->benchmark ? ui->benchmark->collector : NULL;
    if (collector)
        collector_lock(collector);
    struct round copy = {.number = round->number,
                         .start_ns = round->start_ns,
                         .paused_ns = round->paused_ns,
                         .counts = round->counts,
                         .cold = round->cold,
                         .health = {.stamp_lag_p50_ns = round->health.stamp_lag_p50_ns},
                         .after_reset = round->after_reset,
                         .segment_count = round->segment_count,
                         .records = round->records,
                         .kept = round->kept};
    atomic_init(&copy.record_count, round_record_count(round));
    if (collector)
        collector_unlock(collector);
    return copy;
}

const struct summary *ui_summary(struct ui *ui, const struct level *level,
                                 const struct round *round)
{
    struct entry *entry = entry_of(ui, level, round);
    bool ended = round_has_ended(round);
    if (!remake_begin(&entry->remake, ui, ended))
        return &entry->summary;
    summary_free(&entry->summary);
    if (ended) {
        summary_make(&entry->summary, ui->run, level, round);
    } else {
        struct round copy = ui_round_snapshot(ui, round);
        summary_make(&entry->summary, ui->run, level, &copy);
    }
    remake_end(&entry->remake, ui);
    return &entry->summary;
}
