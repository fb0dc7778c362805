#include <errno.h>
#include <stdlib.h>

#include "result/journal.h"
#include "result/journal_line.h"

static int by_number(const void *left, const void *right)
{
    const struct level *a = *(struct level *const *)left, *b = *(struct level *const *)right;
    return (a->number > b->number) - (a->number < b->number);
}

void journal_finish(struct run *run)
{
    run_dataset_sort(&run->dataset);
    for (uint32_t i = 0; i < run->other_count; i++)
        run_dataset_sort(run->others[i]);
    if (run->level_count)
        qsort(run->levels, run->level_count, sizeof(struct level *), by_number);
    for (uint32_t l = 0; l < run->level_count; l++)
        for (uint32_t r = 0; r < run->levels[l]->round_count; r++) {
            struct round *round = &run->levels[l]->rounds[r];
            round->incomplete = !round->ended;
            if (round->incomplete)
                round_judge_health(round, run->http2);
        }
}

void journal_reader_free(struct reader *reader)
{
    chunk_times_free(&reader->chunks);
    free(reader->reading);
    free(reader->now);
}

struct run *journal_read_stream(FILE *stream, const char *name, struct error *error)
{
    struct reader reader = {0};
    struct error reason;
    char *line = NULL;
    size_t capacity = 0;
    ssize_t size;
    unsigned line_number = 0;
    bool ok = true;
    /* The last line may be cut off anywhere, so a broken one is an error only when more follows. */
    while (ok && (size = getline(&line, &capacity, stream)) > 0) {
        line_number++;
        ok = journal_read_line(&reader, (struct text){line, (size_t)size}, &reason);
        reader.line_offset += (uint64_t)size;
    }
    if (!ok && getc(stream) != EOF && reader.run) {
        error_set(error, "%s:%u: %s; what stands before it can be read: head -n %u %s", name,
                  line_number, reason.text, line_number - 1, name);
    } else if (!ok && !reader.run) {
        error_set(error, "%s:%u: %s", name, line_number, reason.text);
    } else if (ferror(stream)) {
        ok = error_set(error, "cannot read %s: %s", name, strerror(errno));
    } else if (!reader.run) {
        ok = error_set(error, "%s holds no run", name);
    } else {
        ok = true;
        journal_finish(reader.run);
    }
    if (!ok) {
        run_free(reader.run);
        reader.run = NULL;
    }
    free(line);
    journal_reader_free(&reader);
    return reader.run;
}

struct run *journal_read_head(FILE *stream)
{
    char *line = NULL;
    size_t capacity = 0;
    ssize_t size = getline(&line, &capacity, stream);
    FILE *head = size > 0 ? fmemopen(line, (size_t)size, "r") : NULL;
    struct run *run = head ? journal_read_stream(head, "journal", NULL) : NULL;
    if (head)
        fclose(head);
    free(line);
    return run;
}

struct run *journal_read(const char *path, struct error *error)
{
    FILE *stream = fopen(path, "re");
    if (!stream) {
        error_set(error, "cannot open %s: %s", path, strerror(errno));
        return NULL;
    }
    struct run *run = journal_read_stream(stream, path, error);
    fclose(stream);
    return run;
}
