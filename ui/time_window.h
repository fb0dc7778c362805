/* The time that a plot shows: what [ ] ← End choose, for all views alike. */
#ifndef UI_TIME_WINDOW_H
#define UI_TIME_WINDOW_H

#include "ui/plot.h"
#include "ui/view.h"

/* Equal steps of whole seconds; the start may lie before the run. */
struct time_window {
    int64_t first_s;
    uint32_t step_s, count;
    bool live; /* its last step is of now */
};

/* Where plots end while nobody looks back: now, or the end of the last round of a run that is over.
 */
uint64_t time_window_now_ns(const struct ui *ui);
/* At most `cols` steps, the last of which ends at `end_ns`, or before it when somebody looks back.
 * While nobody chose a span it is `usual_s` of a run that is longer; where that is 0, a second for
 * each step, and all of a run that is over. */
struct time_window time_window_of(const struct ui *ui, uint64_t end_ns, uint32_t usual_s, int cols);
/* Cells of a series of the run's history, one for each step; freed by the caller. */
struct history_cell *time_window_query(const struct ui *ui, const struct time_window *window,
                                       uint32_t series);
/* What happened in it: rounds by their number, the first of a level by the level's (`full`: all
 * with both), changes of load, notes, alarms, a server that went away. Returns how many. */
uint32_t time_window_marks(const struct ui *ui, const struct time_window *window, bool full,
                           struct plot_mark *marks, uint32_t most);

#endif
