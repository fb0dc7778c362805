#include "client/opening.h"

#include <errno.h>
#include <sys/uio.h>

#include "base/clock.h"

/* How long each may take, and then the answer of the last one. */
#define OPENING_NS (4 * NS_PER_S)

void opening_init(struct opening *opening, struct channels *channels,
                  const struct request_head *head, struct transfer_owner *owner)
{
    *opening = (struct opening){.channels = channels, .head = head, .owner = owner};
}

void opening_free(struct opening *opening)
{
    http_reply_free(&opening->reply);
    buffer_free(&opening->request);
}

void opening_begin(struct opening *opening, const char *url)
{
    if (!channels_open(opening->channels, opening, OPENING_NS)) {
        opening->owner->opened(opening->owner->context, 1); /* as far as it can be */
        return;
    }
    if (opening->count == 0) {
        buffer_clear(&opening->request);
        request_head_put_get(opening->head, url, &opening->request);
    }
    opening->count++;
    opening->connecting++;
}

static void tell(struct opening *opening)
{
    uint32_t count = opening->count;
    opening->count = 0;
    opening->last = NULL;
    opening->owner->opened(opening->owner->context, count);
}

void opening_give_up(struct opening *opening)
{
    channels_drop(opening->channels, opening->last);
    opening->last = NULL;
    if (opening->connecting == 0)
        tell(opening);
}

static void ask(struct opening *opening)
{
    struct iovec piece = {.iov_base = opening->request.data, .iov_len = opening->request.size};
    http_reply_reset(&opening->reply);
    channels_set_timer(opening->channels, opening->last, now_ns() + OPENING_NS);
    /* A fresh connection has room for so little. */
    if (channel_write(opening->last, &piece, 1, 0) != (ssize_t)piece.iov_len)
        opening_give_up(opening);
}

static void note_settled(struct opening *opening)
{
    if (--opening->connecting)
        return;
    if (opening->last)
        ask(opening);
    else
        tell(opening);
}

void opening_note_connected(struct opening *opening, struct channel *channel)
{
    if (opening->last)
        channels_put(opening->channels, opening->last);
    opening->last = channel;
    note_settled(opening);
}

void opening_note_failed(struct opening *opening, struct channel *channel)
{
    channels_drop(opening->channels, channel);
    note_settled(opening);
}

void opening_read(struct opening *opening, char *bytes, size_t size)
{
    ssize_t got = recv(opening->last->fd, bytes, size, 0);
    if (got < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    bool asked = opening->connecting == 0;
    struct text rest = {bytes, got > 0 && asked ? (size_t)got : 0}, body;
    enum reply_step step = rest.size ? REPLY_BODY : REPLY_BROKEN;
    while (step == REPLY_BODY)
        step = http_reply_next(&opening->reply, &rest, &body);
    if (step == REPLY_MORE)
        return;
    if (step == REPLY_END && opening->reply.keeps && rest.size == 0) {
        timers_remove(&opening->channels->timers, &opening->last->timer);
        channels_put(opening->channels, opening->last);
        tell(opening);
    } else {
        opening_give_up(opening);
    }
}
