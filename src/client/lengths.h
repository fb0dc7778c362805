/* The rows of a level as the length limits leave them: long prompts cut, messages counted. Made
 * before the level, by several threads. */
#ifndef CLIENT_LENGTHS_H
#define CLIENT_LENGTHS_H

#include "client/conversation.h"

struct row_lengths {
    struct sample sample; /* as it is sent */
    struct message_lengths messages;
    struct buffer *contents; /* of messages that were cut; the sample's point to them */
    double estimated_tokens; /* of the first request's texts */
    uint32_t cut;            /* questions that were cut */
    bool too_long;           /* one could not be cut far enough */
};

struct lengths {
    struct row_lengths *rows;
    uint32_t count;
    uint32_t cut;      /* requests */
    uint32_t too_long; /* rows */
};

/* `samples` are the level's, `count` of them. shape->tokenizer is set. */
void lengths_make(struct lengths *lengths, const struct body_shape *shape,
                  const struct sample *const *samples, uint32_t count, struct text salt);
void lengths_free(struct lengths *lengths);

#endif
