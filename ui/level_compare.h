/* Tagged levels held against the first of them, by their last rounds. */
#ifndef UI_LEVEL_COMPARE_H
#define UI_LEVEL_COMPARE_H

#include "ui/level_list.h"

/* "tagged: L4 R2 against L2 R2: TTFT p50 35 % slower [28, 41], ITL 6 % faster". Appends nothing
 * below two tagged levels. */
void level_compare_line(const struct level_list *list, struct ui *ui, struct buffer *out);
/* A page: each figure of all of them below each other. `lines` scrolls it. */
void level_compare_draw(const struct level_list *list, struct ui *ui, struct canvas *canvas,
                        struct rect rect, struct list *lines);

#endif
