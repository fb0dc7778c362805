/* Figures as a screen shows them; what has no value is "-". */
#ifndef UI_FIGURES_H
#define UI_FIGURES_H

#include "report/page.h"
#include "result/run.h"

/* "1,188" */
struct figure figure_count(double value);
/* ms with at most so many decimals and columns: fewer decimals, or seconds, where they do not fit.
 */
struct figure figure_fit(double ms, int decimals, int cols);
/* ms in few places: "221", and below ten "2.8". */
struct figure figure_short(double ms);
/* How long something takes, in three places: "97 ms", "0.4 s" for ages, "4.81 s". */
struct figure figure_span(double ms);
/* "0.4 s": of what goes on still. */
struct figure figure_age(double ms);
/* "2.5×" */
struct figure figure_times(double factor);
/* "2.5× faster", "1.4× slower" */
struct figure figure_faster(double factor);
/* "12:03:51" of an instant from the run's start; with ms "12:03:51.204". */
struct figure figure_clock(const struct run *run, uint64_t at_ns, bool ms);

/* Of whole seconds: "40 s", "5 min", "1.5 h", "2 days". */
struct figure figure_long_span(uint32_t seconds);

#endif
