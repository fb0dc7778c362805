/* The parts of a recipe. The options in them are recipe_options.c's. */
#include "config/recipe.h"

#include <stdlib.h>
#include <strings.h>

#include "base/buffer.h"
#include "base/file.h"
#include "base/memory.h"
#include "config/options.h"
#include "config/recipe_options.h"

static const char *const none[] = {NULL};
static const char *const stage_keys[] = {"name", "env", "before", "after", NULL};

/* ---- kinds ---- */

static bool fail_kind(const struct yaml_node *node, const char *what, const char *must,
                      struct error *error)
{
    error_set(error, "%s: must be %s, not %s", what, must,
              yaml_is_null(node) ? "empty" : yaml_kind_name(node->kind));
    return yaml_fail_at(node, error);
}

static bool is_text(const struct yaml_node *node)
{
    return node->kind == YAML_SCALAR && !yaml_is_null(node);
}

static bool fail_key(const struct yaml_node *node, const char *owner, const char *keys,
                     struct error *error)
{
    error_set(error, "unknown key %.60s: %s has %s", node->key, owner, keys);
    return yaml_fail_at_key(node, error);
}

/* ---- a stage ---- */

static void add_word(struct string_list *list, const char *word)
{
    list->values = xreallocarray(list->values, list->count + 1, sizeof *list->values);
    list->values[list->count++] = xstrdup(word);
}

/* One command, or a list of them. */
static bool read_commands(struct string_list *list, const struct yaml_node *node,
                          struct error *error)
{
    if (!node || yaml_is_null(node))
        return true;
    if (is_text(node)) {
        add_word(list, node->scalar);
        return true;
    }
    if (node->kind != YAML_SEQUENCE)
        return fail_kind(node, node->key, "a shell command or a list of them", error);
    for (size_t i = 0; i < node->child_count; i++) {
        const struct yaml_node *command = &node->children[i];
        if (!is_text(command))
            return fail_kind(command, node->key, "a shell command or a list of them", error);
        add_word(list, command->scalar);
    }
    return true;
}

static bool read_env(struct recipe_stage *stage, const struct yaml_node *node, struct error *error)
{
    if (!node || yaml_is_null(node))
        return true;
    if (node->kind != YAML_MAPPING)
        return fail_kind(node, "env", "a mapping of variables, as {NAME: value}", error);
    stage->env = xcalloc(node->child_count, sizeof *stage->env);
    for (size_t i = 0; i < node->child_count; i++) {
        const struct yaml_node *value = &node->children[i];
        if (!value->key[0] || strchr(value->key, '=')) {
            error_set(error, "env: \"%.60s\" is no name of a variable", value->key);
            return yaml_fail_at_key(value, error);
        }
        if (value->kind != YAML_SCALAR)
            return fail_kind(value, value->key, "a text", error);
        stage->env[stage->env_count++] =
            (struct recipe_variable){value->key, yaml_is_null(value) ? NULL : value->scalar};
    }
    return true;
}

static bool read_stage(struct recipe *recipe, const char *suite, const struct yaml_node *node,
                       struct error *error)
{
    if (node->kind != YAML_MAPPING)
        return fail_kind(node, "a stage", "a mapping, as {concurrency_levels: [5, 10]}", error);
    recipe->stages = xreallocarray(recipe->stages, recipe->stage_count + 1, sizeof *recipe->stages);
    struct recipe_stage *stage = &recipe->stages[recipe->stage_count++];
    *stage = (struct recipe_stage){.suite = suite, .options = node};

    const struct yaml_node *name = yaml_get(node, "name");
    if (name && name->kind != YAML_SCALAR)
        return fail_kind(name, "name", "a text", error);
    stage->name =
        name && is_text(name) ? xstrdup(name->scalar) : xasprintf("Stage %zu", recipe->stage_count);
    return read_env(stage, yaml_get(node, "env"), error) &&
           read_commands(&stage->before, yaml_get(node, "before"), error) &&
           read_commands(&stage->after, yaml_get(node, "after"), error) &&
           recipe_check_options(node, stage_keys, error);
}

static bool read_stage_list(struct recipe *recipe, const char *suite, const struct yaml_node *node,
                            struct error *error)
{
    if (node->kind != YAML_SEQUENCE)
        return fail_kind(node, "stages", "a list of stages, each with a dash", error);
    for (size_t i = 0; i < node->child_count; i++)
        if (!read_stage(recipe, suite, &node->children[i], error))
            return false;
    return true;
}

/* ---- the sections ---- */

static bool read_stages(struct recipe *recipe, const struct yaml_node *node, struct error *error)
{
    return read_stage_list(recipe, NULL, node, error);
}

static bool read_suite(struct recipe *recipe, const struct yaml_node *node, struct error *error)
{
    if (node->kind != YAML_MAPPING)
        return fail_kind(node, "a suite", "a mapping with name and stages", error);
    const struct yaml_node *name = yaml_get(node, "name"), *stages = yaml_get(node, "stages");
    for (size_t i = 0; i < node->child_count; i++)
        if (&node->children[i] != name && &node->children[i] != stages)
            return fail_key(&node->children[i], "a suite", "name and stages", error);
    if (name && name->kind != YAML_SCALAR)
        return fail_kind(name, "name", "a text", error);
    if (!stages) {
        error_set(error, "a suite without stages");
        return yaml_fail_at(node, error);
    }
    return read_stage_list(recipe, name && is_text(name) ? name->scalar : NULL, stages, error);
}

static bool read_suites(struct recipe *recipe, const struct yaml_node *node, struct error *error)
{
    if (yaml_get(recipe->root, "stages")) {
        error_set(error, "suites: a recipe has either stages or suites of stages");
        return yaml_fail_at_key(node, error);
    }
    if (node->kind != YAML_SEQUENCE)
        return fail_kind(node, "suites", "a list of suites, each with a dash", error);
    for (size_t i = 0; i < node->child_count; i++)
        if (!read_suite(recipe, &node->children[i], error))
            return false;
    return true;
}

static bool read_global(struct recipe *recipe, const struct yaml_node *node, struct error *error)
{
    recipe->global = node;
    if (node->kind != YAML_MAPPING)
        return fail_kind(node, "global", "a mapping of options", error);
    return recipe_check_options(node, none, error);
}

static bool read_mock_server(struct recipe *recipe, const struct yaml_node *node,
                             struct error *error)
{
    recipe->mock_server = node;
    if (node->kind != YAML_MAPPING)
        return fail_kind(node, "mock_server", "a mapping, as {enabled: true, port: 0}", error);
    return recipe_check_mock(node, error);
}

/* FluxPerf could start vLLM itself; its files say at least that it shall not. */
static bool read_vllm(struct recipe *recipe, const struct yaml_node *node, struct error *error)
{
    (void)recipe;
    if (node->kind != YAML_MAPPING)
        return fail_kind(node, "vllm", "a mapping, as {auto_restart: false}", error);
    for (size_t i = 0; i < node->child_count; i++) {
        const struct yaml_node *child = &node->children[i];
        bool is_switch = strcmp(child->key, "auto_restart") == 0;
        if (!is_switch && strcmp(child->key, "startup_command") != 0 &&
            strcmp(child->key, "port") != 0)
            return fail_key(child, "vllm", "auto_restart, startup_command and port", error);
        if (child->kind != YAML_SCALAR)
            return fail_kind(child, child->key, is_switch ? "false" : "a value", error);
        if (!is_switch || yaml_is_null(child) || strcasecmp(child->scalar, "false") == 0)
            continue;
        error_set(error, "vllm.auto_restart: must be false: what starts and stops the server goes "
                         "into before: and after: of a stage");
        return yaml_fail_at(child, error);
    }
    return true;
}

static const struct {
    const char *key;
    bool (*read)(struct recipe *recipe, const struct yaml_node *node, struct error *error);
} sections[] = {
    {"global", read_global},           {"stages", read_stages}, {"suites", read_suites},
    {"mock_server", read_mock_server}, {"vllm", read_vllm},
};

static bool read_section(struct recipe *recipe, const struct yaml_node *node, struct error *error)
{
    for (size_t i = 0; i < ARRAY_SIZE(sections); i++)
        if (strcmp(sections[i].key, node->key) == 0)
            return yaml_is_null(node) || sections[i].read(recipe, node, error);
    /* The commonest slip: an option that belongs one floor down. */
    if (options_find(node->key)) {
        error_set(error, "%s: options stand under global: or in a stage", node->key);
        return yaml_fail_at_key(node, error);
    }
    return fail_key(node, "a recipe", "global, stages or suites, mock_server and vllm", error);
}

static bool read_root(struct recipe *recipe, struct error *error)
{
    const struct yaml_node *root = recipe->root;
    if (root->kind != YAML_MAPPING)
        return fail_kind(root, "a recipe", "a mapping with global and stages", error);
    for (size_t i = 0; i < root->child_count; i++)
        if (!read_section(recipe, &root->children[i], error))
            return false;
    if (recipe->stage_count == 0) {
        error_set(error, "no stage: a recipe has stages, as  stages: [{concurrency: 10}]");
        return yaml_fail_at(root, error);
    }
    return true;
}

/* ---- the whole ---- */

struct recipe *recipe_parse(struct text content, struct error *error)
{
    struct recipe *recipe = xcalloc(1, sizeof *recipe);
    recipe->root = yaml_parse(content, error);
    if (recipe->root && read_root(recipe, error))
        return recipe;
    recipe_delete(recipe);
    return NULL;
}

struct recipe *recipe_read(const char *path, struct error *error)
{
    struct buffer content = {0};
    struct recipe *recipe = NULL;
    if (file_read(path, &content, error)) {
        recipe = recipe_parse(buffer_text(&content), error);
        if (!recipe)
            error_prefix(error, "%s", path);
    }
    buffer_free(&content);
    return recipe;
}

static void free_words(struct string_list *list)
{
    for (size_t i = 0; i < list->count; i++)
        free(list->values[i]);
    free(list->values);
}

void recipe_delete(struct recipe *recipe)
{
    if (!recipe)
        return;
    for (size_t i = 0; i < recipe->stage_count; i++) {
        struct recipe_stage *stage = &recipe->stages[i];
        free(stage->name);
        free(stage->env);
        free_words(&stage->before);
        free_words(&stage->after);
    }
    free(recipe->stages);
    yaml_delete(recipe->root);
    free(recipe);
}

bool recipe_apply(const struct recipe *recipe, const struct recipe_stage *stage,
                  struct config *config, struct error *error)
{
    if (!recipe_set_options(config, stage->options, stage_keys, error) ||
        (recipe->global && !recipe_set_options(config, recipe->global, none, error)) ||
        (recipe->mock_server && !recipe_set_mock(config, recipe->mock_server, error)))
        return false;
    if (config->api_key && !config->api_key_source)
        config->api_key_source = "the recipe";
    if (stage->before.count && !config->given[options_find("wait-ready") - options_table])
        config->wait_ready_s = RECIPE_WAIT_READY_S;
    return true;
}
