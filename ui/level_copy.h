/* A level as text: the command that runs it again, or its report in a pager. */
#ifndef UI_LEVEL_COPY_H
#define UI_LEVEL_COPY_H

#include "ui/view.h"

void level_copy(struct ui *ui, const struct level *level, bool in_pager);
/* The run's command line with this level's load behind it: what is given last holds. */
void level_command_line(const struct run *run, const struct level *level, struct buffer *out);

#endif
