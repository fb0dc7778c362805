/* How long chunks had been in the kernel before a worker stamped them. */
#ifndef CLIENT_LAG_H
#define CLIENT_LAG_H

#include "client/worker.h"

/* After each wait of the loop: `deadline_ns` is when it was to end, `waited_ns` how long it lasted,
 * `count` how many sockets it found. */
void lag_note_look(struct worker *worker, uint64_t deadline_ns, uint64_t waited_ns, size_t count);
/* Before a readable socket is served. The kernel's stamp is asked for where a first token may come,
 * and where this socket is the sample. */
void lag_note_arrival(struct worker *worker, const struct socket_watch *watch, bool sampled);
/* Around each curl_multi_socket_action: what the stamps in between say. */
void lag_begin_turn(struct transfer_owner *owner);
void lag_end_turn(struct transfer_owner *owner);

#endif
