/* Below a round's table: what the server's metrics did from before it to after it. */
#ifndef REPORT_TABLE_SERVER_H
#define REPORT_TABLE_SERVER_H

#include "report/page.h"
#include "report/server_rows.h"

/* Nothing where there are none. `rows` are those of the table. */
void table_server(struct page *page, const struct run *run, const struct server_rows *rows);

#endif
