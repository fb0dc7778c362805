/* Options as a recipe gives them: the keys of a mapping into struct config. */
#ifndef CONFIG_RECIPE_OPTIONS_H
#define CONFIG_RECIPE_OPTIONS_H

#include "base/yaml.h"
#include "config/config.h"

/* Sets each option of the mapping that is not given yet. `others`, ending in NULL, are keys that
 * are no options and the caller's. False at an unknown key, or a value of the wrong type or out of
 * range, with its line and column. */
bool recipe_set_options(struct config *config, const struct yaml_node *mapping,
                        const char *const *others, struct error *error);
/* `mock_server: {enabled: true, port: 0}`: its keys are those of the mock options without "mock_".
 */
bool recipe_set_mock(struct config *config, const struct yaml_node *mapping, struct error *error);
/* The same two into a config that is thrown away; a key given twice, under two of its names, is
 * then an error. */
bool recipe_check_options(const struct yaml_node *mapping, const char *const *others,
                          struct error *error);
bool recipe_check_mock(const struct yaml_node *mapping, struct error *error);

#endif
