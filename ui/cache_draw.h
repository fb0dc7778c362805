/* The parts of the Cache view below its head. */
#ifndef UI_CACHE_DRAW_H
#define UI_CACHE_DRAW_H

#include "ui/cache_figures.h"
#include "ui/view.h"

/* Speed-up by prompt, spread, and TTFT by tokens to prefill where there is room for three. */
void cache_draw_plots(const struct cache_figures *figures, struct canvas *canvas, struct rect rect);
/* Round by round, with the word that says where it became steady. Returns the rows used. */
int cache_draw_rounds(struct ui *ui, const struct level *level, struct canvas *canvas,
                      struct rect rect);
/* The prompts that gained least, and what is known of prefill. */
void cache_draw_helped(struct ui *ui, const struct cache_figures *figures, struct list *list,
                       struct canvas *canvas, struct rect rect);

#endif
