/* What the loop and the script share. */
#ifndef UI_APP_LOOP_H
#define UI_APP_LOOP_H

#include "ui/app.h"

/* A frame's state of things: the run's snapshot, what it is doing. */
void app_look(struct ui *ui, const struct app_settings *settings);
/* One key through question, overlay, view and table, in that order. */
void app_key(struct ui *ui, int key);
void app_init(struct ui *ui, const struct app_settings *settings);
void app_free(struct ui *ui);
/* Writes copied.txt in the run's directory; says in the message when it cannot. */
void app_keep_copy(struct ui *ui);

#endif
