/* What a frame knows of the run, and the way of a key. */
#include <ncurses.h>
#include <stdlib.h>

#include "base/file.h"
#include "base/memory.h"
#include "benchmark/reset.h"
#include "benchmark/tuning.h"
#include "ui/actions.h"
#include "ui/app_loop.h"
#include "ui/keymap.h"

#define ESC          0x1b
#define CTRL(letter) ((letter)&0x1f)

/* The clock of a run from files stands still at its last instant. */
static uint64_t end_of(const struct run *run)
{
    uint64_t end_ns = 0;
    for (uint32_t i = 0; i < run->level_count; i++)
        for (uint32_t j = 0; j < run->levels[i]->round_count; j++) {
            const struct round *round = &run->levels[i]->rounds[j];
            end_ns = round->end_ns > end_ns ? round->end_ns : end_ns;
            for (uint32_t k = 0; k < round_record_count(round); k++)
                if (round->records[k].end_ns > end_ns)
                    end_ns = round->records[k].end_ns;
        }
    return end_ns;
}

void app_init(struct ui *ui, const struct app_settings *settings)
{
    *ui = (struct ui){.benchmark = settings->benchmark,
                      .run = settings->run,
                      .directory = settings->directory,
                      .view = settings->benchmark || settings->follow ? VIEW_LIVE : VIEW_ROUNDS,
                      .ascii = settings->config->ascii};
    if (settings->baseline)
        ui->baseline = *settings->baseline;
    ui->state = settings->benchmark ? STATE_STARTING : STATE_FINISHED;
    if (settings->benchmark || settings->follow)
        ui->live = xcalloc(1, sizeof *ui->live);
    else
        ui->now_ns = end_of(settings->run);
    if (settings->follow) {
        ui->followed_level = settings->run->baseline.level;
        ui->followed_round = settings->run->baseline.round;
        app_look(ui, settings);
    }
}

void app_free(struct ui *ui)
{
    ui_forget_summaries(ui);
    ui_forget_comparisons(ui);
    ui_forget_against(ui);
    for (int i = 0; i < VIEW_COUNT; i++)
        if (views_table[i].free && ui->private[i])
            views_table[i].free(ui->private[i]);
    if (ui->overlay_state)
        (ui->overlay && ui->overlay->free ? ui->overlay->free : free)(ui->overlay_state);
    buffer_free(&ui->copied);
    buffer_free(&ui->stderr_text);
    free(ui->live);
}

static enum ui_state state_of(struct benchmark *benchmark)
{
    if (atomic_load_explicit(&benchmark->finished, memory_order_acquire))
        return STATE_FINISHED;
    if (atomic_load(&benchmark->control.stop))
        return STATE_STOPPING;
    if (!atomic_load_explicit(&benchmark->ready, memory_order_acquire))
        return STATE_STARTING;
    if (tuning_is_waiting(benchmark))
        return STATE_WAITING;
    return tuning_is_paused(benchmark) ? STATE_PAUSED : STATE_RUNNING;
}

/* Whoever runs it chose another round. An earlier run is taken when the view begins only. */
static void follow_baseline(struct ui *ui)
{
    const struct baseline_choice *choice = &ui->run->baseline;
    if (choice->level == ui->followed_level && choice->round == ui->followed_round)
        return;
    ui->followed_level = choice->level;
    ui->followed_round = choice->round;
    if (choice->directory)
        return;
    ui->baseline.run = choice->level ? ui->run : NULL;
    ui->baseline.level = choice->level;
    ui->baseline.round = choice->round;
}

/* What the writer said last is up to a second old; records may be newer. */
static void look_at_follow(struct ui *ui, struct journal_follow *follow)
{
    journal_follow_read(follow);
    ui->run = journal_follow_run(follow);
    *ui->live = *journal_follow_now(follow);
    ui->now_ns = journal_follow_now_ns(follow);
    bool over = journal_follow_ended(follow);
    ui->state = over                        ? STATE_FINISHED
                : ui->live->level == 0      ? STATE_STARTING
                : ui->live->paused_since_ns ? STATE_PAUSED
                                            : STATE_RUNNING;
    follow_baseline(ui);
    const char *failure = journal_follow_failure(follow);
    if (failure[0])
        ui_say(ui, "%.240s", failure);
}

void app_look(struct ui *ui, const struct app_settings *settings)
{
    struct benchmark *benchmark = settings->benchmark;
    if (settings->follow) {
        look_at_follow(ui, settings->follow);
        return;
    }
    if (!benchmark) {
        ui->state = STATE_FINISHED;
        return;
    }
    ui->state = state_of(benchmark);
    ui->now_ns =
        settings->frozen_ns ? settings->frozen_ns : now_ns() - benchmark->anchor.monotonic_ns;
    if (atomic_load_explicit(&benchmark->ready, memory_order_acquire)) {
        if (!settings->frozen_ns)
            reset_settle(benchmark);
        ui->run = benchmark->run;
        ui->directory = benchmark->directory;
        live_copy(&benchmark->live, ui->live);
    }
}

static void answer(struct ui *ui, int key)
{
    if (ui->asked_again && ui->asked_again(ui, key))
        return;
    bool yes = key == '\n' || key == '\r' || key == KEY_ENTER || key == 'y' || key == 'Y';
    ui->question[0] = '\0';
    if (yes)
        ui->answered(ui);
}

static void take_key(struct ui *ui, int key)
{
    bool always = key == CTRL('c') || key == CTRL('l') || key == CTRL('z');
    ui->message[0] = '\0';
    if (ui->question[0] && key != CTRL('c')) {
        answer(ui, key);
        return;
    }
    if (ui->overlay && !always) {
        const struct overlay *overlay = ui->overlay;
        if (!overlay->key(ui, key) && ui->overlay == overlay)
            ui->overlay = NULL;
        return;
    }
    if (!always && views_table[ui->view].key && views_table[ui->view].key(ui, key))
        return;
    const struct key_row *row = keymap_find(ui, key);
    if (row && row->act)
        row->act(ui, key);
}

void app_key(struct ui *ui, int key)
{
    const struct run *run = ui->run;
    if (run)
        run_hold(run);
    take_key(ui, key);
    if (run)
        run_let_go(run);
}

void app_keep_copy(struct ui *ui)
{
    if (!ui->directory)
        return;
    char *path = path_join(ui->directory, "copied.txt");
    FILE *out = file_open_stream(path, O_APPEND, 0600);
    if (out) {
        fwrite(buffer_text(&ui->copied).data, 1, ui->copied.size, out);
        fputc('\n', out);
    }
    if (!out || fclose(out) != 0)
        ui_say(ui, "copied, but %s cannot be written", path);
    free(path);
}
