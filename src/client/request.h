/* One request of a plan, and the body that is sent for it. */
#ifndef CLIENT_REQUEST_H
#define CLIENT_REQUEST_H

#include "base/buffer.h"
#include "config/config.h"
#include "dataset/dataset.h"

/* What the probe settled: fields that this server takes, and how. */
struct body_shape {
    bool completions; /* /v1/completions: `prompt` instead of `messages` */
    const char *model;
    bool include_usage;         /* stream_options.include_usage */
    bool max_completion_tokens; /* the newer name of max_tokens */
    const struct config *config;
    struct tokenizer *tokenizer; /* counts prompts for the length limits; NULL = there is none */
};

/* Built before a level, shared by its rounds, read by workers. */
struct request {
    uint32_t index;         /* in the plan's order, from 0 */
    uint32_t sample;        /* row of the dataset */
    uint16_t turn;          /* from 1 */
    uint16_t turns;         /* of its conversation, whose requests stand one behind the other */
    uint16_t dropped_turns; /* oldest ones left out of the body, for --max-context-tokens */
    struct text body;       /* empty: a later turn whose history is not there yet */
    uint64_t body_hash;
    uint32_t prompt_bytes;
    uint32_t shared_bytes;             /* longest common prefix with another prompt of the round */
    const char *session_id;            /* NULL = none */
    struct conversation *conversation; /* NULL = asked alone */
};

/* From this turn to the last one. */
static inline uint32_t request_turns_left(const struct request *request)
{
    return (uint32_t)request->turns - request->turn + 1;
}

/* Appends all texts of the prompt as a model reads them, --system-prompt first where it is sent. */
void request_plain_text(struct buffer *out, const struct config *config,
                        const struct sample *sample);

/* Appends the JSON body. `salt` (may be empty) is put as a line in front of the first message. */
void request_build_body(struct buffer *out, const struct body_shape *shape,
                        const struct sample *sample, struct text salt);

/* --system-prompt stands in front, unless the row brings a system message of its own. */
bool request_has_system_prompt(const struct config *config, const struct sample *sample);
/* Adds the key "messages" as the body has it. */
void request_put_messages(struct json_writer *json, const struct config *config,
                          const struct sample *sample, struct text salt);

#endif
