#include "ui/watching.h"

#include <ncurses.h>
#include <stdlib.h>

#include "base/file.h"
#include "base/memory.h"
#include "benchmark/tuning.h"
#include "ui/input.h"

#define ESC 0x1b

/* ---- the server ---- */

bool watching_draw_server(const struct ui *ui, struct canvas *canvas, struct rect row)
{
    if (!ui->live || !ui->live->server_down_since_ns || ui->state == STATE_FINISHED)
        return false;
    bool may = ui->benchmark && ui->state != STATE_STOPPING;
    canvas_put(canvas, row.row, 1, row.cols - 2,
               (struct style){.role = ROLE_BAD, .flags = STYLE_BOLD},
               may ? TEXT("SERVER DOWN  start it, and the run goes on   S skip round  X stop run")
                   : TEXT("SERVER DOWN  it is asked each second; the run goes on when it answers"));
    return true;
}

/* ---- alarms ---- */

static const char raised_words[] = "raised: ", cleared_words[] = "cleared: ";

/* "failed>1%" of "raised: failed>1% (it is 4 %)". */
static struct text condition_of(const struct change *change, const char *before)
{
    struct text text = text_of(change->text + strlen(before));
    const char *end = strstr(text.data, " (it is ");
    if (end)
        text.size = (size_t)(end - text.data);
    return text;
}

static bool is_alarm(const struct change *change, const char *before)
{
    return strcmp(change->kind, "alarm") == 0 && text_starts_with(text_of(change->text), before);
}

static bool was_cleared(const struct run *run, uint32_t after, struct text condition)
{
    uint32_t count = changes_count(&run->changes);
    for (uint32_t i = after + 1; i < count; i++) {
        const struct change *change = changes_at(&run->changes, i);
        struct text other;
        if (!is_alarm(change, cleared_words))
            continue;
        other = condition_of(change, cleared_words);
        if (other.size == condition.size && memcmp(other.data, condition.data, other.size) == 0)
            return true;
    }
    return false;
}

/* The newest that still stands, of the changes from `from` on; `count` of them. */
static const struct change *standing_alarm(const struct run *run, uint32_t from, uint32_t *count)
{
    const struct change *newest = NULL;
    *count = 0;
    for (uint32_t i = run ? changes_count(&run->changes) : 0; i-- > from;) {
        const struct change *change = changes_at(&run->changes, i);
        if (!is_alarm(change, raised_words) ||
            was_cleared(run, i, condition_of(change, raised_words)))
            continue;
        newest = newest ? newest : change;
        ++*count;
    }
    return newest;
}

bool watching_draw_alarm(const struct ui *ui, struct canvas *canvas, struct rect row)
{
    uint32_t count;
    const struct change *alarm =
        ui->state == STATE_FINISHED ? NULL : standing_alarm(ui->run, ui->alarms_seen, &count);
    if (!alarm)
        return false;
    char at[32], more[24] = "";
    clock_format_local(ui->run->anchor.wall_ns + alarm->at_ns, at, sizeof at);
    if (count > 1)
        snprintf(more, sizeof more, "   and %u more", count - 1);
    struct buffer line = {0};
    buffer_printf(&line, "ALARM %s  %s%s   ! acknowledges", at + sizeof "2026-11-24",
                  alarm->text + sizeof raised_words - 1, more);
    struct style style = {.role = ROLE_BAD, .flags = STYLE_BOLD};
    canvas_put(canvas, row.row, 1, row.cols - 2, style, buffer_text(&line));
    buffer_free(&line);
    return true;
}

bool watching_rings(struct ui *ui)
{
    bool rings = false;
    uint32_t count = ui->run ? changes_count(&ui->run->changes) : 0;
    for (; ui->alarms_rung < count; ui->alarms_rung++)
        rings |= is_alarm(changes_at(&ui->run->changes, ui->alarms_rung), raised_words);
    return rings;
}

void act_acknowledge(struct ui *ui, int key)
{
    (void)key;
    uint32_t count;
    const struct change *alarm = standing_alarm(ui->run, ui->alarms_seen, &count);
    if (!alarm) {
        ui_say(ui, "no alarm is raised");
        return;
    }
    ui_say(ui, "acknowledged: %s", alarm->text + sizeof raised_words - 1);
    ui->alarms_seen = changes_count(&ui->run->changes);
}

/* ---- notes ---- */

static void draw_note(struct ui *ui, struct canvas *canvas, struct rect page)
{
    const struct input *input = ui->overlay_state;
    int row = page.row + page.rows - 1;
    canvas_fill(canvas, (struct rect){row, page.col, 1, page.cols}, STYLE(ROLE_TEXT));
    int used = canvas_put(canvas, row, page.col + 1, page.cols - 2,
                          (struct style){.role = ROLE_KEY, .flags = STYLE_BOLD}, TEXT("note:"));
    input_draw(input, canvas, row, page.col + used + 2, page.cols - used - 3, STYLE(ROLE_TEXT),
               true);
}

static bool note_key(struct ui *ui, int key)
{
    struct input *input = ui->overlay_state;
    bool done = key == '\n' || key == '\r' || key == KEY_ENTER;
    if (!done && key != ESC) {
        input_key(input, key);
        return true;
    }
    struct text text = text_trim(input_text(input));
    if (done && text.size) {
        char *note = xstrndup(text.data, text.size);
        tuning_note(ui->benchmark, note);
        free(note);
        ui_say(ui, "noted: it stands on the plots and in all files");
    }
    free(ui->overlay_state);
    ui->overlay_state = NULL;
    return false;
}

static const struct overlay note_overlay = {.draw = draw_note, .key = note_key};

void act_note(struct ui *ui, int key)
{
    (void)key;
    if (!ui->benchmark || ui->state == STATE_FINISHED || ui->state == STATE_STARTING) {
        ui_say(ui, "notes are for a run in progress, in the terminal that runs it");
        return;
    }
    ui->overlay_state = xcalloc(1, sizeof(struct input));
    ui->overlay = &note_overlay;
}

/* ---- the baseline ---- */

void act_baseline(struct ui *ui, int key)
{
    (void)key;
    const struct level *level = ui_level(ui);
    const struct round *round = ui_round(ui);
    if (!level || !round || round_done_count(round) == 0) {
        ui_say(ui, "no round here has figures yet");
        return;
    }
    struct baseline *baseline = &ui->baseline;
    bool again = baseline->run == ui->run && baseline->level == level->number &&
                 baseline->round == round->number;
    baseline->run = again ? baseline->earlier : ui->run;
    baseline->level = again ? 0 : level->number;
    baseline->round = again ? 0 : round->number;
    struct baseline_choice choice = baseline_choice(baseline);
    if (ui->state == STATE_FINISHED)
        ui->baseline_chosen = true;
    else if (ui->benchmark)
        tuning_set_baseline(ui->benchmark, &choice);
    if (!again)
        ui_say(ui, "L%u R%u is the baseline: other rounds show their difference from it",
               level->number, round->number);
    else if (baseline->run)
        ui_say(ui, "the run in %s is the baseline again", path_base(baseline->directory));
    else
        ui_say(ui, "no baseline: figures are held against round 1");
}
