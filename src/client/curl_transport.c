#include "client/curl_transport.h"

#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/memory.h"
#include "client/arrival.h"

#define PIECES_PER_STAMP 16
#define SMALL_PIECE      1024
#define OPENING_S        4.0

/* What epoll tells of one descriptor. */
struct socket_watch {
    int fd;
    bool watched;
    struct curl_transfer *transfer; /* NULL: a connection being opened */
};

struct curl_transport {
    struct transport base;
    CURLM *multi;
    struct socket_watch **sockets; /* by descriptor */
    size_t socket_capacity;
    uint64_t deadline_ns;
    uint64_t stamp_ns;   /* of what is handed over now … */
    uint32_t stamp_uses; /* … and of so many pieces before it in this turn */
};

struct curl_transfer {
    struct transfer transfer;
    struct curl_transport *transport;
    CURL *easy;
    struct curl_slist session_node; /* a header of its own in front of the shared ones */
    uint64_t socket_opened_ns;
    char session_line[256];
    char error[CURL_ERROR_SIZE];
};

/* ---- libcurl's callbacks for one transfer ---- */

/* libcurl hands over each HTTP chunk by itself, though many came in one read: small ones share a
 * reading of the clock, which would be a tenth of their cost. They are parsed within some µs. */
static uint64_t stamp_of_piece(struct curl_transport *curl, size_t bytes)
{
    if (curl->stamp_uses == 0 || curl->stamp_uses == PIECES_PER_STAMP || bytes > SMALL_PIECE) {
        curl->stamp_ns = now_ns();
        curl->stamp_uses = 0;
    }
    curl->stamp_uses++;
    return curl->stamp_ns;
}

static void learn_status(struct curl_transfer *own)
{
    static const uint8_t versions[] = {[CURL_HTTP_VERSION_1_0] = 10,
                                       [CURL_HTTP_VERSION_1_1] = 11,
                                       [CURL_HTTP_VERSION_2_0] = 20,
                                       [CURL_HTTP_VERSION_3] = 30};
    struct record *record = &own->transfer.stream.record;
    long status = 0, version = 0;
    curl_easy_getinfo(own->easy, CURLINFO_RESPONSE_CODE, &status);
    curl_easy_getinfo(own->easy, CURLINFO_HTTP_VERSION, &version);
    record->http_status = (uint16_t)status;
    if (status && version > 0 && version < (long)ARRAY_SIZE(versions))
        record->http_version = versions[version];
}

static size_t on_body(char *data, size_t size, size_t count, void *context)
{
    struct curl_transfer *own = context;
    struct stream *stream = &own->transfer.stream;
    struct text piece = {data, size * count};
    uint64_t stamp_ns = stamp_of_piece(own->transport, piece.size);
    lag_note_stamp(&stream->owner->lag, stamp_ns);
    if (stream->body_kind == BODY_UNSEEN)
        learn_status(own);
    bool wanted = stream_take(stream, piece, stamp_ns);
    stream_read_ends(stream);
    if (!wanted)
        return 0;
    transfer_note_done(&own->transfer);
    return piece.size;
}

static size_t on_header(char *data, size_t size, size_t count, void *context)
{
    struct curl_transfer *own = context;
    (void)data;
    stream_note_head(&own->transfer.stream, now_ns());
    return size * count;
}

/* The connection is ready and the request about to be written. Fires again when libcurl retries on
 * a fresh connection because the server had closed a kept one. */
static int on_ready(void *context, char *ip, char *local_ip, int port, int local_port)
{
    struct curl_transfer *own = context;
    (void)ip, (void)local_ip, (void)port, (void)local_port;
    stream_note_sent(&own->transfer.stream, own->socket_opened_ns);
    own->socket_opened_ns = 0;
    own->transport->stamp_uses = 0; /* no answer is older than its request */
    return CURL_PREREQFUNC_OK;
}

static int on_socket(void *context, curl_socket_t fd, curlsocktype purpose)
{
    struct curl_transfer *own = context;
    (void)purpose;
    own->socket_opened_ns = now_ns();
    arrival_enable(fd);
    return CURL_SOCKOPT_OK;
}

static struct transfer *curl_transfer_new(struct transport *transport)
{
    const struct transfer_settings *settings = transport->owner->settings;
    CURL *easy = curl_easy_init();
    if (!easy)
        return NULL;
    struct curl_transfer *own = xcalloc(1, sizeof *own);
    transfer_init(&own->transfer, transport->owner);
    own->transport = (struct curl_transport *)transport;
    own->easy = easy;
    http_apply_settings(easy, settings->http);
    curl_easy_setopt(easy, CURLOPT_PRIVATE, own);
    curl_easy_setopt(easy, CURLOPT_URL, settings->url);
    curl_easy_setopt(easy, CURLOPT_POST, 1L);
    http_set_receiver(easy, own->error, on_body, on_header, own);
    curl_easy_setopt(easy, CURLOPT_PREREQFUNCTION, on_ready);
    curl_easy_setopt(easy, CURLOPT_PREREQDATA, own);
    curl_easy_setopt(easy, CURLOPT_SOCKOPTFUNCTION, on_socket);
    curl_easy_setopt(easy, CURLOPT_SOCKOPTDATA, own);
    curl_easy_setopt(easy, CURLOPT_QUICK_EXIT, 1L);
    if (settings->fresh_connections) {
        curl_easy_setopt(easy, CURLOPT_FRESH_CONNECT, 1L);
        curl_easy_setopt(easy, CURLOPT_FORBID_REUSE, 1L);
    }
    return &own->transfer;
}

static void curl_transfer_free(struct transfer *transfer)
{
    struct curl_transfer *own = (struct curl_transfer *)transfer;
    curl_easy_cleanup(own->easy);
    transfer_free(transfer);
    free(own);
}

/* ---- one transfer's way ---- */

static struct curl_slist *headers_for(struct curl_transfer *own, const struct request *request)
{
    const struct transfer_settings *settings = own->transport->base.owner->settings;
    if (!settings->session_header || !request->session_id)
        return settings->headers;
    snprintf(own->session_line, sizeof own->session_line, "%s: %s", settings->session_header,
             request->session_id);
    own->session_node = (struct curl_slist){.data = own->session_line, .next = settings->headers};
    return &own->session_node;
}

static void curl_start(struct transport *transport, struct transfer *transfer)
{
    struct curl_transport *curl = (struct curl_transport *)transport;
    struct curl_transfer *own = (struct curl_transfer *)transfer;
    const struct request *request = transfer->stream.request;
    own->socket_opened_ns = 0;
    own->error[0] = '\0';
    curl_easy_setopt(own->easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)request->body.size);
    curl_easy_setopt(own->easy, CURLOPT_POSTFIELDS, request->body.data);
    curl_easy_setopt(own->easy, CURLOPT_HTTPHEADER, headers_for(own, request));
    if (curl_multi_add_handle(curl->multi, own->easy) != CURLM_OK)
        transfer_break(transfer, ERR_CONNECT, "libcurl did not take the request");
}

/* FORBID_REUSE would come too late: removing an unfinished transfer closes its connection. */
static void curl_stop(struct transport *transport, struct transfer *transfer)
{
    struct curl_transfer *own = (struct curl_transfer *)transfer;
    curl_multi_remove_handle(((struct curl_transport *)transport)->multi, own->easy);
    learn_status(own);
}

/* Which failure a libcurl code is, when the stream itself did not say. */
static enum error_class class_of(const struct transfer *transfer, CURLcode code)
{
    bool sent = transfer->stream.record.sent_ns != 0;
    switch ((int)code) {
    case CURLE_OPERATION_TIMEDOUT:
        return sent ? ERR_TIMEOUT_TOTAL : ERR_TIMEOUT_CONNECT;
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CERTPROBLEM:
    case CURLE_SSL_CIPHER:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_ISSUER_ERROR:
        return ERR_TLS;
    default:
        return sent ? ERR_TRUNCATED : ERR_CONNECT;
    }
}

static void finish(struct curl_transport *curl, struct curl_transfer *own, CURLcode code)
{
    curl_multi_remove_handle(curl->multi, own->easy);
    learn_status(own);
    if (code == CURLE_OK)
        transfer_end(&own->transfer);
    else
        transfer_break(&own->transfer, class_of(&own->transfer, code),
                       http_failure_text(own->easy, (int)code, own->error));
}

static void check_done(struct curl_transport *curl)
{
    struct transfer_owner *owner = curl->base.owner;
    CURLMsg *message;
    int left;
    while ((message = curl_multi_info_read(curl->multi, &left))) {
        if (message->msg != CURLMSG_DONE)
            continue;
        CURL *easy = message->easy_handle;
        CURLcode code = message->data.result;
        char *private = NULL;
        curl_easy_getinfo(easy, CURLINFO_PRIVATE, &private);
        if (private) {
            finish(curl, (struct curl_transfer *)(void *)private, code);
        } else {
            curl_multi_remove_handle(curl->multi, easy);
            curl_easy_cleanup(easy);
            owner->opened(owner->context, 1);
        }
    }
}

/* ---- connections that are open before a round ---- */

static size_t ignore_body(char *data, size_t size, size_t count, void *context)
{
    (void)data, (void)context;
    return size * count;
}

static int stamp_opened_socket(void *context, curl_socket_t fd, curlsocktype purpose)
{
    (void)context, (void)purpose;
    arrival_enable(fd);
    return CURL_SOCKOPT_OK;
}

/* One that took no request would not be used again. */
static bool curl_open(struct transport *transport, const char *url)
{
    const struct transfer_settings *settings = transport->owner->settings;
    CURL *easy = curl_easy_init();
    if (!easy)
        return false;
    http_apply_settings(easy, settings->http);
    curl_easy_setopt(easy, CURLOPT_PRIVATE, NULL);
    curl_easy_setopt(easy, CURLOPT_URL, url);
    curl_easy_setopt(easy, CURLOPT_HTTPHEADER, settings->headers);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, ignore_body);
    curl_easy_setopt(easy, CURLOPT_SOCKOPTFUNCTION, stamp_opened_socket);
    curl_easy_setopt(easy, CURLOPT_FRESH_CONNECT, 1L);
    curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, clock_real_ms(OPENING_S));
    if (curl_multi_add_handle(((struct curl_transport *)transport)->multi, easy) == CURLM_OK)
        return true;
    curl_easy_cleanup(easy);
    return false;
}

static void curl_keep(struct transport *transport, uint32_t connections)
{
    if (connections != UINT32_MAX)
        curl_multi_setopt(((struct curl_transport *)transport)->multi, CURLMOPT_MAXCONNECTS,
                          (long)connections + 1);
}

/* ---- libcurl's sockets in epoll ---- */

static struct socket_watch *watch_of(struct curl_transport *curl, int fd)
{
    size_t index = (size_t)fd;
    if (index >= curl->socket_capacity) {
        size_t capacity = curl->socket_capacity ? curl->socket_capacity : 1024;
        while (capacity <= index)
            capacity *= 2;
        curl->sockets = xreallocarray(curl->sockets, capacity, sizeof *curl->sockets);
        for (size_t i = curl->socket_capacity; i < capacity; i++)
            curl->sockets[i] = NULL;
        curl->socket_capacity = capacity;
    }
    if (!curl->sockets[index]) {
        curl->sockets[index] = xcalloc(1, sizeof **curl->sockets);
        curl->sockets[index]->fd = fd;
    }
    return curl->sockets[index];
}

static int on_socket_change(CURL *easy, curl_socket_t fd, int what, void *context, void *assigned)
{
    struct curl_transport *curl = context;
    struct socket_watch *watch = watch_of(curl, fd);
    (void)assigned;
    watch->watched = what != CURL_POLL_REMOVE;
    if (!watch->watched) {
        watch->transfer = NULL;
        loop_unwatch(curl->base.loop, fd);
        return 0;
    }
    char *private = NULL;
    curl_easy_getinfo(easy, CURLINFO_PRIVATE, &private);
    watch->transfer = (struct curl_transfer *)(void *)private;
    uint32_t events = (what & CURL_POLL_IN ? EPOLLIN : 0u) | (what & CURL_POLL_OUT ? EPOLLOUT : 0u);
    return loop_watch(curl->base.loop, fd, events, watch) ? 0 : -1;
}

/* May fire inside curl_multi_add_handle, where no multi call is allowed: only the deadline is kept.
 */
static int on_timer_change(CURLM *multi, long timeout_ms, void *context)
{
    struct curl_transport *curl = context;
    (void)multi;
    curl->deadline_ns = timeout_ms < 0
                            ? LOOP_FOREVER
                            : now_ns() + clock_driven_ns((uint64_t)timeout_ms * NS_PER_MS);
    return 0;
}

static void socket_action(struct curl_transport *curl, curl_socket_t fd, int what)
{
    int running;
    curl_multi_socket_action(curl->multi, fd, what, &running);
    lag_end_turn(&curl->base.owner->lag);
    transfer_owner_alive(curl->base.owner, now_ns(), 0);
}

static void begin_turn(struct curl_transport *curl)
{
    lag_begin_turn(&curl->base.owner->lag);
    curl->stamp_uses = 0;
}

/* How long bytes had been in the kernel is asked at each wake of a request that waits for its first
 * token, else for the sample. The wake-up alone does not tell: a thread that waits for its
 * processor has not been woken yet. */
static void look_at_arrival(struct curl_transport *curl, const struct socket_watch *watch,
                            bool sampled)
{
    struct lag *lag = &curl->base.owner->lag;
    const struct transfer *transfer = watch->transfer ? &watch->transfer->transfer : NULL;
    const struct record *record = transfer && transfer->in_flight ? &transfer->stream.record : NULL;
    bool awaits_token = record && record->sent_ns && !record->first_token_ns;
    lag->by_chance = sampled;
    lag->looked = awaits_token || sampled;
    lag_note_arrival(lag, lag->looked ? arrival_peek_ns(watch->fd) : 0, curl->base.loop->woke_ns,
                     record ? record->sent_ns : 0);
}

static void curl_serve(struct transport *transport, const struct loop_ready *ready, size_t count)
{
    struct curl_transport *curl = (struct curl_transport *)transport;
    size_t sampled = lag_sample(&transport->owner->lag, transport->loop->woke_ns, count);
    for (size_t i = 0; i < count; i++) {
        const struct socket_watch *watch = ready[i].owner;
        if (!watch->watched)
            continue;
        uint32_t events = ready[i].events;
        begin_turn(curl);
        if (events & EPOLLIN)
            look_at_arrival(curl, watch, i == sampled);
        int what = (events & (EPOLLIN | EPOLLHUP) ? CURL_CSELECT_IN : 0) |
                   (events & EPOLLOUT ? CURL_CSELECT_OUT : 0) |
                   (events & EPOLLERR ? CURL_CSELECT_ERR : 0);
        socket_action(curl, watch->fd, what);
    }
    check_done(curl);
}

static uint64_t curl_next_ns(const struct transport *transport)
{
    return ((const struct curl_transport *)transport)->deadline_ns;
}

static void curl_serve_timers(struct transport *transport)
{
    struct curl_transport *curl = (struct curl_transport *)transport;
    if (now_ns() < curl->deadline_ns)
        return;
    curl->deadline_ns = LOOP_FOREVER;
    begin_turn(curl);
    lag_note_arrival(&transport->owner->lag, 0, transport->loop->woke_ns, 0);
    socket_action(curl, CURL_SOCKET_TIMEOUT, 0);
    check_done(curl);
}

/* ---- life ---- */

static struct transport *curl_new(struct loop *loop, struct transfer_owner *owner,
                                  struct error *error)
{
    CURLM *multi = curl_multi_init();
    if (!multi) {
        error_set(error, "libcurl cannot make a multi handle");
        return NULL;
    }
    struct curl_transport *curl = xcalloc(1, sizeof *curl);
    *curl =
        (struct curl_transport){.base = {loop, owner}, .multi = multi, .deadline_ns = LOOP_FOREVER};
    curl_multi_setopt(multi, CURLMOPT_SOCKETFUNCTION, on_socket_change);
    curl_multi_setopt(multi, CURLMOPT_SOCKETDATA, curl);
    curl_multi_setopt(multi, CURLMOPT_TIMERFUNCTION, on_timer_change);
    curl_multi_setopt(multi, CURLMOPT_TIMERDATA, curl);
    return &curl->base;
}

static void curl_free_transport(struct transport *transport)
{
    struct curl_transport *curl = (struct curl_transport *)transport;
    curl_multi_cleanup(curl->multi);
    for (size_t i = 0; i < curl->socket_capacity; i++)
        free(curl->sockets[i]);
    free(curl->sockets);
    free(curl);
}

const struct transport_kind curl_transport = {
    .name = "libcurl",
    .create = curl_new,
    .destroy = curl_free_transport,
    .transfer_new = curl_transfer_new,
    .transfer_free = curl_transfer_free,
    .start = curl_start,
    .stop = curl_stop,
    .keep = curl_keep,
    .open = curl_open,
    .serve = curl_serve,
    .next_ns = curl_next_ns,
    .serve_timers = curl_serve_timers,
};
