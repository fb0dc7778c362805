/* A dataset as the files of a run know it: its name, its hash, and the questions in it. */
#ifndef RESULT_RUN_DATASET_H
#define RESULT_RUN_DATASET_H

#include <stdatomic.h>
#include <stdint.h>

#include "base/text.h"

/* One question of the dataset as files show it; row and turn are its key. */
struct prompt {
    uint32_t row;
    uint16_t turn; /* from 1 */
    char *session_id;
    char *text; /* NULL with --no-text */
};

struct run_dataset {
    char *name; /* as given: a path, "builtin:NAME", "-" */
    uint64_t hash;
    struct prompt *prompts; /* sorted by key once run_dataset_sort was called */
    _Atomic uint32_t prompt_count;
};

/* Copies both. A text whose data is NULL is none (--no-text). */
void run_dataset_add(struct run_dataset *dataset, uint32_t row, uint16_t turn,
                     const char *session_id, struct text text);
void run_dataset_sort(struct run_dataset *dataset);
/* Gives the sorted prompts of `from`, which is empty then, to readers on other threads. */
void run_dataset_publish(struct run_dataset *dataset, struct run_dataset *from);
const struct prompt *run_dataset_find(const struct run_dataset *dataset, uint32_t row,
                                      uint16_t turn);
/* What it owns, not itself. */
void run_dataset_free_owned(struct run_dataset *dataset);

#endif
