#include "ui/figures.h"

#include <math.h>
#include <stdio.h>

struct figure figure_count(double value)
{
    if (!isfinite(value) || fabs(value) >= 1e15)
        return figure_of(value, 0);
    char digits[32];
    snprintf(digits, sizeof digits, "%.0f", fabs(value));
    size_t count = strlen(digits);
    struct figure figure = {""};
    char *at = figure.text;
    if (value <= -0.5)
        *at++ = '-';
    for (size_t i = 0; i < count; i++) {
        *at++ = digits[i];
        if (i + 1 < count && (count - i - 1) % 3 == 0)
            *at++ = ',';
    }
    *at = '\0';
    return figure;
}

static struct figure with_unit(double value, int decimals, const char *unit)
{
    struct figure number = figure_of(value, decimals), figure = number;
    if (isfinite(value))
        snprintf(figure.text, sizeof figure.text, "%.30s %s", number.text, unit);
    return figure;
}

struct figure figure_span(double ms)
{
    if (ms < 9.95)
        return with_unit(ms, 1, "ms");
    if (ms < 999.5)
        return with_unit(ms, 0, "ms");
    double s = ms / 1e3;
    return with_unit(s, s < 9.995 ? 2 : s < 99.95 ? 1 : 0, "s");
}

struct figure figure_fit(double ms, int decimals, int cols)
{
    struct figure figure = figure_of(ms, decimals);
    while (decimals > 0 && (int)strlen(figure.text) > cols)
        figure = figure_of(ms, --decimals);
    return (int)strlen(figure.text) > cols ? figure_span(ms) : figure;
}

struct figure figure_age(double ms)
{
    double s = ms / 1e3;
    return with_unit(s, s < 99.95 ? 1 : 0, "s");
}

struct figure figure_short(double ms)
{
    return figure_of(ms, ms < 9.95);
}

struct figure figure_times(double factor)
{
    struct figure number = figure_of(factor, factor < 9.95 ? 1 : 0), figure = number;
    if (isfinite(factor))
        snprintf(figure.text, sizeof figure.text, "%.30s×", number.text);
    return figure;
}

struct figure figure_faster(double factor)
{
    struct figure figure = {"-"};
    if (!isfinite(factor) || factor <= 0)
        return figure;
    bool faster = factor >= 1;
    snprintf(figure.text, sizeof figure.text, "%.20s %s",
             figure_times(faster ? factor : 1 / factor).text, faster ? "faster" : "slower");
    return figure;
}

struct figure figure_long_span(uint32_t seconds)
{
    static const struct {
        uint32_t from_s, unit_s;
        const char *unit;
    } units[] = {{172800, 86400, "days"}, {7200, 3600, "h"}, {120, 60, "min"}, {0, 1, "s"}};
    size_t i = 0;
    while (seconds < units[i].from_s)
        i++;
    double value = (double)seconds / units[i].unit_s;
    return with_unit(value, value < 9.95 && value != floor(value), units[i].unit);
}

struct figure figure_clock(const struct run *run, uint64_t at_ns, bool ms)
{
    char date[64];
    struct figure figure = {"-"};
    uint64_t wall_ns = run->anchor.wall_ns + at_ns;
    clock_format_local(wall_ns, date, sizeof date);
    const char *time = strchr(date, 'T');
    if (time && ms)
        snprintf(figure.text, sizeof figure.text, "%.8s.%03u", time + 1,
                 (unsigned)(wall_ns / NS_PER_MS % 1000));
    else if (time)
        snprintf(figure.text, sizeof figure.text, "%.8s", time + 1);
    return figure;
}
