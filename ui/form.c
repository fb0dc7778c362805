#include "ui/form.h"

#include <ncurses.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/memory.h"
#include "config/option_value.h"

/* ---- a field ---- */

static unsigned choice_count(const struct option *option)
{
    struct text name;
    unsigned count = 0;
    while (option_choice(option, count, &name))
        count++;
    return count;
}

static unsigned choice_at(const struct field *field)
{
    struct text name, typed = input_text(&field->input);
    if (typed.size == 0)
        typed = text_of(field->now);
    for (unsigned i = 0; option_choice(field->option, i, &name); i++)
        if (text_equal(name, typed))
            return i;
    return 0;
}

static bool choice_key(struct field *field, int key)
{
    unsigned count = choice_count(field->option), at = choice_at(field);
    struct text name;
    if (count == 0)
        return false;
    if (key == KEY_RIGHT || key == ' ')
        at = (at + 1) % count;
    else if (key == KEY_LEFT)
        at = (at + count - 1) % count;
    else
        return false;
    if (option_choice(field->option, at, &name))
        input_set(&field->input, name);
    return true;
}

bool field_key(struct field *field, int key)
{
    if (field->option && field->option->type == OPTION_CHOICE)
        return choice_key(field, key);
    return input_key(&field->input, key);
}

bool field_is_changed(const struct field *field)
{
    return field->input.size > 0 && !text_is(input_text(&field->input), field->now);
}

void field_draw(const struct field *field, struct canvas *canvas, int row, int col, int cols,
                int label_cols, bool focused)
{
    const int end = col + cols;
    canvas_put(canvas, row, col, 1, STYLE(ROLE_KEY), focused ? TEXT("▸") : TEXT(" "));
    canvas_put(canvas, row, col + 1, label_cols - 1, STYLE(focused ? ROLE_TITLE : ROLE_TEXT),
               text_of(field->label));
    col += label_cols + 1;
    if (field->now[0]) {
        const int now_cols = end - col > 24 ? 9 : 8;
        int used = canvas_put(canvas, row, col, end - col, STYLE(ROLE_TEXT), text_of(field->now));
        if (!focused && field->input.size == 0)
            return;
        col += used > now_cols ? used + 1 : now_cols;
        canvas_put(canvas, row, col, end - col, STYLE(ROLE_DIM), TEXT("→"));
        col += 2;
    }
    bool choice = field->option && field->option->type == OPTION_CHOICE;
    struct style style = {.role = ROLE_KEY, .flags = focused && choice ? STYLE_UNDERLINE : 0};
    if (field->input.size == 0 && !focused)
        canvas_put(canvas, row, col, end - col, STYLE(ROLE_DIM),
                   text_of(field->hint ? field->hint : "-"));
    else
        input_draw(&field->input, canvas, row, col, end - col, style, focused && !choice);
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

void option_add_word(struct buffer *out, const struct option *option, struct text value)
{
    char *name = xasprintf("--%s", option->name), *word = xstrndup(value.data, value.size);
    char *words[] = {name, word};
    if (out->size)
        buffer_add_char(out, ' ');
    options_command_line(2, words, out);
    free(name);
    free(word);
}

/* ---- drawing ---- */

int canvas_wrap(struct canvas *canvas, struct rect rect, struct style style, struct text text)
{
    int row = 0;
    for (text = text_trim(text); text.size && row < rect.rows; row++) {
        struct text line = text_take_line(&text, rect.cols);
        if (line.size == 0)
            break;
        canvas_put(canvas, rect.row + row, rect.col, rect.cols, style, line);
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
