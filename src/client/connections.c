#include "client/connections.h"

#include "client/transport.h"

/* Connections opened side by side before a round: well below any server's backlog. */
#define OPENING_AT_ONCE 64

void connections_open(struct worker *worker, uint64_t now)
{
    const struct work *work = worker->current;
    uint32_t wanted = worker->quota;
    if (now >= work->deadline_ns || control_must_end(worker->control))
        wanted = worker->opened + worker->opening;
    while (worker->opening < OPENING_AT_ONCE && worker->opened + worker->opening < wanted) {
        worker->opening++;
        if (!worker->kind->open(worker->transport, work->connections_url)) {
            worker->opening--;
            return;
        }
    }
    if (worker->opening == 0)
        worker->drained = true;
}
