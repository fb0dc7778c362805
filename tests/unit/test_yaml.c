#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/buffer.h"
#include "base/yaml.h"

static struct yaml_node *parse(const char *content)
{
    struct error error = {0};
    struct yaml_node *root = yaml_parse(text_of(content), &error);
    if (!root)
        fail_msg("refused: %s", error.text);
    return root;
}

static void assert_refused(const char *content, const char *reason)
{
    struct error error = {0};
    struct yaml_node *root = yaml_parse(text_of(content), &error);
    assert_null(root);
    if (!strstr(error.text, reason))
        fail_msg("said \"%s\", not \"%s\"", error.text, reason);
}

static void a_tree_keeps_keys_values_order_and_lines(void **state)
{
    (void)state;
    struct yaml_node *root = parse("# a comment\n"
                                   "global:\n"
                                   "  model: \"m: 1\"\n"
                                   "  levels: [5, 10]\n"
                                   "stages:\n"
                                   "  - name: one\n"
                                   "  - name:\n");
    const struct yaml_node *global = yaml_get(root, "global");
    assert_int_equal(global->kind, YAML_MAPPING);
    assert_int_equal(global->child_count, 2);
    assert_int_equal(global->line, 3);
    assert_int_equal(global->column, 3);
    assert_int_equal(global->key_line, 2);
    assert_int_equal(global->key_column, 1);
    assert_int_equal(global->children[1].key_line, 4);
    assert_int_equal(global->children[1].key_column, 3);
    assert_string_equal(global->children[0].key, "model");
    assert_string_equal(global->children[0].scalar, "m: 1");
    assert_true(global->children[0].quoted);

    const struct yaml_node *levels = yaml_get(global, "levels");
    assert_int_equal(levels->kind, YAML_SEQUENCE);
    assert_int_equal(levels->child_count, 2);
    assert_string_equal(levels->children[1].scalar, "10");
    assert_false(levels->children[1].quoted);
    assert_null(levels->children[1].key);
    assert_int_equal(levels->children[1].line, 4);
    assert_int_equal(levels->children[1].column, 15);

    const struct yaml_node *stages = yaml_get(root, "stages");
    assert_string_equal(yaml_get(&stages->children[1], "name")->scalar, "");
    assert_null(yaml_get(root, "absent"));
    assert_null(yaml_get(levels, "model"));
    yaml_delete(root);
}

static void a_text_that_says_nothing_is_an_empty_mapping(void **state)
{
    (void)state;
    static const char *const nothing[] = {"", "\n\n", "# only a comment\n", "---\n"};
    for (size_t i = 0; i < sizeof nothing / sizeof *nothing; i++) {
        struct yaml_node *root = parse(nothing[i]);
        assert_int_equal(root->kind, YAML_MAPPING);
        assert_int_equal(root->child_count, 0);
        yaml_delete(root);
    }
}

static void null_is_what_says_nothing_without_quotes(void **state)
{
    (void)state;
    struct yaml_node *root = parse("[null, ~, \"null\", '', 0, {}]\n");
    static const bool is_null[] = {true, true, false, false, false, false};
    for (size_t i = 0; i < root->child_count; i++)
        assert_int_equal(yaml_is_null(&root->children[i]), is_null[i]);
    yaml_delete(root);
}

static void broken_yaml_names_line_and_column(void **state)
{
    (void)state;
    assert_refused("a: 1\nb: [1, 2\n", "line 3, column 1: ");
    assert_refused("a: 1\n\tb: 2\n", "line 2, column 1: ");
    assert_refused("a: 1\nb: x\xff\n", "line 2, column 5: ");
}

static void what_would_be_read_silently_wrong_is_refused(void **state)
{
    (void)state;
    assert_refused("a: 1\nb: 2\na: 3\n", "line 3, column 1: a stands here a second time");
    assert_refused("a: &x 1\nb: *x\n", "line 2, column 4: aliases");
    assert_refused("a: 1\n---\nb: 2\n", "line 2, column 1: a second document");
    assert_refused("? [1, 2]\n: 3\n", "line 1, column 3: a key must be a word");
    assert_refused("a: \"x\\0y\"\n", "line 1, column 4: a NUL");
}

static void nesting_has_an_end(void **state)
{
    (void)state;
    struct buffer deep = {0};
    for (int i = 0; i < 100; i++)
        buffer_add_char(&deep, '[');
    struct error error = {0};
    assert_null(yaml_parse(buffer_text(&deep), &error));
    assert_non_null(strstr(error.text, "nested too deeply"));
    buffer_free(&deep);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_tree_keeps_keys_values_order_and_lines),
        cmocka_unit_test(a_text_that_says_nothing_is_an_empty_mapping),
        cmocka_unit_test(null_is_what_says_nothing_without_quotes),
        cmocka_unit_test(broken_yaml_names_line_and_column),
        cmocka_unit_test(what_would_be_read_silently_wrong_is_refused),
        cmocka_unit_test(nesting_has_an_end),
    };
    return cmocka_run_group_tests_name("yaml", tests, NULL, NULL);
}
