#include "telemetry/prometheus_api.h"

#include <stdlib.h>

#include "base/json.h"
#include "base/memory.h"
#include "telemetry/metrics_page.h"

char *prometheus_query_url(const char *base, struct text promql)
{
    struct buffer url = {0};
    buffer_printf(&url, "%s/api/v1/query?query=", base);
    for (size_t i = 0; i < promql.size; i++) {
        unsigned char c = (unsigned char)promql.data[i];
        bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                     c == '_' || c == '-' || c == '.';
        if (plain)
            buffer_add_char(&url, (char)c);
        else
            buffer_printf(&url, "%%%02X", c);
    }
    return buffer_take(&url);
}

/* A JSON string's inside, as the inside of an exposition's quotes. */
static void add_label_value(struct buffer *out, struct text escaped)
{
    struct buffer plain = {0};
    json_unescape(&plain, escaped);
    for (size_t i = 0; i < plain.size; i++) {
        char c = plain.data[i];
        if (c == '\n') {
            buffer_add_string(out, "\\n");
            continue;
        }
        if (c == '\\' || c == '"')
            buffer_add_char(out, '\\');
        buffer_add_char(out, c);
    }
    buffer_free(&plain);
}

/* {"__name__":"a","b":"c"} → the name, and b="c". */
static bool read_metric(struct json_scan *scan, struct text *name, struct buffer *labels)
{
    struct text key, value;
    if (!json_enter_object(scan))
        return false;
    while (json_next_key(scan, &key)) {
        if (!json_scan_string(scan, &value))
            return false;
        if (text_is(key, "__name__")) {
            *name = value;
            continue;
        }
        buffer_printf(labels, "%s\"", labels->size ? "," : "");
        add_label_value(labels, key);
        buffer_add_string(labels, "\"=\"");
        add_label_value(labels, value);
        buffer_add_char(labels, '"');
    }
    return !scan->failed;
}

/* [1435781451.781,"1"] */
static bool read_value(struct json_scan *scan, struct text *value)
{
    return json_enter_array(scan) && json_next_element(scan) && json_skip(scan) &&
           json_next_element(scan) && json_scan_string(scan, value) && !json_next_element(scan) &&
           !scan->failed;
}

static void add_line(struct buffer *out, struct text name, struct text labels, struct text value)
{
    buffer_add_string(out, "{\"");
    buffer_add_text(out, name);
    buffer_printf(out, "\"%s", labels.size ? "," : "");
    buffer_add_text(out, labels);
    buffer_add_string(out, "} ");
    buffer_add_text(out, value);
    buffer_add_char(out, '\n');
}

static bool read_series(struct json_scan *scan, const char *name_without, struct buffer *out)
{
    struct text name = text_of(name_without), value = {0}, key;
    struct buffer labels = {0};
    bool ok = json_enter_object(scan);
    while (ok && json_next_key(scan, &key)) {
        if (text_is(key, "metric"))
            ok = read_metric(scan, &name, &labels);
        else if (text_is(key, "value"))
            ok = read_value(scan, &value);
        else
            ok = json_skip(scan);
    }
    if (name_without[0])
        name = text_of(name_without);
    ok = ok && !scan->failed && value.size && name.size;
    if (ok)
        add_line(out, name, buffer_text(&labels), value);
    buffer_free(&labels);
    return ok;
}

static bool read_result(struct json_scan *scan, struct text type, const char *name,
                        struct buffer *out)
{
    struct text value = {0};
    if (text_is(type, "vector")) {
        if (!json_enter_array(scan))
            return false;
        while (json_next_element(scan))
            if (!read_series(scan, name, out))
                return false;
        return !scan->failed;
    }
    if (!text_is(type, "scalar") || !read_value(scan, &value))
        return false;
    add_line(out, text_of(name), (struct text){"", 0}, value);
    return true;
}

/* "resultType" stands before "result". */
static bool read_data(struct json_scan *scan, const char *name, struct buffer *out)
{
    struct text key, type = {0};
    bool seen = false, ok = json_enter_object(scan);
    while (ok && json_next_key(scan, &key)) {
        if (text_is(key, "resultType"))
            ok = json_scan_string(scan, &type);
        else if (text_is(key, "result"))
            ok = seen = read_result(scan, type, name, out);
        else
            ok = json_skip(scan);
    }
    return ok && seen && !scan->failed;
}

/* Its own words, which may hold anything, on one line. */
static bool say_reason(struct text escaped, struct error *error)
{
    struct buffer plain = {0};
    json_unescape(&plain, text_head(escaped, 300));
    for (size_t i = 0; i < plain.size; i++)
        if ((unsigned char)plain.data[i] < ' ' || plain.data[i] == 0x7f)
            plain.data[i] = ' ';
    error_set(error, "%s", plain.data ? plain.data : "");
    buffer_free(&plain);
    return false;
}

bool page_from_answer(struct text answer, const char *name, struct buffer *out, struct error *error)
{
    struct json_scan scan = json_scan_begin(answer);
    struct text key, reason = {0};
    bool seen = false, ok = json_peek(&scan) == JSON_OBJECT && json_enter_object(&scan);
    while (ok && json_next_key(&scan, &key)) {
        if (text_is(key, "data"))
            ok = seen = read_data(&scan, name, out);
        else if (text_is(key, "error"))
            ok = json_scan_string(&scan, &reason);
        else
            ok = json_skip(&scan);
    }
    if (reason.size)
        return say_reason(reason, error);
    if (!ok || !seen || !json_scan_done(&scan))
        return error_set(error, "no answer of a Prometheus server, or none that is one value each");
    return true;
}

/* ---- names ---- */

static enum exposition_type type_of_word(struct text word)
{
    return text_is(word, "counter")     ? EXPOSITION_COUNTER
           : text_is(word, "gauge")     ? EXPOSITION_GAUGE
           : text_is(word, "histogram") ? EXPOSITION_HISTOGRAM
           : text_is(word, "summary")   ? EXPOSITION_SUMMARY
                                        : EXPOSITION_UNTYPED;
}

/* [{"type":"counter",…}] of one family: the first holds. */
static void read_type(struct json_scan *scan, enum exposition_type *type)
{
    struct text key, word;
    bool first = true;
    if (!json_try_array(scan))
        return;
    while (json_next_element(scan)) {
        if (!json_try_object(scan))
            continue;
        while (json_next_key(scan, &key)) {
            if (first && text_is(key, "type") && json_peek(scan) == JSON_STRING) {
                if (json_scan_string(scan, &word))
                    *type = type_of_word(word);
            } else {
                json_skip(scan);
            }
        }
        first = false;
    }
}

static void read_families(struct text metadata, struct catalog *families)
{
    struct json_scan scan = json_scan_begin(metadata);
    struct text key, name;
    if (metadata.size == 0 || !json_try_object(&scan))
        return;
    while (json_next_key(&scan, &key)) {
        if (!text_is(key, "data")) {
            json_skip(&scan);
            continue;
        }
        if (!json_try_object(&scan))
            continue;
        while (json_next_key(&scan, &name)) {
            enum exposition_type type = EXPOSITION_UNTYPED;
            read_type(&scan, &type);
            catalog_add(families, name, type);
        }
    }
    catalog_sort(families);
}

/* As a page would have it: parts of a histogram or summary under their family. */
static void add_name(struct catalog *catalog, const struct catalog *families, struct text name)
{
    static const char *const endings[] = {"", "_bucket", "_sum", "_count", "_total"};
    for (size_t i = 0; i < ARRAY_SIZE(endings); i++) {
        if (!text_ends_with(name, endings[i]))
            continue;
        char *family = xstrndup(name.data, name.size - strlen(endings[i]));
        const struct catalog_entry *entry = catalog_find(families, family);
        free(family);
        bool parted =
            entry && (entry->type == EXPOSITION_HISTOGRAM || entry->type == EXPOSITION_SUMMARY);
        if (parted) {
            catalog_add(catalog, text_of(entry->name), entry->type);
            return;
        }
        if (entry && (i == 0 || strcmp(endings[i], "_total") == 0)) {
            catalog_add(catalog, name, entry->type);
            return;
        }
    }
    catalog_add(catalog, name, EXPOSITION_UNTYPED);
}

bool prometheus_read_names(struct text names, struct text metadata, struct catalog *catalog,
                           struct error *error)
{
    struct catalog families = {0};
    read_families(metadata, &families);
    struct json_scan scan = json_scan_begin(names);
    struct text key, name;
    bool seen = false, ok = json_peek(&scan) == JSON_OBJECT && json_enter_object(&scan);
    while (ok && json_next_key(&scan, &key)) {
        if (!text_is(key, "data")) {
            ok = json_skip(&scan);
            continue;
        }
        ok = seen = json_try_array(&scan);
        while (ok && json_next_element(&scan)) {
            ok = json_scan_string(&scan, &name);
            if (ok)
                add_name(catalog, &families, name);
        }
    }
    catalog_sort(catalog);
    catalog_free(&families);
    if (ok && seen && !scan.failed)
        return true;
    return error_set(error, "its list of names cannot be read");
}
