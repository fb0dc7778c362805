#include "dataset/survey.h"

#include <stdlib.h>

#include "base/memory.h"
#include "dataset/tokens.h"
#include "mock/prefix_cache.h"

struct prompt_hash {
    uint64_t hash;
    uint32_t line;
};

static void count_form(struct survey *survey, const struct sample *sample)
{
    survey->forms[sample->form]++;
    survey->questions += sample->user_turns;
    survey->with_limit += sample->max_tokens > 0;
    survey->sessions += sample->is_session;
    if (sample->is_session && sample->user_turns > survey->most_turns)
        survey->most_turns = sample->user_turns;
}

/* Roles count: the same words as a system message and as a question are two prompts. */
static uint64_t hash_sample(const struct sample *sample, struct buffer *text)
{
    uint64_t hash = TEXT_HASH_SEED;
    for (uint32_t i = 0; i < sample->message_count; i++) {
        struct sample message = {.messages = &sample->messages[i], .message_count = 1};
        buffer_clear(text);
        sample_plain_text(&message, text);
        hash = text_hash(hash, text_of(sample->messages[i].role));
        hash = text_hash(text_hash(hash, TEXT("\n")), buffer_text(text));
        hash = text_hash(hash, (struct text){"\0", 1});
    }
    return hash;
}

static int by_hash_and_line(const void *left, const void *right)
{
    const struct prompt_hash *a = left, *b = right;
    if (a->hash != b->hash)
        return a->hash < b->hash ? -1 : 1;
    return (a->line > b->line) - (a->line < b->line);
}

static void find_repeated(struct survey *survey, struct prompt_hash *hashes, uint32_t count)
{
    qsort(hashes, count, sizeof *hashes, by_hash_and_line);
    for (uint32_t i = 1; i < count; i++) {
        if (hashes[i].hash != hashes[i - 1].hash)
            continue;
        if (survey->repeated++ == 0 || hashes[i].line < survey->repeated_line) {
            survey->repeated_line = hashes[i].line;
            survey->repeats_line = hashes[i - 1].line;
        }
    }
}

struct cache_share {
    struct prefix_cache cache;
    uint64_t tokens, found_first, found_again;
};

/* One request, in the order of round 1. Round 2 finds all of its full blocks. */
static void take_request(struct cache_share *share, struct text text)
{
    struct prompt_blocks blocks;
    prompt_blocks_init(&blocks, text, 0);
    share->tokens += blocks.tokens;
    share->found_first += prefix_cache_match(&share->cache, &blocks);
    prefix_cache_insert(&share->cache, &blocks);
    share->found_again += prefix_cache_match(&share->cache, &blocks);
    prompt_blocks_free(&blocks);
}

static void take_sample(struct cache_share *share, const struct sample *sample, struct buffer *text)
{
    buffer_clear(text);
    for (uint32_t i = 0; i < sample->message_count; i++) {
        struct sample message = {.messages = &sample->messages[i], .message_count = 1};
        bool is_reply = strcmp(sample->messages[i].role, "assistant") == 0;
        if (sample->is_session && is_reply)
            continue; /* the model gives its own */
        if (text->size)
            buffer_add_string(text, "\n\n");
        sample_plain_text(&message, text);
        bool is_last = i + 1 == sample->message_count;
        if (is_last || (sample->is_session && message_is_question(&sample->messages[i])))
            take_request(share, buffer_text(text));
    }
}

void survey_make(struct survey *survey, const struct dataset *dataset)
{
    *survey = (struct survey){0};
    struct cache_share share = {0};
    struct buffer text = {0};
    survey->lengths = xcalloc(dataset->count + 1, sizeof *survey->lengths);
    struct prompt_hash *hashes = xcalloc(dataset->count + 1, sizeof *hashes);
    prefix_cache_init(&share.cache, INT64_MAX);
    for (uint32_t i = 0; i < dataset->count; i++) {
        const struct sample *sample = &dataset->samples[i];
        count_form(survey, sample);
        hashes[i] = (struct prompt_hash){hash_sample(sample, &text), sample->line};
        buffer_clear(&text);
        sample_plain_text(sample, &text);
        survey->lengths[i] = (uint64_t)(tokens_estimate(buffer_text(&text)) + 0.5);
        survey->total_tokens += survey->lengths[i];
        take_sample(&share, sample, &text);
    }
    survey->tokens = statistics_of(survey->lengths, dataset->count);
    find_repeated(survey, hashes, dataset->count);
    if (share.tokens) {
        survey->cached_first = (double)share.found_first / (double)share.tokens;
        survey->cached_again = (double)share.found_again / (double)share.tokens;
    }
    prefix_cache_free(&share.cache);
    buffer_free(&text);
    free(hashes);
}

void survey_free(struct survey *survey)
{
    free(survey->lengths);
    survey->lengths = NULL;
}
