/* The keys that change the load of the running round: requests in flight, or where they are begun
 * at a rate, that rate. */
#include <stdio.h>

#include "base/memory.h"
#include "benchmark/tuning.h"
#include "ui/actions.h"

#define CONCURRENCY_MAX 100000

/* The ladder of a key press. */
static const double steps[] = {
    0.1,  0.2,   0.5,   1,     2,     3,     4,     5,     6,     8,     10,   12,   16,
    20,   24,    32,    40,    48,    64,    80,    100,   128,   160,   200,  256,  320,
    400,  512,   640,   800,   1000,  1280,  1600,  2000,  2560,  3200,  4000, 5120, 6400,
    8000, 10000, 12800, 16000, 20000, 25600, 32000, 40000, 51200, 64000, 80000};

double load_step(double load, bool up)
{
    double below = 0;
    for (size_t i = 0; i < ARRAY_SIZE(steps); i++) {
        if (up && steps[i] > load)
            return steps[i];
        if (!up && steps[i] >= load)
            return below;
        below = steps[i];
    }
    return up ? 0 : below;
}

/* What of the load changes: the rate where there is one. */
struct load {
    bool is_rate;
    double value;
};

/* Between rounds nothing could be seen of a change. */
static bool is_sending(struct ui *ui)
{
    bool sending = ui->state == STATE_RUNNING || ui->state == STATE_PAUSED;
    if (!sending)
        ui_say(ui, "no round is running: t queues a level with another load");
    return sending;
}

static struct load load_now(const struct ui *ui)
{
    double rate = tuning_rate(ui->benchmark);
    if (rate > 0)
        return (struct load){true, rate};
    return (struct load){false, atomic_load(&ui->benchmark->control.concurrency)};
}

static void change_load(struct ui *ui)
{
    struct error error = {0};
    struct load load = load_now(ui);
    bool changed = load.is_rate
                       ? tuning_set_rate(ui->benchmark, ui->asked_load, &error)
                       : tuning_set_concurrency(ui->benchmark, (uint32_t)ui->asked_load, &error);
    if (changed)
        ui_say(ui, "%s %g → %g; figures from now on stand apart", load.is_rate ? "rate" : "load",
               load.value, ui->asked_load);
    else
        ui_say(ui, "%s", error.text);
    ui->load_confirmed = true;
}

/* The first change in a run is asked for: it costs the round its comparison. True when it is. */
static bool want_load(struct ui *ui, double wanted)
{
    struct load load = load_now(ui);
    ui->asked_load = wanted;
    if (ui->load_confirmed) {
        change_load(ui);
        return false;
    }
    ui_ask(ui, change_load, "%s %g → %g? this round then enters no comparison",
           load.is_rate ? "rate" : "load", load.value, wanted);
    return true;
}

static bool step_again(struct ui *ui, int key);

static void step_load(struct ui *ui, double from, int key)
{
    double wanted = load_step(from, key != '-');
    if (wanted <= 0 || (wanted < 1 && !load_now(ui).is_rate))
        ui_say(ui, "%g is the %s step", from, key == '-' ? "lowest" : "highest");
    else if (want_load(ui, wanted))
        ui->asked_again = step_again;
}

/* Several presses in a row are one question. */
static bool step_again(struct ui *ui, int key)
{
    bool steps_on = key == '+' || key == '=' || key == '-';
    if (steps_on)
        step_load(ui, ui->asked_load, key);
    return steps_on;
}

void act_load_step(struct ui *ui, int key)
{
    if (is_sending(ui))
        step_load(ui, load_now(ui).value, key);
}

static void concurrency_was_typed(struct ui *ui, struct text text)
{
    int64_t load;
    if (text_to_int64(text_trim(text), &load) && load >= 1 && load <= CONCURRENCY_MAX)
        want_load(ui, (double)load);
    else
        ui_say(ui, "a load is a number from 1 to 100,000");
}

static void rate_was_typed(struct ui *ui, struct text text)
{
    double rate;
    if (text_to_double(text_trim(text), &rate) && rate >= 0.001 && rate <= 1e6)
        want_load(ui, rate);
    else
        ui_say(ui, "a rate is a number from 0.001 to 1,000,000");
}

void act_load_typed(struct ui *ui, int key)
{
    (void)key;
    if (!is_sending(ui))
        return;
    struct load load = load_now(ui);
    char label[64];
    snprintf(label, sizeof label, "requests %s, now %g: ", load.is_rate ? "a second" : "in flight",
             load.value);
    ui_type(ui, label, TEXT(""), load.is_rate ? rate_was_typed : concurrency_was_typed);
}
