/* The parts of the Live view, each drawn into a rectangle of its own. */
#ifndef UI_LIVE_H
#define UI_LIVE_H

#include "ui/view.h"

enum live_plot { LIVE_TTFT, LIVE_ITL, LIVE_TOKENS, LIVE_IN_FLIGHT };
#define LIVE_PLOTS (LIVE_IN_FLIGHT + 1)

/* In a box with its figures in the title. */
void live_plot_draw(struct ui *ui, enum live_plot which, struct canvas *canvas, struct rect rect);
/* Bars of how many requests had which TTFT: round 1 and the selected one. */
void live_spread_draw(struct ui *ui, struct canvas *canvas, struct rect rect);
/* `boxed`: in a box, with full counts. */
void live_levels_draw(struct ui *ui, struct canvas *canvas, struct rect rect, bool boxed);
/* Statistics of the selected round. */
void live_figures_draw(struct ui *ui, struct canvas *canvas, struct rect rect, bool boxed,
                       bool few);
/* What is happening in words; one row without a box, else a box. */
void live_load_draw(struct ui *ui, struct canvas *canvas, struct rect rect);
void live_server_draw(struct ui *ui, struct canvas *canvas, struct rect rect);
void live_events_draw(struct ui *ui, struct canvas *canvas, struct rect rect, bool boxed);

/* Tokens and requests a second over the last whole seconds of the round, NaN without any. */
double live_tokens_per_s(const struct ui *ui);
double live_requests_per_s(const struct ui *ui);
/* True while requests of a round can be in flight. */
bool live_is_on(const struct ui *ui);

/* "97.3", "16.2", "1.24": as many decimals as mean something; "-" for NaN. */
struct figure live_figure(double value);

#endif
