/* What happens just now: figures of the running round and of the last minutes, made from events by
 * the collector and copied out for a screen. Approximate by design; the records hold the truth. */
#ifndef TELEMETRY_LIVE_H
#define TELEMETRY_LIVE_H

#include <pthread.h>
#include <stdbool.h>

#include "telemetry/in_flight.h"

#define LIVE_SECONDS 600

/* One second of the run. Sums are in µs, counts tell how many values stand in them. */
struct live_second {
    uint32_t second; /* of the run */
    uint32_t in_flight;
    uint32_t finished, failed;
    uint32_t chunks, tokens;
    uint32_t ttft_count;
    uint32_t gap_count;
    uint64_t ttft_sum_us;
    uint64_t gap_sum_us;
};

struct live_view {
    uint16_t level, round;
    uint32_t planned, done, failed, in_flight, not_sent;
    uint64_t round_start_ns;
    uint64_t busy_since_ns; /* when requests were in flight again after none was */
    uint64_t last_token_ns; /* of any request; 0 = none came yet */
    uint64_t paused_since_ns, server_down_since_ns; /* from the run's start; 0 = it is not */
    uint64_t events_seen;
    char waiting_for[64]; /* between rounds: what the server is still busy with; "" = nothing */
    /* Of those in flight, as far as they are kept one by one; filled by live_copy. */
    uint32_t waiting, streaming;
    uint64_t oldest_waiting_ns; /* when it was sent; 0 = none waits */
    /* Oldest first; the last one is the second that is still filling. */
    struct live_second seconds[LIVE_SECONDS];
    uint32_t second_count;
};

struct live {
    pthread_mutex_t lock;
    uint64_t origin_ns; /* the run's start, CLOCK_MONOTONIC */
    struct live_view view;
    struct in_flight in_flight;
};

void live_init(struct live *live, uint64_t origin_ns);
void live_free(struct live *live);

void live_begin_round(struct live *live, uint16_t level, uint16_t round, uint32_t planned);
/* Says what the run waits for before its next round; "" = nothing any more. */
void live_wait_for(struct live *live, const char *what);
/* The collector's: a batch of events at once, under one lock. `failed` events are EVENT_FINISHED
 * whose detail is not 0. */
void live_take(struct live *live, const struct event *events, size_t count);
/* Since when (CLOCK_MONOTONIC) no request is sent: because the user paused the run, because the
 * server is away; 0 = it goes on. Any thread. */
void live_set_paused(struct live *live, uint64_t since_ns);
void live_set_server_down(struct live *live, uint64_t since_ns);
void live_copy(struct live *live, struct live_view *view);
/* When the oldest request without a token was sent, from the run's start; 0 = none waits. */
uint64_t live_oldest_waiting_ns(struct live *live);
/* Requests in flight, at most IN_FLIGHT_MAX, instants from the run's start; returns how many. Not
 * in the view: only a list of them needs it. */
uint32_t live_copy_in_flight(struct live *live, struct flight *flights, uint32_t most);

/* Means over the last second that has any; NaN without. */
double live_recent_ttft_ms(const struct live_view *view);
double live_recent_gap_ms(const struct live_view *view);

#endif
