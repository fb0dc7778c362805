#include "report/alarm.h"

#include <math.h>
#include <stdlib.h>

#include "base/memory.h"
#include "report/page.h"

#define CLEAR_NS (5 * NS_PER_S)
/* A scrape older than this says nothing about now. */
#define STALE_NS (30 * NS_PER_S)

/* ---- from text ---- */

static bool read_duration(struct text text, uint64_t *ns)
{
    static const struct {
        const char *suffix;
        double seconds;
    } units[] = {{"ms", 1e-3}, {"s", 1}, {"m", 60}, {"h", 3600}};
    double factor = 1.0, value;
    for (size_t i = 0; i < ARRAY_SIZE(units); i++)
        if (text_ends_with(text, units[i].suffix)) {
            text.size -= strlen(units[i].suffix);
            factor = units[i].seconds;
            break;
        }
    if (!text_to_double(text, &value) || !(value > 0.0 && value * factor <= 86400.0))
        return false;
    *ns = (uint64_t)(value * factor * 1e9);
    return true;
}

/* Takes " for 60s" off the end, where it stands. */
static bool split_for(struct alarm *alarm, const char *text, struct text *rest, struct error *error)
{
    const char *found = NULL;
    for (const char *at = text; (at = strstr(at, " for ")); at++)
        found = at;
    *rest = text_trim(text_of(text));
    if (!found)
        return true;
    *rest = text_trim((struct text){text, (size_t)(found - text)});
    struct text duration = text_trim(text_of(found + strlen(" for ")));
    return read_duration(duration, &alarm->for_ns) ||
           error_set(error, "'%s': '%.*s' is no time up to a day, as 10s or 5m", text,
                     (int)duration.size, duration.data);
}

static bool check_kind(const struct alarm *alarm, struct error *error)
{
    const struct condition *condition = &alarm->condition;
    if (condition->is_change)
        return error_set(error, "'%s': a change from another run is for fluxperf compare",
                         condition->text);
    if (alarm->kind == ALARM_DISK && !condition->is_percent)
        return error_set(error, "'%s': disk is a share, so its limit needs a %%", condition->text);
    return alarm->kind != ALARM_FIGURE || condition_check(condition, error);
}

bool alarm_parse(struct alarm *alarm, const char *text, struct error *error)
{
    struct text rest;
    *alarm = (struct alarm){.value = NO_VALUE};
    if (!split_for(alarm, text, &rest, error))
        return false;
    if (text_is(rest, "no token")) {
        alarm->kind = ALARM_NO_TOKEN;
        alarm->condition.text = xstrdup(text);
        return alarm->for_ns > 0 ||
               error_set(error, "'%s': for how long? as in 'no token for 10s'", text);
    }
    char *condition = xstrndup(rest.data, rest.size);
    bool ok = condition_split(&alarm->condition, condition, error);
    free(condition);
    if (!ok)
        return false;
    free(alarm->condition.text);
    alarm->condition.text = xstrdup(text);
    alarm->kind = strcmp(alarm->condition.figure, "disk") == 0 ? ALARM_DISK
                  : condition_is_known(&alarm->condition)      ? ALARM_FIGURE
                                                               : ALARM_METRIC;
    return check_kind(alarm, error);
}

void alarm_free(struct alarm *alarm)
{
    condition_free(&alarm->condition);
}

/* ---- now ---- */

/* Seconds without a token, while some are due. */
static double silence_s(const struct alarm_facts *facts)
{
    const struct live_view *view = facts->view;
    uint64_t since_ns =
        view->busy_since_ns > view->last_token_ns ? view->busy_since_ns : view->last_token_ns;
    bool due = view->in_flight || view->server_down_since_ns;
    return due && since_ns < facts->now_ns ? (double)(facts->now_ns - since_ns) / 1e9 : 0.0;
}

static double metric_value(const struct alarm *alarm, const struct alarm_facts *facts)
{
    const struct samples *samples = &facts->run->samples;
    const struct watched *watched = samples_find(samples, alarm->condition.figure);
    uint32_t count = samples_count(samples);
    if (!watched || count == 0 || samples_at(samples, count - 1)->at_ns + STALE_NS < facts->now_ns)
        return NO_VALUE;
    double value = samples_value(samples, watched, count - 1);
    return alarm->condition.is_percent ? value * 100.0 : value;
}

static double value_now(const struct alarm *alarm, const struct alarm_facts *facts)
{
    switch (alarm->kind) {
    case ALARM_NO_TOKEN:
        return silence_s(facts);
    case ALARM_METRIC:
        return metric_value(alarm, facts);
    case ALARM_DISK:
        return facts->disk_free_percent;
    case ALARM_FIGURE:
        break;
    }
    return condition_figure(&alarm->condition, facts->recent);
}

static bool holds(const struct alarm *alarm)
{
    return alarm->kind == ALARM_NO_TOKEN ? alarm->value * 1e9 >= (double)alarm->for_ns
                                         : condition_is_beyond(&alarm->condition, alarm->value);
}

enum alarm_news alarm_judge(struct alarm *alarm, const struct alarm_facts *facts)
{
    alarm->value = value_now(alarm, facts);
    if (isnan(alarm->value))
        return ALARM_NO_NEWS;
    if (!holds(alarm)) {
        alarm->holds_since_ns = 0;
        if (alarm->raised && !alarm->ended_since_ns)
            alarm->ended_since_ns = facts->now_ns;
        if (!alarm->raised || facts->now_ns - alarm->ended_since_ns < CLEAR_NS)
            return ALARM_NO_NEWS;
        alarm->raised = false;
        return ALARM_CLEARED;
    }
    alarm->ended_since_ns = 0;
    if (!alarm->holds_since_ns)
        alarm->holds_since_ns = facts->now_ns;
    /* Silence has been measured for that long already. */
    uint64_t held_ns =
        alarm->kind == ALARM_NO_TOKEN ? alarm->for_ns : facts->now_ns - alarm->holds_since_ns;
    if (alarm->raised || held_ns < alarm->for_ns)
        return ALARM_NO_NEWS;
    alarm->raised = true;
    return ALARM_RAISED;
}

struct figure alarm_value(const struct alarm *alarm)
{
    struct figure figure = {"-"};
    if (alarm->kind == ALARM_NO_TOKEN && isfinite(alarm->value))
        snprintf(figure.text, sizeof figure.text, "%.0f s", alarm->value);
    else if (isfinite(alarm->value))
        snprintf(figure.text, sizeof figure.text, "%.4g%s", alarm->value,
                 alarm->condition.is_percent ? " %" : "");
    return figure;
}
