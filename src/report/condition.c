#include "report/condition.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/clock.h"
#include "base/memory.h"

static double ratio(double part, double whole)
{
    return whole > 0.0 ? part / whole : NO_VALUE;
}

static double failed(const struct summary *summary)
{
    return summary->counts.failed;
}

static double failed_share(const struct summary *summary)
{
    return ratio(summary->counts.failed, summary->counts.planned);
}

static double cancelled(const struct summary *summary)
{
    return summary->counts.cancelled;
}

static double not_sent(const struct summary *summary)
{
    return summary->counts.not_sent;
}

static double slo_share(const struct summary *summary)
{
    return summary->has_slo ? ratio(summary->slo_met_requests,
                                    summary->counts.succeeded + (double)summary->counts.failed)
                            : NO_VALUE;
}

static double cached_share(const struct summary *summary)
{
    return summary->cached_share;
}

static double goodput(const struct summary *summary)
{
    return summary->goodput_tokens_per_s;
}

static double token_throughput(const struct summary *summary)
{
    return summary->token_throughput;
}

static double request_throughput(const struct summary *summary)
{
    return summary->request_throughput;
}

static double duration(const struct summary *summary)
{
    return summary->duration_s;
}

/* As a plain number, and as a share for limits in %; NULL where the figure is not one. */
static const struct {
    const char *key;
    double (*number)(const struct summary *summary);
    double (*share)(const struct summary *summary);
} figures[] = {
    {"errors", failed, failed_share},
    {"failed", failed, failed_share},
    {"cancelled", cancelled, NULL},
    {"not_sent", not_sent, NULL},
    {"slo", NULL, slo_share},
    {"cached", NULL, cached_share},
    {"goodput", goodput, NULL},
    {"token_throughput", token_throughput, NULL},
    {"request_throughput", request_throughput, NULL},
    {"duration", duration, NULL},
};

static bool find_figure(const char *key, size_t *index)
{
    for (*index = 0; *index < ARRAY_SIZE(figures); ++*index)
        if (strcmp(figures[*index].key, key) == 0)
            return true;
    return false;
}

/* "ttft_p99"; the JSON file's "p99_ttft" too. */
static bool find_statistic(const char *key, size_t *metric, size_t *statistic)
{
    for (*metric = 0; *metric < METRIC_COUNT; ++*metric)
        for (*statistic = 0; *statistic < STATISTIC_COUNT; ++*statistic) {
            const char *m = metrics_table[*metric].key, *s = statistics_table[*statistic].key;
            char name[64], other[64];
            snprintf(name, sizeof name, "%s_%s", m, s);
            snprintf(other, sizeof other, "%s_%s", s, m);
            if (strcmp(key, name) == 0 || strcmp(key, other) == 0)
                return true;
        }
    return false;
}

static bool unknown_figure(const char *text, struct error *error)
{
    struct buffer known = {0};
    for (size_t i = 0; i < ARRAY_SIZE(figures); i++)
        buffer_printf(&known, "%s, ", figures[i].key);
    buffer_add_string(&known, "and METRIC_STATISTIC with a METRIC of");
    for (size_t i = 0; i < METRIC_COUNT; i++)
        buffer_printf(&known, " %s", metrics_table[i].key);
    buffer_add_string(&known, " and a STATISTIC of");
    for (size_t i = 0; i < STATISTIC_COUNT; i++)
        buffer_printf(&known, " %s", statistics_table[i].key);
    error_set(error, "'%s': no such figure; there are %s", text, known.data);
    buffer_free(&known);
    return false;
}

/* Takes "+5%" apart. */
static bool parse_limit(struct condition *condition, struct text limit, struct error *error)
{
    condition->is_change = text_starts_with(limit, "+") || text_starts_with(limit, "-");
    condition->is_percent = text_ends_with(limit, "%");
    if (condition->is_percent)
        limit = text_trim((struct text){limit.data, limit.size - 1});
    struct text digits = limit;
    if (text_starts_with(limit, "+") && !text_starts_with(limit, "+-"))
        digits = (struct text){limit.data + 1, limit.size - 1};
    if (!text_to_double(digits, &condition->limit) || !isfinite(condition->limit))
        return error_set(error, "'%s': '%.*s' is no number", condition->text, (int)limit.size,
                         limit.data);
    return true;
}

bool condition_check(const struct condition *condition, struct error *error)
{
    size_t figure;
    bool is_figure = find_figure(condition->figure, &figure);
    bool is_share = is_figure && figures[figure].share;
    if (condition->is_percent && !is_share && !condition->is_change)
        return error_set(error,
                         "'%s': %s is no share, so its limit cannot be in %%; "
                         "a change is written with its sign, as in +5%%",
                         condition->text, condition->figure);
    if (!condition->is_percent && is_figure && !figures[figure].number)
        return error_set(error, "'%s': %s is a share, so its limit needs a %%", condition->text,
                         condition->figure);
    return true;
}

bool condition_split(struct condition *condition, const char *text, struct error *error)
{
    *condition = (struct condition){0};
    size_t name_size = strcspn(text, "<>");
    if (text[name_size] == '\0')
        return error_set(
            error, "'%s': write a figure, < or >, and a limit, as in errors>0 or slo<95%%", text);
    struct text name = text_trim((struct text){text, name_size});
    if (name.size >= sizeof condition->figure)
        return unknown_figure(text, error);
    memcpy(condition->figure, name.data, name.size);
    condition->greater = text[name_size] == '>';
    condition->text = xstrdup(text);
    if (parse_limit(condition, text_trim(text_of(text + name_size + 1)), error))
        return true;
    condition_free(condition);
    return false;
}

bool condition_is_known(const struct condition *condition)
{
    size_t figure, metric, statistic;
    return find_figure(condition->figure, &figure) ||
           find_statistic(condition->figure, &metric, &statistic);
}

bool condition_parse(struct condition *condition, const char *text, struct error *error)
{
    if (!condition_split(condition, text, error))
        return false;
    bool known = condition_is_known(condition);
    if (known && condition_check(condition, error))
        return true;
    if (!known)
        unknown_figure(text, error);
    condition_free(condition);
    return false;
}

void condition_free(struct condition *condition)
{
    free(condition->text);
    *condition = (struct condition){0};
}

static bool is_share(const struct condition *condition)
{
    size_t figure;
    return condition->is_percent && find_figure(condition->figure, &figure) &&
           figures[figure].share;
}

double condition_figure(const struct condition *condition, const struct summary *summary)
{
    size_t figure, metric, statistic;
    if (is_share(condition) && find_figure(condition->figure, &figure))
        return figures[figure].share(summary) * 100.0;
    if (find_figure(condition->figure, &figure))
        return figures[figure].number(summary);
    if (find_statistic(condition->figure, &metric, &statistic))
        return statistics_get(&summary->metrics[metric], &statistics_table[statistic]) / NS_PER_MS;
    return NO_VALUE;
}

double condition_change(const struct condition *condition, double from, double to)
{
    return condition->is_percent && !is_share(condition) ? (to / from - 1.0) * 100.0 : to - from;
}

struct figure condition_text(const struct condition *condition, double value)
{
    struct figure figure;
    int decimals = !condition->is_change && value == floor(value) ? 0 : 2;
    snprintf(figure.text, sizeof figure.text, condition->is_change ? "%+.*f%s" : "%.*f%s", decimals,
             value, condition->is_percent ? " %" : "");
    return figure;
}

bool condition_is_beyond(const struct condition *condition, double value)
{
    return condition->greater ? value > condition->limit : value < condition->limit;
}

bool condition_holds(const struct condition *condition, const struct summary *summary,
                     double *value)
{
    *value = NO_VALUE;
    if (condition->is_change)
        return false;
    *value = condition_figure(condition, summary);
    return condition_is_beyond(condition, *value);
}
