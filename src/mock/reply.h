/* What one request is answered with: its text, token by token, and the JSON around it. Equal
 * prompts get equal texts. */
#ifndef MOCK_REPLY_H
#define MOCK_REPLY_H

#include "base/buffer.h"

struct usage {
    uint64_t prompt_tokens, cached_tokens, completion_tokens;
};

struct reply {
    bool chat;
    const char *line_end;
    uint64_t prompt_hash;
    char id[24];
    int64_t created;
    char *model;
    struct buffer signature; /* "[session hash]", then words */
    size_t signature_used;
    uint64_t words;
    struct buffer prefix; /* of each chunk, up to the content */
    size_t prefix_head;   /* of it, up to the choices */
};

/* `model` and `session` are copied; session may be NULL. `number` makes the id. */
void reply_init(struct reply *reply, bool chat, const char *model, const char *session,
                uint64_t prompt_hash, uint64_t number);
void reply_free(struct reply *reply);

/* Appends the next token's text; each is one token by the rule of mock/tokens.h as well. */
void reply_add_token(struct reply *reply, struct buffer *out);

/* Events of a stream, appended whole. `finish` may be NULL; so may `usage`. */
void reply_role_event(const struct reply *reply, const struct usage *usage, struct buffer *out);
void reply_text_event(const struct reply *reply, struct text content, const char *finish,
                      const struct usage *usage, struct buffer *out);
void reply_usage_event(const struct reply *reply, const struct usage *usage, struct buffer *out);
void reply_done_event(const struct reply *reply, struct buffer *out);
void reply_error_event(const struct reply *reply, struct buffer *out);
void reply_garbage_event(const struct reply *reply, struct buffer *out);
void reply_comment(const struct reply *reply, struct buffer *out);

/* The body of a reply that is not streamed. */
void reply_whole(const struct reply *reply, struct text content, const char *finish,
                 const struct usage *usage, struct buffer *out);

/* An error object as OpenAI's; `code` may be NULL. */
void reply_error(int status, const char *code, const char *message, struct buffer *out);

#endif
