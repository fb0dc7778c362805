#include "config/slo.h"

#include <math.h>
#include <stddef.h>

#include "base/buffer.h"
#include "base/file.h"
#include "base/memory.h"
#include "base/yaml.h"

#define LIMIT(field) .key = #field, .offset = offsetof(struct slo, field)

const struct slo_limit slo_limits[SLO_LIMIT_COUNT] = {
    {LIMIT(ttft_ms), .title = "TTFT"},
    {LIMIT(itl_ms), .title = "ITL"},
    {LIMIT(latency_ms), .title = "Latency"},
    {.key = "output_token_throughput",
     .title = "Output token throughput",
     .is_minimum = true,
     .offset = offsetof(struct slo, output_token_throughput_min)},
};

static double *limit_of(struct slo *slo, const struct slo_limit *limit)
{
    return (double *)(void *)((char *)slo + limit->offset);
}

void slo_none(struct slo *slo)
{
    for (size_t i = 0; i < SLO_LIMIT_COUNT; i++)
        *limit_of(slo, &slo_limits[i]) = (double)NAN;
}

bool slo_any(const struct slo *slo)
{
    struct slo copy = *slo;
    for (size_t i = 0; i < SLO_LIMIT_COUNT; i++)
        if (!isnan(*limit_of(&copy, &slo_limits[i])))
            return true;
    return false;
}

static const struct slo_limit *find_limit(struct text key, struct error *error)
{
    for (size_t i = 0; i < SLO_LIMIT_COUNT; i++)
        if (text_is(key, slo_limits[i].key))
            return &slo_limits[i];
    error_set(error,
              "unknown limit %.*s: there are ttft_ms, itl_ms, latency_ms and "
              "output_token_throughput",
              (int)(key.size < 60 ? key.size : 60), key.data);
    return NULL;
}

static bool set_limit(struct slo *slo, const struct slo_limit *limit, struct text value,
                      struct error *error)
{
    double number;
    if (!text_to_double(value, &number) || !isfinite(number) || number <= 0)
        return error_set(error, "%s: must be a number above 0, not \"%.*s\"", limit->key,
                         (int)(value.size < 60 ? value.size : 60), value.data);
    *limit_of(slo, limit) = number;
    return true;
}

bool slo_set(struct slo *slo, struct text assignment, struct error *error)
{
    const char *equals = memchr(assignment.data, '=', assignment.size);
    if (!equals)
        return error_set(error, "%.*s: a limit is written as ttft_ms=1000",
                         (int)(assignment.size < 60 ? assignment.size : 60), assignment.data);
    size_t key_size = (size_t)(equals - assignment.data);
    struct text value = {equals + 1, assignment.size - key_size - 1};
    const struct slo_limit *limit = find_limit((struct text){assignment.data, key_size}, error);
    return limit && set_limit(slo, limit, value, error);
}

/* `1000`, or `{max: 1000}`; of a minimum `{min: 1000}`. */
static bool read_limit(struct slo *slo, const struct yaml_node *node, struct error *error)
{
    const struct slo_limit *limit = find_limit(text_of(node->key), error);
    if (!limit)
        return yaml_fail_at(node, error);
    const char *bound = limit->is_minimum ? "min" : "max";
    const struct yaml_node *value = node;
    if (node->kind == YAML_MAPPING && node->child_count == 1)
        value = yaml_get(node, bound);
    if (!value || value->kind != YAML_SCALAR) {
        error_set(error, "%s: must be a number, or {%s: number}", node->key, bound);
        return yaml_fail_at(node, error);
    }
    return set_limit(slo, limit, text_of(value->scalar), error) || yaml_fail_at(value, error);
}

static bool read_section(struct slo *slo, const struct yaml_node *section, struct error *error)
{
    if (strcmp(section->key, "slo") != 0 && strcmp(section->key, "constraints") != 0) {
        error_set(error,
                  "unknown key %.60s: limits stand under slo: or constraints:", section->key);
        return yaml_fail_at(section, error);
    }
    if (section->kind != YAML_MAPPING) {
        error_set(error, "%s: must be a mapping of limits, as {ttft_ms: 1000}, not %s",
                  section->key, yaml_kind_name(section->kind));
        return yaml_fail_at(section, error);
    }
    for (size_t i = 0; i < section->child_count; i++)
        if (!read_limit(slo, &section->children[i], error))
            return false;
    return true;
}

bool slo_read_text(struct slo *slo, struct text content, struct error *error)
{
    struct yaml_node *root = yaml_parse(content, error);
    if (!root)
        return false;
    bool ok = root->kind == YAML_MAPPING;
    if (!ok) {
        error_set(error, "must be a mapping, as slo: {ttft_ms: 1000}, not %s",
                  yaml_kind_name(root->kind));
        yaml_fail_at(root, error);
    }
    for (size_t i = 0; ok && i < root->child_count; i++)
        ok = read_section(slo, &root->children[i], error);
    if (ok && !slo_any(slo))
        ok = error_set(error, "holds no limit: write slo: {ttft_ms: 1000, itl_ms: 50}");
    yaml_delete(root);
    return ok;
}

bool slo_read_file(struct slo *slo, const char *path, struct error *error)
{
    struct buffer content = {0};
    bool ok = file_read(path, &content, error) &&
              (slo_read_text(slo, buffer_text(&content), error) || error_prefix(error, "%s", path));
    buffer_free(&content);
    return ok;
}
