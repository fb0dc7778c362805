#include "ui/form.h"

#include <ncurses.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/memory.h"
#include "config/option_value.h"

/* ---- a field ---- */

static bool is_choice(const struct field *field)
{
    return field->yes_no || (field->option && (field->option->type == OPTION_CHOICE ||
                                               field->option->type == OPTION_FLAG));
}

static bool choice(const struct field *field, unsigned index, struct text *name)
{
    static const char *const yes_no[] = {"no", "yes"};
    if (!field->yes_no && field->option->type == OPTION_CHOICE)
        return option_choice(field->option, index, name);
    if (index < ARRAY_SIZE(yes_no))
        *name = text_of(yes_no[index]);
    return index < ARRAY_SIZE(yes_no);
}

static unsigned choice_count(const struct field *field)
{
    struct text name;
    unsigned count = 0;
    while (choice(field, count, &name))
        count++;
    return count;
}

static unsigned choice_at(const struct field *field)
{
    struct text name, typed = input_text(&field->input);
    if (typed.size == 0)
        typed = text_of(field->now);
    for (unsigned i = 0; choice(field, i, &name); i++)
        if (text_equal(name, typed))
            return i;
    return 0;
}

static bool choice_key(struct field *field, int key)
{
    unsigned count = choice_count(field), at = choice_at(field);
    struct text name;
    if (count == 0)
        return false;
    if (key == KEY_RIGHT || key == ' ')
        at = (at + 1) % count;
    else if (key == KEY_LEFT)
        at = (at + count - 1) % count;
    else
        return false;
    if (choice(field, at, &name))
        input_set(&field->input, name);
    return true;
}

bool field_key(struct field *field, int key)
{
    return is_choice(field) ? choice_key(field, key) : input_key(&field->input, key);
}

bool field_is_changed(const struct field *field)
{
    return field->input.size > 0 && !text_is(input_text(&field->input), field->now);
}

/* What holds; what may be typed in its place stands behind an arrow, alone where there is no room
 * for both. Returns the column for it. */
static int draw_now(const struct field *field, struct canvas *canvas, int row, int col, int end,
                    bool arrow)
{
    const int now_cols = end - col > 24 ? 9 : 8;
    bool both = arrow && end - col >= 2 * now_cols;
    int most = both ? (end - col) / 2 : end - col;
    int used = arrow && !both
                   ? 0
                   : canvas_put_cut(canvas, row, col, most, STYLE(ROLE_TEXT), text_of(field->now));
    if (!arrow)
        return end;
    if (both)
        col += used > now_cols ? used + 1 : now_cols;
    canvas_put(canvas, row, col, end - col, STYLE(ROLE_DIM), TEXT("→"));
    return col + 2;
}

void field_draw(const struct field *field, struct canvas *canvas, int row, int col, int cols,
                int label_cols, bool focused)
{
    const int end = col + cols;
    canvas_put(canvas, row, col, 1, STYLE(ROLE_KEY), focused ? TEXT("▸") : TEXT(" "));
    canvas_put(canvas, row, col + 1, label_cols - 1, STYLE(focused ? ROLE_TITLE : ROLE_TEXT),
               text_of(field->label));
    col += label_cols + 1;
    bool typed = field->input.size > 0;
    if (field->now[0])
        col = draw_now(field, canvas, row, col, end, focused || typed);
    if (col >= end)
        return;
    struct style style = {.role = field->is_wrong ? ROLE_BAD : ROLE_KEY,
                          .flags = focused && is_choice(field) ? STYLE_UNDERLINE : 0};
    int hint_cols = field->hint ? text_columns(text_of(field->hint)) : 0;
    int room = end - col - hint_cols - 2, typed_cols = text_columns(input_text(&field->input));
    bool with_hint =
        hint_cols && (field->now[0] || field->is_wrong) && (typed || focused) && room > typed_cols;
    if (!typed && !focused)
        canvas_put_cut(canvas, row, col, end - col, STYLE(ROLE_DIM),
                       text_of(field->hint ? field->hint : "-"));
    else
        input_draw(&field->input, canvas, row, col, with_hint ? room : end - col, style,
                   focused && !is_choice(field));
    if (with_hint)
        canvas_put_right(canvas, row, col + room, hint_cols + 2,
                         STYLE(field->is_wrong ? ROLE_BAD : ROLE_DIM), text_of(field->hint));
}

bool field_take(const struct field *field, struct config *config, struct error *error)
{
    char name[64];
    snprintf(name, sizeof name, "--%s", field->option->name);
    struct text rest = text_trim(input_text(&field->input));
    bool list = option_is_list(field->option) || field->option->type == OPTION_REPEATED;
    while (rest.size) {
        const char *blank = list ? memchr(rest.data, ' ', rest.size) : NULL;
        size_t size = blank ? (size_t)(blank - rest.data) : rest.size;
        char *word = xstrndup(rest.data, size);
        bool good = option_set(config, field->option, name, word, error);
        free(word);
        if (!good)
            return false;
        rest = text_trim((struct text){rest.data + size, rest.size - size});
    }
    return true;
}

/* ---- options in words ---- */

/* Whole numbers with commas: 100,000. */
static void add_number(struct buffer *out, double value)
{
    char digits[40];
    int size = snprintf(digits, sizeof digits, "%.15g", value);
    bool whole = strspn(digits, "0123456789") == (size_t)size;
    for (int i = 0; i < size; i++) {
        if (whole && i > 0 && (size - i) % 3 == 0)
            buffer_add_char(out, ',');
        buffer_add_char(out, digits[i]);
    }
}

void option_range_text(const struct option *option, struct buffer *out)
{
    struct text name;
    if (option->type == OPTION_CHOICE) {
        for (unsigned i = 0; option_choice(option, i, &name); i++)
            buffer_printf(out, "%s%.*s", i ? ", " : "", (int)name.size, name.data);
        return;
    }
    if (option->max <= option->min)
        return;
    add_number(out, option->min);
    buffer_add_string(out, " to ");
    add_number(out, option->max);
}

void option_value_text(const struct config *config, const struct option *option, struct buffer *out)
{
    struct buffer value = {0};
    struct json_writer json = {.out = &value};
    option_write_json(config, option, &json);
    struct text text = buffer_text(&value);
    if (text.size >= 2 && (text.data[0] == '"' || text.data[0] == '['))
        text = (struct text){text.data + 1, text.size - 2};
    if (text.size == 0 || text_is(text, "null"))
        buffer_add_string(out, option->default_text ? option->default_text : "-");
    else if (option->type == OPTION_FLAG)
        buffer_add_string(out, text_is(text, "true") ? "yes" : "no");
    else if (option->type == OPTION_STRING)
        json_unescape(out, text);
    else
        for (size_t i = 0; i < text.size; i++)
            buffer_add_char(out, text.data[i] == ',' ? ' ' : text.data[i]);
    buffer_free(&value);
}

/* ---- drawing ---- */

int canvas_wrap(struct canvas *canvas, struct rect rect, struct style style, struct text text)
{
    int row = 0;
    for (text = text_trim(text); text.size && row < rect.rows; row++) {
        bool cut = row + 1 == rect.rows && text_cut(text, rect.cols).size < text.size;
        struct text line = text_take_line(&text, cut ? rect.cols - 2 : rect.cols);
        if (line.size == 0)
            break;
        int used = canvas_put(canvas, rect.row + row, rect.col, rect.cols, style, line);
        if (cut)
            canvas_put(canvas, rect.row + row, rect.col + used, rect.cols - used, style,
                       TEXT(" …"));
    }
    return row;
}

int canvas_button(struct canvas *canvas, int row, int col, const char *label, bool focused)
{
    struct style style = STYLE(focused ? ROLE_SELECTED : ROLE_KEY);
    return col + canvas_printf(canvas, row, col, canvas->cols - col, style, "[ %s ]", label);
}

/* A key ends at the first single blank, an entry at two. */
void canvas_hints(struct canvas *canvas, int row, const char *hints)
{
    int col = 1;
    while (*hints && col < canvas->cols) {
        const char *end = strstr(hints, "  ");
        struct text entry = {hints, end ? (size_t)(end - hints) : strlen(hints)};
        if (col + text_columns(entry) > canvas->cols)
            break;
        const char *blank = memchr(entry.data, ' ', entry.size);
        struct text key = {entry.data, blank ? (size_t)(blank - entry.data) : entry.size};
        col += canvas_put(canvas, row, col, canvas->cols - col, STYLE(ROLE_KEY), key);
        col += canvas_put(canvas, row, col, canvas->cols - col, STYLE(ROLE_DIM),
                          (struct text){key.data + key.size, entry.size - key.size});
        col += 2;
        hints += entry.size;
        hints += strspn(hints, " ");
    }
}
