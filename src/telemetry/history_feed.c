#include "telemetry/history_feed.h"

#include "base/clock.h"
#include "telemetry/event.h"

void history_feed_init(struct history_feed *feed, struct history *history, uint64_t origin_ns)
{
    *feed = (struct history_feed){.history = history, .origin_ns = origin_ns};
}

/* What was in flight was so until now. Lanes have no order among them: an instant may be a little
 * before the last one. */
static void hold_in_flight(struct history_feed *feed, uint64_t at_ns)
{
    if (at_ns <= feed->in_flight_since_ns)
        return;
    if (feed->in_flight)
        history_add_over(feed->history, HISTORY_IN_FLIGHT, feed->in_flight_since_ns, at_ns,
                         feed->in_flight);
    feed->in_flight_since_ns = at_ns;
}

static void take_finished(struct history_feed *feed, const struct event *event, uint64_t at_ns)
{
    hold_in_flight(feed, at_ns);
    feed->in_flight--;
    history_add(feed->history, HISTORY_FINISHED, at_ns, 1.0, 1);
    if (event->detail)
        history_add(feed->history, HISTORY_FAILED, at_ns, 1.0, 1);
}

static void add_tokens(struct history_feed *feed)
{
    if (feed->chunks)
        history_add(feed->history, HISTORY_TOKENS, feed->second_ns,
                    (double)feed->tokens / feed->chunks, feed->chunks);
    feed->chunks = 0;
    feed->tokens = 0;
}

/* Chunks of one second go in together: there may be a million. */
static void take_tokens(struct history_feed *feed, uint64_t at_ns, uint32_t chunks, uint32_t tokens)
{
    if (at_ns < feed->second_ns || at_ns >= feed->second_ns + NS_PER_S) {
        add_tokens(feed);
        feed->second_ns = at_ns - at_ns % NS_PER_S;
    }
    feed->chunks += chunks;
    feed->tokens += tokens;
}

static void take_one(struct history_feed *feed, const struct event *event)
{
    struct history *history = feed->history;
    uint64_t at_ns = event->at_ns > feed->origin_ns ? event->at_ns - feed->origin_ns : 0;
    switch ((enum event_kind)event->kind) {
    case EVENT_CHUNK:
        feed->last_token_ns = at_ns;
        take_tokens(feed, at_ns, 1 + event->spare, event->count);
        if (event->detail)
            history_add(history, HISTORY_GAP, at_ns, (double)event->value / 1e6, 1);
        if (event->spare)
            history_add(history, HISTORY_GAP, at_ns, 0.0, event->spare);
        break;
    case EVENT_DISPATCHED:
        hold_in_flight(feed, at_ns);
        feed->in_flight++;
        break;
    case EVENT_FIRST_TOKEN:
        history_add(history, HISTORY_TTFT, at_ns, (double)event->value / 1e6, 1);
        history_add(history, HISTORY_OLDEST_WAIT, at_ns, (double)event->value / 1e9, 1);
        break;
    case EVENT_FINISHED:
        take_finished(feed, event, at_ns);
        break;
    case EVENT_SENT:
    case EVENT_NOT_SENT:
        break;
    }
}

void history_feed_take(struct history_feed *feed, const struct event *events, size_t count)
{
    history_lock(feed->history);
    for (size_t i = 0; i < count; i++)
        take_one(feed, &events[i]);
    add_tokens(feed);
    history_unlock(feed->history);
}

void history_feed_advance(struct history_feed *feed, uint64_t now_ns, uint64_t oldest_ns)
{
    uint64_t at_ns = now_ns > feed->origin_ns ? now_ns - feed->origin_ns : 0;
    history_lock(feed->history);
    hold_in_flight(feed, at_ns);
    if (oldest_ns && oldest_ns < at_ns)
        history_add(feed->history, HISTORY_OLDEST_WAIT, at_ns, (double)(at_ns - oldest_ns) / 1e9,
                    1);
    history_advance(feed->history, at_ns);
    history_unlock(feed->history);
}
