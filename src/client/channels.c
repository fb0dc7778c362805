#include "client/channels.h"

#include <errno.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/memory.h"

void channels_init(struct channels *channels, struct loop *loop, const struct http_settings *http)
{
    *channels = (struct channels){.loop = loop, .http = http, .idle_most = UINT32_MAX};
}

void channels_free(struct channels *channels)
{
    channels_keep_most(channels, 0);
    channels_bury(channels);
    timers_free(&channels->timers);
}

/* ---- those that are kept ---- */

static void leave_list(struct channels *channels, struct channel *channel)
{
    *(channel->newer ? &channel->newer->older : &channels->newest) = channel->older;
    *(channel->older ? &channel->older->newer : &channels->oldest) = channel->newer;
    channel->newer = channel->older = NULL;
    channels->idle_count--;
}

static bool is_idle(const struct channels *channels, const struct channel *channel)
{
    return channel->newer || channel->older || channels->newest == channel;
}

void channels_keep_most(struct channels *channels, uint32_t most)
{
    channels->idle_most = most;
    while (channels->idle_count > most)
        channels_drop(channels, channels->oldest);
}

struct channel *channels_take(struct channels *channels)
{
    struct channel *channel;
    while ((channel = channels->newest)) {
        if (!channel_is_spent(channel)) {
            leave_list(channels, channel);
            return channel;
        }
        channels_drop(channels, channel);
    }
    return NULL;
}

void channels_put(struct channels *channels, struct channel *channel)
{
    channel->owner = NULL;
    channel->used = true;
    channel->older = channels->newest;
    *(channels->newest ? &channels->newest->newer : &channels->oldest) = channel;
    channels->newest = channel;
    channels->idle_count++;
    channels_keep_most(channels, channels->idle_most);
}

void channels_drop(struct channels *channels, struct channel *channel)
{
    if (is_idle(channels, channel))
        leave_list(channels, channel);
    timers_remove(&channels->timers, &channel->timer);
    channel_close(channel, channels->loop);
    channel->owner = NULL;
    channel->older = channels->gone;
    channels->gone = channel;
}

void channels_bury(struct channels *channels)
{
    while (channels->gone) {
        struct channel *channel = channels->gone;
        channels->gone = channel->older;
        free(channel);
    }
}

/* ---- new ones ---- */

/* All addresses but the last one have half of the time that is left, so that one that swallows
 * everything leaves some for the others. */
static void limit_connecting(struct channels *channels, struct channel *channel)
{
    uint64_t now = channel->opened_ns, by_ns = channel->connect_by_ns;
    bool last = channel->addresses_tried == channels->http->address_count;
    if (!last && by_ns > now)
        by_ns = now + (by_ns - now) / 2;
    channels_set_timer(channels, channel, by_ns);
}

int channels_try_next(struct channels *channels, struct channel *channel, int reason)
{
    const struct http_settings *http = channels->http;
    channel_close(channel, channels->loop);
    for (; channel->addresses_tried < http->address_count; channel->addresses_tried++) {
        if (channel->addresses_tried)
            channel->address = (channel->address + 1) % http->address_count;
        if (channel_open(channel, channels->loop, &http->addresses[channel->address])) {
            channel->addresses_tried++;
            limit_connecting(channels, channel);
            return 0;
        }
        reason = errno;
    }
    return reason;
}

static uint64_t connect_limit_ns(const struct channels *channels, uint64_t most_ns)
{
    double limit_ns = channels->http->connect_timeout_s * 1e9;
    most_ns = limit_ns < (double)most_ns ? (uint64_t)limit_ns : most_ns;
    return most_ns < UINT64_MAX / 2 ? now_ns() + most_ns : UINT64_MAX;
}

struct channel *channels_open(struct channels *channels, void *owner, uint64_t most_ns)
{
    struct channel *channel = xcalloc(1, sizeof *channel);
    *channel = (struct channel){.fd = -1,
                                .owner = owner,
                                .address = channels->address,
                                .connect_by_ns = connect_limit_ns(channels, most_ns)};
    int reason = channels_try_next(channels, channel, EADDRNOTAVAIL);
    if (reason == 0)
        return channel;
    free(channel);
    errno = reason;
    return NULL;
}

void channels_note_connected(struct channels *channels, struct channel *channel)
{
    timers_remove(&channels->timers, &channel->timer);
    channels->address = channel->address;
}

void channels_set_timer(struct channels *channels, struct channel *channel, uint64_t at_ns)
{
    timers_set(&channels->timers, &channel->timer, at_ns);
}

struct channel *channels_take_late(struct channels *channels, uint64_t now)
{
    struct timer *timer = timers_first(&channels->timers);
    if (!timer || timers_first_ns(&channels->timers) > now)
        return NULL;
    timers_remove(&channels->timers, timer);
    return (struct channel *)(void *)((char *)timer - offsetof(struct channel, timer));
}
