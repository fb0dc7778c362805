/* The runs in a directory: one, or those of a recipe's stages, each in a directory of its own. */
#ifndef RESULT_SAVED_RUNS_H
#define RESULT_SAVED_RUNS_H

#include "base/error.h"
#include "result/run.h"

struct saved_run {
    char *directory;
    struct run *run;
    bool in_progress; /* its journal is still being written */
};

struct saved_runs {
    struct saved_run *runs;
    size_t count;
};

/* DIR/journal.jsonl, or DIR/NN-NAME/journal.jsonl in the order of the numbers. False, and nothing
 * to free, when there is none or one cannot be read: the error names it. */
bool saved_runs_read(struct saved_runs *runs, const char *directory, struct error *error);
void saved_runs_free(struct saved_runs *runs);

#endif
