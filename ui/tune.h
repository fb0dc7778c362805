/* The tune form: what to change in the running round, or to run next. Its fields are options of the
 * command line, with their ranges and their help. */
#ifndef UI_TUNE_H
#define UI_TUNE_H

#include "ui/view.h"

struct tune;

/* About the selected level. NULL where nothing can be tuned; ui->message then says why. */
struct tune *tune_new(struct ui *ui);
void tune_delete(struct tune *tune);
/* A whole page, footer included. */
void tune_draw(struct tune *tune, struct ui *ui, struct canvas *canvas);
/* False when the form is done with, by Esc or by one of its buttons; ui->message says what was
 * done. */
bool tune_key(struct tune *tune, struct ui *ui, int key);

/* The level again, salted: adds it to the queue and says so in ui->message. */
void tune_repeat(struct ui *ui, const struct level *level);
/* What that costs, in one line: "L5 C=10 again, salted: 2 rounds × 100 requests, about 1:28". */
void tune_repeat_cost(struct ui *ui, const struct level *level, struct buffer *out);

#endif
