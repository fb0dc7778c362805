/* A stream's chunks are alike but for their text. What stood around the last one's text is
 * remembered: where the next chunk has the same bytes there, only the text is scanned, and the
 * result is the same as delta_read's (its fuzz target holds the two against each other). */
#ifndef CLIENT_DELTA_MEMO_H
#define CLIENT_DELTA_MEMO_H

#include "client/delta.h"

struct delta_memo {
    struct buffer
        around; /* the bytes before the text, then those behind it, both with their quote */
    size_t before_bytes; /* 0 = nothing is remembered */
    bool is_reasoning;   /* which of the delta's texts it is */
};

void delta_memo_free(struct delta_memo *memo);
void delta_memo_reset(struct delta_memo *memo);

enum delta_kind delta_memo_read(struct delta_memo *memo, struct delta *delta, struct text data);

#endif
