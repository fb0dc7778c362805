#include "report/compare_server.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/memory.h"

/* True when the run names metrics, not just where they are. */
static bool asked_by_name(const struct run *run)
{
    struct json_scan scan = json_scan_begin(text_of(run->config_json));
    struct text key, value;
    if (!run->config_json || !json_enter_object(&scan))
        return false;
    while (json_next_key(&scan, &key) && json_scan_raw(&scan, &value))
        if (text_is(key, "prometheus_metrics"))
            return text_starts_with(value, "[") && !text_is(value, "[]");
    return false;
}

/* Of what is picked by itself only this says why one side is faster. */
static bool explains(const struct watched *watched)
{
    static const char *const keys[] = {"preemptions", "server_queue_mean", "server_prefill_mean",
                                       "kv_hit_rate"};
    if (watched->role == ROLE_HIT_RATE || watched->role == ROLE_KV_USAGE)
        return true;
    for (size_t i = 0; i < ARRAY_SIZE(keys); i++)
        if (strcmp(watched->key, keys[i]) == 0)
            return true;
    return false;
}

static double value_in(const struct compare_cell *cell, const char *key)
{
    const struct samples *samples = &cell->run->samples;
    const struct watched *watched = samples_find(samples, key);
    struct watched_round figures;
    if (!watched || watched->kind == WATCHED_ABSENT)
        return NO_VALUE;
    samples_round(samples, watched, cell->level->number, cell->round->number, cell->round->start_ns,
                  cell->round->end_ns, &figures);
    return figures.value;
}

static double value_of_side(const struct compare_group *group, size_t side, const char *key)
{
    double *values = xcalloc(group->cell_counts[side], sizeof *values);
    for (size_t i = 0; i < group->cell_counts[side]; i++)
        values[i] = value_in(&group->cells[side][i], key);
    double value = compare_median(values, group->cell_counts[side]);
    free(values);
    return value;
}

/* False when no other side has it. */
static bool fill(struct compare_server *server, const struct compare_group *group,
                 size_t side_count)
{
    bool others = false;
    for (size_t side = 0; side < side_count; side++) {
        server->values[side] = value_of_side(group, side, server->watched->key);
        others |= side > 0 && isfinite(server->values[side]);
    }
    return others && isfinite(server->values[0]);
}

void compare_make_server(struct compare_group *group, size_t side_count)
{
    const struct run *run = group->cells[0][0].run;
    uint32_t count = samples_watched_count(&run->samples);
    bool all = asked_by_name(run);
    group->server = xcalloc(count, sizeof *group->server);
    for (uint32_t i = 0; i < count; i++) {
        struct compare_server server = {.watched = samples_watched(&run->samples, i)};
        if (!server.watched->hidden && (all || explains(server.watched)) &&
            fill(&server, group, side_count))
            group->server[group->server_count++] = server;
    }
}

struct figure compare_server_figure(const struct watched *watched, double value)
{
    if (strcmp(watched->unit, "ratio") == 0)
        return figure_share(value);
    if (strcmp(watched->unit, "s") == 0)
        return figure_of(value * 1000.0, 2);
    return figure_of(value, fabs(value) < 100.0 ? 2 : 0);
}
