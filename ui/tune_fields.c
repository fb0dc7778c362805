#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/memory.h"
#include "benchmark/tuning.h"
#include "config/option_value.h"
#include "ui/tune_form.h"

/* ---- what holds ---- */

static void set_now(struct field *field, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static void set_now(struct field *field, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(field->now, sizeof field->now, format, arguments);
    va_end(arguments);
}

static void set_option_now(struct tune *tune, struct tune_field *field)
{
    struct buffer value = {0};
    option_value_text(&tune->base, field->field.option, &value);
    set_now(&field->field, "%.*s", (int)value.size, value.data ? value.data : "");
    buffer_free(&value);
}

/* Of the running round, where there is one: its load may have been changed. */
static void set_load_now(struct tune *tune, const struct ui *ui)
{
    const struct level *level = tune->from;
    bool running = tune_running(ui, NULL);
    uint32_t streams = running ? atomic_load(&ui->benchmark->control.concurrency) : 0;
    double rate = running ? tuning_rate(ui->benchmark) : level->rate;
    struct field *concurrency = &tune_find(tune, "concurrency")->field;
    if (streams || level->concurrency)
        set_now(concurrency, "%u", streams ? streams : level->concurrency);
    else
        set_now(concurrency, "no cap");
    if (rate > 0)
        set_now(&tune_find(tune, "request-rate")->field, "%.10g", rate);
    else
        set_now(&tune_find(tune, "request-rate")->field, "off");
}

/* ---- the fields ---- */

static struct tune_field *add(struct tune *tune, enum tune_kind kind, enum tune_section section,
                              const char *label, enum level_option_place place)
{
    struct tune_field *field = &tune->fields[tune->count++];
    int lines = tune_lines(tune, section);
    *field = (struct tune_field){.kind = kind,
                                 .section = section,
                                 .line = place == PLACE_RIGHT ? lines - 1 : lines,
                                 .column = place == PLACE_RIGHT,
                                 .wide = place == PLACE_WIDE,
                                 .field.label = label};
    return field;
}

static void add_option(struct tune *tune, const struct level_option *row, enum tune_section section,
                       enum level_option_place place)
{
    const struct option *option = options_find(row->name);
    struct tune_field *field = add(tune, TUNE_OPTION, section, row->label, place);
    struct buffer range = {0};
    field->option = row;
    field->field.option = option;
    option_range_text(option, &range);
    snprintf(field->range, sizeof field->range, "%s", range.data ? range.data : "");
    buffer_free(&range);
    if (option->type != OPTION_CHOICE)
        field->field.hint = field->range;
    set_option_now(tune, field);
}

static void add_limit(struct tune *tune, const char *key, const char *label, const char *means,
                      double limit_ms, enum level_option_place place)
{
    struct tune_field *field = add(tune, TUNE_LIMIT, TUNE_NOW, label, place);
    field->field.option = options_find("slo");
    field->limit = key;
    field->means = means;
    if (isnan(limit_ms))
        set_now(&field->field, "-");
    else
        set_now(&field->field, "%.10g", limit_ms);
}

static void add_paused(struct tune *tune, const struct ui *ui)
{
    struct tune_field *field = add(tune, TUNE_PAUSED, TUNE_NOW, "Paused", PLACE_RIGHT);
    field->means = "Nothing new is sent until the run goes on; what is in flight ends as it would. "
                   "The pause is no part of any duration.";
    field->field.yes_no = true;
    set_now(&field->field, "%s", tuning_is_paused(ui->benchmark) ? "yes" : "no");
}

static bool is_of_now(const struct level_option *row)
{
    return strcmp(row->name, "concurrency") == 0 || strcmp(row->name, "request-rate") == 0;
}

void tune_fields_make(struct tune *tune, struct ui *ui)
{
    const struct slo *slo = &ui->run->slo;
    _Static_assert(TUNE_FIELDS_MAX >= 40, "each level option has a field");
    for (size_t i = 0; i < level_options_count; i++)
        if (is_of_now(&level_options[i]))
            add_option(tune, &level_options[i], TUNE_NOW, PLACE_WIDE);
    add_limit(tune, "ttft_ms", "SLO: TTFT, ms",
              "The longest time to first token that still counts as good. What is done is judged "
              "anew by it, in every round.",
              slo->ttft_ms, PLACE_LEFT);
    add_limit(tune, "itl_ms", "ITL, ms",
              "The longest mean time between tokens that still counts as good.", slo->itl_ms,
              PLACE_RIGHT);
    add_limit(tune, "latency_ms", "SLO: latency, ms",
              "The longest time for a whole request that still counts as good.", slo->latency_ms,
              PLACE_LEFT);
    add_paused(tune, ui);
    for (size_t i = 0; i < level_options_count && tune->count < TUNE_FIELDS_MAX; i++)
        if (!is_of_now(&level_options[i]))
            add_option(tune, &level_options[i], TUNE_NEW, level_options[i].place);
    set_load_now(tune, ui);
    /* A level's note is about that level. */
    tune_find(tune, "note")->field.now[0] = '\0';
}

int tune_lines(const struct tune *tune, enum tune_section section)
{
    int lines = 0;
    for (int i = 0; i < tune->count; i++)
        if (tune->fields[i].section == section && tune->fields[i].field.label &&
            tune->fields[i].line >= lines)
            lines = tune->fields[i].line + 1;
    return lines;
}

struct tune_field *tune_find(struct tune *tune, const char *name)
{
    int i = 0;
    while (i + 1 < tune->count &&
           !(tune->fields[i].option && strcmp(tune->fields[i].option->name, name) == 0))
        i++;
    return &tune->fields[i];
}

const struct round *tune_running(const struct ui *ui, const struct level **level)
{
    uint32_t count = atomic_load_explicit(&ui->run->level_count, memory_order_acquire);
    for (uint32_t i = count; i-- > 0;) {
        const struct level *candidate = ui->run->levels[i];
        for (uint32_t j = candidate->round_count; j-- > 0;) {
            const struct round *round = &candidate->rounds[j];
            if (round_has_ended(round))
                continue;
            if (level)
                *level = candidate;
            return round;
        }
    }
    return NULL;
}
