#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>

#include "report/page.h"
#include "sample_run.h"

static const struct table_style guide = {.utf8 = true, .columns = 0};

/* Two rounds of two requests whose figures can be worked out by hand. */
static struct run *small_run(void)
{
    struct run *run = run_new();
    struct level *level = run_add_level(run, 10, 0.0, 2, 2);
    run->slo.ttft_ms = 55;
    for (uint16_t number = 1; number <= 2; number++) {
        struct round *round = level_add_round(level, 2, MS(1000.0 * number));
        double warm = number == 1 ? 1.0 : 0.5;
        for (uint32_t i = 0; i < 2; i++) {
            struct record record =
                sample_record(i, 1000.0 * number, warm * (40 + 20 * i), 240, i ? 399.9 : 300);
            record.round = number;
            record.cached_tokens = number == 1 ? 0 : 850;
            round_add_record(round, &record);
        }
        round->ended = true;
        round->health.stamp_lag_samples = 2;
        round->health.stamp_lag_p99_ns = MS(0.1);
        round->health.loop_busy = 0.02;
        round_judge_health(round, false);
    }
    return run;
}

static char *round_text(const struct run *run, uint16_t number, struct table_style style)
{
    struct buffer out = {0};
    const struct level *level = run->levels[0];
    table_round(&out, run, level, level_find_round(level, number), style);
    return buffer_take(&out);
}

static void assert_has(const char *text, const char *part)
{
    if (!strstr(text, part))
        fail_msg("'%s' is not in:\n%s", part, text);
}

/* clang-format off */
static const char golden[] =
"=========================================================================================================================================\n"
"Concurrency: 10 | Round 1 Performance Metrics\n"
"=========================================================================================================================================\n"
"Total Requests: 2 | Success: 2 | Failed: 0 | Test Duration: 0.40 seconds\n"
"Average Input Tokens: 1000.0 | Average Output Tokens: 11.0\n"
"-----------------------------------------------------------------------------------------------------------------------------------------\n"
"│ Metric                       │ Avg          │ P50          │ P90          │ P99          │ Min          │ Max          │ Stddev       │\n"
"├──────────────────────────────┼──────────────┼──────────────┼──────────────┼──────────────┼──────────────┼──────────────┼──────────────┤\n"
"│ TTFT (ms)                    │ 50.00        │ 50.00        │ 58.00        │ 59.80        │ 40.00        │ 60.00        │ 14.14        │\n"
"│ ITL (ms)                     │ 19.00        │ 19.00        │ 19.80        │ 19.98        │ 18.00        │ 20.00        │ 1.41         │\n"
"│ Latency (ms)                 │ 349.95       │ 349.95       │ 389.91       │ 398.90       │ 300.00       │ 399.90       │ 70.64        │\n"
"└──────────────────────────────┴──────────────┴──────────────┴──────────────┴──────────────┴──────────────┴──────────────┴──────────────┘\n"
"\n"
"Throughput:\n"
"  Token Throughput: 55.00 tokens/sec\n"
"  Request Throughput: 5.00 requests/sec\n"
"\n"
"Goodput (SLO):\n"
"  Requests Meeting SLO: 1 / 2 (50.00%)\n"
"  Tokens Meeting SLO: 11 / 22 (50.00%)\n"
"  Goodput: 27.50 tokens/sec\n"
"  Missed: TTFT 1\n"
"\n"
"Round 1 was cold, checked: 0 % cached\n"
"Client: ok, stamp lag P99 0.10 ms, dispatch lag P99 0.10 ms, busy 2 %\n"
"\n";
/* clang-format on */

static void without_a_terminal_it_is_the_guides_table(void **state)
{
    (void)state;
    struct run *run = small_run();
    char *text = round_text(run, 1, guide);
    assert_string_equal(text, golden);
    free(text);
    run_free(run);
}

static size_t widest_line(const char *text)
{
    size_t widest = 0;
    struct text rest = text_of(text), line;
    while (text_next_line(&rest, &line))
        widest = text_width(line) > widest ? text_width(line) : widest;
    return widest;
}

static void on_a_terminal_the_table_fits(void **state)
{
    (void)state;
    struct run *run = sample_run(60, true);
    for (int columns = 40; columns <= 137; columns++) {
        struct buffer out = {0};
        struct table_style style = {.utf8 = true, .columns = columns};
        table_round(&out, run, run->levels[0], &run->levels[0]->rounds[0], style);
        /* The box; sentences wrap. */
        char *box = strstr(out.data, "│");
        *strstr(box, "\n\n") = '\0';
        if (widest_line(box) > (size_t)columns)
            fail_msg("%zu columns on a terminal of %d", widest_line(box), columns);
        assert_int_equal(strstr(box, "P95") != NULL, columns >= 88);
        buffer_free(&out);
    }
    run_free(run);
}

static void in_ascii_nothing_else_is_printed(void **state)
{
    (void)state;
    struct run *run = sample_run(60, true);
    struct buffer out = {0};
    struct table_style ascii = {.utf8 = false, .columns = 80};
    for (uint32_t level = 0; level < 2; level++) {
        table_round(&out, run, run->levels[level], &run->levels[level]->rounds[1], ascii);
        table_comparison(&out, run, run->levels[level], ascii);
    }
    table_overview(&out, run, ascii);
    for (size_t i = 0; i < out.size; i++)
        if ((unsigned char)out.data[i] >= 0x7f ||
            ((unsigned char)out.data[i] < 0x20 && out.data[i] != '\n'))
            fail_msg("a byte %02x at %zu", (unsigned char)out.data[i], i);
    assert_has(out.data, "Concurrency: 10->12 | Round 2");
    assert_has(out.data, "3 x http_status 503: {\"error\":\"over^[[31mloaded\"");
    assert_has(out.data, "Cold -> warm, C=10, paired on 53 prompts: TTFT 2.");
    buffer_free(&out);
    run_free(run);
}

static void a_figure_without_values_is_a_dash(void **state)
{
    (void)state;
    struct run *run = run_new();
    level_add_round(run_add_level(run, 1, 0.0, 3, 1), 3, MS(1));
    char *text = round_text(run, 1, guide);
    assert_has(text, "│ TTFT (ms)                    │ -            │");
    assert_has(text, "Token Throughput: - tokens/sec");
    free(text);
    run_free(run);
}

static void set_cached_tokens(struct round *round, uint32_t tokens)
{
    for (uint32_t i = 0; i < round->record_count; i++)
        round->records[i].cached_tokens = tokens;
}

static void it_says_when_the_cache_was_not_cold_and_what_to_do(void **state)
{
    (void)state;
    struct run *run = small_run();
    struct round *round = &run->levels[0]->rounds[0];
    set_cached_tokens(round, 430);
    char *text = round_text(run, 1, guide);
    assert_has(text, "Round 1 was not cold (43 % cached). Run again with --cold-start salt\n");
    free(text);
    set_cached_tokens(round, TOKENS_UNKNOWN);
    text = round_text(run, 1, guide);
    assert_has(text, "Round 1: cold? The server does not report cached tokens\n");
    free(text);
    run_free(run);
}

static void it_says_what_to_do_about_a_client_by_how_busy_it_was(void **state)
{
    (void)state;
    struct run *run = small_run();
    struct health *health = &run->levels[0]->rounds[0].health;
    *health = (struct health){.verdict = HEALTH_SATURATED, .loop_busy = 0.95};
    char *text = round_text(run, 1, guide);
    assert_has(text, "not the server's: lower the load, or give this machine more processors\n");
    free(text);
    *health = (struct health){.verdict = HEALTH_STRAINED, .loop_busy = 0.01};
    text = round_text(run, 1, guide);
    assert_has(text, "partly the client's: end what else runs on this machine, measure from "
                     "another, or lower the load\n");
    free(text);
    run_free(run);
}

static void estimated_tokens_are_marked(void **state)
{
    (void)state;
    struct run *run = small_run();
    run->levels[0]->rounds[0].records[1].completion_tokens = TOKENS_UNKNOWN;
    char *text = round_text(run, 1, guide);
    assert_has(text, "| Average Output Tokens: ≈11.0\n");
    assert_has(text, "Average Input Tokens: 1000.0 |");
    assert_has(text, "Token Throughput: ≈55.00 tokens/sec");
    free(text);
    run_free(run);
}

static void open_loop_shows_the_users_times_too(void **state)
{
    (void)state;
    struct run *run = small_run();
    struct level *level = run->levels[0];
    level->rate = 2.5;
    strcpy(level->label, "2.5 req/s");
    char *text = round_text(run, 1, guide);
    assert_has(text, "Request Rate: 2.5 req/s | Concurrency: at most 10 | Round 1");
    assert_has(text, "│ User TTFT (ms)               │ 50.20        │");
    free(text);
    run_free(run);
}

static void few_pairs_claim_nothing(void **state)
{
    (void)state;
    struct run *run = small_run();
    struct buffer out = {0};
    table_comparison(&out, run, run->levels[0], guide);
    assert_has(out.data, "Cold → warm, C=10, paired on 2 prompts: TTFT 2.00× (25 ms less)\n");
    assert_has(out.data, "  TTFT P50 ms       50.00    25.00   -50 %\n");
    assert_has(out.data, "  Cached              0 %     85 %\n");
    assert_has(out.data, "Verdict: none below 50 pairs");
    buffer_free(&out);
    run_free(run);
}

static void many_pairs_give_an_interval_and_a_verdict(void **state)
{
    (void)state;
    struct run *run = sample_run(100, false);
    struct buffer out = {0};
    table_comparison(&out, run, run->levels[0], guide);
    assert_has(out.data, "paired on 100 prompts: TTFT 2.5");
    assert_has(out.data, "× faster [2.4");
    assert_has(out.data, "Verdict: faster. It covers this run");
    buffer_clear(&out);
    table_overview(&out, run, guide);
    assert_has(out.data, "Level    TTFT P50 ms  ");
    assert_has(out.data, "\nL2 C=10 ");
    buffer_free(&out);
    run_free(run);
}

static void of_several_rounds_the_worst_client_is_told_once(void **state)
{
    (void)state;
    struct run *run = small_run();
    struct round *rounds = run->levels[0]->rounds;
    rounds[0].health.verdict = HEALTH_STRAINED;
    rounds[1].health.verdict = HEALTH_SATURATED;
    struct buffer out = {0};
    table_comparison(&out, run, run->levels[0], guide);
    assert_has(out.data, "\nRound 2 Client: saturated, ");
    assert_has(out.data, "\nNor was the client ok in 1 more round\n");
    assert_null(strstr(out.data, "Round 1 Client"));
    buffer_free(&out);
    run_free(run);
}

static void widths_count_cells_not_bytes(void **state)
{
    (void)state;
    assert_int_equal(text_width(TEXT("C=10→12")), 7);
    assert_int_equal(text_width(TEXT("港口")), 4);
    assert_int_equal(text_width(TEXT("e\xcc\x81")), 1);
    char *cut = text_visible(TEXT("港口港口港口"), 8);
    assert_string_equal(cut, "港口港…");
    free(cut);
    char *whole = text_visible(TEXT("a\tb\x7f\xff"), 40);
    assert_string_equal(whole, "a b^?\xef\xbf\xbd");
    free(whole);
    /* What turns the reading direction round is shown, not obeyed. */
    char *turned = text_visible(TEXT("a\xe2\x80\xae"
                                     "b"),
                                40);
    assert_string_equal(turned, "a<202e>b");
    free(turned);
}

static void a_narrow_ascii_table_has_its_unit_in_the_head(void **state)
{
    (void)state;
    struct run *run = small_run();
    char *text = round_text(run, 2, (struct table_style){.utf8 = false, .columns = 75});
    assert_has(text,
               "| ms      |    Avg |    P50 |    P90 |    P99 |    Min |    Max | Stddev |\n"
               "+---------+--------+--------+--------+--------+--------+--------+--------+\n"
               "| TTFT    |  25.00 |  25.00 |  29.00 |  29.90 |  20.00 |  30.00 |   7.07 |\n");
    free(text);
    run_free(run);
}

static void what_a_pager_gets_moves_no_cursor(void **state)
{
    (void)state;
    struct buffer page = {0};
    text_add_visible(&page, TEXT("港口\n\tred \x1b[31m\x07 \xc2\x9b"
                                 "2J \xe2\x80\xae"
                                 "evil\r\xff"));
    assert_string_equal(page.data, "港口\n\tred ^[[31m^G <009b>2J <202e>evil \xef\xbf\xbd");
    buffer_free(&page);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(without_a_terminal_it_is_the_guides_table),
        cmocka_unit_test(on_a_terminal_the_table_fits),
        cmocka_unit_test(in_ascii_nothing_else_is_printed),
        cmocka_unit_test(a_figure_without_values_is_a_dash),
        cmocka_unit_test(it_says_when_the_cache_was_not_cold_and_what_to_do),
        cmocka_unit_test(it_says_what_to_do_about_a_client_by_how_busy_it_was),
        cmocka_unit_test(estimated_tokens_are_marked),
        cmocka_unit_test(open_loop_shows_the_users_times_too),
        cmocka_unit_test(few_pairs_claim_nothing),
        cmocka_unit_test(many_pairs_give_an_interval_and_a_verdict),
        cmocka_unit_test(of_several_rounds_the_worst_client_is_told_once),
        cmocka_unit_test(widths_count_cells_not_bytes),
        cmocka_unit_test(a_narrow_ascii_table_has_its_unit_in_the_head),
        cmocka_unit_test(what_a_pager_gets_moves_no_cursor),
    };
    return cmocka_run_group_tests_name("table", tests, NULL, NULL);
}
