/* Time: CLOCK_MONOTONIC in nanoseconds everywhere, and one anchor that turns it into dates. A test
 * may drive the clock, so that hours pass in minutes: then every instant and every wait goes by the
 * driven one, and what is handed to the system is turned back into real time here. */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include "base/error.h"

#define NS_PER_US UINT64_C(1000)
#define NS_PER_MS UINT64_C(1000000)
#define NS_PER_S  UINT64_C(1000000000)

static inline uint64_t timespec_ns(const struct timespec *t)
{
    return (uint64_t)t->tv_sec * NS_PER_S + (uint64_t)t->tv_nsec;
}

/* How many times as fast the clock goes, and since when. One for all threads, as time is; set
 * before the first of them starts. */
struct clock_pace {
    uint64_t rate;
    uint64_t start_ns, start_wall_ns; /* real */
};
extern struct clock_pace clock_pace;

#define CLOCK_RATE_MOST 1000

/* By FLUXPERF_CLOCK_RATE, where it is set. False when it is no whole number from 1 to
 * CLOCK_RATE_MOST. */
bool clock_drive_by_environment(struct error *error);
/* From now on. 1 is the real clock. */
void clock_drive(unsigned rate);

/* Never driven: for frames on a screen and other things that a person waits for, and to compare
 * with what the kernel stamps. */
static inline uint64_t real_now_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return timespec_ns(&t);
}

/* CLOCK_REALTIME, ns since 1970. */
static inline uint64_t real_wall_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_REALTIME, &t);
    return timespec_ns(&t);
}

static inline uint64_t clock_driven_from(uint64_t start_ns, uint64_t real_ns)
{
    return start_ns + (real_ns - start_ns) * clock_pace.rate;
}

static inline uint64_t now_ns(void)
{
    uint64_t real_ns = real_now_ns();
    if (__builtin_expect(clock_pace.rate == 1, 1))
        return real_ns;
    return clock_driven_from(clock_pace.start_ns, real_ns);
}

/* For dates only. */
static inline uint64_t wall_ns(void)
{
    return clock_driven_from(clock_pace.start_wall_ns, real_wall_ns());
}

/* What a span of real time is on our clock. */
static inline uint64_t clock_driven_ns(uint64_t real_span_ns)
{
    return real_span_ns * clock_pace.rate;
}

/* How long a wait really is. Rounded up: none ends too early. */
static inline uint64_t clock_real_ns(uint64_t span_ns)
{
    return clock_pace.rate == 1 ? span_ns : span_ns / clock_pace.rate + 1;
}

/* The same in whole ms, for libcurl. Only 0 becomes 0, which is no limit to it. */
long clock_real_ms(double seconds);
/* That instant for those who wait by CLOCK_MONOTONIC. */
struct timespec clock_deadline(uint64_t at_ns);

/* One instant on both clocks: the tightest of five readings. */
struct clock_anchor {
    uint64_t monotonic_ns;
    uint64_t wall_ns;
};

struct clock_anchor clock_anchor_read(void);

/* CPU time of this process with all its threads, and of this thread. By a driven clock it is that
 * of a machine as many times as slow. */
uint64_t cpu_ns(void);
uint64_t thread_cpu_ns(void);

/* "2026-11-24T12:03:07" with the local zone left out, for names and headings. */
void clock_format_local(uint64_t at_wall_ns, char *out, size_t size);
/* "2026-11-24T12:03:07.204Z" */
void clock_format_utc(uint64_t at_wall_ns, char *out, size_t size);

/* Sleeps to that instant. */
void sleep_until_ns(uint64_t at_ns);

#endif
