/* An HTTP/1.1 request, parsed from pieces of any size. Bounded in every direction; keeps only what
 * the built-in server asks for. */
#ifndef MOCK_HTTP_REQUEST_H
#define MOCK_HTTP_REQUEST_H

#include "base/buffer.h"

#define HTTP_HEAD_MAX_BYTES (32u << 10)
#define HTTP_BODY_MAX_BYTES (64u << 20)

enum http_state {
    HTTP_REQUEST_LINE,
    HTTP_HEADERS,
    HTTP_BODY,
    HTTP_CHUNK_SIZE,
    HTTP_CHUNK_DATA,
    HTTP_CHUNK_END,
    HTTP_TRAILERS,
    HTTP_COMPLETE,
    HTTP_BROKEN, /* `status` is the answer, and the connection cannot be used again */
};

/* A zeroed struct is a request of which nothing has come. */
struct http_request {
    enum http_state state;
    int status;
    char method[8];
    struct buffer path; /* without the query */
    struct buffer authorization;
    struct buffer session_id; /* X-Session-Id */
    struct buffer body;
    bool http_1_0;
    bool keep_alive;
    bool expects_continue;

    struct buffer line; /* the unfinished one */
    size_t head_bytes;  /* of lines so far, those of chunk sizes and trailers included */
    size_t body_left;   /* of the body, or of the chunk under way */
    bool has_length, chunked;
};

/* Takes bytes up to the end of the request; returns how many. Stops at HTTP_COMPLETE and
 * HTTP_BROKEN. */
size_t http_request_feed(struct http_request *request, struct text bytes);
void http_request_free(struct http_request *request);

#endif
