#include "report/files.h"

#include <stdlib.h>

#include "base/file.h"
#include "base/memory.h"

/* They hold prompts. */
#define PRIVATE 0600
#define PUBLIC  0644

struct writer {
    const char *directory;
    void (*wrote)(const char *path);
    bool ok;
    struct error *error;
    struct buffer content;
};

/* Writes what `content` holds and empties it. The first failure is the one that is told. */
static void write_file(struct writer *writer, const char *name, mode_t mode)
{
    char *path = path_join(writer->directory, name);
    struct error error;
    if (file_write_whole(path, buffer_text(&writer->content), mode, &error)) {
        if (writer->wrote)
            writer->wrote(path);
    } else {
        if (writer->ok)
            error_set(writer->error, "%s", error.text);
        writer->ok = false;
    }
    buffer_clear(&writer->content);
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
    csv_figures(&writer->content, run);
    write_file(writer, "figures.csv", PUBLIC);
}

static void write_json(struct writer *writer, const struct run *run)
{
    for (uint32_t l = 0; l < run->level_count; l++)
        for (uint32_t r = 0; r < run->levels[l]->round_count; r++) {
            const struct level *level = run->levels[l];
            char *name = files_round_name(run, level, &level->rounds[r]);
            json_round(&writer->content, run, level, &level->rounds[r]);
            write_file(writer, name, PRIVATE);
            free(name);
        }
}

bool files_write_some(const char *directory, const struct run *run, unsigned formats,
                      void (*wrote)(const char *path), struct error *error)
{
    struct writer writer = {.directory = directory, .wrote = wrote, .ok = true, .error = error};
    if (formats & FILES_CSV)
        write_csv(&writer, run);
    if (formats & (FILES_CSV | FILES_TIDY))
        write_tidy(&writer, run);
    if (formats & FILES_JSON)
        write_json(&writer, run);
    buffer_free(&writer.content);
    return writer.ok;
}

bool files_write(const char *directory, const struct run *run, struct error *error)
{
    return files_write_some(directory, run, FILES_CSV | FILES_JSON, NULL, error);
}
