#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/memory.h"
#include "config/option_value.h"
#include "ui/tune_form.h"

/* ---- the dataset ---- */

static struct text typed(const struct tune_field *field)
{
    return text_trim(input_text(&field->field.input));
}

/* Begins to read what was typed, once for each name. */
static void follow_dataset(struct tune *tune)
{
    const struct tune_field *field = tune_find(tune, "dataset");
    struct text name = typed(field);
    bool wanted = field_is_changed(&field->field);
    if (tune->load && wanted && text_is(name, dataset_load_name(tune->load)))
        return;
    dataset_load_end(tune->load);
    tune->load = NULL;
    if (!wanted)
        return;
    char *copy = xstrndup(name.data, name.size);
    tune->load = dataset_load_begin(copy, tune->base.skip_bad_rows);
    tune->loaded = DATASET_LOADING;
    free(copy);
}

bool tune_wait_dataset(struct tune *tune, struct ui *ui)
{
    if (!tune->load || tune->loaded != DATASET_LOADING)
        return false;
    if (dataset_load_state(tune->load) == DATASET_LOADING)
        return true;
    tune_check(tune, ui);
    return false;
}

static const struct dataset *dataset_of(struct tune *tune, struct ui *ui)
{
    if (!tune->load)
        return level_queue_dataset(ui->benchmark, tune->from);
    return tune->loaded == DATASET_LOADED ? dataset_load_dataset(tune->load) : NULL;
}

uint32_t tune_rows(struct tune *tune, struct ui *ui)
{
    const struct dataset *dataset = dataset_of(tune, ui);
    return dataset ? dataset->count : 0;
}

/* ---- field by field ---- */

static void say_wrong(struct tune_field *field, const char *why)
{
    struct text head = text_head(text_of(why), sizeof field->wrong - 1);
    snprintf(field->wrong, sizeof field->wrong, "%.*s", (int)head.size, head.data);
    field->field.is_wrong = true;
    /* The reason without "--name value: ", where the range does not say it. */
    const char *reason = strstr(field->wrong, ": ");
    if (!field->range[0])
        field->field.hint = reason ? reason + 2 : field->wrong;
}

static void forget_wrong(struct tune_field *field)
{
    bool has_range = field->option && field->field.option->type != OPTION_CHOICE;
    field->wrong[0] = '\0';
    field->field.is_wrong = false;
    field->field.hint = has_range ? field->range : NULL;
}

static void take_option(struct tune *tune, struct tune_field *field)
{
    const struct option *option = field->field.option;
    struct error error = {0};
    if (config_override(&tune->wish, option, typed(field), &error))
        return;
    say_wrong(field, error.text);
    option_clear(&tune->wish, option);
    option_copy(&tune->wish, &tune->base, option);
}

static void take_limit(struct tune *tune, struct tune_field *field)
{
    struct text text = typed(field);
    struct error error = {0};
    bool none = text_is(text, "-") || text_is(text, "off");
    for (size_t i = 0; none && i < SLO_LIMIT_COUNT; i++)
        if (strcmp(slo_limits[i].key, field->limit) == 0)
            *(double *)(void *)((char *)&tune->slo + slo_limits[i].offset) = (double)NAN;
    char *assignment = xasprintf("%s=%.*s", field->limit, (int)text.size, text.data);
    if (!none && !slo_set(&tune->slo, text_of(assignment), &error))
        say_wrong(field, error.text);
    free(assignment);
}

static void take_fields(struct tune *tune)
{
    for (int i = 0; i < tune->count; i++) {
        struct tune_field *field = &tune->fields[i];
        forget_wrong(field);
        if (!field_is_changed(&field->field))
            continue;
        if (field->kind == TUNE_OPTION)
            take_option(tune, field);
        else if (field->kind == TUNE_LIMIT)
            take_limit(tune, field);
    }
    struct tune_field *dataset = tune_find(tune, "dataset");
    if (tune->load && tune->loaded == DATASET_FAILED)
        say_wrong(dataset, dataset_load_error(tune->load));
}

/* ---- all together ---- */

/* In a level that begins to have a rate, the concurrency that it had is no cap. */
static void drop_concurrency(struct tune *tune)
{
    struct config *wish = &tune->wish;
    bool typed_load = field_is_changed(&tune_find(tune, "concurrency")->field);
    if (wish->request_rate.count && !tune->base.request_rate.count && !typed_load)
        option_clear(wish, options_find("concurrency"));
}

/* An error that begins with an option's name belongs to its field. */
static void place_error(struct tune *tune, const struct error *error)
{
    for (int i = 0; i < tune->count; i++) {
        struct tune_field *field = &tune->fields[i];
        char prefix[64];
        int size = field->option ? snprintf(prefix, sizeof prefix, "--%s", field->option->name) : 0;
        if (size && strncmp(error->text, prefix, (size_t)size) == 0 &&
            strchr(": ", error->text[size])) {
            say_wrong(field, error->text);
            if (field->field.hint == field->range)
                field->field.hint = NULL;
            return;
        }
    }
    snprintf(tune->wrong, sizeof tune->wrong, "%.*s", (int)sizeof tune->wrong - 1, error->text);
}

static bool any_is_wrong(const struct tune *tune)
{
    for (int i = 0; i < tune->count; i++)
        if (tune->fields[i].wrong[0])
            return true;
    return false;
}

void tune_check(struct tune *tune, struct ui *ui)
{
    follow_dataset(tune);
    tune->loaded = tune->load ? dataset_load_state(tune->load) : DATASET_LOADED;
    config_free(&tune->wish);
    config_copy(&tune->wish, &tune->base);
    tune->slo = ui->run->slo;
    tune->wrong[0] = '\0';
    tune->is_good = false;
    take_fields(tune);
    drop_concurrency(tune);
    const struct dataset *dataset = dataset_of(tune, ui);
    struct error error = {0};
    if (any_is_wrong(tune))
        return;
    if (!dataset)
        snprintf(tune->wrong, sizeof tune->wrong, "the dataset is being read");
    else if (level_queue_check(ui->benchmark, &tune->wish, dataset, &tune->plan, &error))
        tune->is_good = true;
    else
        place_error(tune, &error);
}

/* ---- how long it may take ---- */

struct expected {
    double samples, rounds, streams, rate, settle_s;
    double reply_tokens; /* at most; NaN = as long as they were */
};

/* Of the last round that has any, by what it found of the server. */
static const struct summary *last_summary(struct ui *ui)
{
    uint32_t count = atomic_load_explicit(&ui->run->level_count, memory_order_acquire);
    for (uint32_t i = count; i-- > 0;) {
        const struct level *level = ui->run->levels[i];
        for (uint32_t j = atomic_load_explicit(&level->round_count, memory_order_acquire); j-- > 0;)
            if (round_record_count(&level->rounds[j]))
                return ui_summary(ui, level, &level->rounds[j]);
    }
    return NULL;
}

static double expected_s(struct ui *ui, const struct expected *expected)
{
    const struct summary *summary = last_summary(ui);
    if (!summary || summary->metrics[METRIC_TTFT].count == 0)
        return NO_VALUE;
    const struct statistics *ttft = &summary->metrics[METRIC_TTFT];
    const struct statistics *itl = &summary->metrics[METRIC_ITL];
    double tokens = fmin(summary->avg_output_tokens, expected->reply_tokens);
    double request_s = (ttft->avg + (itl->count ? itl->avg * fmax(tokens - 1, 0) : 0)) / 1e9;
    double streams = fmin(fmax(expected->streams, 1), fmax(expected->samples, 1));
    double round_s = expected->rate > 0 ? expected->samples / expected->rate + request_s
                                        : expected->samples * request_s / streams;
    return expected->rounds * (round_s + expected->settle_s);
}

double tune_wish_s(struct tune *tune, struct ui *ui)
{
    const struct config *wish = &tune->wish;
    struct expected expected = {
        .samples = tune->plan.count,
        .rounds = wish->free_run == FREE_RUN_OFF ? (double)wish->rounds.most : 1,
        .streams = tune->plan.concurrency,
        .rate = tune->plan.rate,
        .settle_s = wish->settle_s,
        .reply_tokens =
            wish->max_output_tokens > 0 ? (double)wish->max_output_tokens : (double)NAN};
    return expected_s(ui, &expected);
}

static double option_number(const struct ui *ui, const struct level *level, const char *key,
                            double otherwise)
{
    struct text text;
    double value;
    return run_option(ui->run, level, key, &text) && text_to_double(text, &value) ? value
                                                                                  : otherwise;
}

double tune_level_s(struct ui *ui, const struct level *level)
{
    struct expected expected = {.samples = level->samples,
                                .rounds = level->rounds_planned,
                                .streams = level->concurrency,
                                .rate = level->rate,
                                .settle_s = option_number(ui, level, "settle", 0),
                                .reply_tokens =
                                    option_number(ui, level, "max_output_tokens", (double)NAN)};
    return expected_s(ui, &expected);
}

double tune_rest_s(struct ui *ui, const struct level *level)
{
    uint32_t rounds = level->round_count, planned = level->rounds_planned;
    if (rounds == 0 || planned == 0)
        return tune_level_s(ui, level);
    const struct round *last = &level->rounds[rounds - 1];
    double done =
        last->counts.planned ? (double)round_record_count(last) / last->counts.planned : 0;
    return tune_level_s(ui, level) * ((double)(planned - rounds) + 1 - done) / planned;
}
