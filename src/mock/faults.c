#include "mock/faults.h"

struct faults faults_draw(struct random *random, const struct mock_knobs *knobs)
{
    struct faults faults = {.where = random_unit(random)};
#define DRAW(kind, knob, mid_stream)       \
    if (random_unit(random) < knobs->knob) \
        faults.met |= 1u << (kind);
    FAULTS(DRAW)
#undef DRAW
    return faults;
}

bool faults_any_in_mid_stream(struct faults faults)
{
#define MID_STREAM_BIT(kind, knob, mid_stream) | ((mid_stream) ? 1u << (kind) : 0u)
    return (faults.met & (0u FAULTS(MID_STREAM_BIT))) != 0;
#undef MID_STREAM_BIT
}
