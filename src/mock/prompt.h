/* The body of a request for text: what is to be answered, and how. */
#ifndef MOCK_PROMPT_H
#define MOCK_PROMPT_H

#include "base/buffer.h"
#include "base/error.h"

struct cJSON;

struct prompt {
    bool chat;          /* messages; otherwise a bare prompt */
    struct buffer text; /* messages as "role: content\n" each, then "assistant:" */
    char *model;        /* NULL = not named */
    char *session;      /* `session_id` or `user`; NULL = none */
    uint64_t salt;      /* of `cache_salt`; 0 = none */
    int64_t max_tokens; /* 0 = no limit */
    int64_t min_tokens;
    bool ignore_eos;
    bool stream, include_usage, usage_in_every_chunk;
};

#define PROMPT_MOST_REPLY_TOKENS 1000000

/* On failure nothing is left to free, and `error` is a sentence for the client. */
bool prompt_parse(struct prompt *prompt, struct text body, bool chat, struct error *error);
void prompt_free(struct prompt *prompt);

/* The whole body as a tree, for cJSON_Delete; NULL when it is not a JSON object. */
struct cJSON *prompt_body(struct text body, struct error *error);
/* Appends what the messages read as. */
bool prompt_add_messages(struct buffer *out, const struct cJSON *messages, struct error *error);
/* Appends the text that an array of token numbers stands for. */
bool prompt_add_tokens(struct buffer *out, const struct cJSON *tokens, struct error *error);

#endif
