#include "result/capture.h"

#include <stdlib.h>

#include "base/memory.h"

struct event_head {
    uint64_t at_ns;
    size_t name_size, data_size;
};

static bool reserve(struct capture_budget *budget, uint64_t bytes)
{
    uint64_t held = atomic_fetch_add_explicit(&budget->held_bytes, bytes, memory_order_relaxed);
    if (held + bytes <= budget->limit_bytes)
        return true;
    atomic_fetch_sub_explicit(&budget->held_bytes, bytes, memory_order_relaxed);
    return false;
}

struct capture *capture_new(struct capture_budget *budget, struct text body, const char *session_id)
{
    uint64_t bytes = sizeof(struct capture) + body.size;
    if (!reserve(budget, bytes)) {
        atomic_fetch_add_explicit(&budget->requests_lost, 1, memory_order_relaxed);
        return NULL;
    }
    struct capture *capture = xmalloc(sizeof *capture);
    *capture = (struct capture){.budget = budget,
                                .held_bytes = bytes,
                                .session_id = session_id ? xstrdup(session_id) : NULL,
                                .body = xstrndup(body.data, body.size),
                                .body_size = body.size};
    return capture;
}

void capture_delete(struct capture *capture)
{
    if (!capture)
        return;
    atomic_fetch_sub_explicit(&capture->budget->held_bytes, capture->held_bytes,
                              memory_order_relaxed);
    free(capture->session_id);
    free(capture->body);
    buffer_free(&capture->events);
    free(capture);
}

void capture_add_event(struct capture *capture, const struct captured_event *event)
{
    struct event_head head = {event->at_ns, event->name.size, event->data.size};
    uint64_t bytes = sizeof head + event->name.size + event->data.size;
    if (!reserve(capture->budget, bytes)) {
        atomic_fetch_add_explicit(&capture->budget->events_lost, 1, memory_order_relaxed);
        capture->events_lost++;
        return;
    }
    capture->held_bytes += bytes;
    buffer_add(&capture->events, &head, sizeof head);
    buffer_add_text(&capture->events, event->name);
    buffer_add_text(&capture->events, event->data);
}

bool capture_next_event(const struct capture *capture, size_t *offset, struct captured_event *event)
{
    if (*offset >= capture->events.size)
        return false;
    struct event_head head;
    const char *at = capture->events.data + *offset;
    memcpy(&head, at, sizeof head);
    at += sizeof head;
    event->at_ns = head.at_ns;
    event->name = (struct text){at, head.name_size};
    event->data = (struct text){at + head.name_size, head.data_size};
    *offset += sizeof head + head.name_size + head.data_size;
    return true;
}
