#include "ui/level_copy.h"

#include <stdio.h>

#include "report/table.h"

/* The run's command line with this level's load behind it: what is given last holds. */
static void add_command_line(const struct run *run, const struct level *level, struct buffer *out)
{
    buffer_add_string(out, run->command_line ? run->command_line : "fluxperf");
    if (level->rate > 0)
        buffer_printf(out, " --request-rate %g", level->rate);
    if (level->concurrency)
        buffer_printf(out, " --concurrency %u", level->concurrency);
    buffer_printf(out, " --num-samples %u --rounds %u", level->samples, level->rounds_planned);
    if (level->cold_start[0])
        buffer_printf(out, " --cold-start %s", level->cold_start);
}

static void add_report(struct ui *ui, const struct level *level, struct buffer *out)
{
    struct table_style style = {.utf8 = !ui->ascii, .columns = 0};
    uint32_t count = atomic_load_explicit(&level->round_count, memory_order_acquire), ended = 0;
    for (uint32_t i = 0; i < count; i++) {
        if (!round_has_ended(&level->rounds[i]))
            continue;
        table_round(out, ui->run, level, &level->rounds[i], style);
        baseline_print(out, &ui->baseline, ui->run, level, &level->rounds[i], style);
        buffer_add_char(out, '\n');
        ended++;
    }
    if (ended > 1 && ended == count)
        table_comparison(out, ui->run, level, style);
    if (ended == 0)
        buffer_add_string(out, "No round of this level has ended yet.\n");
}

void level_copy(struct ui *ui, const struct level *level, bool in_pager)
{
    if (in_pager) {
        buffer_clear(&ui->copied);
        add_report(ui, level, &ui->copied);
        ui->wish = WISH_PAGER;
        return;
    }
    struct buffer text = {0};
    char what[64];
    add_command_line(ui->run, level, &text);
    snprintf(what, sizeof what, "L%u as a command line", level->number);
    ui_copy(ui, buffer_text(&text), what);
    buffer_free(&text);
}
