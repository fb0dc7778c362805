/* The requests of a round that memory has let go, read back on a thread of its own: neither keys
 * nor the run wait for it. */
#ifndef UI_ROUND_LOAD_H
#define UI_ROUND_LOAD_H

#include "result/round_read.h"

struct round_load;

enum round_load_state { ROUND_LOADING, ROUND_LOADED, ROUND_FAILED };

struct round_load *round_load_begin(const char *directory, const struct round_place *place);
/* Ends one that still reads, without waiting for it. */
void round_load_end(struct round_load *load);

enum round_load_state round_load_state(const struct round_load *load);
const struct round_place *round_load_place(const struct round_load *load);
/* How many were read so far. */
uint32_t round_load_done(const struct round_load *load);
/* Once it is loaded: place->records of them, until round_load_end. */
const struct record *round_load_records(const struct round_load *load);
/* Once it failed. */
const char *round_load_error(const struct round_load *load);

#endif
