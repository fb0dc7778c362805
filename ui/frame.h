/* One frame: header, view, footer, and what lies over them. Draws on a canvas only. */
#ifndef UI_FRAME_H
#define UI_FRAME_H

#include "ui/view.h"

void frame_draw(struct ui *ui, struct canvas *canvas);
/* The view whose tab stands there, −1 for none. */
int frame_tab_at(const struct ui *ui, int row, int col, int cols);
/* "fluxperf L2 R2 45% TTFT 95" */
void frame_title(const struct ui *ui, char *out, size_t size);

/* How long the running round will take yet at its own pace, NaN when that is not known. */
double ui_seconds_left(const struct ui *ui);
/* "0:19", "1:02:03" */
void format_clock(char *out, size_t size, double seconds);

#endif
