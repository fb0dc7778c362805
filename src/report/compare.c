#include "report/compare.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "report/compare_notes.h"
#include "report/compare_server.h"

/* ---- sides ---- */

bool compare_add_side(struct compare *compare, char *const *directories, size_t count,
                      struct error *error)
{
    if (compare->side_count == COMPARE_SIDES_MAX)
        return error_set(error, "at most %d sides can be compared", COMPARE_SIDES_MAX);
    struct compare_side *side = &compare->sides[compare->side_count++];
    side->directories = xcalloc(count, sizeof *side->directories);
    side->saved = xcalloc(count, sizeof *side->saved);
    for (; side->count < count; side->count++) {
        if (!saved_runs_read(&side->saved[side->count], directories[side->count], error))
            return false;
        side->directories[side->count] = xstrdup(directories[side->count]);
    }
    return true;
}

bool compare_is_over_runs(const struct compare *compare)
{
    for (size_t i = 0; i < compare->side_count; i++)
        if (compare->sides[i].count > 1)
            return true;
    return false;
}

/* ---- which rounds belong together ---- */

/* By stage where a directory has several; by load unless each has one level only and no load is
 * common; by the round's number always. */
struct matching {
    bool by_stage, by_load;
};

/* How many earlier levels of its run have the same load; those that were hidden do not count. */
static uint32_t occurrence(const struct run *run, const struct level *level)
{
    uint32_t earlier = 0;
    for (uint32_t i = 0; i < run->level_count && run->levels[i] != level; i++)
        earlier += run->levels[i]->round_count && !run->levels[i]->hidden &&
                   level_same_load(run->levels[i], level);
    return earlier;
}

static bool same_stage(const struct run *a, const struct run *b)
{
    return text_equal(text_of(a->stage), text_of(b->stage));
}

static bool levels_match(const struct run *run, const struct level *level,
                         const struct compare_cell *like, struct matching matching)
{
    return !level->hidden && (!matching.by_stage || same_stage(run, like->run)) &&
           (!matching.by_load || (level_same_load(level, like->level) &&
                                  occurrence(run, level) == occurrence(like->run, like->level)));
}

/* The first round of a directory that belongs with `like` and has requests. */
static bool find_cell(const struct saved_runs *saved, const struct compare_cell *like,
                      struct matching matching, struct compare_cell *cell)
{
    for (size_t i = 0; i < saved->count; i++) {
        const struct run *run = saved->runs[i].run;
        for (uint32_t l = 0; l < run->level_count; l++) {
            const struct level *level = run->levels[l];
            if (!levels_match(run, level, like, matching))
                continue;
            const struct round *round = level_find_round(level, like->round->number);
            *cell = (struct compare_cell){.run = run, .level = level, .round = round};
            if (round && round_done_count(round))
                return true;
        }
    }
    return false;
}

/* Walks over all rounds of a directory that have requests. Start with zeroes. */
struct walk {
    size_t run;
    uint32_t level, round;
};

static bool next_cell(const struct saved_runs *saved, struct walk *walk, struct compare_cell *cell)
{
    for (; walk->run < saved->count; walk->run++, walk->level = 0) {
        const struct run *run = saved->runs[walk->run].run;
        for (; walk->level < run->level_count; walk->level++, walk->round = 0) {
            const struct level *level = run->levels[walk->level];
            if (level->hidden)
                continue;
            while (walk->round < level->round_count) {
                const struct round *round = &level->rounds[walk->round++];
                *cell = (struct compare_cell){.run = run, .level = level, .round = round};
                if (round_done_count(round))
                    return true;
            }
        }
    }
    return false;
}

static void collect_side(struct compare_group *group, size_t number,
                         const struct compare_side *side, const struct compare_cell *like,
                         struct matching matching)
{
    group->cells[number] = xcalloc(side->count, sizeof *group->cells[number]);
    for (size_t i = 0; i < side->count; i++) {
        struct compare_cell cell;
        if (!find_cell(&side->saved[i], like, matching, &cell))
            continue;
        cell.directory = i;
        summary_make(&cell.summary, cell.run, cell.level, cell.round);
        group->cells[number][group->cell_counts[number]++] = cell;
    }
}

static void free_group(struct compare_group *group)
{
    for (size_t side = 0; side < COMPARE_SIDES_MAX; side++) {
        for (size_t i = 0; i < group->cell_counts[side]; i++)
            summary_free(&group->cells[side][i].summary);
        free(group->cells[side]);
    }
    free(group->server);
}

/* Kept when a second side has the round too. */
static void add_group(struct compare *compare, const struct compare_cell *like,
                      struct matching matching)
{
    struct compare_group group = {.stage = matching.by_stage ? like->run->stage : NULL,
                                  .round = like->round->number,
                                  .load_differs = !matching.by_load};
    memcpy(group.label, like->level->label, sizeof group.label);
    size_t others = 0;
    for (size_t side = 0; side < compare->side_count; side++) {
        collect_side(&group, side, &compare->sides[side], like, matching);
        others += side > 0 && group.cell_counts[side] > 0;
    }
    if (!others) {
        free_group(&group);
        return;
    }
    compare->groups =
        xreallocarray(compare->groups, compare->group_count + 1, sizeof *compare->groups);
    compare->groups[compare->group_count++] = group;
}

/* No earlier round of the side belongs with it: then that one's group has this one too. */
static bool is_first(const struct compare_side *side, const struct compare_cell *like,
                     struct matching matching)
{
    struct compare_cell cell;
    for (size_t i = 0; i < side->count; i++)
        if (find_cell(&side->saved[i], like, matching, &cell))
            return cell.round == like->round;
    return true;
}

static void make_groups(struct compare *compare, struct matching matching)
{
    const struct compare_side *first = &compare->sides[0];
    for (size_t i = 0; i < first->count; i++) {
        struct walk walk = {0};
        struct compare_cell cell;
        while (next_cell(&first->saved[i], &walk, &cell))
            if (is_first(first, &cell, matching))
                add_group(compare, &cell, matching);
    }
}

static bool any_has_stages(const struct compare *compare)
{
    for (size_t s = 0; s < compare->side_count; s++)
        for (size_t i = 0; i < compare->sides[s].count; i++)
            if (compare->sides[s].saved[i].count > 1)
                return true;
    return false;
}

static bool each_has_one_level(const struct compare *compare)
{
    for (size_t s = 0; s < compare->side_count; s++)
        for (size_t i = 0; i < compare->sides[s].count; i++)
            if (compare->sides[s].saved[i].count != 1 ||
                compare->sides[s].saved[i].runs[0].run->level_count != 1)
                return false;
    return true;
}

/* ---- figures of a group ---- */

static int by_value(const void *left, const void *right)
{
    double a = *(const double *)left, b = *(const double *)right;
    return (a > b) - (a < b);
}

double compare_median(double *values, size_t count)
{
    size_t kept = 0;
    for (size_t i = 0; i < count; i++)
        if (isfinite(values[i]))
            values[kept++] = values[i];
    if (kept == 0)
        return NO_VALUE;
    qsort(values, kept, sizeof *values, by_value);
    return kept % 2 ? values[kept / 2] : (values[kept / 2 - 1] + values[kept / 2]) / 2.0;
}

/* A value for each run of a side; freed by the caller. */
static double *side_values(const struct compare_group *group, size_t side,
                           const struct compare_figure *figure)
{
    double *values = xcalloc(group->cell_counts[side], sizeof *values);
    for (size_t i = 0; i < group->cell_counts[side]; i++)
        values[i] = figure->value(&group->cells[side][i].summary);
    return values;
}

static void make_values(struct compare_group *group, size_t side)
{
    for (size_t f = 0; f < COMPARE_FIGURE_COUNT; f++) {
        double *values = side_values(group, side, &compare_figures[f]);
        group->values[side][f] = compare_median(values, group->cell_counts[side]);
        free(values);
    }
}

void compare_rounds(struct comparison *comparison, enum metric_id id,
                    const struct compare_cell *before, const struct compare_cell *after)
{
    comparison_of_pairs(comparison, id, before->round, after->round);
    if (comparison->pairs == 0)
        comparison_of_requests(comparison, id, before->round, after->round);
}

static const struct round **side_rounds(const struct compare_group *group, size_t side)
{
    const struct round **rounds = xcalloc(group->cell_counts[side], sizeof *rounds);
    for (size_t i = 0; i < group->cell_counts[side]; i++)
        rounds[i] = group->cells[side][i].round;
    return rounds;
}

static void compare_medians(struct comparison *comparison, enum metric_id id,
                            const struct compare_group *group, size_t side)
{
    const struct round **before = side_rounds(group, 0), **after = side_rounds(group, side);
    comparison_of_runs(comparison, id, before, group->cell_counts[0], after,
                       group->cell_counts[side]);
    free(before);
    free(after);
}

/* Of a figure that a run has one of. Where more is better its inverse is a time. */
static void compare_figures_of_runs(struct comparison *comparison,
                                    const struct compare_figure *figure,
                                    const struct compare_group *group, size_t side)
{
    size_t before_count = group->cell_counts[0], after_count = group->cell_counts[side];
    double *before = side_values(group, 0, figure), *after = side_values(group, side, figure);
    for (size_t i = 0; figure->more_is_better && i < before_count; i++)
        before[i] = 1000.0 / before[i];
    for (size_t i = 0; figure->more_is_better && i < after_count; i++)
        after[i] = 1000.0 / after[i];
    comparison_of_values(comparison, before, before_count, after, after_count);
    free(before);
    free(after);
}

static void make_comparisons(struct compare_group *group, size_t side, bool over_runs)
{
    for (size_t f = 0; f < COMPARE_FIGURE_COUNT; f++) {
        const struct compare_figure *figure = &compare_figures[f];
        struct comparison *comparison = &group->comparisons[side][f];
        if (figure->metric != METRIC_COUNT && over_runs)
            compare_medians(comparison, figure->metric, group, side);
        else if (figure->metric != METRIC_COUNT)
            compare_rounds(comparison, figure->metric, &group->cells[0][0], &group->cells[side][0]);
        else if (over_runs && !figure->is_share && !figure->is_count)
            compare_figures_of_runs(comparison, figure, group, side);
    }
}

struct compare_change compare_change_between(const struct compare_figure *figure, double from,
                                             double to, const struct comparison *comparison)
{
    if (comparison->before == 0 || comparison->after == 0)
        return (struct compare_change){figure->is_share ? to - from : to / from - 1.0, NO_VALUE,
                                       NO_VALUE};
    if (figure->more_is_better)
        return (struct compare_change){comparison->speed_up - 1.0, comparison->low - 1.0,
                                       comparison->high - 1.0};
    return (struct compare_change){1.0 / comparison->speed_up - 1.0, 1.0 / comparison->high - 1.0,
                                   1.0 / comparison->low - 1.0};
}

struct compare_change compare_change_of(const struct compare_group *group, size_t side,
                                        size_t figure)
{
    return compare_change_between(&compare_figures[figure], group->values[0][figure],
                                  group->values[side][figure], &group->comparisons[side][figure]);
}

static bool nothing_in_common(const struct compare *compare, struct error *error)
{
    struct buffer text = {0};
    for (size_t side = 0; side < compare->side_count; side++) {
        buffer_printf(&text, "%s%c has ", side ? "; " : "", compare_side_name(side));
        compare_list_levels(&text, compare, side);
    }
    error_set(error, "no level and round is in all sides, so there is nothing to compare: %s",
              text.data);
    buffer_free(&text);
    return false;
}

bool compare_make(struct compare *compare, struct error *error)
{
    bool over_runs = compare_is_over_runs(compare);
    struct matching matching = {.by_stage = any_has_stages(compare), .by_load = true};
    make_groups(compare, matching);
    if (compare->group_count == 0 && each_has_one_level(compare)) {
        matching.by_load = false;
        make_groups(compare, matching);
    }
    if (compare->group_count == 0)
        return nothing_in_common(compare, error);
    for (size_t g = 0; g < compare->group_count; g++) {
        for (size_t side = 0; side < compare->side_count; side++) {
            make_values(&compare->groups[g], side);
            if (side > 0 && compare->groups[g].cell_counts[side])
                make_comparisons(&compare->groups[g], side, over_runs);
        }
        compare_make_server(&compare->groups[g], compare->side_count);
    }
    compare_make_notes(compare);
    return true;
}

void compare_free(struct compare *compare)
{
    for (size_t i = 0; i < compare->group_count; i++)
        free_group(&compare->groups[i]);
    for (size_t i = 0; i < compare->note_count; i++)
        free(compare->notes[i].text);
    for (size_t i = 0; i < compare->side_count; i++) {
        for (size_t d = 0; d < compare->sides[i].count; d++) {
            saved_runs_free(&compare->sides[i].saved[d]);
            free(compare->sides[i].directories[d]);
        }
        free(compare->sides[i].saved);
        free(compare->sides[i].directories);
    }
    free(compare->groups);
    free(compare->notes);
    *compare = (struct compare){0};
}
