/* A client's connection to the built-in server: requests in, replies out, never blocking. Knows
 * HTTP, and nothing of what is served. */
#ifndef MOCK_CONNECTION_H
#define MOCK_CONNECTION_H

#include "base/loop.h"
#include "mock/http_request.h"

struct stream;

/* All connections. A doomed one is closed already and waits to be freed: others may still point to
 * it in this turn of the loop. */
struct connections {
    struct loop *loop;
    struct connection *open, *doomed;
};

struct connection {
    struct connections *all;
    struct connection *previous, *next;
    int fd; /* -1 once doomed */
    struct http_request request;
    struct stream *stream; /* the reply under way, for whoever makes it; NULL when there is none */
    struct buffer out;     /* what the socket did not take yet */
    size_t out_sent;       /* of it */
    bool held;             /* nothing is written until connection_release */
    bool watches_output;
    bool answering; /* a reply is under way */
    bool keep;      /* for another request, when the reply is out */
    bool closing;   /* no other request is read; what comes is thrown away */
    bool broken;    /* the request was not read to its end */
    size_t thrown_away_bytes;
};

struct connection *connection_open(struct connections *all, int fd);
/* Closes the socket now, by RST when asked (what is not sent yet is lost). */
void connection_doom(struct connection *connection, bool by_reset);
void connection_free(struct connection *connection);

/* Reads what is there. True when a whole request has come. */
bool connection_read(struct connection *connection);
/* Sends what was pending. */
void connection_flush(struct connection *connection);

void connection_send(struct connection *connection, struct text bytes);
void connection_hold(struct connection *connection);
void connection_release(struct connection *connection);
size_t connection_backlog_bytes(const struct connection *connection);

/* A whole reply, and its end. `headers` are lines ending in \r\n, or "". */
void connection_respond(struct connection *connection, int status, const char *content_type,
                        const char *headers, struct text body);
/* The same without the end. */
void connection_send_reply(struct connection *connection, int status, const char *content_type,
                           const char *headers, struct text body);
const char *http_reason(int status);

/* A reply in pieces: begin_stream, frames, end_frames, end_reply. A frame is a buffer with room
 * kept before its content, so that framing it moves nothing. */
void connection_begin_stream(struct connection *connection);
void frame_begin(struct buffer *frame);
struct text connection_frame(const struct connection *connection, struct buffer *frame);
/* The content and the end of the body, as one piece. */
struct text connection_last_frame(const struct connection *connection, struct buffer *frame);
/* The reply is out or pending: the connection waits for another request, or closes. */
void connection_end_reply(struct connection *connection);

#endif
