#include "ui/level_list.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/file.h"
#include "base/memory.h"
#include "base/statistics.h"
#include "report/remarks.h"
#include "ui/figures.h"
#include "ui/level_columns.h"

#define WIDE_COLS      112
#define MARK_COLS      4 /* " ▸* " */
#define LABEL_COLS_MAX 26

const struct round *level_last_round(const struct level *level)
{
    uint32_t count = atomic_load_explicit(&level->round_count, memory_order_acquire);
    return count ? &level->rounds[count - 1] : NULL;
}

/* ---- which are shown ---- */

struct sorted {
    double key;
    uint16_t number;
};

static int by_key(const void *left, const void *right)
{
    const struct sorted *a = left, *b = right;
    if (a->key < b->key || a->key > b->key)
        return a->key < b->key ? -1 : 1;
    return (a->number > b->number) - (a->number < b->number);
}

void level_list_update(struct level_list *list, struct ui *ui)
{
    const struct level_column *column = &level_columns[list->sort_column];
    uint32_t all = atomic_load_explicit(&ui->run->level_count, memory_order_acquire);
    struct sorted *sorted = xcalloc(all, sizeof *sorted);
    list->count = 0;
    for (uint32_t i = 0; i < all; i++) {
        const struct level *level = ui->run->levels[i];
        if (ui_is_hidden(ui, level))
            continue;
        struct sorted *entry = &sorted[list->count++];
        entry->number = level->number;
        entry->key = level->number;
        if (list->sort_column > 0) {
            struct level_line line = level_line_of(ui, level);
            entry->key = column->value(&line);
        }
        /* What has no value stands last in both orders. */
        if (isnan(entry->key))
            entry->key = (double)INFINITY;
        else if (column->low_first == list->inverted)
            entry->key = -entry->key;
    }
    if (list->count)
        qsort(sorted, list->count, sizeof *sorted, by_key);
    for (uint32_t i = 0; i < list->count; i++)
        list->numbers[i] = sorted[i].number;
    list->hidden_count = all - list->count;
    free(sorted);
}

const struct level *level_list_at(const struct level_list *list, const struct run *run, uint32_t at)
{
    return at < list->count ? run_find_level(run, list->numbers[at]) : NULL;
}

uint32_t level_list_search(const struct level_list *list, uint16_t number)
{
    uint32_t at = 0;
    while (at < list->count && list->numbers[at] != number)
        at++;
    return at;
}

void level_list_tag(struct level_list *list, const struct level *level)
{
    if (level)
        list->tagged[level->number] = !list->tagged[level->number];
}

void level_list_untag(struct level_list *list)
{
    memset(list->tagged, 0, sizeof list->tagged);
}

uint32_t level_list_tagged(const struct level_list *list)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i <= RUN_LEVELS_MAX; i++)
        count += list->tagged[i];
    return count;
}

bool level_list_hide(struct level_list *list, struct ui *ui, const struct level *level)
{
    if (!level || list->count < 2)
        return false;
    list->tagged[level->number] = false;
    ui_hide(ui, level, true);
    return true;
}

bool level_list_show_all(const struct level_list *list, struct ui *ui)
{
    uint32_t all = atomic_load_explicit(&ui->run->level_count, memory_order_acquire);
    for (uint32_t i = 0; list->hidden_count && i < all; i++)
        if (ui_is_hidden(ui, ui->run->levels[i]))
            ui_hide(ui, ui->run->levels[i], false);
    return list->hidden_count > 0;
}

void level_list_sort(struct level_list *list, int key)
{
    int count = (int)LEVEL_COLUMN_COUNT;
    if (key == 'I') {
        list->inverted = !list->inverted;
        return;
    }
    list->inverted = false;
    do
        list->sort_column = (list->sort_column + (key == '>' ? 1 : count - 1)) % count;
    while (!level_columns[list->sort_column].value);
}

/* ---- drawing ---- */

static int note_rows(const struct level *level)
{
    return (level->note && level->note[0]) + (level->own_words != NULL);
}

/* What was other about it, as it was sent and as a person put it. */
static int draw_notes(const struct level *level, struct canvas *canvas, int row, int end,
                      struct rect rect)
{
    const char *const texts[][2] = {{"", level->own_words}, {"note: ", level->note}};
    for (size_t i = 0; i < ARRAY_SIZE(texts); i++)
        if (texts[i][1] && texts[i][1][0] && row < end)
            canvas_printf(canvas, row++, rect.col + MARK_COLS + 3, rect.cols - MARK_COLS - 4,
                          STYLE(ROLE_DIM), "%s%s", texts[i][0], texts[i][1]);
    return row;
}

static int difference_rows(const struct level_list *list, const struct ui *ui,
                           const struct level *level)
{
    const struct round *last = level_last_round(level), *against;
    const struct level *old_level;
    return list->differences && last &&
           baseline_find(&ui->baseline, level, last, &old_level, &against);
}

static int interrupted_rows(const struct level *level)
{
    uint32_t count = atomic_load_explicit(&level->round_count, memory_order_acquire);
    for (uint32_t i = 0; i < count; i++)
        if (atomic_load_explicit(&level->rounds[i].interrupted, memory_order_relaxed))
            return 1;
    return 0;
}

static int rows_of(const struct level_list *list, const struct ui *ui, const struct level *level)
{
    return 1 + difference_rows(list, ui, level) + interrupted_rows(level) + note_rows(level);
}

int level_list_rows(const struct level_list *list, const struct ui *ui)
{
    int rows = 0;
    for (uint32_t i = 0; i < list->count; i++)
        rows += rows_of(list, ui, level_list_at(list, ui->run, i));
    return rows + (list->hidden_count > 0);
}

uint32_t level_list_from_row(const struct level_list *list, const struct ui *ui, int row)
{
    uint32_t at = ui->levels.top;
    for (; row >= 0 && at < list->count; at++) {
        row -= rows_of(list, ui, level_list_at(list, ui->run, at));
        if (row < 0)
            return at;
    }
    return list->count;
}

/* Lines that fit below `top`: notes and differences take rows of their own. */
static int fitting(const struct level_list *list, const struct ui *ui, uint32_t top, int rows)
{
    int count = 0;
    for (uint32_t at = top; at < list->count; at++, count++) {
        rows -= rows_of(list, ui, level_list_at(list, ui->run, at));
        if (rows < 0)
            break;
    }
    return count;
}

static void settle(const struct level_list *list, struct ui *ui, int rows)
{
    list_settle(&ui->levels, list->count, fitting(list, ui, ui->levels.top, rows));
    while (ui->levels.cursor >= ui->levels.top &&
           ui->levels.cursor - ui->levels.top >=
               (uint32_t)fitting(list, ui, ui->levels.top, rows) &&
           ui->levels.top < ui->levels.cursor)
        ui->levels.top++;
    ui->levels.rows = rows;
}

/* Labels of levels whose load was changed are long: they take what the others leave. */
static int place(const struct level_column *column, int cols)
{
    if (cols < column->from)
        return 0;
    bool wide = cols >= WIDE_COLS;
    int width = wide ? column->wide : column->narrow, rest = cols - MARK_COLS;
    if (column != level_columns)
        return width;
    for (size_t i = 1; i < LEVEL_COLUMN_COUNT; i++)
        rest -= cols < level_columns[i].from ? 0
                : wide                       ? level_columns[i].wide
                                             : level_columns[i].narrow;
    return rest > LABEL_COLS_MAX ? LABEL_COLS_MAX : rest > width ? rest : width;
}

static void put(struct canvas *canvas, int row, int col, int cols, bool left, enum role role,
                const char *text)
{
    /* Columns stand a blank apart. */
    if (left)
        canvas_put(canvas, row, col, cols - 1, STYLE(role), text_of(text));
    else
        canvas_put_right(canvas, row, col, cols - 1, STYLE(role), text_of(text));
}

static void draw_header(const struct level_list *list, struct canvas *canvas, struct rect rect)
{
    int col = rect.col + MARK_COLS;
    for (int i = 0; i < (int)LEVEL_COLUMN_COUNT; i++) {
        int width = place(&level_columns[i], rect.cols);
        char title[32];
        bool sorted = i == list->sort_column && (i > 0 || list->inverted);
        bool high = level_columns[i].low_first == list->inverted;
        snprintf(title, sizeof title, "%s%s", level_columns[i].title,
                 !sorted ? ""
                 : high  ? "↓"
                         : "↑");
        put(canvas, rect.row, col, width + sorted, level_columns[i].left,
            sorted ? ROLE_TITLE : ROLE_DIM, width ? title : "");
        col += width;
    }
}

static const char *idle_word(const struct level_line *line)
{
    const struct ui *ui = line->ui;
    bool running = ui->live && ui->live->level == line->level->number;
    if (!ui->benchmark || ui->state == STATE_FINISHED || ui->state == STATE_STOPPING)
        return "not run";
    return running ? "begins" : "queued";
}

static void draw_line(const struct level_list *list, struct ui *ui, struct canvas *canvas, int row,
                      struct rect rect, const struct level *level)
{
    struct level_line line = level_line_of(ui, level);
    int col = rect.col + MARK_COLS;
    char label[96];
    if (list->tagged[level->number])
        canvas_put(canvas, row, rect.col + 2, 1, STYLE(ROLE_WARN), TEXT("*"));
    snprintf(label, sizeof label, "L%u %s", level->number, level->label);
    int label_cols = place(level_columns, rect.cols);
    put(canvas, row, col, label_cols, true, ROLE_TITLE, label);
    col += label_cols;
    if (!line.last) {
        put(canvas, row, col, rect.cols, true, ROLE_DIM, idle_word(&line));
        return;
    }
    for (size_t i = 1; i < LEVEL_COLUMN_COUNT; i++) {
        int width = place(&level_columns[i], rect.cols);
        struct level_cell cell = {"", ROLE_TEXT};
        if (!width)
            continue;
        level_columns[i].show(
            &line, level_columns[i].value ? level_columns[i].value(&line) : NO_VALUE, &cell);
        put(canvas, row, col, width, level_columns[i].left, cell.role, cell.text);
        col += width;
    }
}

/* Each difference stands below its figure. */
static void draw_differences(struct ui *ui, struct canvas *canvas, int row, struct rect rect,
                             const struct level *level)
{
    const struct differences *differences = ui_against(ui, level, level_last_round(level));
    if (!differences)
        return;
    int col = rect.col + MARK_COLS;
    canvas_printf(canvas, row, col,
                  place(&level_columns[0], rect.cols) + place(&level_columns[1], rect.cols) - 1,
                  STYLE(ROLE_DIM), "  vs L%u R%u", differences->level->number,
                  differences->round->number);
    for (size_t i = 0; i < LEVEL_COLUMN_COUNT; i++) {
        int width = place(&level_columns[i], rect.cols);
        if (width && level_columns[i].difference)
            put(canvas, row, col, width, level_columns[i].left, ROLE_DIM,
                difference_text(differences, level_columns[i].difference).text);
        col += width;
    }
}

static void draw_interrupted(struct canvas *canvas, int row, struct rect rect,
                             const struct level *level)
{
    struct buffer text = {0};
    level_add_interrupted(level, &text);
    canvas_put_cut(canvas, row, rect.col + MARK_COLS + 3, rect.cols - MARK_COLS - 4,
                   STYLE(ROLE_WARN), buffer_text(&text));
    buffer_free(&text);
}

void level_list_draw(const struct level_list *list, struct ui *ui, struct canvas *canvas,
                     struct rect rect)
{
    draw_header(list, canvas, rect);
    int row = rect.row + 1, end = rect.row + rect.rows - (list->hidden_count > 0);
    settle(list, ui, end - row);
    for (uint32_t at = ui->levels.top; at < list->count && row < end; at++) {
        const struct level *level = level_list_at(list, ui->run, at);
        draw_line(list, ui, canvas, row, rect, level);
        if (at == ui->levels.cursor)
            list_mark(canvas, row, rect.col, rect.cols);
        row++;
        if (difference_rows(list, ui, level) && row < end)
            draw_differences(ui, canvas, row++, rect, level);
        if (interrupted_rows(level) && row < end)
            draw_interrupted(canvas, row++, rect, level);
        row = draw_notes(level, canvas, row, end, rect);
    }
    if (list->hidden_count)
        canvas_printf(canvas, row < end ? row : end, rect.col + MARK_COLS, rect.cols - MARK_COLS,
                      STYLE(ROLE_DIM), "%u hidden: Esc shows them", list->hidden_count);
}

void level_list_note(const struct level_list *list, const struct ui *ui, char *out, size_t size)
{
    uint32_t all = atomic_load_explicit(&ui->run->level_count, memory_order_acquire), idle = 0;
    for (uint32_t i = 0; i < all; i++)
        idle += level_last_round(ui->run->levels[i]) == NULL;
    uint32_t tagged = level_list_tagged(list);
    struct buffer text = {0};
    buffer_printf(&text, "%u", all);
    if (idle)
        buffer_printf(&text, ", %u %s", idle,
                      ui->benchmark && ui->state != STATE_FINISHED ? "queued" : "not run");
    if (tagged)
        buffer_printf(&text, ", %u tagged", tagged);
    if (list->hidden_count)
        buffer_printf(&text, ", %u hidden", list->hidden_count);
    if (ui->baseline.run && ui->baseline.run == ui->baseline.earlier)
        buffer_printf(&text, ", against baseline %.40s", path_base(ui->baseline.directory));
    else if (ui->baseline.run)
        buffer_printf(&text, ", against baseline L%u R%u", ui->baseline.level, ui->baseline.round);
    snprintf(out, size, "%s", text.data);
    buffer_free(&text);
}

void level_add_interrupted(const struct level *level, struct buffer *out)
{
    enum { NAMED_MAX = 6 };
    uint32_t count = atomic_load_explicit(&level->round_count, memory_order_acquire), found = 0;
    for (uint32_t i = 0; i < count; i++) {
        if (!atomic_load_explicit(&level->rounds[i].interrupted, memory_order_relaxed))
            continue;
        if (found++ < NAMED_MAX)
            buffer_printf(out, "%s R%u", found == 1 ? "interrupted in" : "",
                          level->rounds[i].number);
    }
    if (found > NAMED_MAX)
        buffer_printf(out, " and %u more", found - NAMED_MAX);
    if (found)
        buffer_add_string(out, ": the server went away");
}

const struct round *level_worst_client(const struct level *level)
{
    const struct round *worst = NULL;
    for (uint32_t i = 0; i < level->round_count; i++) {
        const struct round *round = &level->rounds[i];
        if (round_has_ended(round) && (!worst || round->health.verdict >= worst->health.verdict))
            worst = round;
    }
    return worst;
}

void level_add_temperatures(struct ui *ui, const struct level *level, struct buffer *out)
{
    const struct round *last = level_last_round(level);
    if (!last)
        return;
    const struct round *rounds[] = {&level->rounds[0], last == &level->rounds[0] ? NULL : last};
    for (size_t i = 0; i < ARRAY_SIZE(rounds); i++) {
        if (!rounds[i])
            continue;
        const struct summary *summary = ui_summary(ui, level, rounds[i]);
        bool checked = round_should_be_cold(rounds[i]) && summary->cold == COLD_CHECKED;
        buffer_printf(out, "%sR%u %s%s", out->size ? "     " : "", rounds[i]->number,
                      round_temperature(rounds[i], summary), checked ? ", checked" : "");
        if (isfinite(summary->cached_share))
            buffer_printf(out, ": %s cached", figure_share(summary->cached_share).text);
    }
    const struct round *worst = level_worst_client(level);
    if (worst)
        buffer_printf(out, "     client %s", health_verdict_name(worst->health.verdict));
}
