#include "config/recipe_options.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/memory.h"
#include "config/option_value.h"
#include "config/suggest.h"

/* What a value of each type is called; a list takes one of them or a list of them. */
static const char *const wanted[] = {
    [OPTION_FLAG] = "true or false",
    [OPTION_INT] = "a whole number",
    [OPTION_ROUNDS] = "a whole number or steady",
    [OPTION_SIZE] = "a size, as 16k or 64MiB",
    [OPTION_UINT64] = "a whole number",
    [OPTION_REAL] = "a number",
    [OPTION_SECONDS] = "a time, as 300, 1.5 or 90s",
    [OPTION_MILLISECONDS] = "a time in milliseconds, as 50 or 2s",
    [OPTION_STRING] = "a text",
    [OPTION_CHOICE] = "a word",
    [OPTION_INT_LIST] = "a whole number or a list of them",
    [OPTION_REAL_LIST] = "a number or a list of them",
    [OPTION_STRING_LIST] = "a text or a list of them",
    [OPTION_REPEATED] = "a text or a list of them",
};

struct target {
    struct config *config;
    bool checking; /* nothing was given before: what is, stands in this mapping a second time */
    struct error *error;
};

/* Text in quotes is no number, and no yes or no. */
static bool takes_quotes(const struct option *option)
{
    switch (option->type) {
    case OPTION_FLAG:
    case OPTION_INT:
    case OPTION_UINT64:
    case OPTION_REAL:
    case OPTION_INT_LIST:
    case OPTION_REAL_LIST:
        return false;
    case OPTION_ROUNDS:
    case OPTION_SIZE:
    case OPTION_SECONDS:
    case OPTION_MILLISECONDS:
    case OPTION_STRING:
    case OPTION_CHOICE:
    case OPTION_STRING_LIST:
    case OPTION_REPEATED:
        break;
    }
    return true;
}

static bool fail_type(const struct target *target, const struct option *option, const char *key,
                      const struct yaml_node *node)
{
    const char *is = node->kind != YAML_SCALAR ? yaml_kind_name(node->kind)
                     : yaml_is_null(node)      ? "empty"
                                               : "a text in quotes";
    error_set(target->error, "%s: must be %s, not %s", key, wanted[option->type], is);
    return yaml_fail_at(node, target->error);
}

static bool set_scalar(const struct target *target, const struct option *option, const char *key,
                       const struct yaml_node *node)
{
    if (node->kind != YAML_SCALAR || yaml_is_null(node) || (node->quoted && !takes_quotes(option)))
        return fail_type(target, option, key, node);
    return option_set(target->config, option, key, node->scalar, target->error) ||
           yaml_fail_at(node, target->error);
}

/* Between key and value of an option that may be a mapping, as `slo: {ttft_ms: 1000}`; else NULL.
 */
static const char *joint(const struct option *option)
{
    if (option->offset == offsetof(struct config, slo_assignments))
        return "=";
    return option->type == OPTION_REPEATED ? ": " : NULL;
}

static bool set_pair(const struct target *target, const struct option *option, const char *key,
                     const struct yaml_node *node)
{
    if (node->kind != YAML_SCALAR || yaml_is_null(node))
        return fail_type(target, option, key, node);
    char *pair = xasprintf("%s%s%s", node->key, joint(option), node->scalar);
    bool ok = option_set(target->config, option, key, pair, target->error) ||
              yaml_fail_at(node, target->error);
    free(pair);
    return ok;
}

static bool set_value(const struct target *target, const struct option *option,
                      const struct yaml_node *node)
{
    bool takes_list = option_is_list(option) || option->type == OPTION_REPEATED;
    if (node->kind == YAML_SEQUENCE && takes_list) {
        for (size_t i = 0; i < node->child_count; i++)
            if (!set_scalar(target, option, node->key, &node->children[i]))
                return false;
        return true;
    }
    if (node->kind == YAML_MAPPING && joint(option)) {
        for (size_t i = 0; i < node->child_count; i++)
            if (!set_pair(target, option, node->key, &node->children[i]))
                return false;
        return true;
    }
    return set_scalar(target, option, node->key, node);
}

static bool set_option(const struct target *target, const struct option *option,
                       const struct yaml_node *node)
{
    /* As if it were not there: files that came with FluxPerf spell out every key. */
    if (yaml_is_null(node) || (node->kind == YAML_SEQUENCE && node->child_count == 0))
        return true;
    if (!target->config->given[option - options_table])
        return set_value(target, option, node);
    if (!target->checking)
        return true;
    error_set(target->error, "%s stands here a second time, under another of its names", node->key);
    return yaml_fail_at_key(node, target->error);
}

/* ---- mappings ---- */

static bool fail_unknown(const struct target *target, const struct yaml_node *node, bool mock_only)
{
    const char *key = node->key;
    bool is_no = strncmp(key, "no_", 3) == 0 && options_find(key + 3);
    char nearest[64];
    bool found = suggest_nearest(key, mock_only, nearest);
    if (is_no)
        error_set(target->error, "unknown key %s: write %s: false", key, key + 3);
    else if (found)
        error_set(target->error, "unknown key %.60s: did you mean %s?", key, nearest);
    else
        error_set(target->error,
                  "unknown key %.60s: man fluxperf-recipe has those of a recipe, and fluxperf "
                  "--help all the options",
                  key);
    return yaml_fail_at_key(node, target->error);
}

static bool is_one_of(const char *key, const char *const *words)
{
    for (; *words; words++)
        if (strcmp(key, *words) == 0)
            return true;
    return false;
}

static bool take_mock_key(const struct target *target, const struct yaml_node *node)
{
    char name[80];
    snprintf(name, sizeof name, "mock-%.60s",
             strcmp(node->key, "enabled") == 0 ? "server" : node->key);
    const struct option *option = options_find(name);
    return option && strcmp(node->key, "server") != 0 ? set_option(target, option, node)
                                                      : fail_unknown(target, node, true);
}

static bool take_mock(const struct target *target, const struct yaml_node *mapping)
{
    for (size_t i = 0; i < mapping->child_count; i++)
        if (!take_mock_key(target, &mapping->children[i]))
            return false;
    const struct option *server = options_find("mock-server");
    return yaml_get(mapping, "enabled") || target->config->given[server - options_table] ||
           option_set(target->config, server, "mock_server", "true", target->error);
}

static bool take_key(const struct target *target, const struct yaml_node *node)
{
    const char *name = strcmp(node->key, "concurrency_levels") == 0 ? "concurrency" : node->key;
    const struct option *option = options_find(name);
    if (!option)
        return fail_unknown(target, node, false);
    if (option->offset == offsetof(struct config, mock_server) && node->kind == YAML_MAPPING)
        return take_mock(target, node);
    if (option->group == GROUP_RECIPE && !yaml_is_null(node)) {
        error_set(target->error, "%s: a recipe cannot name another one", node->key);
        return yaml_fail_at_key(node, target->error);
    }
    return set_option(target, option, node);
}

static bool take_options(const struct target *target, const struct yaml_node *mapping,
                         const char *const *others)
{
    for (size_t i = 0; i < mapping->child_count; i++)
        if (!is_one_of(mapping->children[i].key, others) &&
            !take_key(target, &mapping->children[i]))
            return false;
    return true;
}

bool recipe_set_options(struct config *config, const struct yaml_node *mapping,
                        const char *const *others, struct error *error)
{
    return take_options(&(struct target){.config = config, .error = error}, mapping, others);
}

bool recipe_set_mock(struct config *config, const struct yaml_node *mapping, struct error *error)
{
    return take_mock(&(struct target){.config = config, .error = error}, mapping);
}

bool recipe_check_options(const struct yaml_node *mapping, const char *const *others,
                          struct error *error)
{
    struct config scratch;
    config_default(&scratch);
    struct target target = {.config = &scratch, .checking = true, .error = error};
    bool ok = take_options(&target, mapping, others);
    config_free(&scratch);
    return ok;
}

bool recipe_check_mock(const struct yaml_node *mapping, struct error *error)
{
    struct config scratch;
    config_default(&scratch);
    struct target target = {.config = &scratch, .checking = true, .error = error};
    bool ok = take_mock(&target, mapping);
    config_free(&scratch);
    return ok;
}
