/* One line at the foot of a view in which a person types a filter, or what to look for. */
#ifndef UI_SEARCH_FIELD_H
#define UI_SEARCH_FIELD_H

#include "ui/view.h"

/* Lies over the view until Enter or Esc. `changed` is called for each change of the text; Esc gives
 * it back as it was. */
void search_field_open(struct ui *ui, const char *label, const char *text,
                       void (*changed)(struct ui *ui, const char *text));

#endif
