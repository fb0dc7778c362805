#include "ui/tune.h"

#include <math.h>
#include <ncurses.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/memory.h"
#include "ui/tune_form.h"

#define ESCAPE 27

struct tune *tune_new(struct ui *ui)
{
    const struct level *level = ui_level(ui);
    if (!ui->benchmark || atomic_load(&ui->benchmark->finished)) {
        snprintf(ui->message, sizeof ui->message, "this run is over: nothing can be tuned");
        return NULL;
    }
    if (!level) {
        snprintf(ui->message, sizeof ui->message, "no level has begun yet");
        return NULL;
    }
    struct tune *tune = xcalloc(1, sizeof *tune);
    tune->from = level;
    level_queue_config(ui->benchmark, level, &tune->base);
    tune_fields_make(tune, ui);
    tune_check(tune, ui);
    return tune;
}

void tune_delete(struct tune *tune)
{
    dataset_load_end(tune->load);
    config_free(&tune->base);
    config_free(&tune->wish);
    free(tune);
}

/* ---- keys ---- */

static bool can_focus(struct tune *tune, struct ui *ui, int focus)
{
    char label[64];
    return focus < tune->count ||
           tune_button_label(tune, ui, (enum tune_button)(focus - tune->count), label);
}

static void move_focus(struct tune *tune, struct ui *ui, int by)
{
    const int count = tune->count + TUNE_BUTTON_COUNT;
    do
        tune->focus = (tune->focus + by + count) % count;
    while (!can_focus(tune, ui, tune->focus));
}

static bool same_line(const struct tune_field *a, const struct tune_field *b)
{
    return a->section == b->section && a->line == b->line;
}

/* To the line above or below, in the same column where it has a field there. */
static void move_line(struct tune *tune, struct ui *ui, int by)
{
    const struct tune_field *fields = tune->fields;
    const struct tune_field *begun = tune->focus < tune->count ? &fields[tune->focus] : NULL;
    move_focus(tune, ui, by);
    while (begun && tune->focus < tune->count && same_line(&fields[tune->focus], begun))
        move_focus(tune, ui, by);
    int beside = by > 0 ? tune->focus + 1 : tune->focus - 1;
    if (tune->focus >= tune->count || beside < 0 || beside >= tune->count)
        return;
    int column = begun ? begun->column : 0;
    if (fields[tune->focus].column != column && same_line(&fields[beside], &fields[tune->focus]))
        tune->focus = beside;
}

bool tune_key(struct tune *tune, struct ui *ui, int key)
{
    bool on_button = tune->focus >= tune->count;
    if (key == ESCAPE)
        return false;
    if (key == '\n' || key == '\r' || key == KEY_ENTER) {
        if (on_button)
            return !tune_press(tune, ui, (enum tune_button)(tune->focus - tune->count));
        tune->focus = tune->count;
    } else if (key == '\t' || (on_button && key == KEY_RIGHT)) {
        move_focus(tune, ui, 1);
    } else if (key == KEY_BTAB || (on_button && key == KEY_LEFT)) {
        move_focus(tune, ui, -1);
    } else if (key == KEY_DOWN) {
        move_line(tune, ui, 1);
    } else if (key == KEY_UP) {
        move_line(tune, ui, -1);
    } else if (!on_button && field_key(&tune->fields[tune->focus].field, key)) {
        tune_check(tune, ui);
    }
    return true;
}

/* ---- again ---- */

void tune_repeat(struct ui *ui, const struct level *level)
{
    struct config config;
    struct error error = {0};
    level_queue_config(ui->benchmark, level, &config);
    config_override(&config, options_find("cold-start"), TEXT("salt"), NULL);
    uint16_t number = level_queue_add(ui->benchmark, &config, level, NULL, false, &error);
    config_free(&config);
    if (number)
        snprintf(ui->message, sizeof ui->message, "L%u is queued: L%u again, salted", number,
                 level->number);
    else
        snprintf(ui->message, sizeof ui->message, "%.*s", (int)sizeof ui->message - 1, error.text);
}

void tune_repeat_cost(struct ui *ui, const struct level *level, struct buffer *out)
{
    double seconds = tune_level_s(ui, level);
    buffer_printf(out, "L%u %s again, salted: %u rounds × %u requests", level->number, level->label,
                  level->rounds_planned, level->samples);
    if (!isnan(seconds))
        buffer_printf(out, ", about %d:%02d", (int)seconds / 60, (int)seconds % 60);
}
