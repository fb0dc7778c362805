#include "result/record.h"

#include <stdlib.h>
#include <string.h>

#include "result/capture.h"

static const struct {
    const char *name, *advice;
} classes[ERROR_CLASS_COUNT] = {
#define X(id, name, advice) [id] = {name, advice},
    ERROR_CLASSES(X)
#undef X
};

const char *error_class_name(enum error_class class)
{
    return classes[class].name;
}

const char *error_class_advice(enum error_class class)
{
    return classes[class].advice;
}

static const char *const finish_names[FINISH_REASON_COUNT] = {
    [FINISH_NONE] = "none",     [FINISH_STOP] = "stop",
    [FINISH_LENGTH] = "length", [FINISH_TOOL_CALLS] = "tool_calls",
    [FINISH_OTHER] = "other",
};

const char *finish_reason_name(enum finish_reason reason)
{
    return finish_names[reason];
}

void record_free_owned(struct record *record)
{
    free(record->chunk_us);
    free(record->reply);
    free(record->reply_id);
    free(record->error_text);
    capture_delete(record->capture);
    record->chunk_us = NULL;
    record->reply = NULL;
    record->reply_id = NULL;
    record->error_text = NULL;
    record->capture = NULL;
    record->chunk_count = record->reply_size = 0;
}

uint32_t record_output_tokens(const struct record *record, bool *estimated)
{
    *estimated = record->completion_tokens == TOKENS_UNKNOWN;
    return *estimated ? record->chunks : record->completion_tokens;
}

/* English text has about four bytes a token in the tokenizers in use. */
#define BYTES_PER_TOKEN 4

uint32_t record_input_tokens(const struct record *record, bool *estimated)
{
    *estimated = record->prompt_tokens == TOKENS_UNKNOWN;
    return *estimated ? record->prompt_bytes / BYTES_PER_TOKEN : record->prompt_tokens;
}
