#include "ui/strip.h"

#include <math.h>

#include "ui/frame.h"

static void add_ms(struct buffer *line, const char *name, double ms)
{
    if (!isnan(ms))
        buffer_printf(line, "  %s %.*f", name, ms < 100 ? 1 : 0, ms);
}

/* What matters most comes first: the line is cut at its end. */
static void status_line(struct ui *ui, struct buffer *line)
{
    const struct level *level = ui_level(ui);
    const struct round *round = ui_round(ui);
    const struct live_view *live = ui->live;
    if (!level) {
        buffer_add_string(line, "fluxperf: starting");
        return;
    }
    bool running = live && live->level && ui->state != STATE_FINISHED && ui->state != STATE_WAITING;
    buffer_printf(line, "L%u", level->number);
    if (running) {
        buffer_printf(line, " R%u %u/%u", live->round, live->done, live->planned);
        add_ms(line, "TTFT", live_recent_ttft_ms(live));
        add_ms(line, "ITL", live_recent_gap_ms(live));
        if (live->failed)
            buffer_printf(line, "  failed %u", live->failed);
        if (live->server_down_since_ns)
            buffer_add_string(line, "  SERVER DOWN");
        if (ui->state == STATE_PAUSED)
            buffer_add_string(line, "  PAUSED");
        char left[24];
        format_clock(left, sizeof left, ui_seconds_left(ui));
        buffer_printf(line, "  %s left  %s", left, level->label);
    } else if (round) {
        const struct summary *summary = ui_summary(ui, level, round);
        buffer_printf(line, " R%u done", round->number);
        add_ms(line, "TTFT", summary->metrics[METRIC_TTFT].p50 / 1e6);
        add_ms(line, "ITL", summary->metrics[METRIC_ITL].p50 / 1e6);
        buffer_printf(line, "  failed %u  %s", summary->counts.failed, level->label);
    }
}

/* One row a level: "L2 C=10  238 → 95 ms". */
static void draw_levels(struct ui *ui, struct canvas *canvas, struct rect area)
{
    uint32_t count =
        ui->run ? atomic_load_explicit(&ui->run->level_count, memory_order_acquire) : 0;
    uint32_t first = count > (uint32_t)area.rows ? count - (uint32_t)area.rows : 0;
    for (uint32_t i = first; i < count; i++) {
        const struct level *level = ui->run->levels[i];
        struct buffer line = {0};
        buffer_printf(&line, "L%u %s ", level->number, level->label);
        for (uint32_t j = 0; j < level->round_count; j++) {
            const struct summary *summary = ui_summary(ui, level, &level->rounds[j]);
            double ttft_ms = summary->metrics[METRIC_TTFT].p50 / 1e6;
            buffer_add_string(&line, j ? " → " : " TTFT p50 ");
            if (isnan(ttft_ms))
                buffer_add_string(&line, "…");
            else
                buffer_printf(&line, "%.0f", ttft_ms);
        }
        if (level->round_count)
            buffer_add_string(&line, " ms");
        canvas_put(canvas, area.row + (int)(i - first), area.col, area.cols, STYLE(ROLE_DIM),
                   buffer_text(&line));
        buffer_free(&line);
    }
}

void strip_draw(struct ui *ui, struct canvas *canvas, struct rect area)
{
    struct buffer line = {0};
    const char *said = ui->question[0] ? ui->question : ui->message;
    if (area.rows == 1 && said[0])
        buffer_add_string(&line, said);
    else
        status_line(ui, &line);
    canvas_put(canvas, area.row, area.col, area.cols, STYLE(ROLE_TEXT), buffer_text(&line));
    buffer_free(&line);
    if (area.rows > 1 && said[0])
        canvas_put(canvas, area.row + 1, area.col, area.cols, STYLE(ROLE_WARN), text_of(said));
    int used = area.rows > 1 && said[0] ? 2 : 1;
    if (area.rows > used)
        draw_levels(ui, canvas,
                    (struct rect){area.row + used, area.col, area.rows - used, area.cols});
}
