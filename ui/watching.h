/* What a person who watches for hours needs on every view: alarms, notes, what figures are
 * held against. */
#ifndef UI_WATCHING_H
#define UI_WATCHING_H

#include "ui/view.h"

/* In the place of the footer: an alarm that was raised, is not cleared and not acknowledged yet.
 * False when there is none. */
bool watching_draw_alarm(const struct ui *ui, struct canvas *canvas, struct rect row);
/* True once for each alarm: the terminal's bell is due. */
bool watching_rings(struct ui *ui);

/* What to do while the server is away; false when it is there. */
bool watching_draw_server(const struct ui *ui, struct canvas *canvas, struct rect row);
void act_baseline(struct ui *ui, int key);
void act_note(struct ui *ui, int key);
void act_acknowledge(struct ui *ui, int key);

#endif
