#include "result/samples.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "telemetry/watched_history.h"

/* What was replaced may still be read by another thread: it is freed with the rest. */
static void retire(struct samples *samples, void *object, void (*release)(void *))
{
    uint32_t count = samples->retired_count++;
    samples->retired = xreallocarray(samples->retired, count + 1, sizeof *samples->retired);
    samples->retire = xreallocarray(samples->retire, count + 1, sizeof *samples->retire);
    samples->retired[count] = object;
    samples->retire[count] = release;
}

static void source_release(void *object)
{
    struct metrics_source *source = object;
    if (!source)
        return;
    free(source->url);
    free(source->format);
    free(source->engine);
    free(source);
}

static void watched_release(void *object)
{
    watched_delete(object);
}

void samples_free(struct samples *samples)
{
    for (uint32_t i = 0; i < samples->source_count; i++)
        source_release(samples->sources[i]);
    for (uint32_t i = 0; i < samples->watched_count; i++)
        watched_delete(samples->watched[i]);
    for (uint32_t i = 0; i < samples->column_count; i++)
        free(samples->columns[i]);
    for (uint32_t i = 0; i < samples->reading_count; i++)
        free(samples->blocks[i / SAMPLES_BLOCK][i % SAMPLES_BLOCK]);
    for (uint32_t i = 0; i < SAMPLES_BLOCKS_MAX && samples->blocks[i]; i++)
        free(samples->blocks[i]);
    for (uint32_t i = 0; i < samples->retired_count; i++)
        samples->retire[i](samples->retired[i]);
    free(samples->retired);
    free(samples->retire);
    free(samples->latest);
}

bool samples_put_source(struct samples *samples, const struct metrics_source *source)
{
    struct metrics_source *copy = xmalloc(sizeof *copy);
    *copy = *source;
    copy->url = xstrdup(source->url);
    copy->format = xstrdup(source->format);
    copy->engine = xstrdup(source->engine);
    uint32_t count = samples->source_count, i = 0;
    while (i < count && strcmp(samples_source(samples, i)->url, source->url) != 0)
        i++;
    if (i == SAMPLES_SOURCES_MAX) {
        source_release(copy);
        return false;
    }
    void *old = atomic_exchange_explicit(&samples->sources[i], copy, memory_order_acq_rel);
    if (i < count)
        retire(samples, old, source_release);
    else
        atomic_store_explicit(&samples->source_count, count + 1, memory_order_release);
    return true;
}

static bool is_sound(const struct samples *samples, const struct watched *watched)
{
    if (watched->kind == WATCHED_ABSENT)
        return true;
    return watched->bound_count <= WATCHED_BOUNDS_MAX && watched->column < SAMPLES_COLUMNS_MAX &&
           watched_last_column(watched) < samples->column_count;
}

bool samples_put_watched(struct samples *samples, const struct watched *watched)
{
    uint32_t count = samples->watched_count, i = 0;
    while (i < count && strcmp(samples_watched(samples, i)->key, watched->key) != 0)
        i++;
    if (i == SAMPLES_WATCHED_MAX || !is_sound(samples, watched))
        return false;
    struct watched *copy = watched_copy(watched);
    void *old = atomic_exchange_explicit(&samples->watched[i], copy, memory_order_acq_rel);
    if (i < count)
        retire(samples, old, watched_release);
    else
        atomic_store_explicit(&samples->watched_count, count + 1, memory_order_release);
    return true;
}

bool samples_add_column(struct samples *samples, const char *series)
{
    uint32_t count = samples->column_count;
    if (count == SAMPLES_COLUMNS_MAX)
        return false;
    samples->columns[count] = xstrdup(series);
    atomic_store_explicit(&samples->column_count, count + 1, memory_order_release);
    return true;
}

static bool is_boundary(const struct reading *reading)
{
    return reading->place == READING_BEFORE || reading->place == READING_AFTER;
}

/* Of the `number`th of its kind: one in 2^halvings stays. */
static bool is_thinned(uint64_t number, uint64_t halvings)
{
    return (number & ((UINT64_C(1) << (halvings < 32 ? halvings : 32)) - 1)) != 0;
}

/* Both boundaries of a round stay, or none. */
static bool is_left_out(const struct samples *samples, const struct reading *reading,
                        uint64_t number)
{
    uint64_t halvings = samples->kept_bytes / SAMPLES_FULL_BYTES;
    if (!is_boundary(reading))
        return is_thinned(number, halvings);
    return halvings >= SAMPLES_ROUNDS_FULL &&
           is_thinned(reading->round, halvings - SAMPLES_ROUNDS_FULL + 1);
}

static size_t reading_bytes(const struct reading *reading)
{
    return sizeof *reading + reading->count * sizeof reading->values[0];
}

/* The metrics in the order of their table, so that a file has them in that order too. */
static void add_to_history(struct samples *samples, const struct reading *reading)
{
    uint32_t count = samples_watched_count(samples);
    history_lock(samples->history);
    for (uint32_t i = 0; i < count; i++) {
        const struct watched *watched = samples_watched(samples, i);
        if (watched->hidden)
            continue;
        if (!samples->series[i])
            samples->series[i] = history_series(samples->history, watched->key) + 1;
        watched_to_history(watched, samples->latest, reading, samples->history,
                           samples->series[i] - 1);
    }
    history_unlock(samples->history);
    samples->latest = xrealloc(samples->latest, reading_bytes(reading));
    memcpy(samples->latest, reading, reading_bytes(reading));
}

void samples_add(struct samples *samples, const struct reading *reading)
{
    uint32_t count = samples->reading_count;
    uint64_t number = samples->offered++;
    atomic_fetch_add_explicit(&samples->made, 1, memory_order_relaxed);
    atomic_store_explicit(&samples->last_ns, reading->at_ns, memory_order_relaxed);
    bool disordered = count && samples_at(samples, count - 1)->at_ns > reading->at_ns;
    if (samples->history && !(samples->latest && samples->latest->at_ns > reading->at_ns))
        add_to_history(samples, reading);
    if (is_left_out(samples, reading, number) || disordered ||
        count == SAMPLES_BLOCK * SAMPLES_BLOCKS_MAX)
        return;
    struct reading ***block = &samples->blocks[count / SAMPLES_BLOCK];
    if (!*block)
        *block = xcalloc(SAMPLES_BLOCK, sizeof **block);
    struct reading *copy = xmalloc(reading_bytes(reading));
    memcpy(copy, reading, reading_bytes(reading));
    samples->kept_bytes += reading_bytes(reading);
    (*block)[count % SAMPLES_BLOCK] = copy;
    atomic_store_explicit(&samples->reading_count, count + 1, memory_order_release);
}

void samples_drop(struct samples *samples, uint64_t from_ns, uint64_t to_ns)
{
    uint32_t count = samples->reading_count, kept = samples_from(samples, from_ns);
    for (uint32_t i = kept; i < count; i++) {
        struct reading *reading = samples->blocks[i / SAMPLES_BLOCK][i % SAMPLES_BLOCK];
        if (reading->at_ns < to_ns && !is_boundary(reading)) {
            samples->kept_bytes -= reading_bytes(reading);
            free(reading);
            continue;
        }
        samples->blocks[kept / SAMPLES_BLOCK][kept % SAMPLES_BLOCK] = reading;
        kept++;
    }
    atomic_store_explicit(&samples->reading_count, kept, memory_order_release);
}

void samples_add_failure(struct samples *samples, uint64_t at_ns, const char *why)
{
    atomic_fetch_add_explicit(&samples->made, 1, memory_order_relaxed);
    atomic_fetch_add_explicit(&samples->failed, 1, memory_order_relaxed);
    atomic_store_explicit(&samples->failure_ns, at_ns, memory_order_relaxed);
    const char *last = atomic_load_explicit(&samples->failure, memory_order_relaxed);
    if (last && strcmp(last, why) == 0)
        return;
    char *copy = xstrdup(why);
    retire(samples, copy, free);
    atomic_store_explicit(&samples->failure, copy, memory_order_release);
}

const struct watched *samples_find(const struct samples *samples, const char *key)
{
    for (uint32_t i = 0; i < samples_watched_count(samples); i++)
        if (strcmp(samples_watched(samples, i)->key, key) == 0)
            return samples_watched(samples, i);
    return NULL;
}

const struct watched *samples_find_role(const struct samples *samples, enum watched_role role)
{
    for (uint32_t i = 0; i < samples_watched_count(samples); i++) {
        const struct watched *watched = samples_watched(samples, i);
        if (watched->role == role && watched->kind != WATCHED_ABSENT)
            return watched;
    }
    return NULL;
}

uint32_t samples_from(const struct samples *samples, uint64_t at_ns)
{
    uint32_t low = 0, high = samples_count(samples);
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (samples_at(samples, middle)->at_ns < at_ns)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* Over one step between two readings. */
static double step_value(const struct samples *samples, const struct watched *watched,
                         uint32_t index)
{
    struct watched_gains gains = {0};
    if (index > 0)
        watched_gain(watched, &gains, samples_at(samples, index - 1), samples_at(samples, index));
    return watched_over(watched, &gains);
}

static bool needs_time(const struct watched *watched)
{
    return watched->kind == WATCHED_HISTOGRAM ||
           (watched->kind == WATCHED_QUOTIENT && watched->deltas);
}

double samples_value(const struct samples *samples, const struct watched *watched, uint32_t index)
{
    if (needs_time(watched))
        return step_value(samples, watched, index);
    return watched_at(watched, samples_at(samples, index));
}

double samples_rate(const struct samples *samples, const struct watched *watched, uint32_t index)
{
    if (watched->kind != WATCHED_COUNTER || index == 0)
        return NO_VALUE;
    uint64_t ns = samples_at(samples, index)->at_ns - samples_at(samples, index - 1)->at_ns;
    return ns ? step_value(samples, watched, index) / ((double)ns / 1e9) : NO_VALUE;
}

/* ---- a round ---- */

/* The readings of a round stand together: [first, last], its boundaries included. A boundary that
 * failed gives way to the nearest reading outside the round. */
struct stretch {
    uint32_t first, last;
    bool has_before, has_after, any;
};

static bool belongs(const struct reading *reading, uint16_t level, uint16_t round)
{
    return reading->level == level && reading->round == round;
}

static struct stretch find_stretch(const struct samples *samples, uint16_t level, uint16_t round,
                                   uint64_t start_ns, uint64_t end_ns)
{
    uint32_t count = samples_count(samples);
    struct stretch stretch = {.first = samples_from(samples, start_ns)};
    if (count == 0)
        return stretch;
    uint32_t next = stretch.first;
    if (stretch.first > 0)
        stretch.first--;
    stretch.has_before = next > 0 && belongs(samples_at(samples, next - 1), level, round) &&
                         samples_at(samples, next - 1)->place == READING_BEFORE;
    while (next < count && belongs(samples_at(samples, next), level, round))
        next++;
    stretch.has_after = next > 0 && belongs(samples_at(samples, next - 1), level, round) &&
                        samples_at(samples, next - 1)->place == READING_AFTER;
    bool after_end = end_ns && !stretch.has_after && next < count;
    stretch.last = after_end || next == 0 ? next : next - 1;
    stretch.any = stretch.last < count && stretch.last >= stretch.first;
    return stretch;
}

static void take_statistics(const struct samples *samples, const struct watched *watched,
                            uint16_t level, uint16_t round, const struct stretch *stretch,
                            struct watched_round *out)
{
    double *values = xreallocarray(NULL, stretch->last - stretch->first + 1, sizeof *values);
    size_t count = 0;
    for (uint32_t i = stretch->first; i <= stretch->last; i++) {
        const struct reading *reading = samples_at(samples, i);
        if (!belongs(reading, level, round) || reading->place == READING_BEFORE)
            continue;
        double value = watched->kind == WATCHED_COUNTER ? samples_rate(samples, watched, i)
                                                        : samples_value(samples, watched, i);
        if (isfinite(value))
            values[count++] = value;
    }
    out->statistics = statistics_of_reals(values, count);
    free(values);
}

void samples_round(const struct samples *samples, const struct watched *watched, uint16_t level,
                   uint16_t round, uint64_t start_ns, uint64_t end_ns, struct watched_round *out)
{
    *out = (struct watched_round){.before = NO_VALUE,
                                  .after = NO_VALUE,
                                  .change = NO_VALUE,
                                  .value = NO_VALUE,
                                  .statistics = statistics_of_reals(NULL, 0)};
    struct stretch stretch = find_stretch(samples, level, round, start_ns, end_ns);
    if (!stretch.any || watched->kind == WATCHED_ABSENT)
        return;
    out->has_before = stretch.has_before;
    out->has_after = stretch.has_after;
    struct watched_gains gains = {0};
    for (uint32_t i = stretch.first; i < stretch.last; i++)
        watched_gain(watched, &gains, samples_at(samples, i), samples_at(samples, i + 1));
    take_statistics(samples, watched, level, round, &stretch, out);
    bool counted = watched->kind == WATCHED_COUNTER || needs_time(watched);
    out->before = watched_at(watched, samples_at(samples, stretch.first));
    out->after = watched_at(watched, samples_at(samples, stretch.last));
    out->change =
        watched->kind == WATCHED_COUNTER ? watched_over(watched, &gains) : out->after - out->before;
    out->value = counted ? watched_over(watched, &gains) : out->statistics.avg;
    out->resets = counted ? gains.resets : 0;
    if (needs_time(watched))
        out->statistics.avg = out->value;
}

bool samples_span(const struct samples *samples, const struct watched *watched, uint64_t from_ns,
                  uint64_t to_ns, struct watched_span *out)
{
    uint32_t first = samples_from(samples, from_ns), last = samples_from(samples, to_ns);
    if (first == 0 || last == samples_count(samples) || watched->kind == WATCHED_ABSENT)
        return false;
    first--;
    struct watched_gains gains = {0};
    for (uint32_t i = first; i < last; i++)
        watched_gain(watched, &gains, samples_at(samples, i), samples_at(samples, i + 1));
    const struct reading *before = samples_at(samples, first), *after = samples_at(samples, last);
    *out = (struct watched_span){.before = watched_at(watched, before),
                                 .after = watched_at(watched, after),
                                 .before_ns = from_ns - before->at_ns,
                                 .after_ns = after->at_ns - to_ns};
    bool counted = watched->kind == WATCHED_COUNTER || needs_time(watched);
    out->delta = counted ? watched_over(watched, &gains) : out->after - out->before;
    return true;
}
