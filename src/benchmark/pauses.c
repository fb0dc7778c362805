#include "benchmark/pauses.h"

#include <stdlib.h>

#include "base/memory.h"

void pauses_free(struct pauses *pauses)
{
    free(pauses->all);
    *pauses = (struct pauses){0};
}

void pauses_add(struct pauses *pauses, uint64_t from_ns, uint64_t to_ns)
{
    uint32_t apart = 0;
    for (uint32_t i = 0; i < pauses->count; i++) {
        struct pause other = pauses->all[i];
        if (other.to_ns < from_ns || other.from_ns > to_ns) {
            pauses->all[apart++] = other;
            continue;
        }
        from_ns = other.from_ns < from_ns ? other.from_ns : from_ns;
        to_ns = other.to_ns > to_ns ? other.to_ns : to_ns;
    }
    pauses->all = xreallocarray(pauses->all, apart + 1u, sizeof *pauses->all);
    pauses->all[apart] = (struct pause){from_ns, to_ns};
    pauses->count = apart + 1;
}

uint64_t pauses_within_ns(const struct pauses *pauses, uint64_t from_ns, uint64_t to_ns)
{
    uint64_t sum_ns = 0;
    for (uint32_t i = 0; i < pauses->count; i++) {
        struct pause pause = pauses->all[i];
        uint64_t begin_ns = pause.from_ns > from_ns ? pause.from_ns : from_ns;
        uint64_t end_ns = pause.to_ns < to_ns ? pause.to_ns : to_ns;
        sum_ns += end_ns > begin_ns ? end_ns - begin_ns : 0;
    }
    return sum_ns;
}
