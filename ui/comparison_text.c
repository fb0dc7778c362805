#include "ui/comparison_text.h"

#include <math.h>

#include "ui/figures.h"

/* Small factors need two decimals to say anything. */
static int decimals_of(double factor)
{
    return factor < 1.95 ? 2 : factor < 9.95 ? 1 : 0;
}

static bool is_slower(const struct comparison *comparison)
{
    return comparison->speed_up < 1;
}

bool comparison_is_none(const struct comparison *comparison)
{
    return comparison->has_interval && comparison->word == COMPARISON_NOT_SHOWN;
}

void comparison_add_interval(struct buffer *out, const struct comparison *comparison)
{
    if (!comparison->has_interval)
        return;
    bool slower = is_slower(comparison);
    double low = slower ? 1 / comparison->high : comparison->low;
    double high = slower ? 1 / comparison->low : comparison->high;
    buffer_printf(out, "[%.*f, ", decimals_of(low), low);
    buffer_printf(out, "%.*f]", decimals_of(high), high);
}

void comparison_add_sentence(struct buffer *out, const struct comparison *comparison)
{
    if (!isfinite(comparison->speed_up)) {
        buffer_add_string(out, "nothing to compare");
        return;
    }
    bool slower = is_slower(comparison);
    double factor = slower ? 1 / comparison->speed_up : comparison->speed_up;
    if (comparison_is_none(comparison))
        buffer_printf(out, "no difference shown: %.*f×", decimals_of(factor), factor);
    else
        buffer_printf(out, "TTFT %s ms %s, %.*f× %s", figure_count(fabs(comparison->saved_ms)).text,
                      slower ? "more" : "less", decimals_of(factor), factor,
                      slower ? "slower" : "faster");
    if (comparison->has_interval)
        buffer_add_char(out, ' ');
    comparison_add_interval(out, comparison);
}

/* How much more time it takes, in whole per cent; never -0. */
static double more(double factor)
{
    return round((1 / factor - 1) * 100) + 0.0;
}

void comparison_add_change(struct buffer *out, const struct comparison *comparison)
{
    if (!isfinite(comparison->speed_up)) {
        buffer_add_string(out, "nothing to compare");
        return;
    }
    double percent = more(comparison->speed_up);
    double low = more(comparison->high), high = more(comparison->low);
    if (comparison_is_none(comparison)) {
        buffer_printf(out, "no difference shown [%+.0f, %+.0f]", low, high);
        return;
    }
    if (percent >= 100 || percent <= -50) {
        double factor = percent > 0 ? 1 / comparison->speed_up : comparison->speed_up;
        buffer_printf(out, "%.*f× %s ", decimals_of(factor), factor,
                      percent > 0 ? "slower" : "faster");
        comparison_add_interval(out, comparison);
        return;
    }
    buffer_printf(out, "%.0f %% %s", fabs(percent), percent > 0 ? "slower" : "faster");
    if (comparison->has_interval)
        buffer_printf(out, " [%.0f, %.0f]", percent > 0 ? low : -high, percent > 0 ? high : -low);
}

void comparison_add_short(struct buffer *out, const struct comparison *comparison)
{
    if (comparison_is_none(comparison))
        buffer_add_string(out, "no difference shown");
    else
        comparison_add_change(out, comparison);
}
