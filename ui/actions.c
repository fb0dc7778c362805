#include "ui/actions.h"

#include <inttypes.h>
#include <ncurses.h>
#include <stdarg.h>

#include "base/memory.h"
#include "benchmark/reset.h"
#include "benchmark/tuning.h"
#include "ui/live.h"
#include "ui/pages.h"
#include "ui/tune.h"

void ui_say(struct ui *ui, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vsnprintf(ui->message, sizeof ui->message, format, args);
    va_end(args);
}

void ui_ask(struct ui *ui, void (*answered)(struct ui *ui), const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vsnprintf(ui->question, sizeof ui->question, format, args);
    va_end(args);
    ui->answered = answered;
    ui->asked_again = NULL;
}

void ui_copy(struct ui *ui, struct text text, const char *what)
{
    buffer_clear(&ui->copied);
    buffer_add_text(&ui->copied, text);
    ui->wish = WISH_COPY;
    ui_say(ui, "copied: %s", what);
}

static bool is_running(const struct ui *ui)
{
    return ui->benchmark && ui->state != STATE_FINISHED && ui->state != STATE_WAITING;
}

/* ---- levels ---- */

void act_tune(struct ui *ui, int key)
{
    (void)key;
    pages_open_tune(ui);
}

static void rerun(struct ui *ui)
{
    const struct level *level = run_find_level(ui->run, (uint16_t)ui->asked_for);
    if (level)
        tune_repeat(ui, level);
}

void act_rerun(struct ui *ui, int key)
{
    (void)key;
    const struct level *level = ui_level(ui);
    struct buffer cost = {0};
    if (!level)
        return;
    tune_repeat_cost(ui, level, &cost);
    ui->asked_for = level->number;
    ui_ask(ui, rerun, "%s?", cost.data);
    buffer_free(&cost);
}

void act_pause(struct ui *ui, int key)
{
    (void)key;
    if (ui->state != STATE_RUNNING && ui->state != STATE_PAUSED)
        return;
    bool pause = !tuning_is_paused(ui->benchmark);
    tuning_pause(ui->benchmark, pause);
    ui->state = pause ? STATE_PAUSED : STATE_RUNNING;
    ui_say(ui, "%s", pause ? "paused: nothing more is sent; p goes on" : "");
}

/* ---- ending ---- */

static void skip(struct ui *ui)
{
    tuning_skip_round(ui->benchmark);
    ui_say(ui, "skipped: what was in flight is cancelled");
}

void act_skip(struct ui *ui, int key)
{
    (void)key;
    if (ui->state == STATE_RUNNING || ui->state == STATE_PAUSED)
        ui_ask(ui, skip, "skip the rest of this round? what is in flight is cancelled");
}

static void stop(struct ui *ui)
{
    benchmark_stop(ui->benchmark);
    ui_say(ui, "stopping: files are written for what finished");
}

void act_stop(struct ui *ui, int key)
{
    (void)key;
    ui_ask(ui, stop, "stop the run? files are written for what finished");
}

static void reset(struct ui *ui)
{
    struct error error = {0};
    if (reset_begin(ui->benchmark, &error))
        ui_say(ui, "the cache is being reset");
    else
        ui_say(ui, "%s", error.text);
}

void act_reset(struct ui *ui, int key)
{
    (void)key;
    bool running = ui->state == STATE_RUNNING || ui->state == STATE_PAUSED;
    if (ui->state == STATE_STARTING)
        return;
    ui_ask(ui, reset, "reset the cache?%s", running ? " this round enters no comparison" : "");
}

void act_interrupt(struct ui *ui, int key)
{
    (void)key;
    if (!is_running(ui) || ui->state == STATE_STOPPING) {
        ui->wish = WISH_LEAVE;
        return;
    }
    benchmark_stop(ui->benchmark);
    ui->state = STATE_STOPPING;
    ui_say(ui, "stopping: files are written for what finished; ^C again leaves");
}

void act_quit(struct ui *ui, int key)
{
    (void)key;
    if (is_running(ui))
        pages_open_quit(ui);
    else
        ui->wish = WISH_LEAVE;
}

void act_quit_now(struct ui *ui, int key)
{
    act_quit(ui, key);
}

static void suspend(struct ui *ui)
{
    ui->wish = WISH_SUSPEND;
}

void act_suspend(struct ui *ui, int key)
{
    (void)key;
    if (is_running(ui))
        ui_ask(ui, suspend, "suspend in mid-run? what is in flight is marked stalled");
    else
        suspend(ui);
}

/* ---- what is shown ---- */

void act_view(struct ui *ui, int key)
{
    ui->view = (enum view_id)(key - '1');
    ui->zoomed = false;
}

void act_next_view(struct ui *ui, int key)
{
    int step = key == '\t' ? 1 : VIEW_COUNT - 1;
    ui->view = (enum view_id)(((int)ui->view + step) % VIEW_COUNT);
    ui->zoomed = false;
}

void act_level(struct ui *ui, int key)
{
    const struct level *now = ui_level(ui);
    if (!now)
        return;
    const struct level *beside = ui_level_beside(ui, now, key == '.' ? 1 : -1);
    if (!beside)
        return;
    ui->level = beside->number;
    ui->round = 0;
}

/* Spans that a person thinks in; 0 fits the width of the plot. */
static const uint32_t spans_s[] = {0,    30,   60,    120,   300,    600,
                                   1800, 3600, 14400, 86400, 604800, UI_SPAN_ALL};

void act_span(struct ui *ui, int key)
{
    size_t now = 0;
    while (now + 1 < ARRAY_SIZE(spans_s) && spans_s[now] != ui->span_s)
        now++;
    if (key == ']' && now + 1 < ARRAY_SIZE(spans_s))
        now++;
    else if (key == '[' && now > 0)
        now--;
    ui->span_s = spans_s[now];
    if (ui->span_s == 0)
        ui_say(ui, "time span: a second for each dot");
    else if (ui->span_s == UI_SPAN_ALL)
        ui_say(ui, "time span: the whole run");
    else if (ui->span_s < 120)
        ui_say(ui, "time span: %u s", ui->span_s);
    else
        ui_say(ui, "time span: %g %s", ui->span_s < 7200 ? ui->span_s / 60.0 : ui->span_s / 3600.0,
               ui->span_s < 7200 ? "min" : "h");
}

void act_back_in_time(struct ui *ui, int key)
{
    if (ui->view != VIEW_LIVE && ui->view != VIEW_METRICS)
        return;
    uint32_t whole = (uint32_t)(ui->now_ns / NS_PER_S);
    uint32_t span_s = ui->span_s < whole ? ui->span_s : whole;
    uint32_t step = span_s >= 40 ? span_s / 4 : 10;
    if (key == KEY_LEFT || key == 'h')
        ui->back_s += step;
    else
        ui->back_s = ui->back_s > step ? ui->back_s - step : 0;
    ui->back_s = ui->back_s > whole ? whole : ui->back_s;
    if (ui->back_s)
        ui_say(ui, "%u s ago; End follows again", ui->back_s);
}

void act_follow(struct ui *ui, int key)
{
    (void)key;
    ui->back_s = 0;
}

void act_zoom(struct ui *ui, int key)
{
    (void)key;
    int plots = ui->view == VIEW_LIVE ? LIVE_PLOTS : 1;
    ui->zoom_plot = ui->zoomed ? ui->zoom_plot + 1 : 0;
    ui->zoomed = ui->zoom_plot < plots;
}

void act_back(struct ui *ui, int key)
{
    (void)key;
    ui->zoomed = false;
    ui->back_s = 0;
}

/* ---- what the screen does ---- */

void act_files(struct ui *ui, int key)
{
    (void)key;
    ui->wish = WISH_FILES;
}

void act_theme(struct ui *ui, int key)
{
    (void)key;
    ui->wish = WISH_THEME;
}

void act_mouse(struct ui *ui, int key)
{
    (void)key;
    ui->wish = WISH_MOUSE;
}

void act_redraw(struct ui *ui, int key)
{
    (void)key;
    ui->wish = WISH_REDRAW;
}

void act_help(struct ui *ui, int key)
{
    (void)key;
    pages_open_help(ui);
}
