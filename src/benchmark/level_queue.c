#include "benchmark/level_queue.h"

#include <stdlib.h>

#include "base/memory.h"
#include "benchmark/changes.h"
#include "benchmark/jobs.h"
#include "benchmark/prepare.h"
#include "benchmark/tuning.h"
#include "config/config_words.h"
#include "config/level_options.h"

void level_queue_config(struct benchmark *benchmark, const struct level *level,
                        struct config *config)
{
    const struct level_job *job = jobs_find(benchmark, level->number);
    config_copy(config, job ? &job->config : benchmark->config);
    if (!job)
        jobs_narrow(config, &(struct level_plan){.concurrency = level->concurrency,
                                                 .rate = level->rate,
                                                 .count = level->samples});
    free(config->note);
    config->note = NULL;
}

const struct dataset *level_queue_dataset(struct benchmark *benchmark, const struct level *level)
{
    const struct level_job *job = jobs_find(benchmark, level->number);
    return job ? job->dataset : benchmark->dataset;
}

/* ---- the plan of one level ---- */

/* Rows of the dataset that levels took before, in order. */
static uint32_t rows_taken(struct benchmark *benchmark, const struct dataset *dataset)
{
    uint32_t taken = 0;
    pthread_mutex_lock(&benchmark->jobs_lock);
    for (uint32_t i = 0; i < benchmark->job_count; i++) {
        const struct level_job *job = benchmark->jobs[i];
        uint32_t end = job->load.first + job->load.count;
        if (job->dataset == dataset && end > taken)
            taken = end;
    }
    pthread_mutex_unlock(&benchmark->jobs_lock);
    return taken;
}

/* --num-samples as far as there are rows, without a word: a form shows what will be sent. */
static void bound_samples(struct config *config, uint32_t rows)
{
    for (size_t i = 0; i < config->num_samples.count; i++)
        if (config->num_samples.values[i] > rows)
            config->num_samples.values[i] = rows;
}

static bool make_plan(struct benchmark *benchmark, struct config *config,
                      const struct dataset *dataset, struct plan *plan, struct error *error)
{
    bound_samples(config, dataset->count);
    if (!plan_make(plan, config, dataset, error))
        return false;
    struct level_plan *load = &plan->levels[0];
    if (config->cold_start != COLD_DISJOINT)
        return true;
    load->first = rows_taken(benchmark, dataset);
    if ((uint64_t)load->first + load->count <= dataset->count)
        return true;
    error_set(error,
              "--cold-start disjoint: %u more rows are wanted, and %u of %u are left that no level "
              "took",
              load->count, dataset->count - load->first, dataset->count);
    plan_free(plan);
    return false;
}

static bool check(struct benchmark *benchmark, struct config *config, struct error *error)
{
    if (config->concurrency.count > 1 || config->request_rate.count > 1)
        return error_set(error, "%s: one value: a queued level is one level",
                         config->request_rate.count > 1 ? "--request-rate" : "--concurrency");
    if ((config->cold_start == COLD_RESET || config->reset_between_rounds) && !benchmark->reset_url)
        return error_set(error,
                         "%s: no way to reset the cache is known: the run had no "
                         "--reset-cache-url",
                         config->cold_start == COLD_RESET ? "--cold-start reset"
                                                          : "--reset-cache-between-rounds");
    return config_resolve_level(config, error);
}

static bool plan_level(struct benchmark *benchmark, struct config *config,
                       const struct dataset *dataset, struct plan *plan, struct error *error)
{
    if (!check(benchmark, config, error) || !make_plan(benchmark, config, dataset, plan, error))
        return false;
    if (prepare_has_room(benchmark, plan_peak_concurrency(plan), error))
        return true;
    plan_free(plan);
    return false;
}

/* One that the run has already, by its name and bytes, and its number; else what was read, and −1.
 */
static const struct dataset *find_dataset(const struct benchmark *benchmark,
                                          const struct dataset *read, int *number)
{
    const struct run *run = benchmark->run;
    for (*number = 0; *number <= (int)run->other_count; ++*number) {
        const struct dataset *known =
            *number ? benchmark->datasets[*number - 1] : benchmark->dataset;
        if (known->hash == read->hash && text_equal(text_of(known->name), text_of(read->name)))
            return known;
    }
    *number = -1;
    return read;
}

bool level_queue_check(struct benchmark *benchmark, struct config *config,
                       const struct dataset *dataset, struct level_plan *load, struct error *error)
{
    struct plan plan;
    int number;
    bool ok =
        plan_level(benchmark, config, find_dataset(benchmark, dataset, &number), &plan, error);
    if (ok) {
        *load = plan.levels[0];
        plan_free(&plan);
    }
    return ok;
}

/* ---- adding ---- */

static uint16_t take_dataset(struct benchmark *benchmark, struct dataset *read)
{
    uint16_t number = run_add_dataset(benchmark->run, read->name, read->hash);
    struct dataset *kept = xmalloc(sizeof *kept);
    *kept = *read;
    *read = (struct dataset){0};
    benchmark->datasets[number - 1] = kept;
    return number;
}

static bool has_room(const struct benchmark *benchmark, const struct dataset *read,
                     struct error *error)
{
    const struct run *run = benchmark->run;
    if (run->level_count == RUN_LEVELS_MAX)
        return error_set(error, "a run has at most %d levels", RUN_LEVELS_MAX);
    return !read || run->other_count < RUN_OTHER_DATASETS_MAX ||
           error_set(error, "a run has at most %d other datasets", RUN_OTHER_DATASETS_MAX);
}

static void begin_now(struct benchmark *benchmark, const struct level *level, bool now)
{
    pthread_mutex_lock(&benchmark->jobs_lock);
    if (now) {
        benchmark->urgent = level->number;
        benchmark->skip_level = !benchmark->waiting;
    }
    pthread_cond_signal(&benchmark->jobs_changed);
    pthread_mutex_unlock(&benchmark->jobs_lock);
}

uint16_t level_queue_add(struct benchmark *benchmark, struct config *config,
                         const struct level *like, struct dataset *read, bool now,
                         struct error *error)
{
    int known = like->dataset;
    const struct dataset *dataset =
        read ? find_dataset(benchmark, read, &known) : level_queue_dataset(benchmark, like);
    struct plan plan;
    if (!has_room(benchmark, read, error) || !plan_level(benchmark, config, dataset, &plan, error))
        return 0;
    uint16_t number = read && known < 0 ? take_dataset(benchmark, read) : (uint16_t)known;
    if (read)
        dataset_free(read);
    struct level_plan load = plan.levels[0];
    const struct level *level = jobs_add(benchmark, &load, config, number, &plan)->level;
    struct buffer words = {0};
    config_given_words(config, &words);
    benchmark_change(benchmark, "level", "L%u %s %s%s%s", level->number, level->label,
                     now ? "begins now" : "queued", words.size ? ":" : "",
                     words.size ? words.data : "");
    buffer_free(&words);
    begin_now(benchmark, level, now);
    if (now)
        tuning_skip_round(benchmark);
    return level->number;
}
