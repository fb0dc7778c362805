#include "ui/level_copy.h"

#include <stdio.h>
#include <string.h>

#include "config/config_words.h"
#include "config/level_options.h"
#include "report/table.h"

static bool is_own(const struct run *run, const struct level *level, const struct option *option,
                   struct text *own)
{
    char key[64];
    struct text common;
    option_recipe_key(option, key);
    return run_option(run, level, key, own) && run_option(run, NULL, key, &common) &&
           !text_equal(*own, common);
}

/* What a word cannot take back stands in a comment behind them. */
static void add_own_options(const struct run *run, const struct level *level, struct buffer *out)
{
    struct buffer without = {0};
    for (size_t i = 0; i < level_options_count; i++) {
        const struct option *option = options_find(level_options[i].name);
        struct text own;
        bool is_load = level_options[i].told || strcmp(option->name, "rounds") == 0;
        if (is_load || !is_own(run, level, option, &own))
            continue;
        if (text_is(own, "null")) {
            buffer_printf(&without, " --%s", option->name);
        } else if (option->type == OPTION_FLAG) {
            buffer_printf(out, " --%s%s", text_is(own, "true") ? "" : "no-", option->name);
        } else {
            buffer_printf(out, " --%s", option->name);
            config_value_word(own, out);
        }
    }
    if (without.size)
        buffer_printf(out, "  # but without%s", without.data);
    buffer_free(&without);
}

/* The run's command line with this level's load and options behind it: what is given last holds. */
static void add_command_line(const struct run *run, const struct level *level, struct buffer *out)
{
    buffer_add_string(out, run->command_line ? run->command_line : "fluxperf");
    if (level->rate > 0)
        buffer_printf(out, " --request-rate %g", level->rate);
    if (level->concurrency)
        buffer_printf(out, " --concurrency %u", level->concurrency);
    buffer_printf(out, " --num-samples %u", level->samples);
    if (!level->free_run)
        buffer_printf(out, " --rounds %s%u", level->until_steady ? "steady:" : "",
                      level->rounds_planned);
    if (level->cold_start[0])
        buffer_printf(out, " --cold-start %s", level->cold_start);
    add_own_options(run, level, out);
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
