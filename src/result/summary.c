#include "result/summary.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/values.h"
#include "result/round_kept.h"

#define HIT_RATES_APART 0.05

/* The records of one part of a round, in order of completion. */
struct selection {
    const struct record **records;
    size_t count;
};

static struct selection select_records(const struct round *round, struct summary_part part)
{
    uint32_t all = round_record_count(round);
    struct selection selection = {xreallocarray(NULL, all, sizeof *selection.records), 0};
    for (uint32_t i = 0; i < all; i++) {
        const struct record *record = &round->records[i];
        if ((part.segment < 0 || record->segment == part.segment) &&
            (part.turn < 0 || record->turn == part.turn))
            selection.records[selection.count++] = record;
    }
    return selection;
}

static struct round_counts count_records(const struct selection *selection)
{
    struct round_counts counts = {.planned = (uint32_t)selection->count};
    for (size_t i = 0; i < selection->count; i++) {
        const struct record *record = selection->records[i];
        if (record_succeeded(record))
            counts.succeeded++;
        else if (record->error == ERR_CANCELLED)
            counts.cancelled++;
        else
            counts.failed++;
    }
    return counts;
}

static void make_metrics(struct summary *summary, const struct selection *selection)
{
    struct values values;
    values_init(&values, VALUES_EXACT_MOST);
    for (unsigned id = 0; id < METRIC_COUNT; id++) {
        uint64_t ns;
        for (size_t i = 0; metrics_table[id].value && i < selection->count; i++)
            if (record_succeeded(selection->records[i]) &&
                metrics_table[id].value(selection->records[i], &ns))
                values_add(&values, ns);
        summary->metrics[id] = values_take(&values);
    }
    values_free(&values);
}

/* First dispatch → last end of what succeeded or failed. What the user cancelled ended when he said
 * so, which tells nothing about the server. */
static double duration_s(const struct selection *selection, uint64_t paused_ns)
{
    uint64_t first_ns = UINT64_MAX, last_ns = 0;
    for (size_t i = 0; i < selection->count; i++) {
        const struct record *record = selection->records[i];
        if (record->dispatched_ns && record->dispatched_ns < first_ns)
            first_ns = record->dispatched_ns;
        if (record->error != ERR_CANCELLED && record->end_ns > last_ns)
            last_ns = record->end_ns;
    }
    if (first_ns >= last_ns || paused_ns >= last_ns - first_ns)
        return 0.0;
    return (double)(last_ns - first_ns - paused_ns) / NS_PER_S;
}

static double share(uint64_t part, uint64_t whole)
{
    return whole ? (double)part / (double)whole : NO_VALUE;
}

static void make_tokens(struct summary *summary, const struct selection *selection)
{
    uint64_t cached = 0, cacheable = 0, chunks = 0, coalesced = 0;
    for (size_t i = 0; i < selection->count; i++) {
        const struct record *record = selection->records[i];
        bool input_estimated, output_estimated;
        uint32_t input = record_input_tokens(record, &input_estimated);
        uint32_t output = record_output_tokens(record, &output_estimated);
        summary->received_tokens += output;
        if (!record_succeeded(record))
            continue;
        summary->input_tokens += input;
        summary->output_tokens += output;
        summary->input_estimated |= input_estimated;
        summary->output_estimated |= output_estimated;
        chunks += record->chunks;
        coalesced += record->coalesced_chunks;
        if (!input_estimated && record->cached_tokens != TOKENS_UNKNOWN) {
            cached += record->cached_tokens;
            cacheable += input;
        }
    }
    summary->avg_input_tokens = share(summary->input_tokens, summary->counts.succeeded);
    summary->avg_output_tokens = share(summary->output_tokens, summary->counts.succeeded);
    summary->cached_share = share(cached, cacheable);
    summary->coalesced_share = share(coalesced, chunks);
}

/* Of the whole round: counters know of no segments and turns. */
static void make_server_hits(struct summary *summary, const struct run *run,
                             const struct level *level, const struct round *round)
{
    const struct watched *watched = samples_find_role(&run->samples, ROLE_HIT_RATE);
    struct watched_round hits = {.value = NO_VALUE};
    if (watched)
        samples_round(&run->samples, watched, level->number, round->number, round->start_ns,
                      round->end_ns, &hits);
    summary->server_hit_rate = hits.value;
    summary->hit_rates_disagree =
        fabs(summary->server_hit_rate - summary->cached_share) > HIT_RATES_APART;
}

static void judge_slo(struct summary *summary, const struct selection *selection,
                      const struct slo *slo, bool user_times)
{
    summary->has_slo = slo_any(slo);
    for (size_t i = 0; summary->has_slo && i < selection->count; i++) {
        const struct record *record = selection->records[i];
        bool missed[SLO_LIMIT_COUNT], estimated;
        if (!record_succeeded(record))
            continue;
        if (record_meets_slo(record, slo, user_times, missed)) {
            summary->slo_met_requests++;
            summary->slo_met_tokens += record_output_tokens(record, &estimated);
        }
        for (size_t limit = 0; limit < SLO_LIMIT_COUNT; limit++)
            summary->slo_missed[limit] += missed[limit];
    }
}

static double per_second(uint64_t count, double seconds)
{
    return seconds > 0.0 ? (double)count / seconds : NO_VALUE;
}

static void make_rates(struct summary *summary)
{
    double seconds = summary->duration_s;
    summary->token_throughput = per_second(summary->output_tokens, seconds);
    summary->request_throughput = per_second(summary->counts.succeeded, seconds);
    summary->goodput_tokens_per_s =
        summary->has_slo ? per_second(summary->slo_met_tokens, seconds) : NO_VALUE;
    summary->goodput_requests_per_s =
        summary->has_slo ? per_second(summary->slo_met_requests, seconds) : NO_VALUE;
}

/* Without its records a round cannot be judged by limits that came later. */
static void take_kept(struct summary *summary, const struct run *run, const struct round *round)
{
    const struct summary *kept = &round->kept->summary;
    *summary = *kept;
    summary->errors = xreallocarray(NULL, kept->error_count, sizeof *summary->errors);
    if (kept->error_count)
        memcpy(summary->errors, kept->errors, kept->error_count * sizeof *summary->errors);
    if (!round_judged_otherwise(run, round))
        return;
    summary->has_slo = false;
    summary->slo_met_requests = 0;
    summary->slo_met_tokens = 0;
    memset(summary->slo_missed, 0, sizeof summary->slo_missed);
    make_rates(summary);
}

/* From what is at hand: the round's own count of them still grows while it runs. */
static void judge_cold(struct summary *summary, const struct selection *selection)
{
    struct cold_tokens tokens = {0};
    for (size_t i = 0; i < selection->count; i++)
        cold_tokens_add(&tokens, selection->records[i]);
    summary->cold = cold_verdict_of(&tokens, &summary->unexplained_share);
}

void summary_make_part(struct summary *summary, const struct run *run, const struct level *level,
                       const struct round *round, struct summary_part part)
{
    bool whole = part.segment < 0 && part.turn < 0;
    if (whole && round->kept) {
        take_kept(summary, run, round);
        return;
    }
    struct selection selection = select_records(round, part);
    *summary = (struct summary){.counts = whole ? round->counts : count_records(&selection)};
    make_metrics(summary, &selection);
    if (whole)
        summary->metrics[METRIC_CHUNK_GAP] = statistics_of_histogram(&round->gaps);
    summary->duration_s = duration_s(&selection, whole ? round->paused_ns : 0);
    make_tokens(summary, &selection);
    summary->server_hit_rate = NO_VALUE;
    if (whole)
        make_server_hits(summary, run, level, round);
    struct slo slo = run_slo(run);
    judge_slo(summary, &selection, &slo, level->rate > 0.0);
    make_rates(summary);
    judge_cold(summary, &selection);
    summary->errors = error_groups_make(selection.records, selection.count, &summary->error_count);
    free(selection.records);
}

void summary_make(struct summary *summary, const struct run *run, const struct level *level,
                  const struct round *round)
{
    summary_make_part(summary, run, level, round, (struct summary_part){-1, -1});
}

/* Records stand in the order in which they came in, which is nearly that of their ends. */
#define OUT_OF_ORDER_NS NS_PER_S

static void select_recent(struct selection *selection, const struct round *round, uint64_t from_ns,
                          uint64_t to_ns)
{
    for (uint32_t i = round_record_count(round); i-- > 0;) {
        const struct record *record = &round->records[i];
        if (record->end_ns + OUT_OF_ORDER_NS < from_ns)
            break;
        if (record->end_ns < from_ns || record->end_ns >= to_ns)
            continue;
        /* Grows by doubling: the count alone tells where. */
        size_t count = selection->count;
        if ((count & (count - 1)) == 0)
            selection->records = xreallocarray(selection->records, count ? count * 2 : 1,
                                               sizeof *selection->records);
        selection->records[selection->count++] = record;
    }
}

static bool ended_before(const struct round *round, uint64_t at_ns)
{
    return round_has_ended(round) && round->end_ns < at_ns;
}

static struct statistics recent_gaps(const struct run *run, uint64_t from_ns, uint64_t to_ns)
{
    struct history_cell cell;
    history_query(run->history, HISTORY_GAP, to_ns, to_ns - from_ns, &cell, 1);
    struct statistics gaps = {.count = cell.count,
                              .avg = history_mean(&cell) * NS_PER_MS,
                              .p50 = history_quantile(&cell, 0.50) * NS_PER_MS,
                              .p90 = history_quantile(&cell, 0.90) * NS_PER_MS,
                              .p95 = history_quantile(&cell, 0.95) * NS_PER_MS,
                              .p99 = history_quantile(&cell, 0.99) * NS_PER_MS,
                              .min = cell.count ? cell.min * NS_PER_MS : NO_VALUE,
                              .max = cell.count ? cell.max * NS_PER_MS : NO_VALUE,
                              .stddev = NO_VALUE};
    return gaps;
}

void summary_make_recent(struct summary *summary, const struct run *run, uint64_t from_ns,
                         uint64_t to_ns)
{
    struct selection selection = {0};
    bool user_times = false;
    uint32_t levels = atomic_load_explicit(&run->level_count, memory_order_acquire);
    for (uint32_t l = levels; l-- > 0;) {
        const struct level *level = run->levels[l];
        uint32_t rounds = atomic_load_explicit(&level->round_count, memory_order_acquire);
        /* Back to one that was over by then: the others before it were too. */
        for (uint32_t r = rounds; r-- > 0 && !ended_before(&level->rounds[r], from_ns);)
            select_recent(&selection, &level->rounds[r], from_ns, to_ns);
        user_times |= rounds && level->rate > 0.0;
    }
    *summary = (struct summary){.counts = count_records(&selection)};
    make_metrics(summary, &selection);
    summary->metrics[METRIC_CHUNK_GAP] = recent_gaps(run, from_ns, to_ns);
    summary->duration_s = (double)(to_ns - from_ns) / NS_PER_S;
    make_tokens(summary, &selection);
    struct slo slo = run_slo(run);
    judge_slo(summary, &selection, &slo, user_times);
    make_rates(summary);
    summary->unexplained_share = NO_VALUE;
    free(selection.records);
}

bool summary_is_exact(const struct summary *summary)
{
    for (unsigned id = 0; id < METRIC_COUNT; id++)
        if (metrics_table[id].value && !values_were_exact(&summary->metrics[id]))
            return false;
    return true;
}

void summary_free(struct summary *summary)
{
    free(summary->errors);
    *summary = (struct summary){0};
}
