/* An HTTP/1.x answer, read from any split of bytes: its status, where its body lies, and where it
 * ends. Nothing is copied but a line that is cut in two. Strict by RFC 9112: what could be read in
 * two ways is refused, with a sentence. */
#ifndef CLIENT_HTTP_REPLY_H
#define CLIENT_HTTP_REPLY_H

#include "base/buffer.h"

/* Status line, headers and trailers together, those of interim answers too. */
#define HTTP_REPLY_HEAD_MAX_BYTES (64u << 10)

enum reply_step {
    REPLY_MORE,   /* the bytes are used up and the answer is not over */
    REPLY_BODY,   /* a piece of its body */
    REPLY_END,    /* it is over: bytes that are left are none of it */
    REPLY_BROKEN, /* it cannot be read on; `broken` says why */
};

enum reply_state {
    REPLY_STATUS_LINE,
    REPLY_HEADERS,
    REPLY_TRAILERS,
    REPLY_CHUNK_SIZE,
    REPLY_CHUNK_EXTENSION,
    REPLY_CHUNK_SIZE_END,
    REPLY_CHUNK_DATA,
    REPLY_CHUNK_END,
    REPLY_CHUNK_END_NEWLINE,
    REPLY_LENGTH,
    REPLY_UNTIL_CLOSE,
    REPLY_WHOLE,
    REPLY_FAILED,
};

/* A zeroed struct is an answer of which nothing has come. */
struct http_reply {
    enum reply_state state;
    uint16_t status;    /* 0 = not known yet; interim answers are passed over */
    bool keeps;         /* the connection may be used again, once it is whole */
    const char *broken; /* a sentence without an end, as "the answer is no HTTP" */

    uint64_t left; /* of the body, or of the chunk under way */
    uint32_t head_bytes;
    uint32_t line_bytes;  /* of the chunk's line under way */
    uint16_t last_status; /* of an interim answer too */
    bool old_version;     /* HTTP/1.0 */
    bool has_length, chunked, closes, stays;
    bool in_framing;    /* the last header said where the body ends */
    struct buffer line; /* the unfinished one */
};

void http_reply_free(struct http_reply *reply);
/* Before the next answer; keeps memory. */
void http_reply_reset(struct http_reply *reply);

/* Takes bytes off the front of `bytes`, up to the next thing to tell. A piece of the body lies in
 * them and is never empty. */
enum reply_step http_reply_next(struct http_reply *reply, struct text *bytes, struct text *body);
/* The connection has ended. True when that makes the answer whole, else `broken` is set. */
bool http_reply_finish(struct http_reply *reply);

/* Whether any byte of it came, and whether a status did, be it of an interim answer. */
static inline bool http_reply_has_begun(const struct http_reply *reply)
{
    return reply->head_bytes != 0;
}

static inline bool http_reply_has_status(const struct http_reply *reply)
{
    return reply->last_status != 0;
}

#endif
