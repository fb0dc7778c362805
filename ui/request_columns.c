#include "ui/request_columns.h"

#include <math.h>
#include <stdio.h>

#include "base/memory.h"
#include "base/statistics.h"
#include "ui/figures.h"

/* Where the columns need two blanks between them and not one. */
#define WIDE_COLS 112
#define MARK_COLS 3 /* " ▸*" stands in front */

struct cell_text {
    char text[64];
    enum role role;
};

static void put(struct cell_text *cell, struct figure figure)
{
    snprintf(cell->text, sizeof cell->text, "%s", figure.text);
}

static bool is_age(const struct request_row *row, enum request_value value)
{
    return row->flight &&
           (value == VALUE_LATENCY || (value == VALUE_TTFT && !row->flight->first_token_ns));
}

static void show_ms(const struct request_row *row, enum request_value value, bool wide,
                    struct cell_text *cell)
{
    double ms = request_value(row, value);
    if (is_age(row, value))
        put(cell, figure_age(ms));
    else
        put(cell, figure_fit(ms, wide || value != VALUE_LATENCY ? 2 : 0, 7));
}

static void show_count(const struct request_row *row, enum request_value value, bool wide,
                       struct cell_text *cell)
{
    (void)wide;
    put(cell, figure_count(request_value(row, value)));
}

static void show_plain(const struct request_row *row, enum request_value value, bool wide,
                       struct cell_text *cell)
{
    (void)wide;
    put(cell, figure_of(request_value(row, value), 0));
}

static void show_share(const struct request_row *row, enum request_value value, bool wide,
                       struct cell_text *cell)
{
    (void)wide;
    put(cell, figure_share(request_value(row, value) / 100));
}

static void show_faster(const struct request_row *row, enum request_value value, bool wide,
                        struct cell_text *cell)
{
    (void)wide;
    double factor = request_value(row, value);
    put(cell, figure_times(factor));
    if (factor < 1.0)
        cell->role = ROLE_WARN;
}

static void show_turn(const struct request_row *row, enum request_value value, bool wide,
                      struct cell_text *cell)
{
    (void)wide;
    snprintf(cell->text, sizeof cell->text, "%.0f/%u", request_value(row, value),
             request_turns(row));
}

static void show_state(const struct request_row *row, enum request_value value, bool wide,
                       struct cell_text *cell)
{
    (void)value;
    (void)wide;
    snprintf(cell->text, sizeof cell->text, "%s", request_state(row));
    if (!row->record)
        cell->role = row->flight->first_token_ns ? ROLE_LOAD : ROLE_DIM;
    else if (row->record->error == ERR_CANCELLED)
        cell->role = ROLE_DIM;
    else if (!record_succeeded(row->record))
        cell->role = ROLE_BAD;
}

static void show_slo(const struct request_row *row, enum request_value value, bool wide,
                     struct cell_text *cell)
{
    (void)value;
    const char *missed = request_missed(row);
    if (row->record && !record_succeeded(row->record) && slo_any(&row->run->slo))
        missed = "-";
    else if (missed)
        cell->role = ROLE_WARN;
    if (missed)
        snprintf(cell->text, sizeof cell->text, "%s%s", wide && missed[0] != '-' ? "✗ " : "",
                 missed);
}

/* The prompt itself is put by the line: it may be long, and is not ours. */
static const struct column {
    const char *title;
    const char *name; /* in "by …, highest first" */
    enum request_value value;
    bool left;            /* aligned */
    uint8_t narrow, wide; /* columns; 0 = not shown there */
    uint8_t from;         /* columns of the list from which it is shown */
    bool low_first;       /* what one wants to see first stands there */
    void (*show)(const struct request_row *row, enum request_value value, bool wide,
                 struct cell_text *cell);
} columns[REQUEST_COLUMNS] = {
    {"#", "number", VALUE_INDEX, false, 3, 3, 0, true,
     show_plain}, /* wider where its numbers are */
    {"turn", "turn", VALUE_TURN, true, 0, 4, 0, true, show_turn},
    {"R", "round", VALUE_ROUND, false, 1, 1, 0, true, show_plain},
    {"state", "state", VALUE_STATE, true, 11, 14, 0, true, show_state},
    {"TTFT", "TTFT", VALUE_TTFT, false, 7, 7, 0, false, show_ms},
    {"ITL", "ITL", VALUE_ITL, false, 6, 6, 0, false, show_ms},
    {"max gap", "longest gap", VALUE_GAP, false, 0, 8, 0, false, show_ms},
    {"latency", "latency", VALUE_LATENCY, false, 7, 8, 0, false, show_ms},
    {"in", "tokens in", VALUE_INPUT, false, 6, 5, 66, false, show_count},
    {"out", "tokens out", VALUE_OUTPUT, false, 4, 4, 66, false, show_count},
    {"cached", "cached", VALUE_CACHED, false, 6, 6, 52, false, show_share},
    {"faster", "speed-up", VALUE_FASTER, false, 0, 6, 0, false, show_faster},
    {"SLO", "missed limits", VALUE_MISSED, true, 5, 7, 66, false, show_slo},
    {"prompt", "row of the dataset", VALUE_SAMPLE, true, 1, 1, 60, true, NULL}, /* what is left */
};

int request_column_count(void)
{
    int count = 0;
    while (count < REQUEST_COLUMNS && columns[count].title)
        count++;
    return count;
}

struct request_order request_column_order(int column, bool inverted)
{
    return (struct request_order){.value = (uint8_t)columns[column].value,
                                  .highest_first = columns[column].low_first == inverted};
}

void request_column_describe(int column, bool inverted, struct buffer *out)
{
    bool highest = columns[column].low_first == inverted;
    buffer_printf(out, "by %s, %s first", columns[column].name, highest ? "highest" : "lowest");
}

static int digits_of(uint32_t number)
{
    int digits = 1;
    for (; number >= 10; number /= 10)
        digits++;
    return digits;
}

const char *request_column_title(int column)
{
    return columns[column].title;
}

void request_columns_list(uint32_t hidden, struct buffer *out)
{
    for (int i = 0; i < request_column_count(); i++)
        if (hidden & 1u << i)
            buffer_printf(out, "%s%s", out->size ? "," : "", columns[i].title);
}

uint32_t request_columns_read(struct text list)
{
    uint32_t hidden = 0;
    while (list.size) {
        const char *comma = memchr(list.data, ',', list.size);
        size_t size = comma ? (size_t)(comma - list.data) : list.size;
        struct text title = text_trim((struct text){list.data, size});
        for (int i = 1; i < request_column_count(); i++)
            if (text_is(title, columns[i].title))
                hidden |= 1u << i;
        size += comma != NULL;
        list = (struct text){list.data + size, list.size - size};
    }
    return hidden;
}

void request_layout_make(struct request_layout *layout, int cols, uint32_t highest_index,
                         uint32_t rounds, uint32_t hidden)
{
    *layout = (struct request_layout){.wide = cols >= WIDE_COLS};
    int gap = layout->wide ? 2 : 1, at = MARK_COLS;
    for (int i = 0; i < request_column_count(); i++) {
        const struct column *column = &columns[i];
        int width = layout->wide ? column->wide : column->narrow;
        if (width == 0 || cols < column->from || (i > 0 && hidden & 1u << i))
            continue;
        int digits = column->value == VALUE_INDEX   ? digits_of(highest_index)
                     : column->value == VALUE_ROUND ? digits_of(rounds)
                                                    : 0;
        if (width < digits)
            width = digits;
        if (column->value == VALUE_SAMPLE)
            width = cols - at;
        if (at + width > cols || width <= 0)
            continue;
        layout->at[i].col = at;
        layout->at[i].cols = width;
        at += width + gap;
    }
}

void request_columns_header(struct canvas *canvas, int row, int col,
                            const struct request_layout *layout, int sorted, bool inverted)
{
    for (int i = 0; i < request_column_count(); i++) {
        if (!layout->at[i].cols)
            continue;
        bool highest = columns[i].low_first == inverted;
        char title[32];
        snprintf(title, sizeof title, "%s%s", columns[i].title,
                 i != sorted ? ""
                 : highest   ? "↓"
                             : "↑");
        struct style style = {.role = i == sorted ? ROLE_TITLE : ROLE_DIM};
        int at = col + layout->at[i].col, width = layout->at[i].cols;
        /* The arrow may stand in the gap: the word stays over its figures, and off the one before.
         */
        if (columns[i].left || width == 1)
            canvas_put(canvas, row, at, width + 1, style, text_of(title));
        else
            canvas_put_right(canvas, row, at - 1, width + 1, style, text_of(title));
    }
}

void request_columns_line(struct canvas *canvas, int row, int col,
                          const struct request_layout *layout, const struct request_row *request,
                          bool tagged)
{
    for (int i = 0; i < request_column_count(); i++) {
        int at = col + layout->at[i].col, width = layout->at[i].cols;
        if (!width)
            continue;
        if (!columns[i].show) {
            canvas_put(canvas, row, at, width, STYLE(ROLE_TEXT), request_prompt(request));
            continue;
        }
        struct cell_text cell = {"", ROLE_TEXT};
        columns[i].show(request, columns[i].value, layout->wide, &cell);
        struct text text = text_of(cell.text);
        if (columns[i].left)
            canvas_put(canvas, row, at, width, STYLE(cell.role), text);
        else
            canvas_put_right(canvas, row, at, width, STYLE(cell.role), text);
    }
    if (tagged)
        canvas_put(canvas, row, col + 2, 1, STYLE(ROLE_WARN), TEXT("*"));
}
