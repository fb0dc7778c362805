#include "telemetry/columns.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/memory.h"

void columns_free(struct columns *columns)
{
    for (uint32_t i = 0; i < columns->count; i++) {
        free(columns->columns[i].name);
        free(columns->columns[i].labels);
        free(columns->columns[i].series);
    }
    free(columns->columns);
    free(columns->heads);
    *columns = (struct columns){0};
}

static uint32_t *head_of(const struct columns *columns, struct text name)
{
    uint64_t hash = text_hash(TEXT_HASH_SEED, name);
    return &columns->heads[(hash ^ hash >> 32) & (columns->head_count - 1)];
}

/* Four heads a column, so that most names of a page meet an empty one. */
static void make_room(struct columns *columns)
{
    if (columns->count < columns->capacity)
        return;
    columns->capacity = columns->capacity ? 2 * columns->capacity : 64;
    columns->columns = xreallocarray(columns->columns, columns->capacity, sizeof *columns->columns);
    columns->head_count = 4 * columns->capacity;
    columns->heads = xreallocarray(columns->heads, columns->head_count, sizeof *columns->heads);
    for (uint32_t i = 0; i < columns->head_count; i++)
        columns->heads[i] = COLUMN_NONE;
    for (uint32_t i = 0; i < columns->count; i++) {
        uint32_t *head = head_of(columns, text_of(columns->columns[i].name));
        columns->columns[i].next = *head;
        *head = i;
    }
}

static char *series_text(const char *name, const char *labels, double le)
{
    struct buffer text = {0};
    buffer_add_string(&text, name);
    if (labels[0] || !isnan(le)) {
        buffer_printf(&text, "{%s", labels);
        if (!isnan(le))
            buffer_printf(&text, "%sle=\"%.12g\"", labels[0] ? "," : "", le);
        buffer_add_char(&text, '}');
    }
    return buffer_take(&text);
}

uint32_t columns_want(struct columns *columns, const struct column *like)
{
    char *series = series_text(like->name, like->labels, like->le);
    for (uint32_t i = 0; i < columns->count; i++) {
        const struct column *column = &columns->columns[i];
        if (column->source == like->source && column->mean == like->mean &&
            column->part == like->part && strcmp(column->series, series) == 0) {
            free(series);
            return i;
        }
    }
    make_room(columns);
    uint32_t *head = head_of(columns, text_of(like->name));
    columns->columns[columns->count] = (struct column){.source = like->source,
                                                       .name = xstrdup(like->name),
                                                       .labels = xstrdup(like->labels),
                                                       .le = like->le,
                                                       .mean = like->mean,
                                                       .part = like->part,
                                                       .series = series,
                                                       .next = *head};
    *head = columns->count;
    return columns->count++;
}

static bool has_labels(const struct exposition_sample *sample, const char *wanted)
{
    struct text rest = text_of(wanted), name, value, other;
    while (exposition_next_label(&rest, &name, &value)) {
        struct text labels = sample->labels, found;
        bool has = false;
        while (!has && exposition_next_label(&labels, &found, &other))
            has = text_equal(found, name);
        if (!has || !text_equal(other, value))
            return false;
    }
    return true;
}

/* +Inf, and what is no number, belongs to no column. */
static bool read_le(const struct exposition_sample *sample, double *le)
{
    struct text text;
    return exposition_label(sample->labels, "le", &text) && text_to_double(text, le);
}

static void take_sample(struct columns *columns, uint32_t source,
                        const struct exposition_sample *sample)
{
    double le = (double)NAN;
    bool le_known = false;
    for (uint32_t i = *head_of(columns, sample->name); i != COLUMN_NONE;
         i = columns->columns[i].next) {
        struct column *column = &columns->columns[i];
        if (column->source != source || !text_is(sample->name, column->name) ||
            isnan(sample->value))
            continue;
        if (!isnan(column->le)) {
            if (!le_known && !read_le(sample, &le))
                return;
            le_known = true;
            if (le < column->le || le > column->le)
                continue;
        }
        if (column->labels[0] && !has_labels(sample, column->labels))
            continue;
        column->sum += sample->value;
        column->count++;
    }
}

uint32_t columns_read(struct columns *columns, uint32_t source, struct text page, uint32_t *broken)
{
    struct exposition exposition = exposition_begin(page);
    struct exposition_sample sample;
    uint32_t count = 0;
    while (exposition_next(&exposition, &sample)) {
        count++;
        exposition_breathe(&exposition);
        if (columns->count)
            take_sample(columns, source, &sample);
    }
    *broken += exposition.broken;
    return count;
}

double columns_value(const struct columns *columns, uint32_t number)
{
    const struct column *column = &columns->columns[number];
    if (column->count == 0)
        return (double)NAN;
    return column->mean ? column->sum / column->count : column->sum;
}

void columns_clear(struct columns *columns)
{
    for (uint32_t i = 0; i < columns->count; i++) {
        columns->columns[i].sum = 0.0;
        columns->columns[i].count = 0;
    }
}
