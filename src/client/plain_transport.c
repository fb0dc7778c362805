#include "client/plain_transport.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>
#include <sys/uio.h>

#include "base/memory.h"
#include "base/ring.h"
#include "client/channels.h"
#include "client/http_reply.h"
#include "client/opening.h"
#include "client/request_head.h"

/* Of one read. Whole chunks of many tokens lie in it; it stays in the processor's cache. */
#define READ_BYTES (32u << 10)
/* How old the two clocks' difference may be. */
#define CLOCK_NS NS_PER_MS

struct plain_transport {
    struct transport base;
    struct channels channels;
    struct request_head head;
    struct opening opening;
    struct arrival_clock clock;
    char bytes[READ_BYTES];
};

/* One request on its way. What a chunk touches lies side by side, up to the transfer's stream. */
struct exchange {
    struct channel *channel;
    struct http_reply reply;
    bool written; /* all of it, or it makes no sense to go on */
    bool whole;   /* all of it */
    bool again;   /* a kept connection turned out closed: this is the second time */
    struct transfer transfer;
    size_t sent; /* bytes of head, tail and body */
    uint16_t tail_size;
    char tail[320]; /* of the head: what this request has of its own */
};

static struct exchange *exchange_of(struct transfer *transfer)
{
    return (struct exchange *)(void *)((char *)transfer - offsetof(struct exchange, transfer));
}

static struct plain_transport *plain_of(struct exchange *exchange)
{
    return (struct plain_transport *)exchange->transfer.stream.owner->transport;
}

/* ---- ends ---- */

static void leave_channel(struct exchange *exchange, bool keep)
{
    struct channels *channels = &plain_of(exchange)->channels;
    struct channel *channel = exchange->channel;
    exchange->channel = NULL;
    if (channel && keep)
        channels_put(channels, channel);
    else if (channel)
        channels_drop(channels, channel);
}

static void learn_status(struct exchange *exchange)
{
    struct record *record = &exchange->transfer.stream.record;
    record->http_status = exchange->reply.status;
    if (record->http_status)
        record->http_version = exchange->reply.old_version ? 10 : 11;
}

static void break_off(struct exchange *exchange, enum error_class class, const char *text)
{
    learn_status(exchange);
    leave_channel(exchange, false);
    transfer_break(&exchange->transfer, class, text);
}

static void end(struct exchange *exchange, bool keep)
{
    learn_status(exchange);
    leave_channel(exchange, keep);
    transfer_end(&exchange->transfer);
}

static void fail_to_connect(struct exchange *exchange, int reason)
{
    if (reason == ETIMEDOUT)
        break_off(exchange, ERR_TIMEOUT_CONNECT, "timed out");
    else
        break_off(exchange, ERR_CONNECT, strerrordesc_np(reason));
}

/* ---- writing ---- */

/* The session's header and the body's length stand at the end of the head. */
static void make_tail(struct exchange *exchange)
{
    const struct transfer_settings *settings = exchange->transfer.stream.owner->settings;
    const struct request *request = exchange->transfer.stream.request;
    int size = 0;
    if (settings->session_header && request->session_id) {
        size =
            snprintf(exchange->tail, 254, "%s: %s", settings->session_header, request->session_id);
        size = size < 254 ? size : 253;
        memcpy(exchange->tail + size, "\r\n", 2);
        size += 2;
    }
    size += snprintf(exchange->tail + size, sizeof exchange->tail - (size_t)size,
                     "Content-Length: %zu\r\n\r\n", request->body.size);
    exchange->tail_size = (uint16_t)size;
}

static struct iovec piece_of(struct text text)
{
    return (struct iovec){.iov_base = (void *)(uintptr_t)text.data, .iov_len = text.size};
}

/* Where the server takes no more, it may have answered all the same: reading tells. */
static void write_on(struct exchange *exchange)
{
    struct plain_transport *plain = plain_of(exchange);
    struct text head = buffer_text(&plain->head.post),
                body = exchange->transfer.stream.request->body;
    const struct iovec pieces[] = {
        piece_of(head), {exchange->tail, exchange->tail_size}, piece_of(body)};
    size_t size = head.size + exchange->tail_size + body.size;
    ssize_t wrote = channel_write(exchange->channel, pieces, ARRAY_SIZE(pieces), exchange->sent);
    if (wrote >= 0)
        exchange->sent += (size_t)wrote;
    exchange->whole = exchange->sent == size;
    exchange->written = exchange->whole || (wrote < 0 && errno != EAGAIN && errno != EINTR);
    uint32_t events = exchange->written ? EPOLLIN : EPOLLIN | EPOLLOUT;
    if (!channel_watch(exchange->channel, plain->base.loop, events))
        break_off(exchange, ERR_CONNECT, strerrordesc_np(errno));
}

static void send_request(struct exchange *exchange)
{
    struct channel *channel = exchange->channel;
    http_reply_reset(&exchange->reply);
    exchange->sent = 0;
    stream_note_sent(&exchange->transfer.stream, channel->used ? 0 : channel->opened_ns);
    write_on(exchange);
}

static void connect_for(struct exchange *exchange)
{
    exchange->channel = channels_open(&plain_of(exchange)->channels, exchange, UINT64_MAX);
    if (!exchange->channel)
        fail_to_connect(exchange, errno);
}

static void plain_start(struct transport *transport, struct transfer *transfer)
{
    struct plain_transport *plain = (struct plain_transport *)transport;
    struct exchange *exchange = exchange_of(transfer);
    exchange->again = false;
    make_tail(exchange);
    http_reply_reset(&exchange->reply);
    exchange->channel = channels_take(&plain->channels);
    if (!exchange->channel) {
        connect_for(exchange);
        return;
    }
    exchange->channel->owner = exchange;
    send_request(exchange);
}

static void plain_stop(struct transport *transport, struct transfer *transfer)
{
    struct exchange *exchange = exchange_of(transfer);
    (void)transport;
    learn_status(exchange);
    leave_channel(exchange, false);
}

/* ---- reading ---- */

/* What a server does that closes a kept connection just when it is used again: nothing of the
 * request was answered, so it is sent once more. */
static bool may_send_again(const struct exchange *exchange)
{
    return exchange->channel->used && !exchange->again && !http_reply_has_begun(&exchange->reply);
}

/* The connection ended, for that reason; 0 = in order. */
static void on_lost(struct exchange *exchange, int reason)
{
    if (may_send_again(exchange)) {
        exchange->again = true;
        leave_channel(exchange, false);
        connect_for(exchange);
    } else if (reason) {
        break_off(exchange, ERR_TRUNCATED, strerrordesc_np(reason));
    } else if (http_reply_finish(&exchange->reply)) {
        end(exchange, false);
    } else {
        break_off(exchange, ERR_TRUNCATED, exchange->reply.broken);
    }
}

/* Bytes through the reply into the stream, up to the next thing that ends it. False when the stream
 * wants no more. */
static bool take_bytes(struct exchange *exchange, struct text *bytes, uint64_t now,
                       enum reply_step *step)
{
    struct stream *stream = &exchange->transfer.stream;
    struct text body;
    bool wanted = true;
    while (wanted && (*step = http_reply_next(&exchange->reply, bytes, &body)) == REPLY_BODY) {
        if (stream->body_kind == BODY_UNSEEN)
            learn_status(exchange);
        lag_note_stamp(&stream->owner->lag, now);
        wanted = stream_take(stream, body, now);
    }
    if (http_reply_has_status(&exchange->reply))
        stream_note_head(stream, now);
    stream_read_ends(stream);
    return wanted;
}

static void on_bytes(struct exchange *exchange, struct text bytes, uint64_t now)
{
    const struct transfer_settings *settings = exchange->transfer.stream.owner->settings;
    enum reply_step step;
    bool wanted = take_bytes(exchange, &bytes, now, &step);
    lag_end_turn(&exchange->transfer.stream.owner->lag);
    if (!wanted)
        break_off(exchange, ERR_TOO_LARGE, "");
    else if (step == REPLY_BROKEN)
        break_off(exchange, ERR_TRUNCATED, exchange->reply.broken);
    else if (step == REPLY_END)
        end(exchange, exchange->reply.keeps && exchange->whole && bytes.size == 0 &&
                          !settings->fresh_connections);
    else
        transfer_note_done(&exchange->transfer);
}

/* Of thousands of streams none is in the cache: it comes while the kernel copies. */
static void prefetch(const struct exchange *exchange)
{
    const char *end = exchange->transfer.stream.sse.name;
    for (const char *at = (const char *)exchange; at < end; at += CACHE_LINE)
        __builtin_prefetch(at, 1);
}

static void read_answer(struct plain_transport *plain, struct channel *channel, bool sampled)
{
    struct transfer_owner *owner = plain->base.owner;
    struct exchange *exchange = channel->owner;
    const struct record *record = &exchange->transfer.stream.record;
    uint64_t arrived_ns;
    prefetch(exchange);
    ssize_t got =
        channel_read(channel, plain->bytes, sizeof plain->bytes, &plain->clock, &arrived_ns);
    if (got < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    int reason = got < 0 ? errno : 0;
    uint64_t now = now_ns();
    transfer_owner_alive(owner, now, 0);
    if (got <= 0) {
        on_lost(exchange, reason);
        return;
    }
    lag_begin_turn(&owner->lag);
    owner->lag.by_chance = sampled;
    owner->lag.looked = sampled || !record->first_token_ns;
    owner->lag.each = true;
    lag_note_arrival(&owner->lag, arrived_ns, plain->base.loop->woke_ns, record->sent_ns);
    on_bytes(exchange, (struct text){plain->bytes, (size_t)got}, now);
}

static bool plain_open(struct transport *transport, const char *url)
{
    opening_begin(&((struct plain_transport *)transport)->opening, url);
    return true;
}

/* ---- what the loop tells ---- */

static void on_connecting_failed(struct plain_transport *plain, struct channel *channel, int reason)
{
    reason = channels_try_next(&plain->channels, channel, reason);
    if (reason == 0)
        return;
    if (channel->owner == &plain->opening)
        opening_note_failed(&plain->opening, channel);
    else
        fail_to_connect(channel->owner, reason);
}

static void on_connecting(struct plain_transport *plain, struct channel *channel)
{
    int reason = channel_connected(channel);
    if (reason == 0 && !channel_watch(channel, plain->base.loop, EPOLLIN))
        reason = errno;
    if (reason) {
        on_connecting_failed(plain, channel, reason);
        return;
    }
    channels_note_connected(&plain->channels, channel);
    if (channel->owner == &plain->opening)
        opening_note_connected(&plain->opening, channel);
    else
        send_request(channel->owner);
}

static void on_ready(struct plain_transport *plain, struct channel *channel, uint32_t events,
                     bool sampled)
{
    if (channel->connecting) {
        on_connecting(plain, channel);
    } else if (!channel->owner) {
        channels_drop(&plain->channels, channel); /* closed, or it sends what nobody asked for */
    } else if (channel->owner == &plain->opening) {
        opening_read(&plain->opening, plain->bytes, sizeof plain->bytes);
    } else {
        if (events & EPOLLOUT)
            write_on(channel->owner);
        if (events & (EPOLLIN | EPOLLHUP | EPOLLERR) && channel->fd >= 0)
            read_answer(plain, channel, sampled);
    }
}

static void plain_serve(struct transport *transport, const struct loop_ready *ready, size_t count)
{
    struct plain_transport *plain = (struct plain_transport *)transport;
    uint64_t woke_ns = transport->loop->woke_ns;
    size_t sampled = lag_sample(&transport->owner->lag, woke_ns, count);
    if (woke_ns - plain->clock.now_ns > clock_driven_ns(CLOCK_NS))
        plain->clock = arrival_clock_read();
    for (size_t i = 0; i < count; i++) {
        struct channel *channel = ready[i].owner;
        if (i + 1 < count)
            __builtin_prefetch(ready[i + 1].owner);
        if (channel->fd >= 0)
            on_ready(plain, channel, ready[i].events, i == sampled);
    }
    channels_bury(&plain->channels);
}

static uint64_t plain_next_ns(const struct transport *transport)
{
    return timers_first_ns(&((const struct plain_transport *)transport)->channels.timers);
}

static void plain_serve_timers(struct transport *transport)
{
    struct plain_transport *plain = (struct plain_transport *)transport;
    struct channel *late;
    if (plain_next_ns(transport) == UINT64_MAX)
        return;
    while ((late = channels_take_late(&plain->channels, now_ns()))) {
        if (late->connecting)
            on_connecting_failed(plain, late, ETIMEDOUT);
        else
            opening_give_up(&plain->opening);
    }
    channels_bury(&plain->channels);
}

static void plain_keep(struct transport *transport, uint32_t connections)
{
    channels_keep_most(&((struct plain_transport *)transport)->channels, connections);
}

/* ---- life ---- */

static struct transfer *plain_transfer_new(struct transport *transport)
{
    struct exchange *exchange = xcalloc(1, sizeof *exchange);
    transfer_init(&exchange->transfer, transport->owner);
    return &exchange->transfer;
}

static void plain_transfer_free(struct transfer *transfer)
{
    struct exchange *exchange = exchange_of(transfer);
    http_reply_free(&exchange->reply);
    transfer_free(transfer);
    free(exchange);
}

static struct transport *plain_new(struct loop *loop, struct transfer_owner *owner,
                                   struct error *error)
{
    const struct transfer_settings *settings = owner->settings;
    struct plain_transport *plain = xcalloc(1, sizeof *plain);
    plain->base = (struct transport){loop, owner};
    channels_init(&plain->channels, loop, settings->http);
    opening_init(&plain->opening, &plain->channels, &plain->head, owner);
    plain->clock = arrival_clock_read();
    if (request_head_init(&plain->head, settings->url, settings->http->user_agent,
                          settings->headers))
        return &plain->base;
    error_set(error, "%s is not a URL", settings->url);
    free(plain);
    return NULL;
}

static void plain_free(struct transport *transport)
{
    struct plain_transport *plain = (struct plain_transport *)transport;
    channels_free(&plain->channels);
    request_head_free(&plain->head);
    opening_free(&plain->opening);
    free(plain);
}

const struct transport_kind plain_transport = {
    .name = "plain",
    .create = plain_new,
    .destroy = plain_free,
    .transfer_new = plain_transfer_new,
    .transfer_free = plain_transfer_free,
    .start = plain_start,
    .stop = plain_stop,
    .keep = plain_keep,
    .open = plain_open,
    .serve = plain_serve,
    .next_ns = plain_next_ns,
    .serve_timers = plain_serve_timers,
};

bool plain_transport_fits(const char *url, const struct http_settings *http,
                          const struct curl_slist *headers)
{
    return strncasecmp(url, "http://", 7) == 0 && http->address_count && !http->proxy &&
           !http->unix_socket && !http->http2 && !request_head_has_user(url) &&
           !request_head_is_special(headers);
}
