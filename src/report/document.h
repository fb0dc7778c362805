/* A run on one page, for an issue or a chat: what came out, what was run, and each level's tables.
 */
#ifndef REPORT_DOCUMENT_H
#define REPORT_DOCUMENT_H

#include "report/table.h"

void document_print(struct buffer *out, const struct run *run, struct table_style style);

#endif
