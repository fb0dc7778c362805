#include "report/table_turns.h"

#define TURNS_SHOWN 12

static double in_ms(double ns)
{
    return ns / NS_PER_MS;
}

static void add_turn(struct grid *grid, const struct summary *summary, int32_t turn)
{
    const struct statistics *metrics = summary->metrics;
    grid_add(grid, "%d", turn);
    grid_add(grid, "%u", summary->counts.succeeded);
    grid_add(grid, "%u", summary->counts.failed);
    grid_add(grid, "%s", figure_of(in_ms(metrics[METRIC_TTFT].p50), 2).text);
    grid_add(grid, "%s", figure_of(in_ms(metrics[METRIC_TTFT].p99), 2).text);
    grid_add(grid, "%s", figure_of(in_ms(metrics[METRIC_ITL].p50), 2).text);
    grid_add(grid, "%s", figure_of(in_ms(metrics[METRIC_LATENCY].p50), 2).text);
    grid_add(grid, "%s%s", summary->input_estimated ? "≈" : "",
             figure_of(summary->avg_input_tokens, 1).text);
    grid_add(grid, "%s", figure_share(summary->cached_share).text);
}

void table_turns(struct page *page, const struct run *run, const struct level *level,
                 const struct round *round)
{
    static const char *const head[] = {"Turn",    "ok",          "failed", "TTFT P50", "P99",
                                       "ITL P50", "Latency P50", "input",  "cached"};
    int32_t turns = round_last_turn(round);
    if (turns < 2)
        return;
    struct grid grid;
    grid_init(&grid, page, sizeof head / sizeof head[0]);
    for (size_t i = 0; i < grid.columns; i++)
        grid_add(&grid, "%s", head[i]);
    for (int32_t turn = 1; turn <= turns && turn <= TURNS_SHOWN; turn++) {
        struct summary summary;
        summary_make_part(&summary, run, level, round, (struct summary_part){-1, turn});
        add_turn(&grid, &summary, turn);
        summary_free(&summary);
    }
    page_printf(page, "\nConversations, by turn (ms, tokens):\n");
    grid_print(&grid, 2, 1);
    if (turns > TURNS_SHOWN)
        page_printf(page, "  Turns %d–%d stand in figures.csv\n", TURNS_SHOWN + 1, turns);
}
