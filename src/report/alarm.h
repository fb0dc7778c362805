/* What --alarm takes, and whether it holds right now: a condition as --fail-on has it over the last
 * minute, a metric of the server, silence, or the disk. */
#ifndef REPORT_ALARM_H
#define REPORT_ALARM_H

#include "report/condition.h"
#include "telemetry/live.h"

/* Figures of requests are those of this long before now. */
#define ALARM_WINDOW_NS (60 * NS_PER_S)

enum alarm_kind {
    ALARM_FIGURE, /* of the requests that ended in the last minute */
    ALARM_METRIC, /* of the server, as last scraped */
    ALARM_NO_TOKEN,
    ALARM_DISK, /* free space where the run's files go */
};

enum alarm_news { ALARM_NO_NEWS, ALARM_RAISED, ALARM_CLEARED };

struct alarm {
    enum alarm_kind kind;
    struct condition condition; /* of ALARM_NO_TOKEN only its text */
    uint64_t for_ns;            /* how long it has to hold first */

    enum alarm_news news; /* for who watches: what the last judgement said */
    bool raised;
    double value;            /* as last judged, in the unit of the limit; NaN = not known */
    uint64_t holds_since_ns; /* 0 = it does not hold */
    uint64_t ended_since_ns; /* it was raised, and has not held since; 0 = it holds */
};

/* 'failed>1%', 'lmcache_hit_rate<0.5 for 60s', 'no token for 10s', 'disk<5%'. False when it is
 * none of them; a name that is no figure is a metric of the server. */
bool alarm_parse(struct alarm *alarm, const char *text, struct error *error);
void alarm_free(struct alarm *alarm);

/* What is known at one instant. */
struct alarm_facts {
    const struct run *run;
    const struct live_view *view;
    const struct summary *recent; /* of the requests that ended in ALARM_WINDOW_NS */
    uint64_t now_ns;              /* from the run's start */
    double disk_free_percent;     /* NaN = not known */
};

/* To be called about once a second. One that was raised is cleared when it has not held for
 * 5 seconds, so that a figure at the limit raises it once; what is not known changes nothing. */
enum alarm_news alarm_judge(struct alarm *alarm, const struct alarm_facts *facts);
/* "0.31", "4.2 %", "12 s": what it is now, for a message; "-" when not known. */
struct figure alarm_value(const struct alarm *alarm);

#endif
