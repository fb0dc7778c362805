/* xoshiro256** seeded through splitmix64: the same seed gives the same run on every machine. */
#ifndef BASE_RANDOM_H
#define BASE_RANDOM_H

#include <stddef.h>
#include <stdint.h>

struct random {
    uint64_t state[4];
};

void random_seed(struct random *random, uint64_t seed);
/* From the system's own source; for nonces, never for plans. */
uint64_t random_entropy(void);
uint64_t random_next(struct random *random);
/* 0 ≤ x < limit, without bias; limit ≥ 1. */
uint64_t random_below(struct random *random, uint64_t limit);
/* 0 ≤ x < 1 */
double random_unit(struct random *random);
double random_normal(struct random *random);
/* Gamma with that shape and mean 1 (Marsaglia and Tsang 2000); shape 1 is exponential. */
double random_gamma(struct random *random, double shape);
/* Fisher–Yates over 0 … count − 1, written to `order`. */
void random_permutation(struct random *random, uint32_t *order, size_t count);

#endif
