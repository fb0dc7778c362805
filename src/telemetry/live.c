#include "telemetry/live.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "telemetry/event.h"

void live_init(struct live *live, uint64_t origin_ns)
{
    memset(live, 0, sizeof *live);
    pthread_mutex_init(&live->lock, NULL);
    live->origin_ns = origin_ns;
}

void live_free(struct live *live)
{
    pthread_mutex_destroy(&live->lock);
}

void live_begin_round(struct live *live, uint16_t level, uint16_t round, uint32_t planned)
{
    pthread_mutex_lock(&live->lock);
    struct live_view *view = &live->view;
    view->level = level;
    view->round = round;
    view->planned = planned;
    view->done = view->failed = view->in_flight = view->not_sent = 0;
    view->round_start_ns = now_ns() - live->origin_ns;
    in_flight_clear(&live->in_flight);
    pthread_mutex_unlock(&live->lock);
}

/* An instant that did not happen stays 0. */
static uint64_t from_start(const struct live *live, uint64_t at_ns)
{
    return at_ns > live->origin_ns ? at_ns - live->origin_ns : 0;
}

/* The bucket of an instant. Lanes have no order among them, so an event may belong to an earlier
 * second; one older than all that is kept goes into the oldest. */
static struct live_second *second_of(struct live *live, uint64_t at_ns)
{
    struct live_view *view = &live->view;
    uint32_t second =
        at_ns > live->origin_ns ? (uint32_t)((at_ns - live->origin_ns) / NS_PER_S) : 0;
    struct live_second *last = view->second_count ? &view->seconds[view->second_count - 1] : NULL;

    while (!last || last->second < second) {
        if (view->second_count == LIVE_SECONDS) {
            memmove(view->seconds, view->seconds + 1, (LIVE_SECONDS - 1) * sizeof *view->seconds);
            view->second_count--;
        }
        uint32_t next = last ? view->seconds[view->second_count - 1].second + 1 : second;
        if (second - next >= LIVE_SECONDS) /* a long silence */
            next = second - LIVE_SECONDS + 1;
        last = &view->seconds[view->second_count++];
        *last = (struct live_second){.second = next, .in_flight = view->in_flight};
    }
    uint32_t back = last->second - second;
    return back < view->second_count ? last - back : view->seconds;
}

static void take_one(struct live *live, const struct event *event)
{
    struct live_view *view = &live->view;
    struct live_second *second = second_of(live, event->at_ns);
    switch ((enum event_kind)event->kind) {
    case EVENT_CHUNK:
        view->last_token_ns = from_start(live, event->at_ns);
        second->chunks += 1 + event->spare;
        second->tokens += event->count;
        second->gap_count += event->detail + event->spare;
        second->gap_sum_us += event->value / NS_PER_US;
        break;
    case EVENT_DISPATCHED:
        if (view->in_flight++ == 0)
            view->busy_since_ns = from_start(live, event->at_ns);
        break;
    case EVENT_FIRST_TOKEN:
        second->ttft_count++;
        second->ttft_sum_us += event->value / NS_PER_US;
        break;
    case EVENT_FINISHED:
        view->in_flight--;
        view->done++;
        second->finished++;
        if (event->detail) {
            view->failed++;
            second->failed++;
        }
        break;
    case EVENT_NOT_SENT:
        view->not_sent += event->count;
        break;
    case EVENT_SENT:
        break;
    }
    second->in_flight = view->in_flight;
}

void live_wait_for(struct live *live, const char *what)
{
    pthread_mutex_lock(&live->lock);
    snprintf(live->view.waiting_for, sizeof live->view.waiting_for, "%s", what);
    pthread_mutex_unlock(&live->lock);
}

void live_take(struct live *live, const struct event *events, size_t count)
{
    pthread_mutex_lock(&live->lock);
    for (size_t i = 0; i < count; i++) {
        take_one(live, &events[i]);
        in_flight_take(&live->in_flight, &events[i]);
    }
    live->view.events_seen += count;
    pthread_mutex_unlock(&live->lock);
}

void live_set_paused(struct live *live, uint64_t since_ns)
{
    pthread_mutex_lock(&live->lock);
    live->view.paused_since_ns = from_start(live, since_ns);
    pthread_mutex_unlock(&live->lock);
}

void live_set_server_down(struct live *live, uint64_t since_ns)
{
    pthread_mutex_lock(&live->lock);
    live->view.server_down_since_ns = from_start(live, since_ns);
    pthread_mutex_unlock(&live->lock);
}

void live_copy(struct live *live, struct live_view *view)
{
    pthread_mutex_lock(&live->lock);
    *view = live->view;
    struct in_flight_total total = in_flight_total(&live->in_flight);
    pthread_mutex_unlock(&live->lock);
    view->waiting = total.waiting;
    view->streaming = total.streaming;
    view->oldest_waiting_ns = from_start(live, total.oldest_waiting_ns);
}

uint64_t live_oldest_waiting_ns(struct live *live)
{
    pthread_mutex_lock(&live->lock);
    uint64_t oldest_ns = in_flight_total(&live->in_flight).oldest_waiting_ns;
    pthread_mutex_unlock(&live->lock);
    return from_start(live, oldest_ns);
}

uint32_t live_copy_in_flight(struct live *live, struct flight *flights, uint32_t most)
{
    pthread_mutex_lock(&live->lock);
    uint32_t count = in_flight_copy(&live->in_flight, flights, most);
    pthread_mutex_unlock(&live->lock);
    for (uint32_t i = 0; i < count; i++) {
        flights[i].sent_ns = from_start(live, flights[i].sent_ns);
        flights[i].first_token_ns = from_start(live, flights[i].first_token_ns);
        flights[i].last_ns = from_start(live, flights[i].last_ns);
    }
    return count;
}

double live_recent_ttft_ms(const struct live_view *view)
{
    for (uint32_t i = view->second_count; i-- > 0;)
        if (view->seconds[i].ttft_count)
            return (double)view->seconds[i].ttft_sum_us / 1e3 / view->seconds[i].ttft_count;
    return (double)NAN;
}

double live_recent_gap_ms(const struct live_view *view)
{
    for (uint32_t i = view->second_count; i-- > 0;)
        if (view->seconds[i].gap_count)
            return (double)view->seconds[i].gap_sum_us / 1e3 / view->seconds[i].gap_count;
    return (double)NAN;
}
