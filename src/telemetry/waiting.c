#include "telemetry/waiting.h"

#include <stdlib.h>

#include "base/memory.h"

void waiting_free(struct waiting *waiting)
{
    free(waiting->slots);
    *waiting = (struct waiting){0};
}

static size_t home_of(const struct waiting *waiting, uint32_t request)
{
    return (request * 0x9e3779b1u) & (waiting->capacity - 1);
}

/* Where it stands, or the free slot where it would. */
static size_t find(const struct waiting *waiting, uint32_t request)
{
    size_t at = home_of(waiting, request);
    while (waiting->slots[at].taken && waiting->slots[at].request != request)
        at = (at + 1) & (waiting->capacity - 1);
    return at;
}

static void make_room(struct waiting *waiting)
{
    if (2 * (waiting->count + 1) <= waiting->capacity)
        return;
    struct waiting old = *waiting;
    waiting->capacity = old.capacity ? 2 * old.capacity : 64;
    waiting->slots = xcalloc(waiting->capacity, sizeof *waiting->slots);
    for (size_t i = 0; i < old.capacity; i++)
        if (old.slots[i].taken)
            waiting->slots[find(waiting, old.slots[i].request)] = old.slots[i];
    free(old.slots);
}

void waiting_begin(struct waiting *waiting, uint32_t request, uint64_t at_ns)
{
    make_room(waiting);
    struct waiting_slot *slot = &waiting->slots[find(waiting, request)];
    waiting->count += !slot->taken;
    *slot = (struct waiting_slot){at_ns, request, true};
}

void waiting_end(struct waiting *waiting, uint32_t request)
{
    if (waiting->count == 0)
        return;
    size_t mask = waiting->capacity - 1, gap = find(waiting, request);
    if (!waiting->slots[gap].taken)
        return;
    waiting->count--;
    /* Those behind move up, where they may: no search passes over a gap. */
    for (size_t at = (gap + 1) & mask; waiting->slots[at].taken; at = (at + 1) & mask) {
        size_t home = home_of(waiting, waiting->slots[at].request);
        if (((at - home) & mask) < ((at - gap) & mask))
            continue;
        waiting->slots[gap] = waiting->slots[at];
        gap = at;
    }
    waiting->slots[gap].taken = false;
}

uint64_t waiting_oldest_ns(const struct waiting *waiting)
{
    uint64_t oldest_ns = UINT64_MAX;
    for (size_t i = 0; i < waiting->capacity && waiting->count; i++)
        if (waiting->slots[i].taken && waiting->slots[i].since_ns < oldest_ns)
            oldest_ns = waiting->slots[i].since_ns;
    return oldest_ns;
}
