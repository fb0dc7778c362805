#include "ui/prompt_source.h"

#include <stdlib.h>
#include <sys/stat.h>

#define FILE_BYTES (64 << 20)

static bool may_be_read(const char *name)
{
    struct stat status;
    return text_starts_with(text_of(name), "builtin:") ||
           (stat(name, &status) == 0 && S_ISREG(status.st_mode) && status.st_size <= FILE_BYTES);
}

static const struct dataset *dataset_of(struct prompt_source *source, const struct ui *ui)
{
    if (ui->benchmark && ui->benchmark->dataset)
        return ui->benchmark->dataset;
    if (!source->tried && ui->run->dataset && may_be_read(ui->run->dataset)) {
        source->read = dataset_read(&source->dataset, ui->run->dataset, true, NULL);
        if (source->read && source->dataset.hash != ui->run->dataset_hash)
            prompt_source_free(source);
    }
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
                                        uint32_t row)
{
    const struct dataset *dataset = dataset_of(source, ui);
    return dataset && dataset->count
               ? bsearch(&row, dataset->samples, dataset->count, sizeof *dataset->samples, by_row)
               : NULL;
}

void prompt_source_free(struct prompt_source *source)
{
    if (source->read)
        dataset_free(&source->dataset);
    source->read = false;
}
