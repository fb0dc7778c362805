/* Rounds against their baselines, kept from frame to frame. */
#include "ui/view.h"

static void release(void *made)
{
    differences_free(made);
}

void ui_forget_against(struct ui *ui)
{
    pair_cache_free(&ui->against, release);
}

static void make(struct ui *ui, const struct pair *pair, void *made)
{
    struct round now = ui_round_snapshot(ui, pair->round);
    struct round before = ui_round_snapshot(ui, pair->against);
    struct differences *differences = made;
    differences_free(differences);
    differences_make(differences, &ui->baseline, pair->against_level,
                     round_has_ended(pair->against) ? pair->against : &before, ui->run,
                     round_has_ended(pair->round) ? pair->round : &now,
                     ui_summary(ui, pair->level, pair->round));
    differences->round = pair->against;
}

const struct differences *ui_against(struct ui *ui, const struct level *level,
                                     const struct round *round)
{
    struct pair pair = {.round = round, .level = level};
    if (!baseline_find(&ui->baseline, level, round, &pair.against_level, &pair.against))
        return NULL;
    return pair_cache_get(&ui->against, ui, &pair, sizeof(struct differences), make);
}
