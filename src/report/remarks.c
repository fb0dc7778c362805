#include "report/remarks.h"

#include <math.h>
#include <stdlib.h>

#include "base/memory.h"

#define ERRORS_SHOWN    5
#define ERROR_WIDTH     72
#define MOSTLY_BUSY     0.50
#define COALESCED_SHARE 0.10 /* above it chunk gaps say more of the network than of the server */

bool round_should_be_cold(const struct round *round)
{
    return round->number == 1 || round->after_reset || round->salt[0];
}

const char *round_temperature(const struct round *round, const struct summary *summary)
{
    static const char *const words[] = {
        [COLD_UNKNOWN] = "cold?",
        [COLD_CHECKED] = "cold",
        [COLD_NOT] = "not cold",
    };
    return round_should_be_cold(round) ? words[summary->cold] : "warm";
}

/* By the server's counters, beside what the client saw in each reply. */
static void print_server_hits(struct page *page, const struct summary *summary)
{
    if (!isfinite(summary->server_hit_rate))
        return;
    page_printf(page, "Server counters: %s of prompt tokens were hits",
                figure_share(summary->server_hit_rate).text);
    if (!isfinite(summary->cached_share))
        page_printf(page, "; the replies do not say\n");
    else if (summary->hit_rates_disagree)
        page_printf(page,
                    "; the replies say %s. Retries inside the server and other clients count in "
                    "its counters\n",
                    figure_share(summary->cached_share).text);
    else
        page_printf(page, ", as the replies say\n");
}

static void print_cache(struct page *page, const struct level *level, const struct round *round,
                        const struct summary *summary)
{
    struct figure cached = figure_share(summary->cached_share);
    if (!round_should_be_cold(round)) {
        if (isfinite(summary->cached_share))
            page_printf(page, "Cache: %s of input tokens came from it\n", cached.text);
        return;
    }
    switch (summary->cold) {
    case COLD_CHECKED:
        page_printf(page, "Round %u was cold, checked: %s cached%s\n", round->number, cached.text,
                    summary->cached_share > 0.0 ? ", which its own prompts explain" : "");
        break;
    case COLD_NOT:
        page_printf(page, "Round %u was not cold (%s cached). ", round->number, cached.text);
        if (strcmp(level->cold_start, "salt") == 0)
            page_printf(page, "Run again with --cold-start reset\n");
        else
            page_printf(page, "Run again with --cold-start salt\n");
        break;
    case COLD_UNKNOWN:
        if (summary->counts.succeeded)
            page_printf(page, "Round %u: cold? The server does not report cached tokens\n",
                        round->number);
        break;
    }
}

/* A client that had little to do was kept from its processor, or met its work in bursts. */
static const char *relief(const struct health *health)
{
    return health->loop_busy > MOSTLY_BUSY
               ? "lower the load, or give this machine more processors"
               : "end what else runs on this machine, measure from another, or lower the load";
}

void remarks_print_client(struct page *page, const char *before, const struct health *health)
{
    static const char *const meaning[HEALTH_VERDICT_COUNT] = {
        [HEALTH_OK] = "",
        [HEALTH_STRAINED] = ". These figures are partly the client's: ",
        [HEALTH_SATURATED] = ". These figures are the client's, not the server's: ",
        [HEALTH_NOT_BOUNDED] = " (streams share a connection over HTTP/2)",
    };
    bool spoiled = health->verdict == HEALTH_STRAINED || health->verdict == HEALTH_SATURATED;
    page_printf(page, "%sClient: %s, ", before, health_verdict_name(health->verdict));
    if (health->stamp_lag_samples)
        page_printf(page, "stamp lag P99 %s%s ms, ", health->stamp_lag_at_least ? "at least " : "",
                    figure_of((double)health->stamp_lag_p99_ns / NS_PER_MS, 2).text);
    page_printf(page, "dispatch lag P99 %s ms, busy %s%s%s\n",
                figure_of((double)health->dispatch_lag_p99_ns / NS_PER_MS, 2).text,
                figure_share(health->loop_busy).text, meaning[health->verdict],
                spoiled ? relief(health) : "");
}

static void print_lengths(struct page *page, const struct level *level, const struct round *round)
{
    const char *by =
        strcmp(level->tokenizer, "server") == 0 ? "counted by the server" : "estimated";
    uint32_t shortened;
    uint64_t dropped = round_dropped_turns(round, &shortened);
    if (level->cut_requests)
        page_printf(page, "Prompts cut to --max-input-length: %u (tokens %s)\n",
                    level->cut_requests, by);
    if (shortened)
        page_printf(page,
                    "Histories shortened to --max-context-tokens: %u, by %lu turns (tokens %s)\n",
                    shortened, (unsigned long)dropped, by);
}

static void print_errors(struct page *page, const struct summary *summary)
{
    uint32_t shown = summary->error_count < ERRORS_SHOWN ? summary->error_count : ERRORS_SHOWN;
    if (shown == 0)
        return;
    page_printf(page, "\nErrors:\n");
    for (uint32_t i = 0; i < shown; i++) {
        const struct error_group *group = &summary->errors[i];
        page_printf(page, "  %u × %s", group->count, error_class_name(group->class));
        if (group->http_status)
            page_printf(page, " %u", group->http_status);
        char *text = text_visible(text_of(group->text), ERROR_WIDTH);
        if (text[0])
            page_printf(page, ": %s", text);
        page_printf(page, "\n");
        free(text);
        const char *advice = error_class_advice(group->class);
        bool said = i > 0 && summary->errors[i - 1].class == group->class;
        if (advice[0] && !said)
            page_printf(page, "    %s\n", advice);
    }
    if (summary->error_count > shown)
        page_printf(page, "  and %u more kinds: see the JSON file of the round\n",
                    summary->error_count - shown);
}

static bool same_load(const struct round *round)
{
    for (uint32_t i = 1; i < round->segment_count; i++)
        if (round->segments[i].concurrency != round->segments[0].concurrency ||
            round->segments[i].rate < round->segments[0].rate ||
            round->segments[i].rate > round->segments[0].rate)
            return false;
    return true;
}

/* What a person or an alarm said while the round was on. */
static void print_notes(struct page *page, const struct run *run, const struct level *level,
                        const struct round *round)
{
    const struct change *change;
    uint32_t index = round->first_change;
    while ((change = round_next_change(run, level, round, &index))) {
        bool is_note = strcmp(change->kind, "note") == 0;
        if (!is_note && strcmp(change->kind, "alarm") != 0)
            continue;
        char at[32];
        clock_format_local(run->anchor.wall_ns + change->at_ns, at, sizeof at);
        char *text = text_visible(text_of(change->text), ERROR_WIDTH);
        page_printf(page, "%s at %s: %s\n", is_note ? "Note" : "Alarm", at + sizeof "2026-11-24",
                    text);
        free(text);
    }
}

static void print_course(struct page *page, const struct round *round,
                         const struct summary *summary)
{
    if (round->incomplete)
        page_printf(page,
                    "Incomplete: the journal holds %u of %u requests and no end of the round\n",
                    round_done_count(round), summary->counts.planned);
    if (round->interrupted)
        page_printf(page, "Interrupted: the server went away in this round\n");
    if (round->paused_ns)
        page_printf(page, "Paused for %.1f seconds, which the duration leaves out\n",
                    (double)round->paused_ns / NS_PER_S);
    if (round->segment_count > 1)
        page_printf(page,
                    same_load(round)
                        ? "The cache was emptied in this round: its figures mix %u parts\n"
                        : "The load was changed in this round: its figures mix %u loads\n",
                    round->segment_count);
    if (round->health.retries)
        page_printf(page, "Written again after a kept connection had died: %u\n",
                    round->health.retries);
    if (summary->coalesced_share > COALESCED_SHARE)
        page_printf(page, "Chunks: %s came together with the one before\n",
                    figure_share(summary->coalesced_share).text);
    if (!summary_is_exact(summary))
        page_printf(page, "Percentiles of more than a million requests: within 0.1 %%; all else is "
                          "exact\n");
    if (summary->output_estimated || summary->input_estimated)
        page_printf(page, "≈ estimated: the server gave no token usage\n");
}

void remarks_print(struct page *page, const struct run *run, const struct level *level,
                   const struct round *round, const struct summary *summary)
{
    page_printf(page, "\n");
    print_cache(page, level, round, summary);
    print_server_hits(page, summary);
    remarks_print_client(page, "", &round->health);
    print_course(page, round, summary);
    print_notes(page, run, level, round);
    if (level->own_words) {
        char *words = text_visible(text_of(level->own_words), ERROR_WIDTH);
        page_printf(page, "Options of this level: %s\n", words);
        free(words);
    }
    print_lengths(page, level, round);
    print_errors(page, summary);
}
