/* The table of views. */
#include "ui/views.h"

#include <stdio.h>
#include <stdlib.h>

const struct view views_table[VIEW_COUNT] = {
    [VIEW_LIVE] = {.name = "Live",
                   .draw = view_live_draw,
                   .help = "What is happening now: TTFT and ITL second by second, the load, how\n"
                           "far each level is, and figures of the running round, which become\n"
                           "exact at its end. Rounds, changes of load and the SLO are marked."},
    [VIEW_ROUNDS] = {.name = "Rounds",
                     .draw = view_rounds_draw,
                     .key = view_rounds_key,
                     .hints = view_rounds_hints,
                     .help = view_rounds_help,
                     .free = view_rounds_free},
    [VIEW_REQUESTS] = {.name = "Requests",
                       .draw = view_requests_draw,
                       .key = view_requests_key,
                       .hints = view_requests_hints,
                       .help = view_requests_help,
                       .free = view_requests_free},
    [VIEW_METRICS] = {.name = "Metrics",
                      .draw = view_metrics_draw,
                      .key = view_metrics_key,
                      .hints = view_metrics_hints,
                      .help = view_metrics_help,
                      .free = view_metrics_free},
    [VIEW_CACHE] = {.name = "Cache",
                    .draw = view_cache_draw,
                    .key = view_cache_key,
                    .hints = view_cache_hints,
                    .help = view_cache_help,
                    .free = view_cache_free},
    [VIEW_LOG] = {.name = "Log",
                  .draw = view_log_draw,
                  .key = view_log_key,
                  .hints = view_log_hints,
                  .help = view_log_help,
                  .free = view_log_free},
};

void view_copy(struct ui *ui)
{
    struct canvas canvas;
    char *text = NULL;
    size_t size = 0;
    canvas_init(&canvas, 40, 100, ui->ascii);
    views_table[ui->view].draw(ui, &canvas, (struct rect){0, 0, canvas.rows, canvas.cols});
    FILE *out = open_memstream(&text, &size);
    canvas_dump(&canvas, out);
    fclose(out);
    ui_copy(ui, text_trim((struct text){text, size}), "this page");
    free(text);
    canvas_free(&canvas);
}
