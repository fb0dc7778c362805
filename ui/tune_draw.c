#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/memory.h"
#include "config/config_words.h"
#include "config/option_value.h"
#include "ui/tune_form.h"

enum { LABEL_COLS = 18, NARROW = 60, COMMAND_ROWS = 4, BUTTONS_COLS = 78 };

/* ---- fields ---- */

/* The first line to show, so that the one at hand is in sight. */
static int first_line(const struct tune *tune, enum tune_section section, int rows)
{
    const struct tune_field *field =
        tune->focus < tune->count ? &tune->fields[tune->focus] : &tune->fields[0];
    int lines = tune_lines(tune, section);
    int at = field->section == section ? field->line + 1 : 0;
    if (field->section == section && at < lines)
        at++; /* one more, to see that it goes on */
    return at > rows ? at - rows : 0;
}

static void draw_in_flight(struct ui *ui, struct canvas *canvas, int row, struct rect rect)
{
    if (!ui->live || !tune_running(ui, NULL) || rect.cols < 70)
        return;
    char text[48];
    snprintf(text, sizeof text, "%u in flight", ui->live->in_flight);
    canvas_put_right(canvas, row, rect.col, rect.cols, STYLE(ROLE_DIM), text_of(text));
}

static void draw_fields(struct tune *tune, struct ui *ui, struct canvas *canvas, struct rect rect,
                        enum tune_section section)
{
    int half = rect.cols / 2, first = first_line(tune, section, rect.rows);
    for (int i = 0; i < tune->count; i++) {
        const struct tune_field *field = &tune->fields[i];
        int row = rect.row + field->line - first;
        if (field->section != section || row < rect.row || row >= rect.row + rect.rows)
            continue;
        bool load = field->option && strcmp(field->option->name, "concurrency") == 0;
        int cols = field->wide ? rect.cols : half - 1;
        field_draw(&field->field, canvas, row, rect.col + field->column * half,
                   load && rect.cols >= 70 ? cols - 16 : cols, LABEL_COLS, tune->focus == i);
        if (load)
            draw_in_flight(ui, canvas, row, rect);
    }
}

/* "8 of 15 lines", where not all fit. */
static const char *more_lines(const struct tune *tune, int rows, char text[static 32])
{
    int lines = tune_lines(tune, TUNE_NEW), first = first_line(tune, TUNE_NEW, rows);
    if (rows >= lines)
        return NULL;
    snprintf(text, 32, "%s%s %d more", first ? "↑" : "", first + rows < lines ? "↓" : "",
             lines - rows);
    return text;
}

/* ---- what it means ---- */

/* The option's help. What it says of several values, behind a semicolon, is of no use to one level.
 */
static void add_help(struct buffer *out, const struct option *option)
{
    const char *help = option->help;
    size_t size = option_is_list(option) ? strcspn(help, ";") : strlen(help);
    buffer_printf(out, "%c%.*s.", toupper((unsigned char)help[0]), (int)size - 1, help + 1);
}

static void add_dataset(struct tune *tune, struct ui *ui, struct buffer *out)
{
    uint32_t rows = tune_rows(tune, ui);
    if (rows)
        buffer_printf(out, " It has %u rows.", rows);
    else if (tune->loaded == DATASET_LOADING)
        buffer_add_string(out, " It is being read …");
}

static void add_means(struct tune *tune, struct ui *ui, struct buffer *out)
{
    const struct tune_field *field = &tune->fields[tune->focus];
    const struct option *option = field->field.option;
    if (!field->option) {
        buffer_add_string(out, field->means);
        return;
    }
    add_help(out, option);
    if (field->option->more)
        buffer_printf(out, " %s", field->option->more);
    if (strcmp(option->name, "dataset") == 0)
        add_dataset(tune, ui, out);
    bool is_word = option->type == OPTION_CHOICE || option->type == OPTION_FLAG;
    if (field->range[0])
        buffer_printf(out, " Takes %s%s.", field->range, is_word ? "" : ", or - for the default");
}

static const char *button_means(const struct tune *tune)
{
    static const char *const means[] = {
        [TUNE_QUEUE] = "The new level runs when those before it are done.",
        [TUNE_START] = "The running level ends where it is: what is in flight is cancelled.",
        [TUNE_ONLY_NOW] = "Changes the running round, and starts no new level.",
        [TUNE_CANCEL] = "Nothing is changed.",
    };
    return means[tune->focus - tune->count];
}

/* "option  --settle" and the like, where there is room. */
static void draw_reference(const struct tune *tune, struct canvas *canvas, struct rect rect)
{
    const struct option *option = tune->fields[tune->focus].field.option;
    if (!option || rect.rows < 3)
        return;
    char key[64];
    struct buffer standard = {0};
    struct config defaults;
    config_default(&defaults);
    option_recipe_key(option, key);
    option_value_text(&defaults, option, &standard);
    config_free(&defaults);
    const struct {
        const char *name, *value;
    } lines[] = {{"option", option->name}, {"recipe", key}, {"default", standard.data}};
    for (int i = 0; i < (int)ARRAY_SIZE(lines); i++) {
        canvas_put(canvas, rect.row + i, rect.col, 9, STYLE(ROLE_DIM), text_of(lines[i].name));
        canvas_printf(canvas, rect.row + i, rect.col + 9, rect.cols - 9, STYLE(ROLE_TEXT), "%s%s",
                      i ? "" : "--", lines[i].value ? lines[i].value : "-");
    }
    buffer_free(&standard);
}

/* Returns the rows used. */
static int draw_meaning(struct tune *tune, struct ui *ui, struct canvas *canvas, struct rect rect,
                        bool name_option)
{
    struct buffer text = {0};
    bool on_field = tune->focus < tune->count;
    const struct tune_field *field = on_field ? &tune->fields[tune->focus] : NULL;
    enum role role = ROLE_TEXT;
    if (on_field && field->wrong[0]) {
        buffer_add_string(&text, field->wrong);
        role = ROLE_BAD;
    } else if (on_field) {
        add_means(tune, ui, &text);
        if (name_option && field->field.option)
            buffer_printf(&text, " --%s", field->field.option->name);
    } else {
        buffer_add_string(&text, button_means(tune));
    }
    int rows = canvas_wrap(canvas, rect, STYLE(role), buffer_text(&text));
    buffer_free(&text);
    return rows;
}

/* ---- what will run ---- */

static void add_time(struct buffer *out, const char *before, double seconds)
{
    if (!isnan(seconds))
        buffer_printf(out, "%s%d:%02d", before, (int)seconds / 60, (int)seconds % 60);
}

static void add_rounds(const struct tune *tune, struct buffer *out)
{
    const struct config *wish = &tune->wish;
    if (wish->free_run != FREE_RUN_OFF)
        buffer_printf(out, "passes over %u requests", tune->plan.count);
    else
        buffer_printf(out, "%s%lld rounds × %u requests",
                      wish->rounds.until_steady ? "at most " : "", (long long)wish->rounds.most,
                      tune->plan.count);
}

/* "L5 C=16, at most 64 tokens: 2 rounds × 100 requests, about 0:40, after L3" */
static void add_plan(struct tune *tune, struct ui *ui, struct buffer *out)
{
    uint32_t number = atomic_load(&ui->run->level_count) + 1;
    const struct level *running = NULL;
    tune_running(ui, &running);
    if (tune->plan.rate > 0)
        buffer_printf(out, "L%u %g req/s", number, tune->plan.rate);
    else
        buffer_printf(out, "L%u C=%u", number, tune->plan.concurrency);
    if (tune->wish.max_output_tokens > 0)
        buffer_printf(out, ", at most %lld tokens", (long long)tune->wish.max_output_tokens);
    buffer_add_string(out, ": ");
    add_rounds(tune, out);
    add_time(out, ", about ", tune_wish_s(tune, ui));
    if (running)
        buffer_printf(out, ", after L%u", running->number);
}

/* All of it where there is room, else what the form changes. */
static void add_command(const struct tune *tune, const struct ui *ui, bool whole,
                        struct buffer *out)
{
    buffer_add_string(out, whole ? "fluxperf" : "fluxperf …");
    if (!whole) {
        config_given_words(&tune->wish, out);
        return;
    }
    struct config config;
    config_copy(&config, &tune->wish);
    /* The built-in server's address is of this run only. */
    if (ui->benchmark->builtin_server)
        option_clear(&config, options_find("endpoint"));
    config_command_words(&config, out);
    config_free(&config);
}

/* What is wrong, where it is not about one field. */
static const char *fault(const struct tune *tune)
{
    for (int i = 0; i < tune->count; i++)
        if (tune->fields[i].wrong[0])
            return tune->fields[i].wrong;
    return tune->wrong[0] ? tune->wrong : NULL;
}

/* The plan and what the form changes, as lines of so many columns. */
static int plan_rows(struct tune *tune, struct ui *ui, int cols)
{
    struct buffer texts[2] = {0};
    int rows = 0;
    add_plan(tune, ui, &texts[0]);
    add_command(tune, ui, false, &texts[1]);
    for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
        struct text rest = buffer_text(&texts[i]);
        while (rest.size && text_take_line(&rest, cols).size)
            rows++;
        buffer_free(&texts[i]);
    }
    return rows;
}

static void draw_plan(struct tune *tune, struct ui *ui, struct canvas *canvas, struct rect rect)
{
    if (rect.rows < 1)
        return;
    if (fault(tune)) {
        bool reading = tune->load && tune->loaded == DATASET_LOADING;
        canvas_wrap(canvas, rect, STYLE(reading ? ROLE_DIM : ROLE_BAD), text_of(fault(tune)));
        return;
    }
    struct buffer text = {0};
    add_plan(tune, ui, &text);
    int used = canvas_wrap(canvas, rect, STYLE(ROLE_TITLE), buffer_text(&text));
    buffer_clear(&text);
    add_command(tune, ui, rect.rows - used >= COMMAND_ROWS - 1, &text);
    canvas_wrap(canvas, (struct rect){rect.row + used, rect.col, rect.rows - used, rect.cols},
                STYLE(ROLE_DIM), buffer_text(&text));
    buffer_free(&text);
}

/* ---- the queue ---- */

static bool is_over(const struct level *level)
{
    uint32_t begun = level->round_count;
    return begun && begun == level->rounds_planned && round_has_ended(&level->rounds[begun - 1]);
}

/* Levels that neither run nor wait: another one began after them. */
static bool was_left(const struct ui *ui, const struct level *level, uint32_t count)
{
    for (uint32_t i = level->number; i < count; i++)
        if (ui->run->levels[i]->round_count && level->round_count)
            return true;
    return false;
}

static bool is_in_queue(const struct ui *ui, const struct level *level, uint32_t count)
{
    return !is_over(level) && !was_left(ui, level, count);
}

static int queue_length(const struct ui *ui)
{
    int waiting = 0;
    uint32_t count = atomic_load_explicit(&ui->run->level_count, memory_order_acquire);
    for (uint32_t i = 0; i < count; i++)
        waiting += is_in_queue(ui, ui->run->levels[i], count);
    return waiting;
}

static void draw_waiting(struct ui *ui, struct canvas *canvas, int row, struct rect rect,
                         const struct level *level)
{
    const struct round *last = level->round_count ? &level->rounds[level->round_count - 1] : NULL;
    struct buffer text = {0}, time = {0};
    canvas_printf(canvas, row, rect.col, 16, STYLE(ROLE_TITLE), "L%u %s", level->number,
                  level->label);
    if (last)
        buffer_printf(&text, "running, R%u %u/%u", last->number, round_record_count(last),
                      last->counts.planned);
    else
        buffer_printf(&text, "queued: %u rounds × %u requests", level->rounds_planned,
                      level->samples);
    if (level->note)
        buffer_printf(&text, "   note: %s", level->note);
    canvas_put(canvas, row, rect.col + 17, rect.cols - 34, STYLE(last ? ROLE_TEXT : ROLE_DIM),
               buffer_text(&text));
    add_time(&time, "about ", last ? tune_rest_s(ui, level) : tune_level_s(ui, level));
    canvas_put_right(canvas, row, rect.col, rect.cols, STYLE(ROLE_TEXT), buffer_text(&time));
    buffer_free(&text);
    buffer_free(&time);
}

/* Levels that run or wait, one a row. Returns the rows used. */
static int draw_queue(struct ui *ui, struct canvas *canvas, struct rect rect)
{
    int row = 0;
    uint32_t count = atomic_load_explicit(&ui->run->level_count, memory_order_acquire);
    for (uint32_t i = 0; i < count && row < rect.rows; i++)
        if (is_in_queue(ui, ui->run->levels[i], count))
            draw_waiting(ui, canvas, rect.row + row++, rect, ui->run->levels[i]);
    return row;
}

/* ---- pages ---- */

static void draw_buttons(struct tune *tune, struct ui *ui, struct canvas *canvas, int row)
{
    int col = 1;
    for (int i = 0; i < TUNE_BUTTON_COUNT; i++) {
        char text[64];
        const char *label = tune_button_label(tune, ui, (enum tune_button)i, text);
        /* A narrow row has no room for what it ends. */
        if (label && i == TUNE_START && canvas->cols < BUTTONS_COLS)
            label = "Start now";
        if (label)
            col = canvas_button(canvas, row, col, label, tune->focus == tune->count + i) + 2;
    }
}

static void draw_footer(struct canvas *canvas, bool on_button)
{
    canvas_hints(canvas, canvas->rows - 1,
                 on_button ? "Enter do it  ← → button  Tab field  Esc cancel"
                           : "Enter to the buttons  Tab next  Esc cancel  ↑ ↓ field  "
                             "Ctrl-U clear");
}

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
    int row = canvas->rows > 3 ? 1 : 0, label_cols = canvas->cols / 2 + 2;
    if (row)
        draw_title(tune, ui, canvas);
    if (tune->focus < tune->count)
        field_draw(&tune->fields[tune->focus].field, canvas, row, 0, canvas->cols,
                   label_cols < LABEL_COLS ? label_cols : LABEL_COLS, true);
    else
        draw_buttons(tune, ui, canvas, row);
    struct rect below = {row + 1, 1, canvas->rows - row - 2, canvas->cols - 2};
    int plan = plan_rows(tune, ui, below.cols);
    if (!fault(tune) && below.rows >= plan + 6) {
        below.rows -= plan + 1;
        int at = below.row + below.rows;
        canvas_rule(canvas, at, 0, canvas->cols, "will run", NULL);
        draw_plan(tune, ui, canvas, (struct rect){at + 1, 1, plan, below.cols});
    }
    if (tune->focus >= tune->count && fault(tune) && below.rows > 0)
        canvas_wrap(canvas, below, STYLE(ROLE_BAD), text_of(fault(tune)));
    else if (below.rows > 0)
        draw_meaning(tune, ui, canvas, below, true);
    if (canvas->rows > row + 2)
        draw_footer(canvas, tune->focus >= tune->count);
}

static void draw_page(struct tune *tune, struct ui *ui, struct canvas *canvas)
{
    char more[32];
    int cols = canvas->cols, now = tune_lines(tune, TUNE_NOW), row = 1;
    canvas_rule(canvas, row, 0, cols, "now: the running round", NULL);
    draw_fields(tune, ui, canvas, (struct rect){row + 1, 1, now, cols - 2}, TUNE_NOW);
    row += now + 1;
    /* Below the new level: what it means, what will run, buttons, footer. */
    bool tall = canvas->rows >= 22;
    int plan = plan_rows(tune, ui, cols - 2), most = tall ? 4 : 3;
    plan = plan > most ? most : plan;
    int below = 3 + plan + (tall ? 4 : 0), lines = tune_lines(tune, TUNE_NEW);
    int rows = canvas->rows - row - 1 - below;
    rows = rows > lines ? lines : rows;
    canvas_rule(canvas, row, 0, cols, "a new level", more_lines(tune, rows, more));
    draw_fields(tune, ui, canvas, (struct rect){row + 1, 1, rows, cols - 2}, TUNE_NEW);
    row += rows + 1;
    if (tall) {
        canvas_rule(canvas, row, 0, cols, "what it means", NULL);
        int room = canvas->rows - row - 4 - plan;
        room = room > 4 ? 4 : room;
        draw_meaning(tune, ui, canvas, (struct rect){row + 1, 1, room, cols - 2}, true);
        row += room + 1;
    }
    canvas_rule(canvas, row, 0, cols, "will run", NULL);
    draw_plan(tune, ui, canvas, (struct rect){row + 1, 1, canvas->rows - row - 3, cols - 2});
    draw_buttons(tune, ui, canvas, canvas->rows - 2);
    draw_footer(canvas, tune->focus >= tune->count);
}

static void draw_meaning_box(struct tune *tune, struct ui *ui, struct canvas *canvas,
                             struct rect rect)
{
    struct rect box = canvas_box(canvas, rect, "what it means", NULL);
    if (tune->focus >= tune->count) {
        draw_meaning(tune, ui, canvas, box, false);
        return;
    }
    const char *label = tune->fields[tune->focus].field.label;
    canvas_put(canvas, box.row, box.col, box.cols, STYLE(ROLE_TITLE), text_of(label));
    box.row += 2;
    box.rows -= 2;
    int used = draw_meaning(tune, ui, canvas, box, false) + 1;
    draw_reference(tune, canvas, (struct rect){box.row + used, box.col, box.rows - used, box.cols});
}

/* Boxes, with what a field means beside the fields. */
static void draw_wide(struct tune *tune, struct ui *ui, struct canvas *canvas)
{
    char more[32];
    int cols = canvas->cols, means = cols / 3 < 44 ? cols / 3 : 44, left = cols - means;
    int now = tune_lines(tune, TUNE_NOW) + 2, lines = tune_lines(tune, TUNE_NEW);
    /* The queue has at least two levels, the plan and its command; then buttons and footer. */
    int room = canvas->rows - 1 - now - 2 - 9 - 3;
    int rows = lines < room ? lines : room;
    struct rect inside =
        canvas_box(canvas, (struct rect){1, 0, now, left}, "now: the running round", NULL);
    draw_fields(tune, ui, canvas, inside, TUNE_NOW);
    inside = canvas_box(canvas, (struct rect){1 + now, 0, rows + 2, left}, "a new level",
                        more_lines(tune, rows, more));
    draw_fields(tune, ui, canvas, inside, TUNE_NEW);
    draw_meaning_box(tune, ui, canvas, (struct rect){1, left, now + rows + 2, means});
    int top = 1 + now + rows + 2, most = canvas->rows - top - 3;
    int wanted = queue_length(ui) + COMMAND_ROWS + 4;
    struct rect queue = canvas_box(
        canvas, (struct rect){top, 0, most < wanted ? most : wanted, cols}, "queue", NULL);
    int used = draw_queue(
        ui, canvas,
        (struct rect){queue.row, queue.col + 2, queue.rows - COMMAND_ROWS, queue.cols - 2});
    canvas_put(canvas, queue.row + used, queue.col, 2, STYLE(ROLE_GOOD), TEXT("+"));
    draw_plan(tune, ui, canvas,
              (struct rect){queue.row + used, queue.col + 2, queue.rows - used, queue.cols - 2});
    draw_buttons(tune, ui, canvas, queue.row + queue.rows + 1);
    draw_footer(canvas, tune->focus >= tune->count);
}

void tune_draw(struct tune *tune, struct ui *ui, struct canvas *canvas)
{
    tune_wait_dataset(tune, ui);
    canvas_clear(canvas);
    if (canvas->rows < 16 || canvas->cols < NARROW) {
        draw_small(tune, ui, canvas);
        return;
    }
    draw_title(tune, ui, canvas);
    if (canvas->cols >= 110 && canvas->rows >= 30)
        draw_wide(tune, ui, canvas);
    else
        draw_page(tune, ui, canvas);
}
