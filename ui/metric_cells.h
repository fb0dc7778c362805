/* Values of the server's metrics as cells of a table, and what a metric did in a round, made once.
 */
#ifndef UI_METRIC_CELLS_H
#define UI_METRIC_CELLS_H

#include "ui/time_window.h"

/* "0.85", "61 %", "401 ms", "1.2 GB", "87,250"; "-" for no value. */
struct metric_text {
    char text[48];
};
struct metric_text metric_value_text(const struct watched *watched, double value);
/* What a metric did in a round: "0.00 → 0.02" of a gauge, "+ 87,040" of a counter, the figure of
 * what only a time gives. */
struct metric_text metric_round_text(const struct watched *watched,
                                     const struct watched_round *figures);
/* "gauge", "counter, a second", "p99 of a histogram", "quotient", with what it is taken from. */
void metric_origin_text(const struct watched *watched, char *text, size_t size);

/* Figures of ended rounds are kept, those of a running one are remade once a second. */
struct metric_rounds;
struct metric_rounds *metric_rounds_new(void);
void metric_rounds_free(struct metric_rounds *rounds);
const struct watched_round *metric_rounds_get(struct metric_rounds *rounds, const struct run *run,
                                              const struct watched *watched,
                                              const struct level *level, const struct round *round,
                                              uint64_t now_ns);

/* A value for each step of the window: a counter's gain a second, others as they were. NaN where
 * nothing was read for a while. Freed by the caller. */
double *metric_values(const struct ui *ui, const struct watched *watched,
                      const struct time_window *window);

#endif
