/* Text that holds escapes into files, with every secret starred out. */
#ifndef RESULT_REDACTED_H
#define RESULT_REDACTED_H

#include "base/json.h"

/* A string that is escaped already, as between its quotes. A secret could hide in it behind
 * escapes, and a star could break one: where there is either, the plain text is starred out and
 * escaped again. */
void json_redacted_escaped(struct json_writer *json, struct text escaped);
/* Adds text that is JSON, mostly, with every secret starred out, also where escapes hide one. The
 * rest stays byte for byte. */
void redact_json(struct buffer *out, struct text text);
/* The same as a value. What is no JSON any more, as where a secret is a number, becomes a string.
 */
void json_redacted_json(struct json_writer *json, struct text value);

#endif
