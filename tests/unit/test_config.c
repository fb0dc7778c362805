#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/file.h"
#include "base/log.h"
#include "base/memory.h"
#include "config/options.h"

enum { WORDS_MAX = 24 };

/* Parses the words (NULL ends them), reads the environment and resolves. */
static bool resolve_words(struct config *config, const char *const *words, struct error *error)
{
    char *copies[WORDS_MAX];
    int count = 0;
    for (; words[count]; count++) {
        assert_true(count < WORDS_MAX);
        copies[count] = xstrdup(words[count]);
    }
    config_default(config);
    bool ok = options_parse(config, count, copies, error) == OPTIONS_RUN &&
              options_read_environment(config, error) && config_resolve(config, error);
    for (int i = 0; i < count; i++)
        free(copies[i]);
    return ok;
}

#define WORDS(...) ((const char *const[]){__VA_ARGS__, NULL})
#define RUN(...)   WORDS("-d", "x.jsonl", "-u", "localhost:8000", __VA_ARGS__)

static struct config resolved(const char *const *words)
{
    struct config config;
    struct error error = {0};
    if (!resolve_words(&config, words, &error))
        fail_msg("refused: %s", error.text);
    return config;
}

static void assert_refused(const char *const *words, const char *said)
{
    struct config config;
    struct error error = {0};
    assert_false(resolve_words(&config, words, &error));
    assert_string_equal(error.text, said);
    config_free(&config);
}

/* What log_info said last. */
static char logged[256];

static void keep_line(void *context, enum log_severity severity, const char *line)
{
    (void)context;
    (void)severity;
    snprintf(logged, sizeof logged, "%s", line);
}

static int clean(void **state)
{
    (void)state;
    static const char *const names[] = {"FLUXPERF_API_KEY", "OPENAI_API_KEY", "http_proxy",
                                        "HTTP_PROXY",       "https_proxy",    "HTTPS_PROXY",
                                        "all_proxy",        "ALL_PROXY"};
    for (size_t i = 0; i < ARRAY_SIZE(names); i++)
        unsetenv(names[i]);
    secret_forget_all();
    logged[0] = '\0';
    log_set_listener(keep_line, NULL);
    return 0;
}

static char *file_with(const char *content)
{
    char *path = xstrdup("/tmp/fluxperf-config-XXXXXX");
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    assert_true(file_write_all(fd, content, strlen(content)));
    close(fd);
    return path;
}

static void remove_file(char *path)
{
    unlink(path);
    free(path);
}

/* ---- defaults ---- */

static void the_defaults_are_those_of_the_manual(void **state)
{
    (void)state;
    struct config config = resolved(RUN("-k"));
    assert_int_equal(config.rounds.most, 2);
    assert_int_equal(config.seed, 42);
    assert_int_equal(config.concurrency.count, 1);
    assert_int_equal(config.concurrency.values[0], 1);
    assert_int_equal(config.num_samples.count, 0);
    assert_true(config.timeout_s == 300 && config.connect_timeout_s == 10);
    assert_true(config.give_up_s == 30 && config.burstiness == 1);
    assert_true(isnan(config.first_token_timeout_s) && isnan(config.duration_s));
    assert_true(isnan(config.temperature) && isnan(config.top_p));
    assert_int_equal(config.max_output_tokens, -1);
    assert_int_equal(config.max_response_bytes, 64 << 20);
    assert_string_equal(config.session_header, "X-Session-Id");
    assert_string_equal(config.endpoint, "http://localhost:8000/v1/chat/completions");
    assert_true(config.text);
    assert_false(slo_any(&config.slo));
    assert_null(config.output_dir);
    config_free(&config);
}

/* ---- what must be there ---- */

static void a_dataset_and_a_server_are_needed(void **state)
{
    (void)state;
    assert_refused(WORDS("-u", "h"),
                   "no dataset: give --dataset FILE, or --dataset builtin:example");
    assert_refused(WORDS("-d", "x"), "no endpoint: give --endpoint URL, or --mock-server for the "
                                     "built-in server");
    assert_refused(WORDS("-d", "x", "-u", "ftp://h"),
                   "--endpoint: ftp://h: must begin with http:// or https://");
    struct config config = resolved(WORDS("-d", "x", "--mock-server"));
    assert_null(config.endpoint);
    config_free(&config);
}

/* ---- what options say together ---- */

static void options_that_contradict_each_other_are_refused(void **state)
{
    (void)state;
    assert_refused(WORDS("-d", "x", "-u", "h:8000", "--http2"),
                   "--http2: only with an endpoint of https://");
    assert_refused(RUN("--request-rate", "1", "2", "-c", "5", "10"),
                   "--concurrency: takes one value with --request-rate, as a cap; the rates are "
                   "the levels");
    assert_refused(RUN("-n", "5", "10", "-c", "1", "2", "3"),
                   "--num-samples: 2 values for 3 levels: give one, or one for each level");
    assert_refused(RUN("-n", "5", "10"),
                   "--num-samples: 2 values for 1 level: give one, or one for each level");
    assert_refused(RUN("--ramp", "5"), "--ramp: only with --request-rate");
    assert_refused(RUN("--burstiness", "1"), "--burstiness: only with --request-rate");
    assert_refused(RUN("--min-output-tokens", "9", "--max-output-tokens", "8"),
                   "--min-output-tokens 9: must not be above --max-output-tokens 8");
    assert_refused(RUN("--key", "/dev/null"), "--key: only with --cert");
    assert_refused(RUN("--cacert", "/nowhere/ca.pem"),
                   "--cacert /nowhere/ca.pem: there is no such file");
}

static void samples_and_rates_make_levels(void **state)
{
    (void)state;
    struct config config = resolved(RUN("-n", "5", "10", "-c", "1", "2"));
    assert_int_equal(config.num_samples.count, 2);
    config_free(&config);
    config = resolved(RUN("-n", "5", "10", "--request-rate", "1", "2", "-c", "64"));
    assert_int_equal(config.concurrency.count, 1);
    config_free(&config);
    config = resolved(RUN("--request-rate", "1"));
    assert_int_equal(config.concurrency.count, 0);
    config_free(&config);
}

static void a_cut_needs_a_length(void **state)
{
    (void)state;
    assert_refused(RUN("--truncate", "tail"), "--truncate: only with --max-input-length");
    struct config config = resolved(RUN("--truncate", "tail", "--max-input-length", "16384"));
    assert_int_equal(config.max_input_tokens, 16384);
    assert_int_equal(config.truncate, TRUNCATE_TAIL);
    config_free(&config);
}

static void a_reset_without_a_url_finds_it_by_itself(void **state)
{
    (void)state;
    struct config config = resolved(RUN("--cold-start", "reset"));
    assert_string_equal(config.reset_cache_url, "auto");
    assert_string_equal(cold_start_name(config.cold_start), "reset");
    config_free(&config);
    config = resolved(RUN("--reset-cache-between-rounds", "--reset-cache-url", "http://h/reset"));
    assert_string_equal(config.reset_cache_url, "http://h/reset");
    config_free(&config);
    config = resolved(RUN("--reset-cache-url", "h:8000/reset"));
    assert_string_equal(config.reset_cache_url, "http://h:8000/reset");
    config_free(&config);
    const char *refusal = "--reset-cache-url: must be a URL, as localhost:8000/reset, or auto";
    assert_refused(RUN("--reset-cache-url", "aut"), refusal);
    assert_refused(RUN("--reset-cache-url", "ftp://h/reset"), refusal);
}

static void the_body_that_is_added_must_be_an_object(void **state)
{
    (void)state;
    struct config config = resolved(RUN("--extra-body", " {\"top_k\": [1, 2]} "));
    config_free(&config);
    assert_refused(RUN("--extra-body", "[1]"),
                   "--extra-body: must be a JSON object, as '{\"top_k\": 20}'");
    assert_refused(RUN("--extra-body", "{\"a\": 1} 2"),
                   "--extra-body: not JSON at line 1, column 10; write it as '{\"top_k\": 20}'");
}

static void headers_are_checked_and_not_shown(void **state)
{
    (void)state;
    assert_refused(RUN("-H", "Bearer hunter2"),
                   "--header: must be 'NAME: VALUE', as in -H 'X-Team: search'");
    assert_refused(RUN("-H", "My Name: hunter2"),
                   "--header: must be 'NAME: VALUE', as in -H 'X-Team: search'");
    assert_refused(RUN("-H", "A: b\r\nHost: evil"),
                   "--header A: the value has a control character in it");
    assert_refused(RUN("--api-key", "hunter2\nX: y"),
                   "--api-key: the key has a control character in it");
    assert_refused(RUN("--session-header", "a b"),
                   "--session-header a b: must be a header's name, or none");
    struct config config = resolved(RUN("--session-header", "none"));
    assert_null(config.session_header);
    config_free(&config);
}

/* ---- files ---- */

static void values_are_read_from_files(void **state)
{
    (void)state;
    char *key = file_with("  sk-hunter2 \nsecond line\n");
    char *prompt = file_with("Be brief.\nBe kind.\n");
    char *at_key = xasprintf("@%s", key);
    char *at_prompt = xasprintf("@%s", prompt);
    struct config config = resolved(RUN("--api-key", at_key, "--system-prompt", at_prompt));
    assert_string_equal(config.api_key, "sk-hunter2");
    assert_string_equal(config.api_key_source, "--api-key");
    assert_string_equal(config.system_prompt, "Be brief.\nBe kind.");
    char said[] = "the key is sk-hunter2";
    redact(said, strlen(said));
    assert_string_equal(said, "the key is **********");
    config_free(&config);
    free(at_key);
    free(at_prompt);
    remove_file(key);
    remove_file(prompt);
}

static void a_file_that_holds_nothing_is_refused(void **state)
{
    (void)state;
    char *key = file_with("\n");
    char *at_key = xasprintf("@%s", key);
    char *said = xasprintf("--api-key: %s is empty", key);
    assert_refused(RUN("--api-key", at_key), said);
    free(said);
    free(at_key);
    remove_file(key);
    assert_refused(RUN("--api-key", "@/nowhere/key"),
                   "--api-key: cannot open /nowhere/key: No such file or directory");
}

static void limits_of_the_command_line_win_over_those_of_the_file(void **state)
{
    (void)state;
    char *path = file_with("slo: {ttft_ms: 1000, itl_ms: 50}\n");
    struct config config = resolved(RUN("--slo-file", path, "--slo", "ttft_ms=200"));
    assert_true(config.slo.ttft_ms == 200 && config.slo.itl_ms == 50);
    config_free(&config);
    remove_file(path);
    assert_refused(RUN("--slo", "ttft=200"),
                   "--slo: unknown limit ttft: there are ttft_ms, itl_ms, latency_ms and "
                   "output_token_throughput");
}

/* ---- keys and proxies of the environment ---- */

static void openai_s_key_goes_over_no_open_network(void **state)
{
    (void)state;
    setenv("OPENAI_API_KEY", "sk-hunter2", 1);
    struct config config = resolved(WORDS("-d", "x", "-u", "http://llm.example:8000"));
    assert_null(config.api_key);
    assert_null(config.api_key_source);
    assert_string_equal(logged, "OPENAI_API_KEY is not sent over plain http: to send it all the "
                                "same, set FLUXPERF_API_KEY");
    config_free(&config);

    static const char *const safe[] = {"https://llm.example", "http://127.0.0.1:8000", "localhost"};
    for (size_t i = 0; i < ARRAY_SIZE(safe); i++) {
        config = resolved(WORDS("-d", "x", "-u", safe[i]));
        assert_string_equal(config.api_key, "sk-hunter2");
        assert_string_equal(config.api_key_source, "OPENAI_API_KEY");
        config_free(&config);
    }

    setenv("FLUXPERF_API_KEY", "sk-flux", 1);
    config = resolved(WORDS("-d", "x", "-u", "http://llm.example:8000"));
    assert_string_equal(config.api_key, "sk-flux");
    config_free(&config);
}

static void a_proxy_of_the_environment_is_noted(void **state)
{
    (void)state;
    setenv("https_proxy", "http://p:1", 1);
    struct config config = resolved(WORDS("-d", "x", "-u", "http://h"));
    assert_string_equal(logged, "");
    config_free(&config);
    config = resolved(WORDS("-d", "x", "-u", "https://h"));
    assert_string_equal(logged, "https_proxy of the environment is not used: to go through it, "
                                "give --proxy \"$https_proxy\"");
    config_free(&config);
    logged[0] = '\0';
    config = resolved(WORDS("-d", "x", "-u", "https://h", "--proxy", "p:1"));
    assert_string_equal(logged, "");
    config_free(&config);
}

/* ---- what leaves the program ---- */

static void the_json_has_every_option_and_no_secret(void **state)
{
    (void)state;
    struct config config = resolved(WORDS("-d", "x", "-u", "https://me:hunter2@h/v1", "--api-key",
                                          "hunter22", "-H", "Authorization: Bearer hunter23", "-H",
                                          "X-Team: search", "--mock-api-key", "hunter24", "-c", "5",
                                          "10", "--temperature", "0.7", "--cold-start", "salt"));
    struct buffer out = {0};
    struct json_writer json = {.out = &out};
    config_write_json(&config, &json);

    size_t keys = 0;
    struct json_scan scan = json_scan_begin(buffer_text(&out));
    struct text key;
    assert_true(json_enter_object(&scan));
    while (json_next_key(&scan, &key)) {
        char name[64];
        snprintf(name, sizeof name, "%.*s", (int)key.size, key.data);
        assert_non_null(options_find(name));
        assert_true(json_skip(&scan));
        keys++;
    }
    assert_true(json_scan_done(&scan));
    assert_int_equal(keys, options_count - 2); /* api_key and mock_api_key */
    assert_null(strstr(out.data, "hunter2"));
    assert_null(strstr(out.data, "api_key"));

    static const char *const parts[] = {
        "\"endpoint\":\"https://me:*******@h/v1/chat/completions\"",
        "\"concurrency\":[5,10]",
        "\"temperature\":0.7,\"top_p\":null",
        "\"max_output_tokens\":null",
        "\"cold_start\":\"salt\"",
        "\"header\":[\"Authorization: ***************\",\"X-Team: search\"]",
        "\"timeout\":300",
        "\"seed\":42",
        "\"slo\":[]",
        "\"text\":true",
        "\"model\":null",
        "\"recipe\":null",
    };
    for (size_t i = 0; i < ARRAY_SIZE(parts); i++)
        if (!strstr(out.data, parts[i]))
            fail_msg("%s is not in %s", parts[i], out.data);
    buffer_free(&out);
    config_free(&config);
}

static void a_run_without_text_keeps_its_system_prompt_back(void **state)
{
    (void)state;
    struct config config = resolved(RUN("--system-prompt", "be brief", "--no-text"));
    struct buffer out = {0};
    struct json_writer json = {.out = &out};
    config_write_json(&config, &json);
    assert_non_null(strstr(out.data, "\"system_prompt\":null"));
    assert_string_equal(config.system_prompt, "be brief");
    buffer_free(&out);
    config_free(&config);
}

static void secrets_are_registered_for_redaction(void **state)
{
    (void)state;
    struct config config =
        resolved(RUN("--api-key", "key-aaaa", "-H", "authorization: Bearer tok-bbbb", "-H",
                     "X-Team: search", "--proxy", "http://me:pass-cccc@p:1"));
    char said[] = "key-aaaa, tok-bbbb, search, pass-cccc";
    redact(said, strlen(said));
    assert_string_equal(said, "********, ********, search, *********");
    config_free(&config);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(the_defaults_are_those_of_the_manual, clean),
        cmocka_unit_test_setup(a_dataset_and_a_server_are_needed, clean),
        cmocka_unit_test_setup(options_that_contradict_each_other_are_refused, clean),
        cmocka_unit_test_setup(samples_and_rates_make_levels, clean),
        cmocka_unit_test_setup(a_cut_needs_a_length, clean),
        cmocka_unit_test_setup(a_reset_without_a_url_finds_it_by_itself, clean),
        cmocka_unit_test_setup(the_body_that_is_added_must_be_an_object, clean),
        cmocka_unit_test_setup(headers_are_checked_and_not_shown, clean),
        cmocka_unit_test_setup(values_are_read_from_files, clean),
        cmocka_unit_test_setup(a_file_that_holds_nothing_is_refused, clean),
        cmocka_unit_test_setup(limits_of_the_command_line_win_over_those_of_the_file, clean),
        cmocka_unit_test_setup(openai_s_key_goes_over_no_open_network, clean),
        cmocka_unit_test_setup(a_proxy_of_the_environment_is_noted, clean),
        cmocka_unit_test_setup(the_json_has_every_option_and_no_secret, clean),
        cmocka_unit_test_setup(a_run_without_text_keeps_its_system_prompt_back, clean),
        cmocka_unit_test_setup(secrets_are_registered_for_redaction, clean),
    };
    int failed = cmocka_run_group_tests_name("config", tests, NULL, NULL);
    secret_forget_all();
    return failed;
}
