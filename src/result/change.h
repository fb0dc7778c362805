/* What happened while a run was on: messages, changes of load, rounds that began and ended. Added
 * by one thread at a time, read by any: an entry never moves and never changes. */
#ifndef RESULT_CHANGE_H
#define RESULT_CHANGE_H

#include <stdatomic.h>
#include <stdint.h>

struct level;
struct round;
struct run;

struct change {
    uint64_t at_ns; /* from the run's start */
    uint16_t level; /* numbers of what ran; 0 = none */
    uint16_t round;
    /* "info", "warning", "error", "advice"; "round", "load", "pause", "skip", "level", "run" */
    const char *kind;
    const char *text; /* one sentence, redacted */
};

/* Each block holds as many entries as all before it together, from CHANGES_FIRST on. */
#define CHANGES_FIRST  64u
#define CHANGES_BLOCKS 26

struct changes {
    struct change *blocks[CHANGES_BLOCKS];
    _Atomic uint32_t count;
};

static inline uint32_t changes_count(const struct changes *changes)
{
    return atomic_load_explicit(&changes->count, memory_order_acquire);
}
/* `index` below changes_count, in the order they were added. */
const struct change *changes_at(const struct changes *changes, uint32_t index);
void changes_free(struct changes *changes);
/* How messages about a server that went away begin. */
#define CHANGE_SERVER_DOWN "the server is down"
#define CHANGE_SERVER_BACK "the server is back"
/* "server down", "server back"; NULL when it is neither. */
const char *change_of_server(const struct change *change);
/* Frees kind and text. */
void change_free_owned(const struct change *change);

/* Copies kind and text; returns what was kept. */
const struct change *run_add_change(struct run *run, const struct change *change);

/* The next change that happened in the round; NULL when there is none left. `*index` begins with
 * round->first_change. */
const struct change *round_next_change(const struct run *run, const struct level *level,
                                       const struct round *round, uint32_t *index);

/* What every reader of a run derives alike from the lines of its rounds: these stand in no line of
 * their own. */
void run_tell_round_began(struct run *run, const struct level *level, const struct round *round);
void run_tell_round_ended(struct run *run, const struct level *level, const struct round *round);
/* The load of the last segment, against the one before. */
void run_tell_load(struct run *run, const struct level *level, const struct round *round);
void run_tell_steady(struct run *run, const struct level *level, uint64_t at_ns);
/* It is hidden, or shown again. */
void run_tell_hidden(struct run *run, const struct level *level, uint64_t at_ns);
/* What figures are held against from then on. */
void run_tell_baseline(struct run *run, uint64_t at_ns);
void run_tell_end(struct run *run, uint64_t at_ns, const char *reason);

#endif
