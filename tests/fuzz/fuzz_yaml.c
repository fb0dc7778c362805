/* YAML from outside, through the tree, through the reader of limits and through that of recipes. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "base/yaml.h"
#include "config/recipe.h"
#include "config/slo.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What the tree promises: a key in mappings only, a string in scalars only, lines from 1. */
static void check_node(const struct yaml_node *node, bool in_mapping)
{
    if ((node->key != NULL) != in_mapping || (node->kind == YAML_SCALAR) != (node->scalar != NULL))
        abort();
    if (in_mapping && (node->key_line < 1 || node->key_column < 1))
        abort();
    if (node->line < 1 || node->column < 1 || (node->kind == YAML_SCALAR && node->child_count))
        abort();
    for (size_t i = 0; i < node->child_count; i++) {
        const struct yaml_node *child = &node->children[i];
        check_node(child, node->kind == YAML_MAPPING);
        if (child->key && yaml_get(node, child->key) != child)
            abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct text content = {(const char *)data, size};
    struct error error = {0};
    struct yaml_node *root = yaml_parse(content, &error);
    if (root)
        check_node(root, false);
    else if (!error.text[0])
        abort();
    yaml_delete(root);

    struct slo slo;
    slo_none(&slo);
    if (slo_read_text(&slo, content, &error) && !slo_any(&slo))
        abort();

    error.text[0] = '\0';
    struct recipe *recipe = recipe_parse(content, &error);
    if (recipe ? recipe->stage_count == 0 : !error.text[0])
        abort();
    recipe_delete(recipe);
    return 0;
}
