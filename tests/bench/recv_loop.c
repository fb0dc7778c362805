/* The least that any client can do with the same bytes: epoll, recv, and a search for "data: "
 * lines. What fluxperf needs per chunk is held against it. */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/memory.h"

struct stream {
    int fd;
    uint64_t due_ns; /* of its first request */
    uint32_t requests_left;
    char line[16]; /* how the line that is being read begins */
    size_t line_size;
};

struct client {
    int epoll_fd;
    struct stream *streams;
    uint32_t stream_count, open_count, begun_count;
    uint64_t chunks, bytes;
};

static const char request[] = "POST /v1/chat/completions HTTP/1.1\r\nHost: 127.0.0.1\r\n"
                              "Content-Type: application/json\r\nContent-Length: 2\r\n\r\n{}";

static void fail(const char *what)
{
    fprintf(stderr, "recv_loop: %s: %s\n", what, strerror(errno));
    exit(1);
}

static void stream_send(struct stream *stream)
{
    if (send(stream->fd, request, sizeof request - 1, MSG_NOSIGNAL) != (ssize_t)sizeof request - 1)
        fail("send");
    stream->requests_left--;
}

static void stream_open(struct client *client, struct stream *stream, uint16_t port)
{
    struct sockaddr_in address = {
        .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    stream->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (stream->fd < 0 || connect(stream->fd, (struct sockaddr *)&address, sizeof address) != 0)
        fail("connect");
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = stream};
    if (epoll_ctl(client->epoll_fd, EPOLL_CTL_ADD, stream->fd, &event) != 0)
        fail("epoll_ctl");
}

/* True when the stream's [DONE] was among the bytes. */
static bool stream_scan(struct client *client, struct stream *stream, const char *data, size_t size)
{
    bool done = false;
    for (const char *at = data, *end = data + size; at < end;) {
        const char *newline = memchr(at, '\n', (size_t)(end - at));
        size_t take = (size_t)((newline ? newline : end) - at);
        size_t room = sizeof stream->line - stream->line_size;
        memcpy(stream->line + stream->line_size, at, take < room ? take : room);
        stream->line_size += take < room ? take : room;
        if (!newline)
            break;
        if (stream->line_size > 6 && memcmp(stream->line, "data: ", 6) == 0) {
            if (stream->line[6] == '[')
                done = true;
            else
                client->chunks++;
        }
        stream->line_size = 0;
        at = newline + 1;
    }
    return done;
}

static void stream_read(struct client *client, struct stream *stream)
{
    char data[16384]; /* as much as fluxperf gives libcurl */
    ssize_t got = recv(stream->fd, data, sizeof data, 0);
    if (got <= 0)
        fail("recv");
    client->bytes += (uint64_t)got;
    if (!stream_scan(client, stream, data, (size_t)got))
        return;
    if (stream->requests_left > 0) {
        stream_send(stream);
    } else {
        close(stream->fd);
        client->open_count--;
    }
}

/* Sends what is due. Returns ms to wait for the next one. */
static int client_begin(struct client *client)
{
    while (client->begun_count < client->stream_count) {
        struct stream *next = &client->streams[client->begun_count];
        uint64_t now = now_ns();
        if (next->due_ns > now)
            return (int)((next->due_ns - now) / NS_PER_MS);
        stream_send(next);
        client->begun_count++;
    }
    return 10000;
}

int main(int argc, char **argv)
{
    if (argc != 4 && argc != 5) {
        fputs("usage: recv_loop PORT STREAMS REQUESTS-PER-STREAM [MS-FROM-FIRST-TO-LAST-START]\n",
              stderr);
        return 2;
    }
    uint64_t spread_ns = argc == 5 ? strtoul(argv[4], NULL, 10) * NS_PER_MS : 0;
    struct client client = {.stream_count = (uint32_t)strtoul(argv[2], NULL, 10)};
    client.epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    client.streams = xcalloc(client.stream_count, sizeof *client.streams);
    client.open_count = client.stream_count;

    uint64_t wall_before = now_ns();
    uint64_t cpu_before = cpu_ns();
    for (uint32_t i = 0; i < client.stream_count; i++) {
        client.streams[i].requests_left = (uint32_t)strtoul(argv[3], NULL, 10);
        stream_open(&client, &client.streams[i], (uint16_t)strtoul(argv[1], NULL, 10));
    }
    uint64_t opened_ns = now_ns();
    for (uint32_t i = 0; i < client.stream_count; i++)
        client.streams[i].due_ns = opened_ns + spread_ns * i / client.stream_count;
    while (client.open_count > 0) {
        struct epoll_event events[64];
        int wait_ms = client_begin(&client);
        int count = epoll_wait(client.epoll_fd, events, 64, wait_ms);
        if ((count == 0 && wait_ms == 10000) || (count < 0 && errno != EINTR))
            fail("nothing came for ten seconds");
        for (int i = 0; i < count; i++)
            stream_read(&client, events[i].data.ptr);
    }
    double cpu = (double)(cpu_ns() - cpu_before);
    printf("{\"chunks\":%llu,\"bytes\":%llu,\"cpu_ns_per_chunk\":%.1f,\"wall_s\":%.3f,"
           "\"opened_within_ms\":%.1f}\n",
           (unsigned long long)client.chunks, (unsigned long long)client.bytes,
           cpu / (double)client.chunks, (double)(now_ns() - wall_before) / NS_PER_S,
           (double)(opened_ns - wall_before) / NS_PER_MS);
    free(client.streams);
    return 0;
}
