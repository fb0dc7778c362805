/* A config as the words of a command line. Secrets are starred out. */
#ifndef CONFIG_CONFIG_WORDS_H
#define CONFIG_CONFIG_WORDS_H

#include "config/options.h"

/* " --name value" for each option that is marked as given, quoted for a shell. */
void config_given_words(const struct config *config, struct buffer *out);
/* The same for each that is not as config_default has it, but for those of screen and files: what
 * runs this one level by itself. */
void config_command_words(const struct config *config, struct buffer *out);
/* " value" of a string or a number in JSON, quoted for a shell. */
void config_value_word(struct text value, struct buffer *out);

#endif
