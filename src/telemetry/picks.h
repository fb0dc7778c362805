/* What is worth watching of each engine, and what stands in for names that no engine exposes. */
#ifndef TELEMETRY_PICKS_H
#define TELEMETRY_PICKS_H

#include "telemetry/catalog.h"
#include "telemetry/watched.h"

#define PICK_ALTERNATIVES_MAX 6

/* The first alternative that is exposed is taken; each is a wish, as in telemetry/wish.h. */
struct pick {
    const char *key;   /* as figures.csv has it */
    const char *title; /* as rows have it */
    const char *unit;
    enum watched_role role;
    bool in_table; /* of a round */
    const char *alternatives[PICK_ALTERNATIVES_MAX];
};

/* `auto`, in the order of rows. */
extern const struct pick picks[];
extern const size_t picks_count;

/* Names that people ask for by habit: what is taken in their place, best first. NULL when it is no
 * such name. */
const struct pick *picks_alias(const char *name);

/* The engines whose names are there: "vllm + lmcache"; "" for none known. */
void picks_engine(const struct catalog *catalog, struct buffer *out);

/* The unit that a name tells: "s", "bytes", "tokens", "ratio", or "". Static. */
const char *picks_unit(const char *name);

#endif
