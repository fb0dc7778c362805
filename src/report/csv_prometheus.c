/* prometheus.csv: each reading of the server's metrics, a series a line. */
#include <math.h>
#include <stdlib.h>

#include "base/json.h"
#include "base/memory.h"
#include "report/csv.h"
#include "report/files.h"
#include "result/journal_field.h"

#define PIECE_BYTES (1u << 20)

/* "name{labels}" as two fields. */
static void add_series(struct buffer *out, const char *series)
{
    size_t name = strcspn(series, "{");
    struct text labels = text_of(series + name);
    if (labels.size >= 2)
        labels = (struct text){labels.data + 1, labels.size - 2};
    csv_field(out, (struct text){series, name});
    buffer_add_char(out, ',');
    csv_field(out, labels);
}

static void add_reading(struct buffer *out, const struct run *run, const struct reading *reading,
                        const struct buffer *fields)
{
    char at[40];
    clock_format_utc(run->anchor.wall_ns + reading->at_ns, at, sizeof at);
    for (uint32_t i = 0; i < reading->count && i < run->samples.column_count; i++) {
        if (!isfinite(reading->values[i]))
            continue;
        struct json_writer number = {.out = out};
        buffer_printf(out, "%s,", at);
        buffer_add_text(out, buffer_text(&fields[i]));
        buffer_add_char(out, ',');
        json_exact(&number, reading->values[i]);
        buffer_add_char(out, '\n');
    }
}

bool csv_prometheus(struct buffer *out, const struct run *run, struct readings *readings)
{
    const struct samples *samples = &run->samples;
    uint32_t columns = samples->column_count;
    const struct reading *reading = readings->next(readings->context);
    if (!reading)
        return false;
    struct buffer *fields = xcalloc(columns, sizeof *fields);
    for (uint32_t i = 0; i < columns; i++)
        add_series(&fields[i], samples->columns[i]);
    if (!readings->begun)
        buffer_add_string(out, "time,metric,labels,value\n");
    readings->begun = true;
    for (; reading; reading = readings->next(readings->context)) {
        add_reading(out, run, reading, fields);
        if (out->size >= PIECE_BYTES)
            break;
    }
    for (uint32_t i = 0; i < columns; i++)
        buffer_free(&fields[i]);
    free(fields);
    return true;
}
