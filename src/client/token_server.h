/* The endpoint's own tokenizer, behind /tokenize and /detokenize in the dialects of vLLM, SGLang
 * and llama.cpp. Every call waits for the answer: not for use in a round. */
#ifndef CLIENT_TOKEN_SERVER_H
#define CLIENT_TOKEN_SERVER_H

#include "client/server.h"

struct token_server {
    const struct server *server;
    const char *model;
    char *tokenize_url, *detokenize_url;
    double timeout_s;    /* of each call; no longer than a request's */
    bool takes_content;  /* llama.cpp's name of the text; else it is "prompt" */
    bool takes_messages; /* counts a whole chat with its template */
};

struct token_ids {
    int64_t *ids;
    size_t count;
};

/* Tries the dialects with `sample`. False when the server speaks none, or `stop` is set. */
bool token_server_find(struct token_server *found, const struct config *config,
                       const struct server *server, const char *model, struct text sample,
                       const _Atomic bool *stop);
void token_server_free(struct token_server *tokens);

/* Each of these is false when the server did not answer as it should. `client` is the thread's own.
 */
bool token_server_split(const struct token_server *tokens, struct http_client *client,
                        struct text text, struct token_ids *ids);
bool token_server_join(const struct token_server *tokens, struct http_client *client,
                       const int64_t *ids, size_t count, struct buffer *text);
/* `messages` is the JSON of an array; only where takes_messages. */
bool token_server_count_chat(const struct token_server *tokens, struct http_client *client,
                             struct text messages, uint32_t *count);

#endif
