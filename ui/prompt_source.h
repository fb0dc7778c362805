/* The dataset behind a run: a request's messages as the row has them, where they can be had. */
#ifndef UI_PROMPT_SOURCE_H
#define UI_PROMPT_SOURCE_H

#include "ui/view.h"

/* Zeroed at first. */
struct prompt_source {
    struct dataset dataset;
    uint16_t number; /* as levels have it */
    bool tried, read;
};

/* The level's own dataset while it is there; else its file, when that is as it was (by its hash)
 * and not too large to read for one look. NULL when the row cannot be had. */
const struct sample *prompt_source_find(struct prompt_source *source, const struct ui *ui,
                                        const struct level *level, uint32_t row);
void prompt_source_free(struct prompt_source *source);

#endif
