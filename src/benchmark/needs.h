/* What so many streams at once take from this machine, and whether it has it. */
#ifndef BENCHMARK_NEEDS_H
#define BENCHMARK_NEEDS_H

#include "base/buffer.h"
#include "base/error.h"
#include "config/config.h"

struct needs {
    uint64_t streams;
    uint64_t descriptors, descriptor_limit; /* the hard limit */
    uint64_t ports, port_limit;             /* 0 needed: a unix socket, or HTTP/2 */
    uint64_t memory_bytes, memory_free_bytes;
};

/* `builtin_server`: its ends of the connections are in this process too. A limit that this system
 * does not tell is UINT64_MAX. */
struct needs needs_of(const struct config *config, uint64_t streams, bool builtin_server);
/* False when descriptors or ports do not suffice: what lacks, how much, and what to do. Memory that
 * seems short is only warned of. */
bool needs_met(const struct needs *needs, struct error *error);
/* One line for --dry-run. */
void needs_print(const struct needs *needs, struct buffer *out);

#endif
