/* A recipe: several runs, its stages, from one YAML file. */
#ifndef CONFIG_RECIPE_H
#define CONFIG_RECIPE_H

#include "base/yaml.h"
#include "config/config.h"

/* How long a stage with `before` commands waits for its server, unless --wait-ready says. */
#define RECIPE_WAIT_READY_S 600.0

struct recipe_variable {
    const char *name;
    const char *value; /* NULL: not set during the stage */
};

struct recipe_stage {
    char *name;        /* "Stage 2" where the file gives none */
    const char *suite; /* NULL = none */
    struct recipe_variable *env;
    size_t env_count;
    struct string_list before, after; /* for sh -c, in their order */
    const struct yaml_node *options;  /* its mapping */
};

struct recipe {
    struct yaml_node *root;                       /* what is const above and below lies in it */
    const struct yaml_node *global, *mock_server; /* NULL = none */
    struct recipe_stage *stages;                  /* in the order of the file, over all suites */
    size_t stage_count;
};

/* Every key and value is checked, of all stages. NULL with the reason: "line 3, column 5: …". */
struct recipe *recipe_parse(struct text content, struct error *error);
/* The same of a file, whose path then stands before the reason. */
struct recipe *recipe_read(const char *path, struct error *error);
void recipe_delete(struct recipe *recipe);

/* Sets what the stage, else the recipe's global part asks for. What config->given has already, by
 * the command line or the environment, stays. */
bool recipe_apply(const struct recipe *recipe, const struct recipe_stage *stage,
                  struct config *config, struct error *error);

#endif
