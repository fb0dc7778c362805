#include "mock/knobs.h"

void mock_knobs_default(struct mock_knobs *knobs)
{
    /* Not const only because the fields are not: nobody writes to them. */
    static char host[] = "127.0.0.1";
    static char model[] = "mock-model";
    *knobs = (struct mock_knobs){
        .host = host,
        .port = 8765,
        .model = model,
        .seed = 42,
        .ttft_ms = 40.0,
        .prefill_tokens_per_s = 8000.0,
        .itl_ms = 10.0,
        .jitter = 0.1,
        .cache_tokens = 2000000,
        .reply_tokens = 64,
        .chunk_tokens = 1,
    };
}
