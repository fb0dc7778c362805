#include "benchmark/plan.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/log.h"
#include "base/memory.h"
#include "base/random.h"
#include "benchmark/estimate.h"
#include "benchmark/needs.h"
#include "benchmark/prefix.h"
#include "client/tokenizer.h"
#include "result/run.h"

static bool make_levels(struct plan *plan, const struct config *config, struct error *error)
{
    const struct real_list *rates = &config->request_rate;
    const struct int_list *concurrency = &config->concurrency;
    bool open = rates->count > 0;
    plan->level_count = (uint32_t)(open                 ? rates->count
                                   : concurrency->count ? concurrency->count
                                                        : 1);
    if (plan->level_count > RUN_LEVELS_MAX)
        return error_set(error, "%u levels: a run has at most %d", plan->level_count,
                         RUN_LEVELS_MAX);
    plan->levels = xcalloc(plan->level_count, sizeof *plan->levels);
    for (uint32_t i = 0; i < plan->level_count; i++) {
        struct level_plan *level = &plan->levels[i];
        if (open) {
            level->rate = rates->values[i];
            level->concurrency = concurrency->count ? (uint32_t)concurrency->values[0] : 0;
        } else {
            level->concurrency = concurrency->count ? (uint32_t)concurrency->values[i] : 1;
        }
    }
    return true;
}

/* Rows of each level: the same first ones, or with disjoint levels the next ones. */
static bool deal_rows(struct plan *plan, const struct config *config, uint32_t rows,
                      struct error *error)
{
    const struct int_list *wanted = &config->num_samples;
    bool disjoint = config->cold_start == COLD_DISJOINT;
    uint32_t first = 0;
    for (uint32_t i = 0; i < plan->level_count; i++) {
        struct level_plan *level = &plan->levels[i];
        int64_t asked = rows;
        if (wanted->count)
            asked = wanted->values[wanted->count > 1 ? i : 0];
        else if (disjoint)
            asked = rows < plan->level_count ? 1 : rows / plan->level_count;
        if (disjoint && first + asked > rows)
            return error_set(error,
                             "--cold-start disjoint: level %u needs rows %u to %" PRId64
                             ", the dataset has %u: give fewer --num-samples or levels, or "
                             "--cold-start salt",
                             i + 1, first + 1, first + asked, rows);
        if (asked > rows && (i == 0 || wanted->count > 1))
            log_warning("--num-samples %" PRId64 ": the dataset has %u rows, each is sent once",
                        asked, rows);
        level->first = disjoint ? first : 0;
        level->count = asked < rows ? (uint32_t)asked : rows;
        first += level->count;
    }
    return true;
}

bool plan_make(struct plan *plan, const struct config *config, const struct dataset *dataset,
               struct error *error)
{
    *plan = (struct plan){.rounds = (uint32_t)config->rounds.most,
                          .until_steady = config->rounds.until_steady,
                          .free_run = config->free_run != FREE_RUN_OFF};
    plan->order = xmalloc(dataset->count * sizeof *plan->order);
    for (uint32_t i = 0; i < dataset->count; i++)
        plan->order[i] = i;
    if (config->shuffle) {
        struct random random;
        random_seed(&random, config->seed);
        random_permutation(&random, plan->order, dataset->count);
    }
    if (make_levels(plan, config, error) && deal_rows(plan, config, dataset->count, error))
        return true;
    plan_free(plan);
    return false;
}

void plan_free(struct plan *plan)
{
    free(plan->order);
    free(plan->levels);
    *plan = (struct plan){0};
}

/* Of a round. */
static uint64_t count_requests(const struct plan *plan, const struct level_plan *level,
                               const struct config *config, const struct dataset *dataset)
{
    uint64_t requests = 0;
    for (uint32_t row = 0; row < level->count; row++)
        requests += conversation_turns(config, &dataset->samples[plan->order[level->first + row]]);
    return requests;
}

static void print_level(struct buffer *out, uint32_t number, const struct plan *plan,
                        const struct level_plan *level, uint64_t requests, double seconds)
{
    char load[32];
    if (level->rate > 0)
        snprintf(load, sizeof load, "%g req/s", level->rate);
    else
        snprintf(load, sizeof load, "C=%u", level->concurrency);
    char rounds[32];
    snprintf(rounds, sizeof rounds, plan->until_steady ? "3 to %u" : "%u", plan->rounds);
    if (plan->free_run)
        snprintf(rounds, sizeof rounds, "passes");
    buffer_printf(out, "L%-5u %-14s %-7s %-17" PRIu64 " ", number, load, rounds, requests);
    estimate_format(seconds, out);
    buffer_add_char(out, '\n');
}

/* What "auto" comes to: see resolve_cold_start in benchmark.c. */
static const char *cold_words(const struct plan *plan, const struct config *config,
                              bool builtin_server)
{
    if (config->cold_start != COLD_AUTO)
        return cold_start_name(config->cold_start);
    if (config->reset_cache_url || builtin_server)
        return "auto: a reset of the cache before each level";
    return plan->level_count > 1 ? "auto: the first level as it is, the later ones by a salt"
                                 : "auto: as it is, with neither reset nor salt";
}

struct plan_total plan_print(const struct plan *plan, const struct config *config,
                             const struct dataset *dataset, bool builtin_server, struct buffer *out)
{
    struct needs needs = needs_of(config, plan_peak_concurrency(plan), builtin_server);
    struct plan_total total = {0};
    buffer_printf(out, "endpoint  %s\n", config->endpoint);
    buffer_printf(out, "dataset   %s, %u rows", dataset->name, dataset->count);
    if (dataset->skipped)
        buffer_printf(out, ", %u bad ones skipped", dataset->skipped);
    buffer_printf(out, "\ncold      %s\n", cold_words(plan, config, builtin_server));
    buffer_printf(out, "files     %s\n",
                  config->output_dir ? config->output_dir : "results/<date-time>");
    needs_print(&needs, out);
    buffer_printf(out, "\nlevel  load           rounds  requests a round  about\n");
    for (uint32_t i = 0; i < plan->level_count; i++) {
        const struct level_plan *level = &plan->levels[i];
        uint64_t requests = count_requests(plan, level, config, dataset);
        double seconds = estimate_level_s(plan, level, requests, config, dataset);
        print_level(out, i + 1, plan, level, requests, seconds);
        total.requests += requests * plan->rounds;
        total.seconds += seconds;
    }
    buffer_printf(out, "\n%s%" PRIu64 " requests in all, in about ",
                  plan->free_run       ? "until stopped; two passes are "
                  : plan->until_steady ? "at most "
                                       : "",
                  total.requests);
    estimate_format(total.seconds, out);
    buffer_add_string(out, " (");
    estimate_assumption(config, out);
    buffer_add_string(out, ");\nnothing was sent (--dry-run)\n");
    return total;
}

uint32_t plan_peak_concurrency(const struct plan *plan)
{
    uint32_t peak = 1;
    for (uint32_t i = 0; i < plan->level_count; i++) {
        const struct level_plan *level = &plan->levels[i];
        uint32_t streams = level->concurrency ? level->concurrency : level->count;
        if (streams > level->count)
            streams = level->count;
        if (streams > peak)
            peak = streams;
    }
    return peak;
}

static void count_planned(struct level_requests *requests)
{
    requests->planned = 0;
    for (uint32_t i = 0; i < requests->count; i++)
        requests->planned += requests->order[i]->turns;
}

static void allocate(struct level_requests *out, uint32_t conversation_count,
                     uint32_t request_count)
{
    *out = (struct level_requests){.count = conversation_count,
                                   .conversation_count = conversation_count,
                                   .request_count = request_count};
    out->requests = xcalloc(request_count, sizeof *out->requests);
    out->conversations = xcalloc(conversation_count, sizeof *out->conversations);
    out->order = xcalloc(conversation_count, sizeof *out->order);
    out->rules = xcalloc(1, sizeof *out->rules);
}

static void make_conversations(struct level_requests *out, const struct body_shape *shape,
                               const struct sample *const *samples, struct text salt)
{
    struct prefix_set prefixes;
    struct buffer texts = {0};
    uint32_t next = 0;
    *out->rules = (struct conversation_rules){shape, salt};
    prefix_set_init(&prefixes, out->count);
    for (uint32_t i = 0; i < out->count; i++) {
        struct row_lengths *row = out->lengths.rows ? &out->lengths.rows[i] : NULL;
        struct request *first = &out->requests[next];
        first->index = next;
        buffer_clear(&texts);
        conversation_init(&out->conversations[i], out->rules, row ? &row->sample : samples[i],
                          row ? &row->messages : NULL, first, &texts);
        prefix_set_add(&prefixes, buffer_text(&texts));
        out->order[i] = first;
        next += first->turns;
    }
    prefix_set_measure(&prefixes, out->conversations);
    prefix_set_free(&prefixes);
    buffer_free(&texts);
    count_planned(out);
}

void level_requests_build(struct level_requests *out, const struct plan *plan,
                          const struct level_plan *level, const struct dataset *dataset,
                          const struct body_shape *shape, struct text salt)
{
    const struct config *config = shape->config;
    const struct sample **samples = xcalloc(level->count, sizeof *samples);
    uint32_t request_count = 0;
    for (uint32_t i = 0; i < level->count; i++) {
        samples[i] = &dataset->samples[plan->order[level->first + i]];
        request_count += conversation_turns(config, samples[i]);
    }
    allocate(out, level->count, request_count);
    if (shape->tokenizer)
        lengths_make(&out->lengths, shape, samples, level->count, salt);
    make_conversations(out, shape, samples, salt);
    free(samples);
}

void level_requests_free(struct level_requests *requests)
{
    for (uint32_t i = 0; i < requests->conversation_count; i++)
        conversation_free(&requests->conversations[i]);
    free(requests->conversations);
    free(requests->rules);
    lengths_free(&requests->lengths);
    free(requests->requests);
    free(requests->order);
    *requests = (struct level_requests){0};
}

void level_requests_keep_sent(struct level_requests *requests, const struct round *first)
{
    bool *sent = xcalloc(requests->request_count, sizeof *sent);
    uint32_t records = round_record_count(first), kept = 0;
    for (uint32_t i = 0; i < records; i++)
        sent[first->records[i].index] = true;
    for (uint32_t i = 0; i < requests->count; i++)
        if (sent[requests->order[i]->index])
            requests->order[kept++] = requests->order[i];
    requests->count = kept;
    count_planned(requests);
    free(sent);
}

void level_requests_learn(const struct level_requests *requests, const struct round *first)
{
    struct tokenizer *tokenizer = requests->rules->shape->tokenizer;
    double estimated = 0, counted = 0;
    if (!tokenizer)
        return;
    uint32_t template = tokenizer_template_tokens(tokenizer);
    for (uint32_t i = 0; i < round_record_count(first); i++) {
        const struct record *record = &first->records[i];
        if (record->turn > 1 || record->dropped_turns || record->prompt_tokens == TOKENS_UNKNOWN ||
            record->prompt_tokens <= template)
            continue;
        ptrdiff_t row = requests->requests[record->index].conversation - requests->conversations;
        estimated += requests->lengths.rows[row].estimated_tokens;
        counted += record->prompt_tokens - template;
    }
    tokenizer_learn(tokenizer, estimated, counted);
}

void level_requests_shuffle(struct level_requests *requests, uint64_t seed)
{
    struct random random;
    random_seed(&random, seed);
    for (uint32_t i = requests->count; i > 1; i--) {
        uint32_t other = (uint32_t)random_below(&random, i);
        const struct request *last = requests->order[i - 1];
        requests->order[i - 1] = requests->order[other];
        requests->order[other] = last;
    }
}

static int compare_u32(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}

static uint32_t median_prompt_bytes(const struct level_requests *requests)
{
    uint32_t *sizes = xmalloc(requests->count * sizeof *sizes);
    for (uint32_t i = 0; i < requests->count; i++)
        sizes[i] = requests->order[i]->prompt_bytes;
    qsort(sizes, requests->count, sizeof *sizes, compare_u32);
    uint32_t median = requests->count ? sizes[requests->count / 2] : 0;
    free(sizes);
    return median;
}

/* Words that no dataset begins with, so that warming up warms no prompt. */
static void random_words(struct buffer *out, uint32_t bytes, struct random *random)
{
    buffer_add_char(out, '"');
    while (out->size < bytes + 2u || out->size < 8) {
        uint64_t length = 3 + random_below(random, 6);
        for (uint64_t i = 0; i < length; i++)
            buffer_add_char(out, (char)('a' + random_below(random, 26)));
        buffer_add_char(out, ' ');
    }
    out->data[out->size - 1] = '"';
}

void level_requests_build_warmup(struct level_requests *out, uint32_t count,
                                 const struct level_requests *like, const struct body_shape *shape,
                                 uint64_t seed)
{
    /* Without the system prompt, which all prompts of a level may begin with. */
    struct config config = *shape->config;
    struct body_shape bare = *shape;
    config.system_prompt = NULL;
    bare.config = &config;

    allocate(out, count, count);
    *out->rules = (struct conversation_rules){.shape = &bare};
    struct buffer texts = {0};
    uint32_t bytes = median_prompt_bytes(like);
    struct random random;
    random_seed(&random, seed);
    for (uint32_t i = 0; i < count; i++) {
        struct buffer content = {0};
        random_words(&content, bytes, &random);
        struct message message = {.role = "user", .content = buffer_text(&content)};
        struct sample sample = {.messages = &message,
                                .message_count = 1,
                                .max_tokens = -1,
                                .prompt = {content.data + 1, content.size - 2}};
        out->requests[i].index = i;
        conversation_init(&out->conversations[i], out->rules, &sample, NULL, &out->requests[i],
                          &texts);
        out->order[i] = &out->requests[i];
        buffer_free(&content);
    }
    buffer_free(&texts);
    count_planned(out);
    /* Asked once, they need no more of what this function had. */
    out->rules->shape = shape;
}
