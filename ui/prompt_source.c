#include "ui/prompt_source.h"

#include <stdlib.h>
#include <sys/stat.h>

#include "benchmark/level_queue.h"

#define FILE_BYTES (64 << 20)

static bool may_be_read(const char *name)
{
    struct stat status;
    return text_starts_with(text_of(name), "builtin:") ||
           (stat(name, &status) == 0 && S_ISREG(status.st_mode) && status.st_size <= FILE_BYTES);
}

static const struct dataset *dataset_of(struct prompt_source *source, const struct ui *ui,
                                        const struct level *level)
{
    const struct dataset *sent = ui->benchmark ? level_queue_dataset(ui->benchmark, level) : NULL;
    if (sent)
        return sent;
    const struct run_dataset *wanted = run_level_dataset(ui->run, level);
    if (source->number != level->dataset)
        prompt_source_free(source);
    if (!source->tried && wanted->name && may_be_read(wanted->name)) {
        source->read = dataset_read(&source->dataset, wanted->name, true, NULL);
        if (source->read && source->dataset.hash != wanted->hash)
            prompt_source_free(source);
    }
    source->number = level->dataset;
    source->tried = true;
    return source->read ? &source->dataset : NULL;
}

static int by_row(const void *key, const void *element)
{
    uint32_t row = *(const uint32_t *)key;
    const struct sample *sample = element;
    return (row > sample->row) - (row < sample->row);
}

const struct sample *prompt_source_find(struct prompt_source *source, const struct ui *ui,
                                        const struct level *level, uint32_t row)
{
    const struct dataset *dataset = dataset_of(source, ui, level);
    return dataset && dataset->count
               ? bsearch(&row, dataset->samples, dataset->count, sizeof *dataset->samples, by_row)
               : NULL;
}

void prompt_source_free(struct prompt_source *source)
{
    if (source->read)
        dataset_free(&source->dataset);
    source->read = source->tried = false;
}
