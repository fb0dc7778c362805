#include "ui/spread.h"

#include <math.h>

enum { ROWS_MAX = 32, LABEL_COLS = 6 };

struct bins {
    int count;
    double low, factor;
    uint32_t cold[ROWS_MAX], warm[ROWS_MAX];
};

static void widen(double *low, double *high, const double *values, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        *low = fmin(*low, values[i]);
        *high = fmax(*high, values[i]);
    }
}

static void fill(const struct bins *bins, uint32_t *into, const double *values, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        int bin = (int)(log(values[i] / bins->low) / log(bins->factor));
        into[bin < 0 ? 0 : bin >= bins->count ? bins->count - 1 : bin]++;
    }
}

static int share_of(uint32_t count, uint32_t most, int cols)
{
    return count ? 1 + (int)((double)count * (cols - 1) / most) : 0;
}

void spread_draw(struct canvas *canvas, struct rect rect, const double *cold, uint32_t cold_count,
                 const double *warm, uint32_t warm_count)
{
    double low = HUGE_VAL, high = 0;
    widen(&low, &high, cold, cold_count);
    widen(&low, &high, warm, warm_count);
    if (!(high > 0) || rect.rows < 1 || rect.cols < LABEL_COLS + 2)
        return;
    low = fmax(low, high / 1e6);
    struct bins bins = {.count = rect.rows < ROWS_MAX ? rect.rows : ROWS_MAX, .low = low};
    bins.factor = fmax(pow(high / low, 1.0 / bins.count), 1.0001);
    fill(&bins, bins.cold, cold, cold_count);
    fill(&bins, bins.warm, warm, warm_count);
    uint32_t most = 1;
    for (int i = 0; i < bins.count; i++)
        most = bins.cold[i] + bins.warm[i] > most ? bins.cold[i] + bins.warm[i] : most;
    int cols = rect.cols - LABEL_COLS - 1;
    for (int i = 0; i < bins.count; i++) {
        double from = low * pow(bins.factor, i);
        char label[16];
        snprintf(label, sizeof label, from < 10 ? "%.1f" : "%.0f", from);
        canvas_put_right(canvas, rect.row + i, rect.col, LABEL_COLS - 1, STYLE(ROLE_DIM),
                         text_of(label));
        int warm_cols = share_of(bins.warm[i], most, cols);
        int cold_cols = share_of(bins.cold[i], most, cols);
        if (warm_cols + cold_cols > cols)
            *(warm_cols > cold_cols ? &warm_cols : &cold_cols) -= warm_cols + cold_cols - cols;
        for (int col = 0; col < warm_cols + cold_cols; col++)
            canvas_put(canvas, rect.row + i, rect.col + LABEL_COLS + col, 1,
                       STYLE(col < warm_cols ? ROLE_WARM : ROLE_COLD),
                       col < warm_cols ? TEXT("█") : TEXT("░"));
    }
}

void spread_colour_legend(struct canvas *canvas, struct rect rect)
{
    for (int col = rect.col; col < rect.col + rect.cols && rect.row < canvas->rows; col++) {
        struct rect cell = {rect.row, col, 1, 1};
        const char *text = canvas->cells[rect.row * canvas->cols + col].text;
        if (strcmp(text, "░") == 0)
            canvas_restyle(canvas, cell, STYLE(ROLE_COLD));
        else if (strcmp(text, "█") == 0)
            canvas_restyle(canvas, cell, STYLE(ROLE_WARM));
    }
}
