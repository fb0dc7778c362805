/* What the table of views is made of: draw, key, hints and free of each. */
#ifndef UI_VIEWS_H
#define UI_VIEWS_H

#include "ui/view.h"

/* The view as text, in 100 columns, to the clipboard. */
void view_copy(struct ui *ui);

void view_live_draw(struct ui *ui, struct canvas *canvas, struct rect rect);

void view_rounds_draw(struct ui *ui, struct canvas *canvas, struct rect rect);
bool view_rounds_key(struct ui *ui, int key);
const char *view_rounds_hints(const struct ui *ui);
void view_rounds_free(void *private);
extern const char view_rounds_help[];
void view_requests_draw(struct ui *ui, struct canvas *canvas, struct rect rect);
bool view_requests_key(struct ui *ui, int key);
const char *view_requests_hints(const struct ui *ui);
void view_requests_free(void *private);
/* Goes to that view and opens a request of the selected level; filters are cleared. */
void view_requests_open(struct ui *ui, uint16_t round, uint32_t index);
extern const char view_requests_help[];
void view_metrics_draw(struct ui *ui, struct canvas *canvas, struct rect rect);
bool view_metrics_key(struct ui *ui, int key);
const char *view_metrics_hints(const struct ui *ui);
void view_metrics_free(void *private);
extern const char view_metrics_help[];

void view_cache_draw(struct ui *ui, struct canvas *canvas, struct rect rect);
bool view_cache_key(struct ui *ui, int key);
const char *view_cache_hints(const struct ui *ui);
void view_cache_free(void *private);
extern const char view_cache_help[];

void view_log_draw(struct ui *ui, struct canvas *canvas, struct rect rect);
bool view_log_key(struct ui *ui, int key);
const char *view_log_hints(const struct ui *ui);
void view_log_free(void *private);
extern const char view_log_help[];

#endif
