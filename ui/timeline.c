#include "ui/timeline.h"

#include <math.h>
#include <stdio.h>

#include "ui/figures.h"

/* " 4.81 s" stands behind the bar. */
#define END_COLS 9

struct scale {
    int col, cols;
    double longest_ms;
};

static int column_of(const struct scale *scale, double ms)
{
    double share = scale->longest_ms > 0 ? ms / scale->longest_ms : 0;
    int at = (int)(share * (scale->cols - 1) + 0.5);
    return at < 0 ? 0 : at >= scale->cols ? scale->cols - 1 : at;
}

static void put_wait(struct canvas *canvas, int row, const struct scale *scale, int end,
                     const struct timeline *timeline, const char *label, enum role role)
{
    for (int i = 1; i < end; i++)
        canvas_put(canvas, row, scale->col + i, 1, STYLE(ROLE_BOX), TEXT("─"));
    canvas_put(canvas, row, scale->col, 1, STYLE(ROLE_BOX), TEXT("├"));
    char text[64];
    double waited_ms = isnan(timeline->wait_ms) ? timeline->end_ms : timeline->wait_ms;
    /* Without its unit where there is no room. */
    snprintf(text, sizeof text, " %s%s ", label, figure_span(waited_ms).text);
    if (text_columns(text_of(text)) > end - 1)
        snprintf(text, sizeof text, " %.0f ", waited_ms);
    int width = text_columns(text_of(text));
    if (width <= end - 1)
        canvas_put(canvas, row, scale->col + 1 + (end - 1 - width) / 2, width, STYLE(role),
                   text_of(text));
}

/* Chunks within a column are one tick; a column without any is one where the next chunk is not
 * late.
 */
static void put_chunks(struct canvas *canvas, int row, const struct scale *scale, int begin,
                       const struct timeline *timeline, enum role role)
{
    const struct chunk_times *chunks = timeline->chunks;
    int last = begin;
    for (int col = begin + 1; !chunks && col < column_of(scale, timeline->end_ms); col++)
        canvas_put(canvas, row, scale->col + col, 1, STYLE(ROLE_DIM), TEXT("·"));
    for (uint32_t i = 1; chunks && i < chunks->count; i++) {
        double at_ms = chunks->us[i] / 1e3, gap_ms = at_ms - chunks->us[i - 1] / 1e3;
        int at = column_of(scale, at_ms);
        bool hole = gap_ms > 2 * timeline->gap_ms;
        for (int col = last + 1; !hole && col < at; col++)
            canvas_put(canvas, row, scale->col + col, 1, STYLE(ROLE_DIM), TEXT("·"));
        if (at > begin)
            canvas_put(canvas, row, scale->col + at, 1, STYLE(role), TEXT("╷"));
        last = at > last ? at : last;
    }
}

void timeline_draw(struct canvas *canvas, int row, int col, int cols,
                   const struct timeline *timeline, double longest_ms, const char *label,
                   enum role role)
{
    struct scale scale = {col, cols - END_COLS, longest_ms};
    if (scale.cols < 8 || !isfinite(timeline->end_ms))
        return;
    int end = column_of(&scale, timeline->end_ms), begin = end;
    if (!isnan(timeline->wait_ms))
        begin = column_of(&scale, timeline->wait_ms);
    begin = begin < 1 ? 1 : begin;
    end = end < begin ? begin : end;
    put_wait(canvas, row, &scale, begin, timeline, label, role);
    put_chunks(canvas, row, &scale, begin, timeline, role);
    canvas_put(canvas, row, scale.col + begin, 1, STYLE(ROLE_BOX), TEXT("┤"));
    if (end > begin)
        canvas_put(canvas, row, scale.col + end, 1, STYLE(ROLE_BOX), TEXT("┤"));
    if (timeline->failed)
        canvas_put(canvas, row, scale.col + end, 1, STYLE(ROLE_BAD), TEXT("✗"));
    canvas_put(canvas, row, scale.col + end + 2, END_COLS - 2, STYLE(ROLE_TEXT),
               text_of(figure_span(timeline->end_ms).text));
}
