/* One thread that streams many requests: epoll, a transport, its own event lane. */
#ifndef CLIENT_WORKER_H
#define CLIENT_WORKER_H

#include <pthread.h>

#include "base/loop.h"
#include "client/control.h"
#include "client/schedule.h"
#include "client/transfer.h"

/* Sockets served after one wait, at most. */
#define READY_BATCH 256

/* What the workers of a pool do together; set up by the benchmark thread, taken by all. */
struct work {
    uint16_t level, round;
    const struct request *const
        *requests; /* in the order of dispatch; of a conversation the first */
    uint32_t count;
    uint64_t turn_delay_ns;              /* between the turns of a conversation */
    _Atomic(struct arrivals *) arrivals; /* open loop; NULL = closed loop */
    uint64_t start_ns;                   /* CLOCK_MONOTONIC */
    uint64_t deadline_ns;                /* no dispatch after it; UINT64_MAX = none */
    uint32_t worker_count;
    uint32_t connections; /* > 0: open so many connections instead of sending requests */
    const char *connections_url;
    _Atomic uint32_t next; /* closed loop: the next one to send */
};

struct worker_report {
    double busy; /* share of the work's time that it did not wait */
    double cpu_s;
    uint32_t connects;
    uint64_t chunks_made, chunks_skipped;
    bool lag_at_least;
};

struct worker {
    pthread_t thread;
    uint32_t number; /* from 0 */
    struct loop loop;
    const struct transport_kind *kind;
    struct transport *transport;
    struct event_lane lane;
    struct transfer_owner owner;
    struct control *control;

    _Atomic(struct work *)
        work; /* set by the pool, cleared by the worker when it is done with it */
    _Atomic bool quit;
    void (*on_done)(void *context);
    void *on_done_context;

    /* the worker's own */
    struct work *current;
    uint32_t concurrency;  /* as the control said when `quota` was made of it */
    uint32_t quota;        /* of streams, or of connections to open */
    uint32_t next_arrival; /* open loop: index of its next one */
    bool drained;          /* nothing more to take */
    struct transfer **transfers;
    uint32_t transfer_count;
    struct transfer **idle;
    uint32_t idle_first, idle_count; /* a ring of transfer_count places */
    uint32_t in_flight;       /* slots taken: by requests, and by conversations between two turns */
    struct timers turns;      /* of those conversations */
    uint32_t opening, opened; /* connections */
    uint64_t sweep_ns;        /* when the control is looked at next, if nothing else happens */
    uint64_t work_begun_ns, work_waited_ns, work_cpu_ns;
    uint64_t work_made, work_skipped;

    struct worker_report report; /* of the last work; valid once `work` is NULL again */
};

bool worker_init(struct worker *worker, uint32_t number, const struct transfer_settings *settings,
                 struct control *control, struct error *error);
void worker_free(struct worker *worker);
/* The thread's function; the argument is the worker. */
void *worker_main(void *argument);

#endif
