/* A dataset read on a thread of its own: the screen does not wait for large files. */
#ifndef UI_DATASET_LOAD_H
#define UI_DATASET_LOAD_H

#include "dataset/dataset.h"

struct dataset_load;

enum dataset_load_state { DATASET_LOADING, DATASET_LOADED, DATASET_FAILED };

/* `name` is a path or builtin:NAME; what is no file is said at once. */
struct dataset_load *dataset_load_begin(const char *name, bool skip_bad_rows);
/* Does not wait for one that is still being read. */
void dataset_load_end(struct dataset_load *load);

enum dataset_load_state dataset_load_state(const struct dataset_load *load);
const char *dataset_load_name(const struct dataset_load *load);
/* Once it is loaded; may be taken out of there, which leaves it zeroed. */
struct dataset *dataset_load_dataset(struct dataset_load *load);
/* Once it failed: with line and reason. */
const char *dataset_load_error(const struct dataset_load *load);

#endif
