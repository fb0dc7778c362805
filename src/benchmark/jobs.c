#include "benchmark/jobs.h"

#include <stdlib.h>

#include "base/memory.h"

struct level_job *jobs_add(struct benchmark *benchmark, const struct level_plan *plan,
                           uint32_t rounds, const struct config *config)
{
    struct level *level =
        run_add_level(benchmark->run, plan->concurrency, plan->rate, plan->count, rounds);
    if (!level)
        return NULL;
    level->until_steady = config->rounds.until_steady;
    if (config->free_run != FREE_RUN_OFF)
        level_set_free_run(level);
    struct level_job *job = xcalloc(1, sizeof *job);
    *job = (struct level_job){.level = level, .plan = *plan, .config = config};
    pthread_mutex_lock(&benchmark->jobs_lock);
    benchmark->jobs[benchmark->job_count++] = job;
    pthread_mutex_unlock(&benchmark->jobs_lock);
    return job;
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
    if (job->own) {
        free(job->own->extra_body);
        free(job->own);
    }
    free(job);
}
