/* What delta_memo_read gives for a chunk is what delta_read gives, whatever came before: each line
 * of the input is a chunk. */
#include <stdint.h>
#include <stdlib.h>

#include "client/delta_memo.h"

static bool same(const struct delta *a, const struct delta *b)
{
    return text_equal(a->answer, b->answer) && text_equal(a->reasoning, b->reasoning) &&
           a->answer_is_parts == b->answer_is_parts && a->tool_call == b->tool_call &&
           a->has_finish == b->has_finish && a->finish == b->finish &&
           a->has_usage == b->has_usage && memcmp(&a->usage, &b->usage, sizeof a->usage) == 0 &&
           a->engine_cached_tokens == b->engine_cached_tokens &&
           a->engine_prompt_tokens == b->engine_prompt_tokens && a->has_error == b->has_error &&
           text_equal(a->error, b->error);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct delta_memo memo = {0};
    struct text rest = {(const char *)data, size}, line;
    while (text_next_line(&rest, &line)) {
        struct delta remembered, plain;
        enum delta_kind kind = delta_memo_read(&memo, &remembered, line);
        if (kind != delta_read(&plain, line))
            abort();
        if (kind == DELTA_CHUNK && !same(&remembered, &plain))
            abort();
    }
    delta_memo_free(&memo);
    return 0;
}
