/* A run on one page, for an issue or a chat: what came out, what was run, and each level's tables.
 */
#ifndef REPORT_DOCUMENT_H
#define REPORT_DOCUMENT_H

#include "report/baseline.h"

/* `baseline` may be NULL. */
void document_print(struct buffer *out, const struct run *run, const struct baseline *baseline,
                    struct table_style style);

#endif
