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

/* One instant on our clock and on the one that the kernel stamps with. To be read anew now and
 * then, as somebody may set the latter. */
struct arrival_clock {
    uint64_t now_ns;
    uint64_t wall_ns; /* real */
};

struct arrival_clock arrival_clock_read(void);

struct msghdr;

/* Bytes of control data that recvmsg needs room for, and the stamp of the newest bytes that it
 * took: CLOCK_MONOTONIC ns, 0 when there is none. */
#define ARRIVAL_CONTROL_BYTES 128
uint64_t arrival_of_message(const struct msghdr *message, const struct arrival_clock *clock);

#endif
