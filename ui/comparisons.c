/* Comparisons of rounds, kept from frame to frame. */
#include "ui/view.h"

void ui_forget_comparisons(struct ui *ui)
{
    pair_cache_free(&ui->comparisons, NULL);
}

static void make(struct ui *ui, const struct pair *pair, void *made)
{
    struct round after = ui_round_snapshot(ui, pair->round);
    struct round before = ui_round_snapshot(ui, pair->against);
    struct comparison *comparison = made;
    enum metric_id metric = (enum metric_id)pair->which;
    comparison_of_pairs(comparison, metric, &before, &after);
    if (comparison->pairs == 0)
        comparison_of_requests(comparison, metric, &before, &after);
}

const struct comparison *ui_comparison_of(struct ui *ui, enum metric_id metric,
                                          const struct round *round, const struct round *against)
{
    struct pair pair = {.round = round, .against = against, .which = (uint32_t)metric};
    return pair_cache_get(&ui->comparisons, ui, &pair, sizeof(struct comparison), make);
}

const struct comparison *ui_comparison(struct ui *ui, const struct round *cold,
                                       const struct round *warm)
{
    const struct comparison *comparison = ui_comparison_of(ui, METRIC_TTFT, warm, cold);
    return comparison->basis == COMPARISON_PAIRS && comparison->pairs ? comparison : NULL;
}
