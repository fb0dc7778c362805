/* Requests that were sent and have not ended, each with how far it is: made from events, for a list
 * on a screen. What is beyond its bound is counted only. */
#ifndef TELEMETRY_IN_FLIGHT_H
#define TELEMETRY_IN_FLIGHT_H

#include <stdbool.h>

#include "base/ring.h"

#define IN_FLIGHT_MAX 4096u

/* Instants are as in the events. */
struct flight {
    uint32_t request; /* its index in the plan */
    uint32_t sample;  /* row of the dataset */
    uint16_t turn;
    uint32_t tokens;         /* so far */
    uint64_t sent_ns;        /* dispatched, until it was sent */
    uint64_t first_token_ns; /* 0 = waiting */
    uint64_t last_ns;        /* of the last chunk */
};

struct in_flight {
    struct flight flights[IN_FLIGHT_MAX];
    /* Chains by the low bits of the index, and one of free places; positions are from 1. */
    uint16_t heads[IN_FLIGHT_MAX], next[IN_FLIGHT_MAX];
    uint16_t free;
    uint32_t used;   /* places that were ever taken */
    uint32_t count;  /* of what is kept */
    uint32_t beyond; /* found no place */
};

/* How many there are of a kind; the oldest by when it was sent, 0 = none. */
struct in_flight_total {
    uint32_t waiting, streaming, beyond;
    uint64_t oldest_waiting_ns;
};

void in_flight_clear(struct in_flight *in_flight);
void in_flight_take(struct in_flight *in_flight, const struct event *event);
struct in_flight_total in_flight_total(const struct in_flight *in_flight);
/* Copies up to `most`; returns how many. In no order. */
uint32_t in_flight_copy(const struct in_flight *in_flight, struct flight *flights, uint32_t most);

#endif
