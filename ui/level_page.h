/* One level: its rounds figure by figure, the comparison, what the client and the server add. */
#ifndef UI_LEVEL_PAGE_H
#define UI_LEVEL_PAGE_H

#include "ui/metric_cells.h"
#include "ui/view.h"

/* The rounds that stand beside each other: the first, and the selected or last one. */
struct level_pair {
    const struct round *first, *later; /* `later` NULL where there is only one */
};

struct level_pair level_pair_of(const struct ui *ui, const struct level *level);

/* Without a frame, for a screen of 80 columns. */
void level_page_draw(struct ui *ui, struct canvas *canvas, struct rect rect,
                     const struct level *level, struct metric_rounds *metrics);
/* In boxes, from 112 columns on. */
void level_page_draw_wide(struct ui *ui, struct canvas *canvas, struct rect rect,
                          const struct level *level, struct metric_rounds *metrics);
/* Rows that the wide form wants. */
int level_page_wide_rows(const struct ui *ui, const struct level *level);
/* "paired on 100 prompts: TTFT 144 ms less, 2.5× faster [2.4, 2.6]" */
void level_add_paired(struct ui *ui, const struct level *level, struct buffer *out);

/* "against baseline L1 R2: TTFT p50 +35 %, …"; nothing without one. */
void level_add_against(struct ui *ui, const struct level *level, struct buffer *out);

#endif
