/* Tokens for the two length limits: counted by the server where it can, else estimated. All but the
 * estimate may wait for the server: not for use in a round. */
#ifndef CLIENT_TOKENIZER_H
#define CLIENT_TOKENIZER_H

#include "client/probe.h"

struct tokenizer;

/* What the user chose, or the best there is; says which. NULL with the reason when --tokenizer
 * server cannot be had. Once `stop` is set nothing waits for the server. What is given outlives it.
 */
struct tokenizer *tokenizer_new(const struct config *config, const struct server *server,
                                const struct probe *probe, const _Atomic bool *stop,
                                struct error *error);
void tokenizer_free(struct tokenizer *tokenizer);
/* "server" or "estimate". */
const char *tokenizer_name(const struct tokenizer *tokenizer);

uint32_t tokenizer_estimate(const struct tokenizer *tokenizer, struct text text);
/* What the chat template adds to a prompt of one message, by the probe's usage. */
uint32_t tokenizer_template_tokens(const struct tokenizer *tokenizer);
/* Texts of so many estimated tokens, before any correction, had so many by usage. */
void tokenizer_learn(struct tokenizer *tokenizer, double estimated, double counted);
/* Says how often the server failed since the last call, if it did. */
void tokenizer_report(struct tokenizer *tokenizer);

/* One thread's way to it. */
struct token_reader;
struct token_reader *token_reader_new(struct tokenizer *tokenizer);
void token_reader_free(struct token_reader *reader);

uint32_t token_reader_count(struct token_reader *reader, struct text text);
/* The whole of a request, as its usage will say. */
uint32_t token_reader_count_request(struct token_reader *reader, const struct body_shape *shape,
                                    const struct sample *sample, struct text salt);
/* Appends what is left of `text` when about `tokens` of it are kept, whole characters only. */
void token_reader_cut(struct token_reader *reader, struct text text, uint32_t tokens,
                      enum truncate_mode keep, struct buffer *out);

#endif
