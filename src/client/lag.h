/* How long chunks had been in the kernel before a worker stamped them: what it knows of that in one
 * turn, and what it noted in a round. A turn is one read of a socket, or all that libcurl does when
 * one is ready. */
#ifndef CLIENT_LAG_H
#define CLIENT_LAG_H

#include "base/histogram.h"
#include "base/random.h"
#include "result/record.h"

struct lag {
    /* of this turn */
    uint64_t turn;       /* its number: two chunks of a request in one are coalesced */
    uint64_t arrival_ns; /* the kernel's stamp, or the wake-up where there was none */
    bool arrival_is_wake;
    bool looked;          /* the next stamp is to be compared with it … */
    bool by_chance;       /* … because this socket is the sample */
    bool each;            /* each turn of this worker is known */
    uint64_t stamp_ns;    /* the stamp that is compared; 0 = none */
    uint32_t chunks;      /* with text */
    uint64_t gap_ns;      /* from the chunk before to the first of them */
    struct record *first; /* whose first token came */

    /* of the worker */
    uint64_t readable_since_ns; /* what is read now did not wait before */
    uint64_t looked_ns;         /* what was readable then has been read */
    uint64_t sample_ns;         /* when a ready socket is the sample next */
    uint64_t mean_gap_ns;       /* of late, between two chunks of a request */
    struct random random;       /* which ready socket it is */

    /* of this round, ns */
    struct histogram stamp_lag; /* first tokens, and what was looked at by chance */
    struct histogram chunk_lag; /* each chunk; or the latter, as if looked at each 5 ms */
    bool at_least;
};

void lag_init(struct lag *lag, uint64_t seed);
void lag_free(struct lag *lag);
/* Forgets what was noted. */
void lag_begin_round(struct lag *lag);

/* After each wait of the loop: when it ended, when it was to end, how long it lasted, how many
 * sockets it found, and whether there may be more. */
void lag_note_wait(struct lag *lag, uint64_t woke_ns, uint64_t deadline_ns, uint64_t waited_ns,
                   size_t found, bool all_found);
/* Which of `count` ready sockets is the sample; `count` when none is. */
size_t lag_sample(struct lag *lag, uint64_t woke_ns, size_t count);

void lag_begin_turn(struct lag *lag);
/* What the kernel says of the bytes to be read; 0 = nothing. `sent_ns` is when their request was
 * sent. */
void lag_note_arrival(struct lag *lag, uint64_t kernel_ns, uint64_t woke_ns, uint64_t sent_ns);
/* Bytes of this turn were stamped. */
static inline void lag_note_stamp(struct lag *lag, uint64_t stamp_ns)
{
    if ((lag->looked || lag->each) && !lag->stamp_ns)
        lag->stamp_ns = stamp_ns;
}
void lag_end_turn(struct lag *lag);

#endif
