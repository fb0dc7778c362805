/* Log as a plain list. */
#include "ui/views.h"

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
