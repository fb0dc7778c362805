/* Server-Sent Events, read from any split of bytes: LF, CRLF or lone CR, data with or without a
 * space, comments, several events in one piece, one event in several pieces. No copy where an event
 * lies in one piece. */
#ifndef CLIENT_SSE_H
#define CLIENT_SSE_H

#include "base/buffer.h"

/* An event whose lines are longer than this together is refused. */
#define SSE_MAX_EVENT_BYTES (16u << 20)

struct sse_event {
    struct text data;    /* lines joined by \n; empty when only a name or a comment was there */
    struct text name;    /* of an `event:` line */
    struct text comment; /* the last comment before the end of a named event without data */
};

/* Called for each event; the texts are valid during the call. */
typedef void sse_handler(void *context, const struct sse_event *event);

struct sse {
    sse_handler *handler;
    void *context;
    bool has_data;
    bool begun;         /* the first line was seen */
    bool skip_newline;  /* the piece before ended with \r */
    size_t taken_bytes; /* of the begun event's lines that have ended */
    struct text slice;  /* the begun event's data while it lies in the current piece … */
    struct buffer data; /* … and once it must outlive that */
    struct buffer line; /* the begun line of an earlier piece */
    char name[32];
    char comment[256];
};

void sse_init(struct sse *sse, sse_handler *handler, void *context);
void sse_free(struct sse *sse);
/* Forgets what was begun, keeps memory. */
void sse_reset(struct sse *sse);

/* False when an event grew above SSE_MAX_EVENT_BYTES: it is forgotten. */
bool sse_feed(struct sse *sse, struct text piece);
/* The stream ended: gives the event that lacks its blank line, if there is one. */
void sse_finish(struct sse *sse);

#endif
