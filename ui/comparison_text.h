/* A comparison in words, the same in every view. */
#ifndef UI_COMPARISON_TEXT_H
#define UI_COMPARISON_TEXT_H

#include "base/buffer.h"
#include "result/comparison.h"

/* "[2.4, 2.6]"; "" without an interval. Appends. */
void comparison_add_interval(struct buffer *out, const struct comparison *comparison);
/* "TTFT 144 ms less, 2.5× faster [2.4, 2.6]", "no difference shown: 1.0× [0.9, 1.1]". */
void comparison_add_sentence(struct buffer *out, const struct comparison *comparison);
/* In per cent where that is less than double: "35 % slower [28, 41]", "6.8× slower [3.5, 8.7]", "no
 * difference shown [-1, +2]". */
void comparison_add_change(struct buffer *out, const struct comparison *comparison);
/* There is an interval, and no difference shown by it. */
bool comparison_is_none(const struct comparison *comparison);
/* The same without the interval of what is not shown. */
void comparison_add_short(struct buffer *out, const struct comparison *comparison);

#endif
