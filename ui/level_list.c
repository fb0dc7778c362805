#include "ui/level_list.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/file.h"
#include "base/memory.h"
#include "base/statistics.h"
#include "report/remarks.h"
#include "ui/comparison_text.h"
#include "ui/figures.h"

#define WIDE_COLS      112
#define MARK_COLS      4 /* " ▸* " */
#define LABEL_COLS_MAX 26

const struct round *level_last_round(const struct level *level)
{
    uint32_t count = atomic_load_explicit(&level->round_count, memory_order_acquire);
    return count ? &level->rounds[count - 1] : NULL;
}

static bool has_ended(const struct round *round)
{
    return atomic_load_explicit(&round->ended, memory_order_acquire);
}

/* ---- what a level has in each column ---- */

struct level_line {
    struct ui *ui;
    const struct level *level;
    const struct round *first, *last; /* NULL where none has begun */
    const struct summary *figures;    /* of the last */
};

static struct level_line line_of(struct ui *ui, const struct level *level)
{
    struct level_line line = {.ui = ui, .level = level, .last = level_last_round(level)};
    if (!line.last)
        return line;
    line.first = &level->rounds[0];
    line.figures = ui_summary(ui, level, line.last);
    return line;
}

static double p50_ms(const struct summary *summary, enum metric_id id)
{
    return summary->metrics[id].p50 / NS_PER_MS;
}

static double value_number(const struct level_line *line)
{
    return line->level->number;
}

static double value_rounds(const struct level_line *line)
{
    return line->level->round_count;
}

static double value_ttft(const struct level_line *line)
{
    return line->figures ? p50_ms(line->figures, METRIC_TTFT) : NO_VALUE;
}

static double value_faster(const struct level_line *line)
{
    if (line->first == line->last)
        return NO_VALUE;
    const struct comparison *comparison = ui_comparison(line->ui, line->first, line->last);
    return comparison ? comparison->speed_up : NO_VALUE;
}

static double value_itl(const struct level_line *line)
{
    return line->figures ? p50_ms(line->figures, METRIC_ITL) : NO_VALUE;
}

static double value_tokens(const struct level_line *line)
{
    return line->figures ? line->figures->token_throughput : NO_VALUE;
}

static double value_requests(const struct level_line *line)
{
    return line->figures ? line->figures->request_throughput : NO_VALUE;
}

static double value_slo(const struct level_line *line)
{
    const struct summary *figures = line->figures;
    uint32_t judged = figures ? figures->counts.succeeded + figures->counts.failed : 0;
    return judged && figures->has_slo ? (double)figures->slo_met_requests / judged : NO_VALUE;
}

/* Of all its rounds. */
static double value_failed(const struct level_line *line)
{
    double failed = 0;
    uint32_t count = atomic_load_explicit(&line->level->round_count, memory_order_acquire);
    for (uint32_t i = 0; i < count; i++)
        failed += ui_summary(line->ui, line->level, &line->level->rounds[i])->counts.failed;
    return line->last ? failed : NO_VALUE;
}

static double value_cached(const struct level_line *line)
{
    return line->figures ? line->figures->cached_share : NO_VALUE;
}

/* ---- how it is shown ---- */

struct level_cell {
    char text[96];
    enum role role;
};

static void show_rounds(const struct level_line *line, double value, struct level_cell *cell)
{
    bool running = line->last && !has_ended(line->last) && line->ui->live &&
                   line->ui->live->level == line->level->number;
    snprintf(cell->text, sizeof cell->text, "%.0f/%u%s", value, line->level->rounds_planned,
             running ? " …" : "");
    if (running)
        cell->role = ROLE_LOAD;
}

static struct figure short_ms(double ms)
{
    return figure_of(ms, ms < 9.95);
}

/* "221 →  88", "455 →   …" while the second has none. */
static void show_ttft(const struct level_line *line, double value, struct level_cell *cell)
{
    if (!line->first)
        return;
    double first_ms = p50_ms(ui_summary(line->ui, line->level, line->first), METRIC_TTFT);
    bool one = line->first == line->last;
    const char *later = one ? "…" : short_ms(value).text;
    if (one && line->level->rounds_planned == 1)
        snprintf(cell->text, sizeof cell->text, "%s", short_ms(first_ms).text);
    else
        snprintf(cell->text, sizeof cell->text, "%4.12s → %*s", short_ms(first_ms).text,
                 one ? 6 : 4, one ? later : short_ms(value).text);
}

static void show_faster(const struct level_line *line, double value, struct level_cell *cell)
{
    snprintf(cell->text, sizeof cell->text, "%s", figure_times(value).text);
    if (isnan(value))
        return;
    const struct comparison *comparison = ui_comparison(line->ui, line->first, line->last);
    enum comparison_word word = comparison ? comparison->word : COMPARISON_NOT_SHOWN;
    if (word == COMPARISON_NOT_SHOWN)
        cell->role = ROLE_DIM;
    else if (word == COMPARISON_SLOWER)
        cell->role = ROLE_WARN;
}

static void show_interval(const struct level_line *line, double value, struct level_cell *cell)
{
    (void)value;
    if (line->first == line->last)
        return;
    const struct comparison *comparison = ui_comparison(line->ui, line->first, line->last);
    struct buffer text = {0};
    if (comparison && !has_ended(line->last))
        buffer_add_string(&text, "so far");
    else if (comparison)
        comparison_add_interval(&text, comparison);
    snprintf(cell->text, sizeof cell->text, " %s", buffer_text(&text).data);
    buffer_free(&text);
    cell->role = ROLE_DIM;
}

static void show_ms(const struct level_line *line, double value, struct level_cell *cell)
{
    (void)line;
    snprintf(cell->text, sizeof cell->text, "%s", figure_of(value, value < 99.95).text);
}

static void show_count(const struct level_line *line, double value, struct level_cell *cell)
{
    (void)line;
    snprintf(cell->text, sizeof cell->text, "%s", figure_count(value).text);
}

static void show_real(const struct level_line *line, double value, struct level_cell *cell)
{
    (void)line;
    snprintf(cell->text, sizeof cell->text, "%s", figure_of(value, value < 99.95 ? 2 : 0).text);
}

static void show_share(const struct level_line *line, double value, struct level_cell *cell)
{
    (void)line;
    snprintf(cell->text, sizeof cell->text, "%s", figure_share(value).text);
}

static void show_failed(const struct level_line *line, double value, struct level_cell *cell)
{
    show_count(line, value, cell);
    if (value > 0)
        cell->role = ROLE_BAD;
}

static void show_client(const struct level_line *line, double value, struct level_cell *cell)
{
    (void)value;
    enum health_verdict worst = HEALTH_OK;
    bool any = false;
    for (uint32_t i = 0; i < line->level->round_count; i++) {
        const struct round *round = &line->level->rounds[i];
        if (!has_ended(round))
            continue;
        any = true;
        if (round->health.verdict > worst)
            worst = round->health.verdict;
    }
    snprintf(cell->text, sizeof cell->text, " %s", any ? health_verdict_name(worst) : "…");
    if (worst != HEALTH_OK)
        cell->role = ROLE_WARN;
}

static const struct level_column {
    const char *title;
    int narrow, wide; /* columns; 0 = not shown there */
    int from;         /* columns of the list from which it is shown */
    bool left, low_first;
    double (*value)(const struct level_line *line); /* NULL = no order by it */
    void (*show)(const struct level_line *line, double value, struct level_cell *cell);
    const char *difference; /* key of compare_figures; NULL = none is shown */
} columns[] = {
    {"level", 13, 13, 0, true, true, value_number, NULL, NULL},
    {"rounds", 7, 8, 0, true, false, value_rounds, show_rounds, NULL},
    {"TTFT p50 ms", 12, 12, 0, true, true, value_ttft, show_ttft, "ttft_p50"},
    {"faster", 8, 8, 52, false, false, value_faster, show_faster, NULL},
    {" 95 %", 0, 14, 0, true, false, NULL, show_interval, NULL},
    {"ITL p50", 9, 8, 0, false, true, value_itl, show_ms, "itl_p50"},
    {"tok/s", 8, 8, 60, false, false, value_tokens, show_count, "token_throughput"},
    {"req/s", 0, 8, 0, false, false, value_requests, show_real, "request_throughput"},
    {"SLO", 7, 7, 68, false, false, value_slo, show_share, "slo"},
    {"failed", 8, 8, 76, false, false, value_failed, show_failed, "failed"},
    {"cached", 0, 8, 0, false, false, value_cached, show_share, "cached"},
    {" client", 0, 12, 0, true, false, NULL, show_client, NULL},
};

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
    const struct level_column *column = &columns[list->sort_column];
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
            struct level_line line = line_of(ui, level);
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
    int count = (int)ARRAY_SIZE(columns);
    if (key == 'I') {
        list->inverted = !list->inverted;
        return;
    }
    list->inverted = false;
    do
        list->sort_column = (list->sort_column + (key == '>' ? 1 : count - 1)) % count;
    while (!columns[list->sort_column].value);
}

/* ---- drawing ---- */

static int note_rows(const struct level *level)
{
    return level->note && level->note[0] ? 1 : 0;
}

static int difference_rows(const struct level_list *list, const struct ui *ui,
                           const struct level *level)
{
    const struct round *last = level_last_round(level), *against;
    const struct level *old_level;
    return list->differences && last &&
           baseline_find(&ui->baseline, level, last, &old_level, &against);
}

static int rows_of(const struct level_list *list, const struct ui *ui, const struct level *level)
{
    return 1 + difference_rows(list, ui, level) + note_rows(level);
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
    if (column != columns)
        return width;
    for (size_t i = 1; i < ARRAY_SIZE(columns); i++)
        rest -= cols < columns[i].from ? 0 : wide ? columns[i].wide : columns[i].narrow;
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
    for (int i = 0; i < (int)ARRAY_SIZE(columns); i++) {
        int width = place(&columns[i], rect.cols);
        char title[32];
        bool sorted = i == list->sort_column && (i > 0 || list->inverted);
        bool high = columns[i].low_first == list->inverted;
        snprintf(title, sizeof title, "%s%s", columns[i].title, !sorted ? "" : high ? "↓" : "↑");
        put(canvas, rect.row, col, width + sorted, columns[i].left, sorted ? ROLE_TITLE : ROLE_DIM,
            width ? title : "");
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
                      struct rect rect, const struct level *level, bool cursor)
{
    struct level_line line = line_of(ui, level);
    int col = rect.col + MARK_COLS;
    char label[96];
    if (cursor)
        canvas_put(canvas, row, rect.col + 1, 1, STYLE(ROLE_SELECTED), TEXT("▸"));
    if (list->tagged[level->number])
        canvas_put(canvas, row, rect.col + 2, 1, STYLE(ROLE_WARN), TEXT("*"));
    snprintf(label, sizeof label, "L%u %s", level->number, level->label);
    int label_cols = place(columns, rect.cols);
    put(canvas, row, col, label_cols, true, cursor ? ROLE_SELECTED : ROLE_TITLE, label);
    col += label_cols;
    if (!line.last) {
        put(canvas, row, col, rect.cols, true, ROLE_DIM, idle_word(&line));
        return;
    }
    for (size_t i = 1; i < ARRAY_SIZE(columns); i++) {
        int width = place(&columns[i], rect.cols);
        struct level_cell cell = {"", ROLE_TEXT};
        if (!width)
            continue;
        columns[i].show(&line, columns[i].value ? columns[i].value(&line) : NO_VALUE, &cell);
        put(canvas, row, col, width, columns[i].left, cell.role, cell.text);
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
    canvas_printf(
        canvas, row, col, place(&columns[0], rect.cols) + place(&columns[1], rect.cols) - 1,
        STYLE(ROLE_DIM), "  vs L%u R%u", differences->level->number, differences->round->number);
    for (size_t i = 0; i < ARRAY_SIZE(columns); i++) {
        int width = place(&columns[i], rect.cols);
        if (width && columns[i].difference)
            put(canvas, row, col, width, columns[i].left, ROLE_DIM,
                difference_text(differences, columns[i].difference).text);
        col += width;
    }
}

void level_list_draw(const struct level_list *list, struct ui *ui, struct canvas *canvas,
                     struct rect rect)
{
    draw_header(list, canvas, rect);
    int row = rect.row + 1, end = rect.row + rect.rows - (list->hidden_count > 0);
    settle(list, ui, end - row);
    for (uint32_t at = ui->levels.top; at < list->count && row < end; at++) {
        const struct level *level = level_list_at(list, ui->run, at);
        draw_line(list, ui, canvas, row++, rect, level, at == ui->levels.cursor);
        if (difference_rows(list, ui, level) && row < end)
            draw_differences(ui, canvas, row++, rect, level);
        if (note_rows(level) && row < end)
            canvas_printf(canvas, row++, rect.col + MARK_COLS + 3, rect.cols - MARK_COLS - 4,
                          STYLE(ROLE_DIM), "note: %s", level->note);
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
    if (has_ended(last))
        buffer_printf(out, "     client %s", health_verdict_name(last->health.verdict));
}
