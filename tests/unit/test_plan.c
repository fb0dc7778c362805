#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/json.h"
#include "base/memory.h"
#include "benchmark/plan.h"

enum { ROWS = 10 };

static struct config config;
static struct dataset dataset;
static struct plan plan;
static struct error error;
static struct buffer rows; /* the dataset's texts point into it */

/* Row i is "rrr… i", so that prompts have lengths of their own. */
static int begin(void **state)
{
    (void)state;
    config_default(&config);
    dataset = (struct dataset){0};
    for (int i = 0; i < ROWS; i++)
        buffer_printf(&rows, "{\"prompt\":\"%.*s %d\"}\n", i + 1, "rrrrrrrrrr", i);
    assert_true(dataset_parse(&dataset, buffer_text(&rows), false, &error));
    assert_int_equal(dataset.count, ROWS);
    return 0;
}

static int end(void **state)
{
    (void)state;
    config.system_prompt = NULL;
    config_free(&config);
    dataset_free(&dataset);
    buffer_free(&rows);
    plan_free(&plan);
    return 0;
}

static void set_ints(struct int_list *list, size_t count, const int64_t *values)
{
    free(list->values);
    list->values = xreallocarray(NULL, count, sizeof *values);
    memcpy(list->values, values, count * sizeof *values);
    list->count = count;
}

#define SET_INTS(list, ...) \
    set_ints(&(list), sizeof((int64_t[]){__VA_ARGS__}) / sizeof(int64_t), (int64_t[]){__VA_ARGS__})

static void set_rates(size_t count, const double *values)
{
    config.request_rate.values = xreallocarray(NULL, count, sizeof *values);
    memcpy(config.request_rate.values, values, count * sizeof *values);
    config.request_rate.count = count;
}

static void make(void)
{
    if (!plan_make(&plan, &config, &dataset, &error))
        fail_msg("%s", error.text);
}

static void assert_level(uint32_t number, uint32_t first, uint32_t count)
{
    assert_int_equal(plan.levels[number - 1].first, first);
    assert_int_equal(plan.levels[number - 1].count, count);
}

static void without_a_limit_each_level_takes_all_rows(void **state)
{
    (void)state;
    SET_INTS(config.concurrency, 1, 10, 50);
    make();
    assert_int_equal(plan.level_count, 3);
    for (uint32_t number = 1; number <= 3; number++)
        assert_level(number, 0, ROWS);
    assert_int_equal(plan.levels[2].concurrency, 50);
    assert_true(plan.levels[2].rate == 0);
    for (uint32_t i = 0; i < ROWS; i++)
        assert_int_equal(plan.order[i], i);
}

static void one_number_of_samples_holds_for_all_levels(void **state)
{
    (void)state;
    SET_INTS(config.concurrency, 1, 2);
    SET_INTS(config.num_samples, 4);
    make();
    assert_level(1, 0, 4);
    assert_level(2, 0, 4);
}

static void each_level_may_have_its_own_number_and_no_row_is_repeated(void **state)
{
    (void)state;
    SET_INTS(config.concurrency, 1, 2, 3);
    SET_INTS(config.num_samples, 3, 10, 11);
    make();
    assert_level(1, 0, 3);
    assert_level(2, 0, 10);
    assert_level(3, 0, ROWS);
}

static void rates_make_levels_and_concurrency_caps_them(void **state)
{
    (void)state;
    set_rates(2, (double[]){5, 0.5});
    SET_INTS(config.concurrency, 8);
    make();
    assert_int_equal(plan.level_count, 2);
    assert_true(plan.levels[0].rate == 5 && plan.levels[1].rate == 0.5);
    assert_int_equal(plan.levels[1].concurrency, 8);
    assert_int_equal(plan_peak_concurrency(&plan), 8);
}

static void a_rate_without_a_cap_may_have_all_in_flight(void **state)
{
    (void)state;
    set_rates(1, (double[]){5});
    config.concurrency.count = 0;
    make();
    assert_int_equal(plan.levels[0].concurrency, 0);
    assert_int_equal(plan_peak_concurrency(&plan), ROWS);
}

static void a_level_has_no_more_streams_than_requests(void **state)
{
    (void)state;
    SET_INTS(config.concurrency, 2, 500);
    SET_INTS(config.num_samples, 10, 3);
    make();
    assert_int_equal(plan_peak_concurrency(&plan), 3);
}

static void shuffling_is_a_permutation_that_the_seed_decides(void **state)
{
    (void)state;
    uint32_t first[ROWS];
    bool seen[ROWS] = {false};
    config.shuffle = true;
    config.seed = 1;
    make();
    uint32_t moved = 0;
    for (uint32_t i = 0; i < ROWS; i++) {
        assert_in_range(plan.order[i], 0, ROWS - 1);
        assert_false(seen[plan.order[i]]);
        seen[plan.order[i]] = true;
        moved += plan.order[i] != i;
    }
    assert_true(moved > 0);
    memcpy(first, plan.order, sizeof first);
    plan_free(&plan);
    make();
    assert_memory_equal(plan.order, first, sizeof first);
    plan_free(&plan);
    config.seed = 2;
    make();
    assert_memory_not_equal(plan.order, first, sizeof first);
}

static void disjoint_levels_take_the_next_rows(void **state)
{
    (void)state;
    config.cold_start = COLD_DISJOINT;
    SET_INTS(config.concurrency, 1, 2, 3);
    make();
    for (uint32_t number = 1; number <= 3; number++)
        assert_level(number, 3 * (number - 1), 3);
    plan_free(&plan);
    SET_INTS(config.num_samples, 1, 2, 7);
    make();
    assert_level(1, 0, 1);
    assert_level(2, 1, 2);
    assert_level(3, 3, 7);
}

static void too_few_rows_for_disjoint_levels_are_an_error(void **state)
{
    (void)state;
    config.cold_start = COLD_DISJOINT;
    SET_INTS(config.concurrency, 1, 2);
    SET_INTS(config.num_samples, 6);
    assert_false(plan_make(&plan, &config, &dataset, &error));
    assert_non_null(strstr(error.text, "level 2 needs rows 7 to 12, the dataset has 10"));
    assert_null(plan.order);

    SET_INTS(config.concurrency, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11);
    config.num_samples.count = 0;
    assert_false(plan_make(&plan, &config, &dataset, &error));
    assert_non_null(strstr(error.text, "level 11 needs rows 11 to 11, the dataset has 10"));
}

/* ---- requests ---- */

static struct level_requests build(const char *salt)
{
    struct level_requests requests;
    const struct body_shape shape = {.model = "m", .config = &config};
    level_requests_build(&requests, &plan, &plan.levels[0], &dataset, &shape, text_of(salt));
    return requests;
}

static void requests_carry_their_rows_in_the_plans_order(void **state)
{
    (void)state;
    config.shuffle = true;
    SET_INTS(config.num_samples, 6);
    make();
    struct level_requests requests = build("[0123abcd]");
    assert_int_equal(requests.count, 6);
    for (uint32_t i = 0; i < requests.count; i++) {
        const struct request *request = requests.order[i];
        uint32_t row = plan.order[i];
        char wanted[256];
        snprintf(wanted, sizeof wanted,
                 "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":"
                 "\"[0123abcd]\\n%.*s %u\"}],\"stream\":true}",
                 (int)row + 1, "rrrrrrrrrr", row);
        assert_true(text_is(request->body, wanted));
        assert_true(request->body_hash == text_hash(TEXT_HASH_SEED, request->body));
        assert_int_equal(request->index, i);
        assert_int_equal(request->sample, row);
        assert_int_equal(request->turn, 1);
        assert_int_equal(request->prompt_bytes, row + 3);
    }
    level_requests_free(&requests);
}

/* A round that --duration cut short leaves holes: those requests must not come back. */
static void shuffling_requests_moves_those_that_are_left(void **state)
{
    (void)state;
    make();
    struct level_requests requests = build(NULL);
    const struct request *left[] = {&requests.requests[0], &requests.requests[3],
                                    &requests.requests[9], &requests.requests[7]};
    memcpy(requests.order, left, sizeof left);
    requests.count = ARRAY_SIZE(left);
    bool moved = false;
    for (uint64_t seed = 1; seed <= 8; seed++) {
        level_requests_shuffle(&requests, seed);
        uint32_t seen = 0;
        for (uint32_t i = 0; i < requests.count; i++) {
            seen |= 1u << requests.order[i]->index;
            moved |= requests.order[i] != left[i];
        }
        assert_int_equal(seen, 1u << 0 | 1u << 3 | 1u << 9 | 1u << 7);
    }
    assert_true(moved);
    level_requests_free(&requests);
}

/* Row 1 has three questions, row 0 and 2 one. */
static void read_conversations(void)
{
    dataset_free(&dataset);
    buffer_clear(&rows);
    buffer_add_string(&rows, "{\"text\":\"a\"}\n{\"user_messages\":[\"b\",\"c\",\"d\"]}\n"
                             "{\"text\":\"e\"}\n");
    assert_true(dataset_parse(&dataset, buffer_text(&rows), false, &error));
}

static void the_turns_of_a_conversation_stand_together_and_the_first_is_dispatched(void **state)
{
    (void)state;
    read_conversations();
    make();
    struct level_requests requests = build(NULL);
    assert_int_equal(requests.count, 3);
    assert_int_equal(requests.planned, 5);
    static const uint32_t samples[] = {0, 1, 1, 1, 2}, turns[] = {1, 1, 2, 3, 1};
    for (uint32_t i = 0; i < requests.request_count; i++) {
        const struct request *request = &requests.requests[i];
        assert_int_equal(request->index, i);
        assert_int_equal(request->sample, samples[i]);
        assert_int_equal(request->turn, turns[i]);
        assert_true((request->body.size > 0) == (request->turn == 1));
    }
    assert_ptr_equal(requests.order[1], &requests.requests[1]);
    assert_ptr_equal(requests.order[2], &requests.requests[4]);
    assert_int_equal(request_turns_left(requests.order[1]), 3);
    level_requests_free(&requests);
}

static void later_rounds_leave_out_what_the_first_did_not_begin(void **state)
{
    (void)state;
    read_conversations();
    make();
    struct level_requests requests = build(NULL);
    struct record records[] = {{.index = 4}, {.index = 1}};
    const struct round first = {.records = records, .record_count = 2};
    level_requests_keep_sent(&requests, &first);
    assert_int_equal(requests.count, 2);
    assert_int_equal(requests.planned, 4);
    assert_ptr_equal(requests.order[0], &requests.requests[1]);
    assert_ptr_equal(requests.order[1], &requests.requests[4]);
    level_requests_free(&requests);
}

static struct text prompt_of(struct text body)
{
    struct text key, content = {0};
    struct json_scan scan = json_scan_begin(body);
    json_enter_object(&scan);
    while (json_next_key(&scan, &key) && !text_is(key, "messages"))
        json_skip(&scan);
    json_enter_array(&scan);
    assert_true(json_next_element(&scan));
    json_enter_object(&scan);
    while (json_next_key(&scan, &key) && !text_is(key, "content"))
        json_skip(&scan);
    assert_true(json_scan_string(&scan, &content));
    return content;
}

static void warm_up_prompts_are_random_and_as_long_as_the_median(void **state)
{
    (void)state;
    char system[] = "A system prompt that all the prompts of the level begin with.";
    config.system_prompt = system;
    make();
    struct level_requests requests = build(NULL), warmup, again;
    const struct body_shape shape = {.model = "m", .config = &config};
    level_requests_build_warmup(&warmup, 5, &requests, &shape, 1);
    level_requests_build_warmup(&again, 5, &requests, &shape, 1);
    uint32_t median = requests.requests[ROWS / 2].prompt_bytes;
    assert_true(median > strlen(system));
    for (uint32_t i = 0; i < warmup.count; i++) {
        struct text prompt = prompt_of(warmup.order[i]->body);
        assert_in_range(prompt.size, median, median + 10);
        assert_true(text_equal(warmup.order[i]->body, again.order[i]->body));
        for (uint32_t j = 0; j < i; j++)
            assert_memory_not_equal(prompt.data, prompt_of(warmup.order[j]->body).data, 8);
        assert_memory_not_equal(prompt.data, system, 8);
    }
    level_requests_free(&warmup);
    level_requests_free(&again);
    level_requests_free(&requests);
}

static void a_dry_run_says_what_would_be_sent(void **state)
{
    (void)state;
    struct buffer out = {0};
    char endpoint[] = "http://127.0.0.1:1/v1/chat/completions", name[] = "rows.jsonl";
    config.endpoint = endpoint;
    dataset.name = name;
    SET_INTS(config.concurrency, 1, 20);
    SET_INTS(config.num_samples, 4, 10);
    config.rounds.most = 3;
    make();
    plan_print(&plan, &config, &dataset, false, &out);
    assert_non_null(strstr(out.data, endpoint));
    assert_non_null(strstr(out.data, "rows.jsonl, 10 rows"));
    assert_non_null(strstr(out.data, "C=20"));
    assert_non_null(strstr(out.data, "42 requests in all"));
    config.endpoint = dataset.name = NULL;
    buffer_free(&out);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)
    const struct CMUnitTest tests[] = {
        TEST(without_a_limit_each_level_takes_all_rows),
        TEST(one_number_of_samples_holds_for_all_levels),
        TEST(each_level_may_have_its_own_number_and_no_row_is_repeated),
        TEST(rates_make_levels_and_concurrency_caps_them),
        TEST(a_rate_without_a_cap_may_have_all_in_flight),
        TEST(a_level_has_no_more_streams_than_requests),
        TEST(shuffling_is_a_permutation_that_the_seed_decides),
        TEST(disjoint_levels_take_the_next_rows),
        TEST(too_few_rows_for_disjoint_levels_are_an_error),
        TEST(requests_carry_their_rows_in_the_plans_order),
        TEST(shuffling_requests_moves_those_that_are_left),
        TEST(the_turns_of_a_conversation_stand_together_and_the_first_is_dispatched),
        TEST(later_rounds_leave_out_what_the_first_did_not_begin),
        TEST(warm_up_prompts_are_random_and_as_long_as_the_median),
        TEST(a_dry_run_says_what_would_be_sent),
    };
    return cmocka_run_group_tests_name("plan", tests, NULL, NULL);
}
