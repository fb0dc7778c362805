/* Rows of LongBench, a long context and a question each, into prompts that ask what their task
 * asks.
 */
#ifndef DATASET_LONGBENCH_H
#define DATASET_LONGBENCH_H

#include "dataset/conversion.h"

enum longbench_format {
    LONGBENCH_AUTO, /* as the task wants it */
    LONGBENCH_CONTEXT_QUESTION,
    LONGBENCH_CONTEXT_ONLY,
    LONGBENCH_QUESTION_ONLY,
    LONGBENCH_CONCATENATE,
};

/* In the order of the enum, parted by |. */
#define LONGBENCH_FORMATS "auto|context_question|context_only|question_only|concatenate"

/* Which rows, and how. The context of longbench_read. */
struct longbench_choice {
    char *const *names; /* of datasets: a row's own, or its file's; none = all */
    bool *name_found;   /* for each of them, set when a row has it */
    size_t name_count;
    enum longbench_format format;
    struct buffer others; /* names of datasets that were not chosen, one a line; the caller frees */
};

/* A conversion_reader. */
bool longbench_read(void *context, struct text row, struct text stem, struct buffer *out,
                    struct buffer *identity, const char **at, struct error *error);

#endif
