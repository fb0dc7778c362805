/* What a Prometheus server answers, in our terms. */
#ifndef TELEMETRY_PROMETHEUS_API_H
#define TELEMETRY_PROMETHEUS_API_H

#include "base/error.h"
#include "telemetry/catalog.h"

/* BASE/api/v1/query?query=…; freed by the caller. */
char *prometheus_query_url(const char *base, struct text promql);

/* The names of /api/v1/label/__name__/values with the types of /api/v1/metadata (may be empty), as
 * a page would have them. */
bool prometheus_read_names(struct text names, struct text metadata, struct catalog *catalog,
                           struct error *error);

#endif
