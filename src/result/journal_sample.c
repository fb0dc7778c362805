/* The journal's lines of the server's metrics, out and in. */
#include <stdlib.h>

#include "result/journal.h"
#include "result/journal_field.h"
#include "result/journal_line.h"

/* ---- out ---- */

static void put_reals(struct json_writer *json, const char *key, const double *values,
                      uint32_t count)
{
    json_key(json, key);
    json_open(json, '[');
    for (uint32_t i = 0; i < count; i++)
        json_exact(json, values[i]);
    json_close(json, ']');
}

void journal_put_metrics(struct journal *journal, const struct metrics_source *source)
{
    struct json_writer json = journal_begin_line(journal, "metrics");
    fields_write(&json, journal_source_fields, source);
    journal_end_line(&json);
}

void journal_put_column(struct journal *journal, uint32_t number, const char *series)
{
    struct json_writer json = journal_begin_line(journal, "column");
    json_put_uint(&json, "number", number);
    json_put_redacted(&json, "series", series);
    journal_end_line(&json);
}

void journal_put_metric(struct journal *journal, const struct watched *watched)
{
    struct json_writer json = journal_begin_line(journal, "metric");
    fields_write(&json, journal_watched_fields, watched);
    put_reals(&json, "bounds", watched->bounds, watched->bound_count);
    journal_end_line(&json);
}

void journal_put_sample(struct journal *journal, const struct reading *reading)
{
    struct json_writer json = journal_begin_line(journal, "sample");
    fields_write(&json, journal_reading_fields, reading);
    /* Columns beyond have no line of their own, and no metric refers to them. */
    put_reals(&json, "values", reading->values,
              reading->count < SAMPLES_COLUMNS_MAX ? reading->count : SAMPLES_COLUMNS_MAX);
    journal_end_line(&json);
}

void journal_put_failed_sample(struct journal *journal, uint64_t at_ns, const char *why)
{
    struct json_writer json = journal_begin_line(journal, "sample");
    json_put_uint(&json, "at_ns", at_ns);
    json_put_redacted(&json, "error", why);
    journal_end_line(&json);
}

/* ---- in ---- */

static struct reading *reading_room(void)
{
    return xmalloc(sizeof(struct reading) + SAMPLES_COLUMNS_MAX * sizeof(double));
}

/* Numbers and nulls, at most `most`; false for anything else. */
static bool read_reals(struct json_scan *scan, double *values, uint32_t most, uint32_t *count)
{
    *count = 0;
    if (!json_enter_array(scan))
        return false;
    while (json_next_element(scan)) {
        double value = NO_VALUE;
        bool ok = json_peek(scan) == JSON_NULL ? json_skip(scan) : json_scan_double(scan, &value);
        if (!ok || *count == most)
            return false;
        values[(*count)++] = value;
    }
    return !scan->failed;
}

bool journal_read_metrics(struct reader *reader, struct json_scan *scan, struct error *error)
{
    struct metrics_source source = {0};
    struct text key;
    while (fields_read(scan, journal_source_fields, &source, &key))
        json_skip(scan);
    bool ok = json_scan_done(scan);
    if (ok && (!source.url || !source.format || !source.engine ||
               !samples_put_source(&reader->run->samples, &source)))
        ok = error_set(error, "a source of metrics without its name, or one too many");
    free(source.url);
    free(source.format);
    free(source.engine);
    return ok;
}

struct column_line {
    uint32_t number;
    char *series;
};

bool journal_read_column(struct reader *reader, struct json_scan *scan, struct error *error)
{
    static const struct field fields[] = {
        {"number", FIELD_U32, offsetof(struct column_line, number), 0},
        {"series", FIELD_STRING, offsetof(struct column_line, series), 0},
    };
    struct column_line column = {UINT32_MAX, NULL};
    struct text key;
    while (fields_read(scan, (struct field_table){fields, ARRAY_SIZE(fields)}, &column, &key))
        json_skip(scan);
    bool ok = json_scan_done(scan);
    struct samples *samples = &reader->run->samples;
    if (ok && (!column.series || column.number != samples->column_count ||
               !samples_add_column(samples, column.series)))
        ok = error_set(error, "column %u does not follow column %u", column.number,
                       samples->column_count);
    free(column.series);
    return ok;
}

bool journal_read_metric(struct reader *reader, struct json_scan *scan, struct error *error)
{
    double bounds[WATCHED_BOUNDS_MAX];
    struct watched watched = {.quantile = NO_VALUE, .scale = 1.0, .bounds = bounds};
    struct text key;
    bool ok = true;
    while (ok && fields_read(scan, journal_watched_fields, &watched, &key))
        ok = text_is(key, "bounds")
                 ? read_reals(scan, bounds, WATCHED_BOUNDS_MAX, &watched.bound_count)
                 : json_skip(scan);
    ok = ok && json_scan_done(scan);
    if (ok && (!watched.key || !watched.title || !watched.unit || !watched.origin ||
               !samples_put_watched(&reader->run->samples, &watched)))
        ok = error_set(error, "metric %.80s has no name, or a column that is not there",
                       watched.key ? watched.key : "");
    free(watched.key);
    free(watched.title);
    free(watched.unit);
    free(watched.origin);
    return ok;
}

/* The members behind the type, into room for SAMPLES_COLUMNS_MAX values. `why` is a failed scrape's
 * reason, freed by the caller; else NULL. */
static bool parse_sample(struct json_scan *scan, struct reading *reading, char **why)
{
    const struct field reason = {"error", FIELD_STRING, 0, 0};
    struct text key;
    bool ok = true;
    *reading = (struct reading){0};
    *why = NULL;
    while (ok && fields_read(scan, journal_reading_fields, reading, &key)) {
        if (text_is(key, "values"))
            ok = read_reals(scan, reading->values, SAMPLES_COLUMNS_MAX, &reading->count);
        else if (text_is(key, "error"))
            ok = field_read(scan, &reason, why);
        else
            ok = json_skip(scan);
    }
    return ok && json_scan_done(scan);
}

bool journal_read_sample(struct reader *reader, struct json_scan *scan, struct error *error)
{
    (void)error;
    if (!reader->reading)
        reader->reading = reading_room();
    struct reading *reading = reader->reading;
    char *why;
    bool ok = parse_sample(scan, reading, &why);
    if (ok && why)
        samples_add_failure(&reader->run->samples, reading->at_ns, why);
    else if (ok)
        samples_add(&reader->run->samples, reading);
    free(why);
    return ok;
}

/* ---- all of them again ---- */

struct journal_readings {
    FILE *stream;
    char *line;
    size_t capacity;
    struct reading *reading;
};

struct journal_readings *journal_readings_open(const char *path)
{
    FILE *stream = fopen(path, "re");
    if (!stream)
        return NULL;
    struct journal_readings *readings = xcalloc(1, sizeof *readings);
    readings->stream = stream;
    readings->reading = reading_room();
    return readings;
}

const struct reading *journal_readings_next(struct journal_readings *readings)
{
    ssize_t size;
    while ((size = getline(&readings->line, &readings->capacity, readings->stream)) > 0) {
        struct json_scan scan = json_scan_begin((struct text){readings->line, (size_t)size});
        struct text key, type;
        char *why = NULL;
        bool ok = json_enter_object(&scan) && json_next_key(&scan, &key) && text_is(key, "type") &&
                  json_scan_string(&scan, &type) && text_is(type, "sample") &&
                  parse_sample(&scan, readings->reading, &why) && !why;
        free(why);
        if (ok)
            return readings->reading;
    }
    return NULL;
}

void journal_readings_close(struct journal_readings *readings)
{
    if (!readings)
        return;
    fclose(readings->stream);
    free(readings->line);
    free(readings->reading);
    free(readings);
}
