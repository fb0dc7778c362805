#include "mock/connection.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/memory.h"

#define READ_BYTES (64u << 10)
/* Eight hexadecimal digits and \r\n. */
#define FRAME_ROOM 10

struct connection *connection_open(struct connections *all, int fd)
{
    struct connection *connection = xcalloc(1, sizeof *connection);
    *connection = (struct connection){.all = all, .fd = fd, .next = all->open};
    int on = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (!loop_watch(all->loop, fd, EPOLLIN | EPOLLRDHUP, connection)) {
        close(fd);
        free(connection);
        return NULL;
    }
    if (all->open)
        all->open->previous = connection;
    all->open = connection;
    return connection;
}

void connection_doom(struct connection *connection, bool by_reset)
{
    struct connections *all = connection->all;
    if (connection->fd < 0)
        return;
    if (by_reset) {
        struct linger at_once = {.l_onoff = 1, .l_linger = 0};
        setsockopt(connection->fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    }
    loop_close(all->loop, connection->fd);
    connection->fd = -1;

    if (connection->previous)
        connection->previous->next = connection->next;
    else
        all->open = connection->next;
    if (connection->next)
        connection->next->previous = connection->previous;
    connection->previous = NULL;
    connection->next = all->doomed;
    all->doomed = connection;
}

void connection_free(struct connection *connection)
{
    http_request_free(&connection->request);
    buffer_free(&connection->out);
    free(connection);
}

static void watch_output(struct connection *connection, bool on)
{
    if (connection->watches_output == on)
        return;
    connection->watches_output = on;
    uint32_t events = EPOLLIN | EPOLLRDHUP | (on ? (uint32_t)EPOLLOUT : 0u);
    if (!loop_watch(connection->all->loop, connection->fd, events, connection))
        connection_doom(connection, false);
}

/* How much the socket took; 0 when it takes nothing now. A broken one is doomed. */
static size_t send_some(struct connection *connection, struct text bytes)
{
    ssize_t sent;
    do
        sent = send(connection->fd, bytes.data, bytes.size, MSG_NOSIGNAL);
    while (sent < 0 && errno == EINTR);
    if (sent >= 0)
        return (size_t)sent;
    if (errno != EAGAIN && errno != EWOULDBLOCK)
        connection_doom(connection, false);
    return 0;
}

size_t connection_backlog_bytes(const struct connection *connection)
{
    return connection->out.size - connection->out_sent;
}

/* A broken request is still being sent: closing now would make the kernel answer with RST, which
 * can overtake the reply. So only our side ends, and the client's is read. */
static void close_when_out(struct connection *connection)
{
    if (connection->fd < 0 || !connection->closing || connection_backlog_bytes(connection) > 0)
        return;
    if (connection->broken)
        shutdown(connection->fd, SHUT_WR);
    else
        connection_doom(connection, false);
}

void connection_flush(struct connection *connection)
{
    if (connection->fd < 0 || connection->held)
        return;
    size_t left = connection_backlog_bytes(connection);
    if (left) {
        struct text rest = {connection->out.data + connection->out_sent, left};
        connection->out_sent += send_some(connection, rest);
        if (connection->fd < 0)
            return;
    }
    /* By halves, so that what a slow reader leaves is not moved at each send. */
    if (connection->out_sent >= connection->out.size / 2) {
        buffer_consume(&connection->out, connection->out_sent);
        connection->out_sent = 0;
    }
    watch_output(connection, connection->out.size > 0);
    close_when_out(connection);
}

void connection_send(struct connection *connection, struct text bytes)
{
    if (connection->fd < 0)
        return;
    size_t sent = 0;
    if (!connection->held && connection->out.size == 0) {
        sent = send_some(connection, bytes);
        if (connection->fd < 0 || sent == bytes.size)
            return;
    }
    buffer_add(&connection->out, bytes.data + sent, bytes.size - sent);
    if (!connection->held)
        watch_output(connection, true);
}

void connection_hold(struct connection *connection)
{
    connection->held = true;
}

void connection_release(struct connection *connection)
{
    connection->held = false;
    connection_flush(connection);
}

static void continue_if_asked(struct connection *connection)
{
    struct http_request *request = &connection->request;
    bool waiting = request->state == HTTP_BODY || request->state == HTTP_CHUNK_SIZE;
    if (!request->expects_continue || !waiting)
        return;
    request->expects_continue = false;
    if (request->body.size == 0)
        connection_send(connection, TEXT("HTTP/1.1 100 Continue\r\n\r\n"));
}

static void throw_away(struct connection *connection, size_t size)
{
    connection->thrown_away_bytes += size;
    if (connection->thrown_away_bytes > HTTP_BODY_MAX_BYTES)
        connection_doom(connection, false);
}

bool connection_read(struct connection *connection)
{
    char bytes[READ_BYTES];
    if (connection->fd < 0)
        return false;
    ssize_t size = recv(connection->fd, bytes, sizeof bytes, 0);
    if (size < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR))
        return false;
    /* One request at a time: bytes that come during a reply end it, as the client's end does. */
    if (size <= 0 || connection->answering) {
        connection_doom(connection, false);
        return false;
    }
    if (connection->closing) {
        throw_away(connection, (size_t)size);
        return false;
    }
    struct http_request *request = &connection->request;
    size_t used = http_request_feed(request, (struct text){bytes, (size_t)size});
    continue_if_asked(connection);
    if (connection->fd < 0 || request->state < HTTP_COMPLETE)
        return false;
    connection->answering = true;
    connection->broken = request->state == HTTP_BROKEN;
    connection->keep = request->keep_alive && !connection->broken && used == (size_t)size;
    return true;
}

static const struct {
    int status;
    const char *reason;
} reasons[] = {
    {200, "OK"},
    {400, "Bad Request"},
    {401, "Unauthorized"},
    {404, "Not Found"},
    {405, "Method Not Allowed"},
    {413, "Content Too Large"},
    {417, "Expectation Failed"},
    {429, "Too Many Requests"},
    {431, "Request Header Fields Too Large"},
    {500, "Internal Server Error"},
    {501, "Not Implemented"},
    {505, "HTTP Version Not Supported"},
};

const char *http_reason(int status)
{
    for (size_t i = 0; i < ARRAY_SIZE(reasons); i++)
        if (reasons[i].status == status)
            return reasons[i].reason;
    return "Unknown";
}

static const char *connection_header(const struct connection *connection)
{
    return connection->keep ? "" : "Connection: close\r\n";
}

void connection_send_reply(struct connection *connection, int status, const char *content_type,
                           const char *headers, struct text body)
{
    struct buffer reply = {0};
    buffer_printf(&reply,
                  "HTTP/1.1 %d %s\r\nServer: fluxperf-mock\r\nContent-Type: %s\r\n"
                  "Content-Length: %zu\r\n%s%s\r\n",
                  status, http_reason(status), content_type, body.size, headers,
                  connection_header(connection));
    buffer_add_text(&reply, body);
    connection_send(connection, buffer_text(&reply));
    buffer_free(&reply);
}

void connection_respond(struct connection *connection, int status, const char *content_type,
                        const char *headers, struct text body)
{
    connection_send_reply(connection, status, content_type, headers, body);
    connection_end_reply(connection);
}

void connection_begin_stream(struct connection *connection)
{
    struct buffer head = {0};
    connection->keep = connection->keep && !connection->request.http_1_0;
    buffer_printf(&head,
                  "HTTP/1.1 200 OK\r\nServer: fluxperf-mock\r\n"
                  "Content-Type: text/event-stream; charset=utf-8\r\nCache-Control: no-cache\r\n"
                  "%s%s\r\n",
                  connection->request.http_1_0 ? "" : "Transfer-Encoding: chunked\r\n",
                  connection_header(connection));
    connection_send(connection, buffer_text(&head));
    buffer_free(&head);
}

void frame_begin(struct buffer *frame)
{
    buffer_clear(frame);
    buffer_add(frame, "0000000000", FRAME_ROOM);
}

struct text connection_frame(const struct connection *connection, struct buffer *frame)
{
    size_t size = frame->size - FRAME_ROOM;
    char *start = frame->data + FRAME_ROOM;
    if (connection->request.http_1_0)
        return (struct text){start, size};
    *--start = '\n';
    *--start = '\r';
    for (size_t left = size; left; left >>= 4)
        *--start = "0123456789abcdef"[left & 15];
    size_t prefix = (size_t)(frame->data + FRAME_ROOM - start);
    buffer_add(frame, "\r\n", 2);
    return (struct text){frame->data + FRAME_ROOM - prefix, prefix + size + 2};
}

struct text connection_last_frame(const struct connection *connection, struct buffer *frame)
{
    bool empty = frame->size == FRAME_ROOM;
    if (connection->request.http_1_0)
        return connection_frame(connection, frame);
    if (empty)
        return TEXT("0\r\n\r\n");
    struct text framed = connection_frame(connection, frame);
    size_t skipped = (size_t)(framed.data - frame->data);
    buffer_add(frame, "0\r\n\r\n", 5);
    return (struct text){frame->data + skipped, framed.size + 5};
}

void connection_end_reply(struct connection *connection)
{
    connection->answering = false;
    connection->closing = !connection->keep;
    connection->stream = NULL;
    http_request_free(&connection->request);
    connection_release(connection);
}
