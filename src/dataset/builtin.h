/* The dataset files that are part of the program. Internal to dataset/. */
#ifndef DATASET_BUILTIN_H
#define DATASET_BUILTIN_H

#include <stdbool.h>

#include "base/text.h"

bool builtin_find(const char *name, struct text *content);
/* The built-in that a path's last part names ("example_dataset.json" or "example"), or NULL. */
const char *builtin_for_file(const char *path);

#endif
