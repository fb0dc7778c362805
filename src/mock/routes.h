/* From a request to what answers it. */
#ifndef MOCK_ROUTES_H
#define MOCK_ROUTES_H

#include "base/random.h"
#include "mock/engine.h"

struct routes {
    const struct mock_knobs *knobs;
    struct engine *engine;
    struct random random; /* for the faults: one draw a request, in the order of arrival */
};

/* Answers the request that `connection` has read, at once or by a stream. */
void routes_answer(struct routes *routes, struct connection *connection, uint64_t now_ns);

#endif
