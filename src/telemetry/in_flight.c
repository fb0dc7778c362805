#include "telemetry/in_flight.h"

#include <string.h>

#include "telemetry/event.h"

/* Plans are walked in order, so those in flight are neighbours and chains are short. */
static uint16_t *chain_of(struct in_flight *in_flight, uint32_t request)
{
    return &in_flight->heads[request % IN_FLIGHT_MAX];
}

void in_flight_clear(struct in_flight *in_flight)
{
    memset(in_flight->heads, 0, sizeof in_flight->heads);
    in_flight->free = 0;
    in_flight->used = in_flight->count = in_flight->beyond = 0;
}

/* The link that leads to it: *link is 0 when it is not there. */
static uint16_t *find(struct in_flight *in_flight, uint32_t request)
{
    uint16_t *link = chain_of(in_flight, request);
    while (*link && in_flight->flights[*link - 1].request != request)
        link = &in_flight->next[*link - 1];
    return link;
}

static void begin(struct in_flight *in_flight, const struct event *event)
{
    uint16_t place = in_flight->free;
    if (place) {
        in_flight->free = in_flight->next[place - 1];
    } else if (in_flight->used < IN_FLIGHT_MAX) {
        place = (uint16_t)++in_flight->used;
    } else {
        in_flight->beyond++;
        return;
    }
    uint16_t *head = chain_of(in_flight, event->request);
    in_flight->flights[place - 1] = (struct flight){.request = event->request,
                                                    .sample = event->spare,
                                                    .turn = (uint16_t)event->count,
                                                    .sent_ns = event->at_ns};
    in_flight->next[place - 1] = *head;
    *head = place;
    in_flight->count++;
}

static void end(struct in_flight *in_flight, uint32_t request)
{
    uint16_t *link = find(in_flight, request), place = *link;
    if (place) {
        *link = in_flight->next[place - 1];
        in_flight->next[place - 1] = in_flight->free;
        in_flight->free = place;
        in_flight->flights[place - 1].sent_ns = 0;
        in_flight->count--;
    } else if (in_flight->beyond) {
        in_flight->beyond--;
    }
}

void in_flight_take(struct in_flight *in_flight, const struct event *event)
{
    enum event_kind kind = event->kind;
    if (kind == EVENT_NOT_SENT)
        return;
    if (kind == EVENT_DISPATCHED) {
        begin(in_flight, event);
        return;
    }
    if (kind == EVENT_FINISHED) {
        end(in_flight, event->request);
        return;
    }
    uint16_t place = *find(in_flight, event->request);
    if (!place)
        return;
    struct flight *flight = &in_flight->flights[place - 1];
    if (kind == EVENT_SENT) {
        flight->sent_ns = event->at_ns;
    } else if (kind == EVENT_FIRST_TOKEN) {
        flight->first_token_ns = event->at_ns;
    } else if (kind == EVENT_CHUNK) {
        flight->tokens += event->count;
        flight->last_ns = event->at_ns;
    }
}

struct in_flight_total in_flight_total(const struct in_flight *in_flight)
{
    struct in_flight_total total = {.beyond = in_flight->beyond};
    for (uint32_t i = 0; i < in_flight->used; i++) {
        const struct flight *flight = &in_flight->flights[i];
        if (!flight->sent_ns)
            continue;
        if (flight->first_token_ns) {
            total.streaming++;
            continue;
        }
        total.waiting++;
        if (!total.oldest_waiting_ns || flight->sent_ns < total.oldest_waiting_ns)
            total.oldest_waiting_ns = flight->sent_ns;
    }
    return total;
}

uint32_t in_flight_copy(const struct in_flight *in_flight, struct flight *flights, uint32_t most)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < in_flight->used && count < most; i++)
        if (in_flight->flights[i].sent_ns)
            flights[count++] = in_flight->flights[i];
    return count;
}
