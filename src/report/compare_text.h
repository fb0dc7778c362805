/* Runs side by side, in words. */
#ifndef REPORT_COMPARE_TEXT_H
#define REPORT_COMPARE_TEXT_H

#include "report/compare.h"
#include "report/table.h"

/* What was compared, what else differs, a table for each level and round, and a summary; in
 * markdown a page with the summary first. */
void compare_text(struct buffer *out, const struct compare *compare, struct table_style style);
/* The same as one JSON object. */
void compare_json(struct buffer *out, const struct compare *compare);
/* What a group of rounds is compared by, to stand behind its name: ", paired on 40 prompts". */
void compare_add_basis(struct buffer *out, const struct compare_group *group, size_t side);

#endif
