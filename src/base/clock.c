#include "base/clock.h"

#include <errno.h>
#include <stdio.h>

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

uint64_t cpu_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return timespec_ns(&t);
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
    struct timespec t = {.tv_sec = (time_t)(at_ns / NS_PER_S), .tv_nsec = (long)(at_ns % NS_PER_S)};
    while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &t, NULL) == EINTR)
        ;
}
