/* A conversation while its level lasts: what the model replied, and from that the body of each next
 * turn. Between rounds and before them it is the benchmark thread's, in a round its worker's. */
#ifndef CLIENT_CONVERSATION_H
#define CLIENT_CONVERSATION_H

#include "client/request.h"
#include "result/record.h"

/* The same for all conversations of a level. */
struct conversation_rules {
    const struct body_shape *shape;
    struct text salt;
};

/* What the length limits need to know of a row; counted before the level. */
struct message_lengths {
    uint32_t *tokens; /* of each message of the row; NULL = the context has no limit */
    uint32_t
        beside; /* tokens of what every request of the row has: system prompt, salt, template */
};

struct conversation_turn {
    struct buffer body;
    struct buffer reply; /* a JSON string, as the next body holds it */
    uint32_t reply_tokens;
};

struct conversation {
    const struct conversation_rules *rules;
    const struct sample *sample;
    const struct message_lengths *lengths;
    struct request *requests; /* of its turns */
    uint16_t
        open_turns; /* later ones are not sent any more: one failed, or the round ended first */
    struct conversation_turn *turns;
};

/* Fills requests[0 … turns − 1], the index of the first one being set, builds the body of the
 * first, and appends that one's texts to `texts`. What is given is the caller's and outlives it;
 * `lengths` may be NULL. */
void conversation_init(struct conversation *conversation, const struct conversation_rules *rules,
                       const struct sample *sample, const struct message_lengths *lengths,
                       struct request *requests, struct buffer *texts);
void conversation_free(struct conversation *conversation);

/* How many requests a row becomes: its questions, or 1 where they are asked together. */
uint16_t conversation_turns(const struct config *config, const struct sample *sample);

/* After a turn ended: the next one, with its body, which the first round builds and later ones
 * find. NULL when there is none: it was the last, or failed, or was asked alone. `reply` is
 * escaped, as between the quotes of a JSON string. */
const struct request *conversation_next(const struct request *ended, const struct record *record,
                                        struct text reply);
/* What follows `last` is not sent, in this and all later rounds. */
void conversation_end_with(const struct request *last);

/* What the chat template adds for each message after the first. */
#define MESSAGE_TEMPLATE_TOKENS 5u

#endif
