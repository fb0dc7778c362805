/* libyaml's events, made into a tree. Events and not its documents: those resolve aliases silently
 * and keep duplicate keys. */
#include "base/yaml.h"

#include <stdlib.h>
#include <yaml.h>

#include "base/json.h"
#include "base/memory.h"

enum { DEPTH_MAX = 32 };

struct yaml_reader {
    yaml_parser_t parser;
    yaml_event_t event; /* the current one */
    struct text content;
    struct error *error;
};

const char *yaml_kind_name(enum yaml_kind kind)
{
    static const char *const names[] = {
        [YAML_SCALAR] = "a value", [YAML_SEQUENCE] = "a list", [YAML_MAPPING] = "a mapping"};
    return names[kind];
}

static void node_clear(struct yaml_node *node)
{
    for (size_t i = 0; i < node->child_count; i++)
        node_clear(&node->children[i]);
    free(node->children);
    free(node->key);
    free(node->scalar);
}

void yaml_delete(struct yaml_node *root)
{
    if (root)
        node_clear(root);
    free(root);
}

const struct yaml_node *yaml_get(const struct yaml_node *mapping, const char *key)
{
    if (mapping->kind != YAML_MAPPING)
        return NULL;
    for (size_t i = 0; i < mapping->child_count; i++)
        if (strcmp(mapping->children[i].key, key) == 0)
            return &mapping->children[i];
    return NULL;
}

bool yaml_is_null(const struct yaml_node *node)
{
    static const char *const words[] = {"", "~", "null", "Null", "NULL"};
    if (node->kind != YAML_SCALAR || node->quoted)
        return false;
    for (size_t i = 0; i < ARRAY_SIZE(words); i++)
        if (strcmp(node->scalar, words[i]) == 0)
            return true;
    return false;
}

bool yaml_fail_at(const struct yaml_node *node, struct error *error)
{
    return error_prefix(error, "line %d, column %d", node->line, node->column);
}

bool yaml_fail_at_key(const struct yaml_node *node, struct error *error)
{
    return error_prefix(error, "line %d, column %d", node->key_line, node->key_column);
}

static bool fail_at(struct yaml_reader *reader, yaml_mark_t mark, const char *problem)
{
    return error_set(reader->error, "line %zu, column %zu: %s", mark.line + 1, mark.column + 1,
                     problem);
}

static bool fail_parser(struct yaml_reader *reader)
{
    const yaml_parser_t *parser = &reader->parser;
    const char *problem = parser->problem ? parser->problem : "not YAML";
    if (parser->error != YAML_READER_ERROR)
        return fail_at(reader, parser->problem_mark, problem);
    /* The reader knows a byte's offset and no line. */
    size_t offset = parser->problem_offset;
    int line, column;
    if (offset > reader->content.size)
        offset = reader->content.size;
    json_position(reader->content, reader->content.data + offset, &line, &column);
    return error_set(reader->error, "line %d, column %d: %s", line, column, problem);
}

static bool next_event(struct yaml_reader *reader)
{
    yaml_event_delete(&reader->event);
    return yaml_parser_parse(&reader->parser, &reader->event) || fail_parser(reader);
}

/* The current event's scalar, as a string the caller frees. */
static char *take_scalar(struct yaml_reader *reader)
{
    const char *value = (const char *)reader->event.data.scalar.value;
    size_t size = reader->event.data.scalar.length;
    if (memchr(value, '\0', size)) {
        fail_at(reader, reader->event.start_mark, "a NUL character in a text");
        return NULL;
    }
    return xstrndup(value, size);
}

static struct yaml_node *add_child(struct yaml_node *parent)
{
    size_t count = parent->child_count;
    /* Grows at the powers of two. */
    if ((count & (count - 1)) == 0)
        parent->children =
            xreallocarray(parent->children, count ? 2 * count : 1, sizeof *parent->children);
    struct yaml_node *child = &parent->children[parent->child_count++];
    *child = (struct yaml_node){0};
    return child;
}

static bool read_key(struct yaml_reader *reader, struct yaml_node *mapping)
{
    if (reader->event.type != YAML_SCALAR_EVENT)
        return fail_at(reader, reader->event.start_mark, "a key must be a word");
    yaml_mark_t mark = reader->event.start_mark;
    char *key = take_scalar(reader);
    if (!key)
        return false;
    if (yaml_get(mapping, key)) {
        error_set(reader->error, "line %zu, column %zu: %s stands here a second time",
                  mark.line + 1, mark.column + 1, key);
        free(key);
        return false;
    }
    struct yaml_node *child = add_child(mapping);
    child->key = key;
    child->key_line = (int)mark.line + 1;
    child->key_column = (int)mark.column + 1;
    return next_event(reader);
}

/* Reads what begins with the current event; its last event is then the current one. */
static bool read_node(struct yaml_reader *reader, struct yaml_node *node, int depth)
{
    const yaml_event_t *event = &reader->event;
    node->line = (int)event->start_mark.line + 1;
    node->column = (int)event->start_mark.column + 1;
    if (depth > DEPTH_MAX)
        return fail_at(reader, event->start_mark, "nested too deeply");
    if (event->type == YAML_ALIAS_EVENT)
        return fail_at(reader, event->start_mark, "aliases are not supported: write the value out");
    if (event->type == YAML_SCALAR_EVENT) {
        node->quoted = event->data.scalar.style != YAML_PLAIN_SCALAR_STYLE;
        node->scalar = take_scalar(reader);
        return node->scalar != NULL;
    }

    bool is_mapping = event->type == YAML_MAPPING_START_EVENT;
    yaml_event_type_t end = is_mapping ? YAML_MAPPING_END_EVENT : YAML_SEQUENCE_END_EVENT;
    node->kind = is_mapping ? YAML_MAPPING : YAML_SEQUENCE;
    while (next_event(reader)) {
        if (event->type == end)
            return true;
        if (is_mapping ? !read_key(reader, node) : !add_child(node))
            return false;
        if (!read_node(reader, &node->children[node->child_count - 1], depth + 1))
            return false;
    }
    return false;
}

/* A scalar that stands for nothing, as in a file with "---" alone. */
static bool is_empty(const struct yaml_node *node)
{
    return node->kind == YAML_SCALAR && !node->quoted && node->scalar[0] == '\0';
}

static bool read_stream(struct yaml_reader *reader, struct yaml_node *root)
{
    if (!next_event(reader) || !next_event(reader)) /* the stream's start, then the document's */
        return false;
    if (reader->event.type == YAML_STREAM_END_EVENT) {
        *root = (struct yaml_node){.kind = YAML_MAPPING, .line = 1, .column = 1};
        return true;
    }
    if (!next_event(reader) || !read_node(reader, root, 0))
        return false;
    if (is_empty(root)) {
        free(root->scalar);
        root->scalar = NULL;
        root->kind = YAML_MAPPING;
    }
    if (!next_event(reader) || !next_event(reader)) /* the document's end, then the stream's */
        return false;
    return reader->event.type == YAML_STREAM_END_EVENT ||
           fail_at(reader, reader->event.start_mark, "a second document: one is expected");
}

struct yaml_node *yaml_parse(struct text content, struct error *error)
{
    struct yaml_reader reader = {.content = content, .error = error};
    if (!yaml_parser_initialize(&reader.parser))
        die("out of memory (while reading YAML)");
    yaml_parser_set_encoding(&reader.parser, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(&reader.parser, (const unsigned char *)content.data, content.size);

    struct yaml_node *root = xcalloc(1, sizeof *root);
    if (!read_stream(&reader, root)) {
        yaml_delete(root);
        root = NULL;
    }
    yaml_event_delete(&reader.event);
    yaml_parser_delete(&reader.parser);
    return root;
}

const char *yaml_library_version(void)
{
    return yaml_get_version_string();
}
