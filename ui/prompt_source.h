/* The dataset behind a run: a request's messages as the row has them, where they can be had. */
#ifndef UI_PROMPT_SOURCE_H
#define UI_PROMPT_SOURCE_H

#include "ui/view.h"

/* Zeroed at first. */
struct prompt_source {
    struct dataset dataset;
    bool tried, read;
};

/* The run's own dataset while it is there; else its file, when that is as it was (by its hash) and
 * not too large to read for one look. NULL when the row cannot be had. */
const struct sample *prompt_source_find(struct prompt_source *source, const struct ui *ui,
                                        uint32_t row);
void prompt_source_free(struct prompt_source *source);

#endif
