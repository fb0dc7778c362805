#include "client/delta_memo.h"

#include "base/json.h"

void delta_memo_free(struct delta_memo *memo)
{
    buffer_free(&memo->around);
}

void delta_memo_reset(struct delta_memo *memo)
{
    memo->before_bytes = 0;
}

/* The text of a chunk that is like the remembered one; false when it is not. */
static bool read_alike(const struct delta_memo *memo, struct text data, struct text *text)
{
    size_t before = memo->before_bytes, behind = memo->around.size - before;
    if (before == 0 || data.size < memo->around.size ||
        memcmp(data.data, memo->around.data, before) != 0 ||
        memcmp(data.data + data.size - behind, memo->around.data + before, behind) != 0)
        return false;
    /* From the opening quote on, which is the last byte before the text. */
    struct json_scan scan =
        json_scan_begin((struct text){data.data + before - 1, data.size - before + 1});
    /* An empty text would leave another choice's standing. */
    return json_scan_string(&scan, text) && text->size &&
           scan.at == data.data + data.size - behind + 1;
}

/* Only a chunk that holds one text and nothing else can stand for others. */
static void remember(struct delta_memo *memo, const struct delta *delta, struct text data)
{
    memo->before_bytes = 0;
    bool answer = delta->answer.size != 0, reasoning = delta->reasoning.size != 0;
    if (answer == reasoning || delta->answer_is_parts || delta->tool_call || delta->has_finish ||
        delta->has_usage || delta->has_error || delta->engine_cached_tokens != TOKENS_UNKNOWN ||
        delta->engine_prompt_tokens != TOKENS_UNKNOWN)
        return;
    struct text text = answer ? delta->answer : delta->reasoning;
    memo->is_reasoning = reasoning;
    memo->before_bytes = (size_t)(text.data - data.data);
    buffer_clear(&memo->around);
    buffer_add(&memo->around, data.data, memo->before_bytes);
    buffer_add(&memo->around, text.data + text.size, data.size - memo->before_bytes - text.size);
}

enum delta_kind delta_memo_read(struct delta_memo *memo, struct delta *delta, struct text data)
{
    struct text text;
    if (read_alike(memo, data, &text)) {
        *delta = delta_nothing;
        *(memo->is_reasoning ? &delta->reasoning : &delta->answer) = text;
        return DELTA_CHUNK;
    }
    enum delta_kind kind = delta_read(delta, data);
    if (kind == DELTA_CHUNK)
        remember(memo, delta, data);
    return kind;
}
