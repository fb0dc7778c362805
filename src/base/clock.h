/* Time: CLOCK_MONOTONIC in nanoseconds everywhere, and one anchor that turns it into dates. */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#define NS_PER_US UINT64_C(1000)
#define NS_PER_MS UINT64_C(1000000)
#define NS_PER_S  UINT64_C(1000000000)

static inline uint64_t timespec_ns(const struct timespec *t)
{
    return (uint64_t)t->tv_sec * NS_PER_S + (uint64_t)t->tv_nsec;
}

static inline uint64_t now_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return timespec_ns(&t);
}

/* CLOCK_REALTIME, ns since 1970. For dates and kernel stamps only. */
static inline uint64_t wall_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_REALTIME, &t);
    return timespec_ns(&t);
}

/* One instant on both clocks: the tightest of five readings. */
struct clock_anchor {
    uint64_t monotonic_ns;
    uint64_t wall_ns;
};

struct clock_anchor clock_anchor_read(void);

/* CPU time of this process, of all its threads, in ns. */
uint64_t cpu_ns(void);

/* "2026-11-24T12:03:07" with the local zone left out, for names and headings. */
void clock_format_local(uint64_t at_wall_ns, char *out, size_t size);
/* "2026-11-24T12:03:07.204Z" */
void clock_format_utc(uint64_t at_wall_ns, char *out, size_t size);

/* Sleeps to that instant of CLOCK_MONOTONIC. */
void sleep_until_ns(uint64_t at_ns);

#endif
