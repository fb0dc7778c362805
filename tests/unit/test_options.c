#include <ctype.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/file.h"
#include "base/memory.h"
#include "config/options.h"

/* A command line as main() has it: words that may be written to. */
struct words {
    int count;
    char *at[64];
};

static struct words words_of(const char *const *list, size_t count)
{
    struct words words = {.count = (int)count};
    assert_true(count <= ARRAY_SIZE(words.at));
    for (size_t i = 0; i < count; i++)
        words.at[i] = xstrdup(list[i]);
    return words;
}

/* Words parted by blanks. */
static struct words split(const char *line)
{
    struct words words = {0};
    for (size_t size; *(line += strspn(line, " ")); line += size) {
        size = strcspn(line, " ");
        assert_true((size_t)words.count < ARRAY_SIZE(words.at));
        words.at[words.count++] = xstrndup(line, size);
    }
    return words;
}

static void words_free(struct words *words)
{
    for (int i = 0; i < words->count; i++)
        free(words->at[i]);
}

typedef enum options_result parse_function(struct config *, int, char **, struct error *);

static struct config parse_with(parse_function *parse, struct words words)
{
    struct config config;
    struct error error = {0};
    config_default(&config);
    if (parse(&config, words.count, words.at, &error) != OPTIONS_RUN)
        fail_msg("refused: %s", error.text);
    words_free(&words);
    return config;
}

static struct config parse(const char *line)
{
    return parse_with(options_parse, split(line));
}

static void assert_says(parse_function *parse_words, struct words words, const char *said)
{
    struct config config;
    struct error error = {0};
    config_default(&config);
    assert_int_equal(parse_words(&config, words.count, words.at, &error), OPTIONS_ERROR);
    assert_string_equal(error.text, said);
    config_free(&config);
    words_free(&words);
}

static void assert_error(const char *line, const char *said)
{
    assert_says(options_parse, split(line), said);
}

static void assert_ints(const struct int_list *list, const char *expected)
{
    struct buffer joined = {0};
    for (size_t i = 0; i < list->count; i++)
        buffer_printf(&joined, "%s%lld", i ? " " : "", (long long)list->values[i]);
    buffer_add_char(&joined, '\0');
    assert_string_equal(joined.data, expected);
    buffer_free(&joined);
}

/* ---- what works ---- */

static void the_command_lines_of_fluxperf_mean_what_they_meant(void **state)
{
    (void)state;
    static const struct {
        const char *line, *dataset, *endpoint, *samples, *concurrency, *output_dir;
    } lines[] = {
        {"--dataset examples/example_dataset.json "
         "--endpoint http://localhost:8000/v1/chat/completions --num-samples 10 --concurrency 5",
         "examples/example_dataset.json", "http://localhost:8000/v1/chat/completions", "10", "5",
         NULL},
        {"--dataset data/mixed.jsonl --endpoint http://localhost:8000/v1/chat/completions "
         "--num-samples 200 --concurrency 1 5 10 20 50 100 --output-dir results/scaling_test",
         "data/mixed.jsonl", "http://localhost:8000/v1/chat/completions", "200", "1 5 10 20 50 100",
         "results/scaling_test"},
        {"--dataset data/production_queries.jsonl "
         "--endpoint http://production:8000/v1/chat/completions --num-samples 1000 "
         "--concurrency 50 --slo-file slo_production.yaml --output-dir results/slo_check",
         "data/production_queries.jsonl", "http://production:8000/v1/chat/completions", "1000",
         "50", "results/slo_check"},
        {"--dataset examples/example_dataset.json --mock-server --mock-host 127.0.0.1 "
         "--mock-port 8765 --num-samples 4 --concurrency 2",
         "examples/example_dataset.json", NULL, "4", "2", NULL},
    };
    for (size_t i = 0; i < 2 * ARRAY_SIZE(lines); i++) {
        size_t k = i % ARRAY_SIZE(lines); /* each twice: nothing is left from the first time */
        struct config config = parse(lines[k].line);
        assert_string_equal(config.dataset, lines[k].dataset);
        if (lines[k].endpoint)
            assert_string_equal(config.endpoint, lines[k].endpoint);
        assert_int_equal(config.mock_server, lines[k].endpoint == NULL);
        assert_ints(&config.num_samples, lines[k].samples);
        assert_ints(&config.concurrency, lines[k].concurrency);
        if (lines[k].output_dir)
            assert_string_equal(config.output_dir, lines[k].output_dir);
        else
            assert_null(config.output_dir);
        config_free(&config);
    }
}

static void metrics_are_asked_for_by_name_with_labels_or_by_an_expression(void **state)
{
    (void)state;
    struct config config = parse(
        "--dataset data/narrativeqa.jsonl --endpoint http://localhost:8000/v1/chat/completions "
        "--prometheus-url http://localhost:3001/metrics,localhost:9090 "
        "--prometheus-metrics lmcache_hit_rate,a{x=\"1\",y=\"2,3\"} sum(rate(b[1m])by(x,y)),c "
        "--slo-file slo.yaml --prometheus-interval 500ms");
    static const char *const expected[] = {"lmcache_hit_rate", "a{x=\"1\",y=\"2,3\"}",
                                           "sum(rate(b[1m])by(x,y))", "c"};
    assert_int_equal(config.prometheus_metrics.count, ARRAY_SIZE(expected));
    for (size_t i = 0; i < ARRAY_SIZE(expected); i++)
        assert_string_equal(config.prometheus_metrics.values[i], expected[i]);
    assert_int_equal(config.prometheus_urls.count, 2);
    assert_string_equal(config.prometheus_urls.values[0], "http://localhost:3001/metrics");
    assert_true(fabs(config.prometheus_interval_s - 0.5) < 1e-9);
    config_free(&config);
}

static void values_of_a_list_come_in_words_or_with_commas(void **state)
{
    (void)state;
    static const char *const lines[] = {"--concurrency 5 10 20",
                                        "--concurrency 5,10,20",
                                        "--concurrency=5,10,20",
                                        "--concurrency 5, 10, 20",
                                        "-c5,10,20",
                                        "-c 5 10 20",
                                        "-c5 10 20 --rounds 2",
                                        "--concurrency 7 8 --concurrency 5 10 20"};
    for (size_t i = 0; i < ARRAY_SIZE(lines); i++) {
        struct config config = parse(lines[i]);
        assert_ints(&config.concurrency, "5 10 20");
        config_free(&config);
    }
    struct config config =
        parse_with(options_parse,
                   words_of((const char *const[]){"-c", "5 10 20", "--slo", "ttft_ms=1,itl_ms=2",
                                                  "latency_ms=3", "--request-rate", "0.5", "2"},
                            8));
    assert_ints(&config.concurrency, "5 10 20");
    assert_int_equal(config.slo_assignments.count, 3);
    assert_string_equal(config.slo_assignments.values[1], "itl_ms=2");
    assert_int_equal(config.request_rate.count, 2);
    assert_true(config.request_rate.values[0] == 0.5);
    config_free(&config);
}

static void headers_add_up_and_take_one_word_each(void **state)
{
    (void)state;
    static const char *const words[] = {"-H", "A: 1, 2", "-HB: 3", "--header=C: 4", "-k"};
    struct config config = parse_with(options_parse, words_of(words, ARRAY_SIZE(words)));
    assert_int_equal(config.headers.count, 3);
    assert_string_equal(config.headers.values[0], "A: 1, 2");
    assert_string_equal(config.headers.values[1], "B: 3");
    assert_string_equal(config.headers.values[2], "C: 4");
    assert_true(config.insecure);
    config_free(&config);
}

static void short_options_join_as_getopt_has_them(void **state)
{
    (void)state;
    struct config config = parse("-kc10 -n5 -d - -z 90s");
    assert_true(config.insecure);
    assert_ints(&config.concurrency, "10");
    assert_ints(&config.num_samples, "5");
    assert_string_equal(config.dataset, "-");
    assert_true(config.duration_s == 90);
    config_free(&config);
}

static void durations_and_sizes_have_units(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        double seconds;
    } durations[] = {{"300", 300}, {"1.5", 1.5},   {"90s", 90},
                     {"5m", 300},  {"500ms", 0.5}, {"1h", 3600}};
    for (size_t i = 0; i < ARRAY_SIZE(durations); i++) {
        struct config config;
        struct words words = words_of((const char *const[]){"--timeout", durations[i].text}, 2);
        config = parse_with(options_parse, words);
        assert_true(fabs(config.timeout_s - durations[i].seconds) < 1e-9);
        config_free(&config);
    }
    static const struct {
        const char *text;
        int64_t bytes;
    } sizes[] = {
        {"4096", 4096}, {"64MiB", 64 << 20}, {"16k", 16384}, {"2MB", 2000000}, {"1G", 1 << 30}};
    for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
        struct words words =
            words_of((const char *const[]){"--max-response-bytes", sizes[i].text}, 2);
        struct config config = parse_with(options_parse, words);
        assert_int_equal(config.max_response_bytes, sizes[i].bytes);
        config_free(&config);
    }
    struct config config = parse("--mock-ttft 2s --mock-itl 7.5");
    assert_true(config.mock.ttft_ms == 2000 && config.mock.itl_ms == 7.5);
    config_free(&config);
}

static void every_flag_has_its_no_form(void **state)
{
    (void)state;
    for (size_t i = 0; i < options_count; i++) {
        const struct option *option = &options_table[i];
        if (option->type != OPTION_FLAG)
            continue;
        for (int off = 0; off < 2; off++) {
            char *word = xasprintf("--%s%s", off ? "no-" : "", option->name);
            struct config config = parse(word);
            assert_int_equal(*(const bool *)((const char *)&config + option->offset), !off);
            config_free(&config);
            free(word);
        }
    }
    struct config config = parse("--shuffle --no-shuffle --ignore-eos=false --no_text");
    assert_false(config.shuffle || config.ignore_eos || config.text);
    config_free(&config);
}

static void older_spellings_are_known(void **state)
{
    (void)state;
    struct config config =
        parse("--output results/x --max_output_tokens 7 --mode dual-round --no-shuffle-round2");
    assert_string_equal(config.output_dir, "results/x");
    assert_int_equal(config.max_output_tokens, 7);
    assert_int_equal(config.mode, MODE_DUAL_ROUND);
    config_free(&config);
}

static void a_value_may_begin_with_a_dash(void **state)
{
    (void)state;
    static const char *const words[] = {"--system-prompt", "- be brief", "--note=--seed"};
    struct config config = parse_with(options_parse, words_of(words, ARRAY_SIZE(words)));
    assert_string_equal(config.system_prompt, "- be brief");
    assert_string_equal(config.note, "--seed");
    config_free(&config);
}

static void the_seed_takes_all_64_bits(void **state)
{
    (void)state;
    struct config config = parse("--seed 18446744073709551615");
    assert_true(config.seed == UINT64_MAX);
    config_free(&config);
}

static void rounds_are_a_number_or_until_steady(void **state)
{
    (void)state;
    static const struct {
        const char *line;
        int64_t rounds;
        bool until_steady;
        const char *json;
    } cases[] = {
        {"--rounds 7", 7, false, "\"rounds\":7,"},
        {"--rounds steady", 10, true, "\"rounds\":\"steady:10\","},
        {"--rounds steady:25", 25, true, "\"rounds\":\"steady:25\","},
        {"--rounds steady --rounds 2", 2, false, "\"rounds\":2,"},
    };
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct config config = parse(cases[i].line);
        struct buffer text = {0};
        struct json_writer json = {.out = &text};
        config_write_json(&config, &json);
        assert_int_equal(config.rounds.most, cases[i].rounds);
        assert_int_equal(config.rounds.until_steady, cases[i].until_steady);
        assert_non_null(strstr(text.data, cases[i].json));
        buffer_free(&text);
        config_free(&config);
    }
    static const char *const bad[] = {"steady:", "steadily", "steady:-", "2.5", "two"};
    for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
        char line[64], said[160];
        snprintf(line, sizeof line, "--rounds=%s", bad[i]);
        snprintf(said, sizeof said,
                 "--rounds %s: must be a number from 1 to 100, steady, or "
                 "steady:N with N from 3 to 100",
                 bad[i]);
        struct words words = {.count = 1, .at = {xstrdup(line)}};
        assert_says(options_parse, words, said);
    }
}

static void help_and_version_are_asked_for(void **state)
{
    (void)state;
    static const struct {
        const char *line;
        enum options_result result;
    } lines[] = {{"--help", OPTIONS_HELP},         {"-h", OPTIONS_HELP},
                 {"--help all", OPTIONS_HELP_ALL}, {"-c 5 --version", OPTIONS_VERSION},
                 {"-V", OPTIONS_VERSION},          {"", OPTIONS_RUN},
                 {"-c 5 --", OPTIONS_RUN}};
    for (size_t i = 0; i < ARRAY_SIZE(lines); i++) {
        struct config config;
        struct words words = split(lines[i].line);
        config_default(&config);
        assert_int_equal(options_parse(&config, words.count, words.at, NULL), lines[i].result);
        config_free(&config);
        words_free(&words);
    }
}

static void the_mock_command_takes_its_options_with_or_without_mock(void **state)
{
    (void)state;
    struct config config =
        parse_with(options_parse_mock, split("--port 0 --mock-ttft 50 --no-done 0.5 --429=1"));
    assert_int_equal(config.mock.port, 0);
    assert_true(config.mock.ttft_ms == 50);
    assert_true(config.mock.no_done == 0.5 && config.mock.error_429 == 1);
    config_free(&config);
    assert_says(options_parse_mock, split("--dataset x"),
                "unknown option --dataset: fluxperf mock-server --help lists them all");
    assert_says(options_parse_mock, split("--prot 0"),
                "unknown option --prot: did you mean --port?");
    assert_says(options_parse_mock, split("--mock-server"),
                "unknown option --mock-server: did you mean --mock-seed?");
    assert_says(options_parse_mock, split("8000"),
                "mock-server takes no positional arguments, and here is \"8000\"");
    assert_says(options_parse_mock, split("--refuse 2"), "--refuse 2: must be between 0 and 1");
}

/* ---- what does not ---- */

static void a_bad_value_names_option_value_and_range(void **state)
{
    (void)state;
    assert_error("--concurrency 0", "--concurrency 0: must be between 1 and 100000");
    assert_error("--concurrency 5 0", "--concurrency 0: must be between 1 and 100000");
    assert_error("--concurrency 5,x",
                 "--concurrency x: must be a whole number between 1 and 100000");
    assert_error("--concurrency -5", "--concurrency -5: must be between 1 and 100000");
    assert_error("-c 1.5", "-c 1.5: must be a whole number between 1 and 100000");
    assert_error("--rounds 101", "--rounds 101: must be between 1 and 100");
    assert_error("--rounds steady:2", "--rounds steady:2: must be steady:N with N from 3 to 100");
    assert_error("--rounds steady:101",
                 "--rounds steady:101: must be steady:N with N from 3 to 100");
    assert_error("--warmup 99999999999999999999",
                 "--warmup 99999999999999999999: must be a whole number between 0 and 1000000");
    assert_error("--top-p nan", "--top-p nan: must be a number between 0 and 1");
    assert_error("--top-p 0x1", "--top-p 0x1: must be a number between 0 and 1");
    assert_error("--request-rate inf", "--request-rate inf: must be a number between 0.001 and "
                                       "1000000");
    assert_error("--timeout 2h", "--timeout 2h: must be seconds, as 300, 1.5, 90s, 5m or 500ms, "
                                 "between 0.001 and 3600");
    assert_error("--max-response-bytes 64XB",
                 "--max-response-bytes 64XB: must be bytes, as 1048576, 16k or 64MiB, between 1024 "
                 "and 1099511627776");
    assert_error("--seed -1", "--seed -1: must be a whole number from 0 to 2^64 - 1");
    assert_error("--seed 18446744073709551616",
                 "--seed 18446744073709551616: must be a whole number from 0 to 2^64 - 1");
    assert_error("--ui loud", "--ui loud: must be auto, full, plain or none");
    assert_error("--shuffle=maybe", "--shuffle maybe: must be true or false");
    assert_error("--no-shuffle=yes", "--no-shuffle: takes no value");
    assert_error("--dataset=", "--dataset: the value is empty; leave the option out instead");
    assert_error("--concurrency=,", "--concurrency: needs a value (N...)");
}

static void a_missing_value_is_not_the_next_option(void **state)
{
    (void)state;
    assert_error("--dataset", "--dataset: needs a value (FILE)");
    assert_error("-c", "-c: needs a value (N...)");
    assert_error("-c --rounds 2", "-c: needs a value (N...), and --rounds looks like an option");
    assert_error("--dataset --endpoint=x",
                 "--dataset: needs a value (FILE), and --endpoint looks like an option");
    assert_error("--model --apikey=hunter2",
                 "--model: needs a value (NAME), and --apikey looks like an option");
    assert_error("--model -k", "--model: needs a value (NAME), and -k looks like an option");
}

static void an_unknown_option_suggests_what_was_meant(void **state)
{
    (void)state;
    assert_error("--num-prompts 5", "unknown option --num-prompts: here it is --num-samples");
    assert_error("--goodput=ttft:200",
                 "unknown option --goodput: here it is --slo ttft_ms=1000 itl_ms=50");
    assert_error("--concurency 5", "unknown option --concurency: did you mean --concurrency?");
    assert_error("--conc 5", "unknown option --conc: did you mean --concurrency?");
    assert_error("--no-shufle", "unknown option --no-shufle: did you mean --no-shuffle?");
    assert_error("--no-timeout", "unknown option --no-timeout: did you mean --timeout?");
    assert_error("--qwertyuiop", "unknown option --qwertyuiop: fluxperf --help all lists them all");
    assert_error("--apikey=sk-hunter2", "unknown option --apikey: did you mean --api-key?");
    assert_error("-x", "unknown option -x: fluxperf --help all lists them all");
    assert_error("-kx", "unknown option -x: fluxperf --help all lists them all");
}

static void a_positional_says_which_option_it_may_belong_to(void **state)
{
    (void)state;
    char path[] = "/tmp/fluxperf-data-XXXXXX";
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    char *said = xasprintf("run takes no positional arguments: did you mean --dataset %s?", path);
    assert_error(path, said);
    unlink(path);
    close(fd);
    free(said);
    assert_error("http://h:8000",
                 "run takes no positional arguments: did you mean --endpoint http://h:8000?");
    assert_error("h:8000", "run takes no positional arguments: did you mean --endpoint h:8000?");
    assert_error("builtin:demo",
                 "run takes no positional arguments: did you mean --dataset builtin:demo?");
    assert_error("-- nothing", "run takes no positional arguments, and here is \"nothing\"");
}

/* ---- secrets ---- */

static void secrets_are_wiped_from_the_command_line(void **state)
{
    (void)state;
    static const char *const given[] = {"--api-key",
                                        "sk-hunter2",
                                        "-HAuthorization: Bearer hunter2",
                                        "-H",
                                        "X-Team: search",
                                        "--proxy=http://u:hunter2@p:1",
                                        "--mock-api-key=hunter2",
                                        "-u",
                                        "https://me:hunter2@h/v1",
                                        "--note",
                                        "it's"};
    struct words words = words_of(given, ARRAY_SIZE(given));
    struct config config;
    config_default(&config);
    assert_int_equal(options_parse(&config, words.count, words.at, NULL), OPTIONS_RUN);
    assert_string_equal(config.api_key, "sk-hunter2");
    assert_string_equal(config.api_key_source, "--api-key");
    assert_string_equal(config.headers.values[0], "Authorization: Bearer hunter2");
    assert_string_equal(config.endpoint, "https://me:hunter2@h/v1");

    struct buffer line = {0};
    options_command_line(words.count, words.at, &line);
    assert_string_equal(line.data,
                        "--api-key '**********' '-HAuthorization: **************' -H "
                        "'X-Team: search' '--proxy=http://u:*******@p:1' '--mock-api-key=*******' "
                        "-u 'https://me:*******@h/v1' --note 'it'\\''s'");
    buffer_free(&line);
    config_free(&config);
    words_free(&words);
}

static void the_name_of_a_key_file_is_no_secret(void **state)
{
    (void)state;
    struct words words = split("--api-key @key.txt");
    struct config config;
    config_default(&config);
    assert_int_equal(options_parse(&config, words.count, words.at, NULL), OPTIONS_RUN);
    assert_string_equal(words.at[1], "@key.txt");
    config_free(&config);
    words_free(&words);
}

static void the_environment_gives_a_key_that_was_not_given(void **state)
{
    (void)state;
    setenv("OPENAI_API_KEY", "sk-openai", 1);
    struct config config = parse("");
    assert_true(options_read_environment(&config, NULL));
    assert_string_equal(config.api_key, "sk-openai");
    assert_string_equal(config.api_key_source, "OPENAI_API_KEY");
    config_free(&config);

    setenv("FLUXPERF_API_KEY", "sk-flux", 1);
    config = parse("");
    assert_true(options_read_environment(&config, NULL));
    assert_string_equal(config.api_key, "sk-flux");
    assert_string_equal(config.api_key_source, "FLUXPERF_API_KEY");
    config_free(&config);

    config = parse("--api-key sk-given");
    assert_true(options_read_environment(&config, NULL));
    assert_string_equal(config.api_key, "sk-given");
    config_free(&config);
    unsetenv("OPENAI_API_KEY");
    unsetenv("FLUXPERF_API_KEY");
}

/* ---- the table, the help and the manual ---- */

static struct buffer printed(void (*print)(FILE *out, bool all), bool all)
{
    char *data;
    size_t size;
    FILE *out = open_memstream(&data, &size);
    assert_non_null(out);
    print(out, all);
    fclose(out);
    return (struct buffer){.data = data, .size = size, .capacity = size};
}

static void print_mock_help(FILE *out, bool all)
{
    (void)all;
    options_print_mock_help(out);
}

static void assert_narrow(struct buffer *help)
{
    struct text rest = buffer_text(help), line;
    while (text_next_line(&rest, &line))
        if (line.size > 80 || text_ends_with(line, " "))
            fail_msg("%.*s", (int)line.size, line.data);
}

static void help_fits_80_columns_and_the_short_one_a_page(void **state)
{
    (void)state;
    struct buffer page = printed(options_print_help, false);
    struct buffer all = printed(options_print_help, true);
    struct buffer mock = printed(print_mock_help, false);
    assert_narrow(&page);
    assert_narrow(&all);
    assert_narrow(&mock);
    size_t on_page = 0;
    for (size_t i = 0; i < options_count; i++) {
        char *name = xasprintf("--%s", options_table[i].name);
        char *negated = xasprintf("--no-%s", options_table[i].name);
        if (!strstr(all.data, name) && !strstr(all.data, negated))
            fail_msg("--help all lacks %s", name);
        on_page += options_table[i].on_short_help;
        free(name);
        free(negated);
    }
    assert_true(on_page <= 24);
    buffer_free(&page);
    buffer_free(&all);
    buffer_free(&mock);
}

static void names_and_letters_of_the_table_are_unique(void **state)
{
    (void)state;
    for (size_t i = 0; i < options_count; i++) {
        assert_ptr_equal(options_find(options_table[i].name), &options_table[i]);
        for (size_t k = 0; k < i; k++)
            if (options_table[i].short_name)
                assert_int_not_equal(options_table[i].short_name, options_table[k].short_name);
        assert_true(i == 0 || options_table[i].group >= options_table[i - 1].group);
        char key[64];
        option_recipe_key(&options_table[i], key);
        assert_ptr_equal(options_find(key), &options_table[i]);
    }
    assert_null(options_find("no-shuffle"));
    assert_null(options_find("nothing"));
}

/* Cuts the next long option ("Fl -name") off a line of the manual. */
static bool next_manual_option(struct text *line, char name[static 64])
{
    static const char macro[] = "Fl -";
    const char *at = memmem(line->data, line->size, macro, strlen(macro));
    if (!at)
        return false;
    size_t size = 0;
    const char *start = at + strlen(macro), *end = line->data + line->size;
    while (start + size < end && size < 63 && start[size] != ' ' && start[size] != ',')
        size++;
    memcpy(name, start, size);
    name[size] = '\0';
    *line = (struct text){start + size, (size_t)(end - start) - size};
    return true;
}

static const struct option *find_in_manual(const char *name)
{
    const struct option *option = options_find(name);
    if (!option && strncmp(name, "no-", 3) == 0)
        option = options_find(name + 3);
    return option;
}

static void the_manual_has_every_option_and_no_other(void **state)
{
    (void)state;
    struct buffer manual = {0};
    struct error error = {0};
    if (!file_read("man/fluxperf.1", &manual, &error))
        fail_msg("%s", error.text);
    int listed[CONFIG_OPTIONS_MAX] = {0};
    struct text rest = buffer_text(&manual), line;
    while (text_next_line(&rest, &line)) {
        bool is_item = text_starts_with(line, ".It Fl ");
        char name[64];
        while (next_manual_option(&line, name)) {
            /* The command mock-server's own spelling is explained by the first. */
            if (strcmp(name, "help") == 0 || strcmp(name, "version") == 0 ||
                strcmp(name, "port") == 0)
                continue;
            const struct option *option = find_in_manual(name);
            if (!option)
                fail_msg("the manual has --%s, which is no option", name);
            if (is_item)
                listed[option - options_table]++;
        }
    }
    for (size_t i = 0; i < options_count; i++)
        if (listed[i] != 1)
            fail_msg("the manual lists --%s %d times", options_table[i].name, listed[i]);
    buffer_free(&manual);
}

static void every_suggested_name_of_a_peer_leads_to_an_option(void **state)
{
    (void)state;
    static const char *const theirs[] = {"url",
                                         "base-url",
                                         "target",
                                         "host",
                                         "port",
                                         "served-model-name",
                                         "max-concurrency",
                                         "streams",
                                         "rate",
                                         "arrival-smoothness",
                                         "request-count",
                                         "num-prompts",
                                         "benchmark-duration",
                                         "num-warmups",
                                         "warmup-requests",
                                         "warmup-request-count",
                                         "osl",
                                         "output-tokens-mean",
                                         "output-len",
                                         "random-output-len",
                                         "extra-inputs",
                                         "extra-request-body",
                                         "input-file",
                                         "dataset-path",
                                         "dataset-name",
                                         "data",
                                         "reset-kv-cache",
                                         "reset-kv-cache-path",
                                         "cache-bust",
                                         "flush-cache",
                                         "goodput",
                                         "random-seed",
                                         "request-timeout-seconds",
                                         "artifact-dir",
                                         "save-result",
                                         "save-detailed",
                                         "result-dir",
                                         "output-file",
                                         "tag",
                                         "metadata",
                                         "ui-type",
                                         "disable-tqdm",
                                         "wait-for-model-timeout",
                                         "ready-check-timeout-sec"};
    for (size_t i = 0; i < ARRAY_SIZE(theirs); i++) {
        struct config config;
        struct error error = {0};
        char *word = xasprintf("--%s", theirs[i]);
        config_default(&config);
        assert_int_equal(options_parse(&config, 1, &word, &error), OPTIONS_ERROR);
        const char *ours = strstr(error.text, "here it is --");
        if (!ours)
            fail_msg("%s", error.text);
        char name[64];
        snprintf(name, sizeof name, "%.*s", (int)strcspn(ours + 13, " "), ours + 13);
        assert_non_null(options_find(name));
        config_free(&config);
        free(word);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_command_lines_of_fluxperf_mean_what_they_meant),
        cmocka_unit_test(metrics_are_asked_for_by_name_with_labels_or_by_an_expression),
        cmocka_unit_test(values_of_a_list_come_in_words_or_with_commas),
        cmocka_unit_test(headers_add_up_and_take_one_word_each),
        cmocka_unit_test(short_options_join_as_getopt_has_them),
        cmocka_unit_test(durations_and_sizes_have_units),
        cmocka_unit_test(every_flag_has_its_no_form),
        cmocka_unit_test(older_spellings_are_known),
        cmocka_unit_test(a_value_may_begin_with_a_dash),
        cmocka_unit_test(the_seed_takes_all_64_bits),
        cmocka_unit_test(rounds_are_a_number_or_until_steady),
        cmocka_unit_test(help_and_version_are_asked_for),
        cmocka_unit_test(the_mock_command_takes_its_options_with_or_without_mock),
        cmocka_unit_test(a_bad_value_names_option_value_and_range),
        cmocka_unit_test(a_missing_value_is_not_the_next_option),
        cmocka_unit_test(an_unknown_option_suggests_what_was_meant),
        cmocka_unit_test(a_positional_says_which_option_it_may_belong_to),
        cmocka_unit_test(secrets_are_wiped_from_the_command_line),
        cmocka_unit_test(the_name_of_a_key_file_is_no_secret),
        cmocka_unit_test(the_environment_gives_a_key_that_was_not_given),
        cmocka_unit_test(help_fits_80_columns_and_the_short_one_a_page),
        cmocka_unit_test(names_and_letters_of_the_table_are_unique),
        cmocka_unit_test(the_manual_has_every_option_and_no_other),
        cmocka_unit_test(every_suggested_name_of_a_peer_leads_to_an_option),
    };
    return cmocka_run_group_tests_name("options", tests, NULL, NULL);
}
