/* The built-in server's tokeniser: a rule instead of a vocabulary, so that it needs no file, counts
 * about as real ones do, and can be turned round.
 *
 *   a word            letters, digits and _ (2-byte characters are letters), with the one space
 *                     before it, cut into pieces of at most 6 bytes: 4 to 5 bytes of English a
 * token a wide character  3 or 4 bytes (Chinese, Japanese, Korean, emoji): a token of its own
 *   anything else     one byte, one token
 *
 * A token's number is its bytes read as digits 1…256 in base 256: below 2^49, exact in JSON. */
#ifndef MOCK_TOKENS_H
#define MOCK_TOKENS_H

#include "base/text.h"

#define TOKEN_MAX_BYTES 6

/* Cuts the next token off `rest`. Empty when nothing is left. */
struct text token_cut(struct text *rest);
uint64_t token_id(struct text token);
/* The bytes of a token; returns how many, 0 for a number that no token has. */
size_t token_bytes(uint64_t id, char bytes[static TOKEN_MAX_BYTES]);
size_t token_count(struct text text);

#endif
