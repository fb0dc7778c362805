/* A level as text: the command that runs it again, or its report in a pager. */
#ifndef UI_LEVEL_COPY_H
#define UI_LEVEL_COPY_H

#include "ui/view.h"

void level_copy(struct ui *ui, const struct level *level, bool in_pager);

#endif
