/* Cold against warm for one level, and one line per level at the very end. */
#include <math.h>
#include <stdlib.h>

#include "base/memory.h"
#include "report/page.h"
#include "report/remarks.h"
#include "result/comparison.h"

#define NAME_COLUMNS  16 /* "Latency P50 ms" and its distance */
#define ROUND_COLUMNS 20 /* a figure and its change */
#define GUIDE_COLUMNS 137

static double in_ms(const struct summary *summary, enum metric_id id, size_t offset)
{
    struct statistic statistic = {.offset = offset};
    return statistics_get(&summary->metrics[id], &statistic) / NS_PER_MS;
}

static double row_value(const struct summary *summary, size_t row)
{
    static const struct {
        enum metric_id id;
        size_t offset;
    } spans[] = {
        {METRIC_TTFT, offsetof(struct statistics, p50)},
        {METRIC_TTFT, offsetof(struct statistics, p99)},
        {METRIC_ITL, offsetof(struct statistics, p50)},
        {METRIC_ITL, offsetof(struct statistics, p99)},
        {METRIC_LATENCY, offsetof(struct statistics, p50)},
        {METRIC_LATENCY, offsetof(struct statistics, p99)},
    };
    if (row < ARRAY_SIZE(spans))
        return in_ms(summary, spans[row].id, spans[row].offset);
    return row == ARRAY_SIZE(spans) ? summary->token_throughput : summary->cached_share;
}

static const char *const row_names[] = {"TTFT P50 ms", "TTFT P99 ms",    "ITL P50 ms",
                                        "ITL P99 ms",  "Latency P50 ms", "Latency P99 ms",
                                        "Tokens/s",    "Cached"};
#define ROW_COUNT  ARRAY_SIZE(row_names)
#define ROW_CACHED (ROW_COUNT - 1)

/* The first round, and as many of the last as there is room for. */
static uint32_t first_later_round(const struct level *level, struct table_style style)
{
    int columns = style.columns ? style.columns : GUIDE_COLUMNS;
    int room = (columns - NAME_COLUMNS - ROUND_COLUMNS / 2) / ROUND_COLUMNS;
    uint32_t fitting = room < 1 ? 1 : (uint32_t)room;
    return level->round_count - 1 > fitting ? level->round_count - fitting : 1;
}

static void print_rounds(struct page *page, const struct level *level,
                         const struct summary *summaries)
{
    uint32_t later = first_later_round(level, page->style);
    struct grid grid;
    grid_init(&grid, page, 2 + 2 * (level->round_count - later));
    grid_add(&grid, "%s", "");
    grid_add(&grid, "Round 1");
    for (uint32_t r = later; r < level->round_count; r++) {
        grid_add(&grid, "Round %u", level->rounds[r].number);
        grid_add(&grid, "change");
    }
    for (size_t row = 0; row < ROW_COUNT; row++) {
        double first = row_value(&summaries[0], row);
        grid_add(&grid, "%s", row_names[row]);
        grid_add(&grid, "%s",
                 row == ROW_CACHED ? figure_share(first).text : figure_of(first, 2).text);
        for (uint32_t r = later; r < level->round_count; r++) {
            double value = row_value(&summaries[r], row);
            grid_add(&grid, "%s",
                     row == ROW_CACHED ? figure_share(value).text : figure_of(value, 2).text);
            grid_add(&grid, "%s", row == ROW_CACHED ? "" : figure_change(first, value).text);
        }
    }
    grid_print(&grid, 2, 1);
    if (later > 1)
        page_printf(page, "  Rounds 2–%u stand in figures.csv\n", later);
}

/* A ratio below 1 is said the other way round: 1.25× slower. */
static void print_ratio(struct page *page, const struct comparison *comparison)
{
    bool slower = comparison->word == COMPARISON_SLOWER;
    page_printf(page, "TTFT %.2f×", slower ? 1.0 / comparison->speed_up : comparison->speed_up);
    if (comparison->word != COMPARISON_NOT_SHOWN)
        page_printf(page, slower ? " slower" : " faster");
    if (comparison->has_interval)
        page_printf(page, " [%.2f, %.2f]", slower ? 1.0 / comparison->high : comparison->low,
                    slower ? 1.0 / comparison->low : comparison->high);
    page_printf(page, " (%s ms %s)", figure_of(fabs(comparison->saved_ms), 0).text,
                comparison->saved_ms < 0.0 ? "more" : "less");
}

static void print_headline(struct page *page, const struct level *level, const struct round *warm,
                           const struct summary *summaries, const struct comparison *comparison)
{
    const struct round *cold = &level->rounds[0];
    const char *from = round_temperature(cold, &summaries[0]);
    page_printf(page, "%c%s → %s, %s", from[0] - 'a' + 'A', from + 1,
                round_temperature(warm, &summaries[warm->number - 1]), level->label);
    if (level->round_count > 2)
        page_printf(page, ", round 1 → %u", warm->number);
    if (comparison->pairs == 0) {
        bool changed = cold->segment_count > 1 || warm->segment_count > 1;
        page_printf(page, changed ? ": not paired, the load was changed by hand\n"
                                  : ": no prompt succeeded in both rounds\n");
        return;
    }
    page_printf(page, ", paired on %u prompt%s: ", comparison->pairs,
                comparison->pairs == 1 ? "" : "s");
    print_ratio(page, comparison);
    page_printf(page, "\n");
    if (comparison->retried)
        page_printf(page, "  left out, as they were sent more than once: %u\n",
                    comparison->retried);
}

static void print_verdict(struct page *page, const struct comparison *comparison)
{
    if (comparison->pairs && !comparison->has_interval)
        page_printf(page,
                    "Verdict: none below 50 pairs; the ratio describes these requests only\n");
    else if (comparison->pairs)
        page_printf(page,
                    "Verdict: %s. It covers this run, not how much one run differs from the next\n",
                    comparison_word_title(comparison->word));
}

static struct summary *make_summaries(const struct run *run, const struct level *level)
{
    struct summary *summaries = xcalloc(level->round_count, sizeof *summaries);
    for (uint32_t r = 0; r < level->round_count; r++)
        summary_make(&summaries[r], run, level, &level->rounds[r]);
    return summaries;
}

static void free_summaries(struct summary *summaries, uint32_t count)
{
    for (uint32_t r = 0; r < count; r++)
        summary_free(&summaries[r]);
    free(summaries);
}

static bool is_worse(const struct health *health, const struct health *other)
{
    if (health->verdict != other->verdict)
        return health->verdict > other->verdict;
    return health->stamp_lag_p99_ns > other->stamp_lag_p99_ns;
}

/* The others have their own line below their tables. */
static void print_worst_client(struct page *page, const struct level *level)
{
    const struct round *worst = NULL;
    uint32_t spoiled = 0;
    for (uint32_t r = 0; r < level->round_count; r++) {
        const struct round *round = &level->rounds[r];
        if (round->health.verdict == HEALTH_OK)
            continue;
        spoiled++;
        if (!worst || is_worse(&round->health, &worst->health))
            worst = round;
    }
    if (!worst)
        return;
    char before[32];
    snprintf(before, sizeof before, "Round %u ", worst->number);
    remarks_print_client(page, before, &worst->health);
    if (spoiled > 1)
        page_printf(page, "Nor was the client ok in %u more round%s\n", spoiled - 1,
                    spoiled > 2 ? "s" : "");
}

void table_comparison(struct buffer *out, const struct run *run, const struct level *level,
                      struct table_style style)
{
    if (level->round_count < 2)
        return;
    struct page page = page_begin(out, style);
    struct summary *summaries = make_summaries(run, level);
    struct comparison last = {0};
    for (uint32_t r = 1; r < level->round_count; r++) {
        comparison_make(&last, &level->rounds[0], &level->rounds[r]);
        print_headline(&page, level, &level->rounds[r], summaries, &last);
    }
    page_printf(&page, "\n");
    print_rounds(&page, level, summaries);
    page_printf(&page, "\n");
    print_verdict(&page, &last);
    if (level->steady_from)
        page_printf(&page, "Steady from R%u: TTFT P50 and cached within 2 %% over %u rounds\n",
                    level->steady_from, level->round_count - level->steady_from + 1);
    else if (level->until_steady && level->round_count == level->rounds_planned)
        page_printf(
            &page, "Not steady after %u rounds: TTFT P50 or cached still moved by more than 2 %%\n",
            level->round_count);
    if (summaries[0].cold == COLD_NOT)
        page_printf(&page, "Round 1 was not cold (%s cached): the gain is understated\n",
                    figure_share(summaries[0].cached_share).text);
    print_worst_client(&page, level);
    page_printf(&page, "\n");
    page_end(&page);
    free_summaries(summaries, level->round_count);
}

static void add_overview_row(struct grid *grid, const struct level *level,
                             const struct summary *summaries)
{
    const struct round *first = &level->rounds[0];
    const struct round *last = &level->rounds[level->round_count - 1];
    const struct summary *summary = &summaries[level->round_count - 1];
    uint32_t judged = summary->counts.succeeded + summary->counts.failed, failed = 0;
    enum health_verdict worst = HEALTH_OK;
    for (uint32_t r = 0; r < level->round_count; r++) {
        failed += summaries[r].counts.failed;
        if (level->rounds[r].health.verdict > worst)
            worst = level->rounds[r].health.verdict;
    }
    struct figure cold =
        figure_of(in_ms(&summaries[0], METRIC_TTFT, offsetof(struct statistics, p50)), 2);
    struct figure warm =
        figure_of(in_ms(summary, METRIC_TTFT, offsetof(struct statistics, p50)), 2);
    struct comparison comparison = {.speed_up = NO_VALUE};
    if (last != first)
        comparison_make(&comparison, first, last);

    grid_add(grid, "L%u %s%s", level->number, level->label, level->hidden ? " (hidden)" : "");
    grid_add(grid, "%s", cold.text);
    grid_add(grid, "%s", last != first ? warm.text : "-");
    if (!isfinite(comparison.speed_up))
        grid_add(grid, "-");
    else if (!comparison.has_interval)
        grid_add(grid, "%.2f×", comparison.speed_up);
    else
        grid_add(grid, "%.2f× [%.2f, %.2f]", comparison.speed_up, comparison.low, comparison.high);
    grid_add(grid, "%s",
             figure_of(in_ms(summary, METRIC_ITL, offsetof(struct statistics, p50)), 2).text);
    grid_add(grid, "%s", figure_of(summary->token_throughput, 0).text);
    grid_add(grid, "%s",
             summary->has_slo && judged
                 ? figure_share((double)summary->slo_met_requests / judged).text
                 : "-");
    grid_add(grid, "%u", failed);
    grid_add(grid, "%s", health_verdict_name(worst));
}

void table_overview(struct buffer *out, const struct run *run, struct table_style style)
{
    static const char *const head[] = {"Level", "TTFT P50 ms", "then",   "ratio", "ITL P50",
                                       "tok/s", "SLO",         "failed", "client"};
    struct page page = page_begin(out, style);
    struct grid grid;
    grid_init(&grid, &page, ARRAY_SIZE(head));
    for (size_t i = 0; i < ARRAY_SIZE(head); i++)
        grid_add(&grid, "%s", head[i]);
    for (uint32_t l = 0; l < run->level_count; l++) {
        const struct level *level = run->levels[l];
        if (level->round_count == 0)
            continue;
        struct summary *summaries = make_summaries(run, level);
        add_overview_row(&grid, level, summaries);
        free_summaries(summaries, level->round_count);
    }
    if (grid.count > ARRAY_SIZE(head))
        grid_print(&grid, 0, 1);
    else
        grid_discard(&grid);
    page_end(&page);
}
