/* One SSE event's data, understood: one validating scan in place, no allocation. Takes chat chunks,
 * completions chunks, usage, errors; what it does not know it passes over. */
#ifndef CLIENT_DELTA_H
#define CLIENT_DELTA_H

#include "base/buffer.h"
#include "result/record.h"

struct usage {
    uint32_t prompt_tokens, completion_tokens, cached_tokens, reasoning_tokens; /* TOKENS_UNKNOWN */
};

/* Texts point into the data, escapes as they are. */
struct delta {
    struct text answer;   /* content or text; size 0 = none */
    bool answer_is_parts; /* content came as an array: `answer` is that array's JSON */
    struct text reasoning;
    bool tool_call; /* a tool call's name or arguments with text in them */
    bool has_finish;
    enum finish_reason finish;
    bool has_usage; /* not all zero */
    struct usage usage;
    uint32_t engine_cached_tokens; /* llama.cpp's timings; TOKENS_UNKNOWN when not there */
    uint32_t engine_prompt_tokens; /* prompt tokens that it processed, likewise */
    bool has_error;
    struct text error; /* its message, or the error as JSON */
};

/* A chunk that says nothing. */
extern const struct delta delta_nothing;

enum delta_kind { DELTA_CHUNK, DELTA_DONE, DELTA_BAD_JSON };

enum delta_kind delta_read(struct delta *delta, struct text data);

/* The id that a chunk has, escaped; false when it has none. A scan of its own, for the first event
 * of an answer: the others repeat it. */
bool delta_read_id(struct text data, struct text *id);

static inline bool delta_has_text(const struct delta *delta)
{
    return delta->answer.size || delta->reasoning.size || delta->tool_call;
}

/* Appends the answer, escaped as between the quotes of one JSON string. */
void delta_add_answer(const struct delta *delta, struct buffer *out);

#endif
