/* The status line of screens that are too small for a view: a strip at the edge of tmux. */
#ifndef UI_STRIP_H
#define UI_STRIP_H

#include "ui/view.h"

/* One line, and in further rows what there is room for. */
void strip_draw(struct ui *ui, struct canvas *canvas, struct rect area);

#endif
