/* One option's value: from text into struct config, from there into JSON, and freed. */
#ifndef CONFIG_OPTION_VALUE_H
#define CONFIG_OPTION_VALUE_H

#include "config/options.h"

/* Sets the value, or appends to a list all that `value` holds, and marks the option as given.
 * Errors begin with `given_as` ("--concurrency", "-c") and the value. */
bool option_set(struct config *config, const struct option *option, const char *given_as,
                const char *value, struct error *error);
/* The same into the struct that the option's table is about; marks nothing. */
bool option_store(void *values, const struct option *option, const char *given_as,
                  const char *value, struct error *error);
/* A value of its own where `from` has it; what `to` had is not freed. */
void option_copy(void *to, const void *from, const struct option *option);
/* Empties a list, frees a string; numbers stay. */
void option_clear(void *values, const struct option *option);
bool option_is_list(const struct option *option);
/* One of the options that the command mock-server has too, there without "mock-". */
bool option_is_mock_knob(const struct option *option);
/* The name of an OPTION_CHOICE's value; false beyond the last one. */
bool option_choice(const struct option *option, unsigned index, struct text *name);

/* The part of a value to be hidden, inside `value`; empty if nothing is. */
struct text option_secret_part(const struct option *option, const char *value);

/* Calls `visit` with each string of the option, of a list or a single one. */
void option_each_string(const struct config *config, const struct option *option,
                        void (*visit)(const struct option *option, const char *string));
void option_write_json(const void *values, const struct option *option, struct json_writer *json);

#endif
