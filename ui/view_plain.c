/* Rounds, Requests and Log as plain lists and as the report has them. */
#include <math.h>
#include <stdlib.h>

#include "report/table.h"
#include "ui/views.h"

static void draw_text(struct canvas *canvas, struct rect rect, struct text text)
{
    struct text line;
    for (int row = 0; row < rect.rows && text_next_line(&text, &line); row++)
        canvas_put(canvas, rect.row + row, rect.col + 1, rect.cols - 1, STYLE(ROLE_TEXT), line);
}

static struct table_style style_for(const struct ui *ui, struct rect rect)
{
    return (struct table_style){.utf8 = !ui->ascii, .columns = rect.cols - 1};
}

/* True when the round's figures are final, and may be printed. */
static bool is_over(const struct round *round)
{
    return atomic_load_explicit(&round->ended, memory_order_acquire);
}

void view_rounds_draw(struct ui *ui, struct canvas *canvas, struct rect rect)
{
    struct buffer text = {0};
    const struct level *level = ui_level(ui);
    for (uint32_t i = 0; level && i < level->round_count; i++)
        if (is_over(&level->rounds[i]))
            table_round(&text, ui->run, level, &level->rounds[i], style_for(ui, rect));
    if (text.size == 0)
        buffer_add_string(&text, "No round of this level has ended yet.");
    draw_text(canvas, rect, buffer_text(&text));
    buffer_free(&text);
}

void view_log_draw(struct ui *ui, struct canvas *canvas, struct rect rect)
{
    uint32_t count = ui->run ? changes_count(&ui->run->changes) : 0;
    list_settle(&ui->log, count, rect.rows);
    for (int row = 0; row < ui->log.rows; row++) {
        uint32_t index = ui->log.top + (uint32_t)row;
        if (index >= count)
            break;
        const struct change *change = changes_at(&ui->run->changes, count - 1 - index);
        char date[40];
        clock_format_local(ui->run->anchor.wall_ns + change->at_ns, date, sizeof date);
        canvas_printf(canvas, rect.row + row, rect.col + 1, rect.cols - 1,
                      STYLE(index == ui->log.cursor ? ROLE_SELECTED : ROLE_TEXT), "%s  %-8s %s",
                      date + 11, change->kind, change->text);
    }
}

bool view_log_key(struct ui *ui, int key)
{
    return list_key(&ui->log, key);
}
