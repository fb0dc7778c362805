/* The report on stdout: the guide's table for each level and round, and cold → warm for each level.
 */
#ifndef REPORT_TABLE_H
#define REPORT_TABLE_H

#include "base/buffer.h"
#include "result/summary.h"

struct table_style {
    bool utf8;     /* │─ and friends, else | - + */
    int columns;   /* of the terminal; 0 = no terminal: the guide's widths to the letter */
    bool markdown; /* tables with pipes, headings, and a list item for each line */
};

/* From the locale, and from the terminal on `fd` if it is one. */
struct table_style table_style_for(int fd, bool ascii);

void table_round(struct buffer *out, const struct run *run, const struct level *level,
                 const struct round *round, struct table_style style);
/* Cold against each later round: paired speed-up with its interval, cached share, health verdict,
 * what to do where something is off. */
void table_comparison(struct buffer *out, const struct run *run, const struct level *level,
                      struct table_style style);
/* One line per level, for the very end. */
void table_overview(struct buffer *out, const struct run *run, struct table_style style);

#endif
