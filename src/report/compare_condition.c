/* --fail-on between runs: a change of a figure, or a difference that is shown. */
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "report/compare_server.h"

/* The figure that compares a metric which stands by itself. */
static bool find_compared(const struct condition *condition, size_t *figure)
{
    for (*figure = 0; *figure < COMPARE_FIGURE_COUNT; ++*figure) {
        enum metric_id id = compare_figures[*figure].metric;
        if (id != METRIC_COUNT && strcmp(metrics_table[id].key, condition->figure) == 0)
            return true;
    }
    return false;
}

bool compare_condition_parse(struct condition *condition, const char *text, struct error *error)
{
    size_t figure;
    if (!condition_split(condition, text, error))
        return false;
    bool compared = find_compared(condition, &figure);
    if (compared && condition->is_change && condition->is_percent)
        return true;
    if (compared)
        error_set(error,
                  "'%s': %s by itself is compared, so its limit is a change in %%, as in +5%%",
                  text, condition->figure);
    condition_free(condition);
    return !compared && condition_parse(condition, text, error);
}

static double side_figure(const struct compare_group *group, size_t side,
                          const struct condition *condition)
{
    size_t count = group->cell_counts[side];
    double *values = xcalloc(count, sizeof *values);
    for (size_t i = 0; i < count; i++)
        values[i] = condition_figure(condition, &group->cells[side][i].summary);
    double figure = compare_median(values, count);
    free(values);
    return figure;
}

bool compare_condition_holds(const struct compare_group *group, size_t side,
                             const struct condition *condition, double *value)
{
    size_t compared;
    if (find_compared(condition, &compared)) {
        const struct comparison *comparison = &group->comparisons[side][compared];
        double change = compare_change_of(group, side, compared).change;
        *value = comparison->has_interval ? change * 100.0 : NO_VALUE;
        return comparison->word != COMPARISON_NOT_SHOWN && condition_is_beyond(condition, *value);
    }
    *value = side_figure(group, side, condition);
    if (condition->is_change)
        *value = condition_change(condition, side_figure(group, 0, condition), *value);
    return condition_is_beyond(condition, *value);
}
