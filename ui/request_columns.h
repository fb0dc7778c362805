/* The columns of the list of requests: one row of a table is one column, in the header, the lines
 * and the order alike. */
#ifndef UI_REQUEST_COLUMNS_H
#define UI_REQUEST_COLUMNS_H

#include "ui/canvas.h"
#include "ui/request_list.h"

#define REQUEST_COLUMNS 15

/* Which columns a width has room for, and where. */
struct request_layout {
    struct {
        int col, cols; /* cols 0 = not shown */
    } at[REQUEST_COLUMNS];
    bool wide;
};

void request_layout_make(struct request_layout *layout, int cols, uint32_t highest_index,
                         uint32_t rounds);
/* What list the sorting column stands for. */
struct request_order request_column_order(int column, bool inverted);
int request_column_count(void);
/* "TTFT, highest first" */
void request_column_describe(int column, bool inverted, struct buffer *out);

void request_columns_header(struct canvas *canvas, int row, int col,
                            const struct request_layout *layout, int sorted, bool inverted);
void request_columns_line(struct canvas *canvas, int row, int col,
                          const struct request_layout *layout, const struct request_row *request,
                          bool selected, bool tagged);

#endif
