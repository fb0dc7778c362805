/* What a stretch of a history says. */
#include <math.h>

#include "telemetry/history.h"

double history_mean(const struct history_cell *cell)
{
    return cell->count ? cell->sum / (double)cell->count : (double)NAN;
}

double history_rate(const struct history_cell *cell)
{
    return cell->covered_ns ? cell->sum * 1e9 / (double)cell->covered_ns : (double)NAN;
}

double history_quantile(const struct history_cell *cell, double q)
{
    uint64_t total = 0;
    for (size_t i = 0; i < HISTORY_BINS; i++)
        total += cell->bins[i];
    if (total == 0)
        return (double)NAN;
    double rank = q * (double)total, below = 0.0;
    size_t bin = 0;
    while (bin < HISTORY_BINS - 1 && below + (double)cell->bins[bin] < rank)
        below += (double)cell->bins[bin++];
    double within = cell->bins[bin] ? (rank - below) / (double)cell->bins[bin] : 0.0;
    /* The ends of the scale are open: the extremes close them, and any bin that holds one. */
    double start = cell->lowest * pow(cell->ratio, (double)bin);
    double low = bin == 0 ? cell->min : start;
    double high = bin == HISTORY_BINS - 1 ? cell->max : start * cell->ratio;
    low = fmax(low, cell->min);
    high = fmin(high, cell->max);
    return low > 0.0 && high > low ? low * pow(high / low, within) : low + (high - low) * within;
}
