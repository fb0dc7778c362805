/* The Metrics view, drawn into memory. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <stdlib.h>

#include <cmocka.h>
#include <ncurses.h>

#include "sample_metrics.h"
#include "screen_text.h"
#include "ui/metric_cells.h"
#include "ui/views.h"

struct fixture {
    struct run *run;
    struct ui ui;
    struct canvas canvas;
};

static void begin(struct fixture *fixture, bool metrics, int rows, int cols)
{
    struct run *run = run_new();
    struct level *level = run_add_level(run, 4, 0.0, 10, 1);
    struct round *round = level_add_round(level, 10, 12 * NS_PER_S);
    round->end_ns = 15 * NS_PER_S;
    round->ended = true;
    if (metrics) {
        struct metrics_source source = {.url = (char *)(uintptr_t) "http://localhost:8000/metrics",
                                        .format = (char *)(uintptr_t) "text",
                                        .engine = (char *)(uintptr_t) "",
                                        .interval_s = 1,
                                        .exposed = 212};
        samples_put_source(&run->samples, &source);
        sample_put_metrics(&run->samples);
        sample_read_all(&run->samples);
    }
    *fixture = (struct fixture){.run = run, .ui = {.run = run, .view = VIEW_METRICS}};
    canvas_init(&fixture->canvas, rows, cols, false);
}

static char *drawn(struct fixture *fixture)
{
    canvas_clear(&fixture->canvas);
    view_metrics_draw(&fixture->ui, &fixture->canvas,
                      (struct rect){0, 0, fixture->canvas.rows, fixture->canvas.cols});
    return screen_text(&fixture->canvas);
}

static void end(struct fixture *fixture)
{
    if (fixture->ui.private[VIEW_METRICS])
        view_metrics_free(fixture->ui.private[VIEW_METRICS]);
    ui_forget_summaries(&fixture->ui);
    canvas_free(&fixture->canvas);
    run_free(fixture->run);
}

static void each_metric_has_its_value_and_what_it_did_in_the_round(void **state)
{
    (void)state;
    struct fixture fixture;
    begin(&fixture, true, 37, 120);
    char *text = drawn(&fixture);
    assert_shows(text, "every 1 s, localhost:8000/metrics");
    assert_shows(text, "L1 R1");
    assert_shows(text, "running");
    assert_shows(text, "queries");
    assert_shows(text, "kv_cache_size");
    assert_shows(text, "not exposed");
    assert_shows(text, "before     after    change       avg");
    free(text);
    end(&fixture);
}

/* 190 s of a gauge that grows all the time, read each second. */
static void a_sparkline_shows_all_of_its_span(void **state)
{
    (void)state;
    struct fixture fixture;
    begin(&fixture, true, 21, 80);
    for (uint32_t s = 20; s < 200; s++)
        sample_read(&fixture.run->samples, s, READING_BETWEEN);
    fixture.run->levels[0]->rounds[0].end_ns = 200 * NS_PER_S;
    char *text = drawn(&fixture);
    assert_shows(text, "last 3.5 min"); /* in 15 steps of 14 s */
    assert_shows(text, "running               ▁▁▁▂▃▃▄▄▅▅▆▇▇██");
    assert_shows(text, "/s    19,700");
    free(text);
    fixture.ui.span_s = 30;
    fixture.ui.back_s = 100;
    text = drawn(&fixture);
    assert_shows(text, "30 s, 100 s ago");
    assert_shows(text, "running               ▆▆▆▆▆▇▇▇▇▇▇████"); /* 70 to 99 */
    free(text);
    end(&fixture);
}

static void a_hidden_row_is_gone_until_all_are_shown_again(void **state)
{
    (void)state;
    struct fixture fixture;
    begin(&fixture, true, 21, 80);
    free(drawn(&fixture));
    view_metrics_key(&fixture.ui, KEY_DOWN);
    view_metrics_key(&fixture.ui, 'x');
    char *text = drawn(&fixture);
    assert_shows_not(text, "queries");
    free(text);
    for (int i = 0; i < 5; i++) {
        view_metrics_key(&fixture.ui, 'x');
        free(drawn(&fixture));
    }
    text = drawn(&fixture);
    assert_shows(text, "queries");
    free(text);
    end(&fixture);
}

static void without_metrics_the_page_says_how_to_get_some(void **state)
{
    (void)state;
    struct fixture fixture;
    begin(&fixture, false, 21, 80);
    char *text = drawn(&fixture);
    assert_shows(text, "No metrics of the server.");
    assert_shows(text, "--prometheus-url");
    free(text);
    end(&fixture);
}

static void failed_readings_are_said_with_their_reason(void **state)
{
    (void)state;
    struct fixture fixture;
    begin(&fixture, false, 21, 80);
    samples_add_failure(&fixture.run->samples, NS_PER_S, "connection \x1b[31mrefused");
    char *text = drawn(&fixture);
    assert_shows(text, "1 of 1 readings failed");
    assert_shows(text, "connection ^[[31mrefused");
    free(text);
    end(&fixture);
}

static void how_many_failed_is_seen_at_every_width(void **state)
{
    (void)state;
    for (int cols = 40; cols <= 130; cols += 10) {
        struct fixture fixture;
        begin(&fixture, true, 21, cols);
        struct metrics_source source = *samples_source(&fixture.run->samples, 0);
        source.url = (char *)(uintptr_t) "http://inference-07.cluster.example.org:8000/metrics";
        samples_put_source(&fixture.run->samples, &source);
        samples_add_failure(&fixture.run->samples, NS_PER_S, "timed out after 1 s");
        char *text = drawn(&fixture), failed[64];
        snprintf(failed, sizeof failed, "server metrics  1 of %u scrapes",
                 atomic_load(&fixture.run->samples.made));
        assert_shows(text, failed);
        assert_shows(text, cols < 130 ? "…" : "localhost:8000/metrics");
        free(text);
        end(&fixture);
    }
}

static void values_come_with_their_unit(void **state)
{
    (void)state;
    struct watched seconds = sample_watched("x", WATCHED_GAUGE, 0), bytes = seconds,
                   count = seconds, share = seconds;
    seconds.unit = (char *)(uintptr_t) "s";
    bytes.unit = (char *)(uintptr_t) "bytes";
    share.unit = (char *)(uintptr_t) "ratio";
    share.role = ROLE_KV_USAGE;
    assert_string_equal(metric_value_text(&seconds, 0.2361).text, "236 ms");
    assert_string_equal(metric_value_text(&seconds, 0.0938).text, "93.8 ms");
    assert_string_equal(metric_value_text(&seconds, 12.34).text, "12.3 s");
    assert_string_equal(metric_value_text(&bytes, 1.21e9).text, "1.2 GB");
    assert_string_equal(metric_value_text(&count, 87250).text, "87,250");
    assert_string_equal(metric_value_text(&count, 1234567).text, "1,234,567");
    assert_string_equal(metric_value_text(&share, 0.613).text, "61 %");
    assert_string_equal(metric_value_text(&count, NO_VALUE).text, "-");
    struct watched_round round = {.before = 0.02, .after = 0.58, .change = 0.56};
    assert_string_equal(metric_round_text(&share, &round).text, "2.0 → 58 %");
    count.kind = WATCHED_COUNTER;
    round.change = 87040;
    assert_string_equal(metric_round_text(&count, &round).text, "+ 87,040");
}

static void every_size_can_be_drawn(void **state)
{
    (void)state;
    for (int rows = 1; rows <= 60; rows += 3)
        for (int cols = 1; cols <= 220; cols += 13) {
            struct fixture fixture;
            begin(&fixture, true, rows, cols);
            free(drawn(&fixture));
            fixture.ui.zoomed = true;
            free(drawn(&fixture));
            end(&fixture);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_metric_has_its_value_and_what_it_did_in_the_round),
        cmocka_unit_test(a_sparkline_shows_all_of_its_span),
        cmocka_unit_test(a_hidden_row_is_gone_until_all_are_shown_again),
        cmocka_unit_test(without_metrics_the_page_says_how_to_get_some),
        cmocka_unit_test(failed_readings_are_said_with_their_reason),
        cmocka_unit_test(how_many_failed_is_seen_at_every_width),
        cmocka_unit_test(values_come_with_their_unit),
        cmocka_unit_test(every_size_can_be_drawn),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
