#include "client/transfer.h"

#include <math.h>

#include "client/transport.h"

/* How long a server may take to end its answer after [DONE]. */
#define DONE_GRACE_NS NS_PER_S

void transfer_init(struct transfer *transfer, struct transfer_owner *owner)
{
    *transfer = (struct transfer){.limit_ns = UINT64_MAX};
    stream_init(&transfer->stream, owner);
}

void transfer_free(struct transfer *transfer)
{
    timers_remove(&transfer->stream.owner->limits, &transfer->limit);
    stream_free(&transfer->stream);
}

/* ---- limits ---- */

/* A timer that comes earlier is left: it finds the next one itself. So a slot whose requests end in
 * time seldom touches the heap. */
static void limit_by(struct transfer *transfer, uint64_t at_ns)
{
    if (at_ns >= transfer->limit_ns)
        return;
    transfer->limit_ns = at_ns;
    timers_set(&transfer->stream.owner->limits, &transfer->limit, at_ns);
}

static uint64_t after_s(uint64_t from_ns, double seconds)
{
    double ns = seconds * 1e9;
    return ns < (double)(UINT64_MAX / 2) ? from_ns + (uint64_t)ns : UINT64_MAX;
}

static uint64_t total_limit_ns(const struct stream *stream)
{
    return after_s(stream->record.dispatched_ns, stream->owner->settings->timeout_s);
}

/* One that is not sent yet counts from now: the timer may come too early. */
static uint64_t first_token_limit_ns(const struct stream *stream, uint64_t now)
{
    const struct record *record = &stream->record;
    double limit_s = stream->owner->settings->first_token_timeout_s;
    if (isnan(limit_s) || record->first_token_ns)
        return UINT64_MAX;
    return after_s(record->sent_ns ? record->sent_ns : now, limit_s);
}

static uint64_t done_limit_ns(const struct stream *stream)
{
    return stream->done_ns ? stream->done_ns + DONE_GRACE_NS : UINT64_MAX;
}

static void set_limit(struct transfer *transfer, uint64_t now)
{
    limit_by(transfer, total_limit_ns(&transfer->stream));
    limit_by(transfer, first_token_limit_ns(&transfer->stream, now));
    limit_by(transfer, done_limit_ns(&transfer->stream));
}

void transfer_note_done(struct transfer *transfer)
{
    if (transfer->stream.done_ns)
        limit_by(transfer, done_limit_ns(&transfer->stream));
}

/* ---- life ---- */

void transfer_start(struct transfer *transfer, const struct request *request, uint64_t intended_ns,
                    bool ramped)
{
    struct transport *transport = transfer->stream.owner->transport;
    stream_begin(&transfer->stream, request, intended_ns, ramped);
    transfer->in_flight = true;
    set_limit(transfer, transfer->stream.record.dispatched_ns);
    transfer->stream.owner->settings->transport->start(transport, transfer);
}

static void leave(struct transfer *transfer, uint64_t now)
{
    struct transfer_owner *owner = transfer->stream.owner;
    transfer->in_flight = false;
    transfer->free_since_ns = now;
    owner->ended(owner->context, transfer);
}

void transfer_end(struct transfer *transfer)
{
    uint64_t now = now_ns();
    stream_end(&transfer->stream, now);
    leave(transfer, now);
}

void transfer_break(struct transfer *transfer, enum error_class class, const char *text)
{
    uint64_t now = now_ns();
    stream_break(&transfer->stream, now, class, text);
    leave(transfer, now);
}

static void stop(struct transfer *transfer)
{
    struct transfer_owner *owner = transfer->stream.owner;
    owner->settings->transport->stop(owner->transport, transfer);
}

void transfer_abort(struct transfer *transfer, enum error_class class, const char *text)
{
    stop(transfer);
    transfer_break(transfer, class, text);
}

static void check_limit(struct transfer *transfer, uint64_t now)
{
    const struct stream *stream = &transfer->stream;
    const struct record *record = &stream->record;
    if (now > done_limit_ns(stream)) {
        stop(transfer);
        transfer_end(transfer);
    } else if (now > first_token_limit_ns(stream, now)) {
        transfer_abort(transfer, ERR_TIMEOUT_FIRST_TOKEN, "no token within --first-token-timeout");
    } else if (now > total_limit_ns(stream)) {
        transfer_abort(transfer, record->sent_ns ? ERR_TIMEOUT_TOTAL : ERR_TIMEOUT_CONNECT,
                       "timed out");
    } else {
        set_limit(transfer, now);
    }
}

void transfer_check_limits(struct transfer_owner *owner, uint64_t now)
{
    while (timers_first_ns(&owner->limits) < now) {
        struct timer *timer = timers_first(&owner->limits);
        struct transfer *transfer =
            (struct transfer *)(void *)((char *)timer - offsetof(struct transfer, limit));
        timers_remove(&owner->limits, timer);
        transfer->limit_ns = UINT64_MAX;
        if (transfer->in_flight)
            check_limit(transfer, now);
    }
}
