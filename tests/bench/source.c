/* A source of known truth: streams OpenAI chunks on an absolute schedule and writes into each when
 * it was planned and when it was sent. It keeps no cache, takes no faults and looks at no prompt.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/loop.h"
#include "base/memory.h"
#include "client/arrival.h"

#define REQUEST_MAX_BYTES (1u << 20)
#define CHUNK_MAX_BYTES   512u
/* Beyond this the kernel's buffers decide when a saturating stream may go on. */
#define BURST_CHUNKS 64u

enum { BEFORE_REQUEST, STREAMING };

struct stream {
    int fd;
    int state;
    char *request;
    size_t request_size;
    uint64_t arrived_ns; /* the request, in the kernel; the schedule hangs on it */
    uint32_t sent_tokens;
    uint64_t due_ns; /* of the next token */
    size_t heap_index;
    char unsent[BURST_CHUNKS * CHUNK_MAX_BYTES];
    size_t unsent_size, unsent_from;
};

/* Spans of time: how late sends were, or how long they took. */
struct spans {
    uint32_t *ns;
    size_t count, capacity;
};

struct source {
    struct loop loop;
    int listen_fd;
    uint64_t ttft_ns, itl_ns;
    uint32_t tokens;
    bool saturate;
    struct stream **heap; /* streams that wait for their instant, the earliest first */
    size_t heap_count, heap_capacity;
    struct spans first, later; /* how late first tokens were, and those behind them */
    struct spans sending;      /* from the stamp in a first token until send returned */
    uint64_t first_accept_ns, last_accept_ns;
    uint32_t accepted;
};

static volatile sig_atomic_t stopped;

static void stop(int signal_number)
{
    (void)signal_number;
    stopped = 1;
}

/* ---- the heap of due streams */

static void heap_place(struct source *source, size_t at, struct stream *stream)
{
    source->heap[at] = stream;
    stream->heap_index = at;
}

static void heap_push(struct source *source, struct stream *stream)
{
    if (source->heap_count == source->heap_capacity) {
        source->heap_capacity = source->heap_capacity ? 2 * source->heap_capacity : 64;
        source->heap = xrealloc(source->heap, source->heap_capacity * sizeof *source->heap);
    }
    size_t at = source->heap_count++;
    while (at > 0 && source->heap[(at - 1) / 2]->due_ns > stream->due_ns) {
        heap_place(source, at, source->heap[(at - 1) / 2]);
        at = (at - 1) / 2;
    }
    heap_place(source, at, stream);
}

static void heap_remove(struct source *source, struct stream *stream)
{
    size_t at = stream->heap_index;
    struct stream *last = source->heap[--source->heap_count];
    stream->heap_index = SIZE_MAX;
    if (last == stream)
        return;
    while (at > 0 && source->heap[(at - 1) / 2]->due_ns > last->due_ns) {
        heap_place(source, at, source->heap[(at - 1) / 2]);
        at = (at - 1) / 2;
    }
    for (size_t child; (child = 2 * at + 1) < source->heap_count; at = child) {
        if (child + 1 < source->heap_count &&
            source->heap[child + 1]->due_ns < source->heap[child]->due_ns)
            child++;
        if (source->heap[child]->due_ns >= last->due_ns)
            break;
        heap_place(source, at, source->heap[child]);
    }
    heap_place(source, at, last);
}

/* ---- what is sent */

static size_t write_chunk(char *out, const char *data, size_t size)
{
    return (size_t)sprintf(out, "%zx\r\n%.*s\r\n", size, (int)size, data);
}

static size_t write_token(char *out, uint64_t planned_ns, uint64_t sent_ns)
{
    char event[CHUNK_MAX_BYTES];
    int size = snprintf(event, sizeof event,
                        "data: {\"id\":\"chatcmpl-1\",\"object\":\"chat.completion.chunk\","
                        "\"created\":1700000000,\"model\":\"bench\",\"choices\":[{\"index\":0,"
                        "\"delta\":{\"content\":\" %" PRIu64 " %" PRIu64 "\"},\"logprobs\":null,"
                        "\"finish_reason\":null}]}\n\n",
                        planned_ns, sent_ns);
    return write_chunk(out, event, (size_t)size);
}

static size_t write_end(char *out, uint32_t tokens)
{
    char event[2 * CHUNK_MAX_BYTES];
    int size = snprintf(event, sizeof event,
                        "data: {\"id\":\"chatcmpl-1\",\"object\":\"chat.completion.chunk\","
                        "\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"length\"}]}\n\n"
                        "data: {\"id\":\"chatcmpl-1\",\"object\":\"chat.completion.chunk\","
                        "\"choices\":[],\"usage\":{\"prompt_tokens\":16,"
                        "\"completion_tokens\":%u,\"total_tokens\":%u}}\n\ndata: [DONE]\n\n",
                        tokens, tokens + 16);
    size_t written = write_chunk(out, event, (size_t)size);
    return written + (size_t)sprintf(out + written, "0\r\n\r\n");
}

/* ---- streams */

static void stream_close(struct source *source, struct stream *stream)
{
    if (stream->heap_index != SIZE_MAX)
        heap_remove(source, stream);
    close(stream->fd);
    free(stream->request);
    free(stream);
}

/* False when the peer is gone. What the socket does not take stays in `unsent`. */
static bool stream_flush(struct source *source, struct stream *stream)
{
    while (stream->unsent_from < stream->unsent_size) {
        ssize_t sent = send(stream->fd, stream->unsent + stream->unsent_from,
                            stream->unsent_size - stream->unsent_from, MSG_NOSIGNAL);
        if (sent < 0 && errno == EAGAIN)
            return loop_watch(&source->loop, stream->fd, EPOLLIN | EPOLLOUT, stream);
        if (sent < 0)
            return false;
        stream->unsent_from += (size_t)sent;
    }
    stream->unsent_from = stream->unsent_size = 0;
    return true;
}

static void spans_add(struct spans *spans, uint64_t ns)
{
    if (spans->count == spans->capacity) {
        spans->capacity = spans->capacity ? 2 * spans->capacity : 4096;
        spans->ns = xrealloc(spans->ns, spans->capacity * sizeof *spans->ns);
    }
    spans->ns[spans->count++] = ns < UINT32_MAX ? (uint32_t)ns : UINT32_MAX;
}

static void stream_put_token(struct source *source, struct stream *stream, uint64_t planned_ns)
{
    uint64_t now = now_ns();
    stream->unsent_size += write_token(stream->unsent + stream->unsent_size, planned_ns, now);
    if (!source->saturate)
        spans_add(stream->sent_tokens ? &source->later : &source->first, now - planned_ns);
    stream->sent_tokens++;
    if (stream->sent_tokens == source->tokens) {
        stream->unsent_size += write_end(stream->unsent + stream->unsent_size, source->tokens);
        stream->state = BEFORE_REQUEST;
    }
}

static bool stream_saturate(struct source *source, struct stream *stream)
{
    if (!stream_flush(source, stream))
        return false;
    if (stream->unsent_size > 0)
        return true;
    if (stream->state == BEFORE_REQUEST)
        return loop_watch(&source->loop, stream->fd, EPOLLIN, stream);
    for (unsigned i = 0; i + 4 < BURST_CHUNKS && stream->state == STREAMING; i++)
        stream_put_token(source, stream, stream->arrived_ns);
    return stream_flush(source, stream) &&
           loop_watch(&source->loop, stream->fd, EPOLLIN | EPOLLOUT, stream);
}

static bool answer_with(struct stream *stream, const char *type, const char *body)
{
    char answer[512];
    int size = snprintf(answer, sizeof answer,
                        "HTTP/1.1 200 OK\r\nContent-Type: %s\r\nContent-Length: %zu\r\n\r\n%s",
                        type, strlen(body), body);
    return send(stream->fd, answer, (size_t)size, MSG_NOSIGNAL) == size;
}

static bool stream_begin(struct source *source, struct stream *stream)
{
    static const char header[] = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n"
                                 "Transfer-Encoding: chunked\r\n\r\n";
    if (send(stream->fd, header, sizeof header - 1, MSG_NOSIGNAL) != (ssize_t)sizeof header - 1)
        return false;
    stream->state = STREAMING;
    stream->sent_tokens = 0;
    if (source->saturate)
        return stream_saturate(source, stream);
    stream->due_ns = stream->arrived_ns + source->ttft_ns;
    heap_push(source, stream);
    return true;
}

/* Size of the whole request at the start of `request`, 0 when it is not all there yet. */
static size_t request_complete(const char *request, size_t size)
{
    const char *end = memmem(request, size, "\r\n\r\n", 4);
    if (!end)
        return 0;
    size_t head = (size_t)(end - request) + 4;
    size_t body = 0;
    for (const char *line = request; line < end; line = strstr(line, "\r\n") + 2) {
        if (strncasecmp(line, "Content-Length:", 15) == 0)
            body = strtoul(line + 15, NULL, 10);
    }
    return size >= head + body ? head + body : 0;
}

static bool stream_read(struct source *source, struct stream *stream)
{
    if (!stream->request)
        stream->request = xmalloc(REQUEST_MAX_BYTES + 1);
    uint64_t arrived_ns = arrival_peek_ns(stream->fd);
    stream->arrived_ns = arrived_ns ? arrived_ns : now_ns();
    ssize_t got = recv(stream->fd, stream->request + stream->request_size,
                       REQUEST_MAX_BYTES - stream->request_size, 0);
    if (got < 0)
        return errno == EAGAIN;
    if (got == 0)
        return false;
    stream->request_size += (size_t)got;
    stream->request[stream->request_size] = '\0';
    size_t whole = request_complete(stream->request, stream->request_size);
    if (whole == 0)
        return stream->request_size < REQUEST_MAX_BYTES;
    bool is_get = strncmp(stream->request, "GET ", 4) == 0;
    stream->request_size = 0;
    if (is_get)
        return answer_with(stream, "application/json",
                           "{\"object\":\"list\",\"data\":[{\"id\":\"bench\"}]}");
    return stream->state == BEFORE_REQUEST && stream_begin(source, stream);
}

static void accept_streams(struct source *source)
{
    for (;;) {
        int fd = accept4(source->listen_fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (fd < 0)
            return;
        int on = 1;
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        /* BBR, a default here and there, would hold sends back to pace them. */
        setsockopt(fd, IPPROTO_TCP, TCP_CONGESTION, "reno", 4);
        arrival_enable(fd);
        source->last_accept_ns = now_ns();
        if (source->accepted++ == 0)
            source->first_accept_ns = source->last_accept_ns;
        struct stream *stream = xcalloc(1, sizeof *stream);
        stream->fd = fd;
        stream->heap_index = SIZE_MAX;
        if (!loop_watch(&source->loop, fd, EPOLLIN, stream))
            stream_close(source, stream);
    }
}

static bool stream_handle(struct source *source, struct stream *stream, uint32_t events)
{
    if ((events & EPOLLOUT) && source->saturate && !stream_saturate(source, stream))
        return false;
    if ((events & EPOLLOUT) && !source->saturate && !stream_flush(source, stream))
        return false;
    return !(events & ~(uint32_t)EPOLLOUT) || stream_read(source, stream);
}

static void send_due(struct source *source)
{
    while (source->heap_count > 0 && source->heap[0]->due_ns <= now_ns()) {
        struct stream *stream = source->heap[0];
        heap_remove(source, stream);
        bool first = stream->sent_tokens == 0;
        uint64_t before_ns = now_ns();
        stream_put_token(source, stream, stream->due_ns);
        bool sent = stream_flush(source, stream);
        if (first)
            spans_add(&source->sending, now_ns() - before_ns);
        if (!sent) {
            stream_close(source, stream);
            continue;
        }
        if (stream->state == STREAMING) {
            stream->due_ns += source->itl_ns;
            heap_push(source, stream);
        }
    }
}

static void serve(struct source *source)
{
    struct loop_ready ready[64];
    while (!stopped) {
        uint64_t due_ns = source->heap_count ? source->heap[0]->due_ns : now_ns() + NS_PER_S;
        size_t count = loop_wait(&source->loop, due_ns, ready, 64);
        send_due(source);
        for (size_t i = 0; i < count; i++) {
            struct stream *stream = ready[i].owner;
            if (ready[i].owner == &source->listen_fd)
                accept_streams(source);
            else if (!stream_handle(source, stream, ready[i].events))
                stream_close(source, stream);
        }
    }
}

/* ---- start and end */

static int listen_on_loopback(uint16_t port)
{
    struct sockaddr_in address = {
        .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;
    int on = 1;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (fd < 0 || bind(fd, (struct sockaddr *)&address, sizeof address) != 0 ||
        listen(fd, 4096) != 0 || getsockname(fd, (struct sockaddr *)&address, &size) != 0) {
        perror("source");
        exit(1);
    }
    printf("listening on http://127.0.0.1:%u\n", ntohs(address.sin_port));
    fflush(stdout);
    return fd;
}

static int compare_spans(const void *a, const void *b)
{
    const uint32_t *left = a, *right = b;
    return (*left > *right) - (*left < *right);
}

static void spans_print(const char *name, struct spans *spans)
{
    size_t count = spans->count;
    if (count == 0)
        return;
    qsort(spans->ns, count, sizeof *spans->ns, compare_spans);
    size_t median = count / 2, rare = count * 99 / 100;
    printf("{\"what\":\"%s\",\"count\":%zu,\"p50_us\":%.1f,\"p99_us\":%.1f,\"max_us\":%.1f}\n",
           name, count, spans->ns[median] / 1e3, spans->ns[rare] / 1e3, spans->ns[count - 1] / 1e3);
}

static _Noreturn void usage(void)
{
    fputs("usage: source [--port N] [--ttft MS] [--itl MS] [--tokens N] [--saturate]\n", stderr);
    exit(2);
}

int main(int argc, char **argv)
{
    static const struct option options[] = {
        {"port", required_argument, NULL, 'p'}, {"ttft", required_argument, NULL, 't'},
        {"itl", required_argument, NULL, 'i'},  {"tokens", required_argument, NULL, 'n'},
        {"saturate", no_argument, NULL, 's'},   {NULL, 0, NULL, 0}};
    struct source source = {.ttft_ns = 100 * NS_PER_MS, .itl_ns = 20 * NS_PER_MS, .tokens = 50};
    unsigned long port = 0;
    for (int letter; (letter = getopt_long(argc, argv, "", options, NULL)) != -1;) {
        switch (letter) {
        case 'p':
            port = strtoul(optarg, NULL, 10);
            break;
        case 't':
            source.ttft_ns = (uint64_t)(strtod(optarg, NULL) * NS_PER_MS);
            break;
        case 'i':
            source.itl_ns = (uint64_t)(strtod(optarg, NULL) * NS_PER_MS);
            break;
        case 'n':
            source.tokens = (uint32_t)strtoul(optarg, NULL, 10);
            break;
        case 's':
            source.saturate = true;
            break;
        default:
            usage();
        }
    }
    if (optind != argc || source.tokens == 0)
        usage();

    struct error error = {0};
    struct rlimit files;
    getrlimit(RLIMIT_NOFILE, &files);
    files.rlim_cur = files.rlim_max;
    setrlimit(RLIMIT_NOFILE, &files);
    struct sigaction on_stop = {.sa_handler = stop};
    sigaction(SIGINT, &on_stop, NULL);
    sigaction(SIGTERM, &on_stop, NULL);

    source.listen_fd = listen_on_loopback((uint16_t)port);
    if (!loop_init(&source.loop, &error) ||
        !loop_watch(&source.loop, source.listen_fd, EPOLLIN, &source.listen_fd)) {
        fputs("source: no event loop\n", stderr);
        return 1;
    }
    serve(&source);
    printf("{\"connections\":%u,\"opened_within_ms\":%.1f}\n", source.accepted,
           (double)(source.last_accept_ns - source.first_accept_ns) / NS_PER_MS);
    spans_print("first tokens late", &source.first);
    spans_print("later tokens late", &source.later);
    spans_print("sending", &source.sending);
    return 0;
}
