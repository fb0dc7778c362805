#include "telemetry/watched.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

const char *watched_kind_name(enum watched_kind kind)
{
    static const char *const names[WATCHED_KIND_COUNT] = {
        [WATCHED_ABSENT] = "absent",     [WATCHED_GAUGE] = "gauge",
        [WATCHED_COUNTER] = "counter",   [WATCHED_HISTOGRAM] = "histogram",
        [WATCHED_QUOTIENT] = "quotient",
    };
    return names[kind];
}

const char *watched_role_name(enum watched_role role)
{
    static const char *const names[WATCHED_ROLE_COUNT] = {
        [ROLE_NONE] = "",           [ROLE_RUNNING] = "running",   [ROLE_WAITING] = "waiting",
        [ROLE_STORING] = "storing", [ROLE_KV_USAGE] = "kv_usage", [ROLE_HIT_RATE] = "hit_rate",
    };
    return names[role];
}

const char *reading_place_name(enum reading_place place)
{
    static const char *const names[READING_PLACE_COUNT] = {
        [READING_BETWEEN] = "between",
        [READING_BEFORE] = "before",
        [READING_DURING] = "during",
        [READING_AFTER] = "after",
    };
    return names[place];
}

struct watched *watched_copy(const struct watched *watched)
{
    struct watched *copy = xmalloc(sizeof *copy);
    *copy = *watched;
    copy->key = xstrdup(watched->key);
    copy->title = xstrdup(watched->title);
    copy->unit = xstrdup(watched->unit);
    copy->origin = xstrdup(watched->origin);
    copy->bounds = NULL;
    if (watched->bound_count) {
        copy->bounds = xreallocarray(NULL, watched->bound_count, sizeof *copy->bounds);
        memcpy(copy->bounds, watched->bounds, watched->bound_count * sizeof *copy->bounds);
    }
    return copy;
}

void watched_delete(struct watched *watched)
{
    if (!watched)
        return;
    free(watched->key);
    free(watched->title);
    free(watched->unit);
    free(watched->origin);
    free(watched->bounds);
    free(watched);
}

static uint32_t width(const struct watched *watched)
{
    return watched->kind == WATCHED_HISTOGRAM ? 2 + watched->bound_count : 1;
}

uint32_t watched_last_column(const struct watched *watched)
{
    uint32_t last = watched->column + width(watched) - 1;
    bool divided = watched->kind == WATCHED_QUOTIENT && watched->divisor > last;
    return divided ? watched->divisor : last;
}

static double divide(double dividend, double divisor)
{
    return divisor > 0.0 || divisor < 0.0 ? dividend / divisor : (double)NAN;
}

double watched_at(const struct watched *watched, const struct reading *reading)
{
    double value = reading_value(reading, watched->column);
    switch (watched->kind) {
    case WATCHED_GAUGE:
    case WATCHED_COUNTER:
        return value * watched->scale;
    case WATCHED_QUOTIENT:
        if (!watched->deltas)
            return divide(value, reading_value(reading, watched->divisor)) * watched->scale;
        return (double)NAN;
    case WATCHED_HISTOGRAM:
    case WATCHED_ABSENT:
    case WATCHED_KIND_COUNT:
        break;
    }
    return (double)NAN;
}

static uint32_t column_of(const struct watched *watched, uint32_t index)
{
    bool divisor = watched->kind == WATCHED_QUOTIENT && index == 1;
    return divisor ? watched->divisor : watched->column + index;
}

/* Where a column stood before a step; NaN = nobody knows. */
static double base_of(const struct watched *watched, const struct watched_gains *gains,
                      const struct reading *from, uint32_t index)
{
    uint32_t column = column_of(watched, index);
    double before = reading_value(from, column);
    if (!isnan(before))
        return before;
    if (gains->seen[index])
        return gains->last[index];
    return watched->appeared && column >= from->count ? 0.0 : (double)NAN;
}

void watched_gain(const struct watched *watched, struct watched_gains *gains,
                  const struct reading *from, const struct reading *to)
{
    double before[WATCHED_WIDTH_MAX] = {0}, after[WATCHED_WIDTH_MAX] = {0};
    uint32_t count = watched->kind == WATCHED_QUOTIENT ? 2 : width(watched);
    for (uint32_t i = 0; i < count; i++) {
        before[i] = base_of(watched, gains, from, i);
        after[i] = reading_value(to, column_of(watched, i));
    }
    /* Of a histogram its count tells: a sum may go down by itself. */
    uint32_t telling = watched->kind == WATCHED_HISTOGRAM;
    bool anew = after[telling] < before[telling];
    if (watched->kind == WATCHED_QUOTIENT)
        anew |= after[1] < before[1];
    gains->resets += anew;
    for (uint32_t i = 0; i < count; i++) {
        gains->last[i] = isnan(after[i]) ? before[i] : after[i];
        gains->seen[i] = !isnan(gains->last[i]);
        if (isnan(after[i]) || (isnan(before[i]) && !anew))
            continue;
        gains->columns[i] += anew ? after[i] : after[i] - before[i];
        gains->any = true;
    }
}

/* As Prometheus's histogram_quantile: linear inside a bucket, the first one begins at 0 where its
 * bound is above that, and what is beyond the last bound counts as that bound. */
static double quantile_of(const struct watched *watched, const struct watched_gains *gains)
{
    double count = gains->columns[1], rank = watched->quantile * count;
    double low = 0.0, below = 0.0;
    if (!(count > 0.0) || watched->bound_count == 0)
        return (double)NAN;
    for (uint32_t i = 0; i < watched->bound_count; i++) {
        double high = watched->bounds[i], up_to = gains->columns[2 + i];
        if (up_to >= rank && up_to > below) {
            if (i == 0 && high <= 0.0)
                return high;
            return low + (high - low) * (rank - below) / (up_to - below);
        }
        low = high;
        below = up_to > below ? up_to : below;
    }
    return watched->bounds[watched->bound_count - 1];
}

double watched_over(const struct watched *watched, const struct watched_gains *gains)
{
    if (!gains->any)
        return (double)NAN;
    switch (watched->kind) {
    case WATCHED_COUNTER:
        return gains->columns[0] * watched->scale;
    case WATCHED_QUOTIENT:
        if (!watched->deltas)
            break;
        return divide(gains->columns[0], gains->columns[1]) * watched->scale;
    case WATCHED_HISTOGRAM:
        if (isnan(watched->quantile))
            return divide(gains->columns[0], gains->columns[1]) * watched->scale;
        return quantile_of(watched, gains) * watched->scale;
    case WATCHED_ABSENT:
    case WATCHED_GAUGE:
    case WATCHED_KIND_COUNT:
        break;
    }
    return (double)NAN;
}
