/* What differs between runs besides their figures. */
#ifndef REPORT_COMPARE_NOTES_H
#define REPORT_COMPARE_NOTES_H

#include "report/compare.h"

/* Fills compare->notes; the groups are there. */
void compare_make_notes(struct compare *compare);
/* "C=5, C=10": the levels of a side that have requests. */
void compare_list_levels(struct buffer *out, const struct compare *compare, size_t side);

#endif
