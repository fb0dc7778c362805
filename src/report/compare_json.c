/* The comparison of runs as JSON. */
#include "base/json.h"
#include "base/memory.h"
#include "report/compare_text.h"
#include "result/journal_field.h"

static void put_side_name(struct json_writer *json, const char *key, size_t side)
{
    char name[] = {compare_side_name(side), '\0'};
    json_put_string(json, key, name);
}

static void put_saved(struct json_writer *json, const struct saved_run *saved)
{
    char started[40];
    clock_format_utc(saved->run->anchor.wall_ns, started, sizeof started);
    json_open(json, '{');
    json_put_redacted(json, "directory", saved->directory);
    json_put_redacted(json, "stage", saved->run->stage);
    json_put_redacted(json, "model", saved->run->model);
    json_put_redacted(json, "engine", saved->run->engine);
    json_put_redacted(json, "dataset", saved->run->dataset.name);
    json_put_redacted(json, "note", saved->run->note);
    json_put_string(json, "version", saved->run->version);
    json_put_string(json, "started", started);
    json_put_bool(json, "in_progress", saved->in_progress);
    json_close(json, '}');
}

static void put_sides(struct json_writer *json, const struct compare *compare)
{
    json_key(json, "sides");
    json_open(json, '[');
    for (size_t side = 0; side < compare->side_count; side++) {
        json_open(json, '{');
        put_side_name(json, "name", side);
        json_key(json, "runs");
        json_open(json, '[');
        for (size_t d = 0; d < compare->sides[side].count; d++)
            for (size_t i = 0; i < compare->sides[side].saved[d].count; i++)
                put_saved(json, &compare->sides[side].saved[d].runs[i]);
        json_close(json, ']');
        json_close(json, '}');
    }
    json_close(json, ']');
}

static void put_notes(struct json_writer *json, const struct compare *compare)
{
    json_key(json, "notes");
    json_open(json, '[');
    for (size_t i = 0; i < compare->note_count; i++) {
        json_open(json, '{');
        put_side_name(json, "side", compare->notes[i].side);
        json_put_bool(json, "grave", compare->notes[i].grave);
        json_put_redacted(json, "text", compare->notes[i].text);
        json_close(json, '}');
    }
    json_close(json, ']');
}

static void put_figures(struct json_writer *json, const struct compare_group *group, size_t side)
{
    json_key(json, "figures");
    json_open(json, '{');
    for (size_t i = 0; i < COMPARE_FIGURE_COUNT; i++)
        json_put_real(json, compare_figures[i].key, group->values[side][i],
                      compare_figures[i].is_share ? 4 : 2);
    json_close(json, '}');
}

static void put_server(struct json_writer *json, const struct compare_group *group, size_t side)
{
    json_key(json, "server");
    json_open(json, '{');
    for (size_t i = 0; i < group->server_count; i++)
        json_put_real(json, group->server[i].watched->key, group->server[i].values[side], 6);
    json_close(json, '}');
}

static void put_comparison(struct json_writer *json, const struct compare_group *group, size_t side,
                           size_t which)
{
    static const char *const bases[] = {
        [COMPARISON_PAIRS] = "pairs",
        [COMPARISON_REQUESTS] = "requests",
        [COMPARISON_RUNS] = "runs",
    };
    const struct comparison *comparison = &group->comparisons[side][which];
    struct compare_change change = compare_change_of(group, side, which);
    json_key(json, compare_figures[which].key);
    json_open(json, '{');
    json_put_string(json, "basis", bases[comparison->basis]);
    json_put_uint(json, "units_a", comparison->before);
    json_put_uint(json, "units", comparison->after);
    json_put_uint(json, "retried", comparison->retried);
    json_put_real(json, "change", change.change, 5);
    json_put_real(json, "change_low", change.low, 5);
    json_put_real(json, "change_high", change.high, 5);
    json_put_string(json, "verdict", comparison_word_key(comparison->word));
    json_close(json, '}');
}

static void put_group_side(struct json_writer *json, const struct compare_group *group, size_t side)
{
    json_open(json, '{');
    put_side_name(json, "name", side);
    json_put_redacted(json, "level", group->cells[side][0].level->label);
    json_put_uint(json, "runs", group->cell_counts[side]);
    put_figures(json, group, side);
    put_server(json, group, side);
    json_key(json, "against_a");
    if (side == 0) {
        json_null(json);
    } else {
        json_open(json, '{');
        for (size_t i = 0; i < COMPARE_FIGURE_COUNT; i++)
            if (group->comparisons[side][i].before && group->comparisons[side][i].after)
                put_comparison(json, group, side, i);
        json_close(json, '}');
    }
    json_close(json, '}');
}

static void put_group(struct json_writer *json, const struct compare *compare,
                      const struct compare_group *group)
{
    json_open(json, '{');
    json_put_redacted(json, "stage", group->stage);
    json_put_redacted(json, "level", group->label);
    json_put_uint(json, "round", group->round);
    json_key(json, "sides");
    json_open(json, '[');
    for (size_t side = 0; side < compare->side_count; side++)
        if (group->cell_counts[side])
            put_group_side(json, group, side);
    json_close(json, ']');
    json_close(json, '}');
}

void compare_json(struct buffer *out, const struct compare *compare)
{
    struct json_writer json = {.out = out};
    json_open(&json, '{');
    put_sides(&json, compare);
    put_notes(&json, compare);
    json_put_bool(&json, "covers_run_to_run", compare_is_over_runs(compare));
    json_key(&json, "groups");
    json_open(&json, '[');
    for (size_t i = 0; i < compare->group_count; i++)
        put_group(&json, compare, &compare->groups[i]);
    json_close(&json, ']');
    json_close(&json, '}');
    buffer_add_char(out, '\n');
}
