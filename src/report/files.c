#include "report/files.h"

#include <stdlib.h>

#include "base/file.h"
#include "base/memory.h"
#include "result/journal.h"

/* They hold prompts. */
#define PRIVATE 0600
#define PUBLIC  0644

struct writer {
    const char *directory;
    const struct baseline *baseline;
    void (*wrote)(const char *path);
    bool ok;
    struct error *error;
    struct buffer content;
};

/* The first failure is the one that is told. */
static void told(struct writer *writer, const char *path, bool written, const struct error *error)
{
    if (written) {
        if (writer->wrote)
            writer->wrote(path);
        return;
    }
    if (writer->ok)
        error_set(writer->error, "%s", error->text);
    writer->ok = false;
}

/* Writes what `content` holds and empties it. */
static void write_file(struct writer *writer, const char *name, mode_t mode)
{
    char *path = path_join(writer->directory, name);
    struct error error;
    told(writer, path, file_write_whole(path, buffer_text(&writer->content), mode, &error), &error);
    buffer_clear(&writer->content);
    free(path);
}

static const struct reading *next_reading(void *context)
{
    return journal_readings_next(context);
}

struct pieces {
    const struct run *run;
    struct readings readings;
};

static bool produce_readings(void *context, struct buffer *out)
{
    struct pieces *pieces = context;
    return csv_prometheus(out, pieces->run, &pieces->readings);
}

/* In pieces, and from the journal itself: a run of days has gigabytes of it. */
static void write_readings(struct writer *writer, const struct run *run)
{
    if (samples_count(&run->samples) == 0)
        return;
    char *journal = path_join(writer->directory, "journal.jsonl");
    struct journal_readings *from = journal_readings_open(journal);
    free(journal);
    if (!from)
        return;
    struct pieces pieces = {.run = run, .readings = {.next = next_reading, .context = from}};
    char *path = path_join(writer->directory, "prometheus.csv");
    struct error error;
    told(writer, path, file_write_pieces(path, produce_readings, &pieces, PUBLIC, &error), &error);
    journal_readings_close(from);
    free(path);
}

static void write_csv(struct writer *writer, const struct run *run)
{
    csv_summary(&writer->content, run);
    write_file(writer, "metrics_summary.csv", PUBLIC);
    csv_timeline(&writer->content, run);
    write_file(writer, "timeline.csv", PUBLIC);
}

static void write_tidy(struct writer *writer, const struct run *run)
{
    csv_figures(&writer->content, run, writer->baseline);
    write_file(writer, "figures.csv", PUBLIC);
    write_readings(writer, run);
}

static void write_json(struct writer *writer, const struct run *run)
{
    for (uint32_t l = 0; l < run->level_count; l++)
        for (uint32_t r = 0; r < run->levels[l]->round_count; r++) {
            const struct level *level = run->levels[l];
            char *name = files_round_name(run, level, &level->rounds[r]);
            json_round(&writer->content, run, level, &level->rounds[r], writer->baseline);
            write_file(writer, name, PRIVATE);
            free(name);
        }
}

bool files_write_some(const char *directory, const struct run *run, const struct baseline *baseline,
                      unsigned formats, void (*wrote)(const char *path), struct error *error)
{
    struct writer writer = {
        .directory = directory, .baseline = baseline, .wrote = wrote, .ok = true, .error = error};
    if (formats & FILES_CSV)
        write_csv(&writer, run);
    if (formats & (FILES_CSV | FILES_TIDY))
        write_tidy(&writer, run);
    if (formats & FILES_JSON)
        write_json(&writer, run);
    buffer_free(&writer.content);
    return writer.ok;
}

bool files_write(const char *directory, const struct run *run, const struct baseline *baseline,
                 struct error *error)
{
    return files_write_some(directory, run, baseline, FILES_CSV | FILES_JSON, NULL, error);
}

bool files_make_again(const char *directory, struct error *error)
{
    char *path = path_join(directory, "journal.jsonl");
    struct run *run = journal_read(path, error);
    struct baseline baseline = {0};
    bool ok = run && baseline_of_run(&baseline, run, error) &&
              files_write(directory, run, &baseline, error);
    baseline_free(&baseline);
    run_free(run);
    free(path);
    return ok;
}
