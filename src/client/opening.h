/* Connections that are opened side by side before a round. They take no request, but the last of
 * them asks for something: when that is answered, the server has accepted the others too, and no
 * queue of its overflows. */
#ifndef CLIENT_OPENING_H
#define CLIENT_OPENING_H

#include "client/channels.h"
#include "client/http_reply.h"
#include "client/request_head.h"
#include "client/stream.h"

struct opening {
    struct channels *channels;
    const struct request_head *head;
    struct transfer_owner *owner; /* is told how many there are, when all are */
    uint32_t count, connecting;
    struct channel *last; /* that is connected; it owns the others no more */
    struct http_reply reply;
    struct buffer request;
};

void opening_init(struct opening *opening, struct channels *channels,
                  const struct request_head *head, struct transfer_owner *owner);
void opening_free(struct opening *opening);

/* One more, before the first of them is connected: a channel whose owner is `opening`. The last one
 * will GET that URL. */
void opening_begin(struct opening *opening, const char *url);
void opening_note_connected(struct opening *opening, struct channel *channel);
void opening_note_failed(struct opening *opening, struct channel *channel);
/* The last one has something to read, into those bytes; or its time is over. */
void opening_read(struct opening *opening, char *bytes, size_t size);
void opening_give_up(struct opening *opening);

#endif
