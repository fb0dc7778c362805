#include "ui/cache_figures.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/memory.h"

#define HARDLY_CACHED 0.10

double record_cached_share(const struct record *record)
{
    if (record->cached_tokens == TOKENS_UNKNOWN || record->prompt_tokens == TOKENS_UNKNOWN ||
        record->prompt_tokens == 0)
        return NO_VALUE;
    return (double)record->cached_tokens / record->prompt_tokens;
}

static double ttft_ms(const struct record *record)
{
    uint64_t ns;
    return metrics_table[METRIC_TTFT].value(record, &ns) ? (double)ns / NS_PER_MS : NO_VALUE;
}

static int by_factor(const void *left, const void *right)
{
    const struct helped *a = left, *b = right;
    if (a->factor != b->factor)
        return a->factor < b->factor ? -1 : 1;
    return (a->warm->index > b->warm->index) - (a->warm->index < b->warm->index);
}

static int by_value(const void *left, const void *right)
{
    double a = *(const double *)left, b = *(const double *)right;
    return (a > b) - (a < b);
}

/* Sorts them. */
static double median(double *values, uint32_t count)
{
    if (count == 0)
        return NO_VALUE;
    qsort(values, count, sizeof *values, by_value);
    return count % 2 ? values[count / 2] : (values[count / 2 - 1] + values[count / 2]) / 2.0;
}

/* ---- prefill ---- */

static void add_point(struct cache_figures *figures, const struct record *record)
{
    if (isnan(record_cached_share(record)))
        return;
    figures->prefill_tokens[figures->point_count] =
        (double)record->prompt_tokens - record->cached_tokens;
    figures->prefill_ms[figures->point_count++] = ttft_ms(record);
}

/* Of prompts that the cache had hardly anything of: the TTFT of others is not their prefill's. */
static double prefill_rate(const struct cache_figures *figures)
{
    double tokens = 0, ms = 0;
    for (uint32_t i = 0; i < figures->count; i++) {
        const struct record *record = figures->helped[i].cold;
        if (!(record_cached_share(record) < HARDLY_CACHED))
            continue;
        tokens += (double)record->prompt_tokens - record->cached_tokens;
        ms += ttft_ms(record);
    }
    return ms > 0 ? tokens / ms * 1e3 : NO_VALUE;
}

static void make_prefill(struct cache_figures *figures)
{
    double *saved = xreallocarray(NULL, figures->count, sizeof *saved);
    uint32_t saved_count = 0;
    for (uint32_t i = 0; i < figures->count; i++) {
        const struct helped *helped = &figures->helped[i];
        add_point(figures, helped->cold);
        add_point(figures, helped->warm);
        if (isnan(record_cached_share(helped->cold)) || isnan(record_cached_share(helped->warm)))
            continue;
        double more = (double)helped->warm->cached_tokens - helped->cold->cached_tokens;
        if (more > 0)
            saved[saved_count++] = (ttft_ms(helped->cold) - ttft_ms(helped->warm)) / more;
    }
    figures->cold_rate = prefill_rate(figures);
    figures->saved_ms_per_token = median(saved, saved_count);
    free(saved);
}

static void count_hardly_cached(struct cache_figures *figures)
{
    double *shares = xreallocarray(NULL, figures->count, sizeof *shares);
    uint32_t known = 0, hardly = 0;
    for (uint32_t i = 0; i < figures->count; i++) {
        double share = record_cached_share(figures->helped[i].warm);
        if (!isnan(share))
            shares[known++] = share;
    }
    figures->median_cached = median(shares, known);
    for (uint32_t i = 0; i < figures->count; i++) {
        double share = record_cached_share(figures->helped[i].warm);
        if (!(share < figures->median_cached / 2))
            continue;
        shares[hardly++] = share;
        figures->hardly_best = fmax(figures->hardly_best, figures->helped[i].factor);
    }
    figures->hardly_cached = hardly;
    figures->hardly_share = median(shares, hardly);
    free(shares);
}

/* ---- all of it ---- */

void cache_figures_make(struct cache_figures *figures, const struct level *level,
                        const struct round *cold, const struct round *warm)
{
    uint32_t retried;
    *figures = (struct cache_figures){.level = level, .cold = cold, .warm = warm};
    figures->records_seen = round_record_count(cold) + round_record_count(warm);
    comparison_make(&figures->comparison, cold, warm);
    struct record_pair *pairs =
        comparison_record_pairs(METRIC_TTFT, cold, warm, &figures->count, &retried);
    uint32_t count = figures->count;
    figures->helped = xreallocarray(NULL, count, sizeof *figures->helped);
    for (uint32_t i = 0; i < count; i++)
        figures->helped[i] = (struct helped){pairs[i].before, pairs[i].after,
                                             ttft_ms(pairs[i].before) / ttft_ms(pairs[i].after)};
    free(pairs);
    if (count)
        qsort(figures->helped, count, sizeof *figures->helped, by_factor);
    double **arrays[] = {&figures->rank, &figures->factors, &figures->cold_ms, &figures->warm_ms};
    for (size_t i = 0; i < ARRAY_SIZE(arrays); i++)
        *arrays[i] = xreallocarray(NULL, count, sizeof **arrays[i]);
    figures->prefill_tokens = xreallocarray(NULL, 2 * (size_t)count, sizeof(double));
    figures->prefill_ms = xreallocarray(NULL, 2 * (size_t)count, sizeof(double));
    for (uint32_t i = 0; i < count; i++) {
        figures->rank[i] = i;
        figures->factors[i] = figures->helped[i].factor;
        figures->cold_ms[i] = ttft_ms(figures->helped[i].cold);
        figures->warm_ms[i] = ttft_ms(figures->helped[i].warm);
    }
    make_prefill(figures);
    count_hardly_cached(figures);
}

void cache_figures_free(struct cache_figures *figures)
{
    void *owned[] = {figures->helped,    figures->rank,    figures->factors,
                     figures->cold_ms,   figures->warm_ms, figures->prefill_tokens,
                     figures->prefill_ms};
    for (size_t i = 0; i < ARRAY_SIZE(owned); i++)
        free(owned[i]);
    *figures = (struct cache_figures){0};
}

/* ---- why ---- */

/* The longest queue that the server showed while the request waited; NaN = it shows none. */
static double waiting_at_server(const struct run *run, const struct record *record)
{
    const struct samples *samples = &run->samples;
    const struct watched *waiting = samples_find_role(samples, ROLE_WAITING);
    double most = NO_VALUE;
    if (!waiting)
        return most;
    for (uint32_t i = samples_from(samples, record->sent_ns); i < samples_count(samples); i++) {
        most = fmax(most, samples_value(samples, waiting, i));
        if (samples_at(samples, i)->at_ns >= record->first_token_ns)
            break;
    }
    return most;
}

void helped_why(const struct cache_figures *figures, const struct run *run,
                const struct helped *helped, char why[static 48])
{
    double share = record_cached_share(helped->warm), before = record_cached_share(helped->cold);
    double waiting = waiting_at_server(run, helped->warm);
    if (isnan(share))
        snprintf(why, 48, "cached tokens unknown");
    else if (before - share > 0.5)
        snprintf(why, 48, "was cached in R%u, no longer", helped->cold->round);
    else if (share < figures->median_cached / 2)
        snprintf(why, 48, "hardly cached");
    else if (share - before < 0.05 && before > 0.5)
        snprintf(why, 48, "was cached in R%u too", helped->cold->round);
    else if (waiting >= 1)
        snprintf(why, 48, "cached, %.0f in queue", waiting);
    else if (share < 0.05)
        snprintf(why, 48, "not cached");
    else
        snprintf(why, 48,
                 helped->factor < figures->comparison.speed_up / 1.2 ? "cached, yet slow"
                                                                     : "cached, as most");
}
