/* Seconds of a run: from its records where nobody watched, and what they come to. */
#include <math.h>
#include <stdlib.h>

#include "base/memory.h"
#include "result/metric.h"
#include "ui/live.h"

static struct live_second *second_at(struct live_view *view, uint64_t at_ns)
{
    uint64_t second = at_ns / NS_PER_S;
    uint32_t first = view->seconds[0].second;
    return second >= first && second - first < view->second_count ? &view->seconds[second - first]
                                                                  : NULL;
}

/* Spread evenly between the first and the last: a journal keeps the chunks' times, memory does not.
 */
static void add_tokens(struct live_view *view, const struct record *record)
{
    uint64_t itl_ns, from = record->first_token_ns / NS_PER_S;
    uint64_t to = record->last_token_ns / NS_PER_S;
    bool estimated;
    uint32_t tokens = record_output_tokens(record, &estimated), given = 0;
    bool has_itl = metrics_table[METRIC_ITL].value(record, &itl_ns);
    for (uint64_t second = from; second <= to; second++) {
        struct live_second *bucket = second_at(view, second * NS_PER_S);
        uint32_t until = (uint32_t)((uint64_t)tokens * (second - from + 1) / (to - from + 1));
        if (bucket) {
            bucket->tokens += until - given;
            bucket->gap_count += has_itl;
            bucket->gap_sum_us += has_itl ? itl_ns / NS_PER_US : 0;
        }
        given = until;
    }
}

static void add_record(struct live_view *view, const struct record *record)
{
    struct live_second *bucket;
    if (record->first_token_ns && (bucket = second_at(view, record->first_token_ns))) {
        bucket->ttft_count++;
        bucket->ttft_sum_us += (record->first_token_ns - record->sent_ns) / NS_PER_US;
    }
    if (record->first_token_ns && record->last_token_ns >= record->first_token_ns)
        add_tokens(view, record);
    if ((bucket = second_at(view, record->end_ns))) {
        bucket->finished++;
        bucket->failed += !record_succeeded(record);
    }
    /* In flight at the end of a second. */
    for (uint64_t second = record->dispatched_ns / NS_PER_S; second < record->end_ns / NS_PER_S;
         second++)
        if ((bucket = second_at(view, second * NS_PER_S)))
            bucket->in_flight++;
}

static void find_bounds(const struct run *run, uint64_t *first_ns, uint64_t *last_ns)
{
    *first_ns = UINT64_MAX;
    *last_ns = 0;
    for (uint32_t i = 0; i < run->level_count; i++)
        for (uint32_t j = 0; j < run->levels[i]->round_count; j++) {
            const struct round *round = &run->levels[i]->rounds[j];
            *first_ns = round->start_ns < *first_ns ? round->start_ns : *first_ns;
            for (uint32_t k = 0; k < round_record_count(round); k++)
                if (round->records[k].end_ns > *last_ns)
                    *last_ns = round->records[k].end_ns;
        }
}

struct live_view *live_seconds_of(const struct run *run)
{
    struct live_view *view = xcalloc(1, sizeof *view);
    uint64_t first_ns, last_ns;
    find_bounds(run, &first_ns, &last_ns);
    if (first_ns > last_ns)
        return view;
    uint64_t first = first_ns / NS_PER_S, last = last_ns / NS_PER_S;
    if (last - first >= LIVE_SECONDS)
        first = last - LIVE_SECONDS + 1;
    view->second_count = (uint32_t)(last - first + 1);
    for (uint32_t i = 0; i < view->second_count; i++)
        view->seconds[i].second = (uint32_t)first + i;
    for (uint32_t i = 0; i < run->level_count; i++)
        for (uint32_t j = 0; j < run->levels[i]->round_count; j++)
            for (uint32_t k = 0; k < round_record_count(&run->levels[i]->rounds[j]); k++)
                add_record(view, &run->levels[i]->rounds[j].records[k]);
    return view;
}

/* ---- what just happened ---- */

#define RECENT_SECONDS 5

/* Whole seconds only, and none from before the round. */
static double recent_rate(const struct ui *ui, const struct live_view *seconds, bool tokens)
{
    uint64_t now = ui->now_ns / NS_PER_S, begun = seconds->round_start_ns / NS_PER_S;
    uint64_t from = now > RECENT_SECONDS ? now - RECENT_SECONDS : 0;
    from = from > begun ? from : begun + 1;
    if (from >= now)
        return (double)NAN;
    uint64_t sum = 0;
    for (uint32_t i = 0; i < seconds->second_count; i++) {
        const struct live_second *second = &seconds->seconds[i];
        if (second->second >= from && second->second < now)
            sum += tokens ? second->tokens : second->finished;
    }
    return (double)sum / (double)(now - from);
}

double live_tokens_per_s(const struct ui *ui, const struct live_view *seconds)
{
    return recent_rate(ui, seconds, true);
}

double live_requests_per_s(const struct ui *ui, const struct live_view *seconds)
{
    return recent_rate(ui, seconds, false);
}
