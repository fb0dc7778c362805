#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/log.h"
#include "base/memory.h"
#include "config/options.h"
#include "config/recipe.h"

static struct recipe *parse(const char *content)
{
    struct error error = {0};
    struct recipe *recipe = recipe_parse(text_of(content), &error);
    if (!recipe)
        fail_msg("refused: %s", error.text);
    return recipe;
}

/* The config of a stage under a command line of words parted by blanks. */
static struct config stage_config(const struct recipe *recipe, size_t stage, const char *line)
{
    struct config config;
    struct error error = {0};
    char *words[32], *copy = xstrdup(line), *rest = copy;
    int count = 0;
    for (char *word; (word = strsep(&rest, " "));)
        if (word[0])
            words[count++] = word;
    config_default(&config);
    assert_int_equal(options_parse(&config, count, words, &error), OPTIONS_RUN);
    assert_true(options_read_environment(&config, &error));
    if (!recipe_apply(recipe, &recipe->stages[stage], &config, &error))
        fail_msg("refused: %s", error.text);
    free(copy);
    return config;
}

static void assert_ints(const struct int_list *list, const char *expected)
{
    struct buffer text = {0};
    for (size_t i = 0; i < list->count; i++)
        buffer_printf(&text, "%s%lld", i ? " " : "", (long long)list->values[i]);
    assert_string_equal(buffer_text(&text).data, expected);
    buffer_free(&text);
}

/* ---- what is read ---- */

static const char two_suites[] = "global:\n"
                                 "  dataset: builtin:example\n"
                                 "  model: \"m\"\n"
                                 "  timeout: 60\n"
                                 "  shuffle_round2: true\n"
                                 "  max_input_length: null\n"
                                 "  prometheus_metrics: []\n"
                                 "  api_key: ~\n"
                                 "mock_server:\n"
                                 "  enabled: true\n"
                                 "  host: \"127.0.0.2\"\n"
                                 "  port: 0\n"
                                 "  ttft: 5\n"
                                 "vllm:\n"
                                 "  auto_restart: false\n"
                                 "  startup_command: null\n"
                                 "  port: 8000\n"
                                 "suites:\n"
                                 "  - name: Warm-up\n"
                                 "    stages:\n"
                                 "      - name: \"Stage 1: low\"\n"
                                 "        env:\n"
                                 "          CUDA_VISIBLE_DEVICES: 0,1\n"
                                 "          UNSET_ME: null\n"
                                 "        concurrency_levels: [2, 4]\n"
                                 "        num_samples: [4, 8]\n"
                                 "        max_output_tokens: 16\n"
                                 "  - stages:\n"
                                 "      - dataset: other.jsonl\n"
                                 "        concurrency: 8\n"
                                 "        before: [first, second]\n"
                                 "        after: third\n"
                                 "        timeout: 90s\n"
                                 "        slo: {ttft_ms: 100, itl_ms: 5}\n"
                                 "        header: {X-Team: search}\n"
                                 "        fail-on: ['errors>0', 'slo<95%']\n";

static void suites_hold_stages_in_their_order(void **state)
{
    (void)state;
    struct recipe *recipe = parse(two_suites);
    assert_int_equal(recipe->stage_count, 2);
    const struct recipe_stage *first = &recipe->stages[0], *second = &recipe->stages[1];
    assert_string_equal(first->name, "Stage 1: low");
    assert_string_equal(first->suite, "Warm-up");
    assert_string_equal(second->name, "Stage 2");
    assert_null(second->suite);

    assert_int_equal(first->env_count, 2);
    assert_string_equal(first->env[0].name, "CUDA_VISIBLE_DEVICES");
    assert_string_equal(first->env[0].value, "0,1");
    assert_null(first->env[1].value);
    assert_int_equal(first->before.count, 0);
    assert_int_equal(second->before.count, 2);
    assert_string_equal(second->before.values[1], "second");
    assert_string_equal(second->after.values[0], "third");
    recipe_delete(recipe);
}

static void a_stage_has_its_own_options_and_the_global_ones(void **state)
{
    (void)state;
    struct recipe *recipe = parse(two_suites);
    struct config config = stage_config(recipe, 0, "");
    assert_string_equal(config.dataset, "builtin:example");
    assert_string_equal(config.model, "m");
    assert_ints(&config.concurrency, "2 4");
    assert_ints(&config.num_samples, "4 8");
    assert_int_equal(config.max_output_tokens, 16);
    assert_true(config.shuffle_round2);
    assert_true(config.mock_server);
    assert_string_equal(config.mock.host, "127.0.0.2");
    assert_int_equal(config.mock.port, 0);
    assert_true(config.mock.ttft_ms == 5.0);
    assert_true(config.timeout_s == 60.0);
    config_free(&config);

    config = stage_config(recipe, 1, "");
    assert_string_equal(config.dataset, "other.jsonl");
    assert_ints(&config.concurrency, "8");
    assert_int_equal(config.num_samples.count, 0);
    assert_true(config.timeout_s == 90.0);
    assert_string_equal(config.slo_assignments.values[1], "itl_ms=5");
    assert_string_equal(config.headers.values[0], "X-Team: search");
    assert_int_equal(config.fail_on.count, 2);
    assert_true(config.wait_ready_s == RECIPE_WAIT_READY_S);
    config_free(&config);
    recipe_delete(recipe);
}

static void command_line_beats_environment_beats_stage_beats_global(void **state)
{
    (void)state;
    struct recipe *recipe =
        parse("global: {api_key: from-global, note: global, rounds: 3, seed: 7}\n"
              "stages:\n"
              "  - {api_key: from-stage, note: stage, concurrency: [1, 2]}\n");
    struct config config = stage_config(recipe, 0, "");
    assert_string_equal(config.api_key, "from-stage");
    assert_string_equal(config.api_key_source, "the recipe");
    assert_string_equal(config.note, "stage");
    assert_int_equal(config.rounds.most, 3);
    assert_int_equal(config.warmup, 0);
    config_free(&config);

    setenv("FLUXPERF_API_KEY", "from-environment", 1);
    config = stage_config(recipe, 0, "--note line --concurrency 5 --no-mock-server");
    assert_string_equal(config.api_key, "from-environment");
    assert_string_equal(config.note, "line");
    assert_ints(&config.concurrency, "5");
    assert_int_equal(config.seed, 7);
    config_free(&config);

    config = stage_config(recipe, 0, "--api-key from-line");
    assert_string_equal(config.api_key, "from-line");
    config_free(&config);
    unsetenv("FLUXPERF_API_KEY");
    recipe_delete(recipe);
}

static void every_option_of_the_table_may_stand_in_both_places(void **state)
{
    (void)state;
    static const char *const values[] = {
        [OPTION_FLAG] = "True",           [OPTION_INT] = "1",           [OPTION_SIZE] = "64MiB",
        [OPTION_ROUNDS] = "steady:5",     [OPTION_UINT64] = "1",        [OPTION_REAL] = "1",
        [OPTION_SECONDS] = "1s",          [OPTION_MILLISECONDS] = "1",  [OPTION_STRING] = "x",
        [OPTION_INT_LIST] = "[1, 2]",     [OPTION_REAL_LIST] = "[1.5]", [OPTION_STRING_LIST] = "x",
        [OPTION_REPEATED] = "[\"A: b\"]",
    };
    for (size_t i = 0; i < options_count; i++) {
        const struct option *option = &options_table[i];
        if (option->group == GROUP_RECIPE)
            continue;
        char key[64], choice[64], content[512];
        option_recipe_key(option, key);
        const char *value = values[option->type];
        if (option->type == OPTION_CHOICE) {
            snprintf(choice, sizeof choice, "%s", option->argument);
            choice[strcspn(choice, "|")] = '\0';
            value = choice;
        }
        snprintf(content, sizeof content, "global: {%s: %s}\nstages: [{%s: %s}]\n", key, value, key,
                 value);
        struct recipe *recipe = parse(content);
        struct config config = stage_config(recipe, 0, "");
        assert_true(config.given[i]);
        config_free(&config);
        recipe_delete(recipe);
    }
}

static void a_mock_server_in_a_recipe_is_meant_to_run_unless_it_says_otherwise(void **state)
{
    (void)state;
    static const struct {
        const char *content, *line;
        bool runs;
    } cases[] = {
        {"mock_server: {port: 0}\nstages: [{}]\n", "", true},
        {"mock_server: {enabled: false, port: 0}\nstages: [{}]\n", "", false},
        {"mock_server: {port: 0}\nstages: [{}]\n", "--no-mock-server", false},
        {"stages: [{mock_server: {port: 0}}]\n", "", true},
        {"global: {mock_server: true}\nstages: [{mock_server: false}]\n", "", false},
        {"mock_server: null\nstages: [{}]\n", "", false},
    };
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct recipe *recipe = parse(cases[i].content);
        struct config config = stage_config(recipe, 0, cases[i].line);
        assert_int_equal(config.mock_server, cases[i].runs);
        config_free(&config);
        recipe_delete(recipe);
    }
}

/* ---- what is refused ---- */

static const struct {
    const char *content, *says;
} malformed[] = {
    {"global: {}\n", "line 1, column 1: no stage: a recipe has stages"},
    {"[1, 2]\n",
     "line 1, column 1: a recipe: must be a mapping with global and stages, not a list"},
    {"stages: 5\n", "line 1, column 9: stages: must be a list of stages"},
    {"stages:\n  - 5\n", "line 2, column 5: a stage: must be a mapping"},
    {"stages: [{}]\nconcurrency: 5\n",
     "line 2, column 1: concurrency: options stand under global: or in a stage"},
    {"stages: [{}]\ngloabl: {}\n",
     "line 2, column 1: unknown key gloabl: a recipe has global, stages or suites"},
    {"global: [a]\nstages: [{}]\n", "line 1, column 9: global: must be a mapping of options"},
    {"global:\n  concurency: 5\nstages: [{}]\n",
     "line 2, column 3: unknown key concurency: did you mean concurrency?"},
    {"stages:\n  - name: a\n    xyzzyplugh: 5\n",
     "line 3, column 5: unknown key xyzzyplugh: man fluxperf-recipe"},
    {"stages:\n  - concurrency_levels: [2, x]\n",
     "line 2, column 29: concurrency_levels x: must be a whole number between 1 and 100000"},
    {"stages:\n  - concurrency_levels: [2, 0]\n",
     "line 2, column 29: concurrency_levels 0: must be between 1 and 100000"},
    {"stages:\n  - concurrency_levels: [2, [3]]\n",
     "line 2, column 29: concurrency_levels: must be a whole number or a list of them, not a list"},
    {"stages:\n  - concurrency_levels: {a: 1}\n",
     "line 2, column 25: concurrency_levels: must be a "
     "whole number or a list of them, not a mapping"},
    {"stages:\n  - concurrency: 2\n    concurrency_levels: [2]\n",
     "line 3, column 5: concurrency_levels stands here a second time, under another of its names"},
    {"stages:\n  - rounds: 2\n    rounds: 3\n",
     "line 3, column 5: rounds stands here a second time"},
    {"global:\n  timeout: soon\nstages: [{}]\n",
     "line 2, column 12: timeout soon: must be seconds"},
    {"global:\n  timeout: [5]\nstages: [{}]\n",
     "line 2, column 12: timeout: must be a time, as 300, 1.5 or 90s, not a list"},
    {"global:\n  warmup: \"2\"\nstages: [{}]\n",
     "line 2, column 11: warmup: must be a whole number, not a text in quotes"},
    {"global:\n  shuffle: maybe\nstages: [{}]\n",
     "line 2, column 12: shuffle maybe: must be true or false"},
    {"global:\n  no_text: true\nstages: [{}]\n",
     "line 2, column 3: unknown key no_text: write text: false"},
    {"global:\n  cold_start: hot\nstages: [{}]\n",
     "line 2, column 15: cold_start hot: must be auto, reset, salt, disjoint or none"},
    {"global:\n  recipe: other.yaml\nstages: [{}]\n",
     "line 2, column 3: recipe: a recipe cannot name another one"},
    {"stages:\n  - env: [A]\n", "line 2, column 10: env: must be a mapping of variables"},
    {"stages:\n  - env: {A: [1]}\n", "line 2, column 14: A: must be a text, not a list"},
    {"stages:\n  - env: {\"A=B\": 1}\n",
     "line 2, column 11: env: \"A=B\" is no name of a variable"},
    {"stages:\n  - before: {run: x}\n",
     "line 2, column 13: before: must be a shell command or a list of them, not a mapping"},
    {"stages:\n  - after: [ok, null]\n",
     "line 2, column 17: after: must be a shell command or a list of them, not empty"},
    {"stages:\n  - name: [a]\n", "line 2, column 11: name: must be a text, not a list"},
    {"stages: [{}]\nsuites: []\n",
     "line 2, column 1: suites: a recipe has either stages or suites of stages"},
    {"suites:\n  - name: a\n", "line 2, column 5: a suite without stages"},
    {"suites:\n  - stages: [{}]\n    rounds: 2\n",
     "line 3, column 5: unknown key rounds: a suite has name and stages"},
    {"mock_server: on\nstages: [{}]\n", "line 1, column 14: mock_server: must be a mapping"},
    {"mock_server:\n  prot: 0\nstages: [{}]\n",
     "line 2, column 3: unknown key prot: did you mean port?"},
    {"mock_server:\n  port: 70000\nstages: [{}]\n",
     "line 2, column 9: port 70000: must be between 0 and 65535"},
    {"vllm: {auto_restart: true}\nstages: [{}]\n",
     "line 1, column 22: vllm.auto_restart: must be false: what starts and stops the server goes "
     "into before: and after: of a stage"},
    {"vllm: {restart: false}\nstages: [{}]\n", "line 1, column 8: unknown key restart: vllm has"},
    {"stages:\n  - {rounds: 2\n", "line 3, column 1: "},
    {"stages: [{}]\nglobal: &x {}\nvllm: *x\n", "line 3, column 7: aliases are not supported"},
};

static void each_malformed_recipe_has_its_own_message_with_line_and_column(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(malformed); i++) {
        struct error error = {0};
        struct recipe *recipe = recipe_parse(text_of(malformed[i].content), &error);
        if (recipe)
            fail_msg("taken: %s", malformed[i].content);
        if (strncmp(error.text, malformed[i].says, strlen(malformed[i].says)) != 0)
            fail_msg("said \"%s\", not \"%s\"", error.text, malformed[i].says);
        for (size_t k = 0; k < i; k++)
            assert_string_not_equal(malformed[i].says, malformed[k].says);
    }
}

static void a_file_is_named_before_the_reason(void **state)
{
    (void)state;
    struct error error = {0};
    assert_null(recipe_read("/nonexistent/recipe.yaml", &error));
    assert_non_null(strstr(error.text, "/nonexistent/recipe.yaml"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(suites_hold_stages_in_their_order),
        cmocka_unit_test(a_stage_has_its_own_options_and_the_global_ones),
        cmocka_unit_test(command_line_beats_environment_beats_stage_beats_global),
        cmocka_unit_test(every_option_of_the_table_may_stand_in_both_places),
        cmocka_unit_test(a_mock_server_in_a_recipe_is_meant_to_run_unless_it_says_otherwise),
        cmocka_unit_test(each_malformed_recipe_has_its_own_message_with_line_and_column),
        cmocka_unit_test(a_file_is_named_before_the_reason),
    };
    return cmocka_run_group_tests_name("recipe", tests, NULL, NULL);
}
