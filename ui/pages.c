#include "ui/pages.h"

#include <inttypes.h>
#include <ncurses.h>
#include <stdlib.h>

#include "base/memory.h"
#include "benchmark/tuning.h"
#include "ui/form.h"
#include "ui/input.h"
#include "ui/keymap.h"
#include "ui/tune.h"

#define ESC 0x1b

/* A box in the middle of the page, blank inside. */
static struct rect centred_box(struct canvas *canvas, struct rect page, int rows, int cols,
                               const char *title, const char *right)
{
    rows = rows < page.rows ? rows : page.rows;
    cols = cols < page.cols ? cols : page.cols;
    struct rect box = {page.row + (page.rows - rows) / 2, page.col + (page.cols - cols) / 2, rows,
                       cols};
    canvas_fill(canvas, box, STYLE(ROLE_TEXT));
    /* A strip of a row or two has room for words or for lines around them. */
    return rows < 3 ? box : canvas_box(canvas, box, title, right);
}

/* ---- quit ---- */

static uint64_t finished_requests(const struct ui *ui)
{
    uint64_t count = 0;
    for (uint32_t i = 0; i < ui->run->level_count; i++)
        for (uint32_t j = 0; j < ui->run->levels[i]->round_count; j++)
            count += round_done_count(&ui->run->levels[i]->rounds[j]);
    return count;
}

static void put_choice(struct canvas *canvas, struct rect inside, int row, const char *key,
                       const char *text)
{
    struct style style = {.role = ROLE_KEY, .flags = STYLE_BOLD};
    if (row >= inside.rows)
        return;
    canvas_put(canvas, inside.row + row, inside.col + 1, 5, style, text_of(key));
    canvas_put(canvas, inside.row + row, inside.col + 6, inside.cols - 6, STYLE(ROLE_TEXT),
               text_of(text));
}

static void draw_quit(struct ui *ui, struct canvas *canvas, struct rect page)
{
    static const struct {
        const char *key, *text;
    } choices[] = {
        {"y", "stop, write what finished, leave"},
        {"s", "stop, write, and stay to read the results"},
        {"b", "leave the screen; it runs on with plain progress"},
        {"Esc", "go on"},
    };
    if (page.rows < (int)ARRAY_SIZE(choices) + 2) {
        int last = page.row + page.rows - 1;
        canvas_fill(canvas, (struct rect){last, page.col, 1, page.cols}, STYLE(ROLE_TEXT));
        canvas_hints(canvas, last, "y quit  Esc no  s stop and stay  b leave it running");
        return;
    }
    struct rect inside = centred_box(canvas, page, 10, 62, "quit", NULL);
    int row = 0;
    const struct live_view *live = ui->live;
    const struct level *level = ui->run && live ? run_find_level(ui->run, live->level) : NULL;
    if (level && inside.rows >= 8)
        canvas_printf(canvas, inside.row + row++, inside.col + 1, inside.cols - 1, STYLE(ROLE_TEXT),
                      "L%u %s is running: R%u %u of %u done, %u in flight.", level->number,
                      level->label, live->round, live->done, live->planned, live->in_flight);
    row += inside.rows >= 8;
    for (size_t i = 0; i < ARRAY_SIZE(choices); i++)
        put_choice(canvas, inside, row++, choices[i].key, choices[i].text);
    if (ui->run && ui->directory && inside.rows >= 8)
        canvas_printf(canvas, inside.row + inside.rows - 1, inside.col + 1, inside.cols - 1,
                      STYLE(ROLE_DIM), "Safe so far: %s, %" PRIu64 " requests", ui->directory,
                      finished_requests(ui));
}

static bool quit_key(struct ui *ui, int key)
{
    switch (key) {
    case 'y':
        benchmark_stop(ui->benchmark);
        ui->wish = WISH_LEAVE;
        return false;
    case 's':
        benchmark_stop(ui->benchmark);
        ui->state = STATE_STOPPING;
        ui_say(ui, "stopping: files are written for what finished");
        return false;
    case 'b':
        ui->wish = WISH_PLAIN;
        return false;
    case ESC:
    case 'q':
        return false;
    default:
        return true;
    }
}

void pages_open_quit(struct ui *ui)
{
    static const struct overlay quit = {.draw = draw_quit, .key = quit_key};
    ui->overlay = &quit;
}

/* ---- help ---- */

/* A paragraph a line, broken into lines of at most `cols` columns. */
static void add_paragraphs(struct buffer *out, struct text text, int cols)
{
    struct text paragraph;
    while (text_next_line(&text, &paragraph))
        do {
            struct text line = text_take_line(&paragraph, cols);
            buffer_add_text(out, line);
            buffer_add_char(out, '\n');
            if (line.size == 0)
                break;
        } while (paragraph.size);
}

/* Lines of the page: what is seen here, then the keys that work here. */
static void help_text(const struct ui *ui, int cols, struct buffer *out)
{
    const struct view *view = &views_table[ui->view];
    if (view->help) {
        add_paragraphs(out, text_of(view->help), cols);
        buffer_add_char(out, '\n');
    }
    for (size_t i = 0; i < keymap_count; i++)
        if (keymap[i].where & (1u << ui->view)) {
            int pad = 18 - text_columns(text_of(keymap[i].shown));
            buffer_printf(out, "\x01%s%*s%s\n", keymap[i].shown, pad > 1 ? pad : 1, "",
                          keymap[i].help);
        }
}

static void draw_help(struct ui *ui, struct canvas *canvas, struct rect page)
{
    struct buffer text = {0};
    struct text line;
    char title[64];
    int cols = page.cols > 104 ? 100 : page.cols - 2, lines = 0;
    help_text(ui, cols - 4, &text);
    for (struct text rest = buffer_text(&text); text_next_line(&rest, &line);)
        lines++;
    snprintf(title, sizeof title, "help: %s", views_table[ui->view].name);
    struct rect inside = centred_box(canvas, page, lines + 2, cols, title, "↑ ↓ move, Esc closes");
    int *top = ui->overlay_state ? ui->overlay_state : &(int){0};
    int last = lines - inside.rows;
    *top = *top > last ? last : *top;
    *top = *top < 0 ? 0 : *top;
    int row = -*top;
    for (struct text rest = buffer_text(&text); text_next_line(&rest, &line); row++) {
        if (row < 0 || row >= inside.rows)
            continue;
        bool is_key = line.size && line.data[0] == 1;
        struct text shown = {line.data + is_key, line.size - is_key};
        canvas_put(canvas, inside.row + row, inside.col, inside.cols, STYLE(ROLE_TEXT), shown);
        if (is_key)
            canvas_restyle(canvas, (struct rect){inside.row + row, inside.col, 1, 17},
                           STYLE(ROLE_KEY));
    }
    buffer_free(&text);
}

static bool help_key(struct ui *ui, int key)
{
    struct list list = {.count = 1000, .cursor = (uint32_t) * (int *)ui->overlay_state, .rows = 10};
    if (key == ESC || key == 'q' || key == '?' || key == '\n' || key == KEY_F(1)) {
        free(ui->overlay_state);
        ui->overlay_state = NULL;
        return false;
    }
    if (list_key(&list, key))
        *(int *)ui->overlay_state = (int)list.cursor;
    return true;
}

void pages_open_help(struct ui *ui)
{
    static const struct overlay help = {.draw = draw_help, .key = help_key};
    ui->overlay = &help;
    ui->overlay_state = xcalloc(1, sizeof(int));
}

/* ---- tune ---- */

static void draw_tune(struct ui *ui, struct canvas *canvas, struct rect page)
{
    (void)page;
    tune_draw(ui->overlay_state, ui, canvas);
}

static bool tune_page_key(struct ui *ui, int key)
{
    if (tune_key(ui->overlay_state, ui, key))
        return true;
    tune_delete(ui->overlay_state);
    ui->overlay_state = NULL;
    return false;
}

static void free_tune(void *state)
{
    tune_delete(state);
}

void pages_open_tune(struct ui *ui)
{
    static const struct overlay tune = {
        .whole_page = true, .draw = draw_tune, .key = tune_page_key, .free = free_tune};
    ui->overlay_state = tune_new(ui);
    if (ui->overlay_state)
        ui->overlay = &tune;
}

/* ---- a line of text ---- */

struct typing {
    struct input input;
    char label[80];
    void (*typed)(struct ui *ui, struct text text);
};

#define TYPED_COLS 10 /* at least, for what is typed */

/* In the last row, over the footer. */
static void draw_typing(struct ui *ui, struct canvas *canvas, struct rect page)
{
    struct typing *typing = ui->overlay_state;
    int row = page.row + page.rows - 1;
    canvas_fill(canvas, (struct rect){row, page.col, 1, page.cols}, STYLE(ROLE_TEXT));
    struct style style = {.role = ROLE_KEY, .flags = STYLE_BOLD};
    int used =
        1 + canvas_put(canvas, row, 1, page.cols - 1 - TYPED_COLS, style, text_of(typing->label));
    input_draw(&typing->input, canvas, row, used, page.cols - used - 1, STYLE(ROLE_TEXT), true);
}

static bool typing_key(struct ui *ui, int key)
{
    struct typing *typing = ui->overlay_state;
    bool done = key == '\n' || key == '\r' || key == KEY_ENTER;
    if (!done && key != ESC) {
        input_key(&typing->input, key);
        return true;
    }
    ui->overlay_state = NULL;
    ui->overlay = NULL;
    if (done)
        typing->typed(ui, input_text(&typing->input));
    free(typing);
    return ui->overlay != NULL;
}

void ui_type(struct ui *ui, const char *label, struct text initial,
             void (*typed)(struct ui *ui, struct text text))
{
    static const struct overlay page = {.draw = draw_typing, .key = typing_key};
    struct typing *typing = xcalloc(1, sizeof *typing);
    snprintf(typing->label, sizeof typing->label, "%s", label);
    input_set(&typing->input, initial);
    typing->typed = typed;
    ui->overlay = &page;
    ui->overlay_state = typing;
}
