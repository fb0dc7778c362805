/* A YAML file as a tree that knows its lines, for messages. Only what settings need: mappings,
 * sequences, scalars; an alias, a second document or a duplicate key is an error. */
#ifndef BASE_YAML_H
#define BASE_YAML_H

#include "base/error.h"
#include "base/text.h"

enum yaml_kind { YAML_SCALAR, YAML_SEQUENCE, YAML_MAPPING };

struct yaml_node {
    enum yaml_kind kind;
    char *key;    /* in a mapping; NULL elsewhere */
    char *scalar; /* of a scalar, "" for an empty one */
    bool quoted;
    int line, column;           /* of the value, from 1 */
    int key_line, key_column;   /* 0 where there is no key */
    struct yaml_node *children; /* of a sequence or mapping, in order */
    size_t child_count;
};

/* NULL with "line 3, column 5: …". An empty text is an empty mapping. */
struct yaml_node *yaml_parse(struct text content, struct error *error);
/* Not named yaml_free: libyaml exports that name and would call ours. */
void yaml_delete(struct yaml_node *root);
/* The child under `key`, NULL when there is none or `mapping` is no mapping. */
const struct yaml_node *yaml_get(const struct yaml_node *mapping, const char *key);
const char *yaml_kind_name(enum yaml_kind kind);
/* A value that says nothing: empty, ~ or null, without quotes. */
bool yaml_is_null(const struct yaml_node *node);

/* Puts "line 3, column 5: " before what is already said, of the value or of its key. Returns false.
 */
bool yaml_fail_at(const struct yaml_node *node, struct error *error);
bool yaml_fail_at_key(const struct yaml_node *node, struct error *error);

/* libyaml's, "0.2.5" */
const char *yaml_library_version(void);

#endif
