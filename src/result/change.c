#include "result/change.h"

#include <stdlib.h>

#include "base/log.h"
#include "base/memory.h"
#include "result/summary.h"

/* Block 0 holds the first 64 entries, block 1 the next 64, block 2 the next 128, and so on. */
static unsigned block_of(uint32_t index)
{
    return index < CHANGES_FIRST
               ? 0
               : (unsigned)(__builtin_clz(CHANGES_FIRST) - __builtin_clz(index)) + 1;
}

static uint32_t block_begin(unsigned block)
{
    return block ? CHANGES_FIRST << (block - 1) : 0;
}

const struct change *changes_at(const struct changes *changes, uint32_t index)
{
    unsigned block = block_of(index);
    return &changes->blocks[block][index - block_begin(block)];
}

const char *change_of_server(const struct change *change)
{
    if (text_starts_with(text_of(change->text), CHANGE_SERVER_DOWN))
        return "server down";
    return text_starts_with(text_of(change->text), CHANGE_SERVER_BACK) ? "server back" : NULL;
}

void change_free_owned(const struct change *change)
{
    free((char *)(uintptr_t)change->kind);
    free((char *)(uintptr_t)change->text);
}

void changes_free(struct changes *changes)
{
    uint32_t count = changes_count(changes);
    for (uint32_t i = 0; i < count; i++)
        change_free_owned(changes_at(changes, i));
    for (unsigned i = 0; i < CHANGES_BLOCKS; i++)
        free(changes->blocks[i]);
    *changes = (struct changes){0};
}

const struct change *run_add_change(struct run *run, const struct change *change)
{
    struct changes *changes = &run->changes;
    uint32_t count = atomic_load_explicit(&changes->count, memory_order_relaxed);
    unsigned block = block_of(count);
    uint32_t begin = block_begin(block);
    if (count == begin)
        changes->blocks[block] =
            xcalloc(begin ? begin : CHANGES_FIRST, sizeof *changes->blocks[block]);
    struct change *stored = &changes->blocks[block][count - begin];
    *stored = *change;
    char *text = xstrdup(change->text ? change->text : "");
    redact(text, strlen(text));
    stored->kind = xstrdup(change->kind ? change->kind : "");
    stored->text = text;
    atomic_store_explicit(&changes->count, count + 1, memory_order_release);
    return stored;
}

/* They end where another round begins. */
const struct change *round_next_change(const struct run *run, const struct level *level,
                                       const struct round *round, uint32_t *index)
{
    uint32_t count = changes_count(&run->changes);
    while (*index < count) {
        const struct change *change = changes_at(&run->changes, (*index)++);
        if (change->level == level->number && change->round == round->number)
            return change;
        if (change->round && strcmp(change->kind, "round") == 0)
            *index = count;
    }
    return NULL;
}

static void tell(struct run *run, uint64_t at_ns, const struct level *level,
                 const struct round *round, const char *kind, struct buffer *text)
{
    run_add_change(run, &(struct change){.at_ns = at_ns,
                                         .level = level ? level->number : 0,
                                         .round = round ? round->number : 0,
                                         .kind = kind,
                                         .text = text->data});
    buffer_free(text);
}

/* What the rounds to come are held against. */
static void add_cold(struct buffer *text, const struct round *first)
{
    double share;
    enum cold_verdict verdict = cold_verdict_of(&first->cold, &share);
    if (verdict != COLD_UNKNOWN)
        buffer_printf(text, ". R1 was %s: %.0f %% cached before it",
                      verdict == COLD_CHECKED ? "cold" : "not cold", 100 * share);
}

void run_tell_round_began(struct run *run, const struct level *level, const struct round *round)
{
    struct buffer text = {0};
    bool same = round->number > 1 && !round->salt[0];
    buffer_printf(&text, "began: %s%u request%s%s", same ? "the same " : "", round->counts.planned,
                  round->counts.planned == 1 ? "" : "s", round->salt[0] ? ", salted anew" : "");
    if (round->after_reset)
        buffer_add_string(&text, ", after a reset of the cache");
    if (round->number == 2)
        add_cold(&text, &level->rounds[0]);
    tell(run, round->start_ns, level, round, "round", &text);
}

void run_tell_round_ended(struct run *run, const struct level *level, const struct round *round)
{
    const struct round_counts *counts = &round->counts;
    const struct {
        uint32_t count;
        const char *name;
    } others[] = {{counts->failed, "failed"},
                  {counts->cancelled, "cancelled"},
                  {counts->not_sent, "not sent"}};
    struct buffer text = {0};
    buffer_printf(&text, "ended after %.1f s: %u of %u succeeded",
                  (double)(int64_t)(round->end_ns - round->start_ns) / NS_PER_S, counts->succeeded,
                  counts->planned);
    for (size_t i = 0; i < ARRAY_SIZE(others); i++)
        if (others[i].count)
            buffer_printf(&text, ", %u %s", others[i].count, others[i].name);
    if (round->interrupted)
        buffer_add_string(&text, "; the server went away in it");
    tell(run, round->end_ns, level, round, "round", &text);
}

void run_tell_load(struct run *run, const struct level *level, const struct round *round)
{
    if (round->segment_count < 2)
        return;
    const struct segment *now = &round->segments[round->segment_count - 1];
    enum segment_part part = segment_part_of(now - 1, now);
    struct buffer text = {0};
    if (part == PART_RESET)
        return; /* it is told by itself */
    if (part == PART_RATE)
        buffer_printf(&text, "%g → %g req/s", now[-1].rate, now->rate);
    else
        buffer_printf(&text, "%u → %u", now[-1].concurrency, now->concurrency);
    tell(run, now->start_ns, level, round, "load", &text);
}

void run_tell_steady(struct run *run, const struct level *level, uint64_t at_ns)
{
    struct buffer text = {0};
    buffer_printf(&text, "steady from R%u: TTFT P50 and cached within 2 %% over %u rounds",
                  level->steady_from, level->rounds_planned - level->steady_from + 1);
    tell(run, at_ns, level, NULL, "round", &text);
}

void run_tell_hidden(struct run *run, const struct level *level, uint64_t at_ns)
{
    struct buffer text = {0};
    buffer_printf(&text, "%s is %s", level->label, level->hidden ? "hidden" : "shown again");
    tell(run, at_ns, level, NULL, "hide", &text);
}

void run_tell_baseline(struct run *run, uint64_t at_ns)
{
    const struct baseline_choice *baseline = &run->baseline;
    struct buffer text = {0};
    if (baseline->directory)
        buffer_printf(&text, "figures are held against the run in %s", baseline->directory);
    else if (baseline->level)
        buffer_printf(&text, "figures are held against L%u R%u", baseline->level, baseline->round);
    else
        buffer_add_string(&text, "figures are held against nothing any more");
    tell(run, at_ns, NULL, NULL, "baseline", &text);
}

void run_tell_end(struct run *run, uint64_t at_ns, const char *reason)
{
    struct buffer text = {0};
    buffer_printf(&text, "the run ended: %s", reason ? reason : "-");
    tell(run, at_ns, NULL, NULL, "run", &text);
}
