#include "mock/mock_server.h"

#include <ctype.h>
#include <errno.h>
#include <netdb.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/loop.h"
#include "base/memory.h"
#include "mock/routes.h"

#define BACKLOG     4096
#define ACCEPT_MOST 64
#define READY_MOST  256
/* When no descriptor was left for a new connection. */
#define ACCEPT_RETRY_NS (50 * NS_PER_MS)

struct mock_server {
    struct mock_knobs knobs;
    struct loop loop;
    struct connections connections;
    struct engine engine;
    struct routes routes;
    pthread_t thread;
    atomic_bool stopping;
    int listen_fd;
    bool accepts; /* false while descriptors are short: new connections wait in the backlog */
    uint16_t port;
};

static uint16_t bound_port(int fd)
{
    struct sockaddr_storage address = {0};
    socklen_t size = sizeof address;
    char port[8];
    struct sockaddr *any = (struct sockaddr *)&address;
    if (getsockname(fd, any, &size) != 0 ||
        getnameinfo(any, size, NULL, 0, port, sizeof port, NI_NUMERICSERV) != 0)
        return 0;
    return (uint16_t)strtoul(port, NULL, 10);
}

/* A listening socket at that address, or -1 with errno set. */
static int listen_at(const struct addrinfo *address)
{
    int fd = socket(address->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return -1;
    int on = 1;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (bind(fd, address->ai_addr, address->ai_addrlen) == 0 && listen(fd, BACKLOG) == 0)
        return fd;
    int failure = errno;
    close(fd);
    errno = failure;
    return -1;
}

static int open_listener(const struct mock_knobs *knobs, struct error *error)
{
    char port[24];
    snprintf(port, sizeof port, "%lld", (long long)knobs->port);
    const struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE};
    struct addrinfo *found = NULL;
    int code = getaddrinfo(knobs->host, port, &hints, &found);
    if (code != 0) {
        error_set(error, "cannot listen on %s:%s: %s", knobs->host, port, gai_strerror(code));
        return -1;
    }
    int fd = -1;
    for (const struct addrinfo *at = found; at && fd < 0; at = at->ai_next)
        fd = listen_at(at);
    int failure = errno;
    freeaddrinfo(found);
    if (fd < 0) {
        const char *reason = strerror(failure);
        error_set(error, "cannot listen on %s:%s: %c%s%s", knobs->host, port,
                  tolower((unsigned char)reason[0]), reason + 1,
                  failure == EADDRINUSE ? "; try --mock-port 0" : "");
    }
    return fd;
}

static void watch_listener(struct mock_server *server, bool on)
{
    server->accepts = on;
    if (on)
        loop_watch(&server->loop, server->listen_fd, EPOLLIN, server);
    else
        loop_unwatch(&server->loop, server->listen_fd);
}

static void accept_some(struct mock_server *server)
{
    for (int i = 0; i < ACCEPT_MOST; i++) {
        int fd = accept4(server->listen_fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (fd >= 0)
            connection_open(&server->connections, fd);
        else if (errno == EMFILE || errno == ENFILE)
            watch_listener(server, false);
        if (fd < 0)
            return;
    }
}

static void serve_connection(struct mock_server *server, struct connection *connection,
                             uint32_t events)
{
    if (events & EPOLLOUT)
        connection_flush(connection);
    if ((events & ~(uint32_t)EPOLLOUT) && connection_read(connection))
        routes_answer(&server->routes, connection, server->loop.woke_ns);
}

static void free_doomed(struct mock_server *server)
{
    struct connection *connection;
    while ((connection = server->connections.doomed)) {
        server->connections.doomed = connection->next;
        if (connection->stream)
            engine_cancel(&server->engine, connection->stream, server->loop.woke_ns);
        connection_free(connection);
    }
}

static uint64_t next_turn_ns(const struct mock_server *server)
{
    uint64_t due_ns = engine_due_ns(&server->engine);
    uint64_t retry_ns = server->loop.woke_ns + ACCEPT_RETRY_NS;
    return !server->accepts && retry_ns < due_ns ? retry_ns : due_ns;
}

static void *serve(void *context)
{
    struct mock_server *server = context;
    struct loop_ready ready[READY_MOST];
    while (!atomic_load_explicit(&server->stopping, memory_order_acquire)) {
        size_t count = loop_wait(&server->loop, next_turn_ns(server), ready, READY_MOST);
        if (!server->accepts)
            watch_listener(server, true);
        for (size_t i = 0; i < count; i++) {
            if (ready[i].owner == server)
                accept_some(server);
            else
                serve_connection(server, ready[i].owner, ready[i].events);
        }
        engine_run(&server->engine, server->loop.woke_ns);
        free_doomed(server);
    }
    return NULL;
}

static void server_free(struct mock_server *server)
{
    while (server->connections.open)
        connection_doom(server->connections.open, false);
    free_doomed(server);
    if (server->listen_fd >= 0)
        close(server->listen_fd);
    loop_free(&server->loop);
    engine_free(&server->engine);
    free(server);
}

/* Signals belong to the main thread. */
static bool start_thread(struct mock_server *server, struct error *error)
{
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int code = pthread_create(&server->thread, NULL, serve, server);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return code == 0 || error_set(error, "cannot start a thread: %s", strerror(code));
}

struct mock_server *mock_server_start(const struct mock_knobs *knobs, struct error *error)
{
    struct mock_server *server = xcalloc(1, sizeof *server);
    *server = (struct mock_server){.knobs = *knobs, .listen_fd = -1};
    server->connections.loop = &server->loop;
    server->routes = (struct routes){.knobs = &server->knobs, .engine = &server->engine};
    random_seed(&server->routes.random, knobs->seed);
    engine_init(&server->engine, &server->knobs);

    if (!loop_init(&server->loop, error) || (server->listen_fd = open_listener(knobs, error)) < 0)
        goto failed;
    server->port = bound_port(server->listen_fd);
    watch_listener(server, true);
    if (!start_thread(server, error))
        goto failed;
    return server;

failed:
    server_free(server);
    return NULL;
}

uint16_t mock_server_port(const struct mock_server *server)
{
    return server->port;
}

char *mock_server_url(const struct mock_server *server)
{
    bool is_ipv6 = strchr(server->knobs.host, ':') != NULL;
    return xasprintf(is_ipv6 ? "http://[%s]:%u" : "http://%s:%u", server->knobs.host, server->port);
}

void mock_server_stop(struct mock_server *server)
{
    atomic_store_explicit(&server->stopping, true, memory_order_release);
    loop_wake(&server->loop);
    pthread_join(server->thread, NULL);
    server_free(server);
}
