#include "report/baseline.h"

#include <math.h>
#include <stdlib.h>

#include "base/file.h"
#include "base/memory.h"
#include "report/page.h"
#include "result/journal.h"

bool baseline_read(struct baseline *baseline, const char *directory, struct error *error)
{
    char *path = path_join(directory, "journal.jsonl");
    *baseline = (struct baseline){.owned = journal_read(path, error)};
    free(path);
    if (!baseline->owned)
        return false;
    baseline->run = baseline->owned;
    baseline->name = xstrdup(path_base(directory));
    return true;
}

void baseline_free(struct baseline *baseline)
{
    run_free(baseline->owned);
    free(baseline->name);
    *baseline = (struct baseline){0};
}

static bool same_load(const struct level *a, const struct level *b)
{
    return a->concurrency == b->concurrency && !(a->rate < b->rate) && !(a->rate > b->rate);
}

static const struct level *level_of(const struct baseline *baseline, const struct level *level)
{
    if (baseline->level)
        return run_find_level(baseline->run, baseline->level);
    uint32_t count = atomic_load_explicit(&baseline->run->level_count, memory_order_acquire);
    for (uint32_t i = 0; i < count; i++)
        if (same_load(baseline->run->levels[i], level) && baseline->run->levels[i]->round_count)
            return baseline->run->levels[i];
    return NULL;
}

bool baseline_find(const struct baseline *baseline, const struct level *level,
                   const struct round *round, const struct level **found_level,
                   const struct round **found)
{
    if (!baseline->run || !(*found_level = level_of(baseline, level)))
        return false;
    uint32_t count = atomic_load_explicit(&(*found_level)->round_count, memory_order_acquire);
    uint16_t wanted = baseline->round ? baseline->round : round->number;
    *found = level_find_round(*found_level, wanted);
    if (!*found && count)
        *found = &(*found_level)->rounds[count - 1];
    return *found && *found != round;
}

void baseline_name(const struct baseline *baseline, const struct level *level,
                   const struct round *round, struct buffer *out)
{
    buffer_printf(out, "baseline L%u R%u", level->number, round->number);
    if (baseline->name) {
        char *name = text_visible(text_of(baseline->name), 40);
        buffer_printf(out, " of %s", name);
        free(name);
    }
}

void baseline_print(struct buffer *out, const struct baseline *baseline, const struct run *run,
                    const struct level *level, const struct round *round, struct table_style style)
{
    static const struct {
        const char *name;
        enum metric_id id;
        size_t offset;
    } figures[] = {
        {"TTFT P50", METRIC_TTFT, offsetof(struct statistics, p50)},
        {"TTFT P99", METRIC_TTFT, offsetof(struct statistics, p99)},
        {"ITL P50", METRIC_ITL, offsetof(struct statistics, p50)},
        {"latency P50", METRIC_LATENCY, offsetof(struct statistics, p50)},
    };
    const struct level *old_level;
    const struct round *old_round;
    if (!baseline_find(baseline, level, round, &old_level, &old_round))
        return;
    struct summary now, then;
    summary_make(&now, run, level, round);
    summary_make(&then, baseline->run, old_level, old_round);
    struct page page = page_begin(out, style);
    struct buffer name = {0};
    baseline_name(baseline, old_level, old_round, &name);
    page_printf(&page, "Against %s: ", name.data);
    for (size_t i = 0; i < ARRAY_SIZE(figures); i++) {
        double values[2];
        memcpy(&values[0], (const char *)&then.metrics[figures[i].id] + figures[i].offset,
               sizeof *values);
        memcpy(&values[1], (const char *)&now.metrics[figures[i].id] + figures[i].offset,
               sizeof *values);
        page_printf(&page, "%s %s, ", figures[i].name, figure_change(values[0], values[1]).text);
    }
    page_printf(&page, "tokens/s %s, cached %s → %s\n\n",
                figure_change(then.token_throughput, now.token_throughput).text,
                figure_share(then.cached_share).text, figure_share(now.cached_share).text);
    page_end(&page);
    buffer_free(&name);
    summary_free(&now);
    summary_free(&then);
}
