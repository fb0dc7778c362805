/* Levels that were hidden as failed experiments. In a run in progress the run itself knows; of one
 * that is over, or that another process writes, it is the viewer's own choice: see afterwards.c. */
#include "benchmark/tuning.h"
#include "ui/view.h"

enum choice { CHOICE_NONE, CHOICE_HIDDEN, CHOICE_SHOWN };

bool ui_is_hidden(const struct ui *ui, const struct level *level)
{
    uint8_t choice = ui->hidden[level->number];
    return choice == CHOICE_NONE ? level->hidden : choice == CHOICE_HIDDEN;
}

void ui_hide(struct ui *ui, const struct level *level, bool hidden)
{
    if (ui->benchmark && ui->state != STATE_FINISHED)
        tuning_hide_level(ui->benchmark, level->number, hidden);
    else
        ui->hidden[level->number] = hidden ? CHOICE_HIDDEN : CHOICE_SHOWN;
}

const struct level *ui_level_beside(const struct ui *ui, const struct level *level, int step)
{
    const struct level *beside = level;
    do
        beside = run_find_level(ui->run, (uint16_t)(beside->number + step));
    while (beside && ui_is_hidden(ui, beside));
    return beside;
}
