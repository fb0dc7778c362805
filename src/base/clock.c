#include "base/clock.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

struct clock_pace clock_pace = {.rate = 1};

bool clock_drive_by_environment(struct error *error)
{
    const char *text = getenv("FLUXPERF_CLOCK_RATE");
    if (!text)
        return true;
    char *end;
    unsigned long rate = strtoul(text, &end, 10);
    if (*end || rate < 1 || rate > CLOCK_RATE_MOST)
        return error_set(error, "FLUXPERF_CLOCK_RATE: \"%.40s\" is no whole number from 1 to %d",
                         text, CLOCK_RATE_MOST);
    clock_drive((unsigned)rate);
    return true;
}

void clock_drive(unsigned rate)
{
    clock_pace = (struct clock_pace){
        .rate = rate, .start_ns = real_now_ns(), .start_wall_ns = real_wall_ns()};
}

long clock_real_ms(double seconds)
{
    return (long)ceil(seconds * 1e3 / (double)clock_pace.rate);
}

struct timespec clock_deadline(uint64_t at_ns)
{
    uint64_t start_ns = clock_pace.start_ns;
    if (clock_pace.rate != 1)
        at_ns = start_ns + (at_ns > start_ns ? clock_real_ns(at_ns - start_ns) : 0);
    return (struct timespec){.tv_sec = (time_t)(at_ns / NS_PER_S),
                             .tv_nsec = (long)(at_ns % NS_PER_S)};
}

struct clock_anchor clock_anchor_read(void)
{
    struct clock_anchor best = {0};
    uint64_t tightest_ns = UINT64_MAX;
    for (int i = 0; i < 5; i++) {
        uint64_t before = now_ns();
        uint64_t wall = wall_ns();
        uint64_t after = now_ns();
        if (after - before < tightest_ns) {
            tightest_ns = after - before;
            best = (struct clock_anchor){before + (after - before) / 2, wall};
        }
    }
    return best;
}

static uint64_t read_cpu_ns(clockid_t clock)
{
    struct timespec t;
    clock_gettime(clock, &t);
    return clock_driven_ns(timespec_ns(&t));
}

uint64_t cpu_ns(void)
{
    return read_cpu_ns(CLOCK_PROCESS_CPUTIME_ID);
}

uint64_t thread_cpu_ns(void)
{
    return read_cpu_ns(CLOCK_THREAD_CPUTIME_ID);
}

void clock_format_local(uint64_t at_wall_ns, char *out, size_t size)
{
    time_t seconds = (time_t)(at_wall_ns / NS_PER_S);
    struct tm parts;
    localtime_r(&seconds, &parts);
    strftime(out, size, "%Y-%m-%dT%H:%M:%S", &parts);
}

void clock_format_utc(uint64_t at_wall_ns, char *out, size_t size)
{
    time_t seconds = (time_t)(at_wall_ns / NS_PER_S);
    unsigned ms = (unsigned)(at_wall_ns % NS_PER_S / NS_PER_MS);
    struct tm parts;
    gmtime_r(&seconds, &parts);
    char date[32];
    strftime(date, sizeof date, "%Y-%m-%dT%H:%M:%S", &parts);
    snprintf(out, size, "%s.%03uZ", date, ms);
}

void sleep_until_ns(uint64_t at_ns)
{
    struct timespec t = clock_deadline(at_ns);
    while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &t, NULL) == EINTR)
        ;
}
