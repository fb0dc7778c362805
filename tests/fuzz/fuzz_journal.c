/* A journal of any bytes is read or refused; what was read gives files and tables, and its requests
 * their replies. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "report/table.h"
#include "result/bulk.h"
#include "result/journal.h"
#include "tests/unit/in_memory.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void report(const struct run *run)
{
    struct buffer out = {0};
    struct in_memory from = {&run->samples, 0};
    struct readings readings = {.next = next_in_memory, .context = &from};
    /* No file that a line of the journal names is opened. */
    struct baseline baseline = {0};
    if (!run->baseline.directory)
        baseline_of_run(&baseline, run, NULL);
    csv_summary(&out, run);
    csv_figures(&out, run, &baseline);
    csv_prometheus(&out, run, &readings);
    csv_timeline(&out, run);
    for (uint32_t l = 0; l < run->level_count; l++) {
        const struct level *level = run->levels[l];
        for (uint32_t r = 0; r < level->round_count; r++) {
            json_round(&out, run, level, &level->rounds[r], &baseline);
            baseline_print(&out, &baseline, run, level, &level->rounds[r],
                           (struct table_style){.markdown = true});
            table_round(&out, run, level, &level->rounds[r],
                        (struct table_style){.utf8 = true, .columns = 80});
        }
        table_comparison(&out, run, level, (struct table_style){0});
    }
    table_overview(&out, run, (struct table_style){0});
    baseline_free(&baseline);
    buffer_free(&out);
}

/* Whatever was a request once is one again. */
static void read_bulk(const struct run *run, struct text journal)
{
    for (uint32_t l = 0; l < run->level_count; l++)
        for (uint32_t r = 0; r < run->levels[l]->round_count; r++) {
            const struct round *round = &run->levels[l]->rounds[r];
            for (uint32_t i = 0; i < round->record_count; i++) {
                const struct record *record = &round->records[i];
                struct text rest = {journal.data + record->journal_offset,
                                    journal.size - record->journal_offset};
                struct text line;
                struct bulk bulk;
                if (text_next_line(&rest, &line) && bulk_parse(&bulk, line, record, NULL))
                    bulk_free(&bulk);
            }
        }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    struct error error;
    FILE *stream = fmemopen((void *)(uintptr_t)data, size, "r");
    struct run *run = stream ? journal_read_stream(stream, "journal", &error) : NULL;
    if (run) {
        report(run);
        read_bulk(run, (struct text){(const char *)data, size});
    }
    run_free(run);
    if (stream)
        fclose(stream);
    return 0;
}
