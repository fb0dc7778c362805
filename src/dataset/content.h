/* What a message says: a JSON string, or an array of parts. Internal to dataset/. */
#ifndef DATASET_CONTENT_H
#define DATASET_CONTENT_H

#include "base/json.h"

bool json_is(struct text value, enum json_type type);
/* "a number", "an array", … */
const char *json_type_name(struct text value);
/* A JSON string or array without its first and last byte. */
struct text json_inside(struct text value);

/* Whether `value` (valid JSON) may stand as a content: a string, or parts that each say their type.
 * `name` begins the error. */
bool content_check(struct text value, const char *name, struct error *error);
bool content_is_empty(struct text content);
/* Appends a string without its escapes, or the text parts, one a line. */
void content_plain_text(struct text content, struct buffer *out);

#endif
