#include "report/compare_notes.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/memory.h"
#include "config/options.h"
#include "report/page.h"
#include "report/remarks.h"

/* Above it replies are not of the same length. */
#define LENGTH_CHANGE 0.05

__attribute__((format(printf, 4, 5))) static void add_note(struct compare *compare, bool grave,
                                                           size_t side, const char *format, ...)
{
    char *text;
    va_list args;
    va_start(args, format);
    if (vasprintf(&text, format, args) < 0)
        die("out of memory (while formatting a text)");
    va_end(args);
    for (size_t i = 0; i < compare->note_count; i++)
        if (compare->notes[i].side == side && strcmp(compare->notes[i].text, text) == 0) {
            free(text);
            return;
        }
    compare->notes = xreallocarray(compare->notes, compare->note_count + 1, sizeof *compare->notes);
    compare->notes[compare->note_count++] = (struct compare_note){grave, side, text};
}

void compare_list_levels(struct buffer *out, const struct compare *compare, size_t side)
{
    const char *before = "";
    for (size_t i = 0; i < compare->sides[side].saved[0].count; i++) {
        const struct run *run = compare->sides[side].saved[0].runs[i].run;
        for (uint32_t l = 0; l < run->level_count; l++) {
            if (run->levels[l]->round_count == 0)
                continue;
            buffer_printf(out, "%s%s%s%s", before, run->stage ? run->stage : "",
                          run->stage ? " " : "", run->levels[l]->label);
            before = ", ";
        }
    }
    if (!before[0])
        buffer_add_string(out, "no requests");
}

/* ---- what was asked for ---- */

/* Told elsewhere, or without effect on a figure. */
static bool is_told_elsewhere(const char *name)
{
    static const char *const names[] = {"dataset",      "endpoint",  "model",        "note",
                                        "concurrency",  "dry-run",   "request-rate", "wait-ready",
                                        "give-up",      "mock-host", "mock-port",    "slo-file",
                                        "cacert",       "cert",      "key",          "mock-model",
                                        "mock-api-key", "api-key",   "header"};
    for (size_t i = 0; i < ARRAY_SIZE(names); i++)
        if (strcmp(names[i], name) == 0)
            return true;
    return false;
}

static bool bears_on_figures(const struct option *option)
{
    static const bool groups[] = {
        [GROUP_WHAT] = true,    [GROUP_LOAD] = true,       [GROUP_CACHE] = true,
        [GROUP_REQUEST] = true, [GROUP_CONNECTION] = true, [GROUP_SLO] = true,
        [GROUP_MOCK] = true};
    return option->group < ARRAY_SIZE(groups) && groups[option->group] &&
           !is_told_elsewhere(option->name);
}

/* More or fewer tokens are another work. */
static bool limits_output(const char *name)
{
    static const char *const names[] = {"max-output-tokens", "min-output-tokens", "ignore-eos"};
    for (size_t i = 0; i < ARRAY_SIZE(names); i++)
        if (strcmp(names[i], name) == 0)
            return true;
    return false;
}

/* As it is written; false when the run's journal does not know the option. */
static bool find_value(const struct compare_cell *cell, const struct option *option,
                       struct text *value)
{
    char key[64];
    option_recipe_key(option, key);
    return run_option(cell->run, cell->level, key, value);
}

static struct text plain(struct text value)
{
    if (value.size >= 2 && value.data[0] == '"')
        return (struct text){value.data + 1, value.size - 2};
    return text_is(value, "null") || text_is(value, "[]") ? TEXT("-") : value;
}

/* Two rounds that are compared, by the names that notes give their runs. */
struct both {
    struct compare *compare;
    size_t side; /* of the other */
    const char *where, *stage;
    const struct compare_cell *first, *other;
    char *a, *b; /* "A", or "A (old/2)" where a side has several */
};

static void note_options(const struct both *both)
{
    for (size_t i = 0; i < options_count; i++) {
        const struct option *option = &options_table[i];
        struct text a, b;
        if (!bears_on_figures(option) || !find_value(both->first, option, &a) ||
            !find_value(both->other, option, &b) || text_equal(a, b))
            continue;
        a = plain(a);
        b = plain(b);
        bool grave = limits_output(option->name);
        add_note(both->compare, grave, both->side, "%s%s--%s: %s %.*s, %s %.*s", both->stage,
                 grave ? "other output limit, " : "", option->name, both->a, (int)a.size, a.data,
                 both->b, (int)b.size, b.data);
    }
}

/* ---- what they ran against ---- */

static void note_text(const struct both *both, bool grave, const char *what, const char *first,
                      const char *other)
{
    if (!text_equal(text_of(first), text_of(other)))
        add_note(both->compare, grave, both->side, "%s: %s %s, %s %s", what, both->a,
                 first ? first : "-", both->b, other ? other : "-");
}

/* A run's machine is JSON of several lines' worth: what of it differs does not fit a note. */
static void note_runs(const struct both *both)
{
    const struct run *first = both->first->run, *other = both->other->run;
    note_text(both, true, "other model", first->model, other->model);
    const struct run_dataset *sent = run_level_dataset(first, both->first->level);
    const struct run_dataset *other_sent = run_level_dataset(other, both->other->level);
    if (sent->hash != other_sent->hash)
        add_note(both->compare, true, both->side,
                 "other dataset: %s %s, %s %s; requests are not paired", both->a, sent->name,
                 both->b, other_sent->name);
    if (first->clock_rate > 1 || other->clock_rate > 1)
        add_note(both->compare, true, both->side,
                 "the clock was driven (%s %u times as fast, %s %u): no time is true", both->a,
                 first->clock_rate, both->b, other->clock_rate);
    note_options(both);
    note_text(both, false, "engine", first->engine, other->engine);
    note_text(both, false, "fluxperf", first->version, other->version);
    if (!text_equal(text_of(first->machine), text_of(other->machine)))
        add_note(both->compare, false, both->side,
                 "%s ran on another machine, or with other libraries", both->b);
}

/* ---- how it went ---- */

static bool is_overloaded(const struct compare_cell *cell)
{
    enum health_verdict verdict = cell->round->health.verdict;
    return verdict == HEALTH_STRAINED || verdict == HEALTH_SATURATED;
}

static void note_health(const struct both *both)
{
    enum health_verdict a = both->first->round->health.verdict;
    enum health_verdict b = both->other->round->health.verdict;
    if (a != b)
        add_note(both->compare, true, both->side,
                 "%s: the client was %s in %s and %s in %s: part of the difference may be its own",
                 both->where, health_verdict_name(a), both->a, health_verdict_name(b), both->b);
    else if (is_overloaded(both->first))
        add_note(both->compare, true, both->side,
                 "%s: the client was %s in %s and %s: the figures are partly its own", both->where,
                 health_verdict_name(a), both->a, both->b);
}

/* Of several runs it is enough how many. */
static void note_health_of_runs(struct compare *compare, const struct compare_group *group,
                                size_t side, const char *where)
{
    size_t overloaded = 0;
    for (size_t i = 0; i < group->cell_counts[side]; i++)
        overloaded += is_overloaded(&group->cells[side][i]);
    if (overloaded)
        add_note(compare, true, side,
                 "%s: the client was strained or saturated in %zu of %zu runs of %c", where,
                 overloaded, group->cell_counts[side], compare_side_name(side));
}

static void note_cold(const struct both *both)
{
    const struct compare_cell *first = both->first, *other = both->other;
    const char *a = round_temperature(first->round, &first->summary);
    const char *b = round_temperature(other->round, &other->summary);
    if (strcmp(a, b) != 0)
        add_note(both->compare, true, both->side,
                 "%s: %s was %s (%s cached), %s was %s (%s cached)", both->where, both->a, a,
                 figure_share(first->summary.cached_share).text, both->b, b,
                 figure_share(other->summary.cached_share).text);
}

static void note_lengths(const struct both *both)
{
    double a = both->first->summary.avg_output_tokens, b = both->other->summary.avg_output_tokens;
    if (fabs(b / a - 1.0) > LENGTH_CHANGE)
        add_note(both->compare, true, both->side,
                 "%s: replies of %s have %.1f tokens, of %s %.1f: their latency is not of the same "
                 "work",
                 both->where, both->a, a, both->b, b);
}

static void note_course(struct compare *compare, size_t side, const char *where, const char *name,
                        const struct compare_cell *cell)
{
    const struct {
        bool holds;
        const char *text;
    } facts[] = {
        {cell->round->incomplete, "is incomplete"},
        {cell->round->interrupted, "was interrupted: the server went away in it"},
        {cell->round->segment_count > 1, "had its load changed by hand: it is not compared"},
        {cell->round->counts.succeeded == 0, "has no request that succeeded"},
    };
    for (size_t i = 0; i < ARRAY_SIZE(facts); i++)
        if (facts[i].holds)
            add_note(compare, true, side, "%s of %s %s", where, name, facts[i].text);
}

/* ---- a level and round ---- */

/* Freed by the caller. */
static char *name_of(const struct compare *compare, size_t side, const struct compare_cell *cell)
{
    const struct compare_side *owner = &compare->sides[side];
    if (owner->count == 1)
        return xasprintf("%c", compare_side_name(side));
    return xasprintf("%c (%s)", compare_side_name(side), owner->directories[cell->directory]);
}

static void note_both(const struct both *both, bool load_differs)
{
    note_runs(both);
    if (load_differs)
        note_text(both, true, "other load", both->first->level->label, both->other->level->label);
    if (!compare_is_over_runs(both->compare))
        note_health(both);
    note_cold(both);
    note_lengths(both);
}

static void note_group(struct compare *compare, const struct compare_group *group)
{
    struct both both = {.compare = compare, .first = &group->cells[0][0]};
    char *stage = xasprintf("%s%s", group->stage ? group->stage : "", group->stage ? ": " : "");
    char *where = xasprintf("%s%s round %u", stage, group->label, group->round);
    both.stage = stage;
    both.where = where;
    both.a = name_of(compare, 0, both.first);
    for (both.side = 0; both.side < compare->side_count; both.side++) {
        for (size_t i = 0; i < group->cell_counts[both.side]; i++) {
            both.other = &group->cells[both.side][i];
            both.b = name_of(compare, both.side, both.other);
            note_course(compare, both.side, where, both.b, both.other);
            if (both.other != both.first)
                note_both(&both, group->load_differs);
            free(both.b);
        }
        if (compare_is_over_runs(compare))
            note_health_of_runs(compare, group, both.side, where);
    }
    free(both.a);
    free(where);
    free(stage);
}

/* ---- what only one side has ---- */

/* The rounds of a side that are in a group, by address. */
struct grouped {
    const struct round **rounds;
    size_t count;
};

static int by_address(const void *left, const void *right)
{
    uintptr_t a = (uintptr_t) * (const struct round *const *)left;
    uintptr_t b = (uintptr_t) * (const struct round *const *)right;
    return (a > b) - (a < b);
}

/* Freed by the caller. */
static struct grouped collect_grouped(const struct compare *compare, size_t side)
{
    struct grouped grouped = {.rounds = NULL};
    for (size_t g = 0; g < compare->group_count; g++) {
        const struct compare_group *group = &compare->groups[g];
        if (group->cell_counts[side] == 0)
            continue;
        grouped.rounds = xreallocarray(grouped.rounds, grouped.count + group->cell_counts[side],
                                       sizeof *grouped.rounds);
        for (size_t i = 0; i < group->cell_counts[side]; i++)
            grouped.rounds[grouped.count++] = group->cells[side][i].round;
    }
    if (grouped.count)
        qsort(grouped.rounds, grouped.count, sizeof *grouped.rounds, by_address);
    return grouped;
}

static bool in_a_group(const struct grouped *grouped, const struct round *round)
{
    return grouped->count &&
           bsearch(&round, grouped->rounds, grouped->count, sizeof *grouped->rounds, by_address);
}

static bool any_in_a_group(const struct grouped *grouped, const struct level *level)
{
    for (uint32_t r = 0; r < level->round_count; r++)
        if (in_a_group(grouped, &level->rounds[r]))
            return true;
    return false;
}

static void note_unmatched_level(struct compare *compare, size_t side,
                                 const struct grouped *grouped, const struct run *run,
                                 const struct level *level)
{
    const char *stage = run->stage ? run->stage : "", *gap = run->stage ? " " : "";
    char name = compare_side_name(side);
    if (!any_in_a_group(grouped, level)) {
        add_note(compare, false, side, "only %c has %s%s%s", name, stage, gap, level->label);
        return;
    }
    for (uint32_t r = 0; r < level->round_count; r++)
        if (!in_a_group(grouped, &level->rounds[r]))
            add_note(compare, false, side, "only %c has %s%s%s round %u", name, stage, gap,
                     level->label, level->rounds[r].number);
}

static void note_unmatched(struct compare *compare, size_t side)
{
    struct grouped grouped = collect_grouped(compare, side);
    for (size_t d = 0; d < compare->sides[side].count; d++)
        for (size_t i = 0; i < compare->sides[side].saved[d].count; i++) {
            const struct run *run = compare->sides[side].saved[d].runs[i].run;
            for (uint32_t l = 0; l < run->level_count; l++)
                if (run->levels[l]->hidden)
                    add_note(compare, false, side, "%c has %s hidden, which is not compared",
                             compare_side_name(side), run->levels[l]->label);
                else if (run->levels[l]->round_count)
                    note_unmatched_level(compare, side, &grouped, run, run->levels[l]);
        }
    free(grouped.rounds);
}

static void note_in_progress(struct compare *compare, size_t side)
{
    for (size_t d = 0; d < compare->sides[side].count; d++)
        for (size_t i = 0; i < compare->sides[side].saved[d].count; i++)
            if (compare->sides[side].saved[d].runs[i].in_progress)
                add_note(compare, true, side, "%s is still in progress",
                         compare->sides[side].saved[d].runs[i].directory);
}

/* Grave ones first, else in their order. */
static void sort_notes(struct compare *compare)
{
    struct compare_note *sorted = xcalloc(compare->note_count, sizeof *sorted);
    size_t count = 0;
    for (int pass = 0; pass < 2; pass++)
        for (size_t i = 0; i < compare->note_count; i++)
            if (compare->notes[i].grave == (pass == 0))
                sorted[count++] = compare->notes[i];
    free(compare->notes);
    compare->notes = sorted;
}

void compare_make_notes(struct compare *compare)
{
    for (size_t side = 0; side < compare->side_count; side++)
        note_in_progress(compare, side);
    for (size_t i = 0; i < compare->group_count; i++)
        note_group(compare, &compare->groups[i]);
    for (size_t side = 0; side < compare->side_count; side++)
        note_unmatched(compare, side);
    sort_notes(compare);
}
