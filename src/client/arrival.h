/* When the kernel received what a socket holds. */
#ifndef CLIENT_ARRIVAL_H
#define CLIENT_ARRIVAL_H

#include <stdbool.h>
#include <stdint.h>

/* Asks the kernel to stamp what arrives on this socket. Harmless where it cannot. */
void arrival_enable(int fd);

/* CLOCK_MONOTONIC ns of the oldest bytes that wait to be read; 0 when the kernel has no stamp (a
 * unix socket) or nothing waits. Costs about 2 µs and takes nothing from the socket. */
uint64_t arrival_peek_ns(int fd);

#endif
