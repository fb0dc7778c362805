/* Texts of others on a terminal: what would command it, or turn its lines round, is made visible.
 */
#ifndef BASE_VISIBLE_H
#define BASE_VISIBLE_H

#include "base/buffer.h"

/* Cells a terminal needs for it. */
size_t text_width(struct text text);
/* Text of others: control characters become visible, line breaks spaces, broken UTF-8 U+FFFD; cut
 * to `width` with an ellipsis. Freed by the caller. */
char *text_visible(struct text text, size_t width);
/* All of it, its line breaks and tabs as they are. */
void text_add_visible(struct buffer *out, struct text text);
/* The same, but each such character is one '?': for what stands in columns already. */
void text_add_masked(struct buffer *out, struct text text);

#endif
