/* An inference engine without the inference: slots, a queue, a prefix cache, and replies that come
 * token by token at their due instants. */
#ifndef MOCK_ENGINE_H
#define MOCK_ENGINE_H

#include "base/timers.h"
#include "mock/connection.h"
#include "mock/faults.h"
#include "mock/knobs.h"
#include "mock/mock_metrics.h"
#include "mock/prefix_cache.h"
#include "mock/prompt.h"

struct engine {
    const struct mock_knobs *knobs;
    struct timers timers;
    struct prefix_cache cache;
    struct mock_metrics metrics;
    struct stream *queue_first, *queue_last;
    uint64_t running, waiting;
    uint64_t served;      /* requests, for their ids */
    struct buffer frame;  /* the event being built */
    struct buffer tokens; /* its content */
};

/* `knobs` is kept. */
void engine_init(struct engine *engine, const struct mock_knobs *knobs);
void engine_free(struct engine *engine);

/* Starts the reply to `prompt` (taken over) on `connection`, which must have no other. */
void engine_submit(struct engine *engine, struct connection *connection, struct prompt *prompt,
                   struct faults faults, uint64_t now_ns);
/* The client is gone: its slot is free at once. */
void engine_cancel(struct engine *engine, struct stream *stream, uint64_t now_ns);
/* Does what is due, a bounded amount of it. */
void engine_run(struct engine *engine, uint64_t now_ns);
/* When something is due next. */
uint64_t engine_due_ns(const struct engine *engine);

void engine_forget_cache(struct engine *engine);
void engine_write_metrics(const struct engine *engine, struct buffer *out);

#endif
