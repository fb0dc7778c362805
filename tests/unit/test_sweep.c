/* Each screen at sizes from 1×1 to 300×100: what is drawn as a box is whole, so that nothing was
 * drawn across its sides, and header, page and footer keep their places. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "screen_stage.h"
#include "screen_text.h"
#include "ui/app_loop.h"
#include "ui/frame.h"
#include "ui/picker.h"
#include "ui/start.h"

static bool holds(const struct canvas *canvas, int row, int col, const char *text)
{
    return row < canvas->rows && col < canvas->cols &&
           strcmp(canvas->cells[row * canvas->cols + col].text, text) == 0;
}

static void fail_at(const struct canvas *canvas, int row, int col, const char *what)
{
    char *text = screen_text(canvas);
    fail_msg("%d×%d: the box at row %d, column %d %s:\n%s", canvas->cols, canvas->rows, row + 1,
             col + 1, what, text);
}

static void assert_box_is_whole(const struct canvas *canvas, int row, int col)
{
    int right = col + 1, bottom = row + 1;
    while (right < canvas->cols && !holds(canvas, row, right, "╮") &&
           !holds(canvas, row, right, "╭"))
        right++;
    if (!holds(canvas, row, right, "╮"))
        fail_at(canvas, row, col, "has no end");
    while (holds(canvas, bottom, col, "│") && holds(canvas, bottom, right, "│"))
        bottom++;
    if (!holds(canvas, bottom, col, "╰") || !holds(canvas, bottom, right, "╯"))
        fail_at(canvas, row, col, "has a broken side");
}

static void assert_boxes_are_whole(const struct canvas *canvas)
{
    for (int row = 0; row < canvas->rows; row++)
        for (int col = 0; col < canvas->cols; col++)
            if (holds(canvas, row, col, "╭"))
                assert_box_is_whole(canvas, row, col);
}

static bool row_is_blank(const struct canvas *canvas, int row)
{
    for (int col = 0; col < canvas->cols; col++)
        if (canvas->cells[row * canvas->cols + col].text[0])
            return false;
    return true;
}

/* Small sizes one by one, large ones in steps that meet odd and even ones. */
static int next_size(int size, int dense)
{
    return size < dense ? size + 1 : size + size / 12 + 1;
}

static void sweep(void (*draw)(void *context, struct canvas *canvas), void *context,
                  void (*check)(const struct canvas *canvas))
{
    for (int rows = 1; rows <= 100; rows = next_size(rows, 26))
        for (int cols = 1; cols <= 300; cols = next_size(cols, 12)) {
            struct canvas canvas;
            canvas_init(&canvas, rows, cols, false);
            draw(context, &canvas);
            check(&canvas);
            canvas_free(&canvas);
        }
}

/* ---- a run's screens ---- */

static void draw_ui(void *context, struct canvas *canvas)
{
    frame_draw(context, canvas);
}

/* The header's second row has the views, and the last one keys: but for a status line. */
static void check_frame(const struct canvas *canvas)
{
    assert_boxes_are_whole(canvas);
    assert_false(row_is_blank(canvas, 0) && canvas->cols > 8);
    if (canvas->rows < 15 || canvas->cols < 60)
        return;
    struct canvas row = {.rows = 1, .cols = canvas->cols, .cells = canvas->cells + canvas->cols};
    char *text = screen_text(&row);
    const char *at = text;
    for (char number = '1'; at && number <= '6'; number++)
        at = strchr(at, number);
    if (!at)
        fail_msg("%d×%d: no six views in %s", canvas->cols, canvas->rows, text);
    free(text);
    assert_false(row_is_blank(canvas, canvas->rows - 1));
}

static void type_keys(struct ui *ui, const char *keys)
{
    for (; *keys; keys++)
        app_key(ui, *keys);
}

static void every_view_keeps_its_places_at_every_size(void **state)
{
    (void)state;
    static const char *const pages[] = {"1", "2", "2\n", "3", "3\n", "4", "5", "6"};
    for (int running = 0; running < 2; running++)
        for (size_t i = 0; i < ARRAY_SIZE(pages); i++) {
            struct stage stage;
            struct ui ui;
            set_up(&stage, running, false);
            app_init(&ui, &stage.settings);
            app_look(&ui, &stage.settings);
            type_keys(&ui, pages[i]);
            sweep(draw_ui, &ui, check_frame);
            app_free(&ui);
            tear_down(&stage);
        }
}

/* Forms and help stand over a view: of its boxes only what is not covered is seen. */
static void check_nothing(const struct canvas *canvas)
{
    assert_non_null(canvas->cells);
}

/* A strip of one row as well. */
static void assert_can_be_answered(const struct canvas *canvas)
{
    if (canvas->cols < 20)
        return;
    char *text = screen_text(canvas);
    assert_shows(text, " y ");
    assert_shows(text, "Esc");
    free(text);
}

static void whatever_stands_over_a_view_fits_every_size(void **state)
{
    (void)state;
    static const char *const pages[] = {"t", "?", "q", "m", "z"};
    for (size_t i = 0; i < ARRAY_SIZE(pages); i++) {
        struct stage stage;
        struct ui ui;
        set_up(&stage, true, false);
        app_init(&ui, &stage.settings);
        app_look(&ui, &stage.settings);
        type_keys(&ui, pages[i]);
        sweep(draw_ui, &ui,
              pages[i][0] == 't'   ? assert_boxes_are_whole
              : pages[i][0] == 'q' ? assert_can_be_answered
                                   : check_nothing);
        app_free(&ui);
        tear_down(&stage);
    }
}

/* ---- pages without a run ---- */

static void the_start_page_fits_every_size(void **state)
{
    (void)state;
    struct start start;
    start_init(&start);
    for (start.focus = -1; start.focus < START_FIELD_COUNT; start.focus++)
        sweep(start_draw, &start, assert_boxes_are_whole);
    start_free(&start);
}

static void the_choice_of_runs_fits_every_size(void **state)
{
    (void)state;
    struct picker picker = {.folder = "results"};
    for (int i = 0; i < 60; i++) {
        picker.runs = xreallocarray(picker.runs, picker.count + 1, sizeof *picker.runs);
        picker.runs[picker.count++] = (struct picker_run){
            .directory = xasprintf("results/%d", i),
            .model = xstrdup("港口 " SCREEN_HOSTILE),
            .levels = "5 10 20",
            .start_wall_ns = 1795608180204000000u,
            .cold_ttft_ms = 238,
            .warm_ttft_ms = 95,
            .slo_share = 0.99,
        };
        for (int notes = i % 3; notes > 0; notes--)
            picker_run_add_note(&picker.runs[i], TEXT(SCREEN_HOSTILE));
    }
    picker_key(&picker, 0x1b);
    picker.list.cursor = 40;
    for (int helping = 0; helping < 2; helping++) {
        picker.helping = helping;
        sweep(picker_draw, &picker, helping ? check_nothing : assert_boxes_are_whole);
    }
    picker_free(&picker);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_view_keeps_its_places_at_every_size),
        cmocka_unit_test(whatever_stands_over_a_view_fits_every_size),
        cmocka_unit_test(the_start_page_fits_every_size),
        cmocka_unit_test(the_choice_of_runs_fits_every_size),
    };
    setenv("TZ", "UTC", 1);
    return cmocka_run_group_tests_name("sweep", tests, NULL, NULL);
}
