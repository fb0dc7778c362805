/* A metric of the server that a run watches, and the readings it is made from. A reading holds the
 * columns of one scrape; a metric says which columns are its own and what they give. */
#ifndef TELEMETRY_WATCHED_H
#define TELEMETRY_WATCHED_H

#include <stdbool.h>
#include <stdint.h>

enum watched_kind {
    WATCHED_ABSENT, /* not exposed so far; `origin` names the nearest that are */
    WATCHED_GAUGE,
    WATCHED_COUNTER,
    WATCHED_HISTOGRAM, /* its mean, or a quantile, over a time */
    WATCHED_QUOTIENT,  /* of what two counters gained over a time, or of two gauges */
    WATCHED_KIND_COUNT
};

/* What the run itself, or a panel, needs it for. */
enum watched_role {
    ROLE_NONE,
    ROLE_RUNNING,  /* requests being answered */
    ROLE_WAITING,  /* requests in the queue */
    ROLE_STORING,  /* stores of the cache in flight */
    ROLE_KV_USAGE, /* share of the KV cache in use */
    ROLE_HIT_RATE, /* of tokens, from counters */
    WATCHED_ROLE_COUNT
};

#define WATCHED_BOUNDS_MAX 200

/* Strings are owned, never NULL. */
struct watched {
    char *key;    /* as asked for or picked: "lmcache_hit_rate", "p99(vllm:…)" */
    char *title;  /* as rows show it */
    char *unit;   /* "tokens", "s", "bytes", "ratio"; "" = not known */
    char *origin; /* what it is taken from, "" = the name it has; for an absent one the nearest */
    enum watched_kind kind;
    enum watched_role role;
    bool hidden;     /* for the run's own use: nobody asked to see it */
    bool in_table;   /* one of the few that a round's table has a row for */
    bool deltas;     /* of a quotient: over what its counters gained */
    bool appeared;   /* in mid-run, on a page that had not had it: its counters began at 0 */
    double quantile; /* of a histogram, 0…1; NaN = its mean */
    double scale;    /* every value × this */
    /* First of its columns. A gauge, a counter and a dividend have one. A histogram has its sum,
     * its count, and the cumulative count below each bound. */
    uint32_t column;
    uint32_t divisor; /* column of a quotient */
    double *bounds;   /* ascending, without +Inf; owned */
    uint32_t bound_count;
};

enum reading_place {
    READING_BETWEEN, /* no round was running */
    READING_BEFORE,  /* right before a round's first dispatch */
    READING_DURING,
    READING_AFTER, /* right after a round's last end */
    READING_PLACE_COUNT
};

/* One scrape, or one sweep over several sources. */
struct reading {
    uint64_t at_ns; /* from the run's start: when it began */
    uint64_t took_ns;
    uint16_t level, round; /* that it belongs to; 0 = none */
    uint8_t place;         /* enum reading_place */
    uint32_t count;
    double values[]; /* by column; NaN = not exposed then */
};

/* Where metrics come from. Strings are owned, never NULL. */
struct metrics_source {
    char *url;
    char *format; /* "text", "OpenMetrics", "Prometheus"; "" = it never answered */
    char *engine; /* "vllm + lmcache"; "" = none known */
    double interval_s;
    uint32_t exposed; /* names on its page */
};

const char *watched_kind_name(enum watched_kind kind);
const char *watched_role_name(enum watched_role role);
const char *reading_place_name(enum reading_place place);

struct watched *watched_copy(const struct watched *watched);
void watched_delete(struct watched *watched);
/* Columns beyond the first that belong to it, divisor aside; for a check of bounds. */
uint32_t watched_last_column(const struct watched *watched);

/* NaN for columns that the reading does not have. */
static inline double reading_value(const struct reading *reading, uint32_t column)
{
    return column < reading->count ? reading->values[column] : __builtin_nan("");
}

/* At one instant: of gauges, counters, and quotients of gauges. NaN for what only a time gives. */
double watched_at(const struct watched *watched, const struct reading *reading);

#define WATCHED_WIDTH_MAX (2 + WATCHED_BOUNDS_MAX)

/* What its columns gained, over several readings; zero at first. A counter that went down began
 * anew: what it then shows was gained since. One that could not be read for a while goes on from
 * where it was. */
struct watched_gains {
    bool any;
    uint32_t resets;
    double columns[WATCHED_WIDTH_MAX];
    double last[WATCHED_WIDTH_MAX];
    bool seen[WATCHED_WIDTH_MAX]; /* `last` holds */
};

void watched_gain(const struct watched *watched, struct watched_gains *gains,
                  const struct reading *from, const struct reading *to);
/* Over that time: what a counter gained, a quotient of deltas, a histogram's mean or quantile. NaN
 * where nothing happened, and for all others. */
double watched_over(const struct watched *watched, const struct watched_gains *gains);

#endif
