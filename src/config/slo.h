/* Service level objectives: what a request must meet to count as good. */
#ifndef CONFIG_SLO_H
#define CONFIG_SLO_H

#include <stdbool.h>

#include "base/error.h"
#include "base/text.h"

/* NaN = no limit. Limits are strict: a value must be below the limit, or above a minimum. */
struct slo {
    double ttft_ms;
    double itl_ms;
    double latency_ms;
    double output_token_throughput_min; /* tokens/s of one request */
};

#define SLO_LIMIT_COUNT 4

struct slo_limit {
    const char *key;   /* as in files and --slo: "ttft_ms" */
    const char *title; /* as on screen: "TTFT" */
    bool is_minimum;
    size_t offset; /* of the double in struct slo */
};

extern const struct slo_limit slo_limits[SLO_LIMIT_COUNT];

void slo_none(struct slo *slo);
bool slo_any(const struct slo *slo);
/* "ttft_ms=1000". Unknown keys and bad numbers are errors that name them. */
bool slo_set(struct slo *slo, struct text assignment, struct error *error);
/* Both YAML shapes: `slo: {ttft_ms: 1000}` and `constraints: {ttft_ms: {max: 1000}}`. Errors name
 * line and column, and the file where there is one. */
bool slo_read_text(struct slo *slo, struct text content, struct error *error);
bool slo_read_file(struct slo *slo, const char *path, struct error *error);

#endif
