/* What an option that does not exist may have meant. */
#ifndef CONFIG_SUGGEST_H
#define CONFIG_SUGGEST_H

#include <stddef.h>

#include "base/error.h"

/* Fills `error` with "unknown option --num-prompts: here it is --num-samples", or the nearest name.
 * `name` is without its dashes; `mock_only` looks at the mock options, as the command mock-server
 * has them. Returns false. */
bool suggest_option(const char *name, bool mock_only, struct error *error);
/* The nearest option's key in recipes, of the mock options without "mock_". False when none is
 * near.
 */
bool suggest_nearest(const char *key, bool mock_only, char found[static 64]);

/* The nearest of some names; NULL when none is near. */
const char *suggest_word(const char *word, const char *const *names, size_t count);

struct option_set;
/* The same for a command with options of its own. */
bool suggest_in_set(const struct option_set *set, const char *name, struct error *error);

#endif
