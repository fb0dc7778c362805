#include "report/baseline.h"

#include <math.h>
#include <stdlib.h>

#include "base/file.h"
#include "base/memory.h"
#include "result/journal.h"

/* ---- which run ---- */

bool baseline_read(struct baseline *baseline, const char *directory, struct error *error)
{
    char *path = path_join(directory, "journal.jsonl");
    *baseline = (struct baseline){.earlier = journal_read(path, error)};
    free(path);
    if (!baseline->earlier)
        return false;
    baseline->run = baseline->earlier;
    baseline->directory = realpath(directory, NULL);
    if (!baseline->directory)
        baseline->directory = xstrdup(directory);
    return true;
}

/* A run that is started anew in the same directory moves the one that was there. */
static bool read_moved(struct baseline *baseline, const struct baseline_choice *choice,
                       struct error *error)
{
    char began[64];
    clock_format_local(choice->start_wall_ns, began, sizeof began);
    char *directory = xasprintf("%s/earlier/%s", choice->directory, began);
    bool ok = baseline_read(baseline, directory, error);
    free(directory);
    if (!ok)
        return error_set(error, "%s holds another run by now", choice->directory);
    free(baseline->directory);
    baseline->directory = xstrdup(choice->directory);
    return true;
}

bool baseline_of_run(struct baseline *baseline, const struct run *run, struct error *error)
{
    const struct baseline_choice *choice = &run->baseline;
    *baseline = (struct baseline){.level = choice->level, .round = choice->round};
    if (!choice->directory && choice->level)
        baseline->run = run;
    if (!choice->directory)
        return true;
    bool ok = baseline_read(baseline, choice->directory, error);
    if (ok && baseline->run->anchor.wall_ns != choice->start_wall_ns) {
        baseline_free(baseline);
        ok = read_moved(baseline, choice, error);
    }
    return ok || error_prefix(error, "the baseline is gone");
}

void baseline_free(struct baseline *baseline)
{
    run_free(baseline->earlier);
    free(baseline->directory);
    *baseline = (struct baseline){0};
}

struct baseline_choice baseline_choice(const struct baseline *baseline)
{
    bool earlier = baseline->run && baseline->run == baseline->earlier;
    return (struct baseline_choice){
        .directory = earlier ? baseline->directory : NULL,
        .start_wall_ns = earlier ? baseline->run->anchor.wall_ns : 0,
        .level = baseline->level,
        .round = baseline->round,
    };
}

/* ---- which round ---- */

static bool same_prompts(const struct level *a, const struct level *b)
{
    return a->prompts_key == b->prompts_key;
}

/* Of two runs with different datasets as of one: what is said of them, once, is enough. One that
 * the form gave other options than its run is like no other. */
static bool both_as_their_runs(const struct level *a, const struct level *b)
{
    return !a->own_words && !b->own_words;
}

static const struct level *find_level(const struct run *run, const struct level *like,
                                      bool (*matches)(const struct level *, const struct level *))
{
    uint32_t count = atomic_load_explicit(&run->level_count, memory_order_acquire);
    for (uint32_t i = 0; i < count; i++) {
        const struct level *level = run->levels[i];
        if (level_same_load(level, like) && matches(level, like) && level->round_count &&
            !level->hidden)
            return level;
    }
    return NULL;
}

static const struct level *level_of(const struct baseline *baseline, const struct level *level)
{
    if (baseline->level)
        return run_find_level(baseline->run, baseline->level);
    const struct level *same = find_level(baseline->run, level, same_prompts);
    return same ? same : find_level(baseline->run, level, both_as_their_runs);
}

bool baseline_find(const struct baseline *baseline, const struct level *level,
                   const struct round *round, const struct level **found_level,
                   const struct round **found)
{
    if (!baseline || !baseline->run || !(*found_level = level_of(baseline, level)))
        return false;
    uint32_t count = atomic_load_explicit(&(*found_level)->round_count, memory_order_acquire);
    uint16_t wanted = baseline->round ? baseline->round : round->number;
    *found = level_find_round(*found_level, wanted);
    if (!*found && count)
        *found = &(*found_level)->rounds[count - 1];
    return *found && *found != round;
}

void baseline_name(const struct baseline *baseline, const struct level *level,
                   const struct round *round, struct buffer *out)
{
    buffer_printf(out, "baseline L%u R%u", level->number, round->number);
    if (baseline->run == baseline->earlier && baseline->directory) {
        char *name = text_visible(text_of(path_base(baseline->directory)), 40);
        buffer_printf(out, " of %s", name);
        free(name);
    }
}

/* ---- differences ---- */

void differences_make(struct differences *differences, const struct baseline *baseline,
                      const struct level *old_level, const struct round *old_round,
                      const struct run *run, const struct round *round, const struct summary *now)
{
    *differences = (struct differences){.level = old_level, .round = old_round};
    summary_make(&differences->before, baseline->run, old_level, old_round);
    const struct compare_cell before = {.run = baseline->run, .round = old_round};
    const struct compare_cell after = {.run = run, .round = round};
    for (size_t i = 0; i < COMPARE_FIGURE_COUNT; i++) {
        const struct compare_figure *figure = &compare_figures[i];
        struct difference *difference = &differences->figures[i];
        difference->before = figure->value(&differences->before);
        difference->now = figure->value(now);
        if (figure->metric != METRIC_COUNT)
            compare_rounds(&difference->comparison, figure->metric, &before, &after);
        difference->change = compare_change_between(figure, difference->before, difference->now,
                                                    &difference->comparison);
    }
}

void differences_free(struct differences *differences)
{
    summary_free(&differences->before);
    *differences = (struct differences){0};
}

static size_t find_figure(const char *key)
{
    size_t i = 0;
    while (i + 1 < COMPARE_FIGURE_COUNT && strcmp(compare_figures[i].key, key) != 0)
        i++;
    return i;
}

const struct difference *differences_of(const struct differences *differences, const char *key)
{
    return &differences->figures[find_figure(key)];
}

bool difference_is_noise(const struct difference *difference)
{
    return difference->comparison.has_interval &&
           difference->comparison.word == COMPARISON_NOT_SHOWN;
}

struct figure difference_text(const struct differences *differences, const char *key)
{
    size_t which = find_figure(key);
    const struct difference *difference = &differences->figures[which];
    bool count = compare_figures[which].is_count, share = compare_figures[which].is_share;
    struct figure figure = {"-"};
    double rounded =
        round(count ? difference->now - difference->before : difference->change.change * 100.0) +
        0.0;
    if (!isfinite(rounded))
        return figure;
    const char *unit = count ? "" : share ? " pt" : " %";
    bool noise = difference_is_noise(difference);
    snprintf(figure.text, sizeof figure.text, rounded == 0.0 ? "%s%.0f%s%s" : "%s%+.0f%s%s",
             noise ? "(" : "", rounded, unit, noise ? ")" : "");
    return figure;
}

bool baseline_differences(struct differences *differences, const struct baseline *baseline,
                          const struct run *run, const struct level *level,
                          const struct round *round, const struct summary *now)
{
    const struct level *old_level;
    const struct round *old_round;
    if (!baseline_find(baseline, level, round, &old_level, &old_round))
        return false;
    differences_make(differences, baseline, old_level, old_round, run, round, now);
    return true;
}

/* ---- for people ---- */

/* What makes it another thing altogether. */
static void add_caveats(struct buffer *out, const struct run *then, const struct level *old_level,
                        const struct run *now, const struct level *level)
{
    if (then->model && now->model && strcmp(then->model, now->model) != 0)
        buffer_printf(out, "; another model: %s", then->model);
    if (run_level_dataset(then, old_level)->hash != run_level_dataset(now, level)->hash)
        buffer_add_string(out, "; another dataset, so not paired");
}

static void add_words(struct buffer *out, const struct differences *differences)
{
    static const char *const keys[] = {"ttft_p50",         "ttft_p99", "itl_p50", "latency_p50",
                                       "token_throughput", "goodput",  "slo"};
    bool noise = false;
    for (size_t i = 0; i < ARRAY_SIZE(keys); i++) {
        const struct difference *difference = differences_of(differences, keys[i]);
        if (!isfinite(difference->change.change))
            continue;
        noise |= difference_is_noise(difference);
        const struct compare_figure *figure = &compare_figures[find_figure(keys[i])];
        buffer_printf(out, "%s%s %s, ", figure->title, figure->unit[0] == '/' ? figure->unit : "",
                      difference_text(differences, keys[i]).text);
    }
    const struct difference *cached = differences_of(differences, "cached");
    buffer_printf(out, "cached %s → ", figure_share(cached->before).text);
    buffer_printf(out, "%s", figure_share(cached->now).text);
    if (noise)
        buffer_add_string(out, " (in brackets: no more than noise)");
}

void baseline_print(struct buffer *out, const struct baseline *baseline, const struct run *run,
                    const struct level *level, const struct round *round, struct table_style style)
{
    struct summary now;
    struct differences differences;
    summary_make(&now, run, level, round);
    if (baseline_differences(&differences, baseline, run, level, round, &now)) {
        struct page page = page_begin(out, style);
        struct buffer words = {0};
        buffer_add_string(&words, "Against ");
        baseline_name(baseline, differences.level, differences.round, &words);
        buffer_add_string(&words, ": ");
        add_words(&words, &differences);
        add_caveats(&words, baseline->run, differences.level, run, level);
        page_paragraph(&page, 0, words.data);
        page_printf(&page, "\n");
        page_end(&page);
        buffer_free(&words);
        differences_free(&differences);
    }
    summary_free(&now);
}
