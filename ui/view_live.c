/* What is happening now. */
#include "ui/layout.h"
#include "ui/live.h"
#include "ui/views.h"

/* Before the first level: the probe can take as long as an answer does. */
static void draw_start(const struct ui *ui, struct canvas *canvas, struct rect rect)
{
    const char *endpoint = ui->benchmark ? ui->benchmark->config->endpoint : NULL;
    int row = rect.row + rect.rows / 2 - 1;
    canvas_printf(canvas, row, rect.col + 2, rect.cols - 4, STYLE(ROLE_TEXT), "asking %s",
                  endpoint ? endpoint : "the server");
    canvas_printf(canvas, row + 1, rect.col + 2, rect.cols - 4, STYLE(ROLE_DIM),
                  "which model it has, and which fields of a request it takes");
}

void view_live_draw(struct ui *ui, struct canvas *canvas, struct rect rect)
{
    if (!ui->run) {
        draw_start(ui, canvas, rect);
        return;
    }
    static const enum area plot_areas[LIVE_PLOTS] = {[LIVE_TTFT] = AREA_TTFT,
                                                     [LIVE_ITL] = AREA_ITL,
                                                     [LIVE_TOKENS] = AREA_TOKENS,
                                                     [LIVE_IN_FLIGHT] = AREA_FLIGHT};
    if (ui->zoomed) {
        live_plot_draw(ui, (enum live_plot)ui->zoom_plot, canvas, rect);
        return;
    }
    struct layout layout;
    layout_make(&layout, canvas->rows, canvas->cols, VIEW_LIVE);
    for (int i = 0; i < LIVE_PLOTS; i++)
        if (layout_has(&layout, plot_areas[i]))
            live_plot_draw(ui, (enum live_plot)i, canvas, layout.areas[plot_areas[i]]);
    const struct rect *areas = layout.areas;
    if (layout_has(&layout, AREA_SPREAD))
        live_spread_draw(ui, canvas, areas[AREA_SPREAD]);
    if (layout_has(&layout, AREA_LOAD))
        live_load_draw(ui, canvas, areas[AREA_LOAD]);
    if (layout_has(&layout, AREA_SERVER))
        live_server_draw(ui, canvas, areas[AREA_SERVER]);
    if (layout_has(&layout, AREA_FIGURES))
        live_figures_draw(ui, canvas, areas[AREA_FIGURES], layout.boxes, layout.few_columns);
    if (layout_has(&layout, AREA_LEVELS))
        live_levels_draw(ui, canvas, areas[AREA_LEVELS], layout.boxes);
    if (layout_has(&layout, AREA_EVENTS))
        live_events_draw(ui, canvas, areas[AREA_EVENTS], layout.boxes);
}
