/* Options that a level of a run may have for itself, and the values of one level. */
#ifndef CONFIG_LEVEL_OPTIONS_H
#define CONFIG_LEVEL_OPTIONS_H

#include "config/options.h"

enum level_option_place { PLACE_LEFT, PLACE_RIGHT, PLACE_WIDE };

/* One row is one option; what it takes, means and is by default stands in options_table. In the
 * order of a form, where RIGHT shares the line of the row before it. */
struct level_option {
    const char *name;  /* in options_table */
    const char *label; /* in a form */
    enum level_option_place place;
    bool shapes_prompts; /* levels that differ in it send no prompt in common */
    bool told;           /* wherever a level is shown, by its label and the like */
    const char *more;    /* what options_table does not say of it; NULL = nothing */
};

extern const struct level_option level_options[];
extern const size_t level_options_count;

/* All of it anew; freed with config_free. No option is marked as given. */
void config_copy(struct config *copy, const struct config *config);
/* Another value, as it stands on a command line, in the place of the one that is there, and marked
 * as given; "-" is the default, as if the option was never given. On failure the old one is gone.
 */
bool config_override(struct config *config, const struct option *option, struct text value,
                     struct error *error);
/* Once all overrides are in: reads the files that they name, and checks what options say together.
 */
bool config_resolve_level(struct config *config, struct error *error);
/* An object with the level options, each under its recipe key. */
void config_write_level_json(const struct config *config, struct json_writer *json);

#endif
