/* What a level was sent with, where that is not what the run says of all its levels. */
#include <stdlib.h>

#include "base/json.h"
#include "base/memory.h"
#include "config/level_options.h"
#include "result/run.h"

uint16_t run_add_dataset(struct run *run, const char *name, uint64_t hash)
{
    uint32_t count = run->other_count;
    if (count == RUN_OTHER_DATASETS_MAX)
        return 0;
    struct run_dataset *dataset = xcalloc(1, sizeof *dataset);
    dataset->name = xstrdup(name);
    dataset->hash = hash;
    run->others[count] = dataset;
    atomic_store_explicit(&run->other_count, count + 1, memory_order_release);
    return (uint16_t)(count + 1);
}

const struct run_dataset *run_level_dataset(const struct run *run, const struct level *level)
{
    return level->dataset ? run->others[level->dataset - 1] : &run->dataset;
}

const struct prompt *run_find_question(const struct run *run, const struct level *level,
                                       uint32_t row, uint16_t turn)
{
    return run_dataset_find(run_level_dataset(run, level), row, turn);
}

static bool find_option(const char *options_json, const char *key, struct text *value)
{
    struct json_scan scan = json_scan_begin(text_of(options_json));
    struct text found;
    if (!options_json || !json_enter_object(&scan))
        return false;
    while (json_next_key(&scan, &found) && json_scan_raw(&scan, value))
        if (text_is(found, key))
            return true;
    return false;
}

bool run_option(const struct run *run, const struct level *level, const char *key,
                struct text *value)
{
    return (level && find_option(level->options_json, key, value)) ||
           find_option(run->config_json, key, value);
}

/* Of all that shapes a prompt. */
static uint64_t prompts_key(const struct run *run, const struct level *level)
{
    uint64_t hash = run_level_dataset(run, level)->hash;
    uint64_t key = text_hash(TEXT_HASH_SEED, (struct text){(const char *)&hash, sizeof hash});
    for (size_t i = 0; i < level_options_count; i++) {
        char name[64];
        struct text value;
        if (!level_options[i].shapes_prompts || strcmp(level_options[i].name, "dataset") == 0)
            continue;
        option_recipe_key(options_find(level_options[i].name), name);
        if (run_option(run, level, name, &value))
            key = text_hash(key, value);
    }
    return key;
}

static void add_word(struct buffer *out, const char *name, struct text value)
{
    const char *blank = out->size ? " " : "";
    struct buffer plain = {0};
    if (value.size >= 2 && value.data[0] == '"')
        json_unescape(&plain, (struct text){value.data + 1, value.size - 2});
    else
        buffer_add_text(&plain, text_is(value, "null") ? TEXT("-") : value);
    if (text_is(value, "true") || text_is(value, "false"))
        buffer_printf(out, "%s--%s%s", blank, text_is(value, "true") ? "" : "no-", name);
    else
        buffer_printf(out, "%s--%s %.*s", blank, name, (int)plain.size, plain.data);
    buffer_free(&plain);
}

/* What the level has other than the run; NULL when there is nothing. */
static char *own_words(const struct run *run, const struct level *level)
{
    struct buffer out = {0};
    for (size_t i = 0; level->options_json && i < level_options_count; i++) {
        const struct option *option = options_find(level_options[i].name);
        char key[64];
        struct text own, common;
        option_recipe_key(option, key);
        if (!level_options[i].told && run_option(run, level, key, &own) &&
            run_option(run, NULL, key, &common) && !text_equal(own, common))
            add_word(&out, option->name, own);
    }
    return out.size ? buffer_take(&out) : NULL;
}

void run_settle_level(const struct run *run, struct level *level)
{
    level->prompts_key = prompts_key(run, level);
    free(level->own_words);
    level->own_words = own_words(run, level);
}
