#include "report/document.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/memory.h"
#include "report/page.h"

/* A page is pasted somewhere, so it is not as wide as the report in a file. */
#define COLUMNS  100
#define TEXT_MAX 4000

static void print_title(struct page *page, const struct run *run)
{
    char started[40];
    clock_format_utc(run->anchor.wall_ns, started, sizeof started);
    page_heading(page, 1, "fluxperf: %s, %s%s%.16s", run->model ? run->model : "a run",
                 run->stage ? run->stage : "", run->stage ? ", " : "", started);
    if (run->note) {
        char *note = text_visible(text_of(run->note), TEXT_MAX);
        page_printf(page, "%s\n\n", note);
        free(note);
    }
}

/* "Linux 6.1, x86_64, 2 processors" from the run's machine. */
static void add_machine(struct buffer *out, const char *machine)
{
    struct json_scan scan = json_scan_begin(text_of(machine));
    struct text key, system = {0}, release = {0}, architecture = {0};
    int64_t processors = 0;
    if (!machine || !json_enter_object(&scan)) {
        buffer_add_string(out, machine ? machine : "-");
        return;
    }
    while (json_next_key(&scan, &key))
        if (text_is(key, "system"))
            json_scan_string(&scan, &system);
        else if (text_is(key, "release"))
            json_scan_string(&scan, &release);
        else if (text_is(key, "architecture"))
            json_scan_string(&scan, &architecture);
        else if (text_is(key, "processors"))
            json_scan_int64(&scan, &processors);
        else
            json_skip(&scan);
    json_unescape(out, system);
    buffer_add_char(out, ' ');
    json_unescape(out, release);
    buffer_add_string(out, ", ");
    json_unescape(out, architecture);
    buffer_printf(out, ", %ld processors", (long)processors);
}

static void add_levels(struct buffer *out, const struct run *run)
{
    uint32_t rounds = 0, samples = 0;
    for (uint32_t l = 0; l < run->level_count; l++) {
        const struct level *level = run->levels[l];
        buffer_printf(out, "%s%s", l ? ", " : "", level->label);
        rounds = level->rounds_planned > rounds ? level->rounds_planned : rounds;
        samples = level->samples > samples ? level->samples : samples;
    }
    buffer_printf(out, ", %u round%s of %u prompts", rounds, rounds == 1 ? "" : "s", samples);
}

static void add_slo(struct buffer *out, const struct slo *slo)
{
    for (size_t i = 0; i < SLO_LIMIT_COUNT; i++) {
        double limit;
        memcpy(&limit, (const char *)slo + slo_limits[i].offset, sizeof limit);
        if (isfinite(limit))
            buffer_printf(out, "%s%s=%g", out->size ? ", " : "", slo_limits[i].key, limit);
    }
}

static void print_fact(struct page *page, const char *name, struct buffer *value)
{
    char *visible = text_visible(buffer_text(value), TEXT_MAX);
    if (visible[0])
        page_printf(page, page->style.markdown ? "%s: %s\n" : "  %-9s %s\n", name, visible);
    free(visible);
    buffer_free(value);
}

static void print_setting(struct page *page, const struct run *run)
{
    struct buffer value = {0};
    page_heading(page, 2, "What was run");
    buffer_printf(&value, "%s", run->endpoint ? run->endpoint : "-");
    if (run->engine)
        buffer_printf(&value, " (%s)", run->engine);
    print_fact(page, "Server", &value);
    buffer_printf(&value, "%s", run->model ? run->model : "-");
    print_fact(page, "Model", &value);
    buffer_printf(&value, "%s, seed %lu", run->dataset.name ? run->dataset.name : "-",
                  (unsigned long)run->seed);
    print_fact(page, "Dataset", &value);
    add_levels(&value, run);
    print_fact(page, "Load", &value);
    add_slo(&value, &run->slo);
    print_fact(page, "SLO", &value);
    buffer_printf(&value, "fluxperf %s on ", run->version ? run->version : "-");
    add_machine(&value, run->machine);
    print_fact(page, "Client", &value);
    buffer_printf(&value, "%s",
                  run->end_reason ? run->end_reason : "unknown: the journal does not hold its end");
    print_fact(page, "End", &value);
    if (run->command_line && page->style.markdown) {
        page_code(page, run->command_line);
    } else if (run->command_line) {
        buffer_add_string(&value, run->command_line);
        print_fact(page, "Command", &value);
    }
    page_printf(page, "\n");
}

static void print_level(struct buffer *out, const struct run *run, const struct baseline *baseline,
                        const struct level *level, struct table_style style)
{
    struct page page = page_begin(out, style);
    if (style.markdown)
        page_heading(&page, 2, "%s%s", level->label, level->hidden ? " (hidden)" : "");
    page_end(&page);
    table_comparison(out, run, level, style);
    for (uint32_t r = 0; r < level->round_count; r++) {
        table_round(out, run, level, &level->rounds[r], style);
        baseline_print(out, baseline, run, level, &level->rounds[r], style);
    }
}

void document_print(struct buffer *out, const struct run *run, const struct baseline *baseline,
                    struct table_style style)
{
    if (!style.columns)
        style.columns = COLUMNS;
    struct page page = page_begin(out, style);
    print_title(&page, run);
    page_end(&page);
    table_overview(out, run, style);
    page = page_begin(out, style);
    page_printf(&page, "\n");
    print_setting(&page, run);
    page_end(&page);
    for (uint32_t l = 0; l < run->level_count; l++)
        if (run->levels[l]->round_count)
            print_level(out, run, baseline, run->levels[l], style);
}
