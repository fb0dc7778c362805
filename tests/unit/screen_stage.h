/* A run on the screens, played by a script: one in progress, without its threads, or one that has
 * ended and has its journal. */
#ifndef SCREEN_STAGE_H
#define SCREEN_STAGE_H

#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "journal_of.h"
#include "screen_run.h"
#include "telemetry/event.h"
#include "ui/script.h"

/* As the screen sees a run in progress, without its threads; one that has ended has its journal. */
struct stage {
    char directory[40];
    struct run *run;
    struct benchmark benchmark;
    struct dataset dataset;
    struct config config;
    struct app_settings settings;
};

static inline void write_journal(struct stage *stage)
{
    struct journal journal;
    char *path = path_join(stage->directory, "journal.jsonl");
    assert_true(journal_open(&journal, path, true, NULL));
    journal_put_whole(&journal, stage->run);
    assert_true(journal_close(&journal));
    free(path);
}

/* One waits, the others are at different distances from their first token. */
static inline void put_in_flight(struct live *live, const struct round *round, uint32_t count,
                                 uint64_t at_ns)
{
    for (uint32_t i = 0; i < count; i++) {
        uint32_t request = round->record_count + i;
        struct event events[] = {{.kind = EVENT_DISPATCHED,
                                  .request = request,
                                  .spare = request,
                                  .count = 1,
                                  .at_ns = at_ns - (i + 1) * 40000000},
                                 {.kind = EVENT_FIRST_TOKEN,
                                  .request = request,
                                  .at_ns = at_ns - i * 40000000 + 1000000},
                                 {.kind = EVENT_CHUNK,
                                  .request = request,
                                  .count = 1 + i * 3,
                                  .at_ns = at_ns - 2000000}};
        live_take(live, events, i < 2 ? 1 : 3);
    }
}

static inline void remove_folder(char *folder)
{
    char *command = xasprintf("rm -r %s", folder);
    assert_int_equal(system(command), 0);
    free(command);
}

static inline void set_up(struct stage *stage, bool running, bool ascii)
{
    *stage = (struct stage){.run = screen_run(!running)};
    config_default(&stage->config);
    stage->config.ascii = ascii;
    stage->settings = (struct app_settings){.config = &stage->config, .signal_fd = -1};
    if (!running) {
        strcpy(stage->directory, "/tmp/fluxperf-screens-XXXXXX");
        assert_non_null(mkdtemp(stage->directory));
        write_journal(stage);
        stage->settings.run = stage->run;
        stage->settings.directory = stage->directory;
        return;
    }
    const struct level *level = stage->run->levels[2];
    const struct round *round = &level->rounds[1];
    uint64_t now_ns = round->records[round->record_count - 1].end_ns + 120000000;
    struct benchmark *benchmark = &stage->benchmark;
    stage->config.dataset = xstrdup(stage->run->dataset.name);
    assert_true(dataset_read(&stage->dataset, stage->config.dataset, false, NULL));
    benchmark->config = &stage->config;
    benchmark->dataset = &stage->dataset;
    benchmark->run = stage->run;
    benchmark->directory = (char *)(uintptr_t) "results/2026-11-25T12-03-00";
    benchmark->ready = true;
    benchmark->anchor = stage->run->anchor;
    benchmark->control.concurrency = level->concurrency;
    pthread_mutex_init(&benchmark->jobs_lock, NULL);
    live_init(&benchmark->live, 0);
    put_in_flight(&benchmark->live, round, level->concurrency, now_ns);
    struct live_view *view = &benchmark->live.view;
    view->second_count = 1;
    view->seconds[0] = (struct live_second){
        .ttft_count = 1, .ttft_sum_us = 167200, .gap_count = 1, .gap_sum_us = 19700};
    view->level = level->number;
    view->round = round->number;
    view->planned = SCREEN_REQUESTS;
    view->done = round->record_count;
    view->failed = round->counts.failed;
    view->in_flight = level->concurrency;
    view->round_start_ns = round->start_ns;
    stage->settings.benchmark = benchmark;
    stage->settings.frozen_ns = now_ns;
}

static inline void tear_down(struct stage *stage)
{
    if (stage->settings.benchmark) {
        live_free(&stage->benchmark.live);
        dataset_free(&stage->dataset);
        pthread_mutex_destroy(&stage->benchmark.jobs_lock);
    }
    if (stage->directory[0])
        remove_folder(stage->directory);
    run_free(stage->run);
    config_free(&stage->config);
}

/* Plays `script`, whose dumps go beside it, in a folder of its own. */
static inline void play(struct stage *stage, const char *folder, const char *script)
{
    struct error error = {0};
    char *path = path_join(folder, "script");
    assert_true(file_write_whole(path, text_of(script), 0600, &error));
    if (!script_play(&stage->settings, path, &error))
        fail_msg("%s", error.text);
    free(path);
}

#endif
