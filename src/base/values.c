#include "base/values.h"

#include <stdlib.h>

#include "base/memory.h"

void values_init(struct values *values, size_t most)
{
    *values = (struct values){.most = most};
}

void values_free(struct values *values)
{
    free(values->all);
    histogram_free(&values->beyond);
    *values = (struct values){0};
}

static void grow(struct values *values)
{
    values->capacity = values->capacity ? values->capacity * 2 : 1024;
    if (values->capacity > values->most)
        values->capacity = values->most;
    values->all = xreallocarray(values->all, values->capacity, sizeof *values->all);
}

static void pour_over(struct values *values)
{
    for (size_t i = 0; i < values->count; i++)
        histogram_add(&values->beyond, values->all[i]);
    values->count = 0;
}

void values_add(struct values *values, uint64_t value)
{
    if (values->beyond.count == 0 && values->count < values->most) {
        if (values->count == values->capacity)
            grow(values);
        values->all[values->count++] = value;
        return;
    }
    pour_over(values);
    histogram_add(&values->beyond, value);
}

struct statistics values_take(struct values *values)
{
    struct statistics statistics = values->beyond.count ? statistics_of_histogram(&values->beyond)
                                                        : statistics_of(values->all, values->count);
    values->count = 0;
    histogram_clear(&values->beyond);
    return statistics;
}
