/* Lines for a person: what is printed may hold any character; where the terminal cannot show them,
 * the few that we use have ASCII stand-ins. And small tables that line up. */
#ifndef REPORT_PAGE_H
#define REPORT_PAGE_H

#include "base/buffer.h"
#include "base/visible.h"
#include "report/table.h"

struct page {
    struct buffer *out;
    struct table_style style;
    size_t start; /* in `out` */
};

struct page page_begin(struct buffer *out, struct table_style style);
/* Stars out secrets that what was printed may hold, and control characters. In markdown, lines
 * become items of a list: those that are indented, of the item above. */
void page_end(struct page *page);

void page_printf(struct page *page, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Words that fill the width, their lines `indent` in. */
void page_paragraph(struct page *page, int indent, const char *words);
/* A line that stands alone: a heading of that level in markdown, else the line with a rule below.
 */
void page_heading(struct page *page, int level, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* A line of a shell, to be copied from a page in markdown. */
void page_code(struct page *page, const char *line);
/* `width` times the glyph, and a line break. */
void page_rule(struct page *page, const char *glyph, size_t width);

/* A figure or "-". */
struct figure {
    char text[48];
};
struct figure figure_of(double value, int decimals);
/* 0…1 as "43 %"; one decimal where a whole number would hide it. */
struct figure figure_share(double share);
/* "-60 %", from a to b. */
struct figure figure_change(double from, double to);

/* Cells are added row by row; each is copied. */
struct grid {
    struct page *page;
    size_t columns;
    char **cells;
    size_t count;
};

void grid_init(struct grid *grid, struct page *page, size_t columns);
void grid_add(struct grid *grid, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Prints it, or in markdown a table whose head is the first row: each line `indent` in, two spaces
 * between columns; the first `left` columns are aligned to the left, the others to the right. Frees
 * it. */
void grid_print(struct grid *grid, size_t indent, size_t left);
/* Frees it unprinted. */
void grid_discard(struct grid *grid);

#endif
