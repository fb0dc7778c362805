/* What a screen makes of rounds, kept from frame to frame, and made anew from time to time while
 * they go on: to pair a hundred thousand requests takes long. */
#ifndef UI_REMAKE_H
#define UI_REMAKE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct ui;
struct level;
struct round;

/* A zeroed one is of something that was never made. */
struct remake {
    bool made, final;
    uint64_t began_ns, due_ns;
};

/* Whether to make it now; `final` says that nothing of it will change any more. */
bool remake_begin(struct remake *remake, const struct ui *ui, bool final);
/* It was made: the longer that took, the later it is due again. */
void remake_end(struct remake *remake, const struct ui *ui);

/* Two rounds that are held against each other. */
struct pair {
    const struct round *round, *against;
    const struct level *level, *against_level; /* not asked for where they tell nothing more */
    uint32_t which;                            /* of several things that are made of the two */
};

struct pair_cache {
    struct pair_entry **entries; /* which do not move */
    uint32_t count;
};

typedef void pair_maker(struct ui *ui, const struct pair *pair, void *made);

/* What `make` makes of the pair, `size` bytes that begin zeroed. Valid until pair_cache_free. */
void *pair_cache_get(struct pair_cache *cache, struct ui *ui, const struct pair *pair, size_t size,
                     pair_maker *make);
/* `release` (may be NULL) frees what a made one owns. */
void pair_cache_free(struct pair_cache *cache, void (*release)(void *made));

#endif
