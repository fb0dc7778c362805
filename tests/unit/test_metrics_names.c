/* From what somebody asks for to the columns of a page. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdlib.h>

#include "base/file.h"
#include "base/memory.h"
#include "telemetry/picks.h"
#include "telemetry/watch_list.h"

static struct wish wish_of(const char *text)
{
    struct wish wish;
    struct error error = {0};
    if (!wish_parse(&wish, text_of(text), &error))
        fail_msg("%s", error.text);
    return wish;
}

static void a_wish_is_a_name_a_quantile_a_quotient_or_an_expression(void **state)
{
    (void)state;
    struct wish wish = wish_of(" vllm:num_requests_running{engine=\"0\"} ");
    assert_string_equal(wish.term.name, "vllm:num_requests_running");
    assert_string_equal(wish.term.labels, "engine=\"0\"");
    assert_null(wish.promql);
    wish_free(&wish);

    wish = wish_of("p99(a_seconds{x=\"1\"})");
    assert_string_equal(wish.key, "p99(a_seconds{x=\"1\"})");
    assert_string_equal(wish.term.name, "a_seconds");
    assert_true(fabs(wish.term.quantile - 0.99) < 1e-12);
    wish_free(&wish);

    wish = wish_of("rate = a{x=\"/\"} / b");
    assert_string_equal(wish.key, "rate");
    assert_string_equal(wish.term.name, "a");
    assert_string_equal(wish.divisor.name, "b");
    assert_true(wish.divided);
    wish_free(&wish);

    wish = wish_of("u = DCGM_FI_DEV_GPU_UTIL / 100");
    assert_null(wish.divisor.name);
    assert_true(fabs(wish.divisor.number - 100) < 1e-12);
    wish_free(&wish);

    static const char *const expressions[] = {"rate(a[1m])", "sum by (x) (a)", "a{x=~\"y.*\"}",
                                              "a / b / c",   "a == 1",         "p99(a) / b",
                                              "1 / a",       "a > 0",          "a offset 5m"};
    for (size_t i = 0; i < ARRAY_SIZE(expressions); i++) {
        wish = wish_of(expressions[i]);
        assert_string_equal(wish.promql, expressions[i]);
        wish_free(&wish);
    }
    wish = wish_of("busy = avg(rate(a[1m]))");
    assert_string_equal(wish.key, "busy");
    assert_string_equal(wish.promql, "avg(rate(a[1m]))");
    wish_free(&wish);
    assert_false(wish_parse(&wish, TEXT("x ="), NULL));
    assert_false(wish_parse(&wish, TEXT("  "), NULL));
}

/* A page, what is asked of it, and what was found. */
struct watching {
    struct watch_list list;
    struct metrics_page page;
    struct catalog catalog;
};

static void watch(struct watching *watching, struct text page, char *const *asked, size_t count)
{
    uint32_t broken = 0;
    *watching = (struct watching){.page = {.kind = PAGE_TEXT}};
    assert_true(watch_list_init(&watching->list, asked, count, NULL));
    buffer_add_text(&watching->page.text, page);
    catalog_add_page(&watching->catalog, page);
    watch_list_resolve(&watching->list, 0, &watching->page, &watching->catalog, false);
    watch_list_name_nearest(&watching->list, &watching->catalog);
    columns_clear(&watching->list.columns);
    columns_read(&watching->list.columns, 0, page, &broken);
    assert_int_equal(broken, 0);
}

static void watching_free(struct watching *watching)
{
    watch_list_free(&watching->list);
    buffer_free(&watching->page.text);
    catalog_free(&watching->catalog);
}

static const struct watched *find(const struct watching *watching, const char *key)
{
    for (uint32_t i = 0; i < watching->list.count; i++)
        if (strcmp(watching->list.items[i].watched.key, key) == 0)
            return &watching->list.items[i].watched;
    die("nobody asked for %s", key);
}

static double value(const struct watching *watching, const char *key)
{
    const struct watched *watched = find(watching, key);
    assert_int_not_equal(watched->kind, WATCHED_ABSENT);
    return columns_value(&watching->list.columns, watched->column);
}

static void near(double got, double expected)
{
    if (!(fabs(got - expected) < 1e-9))
        fail_msg("%.17g is not %.17g", got, expected);
}

#define ASK(watching, page, ...)                                     \
    do {                                                             \
        char asked[][100] = {__VA_ARGS__};                           \
        char *pointers[ARRAY_SIZE(asked)];                           \
        for (size_t n = 0; n < ARRAY_SIZE(asked); n++)               \
            pointers[n] = asked[n];                                  \
        watch(watching, text_of(page), pointers, ARRAY_SIZE(asked)); \
    } while (0)

static void a_counter_is_found_with_and_without_total(void **state)
{
    (void)state;
    struct watching watching;
    ASK(&watching, "# TYPE a_total counter\na_total 3\n# TYPE b counter\nb 4\n", "a", "b_total");
    near(value(&watching, "a"), 3);
    near(value(&watching, "b_total"), 4);
    assert_string_equal(find(&watching, "a")->origin, "a_total");
    assert_int_equal(find(&watching, "a")->kind, WATCHED_COUNTER);
    watching_free(&watching);
}

static void series_of_a_counter_are_summed_and_of_a_gauge_averaged(void **state)
{
    (void)state;
    struct watching watching;
    ASK(&watching,
        "# TYPE c_total counter\nc_total{x=\"1\"} 3\nc_total{x=\"2\"} 4\n"
        "# TYPE g gauge\ng{x=\"1\"} 3\ng{x=\"2\"} 4\n",
        "c", "g", "g{x=\"2\"}");
    near(value(&watching, "c"), 7);
    near(value(&watching, "g"), 3.5);
    near(value(&watching, "g{x=\"2\"}"), 4);
    watching_free(&watching);
}

static void a_histogram_has_its_parts_side_by_side(void **state)
{
    (void)state;
    struct watching watching;
    ASK(&watching,
        "# TYPE h histogram\nh_bucket{le=\"0.5\"} 1\nh_bucket{le=\"1.0\"} 2\n"
        "h_bucket{le=\"+Inf\"} 3\nh_sum 4.5\nh_count 3\n",
        "h_sum", "h", "p50(h)", "h_count");
    const struct watched *mean = find(&watching, "h"), *half = find(&watching, "p50(h)");
    assert_int_equal(mean->kind, WATCHED_HISTOGRAM);
    assert_int_equal(mean->bound_count, 2);
    near(mean->bounds[1], 1.0);
    assert_int_equal(half->column, mean->column);
    static const double parts[] = {4.5, 3, 1, 2};
    for (uint32_t i = 0; i < 4; i++)
        near(columns_value(&watching.list.columns, mean->column + i), parts[i]);
    assert_int_equal(find(&watching, "h_count")->kind, WATCHED_COUNTER);
    near(value(&watching, "h_count"), 3);
    watching_free(&watching);
}

static void a_quotient_is_of_gains_for_counters_and_of_values_for_gauges(void **state)
{
    (void)state;
    struct watching watching;
    ASK(&watching, "# TYPE a counter\na 3\n# TYPE b counter\nb 4\n# TYPE g gauge\ng 80\n",
        "r = a / b", "u = g / 100", "v = g / g");
    assert_int_equal(find(&watching, "r")->kind, WATCHED_QUOTIENT);
    assert_true(find(&watching, "r")->deltas);
    assert_string_equal(find(&watching, "r")->origin, "a / b");
    assert_int_equal(find(&watching, "u")->kind, WATCHED_GAUGE);
    near(find(&watching, "u")->scale, 0.01);
    assert_false(find(&watching, "v")->deltas);
    watching_free(&watching);
}

static void the_names_of_the_guide_stand_for_what_is_there(void **state)
{
    (void)state;
    struct buffer page = {0};
    struct watching watching;
    assert_true(file_read("tests/fuzz/corpus/exposition/lmcache", &page, NULL));
    buffer_add_string(&page, "# TYPE process_resident_memory_bytes gauge\n"
                             "process_resident_memory_bytes 5e9\n"
                             "# TYPE DCGM_FI_DEV_GPU_UTIL gauge\nDCGM_FI_DEV_GPU_UTIL 42\n");
    ASK(&watching, page.data, "lmcache_hit_rate", "gpu_utilization", "memory_usage_bytes",
        "kv_cache_size", "model_load_time");
    assert_string_equal(find(&watching, "lmcache_hit_rate")->origin, "lmcache:retrieve_hit_rate");
    assert_string_equal(find(&watching, "gpu_utilization")->origin, "DCGM_FI_DEV_GPU_UTIL / 100");
    near(find(&watching, "gpu_utilization")->scale, 0.01);
    near(value(&watching, "memory_usage_bytes"), 5e9);
    assert_int_equal(find(&watching, "kv_cache_size")->kind, WATCHED_ABSENT);
    assert_non_null(strstr(find(&watching, "kv_cache_size")->origin, "cache"));
    watching_free(&watching);
    buffer_free(&page);
}

static void lmcache_hit_rate_has_a_stand_in_on_each_engine(void **state)
{
    (void)state;
    struct watching watching;
    ASK(&watching,
        "# TYPE lmcache:num_hit_tokens_total counter\nlmcache:num_hit_tokens_total 1\n"
        "# TYPE lmcache:num_requested_tokens_total counter\nlmcache:num_requested_tokens_total 1\n",
        "lmcache_hit_rate");
    assert_string_equal(find(&watching, "lmcache_hit_rate")->origin,
                        "lmcache:num_hit_tokens_total / lmcache:num_requested_tokens_total");
    watching_free(&watching);
    ASK(&watching,
        "# TYPE vllm:external_prefix_cache_hits_total counter\n"
        "vllm:external_prefix_cache_hits_total 1\n"
        "# TYPE vllm:external_prefix_cache_queries_total counter\n"
        "vllm:external_prefix_cache_queries_total 1\n",
        "lmcache_hit_rate");
    assert_true(find(&watching, "lmcache_hit_rate")->deltas);
    watching_free(&watching);
    ASK(&watching, "# TYPE lmcache_hit_rate gauge\nlmcache_hit_rate 0.5\n", "lmcache_hit_rate");
    assert_string_equal(find(&watching, "lmcache_hit_rate")->origin, "");
    near(value(&watching, "lmcache_hit_rate"), 0.5);
    watching_free(&watching);
}

static void auto_finds_hits_running_and_waiting_on_each_engine(void **state)
{
    (void)state;
    static const struct {
        const char *file, *engine, *running, *hit_rate;
    } engines[] = {
        {"vllm", "vllm", "vllm:num_requests_running",
         "vllm:prompt_tokens_cached_total / vllm:prompt_tokens_total"},
        {"sglang", "sglang", "sglang:num_running_reqs",
         "sglang:cached_tokens_total / sglang:prompt_tokens_total"},
        {"llamacpp", "llama.cpp", "llamacpp:requests_processing", NULL},
        {"tgi", "TGI", "tgi_batch_current_size", NULL},
        {"dynamo", "dynamo", "dynamo_frontend_inflight_requests", NULL},
        {"lmcache", "lmcache", NULL,
         "lmcache:num_hit_tokens_total / lmcache:num_requested_tokens_total"},
    };
    for (size_t i = 0; i < ARRAY_SIZE(engines); i++) {
        struct watching watching;
        struct buffer page = {0}, engine = {0};
        char *path = path_join("tests/fuzz/corpus/exposition", engines[i].file);
        assert_true(file_read(path, &page, NULL));
        watch(&watching, buffer_text(&page), NULL, 0);
        picks_engine(&watching.catalog, &engine);
        assert_string_equal(engine.data, engines[i].engine);
        const struct watched *running = find(&watching, "running");
        const struct watched *hit_rate = find(&watching, "hit_rate");
        assert_int_equal(running->kind, engines[i].running ? WATCHED_GAUGE : WATCHED_ABSENT);
        assert_string_equal(running->origin, engines[i].running ? engines[i].running : "");
        assert_int_equal(hit_rate->kind, engines[i].hit_rate ? WATCHED_QUOTIENT : WATCHED_ABSENT);
        assert_string_equal(hit_rate->origin, engines[i].hit_rate ? engines[i].hit_rate : "");
        watching_free(&watching);
        buffer_free(&page);
        buffer_free(&engine);
        free(path);
    }
}

static void tokens_that_were_prefilled_are_not_called_queries_of_the_cache(void **state)
{
    (void)state;
    struct watching watching;
    watch(&watching,
          TEXT("# TYPE llamacpp:prompt_tokens_total counter\nllamacpp:prompt_tokens_total 7\n"),
          NULL, 0);
    assert_string_equal(find(&watching, "prefilled_tokens")->origin,
                        "llamacpp:prompt_tokens_total");
    assert_int_equal(find(&watching, "prefix_query_tokens")->kind, WATCHED_ABSENT);
    watching_free(&watching);
}

static void what_the_run_needs_itself_is_watched_out_of_sight(void **state)
{
    (void)state;
    struct watching watching;
    ASK(&watching,
        "# TYPE vllm:num_requests_running gauge\nvllm:num_requests_running 2\n"
        "# TYPE a gauge\na 1\n",
        "a");
    assert_true(find(&watching, "running")->hidden);
    assert_int_equal(find(&watching, "running")->role, ROLE_RUNNING);
    assert_false(find(&watching, "a")->hidden);
    watching_free(&watching);
}

static void an_answer_of_a_prometheus_server_becomes_a_page(void **state)
{
    (void)state;
    struct buffer page = {0};
    struct error error = {0};
    assert_true(page_from_answer(
        TEXT("{\"status\":\"success\",\"data\":{\"resultType\":\"vector\",\"result\":[{\"metric\":{"
             "\"__name__\":\"up\",\"job\":\"a \\\"b\\\"\\n\"},\"value\":[1435781451.781,\"1\"]},{"
             "\"metric\":{\"__name__\":\"up\"},\"value\":[1435781451.781,\"NaN\"]}]}}"),
        "", &page, &error));
    assert_string_equal(page.data, "{\"up\",\"job\"=\"a \\\"b\\\"\\n\"} 1\n{\"up\"} NaN\n");
    buffer_clear(&page);
    assert_true(page_from_answer(TEXT("{\"status\":\"success\",\"data\":{\"resultType\":\"scalar\","
                                      "\"result\":[1435781451.781,\"2.5\"]}}"),
                                 "x", &page, &error));
    assert_string_equal(page.data, "{\"x\"} 2.5\n");
    assert_false(page_from_answer(TEXT("{\"status\":\"error\",\"errorType\":\"bad_data\",\"error\":"
                                       "\"parse error\"}"),
                                  "x", &page, &error));
    assert_string_equal(error.text, "parse error");
    assert_false(page_from_answer(TEXT("<html>"), "x", &page, &error));
    assert_false(
        page_from_answer(TEXT("{\"status\":\"success\",\"data\":{\"resultType\":\"matrix\","
                              "\"result\":[]}}"),
                         "x", &page, &error));
    buffer_free(&page);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_wish_is_a_name_a_quantile_a_quotient_or_an_expression),
        cmocka_unit_test(a_counter_is_found_with_and_without_total),
        cmocka_unit_test(series_of_a_counter_are_summed_and_of_a_gauge_averaged),
        cmocka_unit_test(a_histogram_has_its_parts_side_by_side),
        cmocka_unit_test(a_quotient_is_of_gains_for_counters_and_of_values_for_gauges),
        cmocka_unit_test(the_names_of_the_guide_stand_for_what_is_there),
        cmocka_unit_test(lmcache_hit_rate_has_a_stand_in_on_each_engine),
        cmocka_unit_test(auto_finds_hits_running_and_waiting_on_each_engine),
        cmocka_unit_test(tokens_that_were_prefilled_are_not_called_queries_of_the_cache),
        cmocka_unit_test(what_the_run_needs_itself_is_watched_out_of_sight),
        cmocka_unit_test(an_answer_of_a_prometheus_server_becomes_a_page),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
