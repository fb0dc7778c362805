#include "benchmark/jobs.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/memory.h"
#include "config/level_options.h"
#include "config/option_value.h"

void jobs_narrow(struct config *config, const struct level_plan *load)
{
    char text[32];
    const struct {
        const char *name;
        double value;
    } numbers[] = {{"concurrency", load->concurrency},
                   {"request-rate", load->rate},
                   {"num-samples", load->count}};
    for (size_t i = 0; i < ARRAY_SIZE(numbers); i++) {
        const struct option *option = options_find(numbers[i].name);
        option_clear(config, option);
        snprintf(text, sizeof text, "%.15g", numbers[i].value);
        if (numbers[i].value > 0)
            option_store(config, option, option->name, text, NULL);
    }
}

static char *options_of(const struct config *config)
{
    struct buffer text = {0};
    struct json_writer json = {.out = &text};
    config_write_level_json(config, &json);
    return buffer_take(&text);
}

struct level_job *jobs_add(struct benchmark *benchmark, const struct level_plan *load,
                           const struct config *config, uint16_t dataset, struct plan *queued)
{
    struct run *run = benchmark->run;
    struct level *level = run_add_level(run, load->concurrency, load->rate, load->count,
                                        (uint32_t)config->rounds.most);
    if (!level)
        return NULL;
    struct level_job *job = xcalloc(1, sizeof *job);
    *job = (struct level_job){.level = level,
                              .load = *load,
                              .plan = benchmark->plan,
                              .dataset =
                                  dataset ? benchmark->datasets[dataset - 1] : benchmark->dataset};
    if (queued) {
        job->own = *queued;
        job->plan = &job->own;
        job->is_queued = true;
        level->note = config->note ? xstrdup(config->note) : NULL;
    }
    config_copy(&job->config, config);
    jobs_narrow(&job->config, load);
    level->until_steady = config->rounds.until_steady;
    level->dataset = dataset;
    level->options_json = options_of(&job->config);
    run_settle_level(run, level);
    if (config->free_run != FREE_RUN_OFF)
        level_set_free_run(level);
    pthread_mutex_lock(&benchmark->jobs_lock);
    benchmark->jobs[benchmark->job_count++] = job;
    pthread_mutex_unlock(&benchmark->jobs_lock);
    return job;
}

const struct level_job *jobs_find(struct benchmark *benchmark, uint16_t level)
{
    const struct level_job *found = NULL;
    pthread_mutex_lock(&benchmark->jobs_lock);
    for (uint32_t i = 0; i < benchmark->job_count && !found; i++)
        if (benchmark->jobs[i]->level->number == level)
            found = benchmark->jobs[i];
    pthread_mutex_unlock(&benchmark->jobs_lock);
    return found;
}

/* Under the lock. */
static struct level_job *find_next(struct benchmark *benchmark)
{
    struct level_job *first = NULL;
    for (uint32_t i = 0; i < benchmark->job_count; i++) {
        struct level_job *job = benchmark->jobs[i];
        if (job->begun)
            continue;
        if (job->level->number == benchmark->urgent)
            return job;
        if (!first)
            first = job;
    }
    return first;
}

struct level_job *jobs_next(struct benchmark *benchmark)
{
    struct level_job *job;
    pthread_mutex_lock(&benchmark->jobs_lock);
    while (!(job = find_next(benchmark)) && benchmark->stay && !benchmark->finishing) {
        benchmark->waiting = true;
        pthread_cond_wait(&benchmark->jobs_changed, &benchmark->jobs_lock);
    }
    benchmark->waiting = false;
    benchmark->skip_level = false;
    benchmark->urgent = 0;
    if (job)
        job->begun = true;
    pthread_mutex_unlock(&benchmark->jobs_lock);
    return job;
}

void jobs_free_one(struct level_job *job)
{
    config_free(&job->config);
    plan_free(&job->own);
    free(job);
}
