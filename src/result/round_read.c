#include "result/round_read.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "result/journal_line.h"
#include "result/round_kept.h"

struct round_place round_place_of(const struct level *level, const struct round *round)
{
    return (struct round_place){.level = level->number,
                                .round = round->number,
                                .records = round->kept->records,
                                .from = round->kept->journal_from,
                                .to = round->kept->journal_to};
}

/* False when the line is another one's. */
static bool parse(struct text line, const struct round_place *place, struct record *record,
                  struct chunk_times *chunks)
{
    struct json_scan scan = json_scan_begin(line);
    struct text key, type;
    if (!json_enter_object(&scan) || !json_next_key(&scan, &key) || !text_is(key, "type") ||
        !json_scan_string(&scan, &type) || !text_is(type, "request"))
        return false;
    if (journal_parse_request(&scan, record, chunks) && record->level == place->level &&
        record->round == place->round)
        return true;
    record_free_owned(record);
    return false;
}

/* From the stream's place on; returns how many there were. */
static uint32_t read_lines(FILE *stream, const struct round_place *place, struct round *round,
                           _Atomic uint32_t *done, const _Atomic bool *stop)
{
    struct chunk_times chunks = {0};
    char *line = NULL;
    size_t capacity = 0;
    ssize_t size;
    uint64_t offset = place->from;
    while (!atomic_load(stop) && offset <= place->to && *done < place->records &&
           (size = getline(&line, &capacity, stream)) > 0) {
        struct record record;
        if (parse((struct text){line, (size_t)size}, place, &record, &chunks)) {
            record.journal_offset = offset;
            record.chunk_us = chunks.us;
            record.chunk_count = chunks.count;
            struct record *stored = round_add_record(round, &record);
            stored->chunk_us = NULL;
            stored->chunk_count = 0;
            atomic_fetch_add(done, 1);
        }
        offset += (uint64_t)size;
    }
    chunk_times_free(&chunks);
    free(line);
    return *done;
}

struct record *round_read(const char *journal_path, const struct round_place *place,
                          _Atomic uint32_t *done, const _Atomic bool *stop, struct error *error)
{
    FILE *stream = fopen(journal_path, "re");
    if (!stream || fseeko(stream, (off_t)place->from, SEEK_SET) != 0) {
        error_set(error, "cannot read %s: %s", journal_path, strerror(errno));
        if (stream)
            fclose(stream);
        return NULL;
    }
    struct round round = {.counts.planned = place->records,
                          .records = xcalloc(place->records, sizeof *round.records)};
    uint32_t count = read_lines(stream, place, &round, done, stop);
    fclose(stream);
    histogram_free(&round.gaps);
    if (count == place->records)
        return round.records;
    error_set(error, "the journal has %u of its %u requests", count, place->records);
    round_records_free(round.records, count);
    return NULL;
}

void round_records_free(struct record *records, uint32_t count)
{
    for (uint32_t i = 0; records && i < count; i++)
        record_free_owned(&records[i]);
    free(records);
}
