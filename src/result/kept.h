/* What a run keeps of a request beside its journal, when it was asked to: the body
 * (--save-requests,
 * --debug) and the events of the stream (--debug-verbose). Looked up in the files. */
#ifndef RESULT_KEPT_H
#define RESULT_KEPT_H

#include "base/buffer.h"
#include "result/record.h"

/* The JSON body; false when none was kept. */
bool kept_body(const char *directory, const struct record *record, struct buffer *body);
/* The value of the key "raw_events": an array of {"at_ns", "event"?, "data"}. */
bool kept_events(const char *directory, const struct record *record, struct buffer *events);

#endif
