/* What a user chose on the screen and finds there again: ~/.config/fluxperf/ui.conf, one "key =
 * value" a line. Nothing that a run measures is read from it. */
#ifndef UI_PREFERENCES_H
#define UI_PREFERENCES_H

#include <stdbool.h>
#include <stddef.h>

/* False, and "" in `value`, when it was never chosen. */
bool preference_get(const char *key, char *value, size_t size);
/* `fallback` when it was never chosen, or is no number. */
int preference_get_int(const char *key, int fallback);
/* Keeps all other lines. False when the file cannot be written: then the choice lasts as long as
 * the screen. */
bool preference_set(const char *key, const char *value);
bool preference_set_int(const char *key, int value);

#endif
