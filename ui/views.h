/* What the table of views is made of: draw, key, hints and free of each. */
#ifndef UI_VIEWS_H
#define UI_VIEWS_H

#include "ui/view.h"

void view_live_draw(struct ui *ui, struct canvas *canvas, struct rect rect);
void view_live_free(void *private);

void view_rounds_draw(struct ui *ui, struct canvas *canvas, struct rect rect);
void view_requests_draw(struct ui *ui, struct canvas *canvas, struct rect rect);
bool view_requests_key(struct ui *ui, int key);
void view_metrics_draw(struct ui *ui, struct canvas *canvas, struct rect rect);
void view_cache_draw(struct ui *ui, struct canvas *canvas, struct rect rect);
void view_log_draw(struct ui *ui, struct canvas *canvas, struct rect rect);
bool view_log_key(struct ui *ui, int key);

#endif
