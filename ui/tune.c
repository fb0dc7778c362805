#include "ui/tune.h"

#include <math.h>
#include <ncurses.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/memory.h"
#include "config/option_value.h"
#include "ui/tune_form.h"

#define ESCAPE 27

const struct tune_row tune_rows[TUNE_FIELD_COUNT] = {
    [TUNE_CONCURRENCY] = {"Concurrency", "concurrency", 0, 0,
                          "How many requests are in flight at once. Higher: new ones start at "
                          "once. Lower: those in flight finish, and none starts until there is "
                          "room. A running round is marked, and figures since the change stand "
                          "apart."},
    [TUNE_SLO_TTFT] = {"SLO: TTFT, ms", "slo", 1, 0,
                       "The longest time to first token that still counts as good. What is done "
                       "is judged anew by it, in every round."},
    [TUNE_SLO_ITL] = {"ITL, ms", "slo", 1, 1,
                      "The longest mean time between tokens that still counts as good."},
    [TUNE_SLO_LATENCY] = {"SLO: latency, ms", "slo", 2, 0,
                          "The longest time for a whole request that still counts as good."},
    [TUNE_ROUNDS] = {"Rounds", "rounds", 0, 0,
                     "How often the level sends its requests: the first round is cold, the later "
                     "ones send the same again."},
    [TUNE_SAMPLES] = {"Samples", "num-samples", 0, 1, "How many rows of the dataset it sends."},
    [TUNE_OUTPUT] = {"Output tokens", "max-output-tokens", 1, 0,
                     "The longest reply to ask for, in tokens."},
    [TUNE_AT_LEAST] = {"At least", "min-output-tokens", 1, 1,
                       "The shortest reply to ask for. Not every server knows this."},
    [TUNE_TEMPERATURE] = {"Temperature", "temperature", 2, 0,
                          "Randomness of the replies. 0 makes them repeatable on most servers."},
    [TUNE_TOP_P] = {"Top-p", "top-p", 2, 1,
                    "Sample from the likeliest tokens that make up this share."},
    [TUNE_RATE] = {"Request rate", "request-rate", 3, 0,
                   "Requests begun in a second, whether or not earlier ones are done. Concurrency "
                   "is then only a cap, and only where it was changed here."},
    [TUNE_DURATION] = {"Duration, s", "duration", 3, 1,
                       "Stop sending in round 1 after this time. Later rounds send what it sent."},
    [TUNE_COLD_START] = {"Cold start", "cold-start", 4, 0,
                         "How the level makes sure that the server's cache does not hold its "
                         "prompts: by a reset, by a line in front of each (salt), by other prompts "
                         "(disjoint), or not at all."},
    [TUNE_SETTLE] = {"Settle, s", "settle", 4, 1, "A pause before each round."},
    [TUNE_EXTRA_BODY] = {"Extra body", "extra-body", 5, 0,
                         "A JSON object whose fields join every request: "
                         "{\"chat_template_kwargs\": {\"enable_thinking\": false}}"},
    [TUNE_NOTE] = {"Note", "note", 6, 0,
                   "Kept with the level, and shown below it: what was different about it."},
};

/* ---- the form as it opens ---- */

static void set_now(struct field *field, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static void set_now(struct field *field, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(field->now, sizeof field->now, format, arguments);
    va_end(arguments);
}

static void set_limit_now(struct field *field, double limit_ms)
{
    if (isnan(limit_ms))
        set_now(field, "-");
    else
        set_now(field, "%.10g", limit_ms);
}

static void fill_fields(struct tune *tune, struct ui *ui)
{
    const struct config *config = ui->benchmark->config;
    struct field *fields = tune->fields;
    for (int i = 0; i < TUNE_FIELD_COUNT; i++) {
        struct buffer value = {0};
        fields[i].label = tune_rows[i].label;
        fields[i].option = options_find(tune_rows[i].option);
        option_value_text(config, fields[i].option, &value);
        set_now(&fields[i], "%.*s", (int)value.size, value.data ? value.data : "");
        buffer_free(&value);
    }
    const struct level *level = tune->from;
    uint32_t now = atomic_load(&ui->benchmark->control.concurrency);
    const struct round *running = tune_running(ui, NULL);
    if (running && now)
        set_now(&fields[TUNE_CONCURRENCY], "%u", now);
    else if (level->concurrency)
        set_now(&fields[TUNE_CONCURRENCY], "%u", level->concurrency);
    else
        set_now(&fields[TUNE_CONCURRENCY], "no cap");
    set_limit_now(&fields[TUNE_SLO_TTFT], ui->run->slo.ttft_ms);
    set_limit_now(&fields[TUNE_SLO_ITL], ui->run->slo.itl_ms);
    set_limit_now(&fields[TUNE_SLO_LATENCY], ui->run->slo.latency_ms);
    set_now(&fields[TUNE_ROUNDS], "%u", level->rounds_planned);
    set_now(&fields[TUNE_SAMPLES], "%u", level->samples);
    if (level->rate > 0.0)
        set_now(&fields[TUNE_RATE], "%.10g", level->rate);
    else
        set_now(&fields[TUNE_RATE], "off");
    if (level->note)
        set_now(&fields[TUNE_NOTE], "%s", "");
    fields[TUNE_NOTE].now[0] = '\0';
}

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
    fill_fields(tune, ui);
    return tune;
}

void tune_delete(struct tune *tune)
{
    free(tune);
}

/* ---- what it would do ---- */

const struct round *tune_running(const struct ui *ui, const struct level **level)
{
    uint32_t count = atomic_load_explicit(&ui->run->level_count, memory_order_acquire);
    for (uint32_t i = count; i-- > 0;) {
        const struct level *candidate = ui->run->levels[i];
        for (uint32_t j = candidate->round_count; j-- > 0;) {
            const struct round *round = &candidate->rounds[j];
            if (atomic_load_explicit(&round->ended, memory_order_acquire))
                continue;
            if (level)
                *level = candidate;
            return round;
        }
    }
    return NULL;
}

static bool take_slo(const struct tune *tune, struct slo *slo, struct error *error)
{
    static const enum tune_field_id ids[] = {TUNE_SLO_TTFT, TUNE_SLO_ITL, TUNE_SLO_LATENCY};
    static const char *const keys[] = {"ttft_ms", "itl_ms", "latency_ms"};
    double *const limits[] = {&slo->ttft_ms, &slo->itl_ms, &slo->latency_ms};
    for (size_t i = 0; i < ARRAY_SIZE(ids); i++) {
        struct text typed = text_trim(input_text(&tune->fields[ids[i]].input));
        if (typed.size == 0)
            continue;
        if (text_is(typed, "-") || text_is(typed, "off")) {
            *limits[i] = (double)NAN;
            continue;
        }
        char *assignment = xasprintf("%s=%.*s", keys[i], (int)typed.size, typed.data);
        bool good = slo_set(slo, text_of(assignment), error);
        free(assignment);
        if (!good)
            return false;
    }
    return true;
}

static void wish_level(struct level_wish *wish, const struct level *from)
{
    level_wish_repeat(wish, from);
    wish->cold_start = -1;
}

static void wish_fields(const struct tune *tune, const struct config *typed,
                        struct level_wish *wish)
{
    const bool *given = typed->given;
    const struct option *first = options_table;
#define GIVEN(id) given[tune->fields[id].option - first]
    if (GIVEN(TUNE_CONCURRENCY) && typed->concurrency.count)
        wish->concurrency = typed->concurrency.values[0];
    if (GIVEN(TUNE_RATE) && typed->request_rate.count) {
        wish->rate = typed->request_rate.values[0];
        if (!GIVEN(TUNE_CONCURRENCY))
            wish->concurrency = -1;
    }
    if (GIVEN(TUNE_SAMPLES) && typed->num_samples.count)
        wish->samples = typed->num_samples.values[0];
    if (GIVEN(TUNE_ROUNDS)) {
        wish->rounds = typed->rounds.most;
        wish->until_steady = typed->rounds.until_steady;
    }
    if (GIVEN(TUNE_COLD_START))
        wish->cold_start = (int)typed->cold_start;
    if (GIVEN(TUNE_SETTLE))
        wish->settle_s = typed->settle_s;
#undef GIVEN
    /* These are "not there" in the defaults just as in a wish. */
    wish->max_output_tokens = typed->max_output_tokens;
    wish->min_output_tokens = typed->min_output_tokens;
    wish->temperature = typed->temperature;
    wish->top_p = typed->top_p;
    wish->duration_s = typed->duration_s;
    wish->extra_body = typed->extra_body ? xstrdup(typed->extra_body) : NULL;
    wish->note = typed->note ? xstrdup(typed->note) : NULL;
}

static bool check_extra_body(const struct config *typed, struct error *error)
{
    if (!typed->extra_body)
        return true;
    struct json_scan scan = json_scan_begin(text_of(typed->extra_body));
    if (json_peek(&scan) == JSON_OBJECT && json_skip(&scan) && json_scan_done(&scan))
        return true;
    return error_set(error, "--extra-body: must be a JSON object, as {\"top_k\": 20}");
}

bool tune_wish(struct tune *tune, struct level_wish *wish, struct error *error)
{
    struct config typed;
    config_default(&typed);
    bool good = true;
    int at = 0;
    for (; good && at < TUNE_FIELD_COUNT; at++) {
        bool limit = at >= TUNE_SLO_TTFT && at <= TUNE_SLO_LATENCY;
        if (!limit && field_is_changed(&tune->fields[at]))
            good = field_take(&tune->fields[at], &typed, error);
        if (good && at == TUNE_EXTRA_BODY)
            good = check_extra_body(&typed, error);
    }
    if (good) {
        wish_level(wish, tune->from);
        wish_fields(tune, &typed, wish);
    } else {
        tune->focus = at - 1;
    }
    config_free(&typed);
    return good;
}

bool tune_changes_now(const struct tune *tune)
{
    for (int i = TUNE_CONCURRENCY; i <= TUNE_SLO_LATENCY; i++)
        if (field_is_changed(&tune->fields[i]))
            return true;
    return false;
}

double tune_estimate_s(struct ui *ui, const struct level *from, const struct level_wish *wish)
{
    if (from->round_count == 0)
        return NO_VALUE;
    const struct summary *summary = ui_summary(ui, from, &from->rounds[from->round_count - 1]);
    const struct statistics *ttft = &summary->metrics[METRIC_TTFT];
    const struct statistics *itl = &summary->metrics[METRIC_ITL];
    if (ttft->count == 0)
        return NO_VALUE;
    double tokens = summary->avg_output_tokens;
    if (wish->max_output_tokens > 0 && tokens > (double)wish->max_output_tokens)
        tokens = (double)wish->max_output_tokens;
    double request_s = (ttft->avg + (itl->count ? itl->avg * (tokens - 1) : 0)) / 1e9;
    double requests = (double)wish->samples * (double)wish->rounds;
    if (!isnan(wish->rate))
        return requests / wish->rate + request_s * (double)wish->rounds;
    double streams = wish->concurrency > 0 ? (double)wish->concurrency : 1;
    if (streams > (double)wish->samples)
        streams = (double)wish->samples;
    double settle_s = isnan(wish->settle_s) ? ui->benchmark->config->settle_s : wish->settle_s;
    return requests * request_s / streams + settle_s * (double)wish->rounds;
}

/* ---- buttons ---- */

const char *tune_button_label(struct tune *tune, struct ui *ui, enum tune_button which,
                              char label[static 64])
{
    const struct level *level = NULL;
    const struct round *running = tune_running(ui, &level);
    const struct field *load = &tune->fields[TUNE_CONCURRENCY];
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
        if (!tune_changes_now(tune) || (!running && field_is_changed(load)))
            return NULL;
        if (field_is_changed(load))
            snprintf(label, 64, "Only now: %.8s→%.8s", load->now, load->input.text);
        else
            snprintf(label, 64, "Only the SLO");
        return label;
    case TUNE_CANCEL:
    case TUNE_BUTTON_COUNT:
        break;
    }
    return "Cancel";
}

static void say(struct ui *ui, const char *text)
{
    snprintf(ui->message, sizeof ui->message, "%.*s", (int)sizeof ui->message - 1, text);
}

static bool apply_slo(struct tune *tune, struct ui *ui, struct error *error)
{
    struct slo slo = ui->run->slo;
    if (!take_slo(tune, &slo, error))
        return false;
    bool changed = false;
    for (int i = TUNE_SLO_TTFT; i <= TUNE_SLO_LATENCY; i++)
        changed |= field_is_changed(&tune->fields[i]);
    if (changed) {
        tuning_set_slo(ui->benchmark, &slo);
        ui_forget_summaries(ui);
        ui_forget_against(ui);
    }
    return true;
}

static bool queue(struct tune *tune, struct ui *ui, bool now, struct error *error)
{
    struct level_wish wish;
    if (!apply_slo(tune, ui, error) || !tune_wish(tune, &wish, error))
        return false;
    uint16_t number = tuning_queue_level(ui->benchmark, &wish, now, error);
    if (!number)
        return false;
    snprintf(ui->message, sizeof ui->message, now ? "L%u starts now" : "L%u is queued", number);
    return true;
}

static bool only_now(struct tune *tune, struct ui *ui, struct error *error)
{
    struct level_wish wish;
    if (!apply_slo(tune, ui, error) || !tune_wish(tune, &wish, error))
        return false;
    bool changed = field_is_changed(&tune->fields[TUNE_CONCURRENCY]);
    uint32_t load = wish.concurrency > 0 ? (uint32_t)wish.concurrency : 0;
    level_wish_free(&wish);
    if (!changed) {
        say(ui, "what is done was judged by the new limits");
        return true;
    }
    if (!tuning_set_concurrency(ui->benchmark, load, error))
        return false;
    snprintf(ui->message, sizeof ui->message, "load is %u now; figures since then stand apart",
             load);
    return true;
}

/* True when the form is done with. */
static bool press(struct tune *tune, struct ui *ui, enum tune_button which)
{
    struct error error = {0};
    bool done = true;
    if (which == TUNE_QUEUE || which == TUNE_START)
        done = queue(tune, ui, which == TUNE_START, &error);
    else if (which == TUNE_ONLY_NOW)
        done = only_now(tune, ui, &error);
    snprintf(tune->wrong, sizeof tune->wrong, "%.*s", (int)sizeof tune->wrong - 1, error.text);
    return done;
}

/* ---- keys ---- */

static bool can_focus(struct tune *tune, struct ui *ui, int focus)
{
    char label[64];
    return focus < TUNE_FIELD_COUNT ||
           tune_button_label(tune, ui, (enum tune_button)(focus - TUNE_FIELD_COUNT), label);
}

static void move_focus(struct tune *tune, struct ui *ui, int by)
{
    const int count = TUNE_FIELD_COUNT + TUNE_BUTTON_COUNT;
    do
        tune->focus = (tune->focus + by + count) % count;
    while (!can_focus(tune, ui, tune->focus));
}

/* To the line above or below, in the same column where it has a field there. */
static void move_line(struct tune *tune, struct ui *ui, int by)
{
    int column = tune->focus < TUNE_FIELD_COUNT ? tune_rows[tune->focus].column : 0;
    int line = tune->focus < TUNE_FIELD_COUNT ? tune_rows[tune->focus].line : -1;
    move_focus(tune, ui, by);
    while (tune->focus < TUNE_FIELD_COUNT && tune_rows[tune->focus].line == line)
        move_focus(tune, ui, by);
    if (tune->focus >= TUNE_FIELD_COUNT)
        return;
    int beside = by > 0 ? tune->focus + 1 : tune->focus - 1;
    if (beside >= 0 && beside < TUNE_FIELD_COUNT && tune_rows[tune->focus].column != column &&
        tune_rows[beside].line == tune_rows[tune->focus].line)
        tune->focus = beside;
}

bool tune_key(struct tune *tune, struct ui *ui, int key)
{
    bool on_button = tune->focus >= TUNE_FIELD_COUNT;
    enum tune_button button = (enum tune_button)(tune->focus - TUNE_FIELD_COUNT);
    if (!on_button)
        tune->wrong[0] = '\0';
    if (key == ESCAPE)
        return false;
    if (key == '\n' || key == '\r' || key == KEY_ENTER) {
        if (on_button)
            return !press(tune, ui, button);
        tune->focus = TUNE_FIELD_COUNT;
    } else if (key == '\t' || (on_button && key == KEY_RIGHT)) {
        move_focus(tune, ui, 1);
    } else if (key == KEY_BTAB || (on_button && key == KEY_LEFT)) {
        move_focus(tune, ui, -1);
    } else if (key == KEY_DOWN) {
        move_line(tune, ui, 1);
    } else if (key == KEY_UP) {
        move_line(tune, ui, -1);
    } else if (!on_button) {
        field_key(&tune->fields[tune->focus], key);
    }
    return true;
}

/* ---- again ---- */

void tune_repeat(struct ui *ui, const struct level *level)
{
    struct level_wish wish;
    struct error error = {0};
    level_wish_repeat(&wish, level);
    uint16_t number = tuning_queue_level(ui->benchmark, &wish, false, &error);
    if (number)
        snprintf(ui->message, sizeof ui->message, "L%u is queued: L%u again, salted", number,
                 level->number);
    else
        say(ui, error.text);
}

void tune_repeat_cost(struct ui *ui, const struct level *level, struct buffer *out)
{
    struct level_wish wish;
    level_wish_repeat(&wish, level);
    double seconds = tune_estimate_s(ui, level, &wish);
    buffer_printf(out, "L%u %s again, salted: %u rounds × %u requests", level->number, level->label,
                  level->rounds_planned, level->samples);
    if (!isnan(seconds))
        buffer_printf(out, ", about %d:%02d", (int)seconds / 60, (int)seconds % 60);
    level_wish_free(&wish);
}
