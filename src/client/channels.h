/* A worker's connections to one server: those that are kept between requests, and how new ones come
 * about, from one of its addresses to the next. */
#ifndef CLIENT_CHANNELS_H
#define CLIENT_CHANNELS_H

#include "base/http.h"
#include "client/channel.h"

struct channels {
    struct loop *loop;
    const struct http_settings *http;
    struct timers timers;
    struct channel *newest, *oldest; /* idle */
    uint32_t idle_count, idle_most;
    struct channel *gone; /* closed: the loop may still tell of them in this batch */
    size_t address;       /* the one that was reached last */
};

void channels_init(struct channels *channels, struct loop *loop, const struct http_settings *http);
void channels_free(struct channels *channels);
/* How many idle ones are worth keeping. */
void channels_keep_most(struct channels *channels, uint32_t most);

/* The one that was used last and can be used again; NULL when there is none. */
struct channel *channels_take(struct channels *channels);
/* Nobody's from now on. */
void channels_put(struct channels *channels, struct channel *channel);
/* Closes it. */
void channels_drop(struct channels *channels, struct channel *channel);
/* Frees what was closed; between two batches of the loop. */
void channels_bury(struct channels *channels);

/* A new one, which is connecting: within --connect-timeout, and within `most_ns`. NULL with errno
 * set when each address failed at once. */
struct channel *channels_open(struct channels *channels, void *owner, uint64_t most_ns);
/* Its address does not answer, for that reason: tries the others. 0, or the reason when it was the
 * last one; then it is still to be dropped. */
int channels_try_next(struct channels *channels, struct channel *channel, int reason);
/* It is connected. */
void channels_note_connected(struct channels *channels, struct channel *channel);

/* Its timer is due at that instant. */
void channels_set_timer(struct channels *channels, struct channel *channel, uint64_t at_ns);
/* One whose time is over, its timer taken away; NULL when there is none. */
struct channel *channels_take_late(struct channels *channels, uint64_t now);

#endif
