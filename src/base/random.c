#include "base/random.h"

#include <math.h>
#include <sys/random.h>

#include "base/clock.h"

static uint64_t rotate_left(uint64_t x, int bits)
{
    return (x << bits) | (x >> (64 - bits));
}

void random_seed(struct random *random, uint64_t seed)
{
    for (int i = 0; i < 4; i++) {
        seed += 0x9e3779b97f4a7c15u;
        uint64_t z = seed;
        z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
        z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
        random->state[i] = z ^ (z >> 31);
    }
}

uint64_t random_entropy(void)
{
    uint64_t value;
    if (getrandom(&value, sizeof value, 0) != sizeof value)
        value = wall_ns() ^ now_ns();
    return value;
}

uint64_t random_next(struct random *random)
{
    uint64_t *s = random->state;
    uint64_t result = rotate_left(s[1] * 5, 7) * 9;
    uint64_t t = s[1] << 17;
    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= t;
    s[3] = rotate_left(s[3], 45);
    return result;
}

uint64_t random_below(struct random *random, uint64_t limit)
{
    uint64_t reject = -limit % limit;
    uint64_t x;
    do
        x = random_next(random);
    while (x < reject);
    return x % limit;
}

double random_unit(struct random *random)
{
    return (double)(random_next(random) >> 11) * 0x1p-53;
}

double random_normal(struct random *random)
{
    double u = 1.0 - random_unit(random);
    double v = random_unit(random);
    return sqrt(-2.0 * log(u)) * cos(2.0 * M_PI * v);
}

double random_gamma(struct random *random, double shape)
{
    if (shape < 1.0) {
        double u = 1.0 - random_unit(random);
        /* Mean of gamma(shape + 1) is shape + 1; ours are scaled to mean 1, hence the factor. */
        return random_gamma(random, shape + 1.0) * pow(u, 1.0 / shape) * (shape + 1.0) / shape;
    }
    double d = shape - 1.0 / 3.0;
    double c = 1.0 / sqrt(9.0 * d);
    for (;;) {
        double x = random_normal(random);
        double v = 1.0 + c * x;
        if (v <= 0.0)
            continue;
        v = v * v * v;
        double u = 1.0 - random_unit(random);
        if (log(u) < 0.5 * x * x + d - d * v + d * log(v))
            return d * v / shape;
    }
}

void random_permutation(struct random *random, uint32_t *order, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        size_t j = (size_t)random_below(random, i + 1);
        if (j != i)
            order[i] = order[j];
        order[j] = (uint32_t)i;
    }
}
