/* What is sent: rows of a dataset file, read into messages, in memory about their text size. */
#ifndef DATASET_DATASET_H
#define DATASET_DATASET_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buffer.h"
#include "base/error.h"

struct message {
    const char *role;    /* "system", "user", "assistant", … */
    struct text content; /* the JSON value as it is sent: a string with its quotes, parts, null */
    struct text others;  /* further members as they stood, a comma before each; may be empty */
};

bool message_is_question(const struct message *message);
/* Of the system or the developer: stays in front of whatever history. */
bool message_is_instruction(const struct message *message);

/* What a row was written as. */
#define ROW_FORMS(X)                                  \
    X(FORM_TEXT, "text, prompt or content")           \
    X(FORM_STRING, "a bare string")                   \
    X(FORM_MESSAGES, "messages")                      \
    X(FORM_USER_MESSAGES, "user_messages")            \
    X(FORM_CONVERSATIONS, "conversations (ShareGPT)") \
    X(FORM_LONGBENCH, "context and input (LongBench)")

enum row_form {
#define X(id, title) id,
    ROW_FORMS(X)
#undef X
        FORM_COUNT
};

struct sample {
    uint32_t row;  /* in the file, from 0 */
    uint32_t line; /* in the file, from 1 */
    struct message *messages;
    uint32_t message_count;
    uint32_t user_turns; /* messages whose role is user */
    uint8_t form;        /* enum row_form */
    bool is_session;     /* several user turns, to be asked one after the other */
    char *session_id;    /* NULL = none */
    int64_t max_tokens;  /* −1 = not set in the row */
    struct text prompt;  /* the last user text, plain UTF-8 */
};

/* Owns everything the samples point to. */
struct dataset {
    char *name; /* as given: a path, "builtin:NAME", "-" */
    struct sample *samples;
    uint32_t count;
    uint32_t skipped;            /* bad rows that were left out */
    uint64_t hash;               /* of the file's bytes */
    char first_bad[256];         /* the first row that was left out, and why */
    struct buffer file;          /* memory behind texts that point into the file */
    struct dataset_arena *arena; /* and behind those that do not */
};

/* Reads `name`. A bad row ends it with "FILE:LINE: reason" ("FILE:LINE:COLUMN: …" where a byte is
 * to blame), unless `skip_bad_rows`. A missing file whose base name is shipped is suggested as
 * builtin:NAME. On failure there is nothing to free. */
bool dataset_read(struct dataset *dataset, const char *name, bool skip_bad_rows,
                  struct error *error);
void dataset_free(struct dataset *dataset);

/* What is done about rows that cannot be read. */
struct dataset_bad_rows {
    bool skip;                                                /* leave them out, and … */
    void (*say)(void *context, const char *place_and_reason); /* … each is said; NULL = none is */
    void *context;
};
bool dataset_read_saying(struct dataset *dataset, const char *name,
                         const struct dataset_bad_rows *bad_rows, struct error *error);

/* Reads rows from a text that outlives the dataset; dataset_read and the fuzz target share it.
 * `dataset` is zeroed but for its name. On failure it has been freed. */
bool dataset_parse(struct dataset *dataset, struct text content, bool skip_bad_rows,
                   struct error *error);

/* "example", "shared-prefix", …: NULL-terminated. */
extern const char *const dataset_builtin_names[];

/* All texts of the sample as a model reads them, one after the other: for prefix comparison and for
 * the completions endpoint. Appends. */
void sample_plain_text(const struct sample *sample, struct buffer *out);

#endif
