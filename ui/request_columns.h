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

/* `hidden` has a bit for each column that was taken away; the first one stays. */
void request_layout_make(struct request_layout *layout, int cols, uint32_t highest_index,
                         uint32_t rounds, uint32_t hidden);
/* What list the sorting column stands for. */
struct request_order request_column_order(int column, bool inverted);
int request_column_count(void);
/* As it stands in the header. */
const char *request_column_title(int column);
/* "TTFT,max gap", for a file, and back; what is no title is passed over. */
void request_columns_list(uint32_t hidden, struct buffer *out);
uint32_t request_columns_read(struct text list);
/* "TTFT, highest first" */
void request_column_describe(int column, bool inverted, struct buffer *out);

void request_columns_header(struct canvas *canvas, int row, int col,
                            const struct request_layout *layout, int sorted, bool inverted);
void request_columns_line(struct canvas *canvas, int row, int col,
                          const struct request_layout *layout, const struct request_row *request,
                          bool tagged);

#endif
