/* Runs side by side, drawn into memory. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <ncurses.h>
#include <unistd.h>

#include "base/file.h"
#include "journal_of.h"
#include "sample_run.h"
#include "screen_text.h"
#include "ui/compare_page.h"

enum { SIDES = 3, REQUESTS = 60 };

static char directories[SIDES][40];
static struct compare compare;
static struct compare_page page;

/* The second run answers in half the time of the first, the third in the same. */
static void write_run(const char *directory, int number)
{
    struct run *run = sample_run(REQUESTS, false);
    char *path = path_join(directory, "journal.jsonl");
    struct journal journal;
    run->note = number == 1 ? xstrdup("other batches") : NULL;
    for (uint32_t r = 0; number == 1 && r < 2; r++)
        for (uint32_t i = 0; i < REQUESTS; i++) {
            struct record *record = &run->levels[0]->rounds[r].records[i];
            record->first_token_ns =
                record->sent_ns + (record->first_token_ns - record->sent_ns) / 2;
        }
    assert_true(journal_open(&journal, path, true, NULL));
    journal_put_whole(&journal, run);
    assert_true(journal_close(&journal));
    run_free(run);
    free(path);
}

static int begin(void **state)
{
    (void)state;
    compare = (struct compare){0};
    for (int i = 0; i < SIDES; i++) {
        struct error error = {0};
        char *directory = directories[i];
        snprintf(directory, sizeof directories[i], "/tmp/fluxperf-sides-XXXXXX");
        assert_non_null(mkdtemp(directory));
        write_run(directory, i);
        if (!compare_add_side(&compare, &directory, 1, &error))
            fail_msg("%s", error.text);
    }
    assert_true(compare_make(&compare, NULL));
    compare_page_init(&page, &compare);
    return 0;
}

static int end(void **state)
{
    (void)state;
    compare_free(&compare);
    for (int i = 0; i < SIDES; i++) {
        char *path = path_join(directories[i], "journal.jsonl");
        unlink(path);
        rmdir(directories[i]);
        free(path);
    }
    return 0;
}

static char *drawn(int rows, int cols)
{
    struct canvas canvas;
    canvas_init(&canvas, rows, cols, false);
    compare_page_draw(&page, &canvas);
    char *text = screen_text(&canvas);
    canvas_free(&canvas);
    return text;
}

static void figures_are_rows_and_runs_are_columns(void **state)
{
    (void)state;
    char *text = drawn(24, 80);
    assert_shows(text, "C=10 R1, paired on 60 prompts");
    assert_shows(text, "                              A         B  change");
    assert_shows(text, "-50.0 %");
    assert_shows(text, "faster");
    assert_shows(text, "other batches");
    free(text);
    /* A wide page has room for all of them. */
    text = drawn(40, 120);
    assert_shows(text, "A         B         C  change");
    free(text);
}

/* Down to a change in percent; what it is called follows, and then its interval. */
static void a_narrow_page_cuts_no_change(void **state)
{
    (void)state;
    for (int cols = 50; cols < 79; cols++) {
        char *text = drawn(24, cols);
        assert_shows(text, "-50.0 %");
        if (cols >= 59)
            assert_shows(text, "-50.0 %  faster");
        assert_shows_not(text, "[");
        free(text);
    }
}

static void another_run_and_another_round_are_gone_to(void **state)
{
    (void)state;
    assert_true(compare_page_key(&page, KEY_RIGHT));
    assert_true(compare_page_key(&page, '.'));
    char *text = drawn(24, 80);
    assert_shows(text, "C=10 R2, paired on 60 prompts");
    assert_shows(text, "A         C  change");
    assert_shows(text, "none shown");
    assert_shows_not(text, "faster");
    free(text);
    assert_false(compare_page_key(&page, 'q'));
}

static void every_size_can_be_drawn(void **state)
{
    (void)state;
    for (int rows = 1; rows <= 50; rows += 3)
        for (int cols = 1; cols <= 200; cols += 9) {
            compare_page_key(&page, KEY_NPAGE);
            free(drawn(rows, cols));
        }
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)
    const struct CMUnitTest tests[] = {
        TEST(figures_are_rows_and_runs_are_columns),
        TEST(a_narrow_page_cuts_no_change),
        TEST(another_run_and_another_round_are_gone_to),
        TEST(every_size_can_be_drawn),
    };
    return cmocka_run_group_tests_name("compare_page", tests, NULL, NULL);
}
