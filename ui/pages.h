/* What lies over a view: help, the question before leaving a run, the tune form. */
#ifndef UI_PAGES_H
#define UI_PAGES_H

#include "ui/view.h"

void pages_open_help(struct ui *ui);
void pages_open_quit(struct ui *ui);
void pages_open_tune(struct ui *ui);

#endif
