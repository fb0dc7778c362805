/* A page of metrics: Prometheus's text format 0.0.4 and OpenMetrics. Walks the page in place, line
 * by line, and allocates nothing. */
#ifndef TELEMETRY_EXPOSITION_H
#define TELEMETRY_EXPOSITION_H

#include "base/buffer.h"

enum exposition_type {
    EXPOSITION_UNTYPED, /* "untyped", "unknown", or no word about it */
    EXPOSITION_COUNTER,
    EXPOSITION_GAUGE,
    EXPOSITION_HISTOGRAM,
    EXPOSITION_SUMMARY,
    EXPOSITION_OTHER, /* OpenMetrics: info, stateset, gaugehistogram */
};

/* All text is a part of the page. */
struct exposition_sample {
    struct text name;   /* as it stands there: with _total, _bucket, _sum … */
    struct text labels; /* what stands between the braces, escapes as they are */
    double value;       /* may be NaN and ±Inf */
    enum exposition_type type;
    struct text family; /* the name that the type was said of; the sample's own without one */
    double timestamp_s; /* since 1970; NaN = none */
};

struct exposition {
    struct text rest;
    bool open_metrics; /* "# EOF" was or will be at its end */
    enum exposition_type type;
    struct text family;
    uint32_t lines, broken; /* lines passed; lines among them that make no sense */
    uint32_t first_broken;  /* number of the first such line; 0 = none */
};

/* `page` stays the caller's and must outlive what is taken from it. */
struct exposition exposition_begin(struct text page);
/* The next sample; false at the end. Lines that are neither samples nor comments are counted. */
bool exposition_next(struct exposition *exposition, struct exposition_sample *sample);

/* To be called between samples of a long page: once in a while the processor is offered to others,
 * so that a thread that times chunks waits for it no longer than some tenths of a millisecond.
 * (With a lower priority alone it waited 5 ms; a policy for idle times starves on a busy machine.)
 */
void exposition_breathe(const struct exposition *exposition);

/* Cuts the first label off `labels`; its value keeps its escapes. False when none is left. */
bool exposition_next_label(struct text *labels, struct text *name, struct text *value);
/* True when there is a label of that name; its value, escapes as they are. */
bool exposition_label(struct text labels, const char *name, struct text *value);
/* Adds the text that a label's value stands for. */
void exposition_unescape(struct buffer *out, struct text value);

#endif
