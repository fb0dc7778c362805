/* What the keys of all views do; keymap.c says which. */
#ifndef UI_ACTIONS_H
#define UI_ACTIONS_H

#include "ui/view.h"

void act_pause(struct ui *ui, int key);
void act_load_step(struct ui *ui, int key);
void act_load_typed(struct ui *ui, int key);
void act_tune(struct ui *ui, int key);
void act_rerun(struct ui *ui, int key);
void act_skip(struct ui *ui, int key);
void act_stop(struct ui *ui, int key);
void act_reset(struct ui *ui, int key);
void act_span(struct ui *ui, int key);
void act_back_in_time(struct ui *ui, int key);
void act_follow(struct ui *ui, int key);
void act_zoom(struct ui *ui, int key);
void act_level(struct ui *ui, int key);
void act_view(struct ui *ui, int key);
void act_next_view(struct ui *ui, int key);
void act_back(struct ui *ui, int key);
void act_files(struct ui *ui, int key);
void act_theme(struct ui *ui, int key);
void act_mouse(struct ui *ui, int key);
void act_redraw(struct ui *ui, int key);
void act_suspend(struct ui *ui, int key);
void act_interrupt(struct ui *ui, int key);
void act_help(struct ui *ui, int key);
void act_quit(struct ui *ui, int key);
void act_quit_now(struct ui *ui, int key);

/* The next value above or below `load` on the ladder 0.1 0.2 0.5 1 2 3 4 5 6 8 10 12 16 20 24 32 …;
 * 0 when there is none. What is not whole is for rates. */
double load_step(double load, bool up);

#endif
