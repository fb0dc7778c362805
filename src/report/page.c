#include "report/page.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/log.h"
#include "base/memory.h"

struct page page_begin(struct buffer *out, struct table_style style)
{
    return (struct page){out, style, out->size};
}

/* What would be markup stands as itself; figures, units and names are left readable. */
static void add_escaped(struct buffer *out, struct text text, bool in_table)
{
    for (size_t i = 0; i < text.size; i++) {
        char c = text.data[i];
        if (c == '<')
            buffer_add_string(out, "&lt;");
        else if (c == '*' || c == '`' || c == '\\' || (c == '|' && in_table) ||
                 (c == '_' && i == 0))
            buffer_printf(out, "\\%c", c);
        else
            buffer_add_char(out, c);
    }
}

static void add_item(struct buffer *out, struct text line)
{
    size_t indent = 0;
    while (indent < line.size && line.data[indent] == ' ')
        indent++;
    buffer_printf(out, "%*s- ", (int)indent, "");
    add_escaped(out, text_trim(line), false);
    buffer_add_char(out, '\n');
}

/* Lines of prose as items, in one list up to the next table, heading or code, which were written as
 * such. */
static void make_items(struct page *page)
{
    struct buffer items = {0};
    struct text rest = {page->out->data + page->start, page->out->size - page->start}, line;
    bool code = false, item = false, gap = false;
    while (text_next_line(&rest, &line)) {
        bool fence = text_starts_with(line, "```");
        if (line.size == 0 && !code) {
            gap = true;
            continue;
        }
        bool is_item = !code && !fence && line.data[0] != '|' && line.data[0] != '#';
        if ((gap && !(item && is_item)) || (item && !is_item))
            buffer_add_char(&items, '\n');
        gap = false;
        item = is_item;
        code ^= fence;
        if (is_item) {
            add_item(&items, line);
        } else {
            buffer_add_text(&items, line);
            buffer_add_char(&items, '\n');
        }
    }
    if (gap)
        buffer_add_char(&items, '\n');
    page->out->size = page->start;
    buffer_add_text(page->out, buffer_text(&items));
    buffer_free(&items);
}

/* Names come from servers and from journals of others: none of them moves the cursor. Longer texts
 * were made visible before. */
static void mask_controls(struct page *page)
{
    struct buffer masked = {0};
    text_add_masked(&masked,
                    (struct text){page->out->data + page->start, page->out->size - page->start});
    page->out->size = page->start;
    buffer_add_text(page->out, buffer_text(&masked));
    buffer_free(&masked);
}

void page_end(struct page *page)
{
    if (page->out->size == page->start)
        return;
    mask_controls(page);
    redact(page->out->data + page->start, page->out->size - page->start);
    if (page->style.markdown)
        make_items(page);
}

static const struct {
    const char *glyph, *ascii;
} stand_ins[] = {
    {"│", "|"}, {"─", "-"},  {"├", "+"}, {"┼", "+"}, {"┤", "+"}, {"└", "+"}, {"┴", "+"},
    {"┘", "+"}, {"→", "->"}, {"×", "x"}, {"≈", "~"}, {"−", "-"}, {"–", "-"}, {"…", "..."},
};

static const char *stand_in(struct text glyph)
{
    for (size_t i = 0; i < ARRAY_SIZE(stand_ins); i++)
        if (text_is(glyph, stand_ins[i].glyph))
            return stand_ins[i].ascii;
    return "?";
}

static char *to_style(const char *text, struct table_style style)
{
    struct buffer out = {0};
    struct text rest = text_of(text);
    while (rest.size) {
        size_t length = utf8_length(rest);
        struct text glyph = {rest.data, length ? length : 1};
        if (style.utf8 || length == 1)
            buffer_add_text(&out, glyph);
        else
            buffer_add_string(&out, stand_in(glyph));
        rest = (struct text){rest.data + glyph.size, rest.size - glyph.size};
    }
    return buffer_take(&out);
}

__attribute__((format(printf, 1, 0))) static char *format_list(const char *format, va_list args)
{
    char *text;
    if (vasprintf(&text, format, args) < 0)
        die("out of memory (while formatting a text)");
    return text;
}

void page_printf(struct page *page, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    char *text = format_list(format, args);
    va_end(args);
    char *shown = to_style(text, page->style);
    buffer_add_string(page->out, shown);
    free(shown);
    free(text);
}

/* A page that has no width of its own. */
#define PARAGRAPH_COLUMNS 100

void page_paragraph(struct page *page, int indent, const char *words)
{
    size_t columns = page->style.columns ? (size_t)page->style.columns : PARAGRAPH_COLUMNS;
    size_t at = (size_t)indent;
    page_printf(page, "%*s", indent, "");
    while (*words) {
        size_t size = strcspn(words, " ");
        size_t width = text_width((struct text){words, size});
        bool first = at == (size_t)indent;
        bool fits = first || page->style.markdown || at + 1 + width <= columns;
        if (!fits)
            page_printf(page, "\n%*s", indent, "");
        page_printf(page, "%s%.*s", first || !fits ? "" : " ", (int)size, words);
        at = (fits ? at + !first : (size_t)indent) + width;
        words += size + strspn(words + size, " ");
    }
    page_printf(page, "\n");
}

void page_heading(struct page *page, int level, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    char *text = format_list(format, args);
    va_end(args);
    if (page->style.markdown) {
        struct buffer heading = {0};
        add_escaped(&heading, text_of(text), false);
        page_printf(page, "%.*s %s\n\n", level, "######", heading.data ? heading.data : "");
        buffer_free(&heading);
    } else {
        page_printf(page, "%s\n", text);
        page_rule(page, level > 1 ? "-" : "=", text_width(text_of(text)));
        page_printf(page, level > 1 ? "" : "\n");
    }
    free(text);
}

void page_code(struct page *page, const char *line)
{
    page_printf(page, "```sh\n%s\n```\n", line);
}

void page_rule(struct page *page, const char *glyph, size_t width)
{
    if (page->style.markdown)
        return;
    while (width--)
        page_printf(page, "%s", glyph);
    page_printf(page, "\n");
}

struct figure figure_of(double value, int decimals)
{
    struct figure figure = {"-"};
    if (isfinite(value))
        snprintf(figure.text, sizeof figure.text, "%.*f", decimals, value);
    return figure;
}

struct figure figure_share(double share)
{
    double percent = share * 100.0;
    bool hidden = (percent > 0.0 && percent < 1.0) || (percent > 99.0 && percent < 100.0);
    struct figure number = figure_of(percent, hidden), figure = {"-"};
    if (isfinite(share))
        snprintf(figure.text, sizeof figure.text, "%.40s %%", number.text);
    return figure;
}

struct figure figure_change(double from, double to)
{
    struct figure figure = {"-"};
    double percent = round((to / from - 1.0) * 100.0);
    if (isfinite(percent))
        snprintf(figure.text, sizeof figure.text, "%+.0f %%", percent);
    if (fabs(percent) < 1.0)
        snprintf(figure.text, sizeof figure.text, "0 %%");
    return figure;
}

void grid_init(struct grid *grid, struct page *page, size_t columns)
{
    *grid = (struct grid){.page = page, .columns = columns};
}

void grid_add(struct grid *grid, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    char *text = format_list(format, args);
    va_end(args);
    grid->cells = xreallocarray(grid->cells, grid->count + 1, sizeof *grid->cells);
    grid->cells[grid->count++] = to_style(text, grid->page->style);
    free(text);
}

static size_t column_width(const struct grid *grid, size_t column)
{
    size_t width = 0;
    for (size_t i = column; i < grid->count; i += grid->columns) {
        size_t cell = text_width(text_of(grid->cells[i]));
        width = cell > width ? cell : width;
    }
    return width;
}

static void print_pipes(const struct grid *grid, size_t left)
{
    struct buffer *out = grid->page->out;
    for (size_t i = 0, column = 0; i < grid->count; i++) {
        buffer_add_string(out, column ? " " : "| ");
        add_escaped(out, text_trim(text_of(grid->cells[i])), true);
        buffer_add_string(out, " |");
        if (++column < grid->columns)
            continue;
        column = 0;
        buffer_add_char(out, '\n');
        if (i + 1 > grid->columns)
            continue;
        for (size_t below = 0; below < grid->columns; below++)
            buffer_add_string(out, below < left ? "| :-- " : "| --: ");
        buffer_add_string(out, "|\n");
    }
}

void grid_print(struct grid *grid, size_t indent, size_t left)
{
    if (grid->page->style.markdown) {
        print_pipes(grid, left);
        grid_discard(grid);
        return;
    }
    struct buffer *out = grid->page->out;
    size_t *widths = xcalloc(grid->columns, sizeof *widths);
    for (size_t column = 0; column < grid->columns; column++)
        widths[column] = column_width(grid, column);
    for (size_t i = 0, column = 0; i < grid->count; i++) {
        size_t pad = widths[column] - text_width(text_of(grid->cells[i]));
        buffer_printf(out, "%*s", (int)(column ? 2 : indent), "");
        if (column >= left)
            buffer_printf(out, "%*s", (int)pad, "");
        buffer_add_string(out, grid->cells[i]);
        if (column < left)
            buffer_printf(out, "%*s", (int)pad, "");
        if (++column < grid->columns)
            continue;
        column = 0;
        while (out->size && out->data[out->size - 1] == ' ')
            out->size--;
        buffer_add_char(out, '\n');
    }
    free(widths);
    grid_discard(grid);
}

void grid_discard(struct grid *grid)
{
    for (size_t i = 0; i < grid->count; i++)
        free(grid->cells[i]);
    free(grid->cells);
    *grid = (struct grid){0};
}
