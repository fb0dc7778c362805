#include "report/names.h"

#include <stdlib.h>

#include "base/memory.h"

static char *load_name(const struct level *level, const char *closed, const char *open)
{
    return level->rate > 0.0 ? xasprintf("%s%g", open, level->rate)
                             : xasprintf("%s%u", closed, level->concurrency);
}

/* Levels that never began have no names to give. */
static bool is_first_of_its_load(const struct run *run, const struct level *level)
{
    char *name = load_name(level, "C", "R");
    bool first = true;
    for (uint32_t i = 0; i < run->level_count && run->levels[i] != level; i++) {
        char *earlier = load_name(run->levels[i], "C", "R");
        first = first && !(run->levels[i]->round_count && strcmp(name, earlier) == 0);
        free(earlier);
    }
    free(name);
    return first;
}

static char *finish_name(char *load, const char *between, const struct run *run,
                         const struct level *level, const struct round *round, const char *mark,
                         const char *end)
{
    char level_mark[16] = "";
    if (!is_first_of_its_load(run, level))
        snprintf(level_mark, sizeof level_mark, "%sL%u", mark, level->number);
    char *name = xasprintf("%s%s%u%s%s", load, between, round->number, level_mark, end);
    free(load);
    return name;
}

char *files_round_name(const struct run *run, const struct level *level, const struct round *round)
{
    return finish_name(load_name(level, "concurrency_", "rate_"), "_round_", run, level, round, "_",
                       ".json");
}

char *round_column_name(const struct run *run, const struct level *level, const struct round *round)
{
    return finish_name(load_name(level, "Concurrency", "Rate"), "-Round", run, level, round, "-",
                       "");
}
