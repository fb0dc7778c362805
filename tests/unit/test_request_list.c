#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "result/round_kept.h"
#include "sample_run.h"
#include "telemetry/event.h"
#include "ui/request_list.h"

#define MANY 300u

static struct run *run;
static struct ui ui;
static struct request_list list;

static int set_up(void **state)
{
    (void)state;
    run = sample_run(MANY, true);
    ui = (struct ui){.run = run, .now_ns = MS(1e6)};
    list = (struct request_list){0};
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    request_list_free(&list);
    ui_forget_summaries(&ui);
    run_free(run);
    return 0;
}

static void update(struct request_order order)
{
    order.level = 1;
    request_list_update(&list, &ui, run->levels[0], &order);
}

static struct request_row row(uint32_t at)
{
    return request_list_row(&list, at, ui.now_ns);
}

static void assert_sorted(enum request_value value, bool highest_first)
{
    bool ended = false;
    for (uint32_t i = 0; i < list.count; i++) {
        struct request_row here = row(i);
        double key = request_value(&here, value);
        assert_false(ended && !isnan(key)); /* those without a value stand last */
        ended = isnan(key);
        if (ended || i == 0)
            continue;
        struct request_row before = row(i - 1);
        double last = request_value(&before, value);
        assert_true(highest_first ? last >= key : last <= key);
    }
}

static void it_sorts_by_every_value_both_ways(void **state)
{
    (void)state;
    for (int value = 0; value < REQUEST_VALUE_COUNT; value++)
        for (int highest = 0; highest < 2; highest++) {
            update((struct request_order){.value = (uint8_t)value, .highest_first = highest});
            assert_int_equal(list.count, 2 * MANY);
            assert_sorted((enum request_value)value, highest);
        }
}

static uint32_t count_if(const struct round *round, bool (*holds)(const struct record *))
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < round->record_count; i++)
        count += holds(&round->records[i]);
    return count;
}

static bool did_fail(const struct record *record)
{
    return !record_succeeded(record);
}

static void presets_and_filters_narrow_it(void **state)
{
    (void)state;
    const struct round *rounds = run->levels[0]->rounds;
    update((struct request_order){.preset = PRESET_FAILED});
    assert_int_equal(list.count, count_if(&rounds[0], did_fail) + count_if(&rounds[1], did_fail));
    assert_int_equal(list.all, 2 * MANY);
    assert_true(list.count > 0);

    update((struct request_order){.preset = PRESET_SLO});
    const struct summary *first = ui_summary(&ui, run->levels[0], &rounds[0]);
    const struct summary *second = ui_summary(&ui, run->levels[0], &rounds[1]);
    uint32_t met = first->slo_met_requests + second->slo_met_requests;
    assert_int_equal(list.count, first->counts.succeeded + second->counts.succeeded - met);

    /* A tenth of each round is beyond its P90 in one or the other. */
    update((struct request_order){.preset = PRESET_SLOW});
    assert_in_range(list.count, 2 * MANY / 20, 2 * MANY / 3);

    update((struct request_order){.filter = "round=2 failed"});
    assert_int_equal(list.count, count_if(&rounds[1], did_fail));

    update((struct request_order){.filter = "failed whatever>3"});
    assert_non_null(strstr(list.filter_error.text, "whatever"));
    assert_int_equal(list.count, 2 * MANY);
    update((struct request_order){.filter = "failed"});
    assert_string_equal(list.filter_error.text, "");
}

static void a_request_is_found_in_each_round(void **state)
{
    (void)state;
    update((struct request_order){.value = VALUE_TTFT});
    for (uint32_t i = 0; i < list.count; i++) {
        struct request_row here = row(i);
        uint16_t round = here.round->number;
        assert_int_equal(request_list_search(&list, round, here.record->index), i);
        assert_ptr_equal(request_list_find(&list, round, here.record->index), here.record);
        if (round == 2)
            assert_ptr_equal(here.other, request_list_find(&list, 1, here.record->index));
        else
            assert_ptr_equal(here.other, request_list_find(&list, 2, here.record->index));
    }
    assert_null(request_list_find(&list, 1, MANY));
    assert_null(request_list_find(&list, 3, 0));
    assert_int_equal(request_list_search(&list, 2, MANY), list.count);
}

static void records_that_come_later_are_added(void **state)
{
    (void)state;
    struct round *round = &run->levels[0]->rounds[1];
    uint32_t whole = round->record_count;
    round->record_count = 10;
    update((struct request_order){0});
    assert_int_equal(list.count, MANY + 10);
    round->record_count = whole;
    update((struct request_order){0});
    assert_int_equal(list.count, MANY + 10); /* not within half a second */
    ui.now_ns += 10 * NS_PER_S;
    update((struct request_order){0});
    assert_int_equal(list.count, 2 * MANY);
}

static void those_in_flight_stand_among_the_others(void **state)
{
    (void)state;
    struct benchmark *benchmark = xcalloc(1, sizeof *benchmark);
    struct live_view *view = xcalloc(1, sizeof *view);
    struct round *round = &run->levels[0]->rounds[1];
    uint32_t whole = round->record_count;
    round->record_count = whole - 2;
    uint32_t last = round->records[whole - 1].index, ended = round->records[0].index;
    live_init(&benchmark->live, 0);
    live_begin_round(&benchmark->live, 1, 2, MANY);
    const struct event events[] = {
        {.kind = EVENT_DISPATCHED, .request = last, .at_ns = MS(1e6 - 700), .count = 1},
        /* Its record is there already. */
        {.kind = EVENT_DISPATCHED, .request = ended, .at_ns = MS(1e6 - 900), .count = 1},
    };
    live_take(&benchmark->live, events, ARRAY_SIZE(events));
    live_copy(&benchmark->live, view);
    ui.benchmark = benchmark;
    ui.live = view;
    update((struct request_order){.preset = PRESET_FLYING});
    assert_int_equal(list.count, 1);
    struct request_row flying = row(0);
    assert_int_equal(flying.flight->request, last);
    assert_true(request_value(&flying, VALUE_TTFT) == 700);
    assert_string_equal(request_state(&flying), "waiting");
    assert_ptr_equal(flying.other, request_list_find(&list, 1, last));
    update((struct request_order){.value = VALUE_INDEX});
    assert_int_equal(list.count, MANY + whole - 2 + 1);
    live_free(&benchmark->live);
    free(view);
    free(benchmark);
    round->record_count = whole;
    ui.benchmark = NULL;
    ui.live = NULL;
}

/* A list that was made of more records than there are must not look for the others. */
static void rounds_without_records_leave_it_at_once(void **state)
{
    (void)state;
    struct random random;
    random_seed(&random, 1);
    struct run *many = run_new();
    struct level *level = run_add_level(many, 10, 0.0, MANY, 8);
    for (uint32_t r = 0; r < 8; r++)
        sample_fill_round(&random, level_add_round(level, MANY, r * MS(1e6)), 1, 40, MANY, false);
    ui.run = many;
    struct request_order order = {.level = 1, .value = VALUE_TTFT, .highest_first = true};
    request_list_update(&list, &ui, level, &order);
    assert_int_equal(list.count, 8 * MANY);
    run_release_records(many, level, (uint64_t)MS(1e7));
    request_list_update(&list, &ui, level, &order);
    assert_int_equal(list.count, 5 * MANY);
    for (uint32_t i = 0; i < list.count; i++)
        assert_non_null(row(i).record);
    assert_null(request_list_find(&list, 2, 0));
    assert_non_null(request_list_find(&list, 8, 0));
    ui_forget_summaries(&ui);
    ui.run = run;
    run_free(many);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(it_sorts_by_every_value_both_ways),      TEST(presets_and_filters_narrow_it),
        TEST(a_request_is_found_in_each_round),       TEST(records_that_come_later_are_added),
        TEST(those_in_flight_stand_among_the_others), TEST(rounds_without_records_leave_it_at_once),
    };
    return cmocka_run_group_tests_name("request_list", tests, NULL, NULL);
}
