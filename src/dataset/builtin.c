#include "dataset/builtin.h"

#include "base/embed.h"
#include "base/file.h"
#include "base/memory.h"
#include "dataset/dataset.h"

/* symbol, name, file under datasets/. The paths are seen from the top of the source tree. */
#define BUILTINS(X)                                             \
    X(example, "example", "example_dataset.json")               \
    X(single_prompts, "single-prompts", "single_prompts.jsonl") \
    X(multi_turn, "multi-turn", "multi_turn.jsonl")             \
    X(shared_prefix, "shared-prefix", "shared_prefix.jsonl")    \
    X(chinese, "chinese", "chinese.jsonl")                      \
    X(mixed_scripts, "mixed-scripts", "mixed_scripts.jsonl")    \
    X(demo, "demo", "demo.jsonl")

#define EMBED(symbol, name, file) EMBED_FILE(builtin_##symbol, "datasets/" file)

BUILTINS(EMBED)

#define ROW(symbol, name, file)  {name, file, builtin_##symbol, builtin_##symbol##_end},
#define NAME(symbol, name, file) name,

static const struct {
    const char *name, *file, *start, *end;
} builtins[] = {BUILTINS(ROW)};

const char *const dataset_builtin_names[] = {BUILTINS(NAME) NULL};

bool builtin_find(const char *name, struct text *content)
{
    for (size_t i = 0; i < ARRAY_SIZE(builtins); i++) {
        if (strcmp(name, builtins[i].name) != 0)
            continue;
        *content = (struct text){builtins[i].start, (size_t)(builtins[i].end - builtins[i].start)};
        return true;
    }
    return false;
}

const char *builtin_for_file(const char *path)
{
    const char *base = path_base(path);
    for (size_t i = 0; i < ARRAY_SIZE(builtins); i++)
        if (strcmp(base, builtins[i].file) == 0 || strcmp(base, builtins[i].name) == 0)
            return builtins[i].name;
    return NULL;
}
