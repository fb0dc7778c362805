/* What a run wants to watch, and what of it is exposed so far: wishes become metrics and columns.
 */
#ifndef TELEMETRY_WATCH_LIST_H
#define TELEMETRY_WATCH_LIST_H

#include "telemetry/columns.h"
#include "telemetry/metrics_page.h"
#include "telemetry/watched.h"
#include "telemetry/wish.h"

#define WATCH_WISHES_MAX 8

struct watch_item {
    struct watched watched; /* absent until it is found */
    bool asked;             /* by name: its absence is shown */
    bool published;
    bool fresh;                           /* nobody has looked for it yet */
    struct wish wishes[WATCH_WISHES_MAX]; /* best first */
    uint32_t wish_count;
    int32_t source;      /* it was found on; −1 = none */
    uint32_t expression; /* of a Prometheus server, from 0 */
};

struct watch_list {
    struct watch_item *items;
    uint32_t count;
    struct columns columns;
    bool automatic; /* `auto` is among what was asked */
    uint32_t expression_count;
};

/* `asked` are wishes, or "auto"; with none it is auto. What the run itself needs is added, hidden.
 * False when one cannot be read. */
bool watch_list_init(struct watch_list *list, char *const *asked, size_t count,
                     struct error *error);
void watch_list_free(struct watch_list *list);

/* One more wish; a metric that is there already is shown from now on. False when it cannot be read.
 */
bool watch_list_add(struct watch_list *list, const char *wish, struct error *error);

/* Looks for what is still absent among the names of source number `source`. `late`: the source had
 * answered before, so what appears began at 0. Returns how many were found; each then has
 * `published` false. The page is asked for what its catalog does not hold (bounds). */
uint32_t watch_list_resolve(struct watch_list *list, uint32_t source, struct metrics_page *page,
                            struct catalog *catalog, bool late);
/* Gives what was asked for, is still absent and was not published, the nearest names. */
void watch_list_name_nearest(struct watch_list *list, const struct catalog *catalog);
/* Something asked for, or picked, has not been found. */
bool watch_list_incomplete(const struct watch_list *list);

#endif
