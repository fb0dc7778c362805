#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/memory.h"
#include "ui/tune_form.h"

enum { LABEL_COLS = 18, NARROW = 60 };

/* ---- pieces ---- */

static void draw_fields(struct tune *tune, struct canvas *canvas, struct rect rect, int first,
                        int last)
{
    int half = rect.cols / 2;
    for (int i = first; i <= last; i++) {
        const struct tune_row *row = &tune_rows[i];
        bool wide = row->column == 0 && (i == last || tune_rows[i + 1].line != row->line);
        if (row->line >= rect.rows)
            continue;
        field_draw(&tune->fields[i], canvas, rect.row + row->line, rect.col + row->column * half,
                   wide ? rect.cols : half - 1, LABEL_COLS, tune->focus == i);
    }
}

static void draw_meaning(const struct tune *tune, struct canvas *canvas, struct rect rect)
{
    if (tune->wrong[0]) {
        canvas_wrap(canvas, rect, STYLE(ROLE_BAD), text_of(tune->wrong));
        return;
    }
    struct buffer text = {0};
    if (tune->focus < TUNE_FIELD_COUNT) {
        const struct tune_row *row = &tune_rows[tune->focus];
        const struct option *option = tune->fields[tune->focus].option;
        struct buffer range = {0};
        option_range_text(option, &range);
        buffer_printf(&text, "%s%s%s%s --%s", row->means, range.size ? " Takes " : "",
                      range.size ? range.data : "", range.size ? "." : "", option->name);
        buffer_free(&range);
    } else {
        static const char *const means[] = {
            [TUNE_QUEUE] = "The new level runs when those before it are done.",
            [TUNE_START] = ("The running level ends where it is: what is in flight is cancelled, "
                            "and what finished is kept."),
            [TUNE_ONLY_NOW] = "Changes the running round, and starts no new level.",
            [TUNE_CANCEL] = "Nothing is changed.",
        };
        buffer_add_string(&text, means[tune->focus - TUNE_FIELD_COUNT]);
    }
    canvas_wrap(canvas, rect, STYLE(ROLE_TEXT), buffer_text(&text));
    buffer_free(&text);
}

static void add_time(struct buffer *out, double seconds)
{
    if (!isnan(seconds))
        buffer_printf(out, ", about %d:%02d", (int)seconds / 60, (int)seconds % 60);
}

/* "L5 C=16, at most 64 tokens: 2 rounds × 100 requests, about 0:40, after L3" */
static void add_plan(struct buffer *out, struct tune *tune, struct ui *ui,
                     const struct level_wish *wish)
{
    uint32_t number = atomic_load(&ui->run->level_count) + 1;
    const struct level *running = NULL;
    tune_running(ui, &running);
    if (!isnan(wish->rate))
        buffer_printf(out, "L%u %g req/s", number, wish->rate);
    else
        buffer_printf(out, "L%u C=%lld", number, (long long)wish->concurrency);
    if (wish->max_output_tokens > 0)
        buffer_printf(out, ", at most %lld tokens", (long long)wish->max_output_tokens);
    buffer_printf(out, ": %lld rounds × %lld requests", (long long)wish->rounds,
                  (long long)wish->samples);
    add_time(out, tune_estimate_s(ui, tune->from, wish));
    if (running)
        buffer_printf(out, ", after L%u", running->number);
}

/* The options of the command line, and after them those that the form changes: the last one holds.
 */
static void add_command(struct buffer *out, const struct tune *tune, const char *before)
{
    buffer_add_string(out, before);
    for (int i = 0; i < TUNE_FIELD_COUNT; i++) {
        const struct field *field = &tune->fields[i];
        if (!field_is_changed(field))
            continue;
        if (i >= TUNE_SLO_TTFT && i <= TUNE_SLO_LATENCY) {
            static const char *const keys[] = {"ttft_ms", "itl_ms", "latency_ms"};
            char *limit = xasprintf("%s=%s", keys[i - TUNE_SLO_TTFT], field->input.text);
            option_add_word(out, field->option, text_of(limit));
            free(limit);
        } else {
            option_add_word(out, field->option, text_trim(input_text(&field->input)));
        }
    }
}

/* Returns the rows used. */
static int draw_plan(struct tune *tune, struct ui *ui, struct canvas *canvas, struct rect rect)
{
    struct buffer text = {0};
    struct level_wish wish;
    struct error error = {0};
    struct tune copy = *tune;
    if (!tune_wish(&copy, &wish, &error)) {
        canvas_wrap(canvas, rect, STYLE(ROLE_BAD), text_of(error.text));
        return 1;
    }
    add_plan(&text, tune, ui, &wish);
    level_wish_free(&wish);
    canvas_put(canvas, rect.row, rect.col, rect.cols, STYLE(ROLE_TITLE), buffer_text(&text));
    buffer_clear(&text);
    const char *whole = rect.rows > 3 && ui->run->command_line ? ui->run->command_line : NULL;
    add_command(&text, tune, whole ? whole : "fluxperf …");
    struct rect below = {rect.row + 1, rect.col, rect.rows - 1, rect.cols};
    int rows = canvas_wrap(canvas, below, STYLE(ROLE_DIM), buffer_text(&text));
    buffer_free(&text);
    return rows + 1;
}

static bool is_over(const struct level *level)
{
    uint32_t begun = level->round_count;
    return begun && begun == level->rounds_planned &&
           atomic_load_explicit(&level->rounds[begun - 1].ended, memory_order_acquire);
}

static int waiting_levels(const struct ui *ui)
{
    int waiting = 0;
    uint32_t count = atomic_load_explicit(&ui->run->level_count, memory_order_acquire);
    for (uint32_t i = 0; i < count; i++)
        waiting += !is_over(ui->run->levels[i]);
    return waiting;
}

/* Levels that run or wait, one a row. Returns the rows used. */
static int draw_queue(struct ui *ui, struct canvas *canvas, struct rect rect)
{
    int row = 0;
    uint32_t count = atomic_load_explicit(&ui->run->level_count, memory_order_acquire);
    for (uint32_t i = 0; i < count && row < rect.rows; i++) {
        const struct level *level = ui->run->levels[i];
        const struct round *last =
            level->round_count ? &level->rounds[level->round_count - 1] : NULL;
        if (is_over(level))
            continue;
        int at = rect.row + row++;
        canvas_printf(canvas, at, rect.col, 16, STYLE(ROLE_TITLE), "L%u %s", level->number,
                      level->label);
        if (last)
            canvas_printf(canvas, at, rect.col + 17, rect.cols - 17, STYLE(ROLE_TEXT),
                          "running, R%u %u/%u", last->number, round_record_count(last),
                          last->counts.planned);
        else
            canvas_printf(canvas, at, rect.col + 17, rect.cols - 17, STYLE(ROLE_DIM),
                          "queued: %u rounds × %u requests", level->rounds_planned, level->samples);
    }
    return row;
}

static void draw_buttons(struct tune *tune, struct ui *ui, struct canvas *canvas, int row)
{
    int col = 1;
    for (int i = 0; i < TUNE_BUTTON_COUNT; i++) {
        char text[64];
        const char *label = tune_button_label(tune, ui, (enum tune_button)i, text);
        if (label)
            col = canvas_button(canvas, row, col, label, tune->focus == TUNE_FIELD_COUNT + i) + 2;
    }
}

static void draw_footer(struct canvas *canvas, bool on_button)
{
    canvas_hints(canvas, canvas->rows - 1,
                 on_button ? "Enter do it  ← → button  Tab field  Esc cancel"
                           : "Enter to the buttons  Tab next  ↑ ↓ field  Ctrl-U clear  "
                             "Esc cancel");
}

/* ---- pages ---- */

static void draw_title(struct tune *tune, struct ui *ui, struct canvas *canvas)
{
    const struct level *level = NULL;
    const struct round *running = tune_running(ui, &level);
    canvas_printf(canvas, 0, 1, canvas->cols - 2, STYLE(ROLE_TITLE), "tune: from L%u %s",
                  tune->from->number, tune->from->label);
    if (!running)
        return;
    char right[128];
    snprintf(right, sizeof right, "L%u %s  R%u/%u  %u/%u", level->number, level->label,
             running->number, level->rounds_planned, round_record_count(running),
             running->counts.planned);
    if (canvas->cols > 50)
        canvas_put_right(canvas, 0, 1, canvas->cols - 2, STYLE(ROLE_TEXT), text_of(right));
}

/* One field and its buttons: a terminal of a few rows. */
static void draw_small(struct tune *tune, struct ui *ui, struct canvas *canvas)
{
    int row = canvas->rows > 3 ? 1 : 0;
    if (row)
        draw_title(tune, ui, canvas);
    if (tune->focus < TUNE_FIELD_COUNT)
        field_draw(&tune->fields[tune->focus], canvas, row, 0, canvas->cols, LABEL_COLS, true);
    else
        draw_buttons(tune, ui, canvas, row);
    if (canvas->rows > row + 1)
        draw_meaning(tune, canvas,
                     (struct rect){row + 1, 1, canvas->rows - row - 2, canvas->cols - 2});
    if (canvas->rows > row + 2)
        draw_footer(canvas, tune->focus >= TUNE_FIELD_COUNT);
}

static void draw_page(struct tune *tune, struct ui *ui, struct canvas *canvas)
{
    int cols = canvas->cols, row = 1;
    canvas_rule(canvas, row, 0, cols, "now: the running round", NULL);
    draw_fields(tune, canvas, (struct rect){row + 1, 1, 3, cols - 2}, TUNE_CONCURRENCY,
                TUNE_SLO_LATENCY);
    row += 4;
    canvas_rule(canvas, row, 0, cols, "a new level", NULL);
    draw_fields(tune, canvas, (struct rect){row + 1, 1, 7, cols - 2}, TUNE_ROUNDS, TUNE_NOTE);
    row += 8;
    /* The footer, the buttons and a blank above each stand below. */
    int left = canvas->rows - row - 4;
    if (left >= 6) {
        int rows = left - 4 < 4 ? left - 4 : 4;
        canvas_rule(canvas, row, 0, cols, "what it means", NULL);
        draw_meaning(tune, canvas, (struct rect){row + 1, 1, rows, cols - 2});
        row += rows + 1;
    }
    if (left >= 3) {
        canvas_rule(canvas, row, 0, cols, "will run", NULL);
        int rows = canvas->rows - row - 4;
        draw_plan(tune, ui, canvas, (struct rect){row + 1, 1, rows, cols - 2});
    } else if (tune->wrong[0]) {
        canvas_put(canvas, canvas->rows - 3, 1, cols - 2, STYLE(ROLE_BAD), text_of(tune->wrong));
    }
    draw_buttons(tune, ui, canvas, canvas->rows - 2);
    draw_footer(canvas, tune->focus >= TUNE_FIELD_COUNT);
}

/* Boxes, with what a field means beside the fields. */
static void draw_wide(struct tune *tune, struct ui *ui, struct canvas *canvas)
{
    int cols = canvas->cols, means = cols / 3 < 44 ? cols / 3 : 44, left = cols - means;
    struct rect now =
        canvas_box(canvas, (struct rect){1, 0, 5, left}, "now: the running round", NULL);
    draw_fields(tune, canvas, now, TUNE_CONCURRENCY, TUNE_SLO_LATENCY);
    struct rect new = canvas_box(canvas, (struct rect){6, 0, 9, left}, "a new level", NULL);
    draw_fields(tune, canvas, new, TUNE_ROUNDS, TUNE_NOTE);
    struct rect box = canvas_box(canvas, (struct rect){1, left, 14, means}, "what it means", NULL);
    if (tune->focus < TUNE_FIELD_COUNT) {
        canvas_put(canvas, box.row, box.col, box.cols, STYLE(ROLE_TITLE),
                   text_of(tune_rows[tune->focus].label));
        box.row += 2;
        box.rows -= 2;
    }
    draw_meaning(tune, canvas, box);
    int rows = canvas->rows - 15 - 4, wanted = waiting_levels(ui) + 7;
    struct rect queue = canvas_box(
        canvas, (struct rect){15, 0, rows < wanted ? rows : wanted, cols}, "queue", NULL);
    int used =
        draw_queue(ui, canvas, (struct rect){queue.row, queue.col, queue.rows - 4, queue.cols});
    canvas_put(canvas, queue.row + used, queue.col, 2, STYLE(ROLE_GOOD), TEXT("+"));
    draw_plan(tune, ui, canvas,
              (struct rect){queue.row + used, queue.col + 2, queue.rows - used, queue.cols - 2});
    draw_buttons(tune, ui, canvas, queue.row + queue.rows + 2);
    draw_footer(canvas, tune->focus >= TUNE_FIELD_COUNT);
}

void tune_draw(struct tune *tune, struct ui *ui, struct canvas *canvas)
{
    canvas_clear(canvas);
    if (canvas->rows < 16 || canvas->cols < NARROW) {
        draw_small(tune, ui, canvas);
        return;
    }
    draw_title(tune, ui, canvas);
    if (canvas->cols >= 110 && canvas->rows >= 28)
        draw_wide(tune, ui, canvas);
    else
        draw_page(tune, ui, canvas);
}
