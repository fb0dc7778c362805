#include "report/compare_text.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "report/compare_server.h"
#include "report/remarks.h"

/* On a terminal of 80 columns the whole sentence has no room. */
#define WORDS_COLUMNS 92
#define SERVER_TITLE  30

static const char *word_for(enum comparison_word word, struct table_style style)
{
    bool narrow = style.columns && style.columns < WORDS_COLUMNS;
    return narrow && word == COMPARISON_NOT_SHOWN ? "none shown" : comparison_word_title(word);
}

/* "+10.1 %"; what rounds to nothing has no sign. */
static struct figure signed_share(double share)
{
    struct figure figure = {"-"};
    double percent = round(share * 1000.0) / 10.0;
    if (isfinite(percent) && fabs(percent) < 0.05)
        snprintf(figure.text, sizeof figure.text, "0.0 %%");
    else if (isfinite(percent))
        snprintf(figure.text, sizeof figure.text, "%+.1f %%", percent);
    return figure;
}

static struct figure figure_value(const struct compare_group *group, size_t side, size_t which)
{
    const struct compare_figure *figure = &compare_figures[which];
    double value = group->values[side][which];
    return figure->is_share ? figure_share(value) : figure_of(value, figure->decimals);
}

/* A figure nobody has makes no line. */
static bool is_shown(const struct compare_group *group, size_t side, size_t which)
{
    bool open_loop = group->cells[0][0].level->rate > 0.0;
    return (isfinite(group->values[0][which]) || isfinite(group->values[side][which])) &&
           (open_loop || !compare_figures[which].open_loop_only);
}

/* ---- what is compared ---- */

static void print_directory(struct page *page, char name, const char *directory,
                            const struct saved_runs *saved)
{
    const struct run *run = saved->runs[0].run;
    char started[40];
    clock_format_utc(run->anchor.wall_ns, started, sizeof started);
    page_printf(page, "%c  %s  (%s, %s, %.19s", name, directory, run->model ? run->model : "-",
                run->dataset.name ? run->dataset.name : "-", started);
    if (saved->count > 1)
        page_printf(page, ", %zu stages", saved->count);
    page_printf(page, ")\n");
    if (run->note) {
        char *note = text_visible(text_of(run->note), 200);
        page_printf(page, "   %s\n", note);
        free(note);
    }
}

static void print_sides(struct page *page, const struct compare *compare)
{
    for (size_t side = 0; side < compare->side_count; side++)
        for (size_t i = 0; i < compare->sides[side].count; i++)
            print_directory(page, compare_side_name(side), compare->sides[side].directories[i],
                            &compare->sides[side].saved[i]);
    page_printf(page, "\n");
}

static void print_notes(struct page *page, const struct compare *compare, bool grave,
                        const char *title)
{
    bool any = false;
    for (size_t i = 0; i < compare->note_count; i++) {
        if (compare->notes[i].grave != grave)
            continue;
        if (!any)
            page_printf(page, "%s:\n", title);
        any = true;
        char *text = text_visible(text_of(compare->notes[i].text), 400);
        page_printf(page, "  %s\n", text);
        free(text);
    }
    if (any)
        page_printf(page, "\n");
}

void compare_add_basis(struct buffer *out, const struct compare_group *group, size_t side)
{
    const struct comparison *ttft = &group->comparisons[side][0];
    if (!group->cell_counts[side])
        buffer_printf(out, ", not in %c", compare_side_name(side));
    else if (ttft->basis == COMPARISON_RUNS)
        buffer_printf(out, ", %zu runs against %zu", group->cell_counts[0],
                      group->cell_counts[side]);
    else if (ttft->basis == COMPARISON_PAIRS && ttft->pairs)
        buffer_printf(out, ", paired on %u prompts", ttft->pairs);
    else
        buffer_printf(out, ", not paired: %u and %u requests", ttft->before, ttft->after);
}

/* ---- one level and round ---- */

/* "C=8, round 1 (cold), paired on 64 prompts" */
static void add_title(struct buffer *out, const struct compare *compare,
                      const struct compare_group *group, size_t side)
{
    const struct compare_cell *first = &group->cells[0][0], *other = &group->cells[side][0];
    if (group->stage)
        buffer_printf(out, "%s, ", group->stage);
    buffer_add_string(out, group->label);
    if (group->load_differs)
        buffer_printf(out, " and %s", other->level->label);
    const char *a = round_temperature(first->round, &first->summary);
    const char *b = round_temperature(other->round, &other->summary);
    bool same = strcmp(a, b) == 0;
    buffer_printf(out, ", round %u (%s%s%s)", group->round, a, same ? "" : " and ", same ? "" : b);
    if (compare->side_count > 2)
        buffer_printf(out, ", A → %c", compare_side_name(side));
    compare_add_basis(out, group, side);
}

static void print_title(struct page *page, const struct compare *compare,
                        const struct compare_group *group, size_t side)
{
    struct buffer title = {0};
    add_title(&title, compare, group, side);
    if (page->style.markdown)
        page_heading(page, 2, "%s", title.data);
    else
        page_printf(page, "%s\n", title.data);
    buffer_free(&title);
    uint32_t retried = group->comparisons[side][0].retried;
    if (retried)
        page_printf(page, "  left out, as they were sent more than once: %u\n", retried);
}

static void add_change(struct grid *grid, const struct compare_group *group, size_t side,
                       size_t which)
{
    const struct comparison *comparison = &group->comparisons[side][which];
    struct compare_change change = compare_change_of(group, side, which);
    if (compare_figures[which].is_count || compare_figures[which].is_share)
        grid_add(grid, "%s", "");
    else
        grid_add(grid, "%s", signed_share(change.change).text);
    if (comparison->has_interval)
        grid_add(grid, "[%s, %s]", signed_share(change.low).text, signed_share(change.high).text);
    else
        grid_add(grid, "%s", "");
    /* To the left, in a grid that puts figures to the right. */
    grid_add(grid, "%-19s",
             comparison->has_interval ? word_for(comparison->word, grid->page->style) : "");
}

static const char *server_unit(const struct watched *watched)
{
    if (strcmp(watched->unit, "ratio") == 0)
        return "";
    return strcmp(watched->unit, "s") == 0 ? "ms" : watched->unit;
}

static void add_server(struct grid *grid, const struct compare_server *server, size_t side)
{
    const struct watched *watched = server->watched;
    double from = server->values[0], to = server->values[side];
    char *title = text_visible(text_of(watched->title), SERVER_TITLE);
    grid_add(grid, "%s %s", title, server_unit(watched));
    free(title);
    grid_add(grid, "%s", compare_server_figure(watched, from).text);
    grid_add(grid, "%s", compare_server_figure(watched, to).text);
    grid_add(grid, "%s",
             strcmp(watched->unit, "ratio") == 0 || from <= 0.0
                 ? ""
                 : signed_share(to / from - 1.0).text);
    grid_add(grid, "%s", "");
    grid_add(grid, "%s", "");
}

static void add_servers(struct grid *grid, const struct compare_group *group, size_t side)
{
    bool any = false;
    for (size_t i = 0; i < group->server_count; i++) {
        if (!isfinite(group->server[i].values[side]))
            continue;
        if (!any)
            grid_add(grid, "The server's own");
        for (size_t cell = 1; !any && cell < grid->columns; cell++)
            grid_add(grid, "%s", "");
        any = true;
        add_server(grid, &group->server[i], side);
    }
}

static void print_table(struct page *page, const struct compare_group *group, size_t side)
{
    const char *const head[] = {
        "", "A", (char[]){compare_side_name(side), '\0'}, "change", "95 % interval", ""};
    struct grid grid;
    grid_init(&grid, page, ARRAY_SIZE(head));
    for (size_t i = 0; i < ARRAY_SIZE(head); i++)
        grid_add(&grid, "%s", head[i]);
    for (size_t which = 0; which < COMPARE_FIGURE_COUNT; which++) {
        const struct compare_figure *figure = &compare_figures[which];
        if (!is_shown(group, side, which))
            continue;
        grid_add(&grid, "%s%s%s", figure->title, figure->unit[0] == '/' ? "" : " ", figure->unit);
        grid_add(&grid, "%s", figure_value(group, 0, which).text);
        grid_add(&grid, "%s", figure_value(group, side, which).text);
        add_change(&grid, group, side, which);
    }
    add_servers(&grid, group, side);
    grid_print(&grid, 2, 1);
    page_printf(page, "\n");
}

/* ---- the end ---- */

static void add_verdict(struct grid *grid, const struct compare_group *group, size_t side,
                        size_t which)
{
    const struct comparison *comparison = &group->comparisons[side][which];
    double change = compare_change_of(group, side, which).change;
    if (!comparison->has_interval)
        grid_add(grid, isfinite(change) ? "%s ?" : "%s", signed_share(change).text);
    else if (comparison->word == COMPARISON_NOT_SHOWN)
        grid_add(grid, "%s", word_for(comparison->word, grid->page->style));
    else
        grid_add(grid, "%s %s", signed_share(change).text, comparison_word_title(comparison->word));
}

/* The first three figures are what each request has in every kind of load. */
static void print_summary(struct page *page, const struct compare *compare)
{
    struct grid grid;
    grid_init(&grid, page, 4);
    grid_add(&grid, "%s", "");
    for (size_t which = 0; which < 3; which++)
        grid_add(&grid, "%s", metrics_table[compare_figures[which].metric].title);
    for (size_t g = 0; g < compare->group_count; g++)
        for (size_t side = 1; side < compare->side_count; side++) {
            const struct compare_group *group = &compare->groups[g];
            if (!group->cell_counts[side])
                continue;
            grid_add(&grid, "A → %c  %s%s%s, round %u", compare_side_name(side),
                     group->stage ? group->stage : "", group->stage ? ", " : "", group->label,
                     group->round);
            for (size_t which = 0; which < 3; which++)
                add_verdict(&grid, group, side, which);
        }
    grid_print(&grid, 0, 1);
    page_printf(page, "\n");
}

static bool any_without_interval(const struct compare *compare)
{
    for (size_t g = 0; g < compare->group_count; g++)
        for (size_t side = 1; side < compare->side_count; side++)
            for (size_t which = 0; which < 3; which++)
                if (compare->groups[g].comparisons[side][which].before &&
                    !compare->groups[g].comparisons[side][which].has_interval)
                    return true;
    return false;
}

static void print_coverage(struct page *page, const struct compare *compare)
{
    bool over_runs = compare_is_over_runs(compare);
    if (any_without_interval(compare))
        page_printf(page, over_runs ? "? no interval: it needs two runs or more on each side\n"
                                    : "? no interval: it needs 50 requests or more\n");
    page_paragraph(page, 0,
                   over_runs ? "Intervals are over whole runs, so they cover what differs from run "
                               "to run, as far as these show it."
                             : "Intervals cover these runs, not how much one run differs from the "
                               "next: for that, give several a side, as in --a DIR DIR DIR --b "
                               "DIR DIR DIR.");
}

static void print_tables(struct page *page, const struct compare *compare)
{
    for (size_t g = 0; g < compare->group_count; g++)
        for (size_t side = 1; side < compare->side_count; side++)
            if (compare->groups[g].cell_counts[side]) {
                print_title(page, compare, &compare->groups[g], side);
                print_table(page, &compare->groups[g], side);
            }
}

/* A terminal shows its last lines, a page its first: there the summary stands. */
void compare_text(struct buffer *out, const struct compare *compare, struct table_style style)
{
    struct page page = page_begin(out, style);
    if (style.markdown)
        page_heading(&page, 1, "fluxperf compare");
    print_sides(&page, compare);
    print_notes(&page, compare, true, "Not like for like");
    print_notes(&page, compare, false, "Also different");
    if (!style.markdown)
        print_tables(&page, compare);
    print_summary(&page, compare);
    print_coverage(&page, compare);
    if (style.markdown) {
        page_printf(&page, "\n");
        print_tables(&page, compare);
    }
    page_end(&page);
}
