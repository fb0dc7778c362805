#include <math.h>
#include <stdio.h>

#include "base/memory.h"
#include "benchmark/tuning.h"
#include "ui/tune_form.h"

/* ---- what changes now ---- */

static bool is_changed(struct tune *tune, const char *name)
{
    const struct tune_field *field = tune_find(tune, name);
    return field_is_changed(&field->field) && !field->wrong[0];
}

/* What of the running round a button would change. */
struct changes_now {
    bool concurrency, rate, limits, pause;
};

static struct changes_now changes_now(struct tune *tune, const struct ui *ui)
{
    const struct level *level = NULL;
    bool running = tune_running(ui, &level);
    bool open = running && level->rate > 0;
    const struct config *wish = &tune->wish;
    struct changes_now changes = {
        .concurrency = running && is_changed(tune, "concurrency") && wish->concurrency.count == 1 &&
                       (!open || level->concurrency > 0),
        .rate = open && is_changed(tune, "request-rate") && wish->request_rate.count == 1};
    for (int i = 0; i < tune->count; i++) {
        const struct tune_field *field = &tune->fields[i];
        bool changed = field_is_changed(&field->field) && !field->wrong[0];
        changes.limits |= changed && field->kind == TUNE_LIMIT;
        changes.pause |= running && changed && field->kind == TUNE_PAUSED;
    }
    return changes;
}

static void add_part(struct buffer *out, const char *part)
{
    buffer_printf(out, "%s%s", out->size ? ", " : "", part);
}

static void add_change(struct buffer *out, const struct field *field, const char *what,
                       const char *unit)
{
    char part[48];
    snprintf(part, sizeof part, "%s%.8s→%.8s%s", what, field->now, field->input.text, unit);
    add_part(out, part);
}

static bool only_now_label(struct tune *tune, const struct ui *ui, char label[static 64])
{
    struct changes_now changes = changes_now(tune, ui);
    struct buffer parts = {0};
    if (changes.concurrency)
        add_change(&parts, &tune_find(tune, "concurrency")->field, "", "");
    if (changes.rate)
        add_change(&parts, &tune_find(tune, "request-rate")->field, "", "/s");
    if (changes.limits)
        add_part(&parts, "SLO");
    if (changes.pause)
        add_part(&parts, tuning_is_paused(ui->benchmark) ? "go on" : "pause");
    bool any = parts.size > 0;
    snprintf(label, 64, "Only now: %.50s", any ? parts.data : "");
    buffer_free(&parts);
    return any;
}

const char *tune_button_label(struct tune *tune, struct ui *ui, enum tune_button which,
                              char label[static 64])
{
    const struct level *level = NULL;
    const struct round *running = tune_running(ui, &level);
    switch (which) {
    case TUNE_QUEUE:
        return "Queue";
    case TUNE_START:
        if (!running)
            return "Start now";
        snprintf(label, 64, "Start now, ends L%u at %u/%u", level->number,
                 round_record_count(running), running->counts.planned);
        return label;
    case TUNE_ONLY_NOW:
        return only_now_label(tune, ui, label) ? label : NULL;
    case TUNE_CANCEL:
    case TUNE_BUTTON_COUNT:
        break;
    }
    return "Cancel";
}

/* ---- pressing them ---- */

static void set_limits(struct tune *tune, struct ui *ui)
{
    if (!changes_now(tune, ui).limits)
        return;
    tuning_set_slo(ui->benchmark, &tune->slo);
    ui_forget_summaries(ui);
    ui_forget_against(ui);
}

/* To the first field that is wrong, if any is. */
static void go_to_wrong(struct tune *tune)
{
    for (int i = 0; i < tune->count; i++)
        if (tune->fields[i].wrong[0]) {
            tune->focus = i;
            return;
        }
}

static bool queue(struct tune *tune, struct ui *ui, bool now)
{
    struct error error = {0};
    if (!tune->is_good) {
        go_to_wrong(tune);
        return false;
    }
    struct dataset *read = tune->load ? dataset_load_dataset(tune->load) : NULL;
    uint16_t number = level_queue_add(ui->benchmark, &tune->wish, tune->from, read, now, &error);
    if (!number) {
        snprintf(tune->wrong, sizeof tune->wrong, "%.*s", (int)sizeof tune->wrong - 1, error.text);
        return false;
    }
    set_limits(tune, ui);
    snprintf(ui->message, sizeof ui->message, now ? "L%u starts now" : "L%u is queued", number);
    return true;
}

static bool only_now(struct tune *tune, struct ui *ui)
{
    struct changes_now changes = changes_now(tune, ui);
    struct error error = {0};
    const char *what = changes.rate ? "rate" : "load";
    bool ok = true;
    if (changes.concurrency)
        ok = tuning_set_concurrency(ui->benchmark, (uint32_t)tune->wish.concurrency.values[0],
                                    &error);
    if (ok && changes.rate)
        ok = tuning_set_rate(ui->benchmark, tune->wish.request_rate.values[0], &error);
    if (!ok) {
        snprintf(tune->wrong, sizeof tune->wrong, "%.*s", (int)sizeof tune->wrong - 1, error.text);
        return false;
    }
    set_limits(tune, ui);
    if (changes.pause)
        tuning_pause(ui->benchmark, !tuning_is_paused(ui->benchmark));
    if (changes.concurrency || changes.rate)
        snprintf(ui->message, sizeof ui->message, "another %s; figures since now stand apart",
                 what);
    else if (changes.limits)
        snprintf(ui->message, sizeof ui->message, "what is done was judged by the new limits");
    return true;
}

bool tune_press(struct tune *tune, struct ui *ui, enum tune_button which)
{
    tune_check(tune, ui);
    if (which == TUNE_QUEUE || which == TUNE_START)
        return queue(tune, ui, which == TUNE_START);
    return which != TUNE_ONLY_NOW || only_now(tune, ui);
}
