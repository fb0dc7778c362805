#include "client/lengths.h"

#include <pthread.h>
#include <stdlib.h>

#include "base/log.h"
#include "base/memory.h"
#include "client/tokenizer.h"
#include "dataset/tokens.h"

/* Enough to keep a server's tokenizer busy. */
#define THREADS 8
/* So many may take long enough to be told of. */
#define MANY_ROWS 1000
/* A cut text may have other tokens at its end than the whole had there. */
#define CUTS_MAX 6
/* No token is shorter than a byte; what a template adds is less than this. */
#define TEMPLATE_BYTES 256

struct making {
    const struct body_shape *shape;
    struct lengths *lengths;
    struct text salt;
    _Atomic uint32_t next;
};

/* ---- one row ---- */

/* What is sent with question `index` at the least: all of the row where it is one request, else the
 * instructions before it. */
static struct sample request_of(const struct sample *sample, uint32_t index, bool alone,
                                struct message *messages)
{
    struct sample part = {.messages = messages};
    for (uint32_t i = 0; i <= index; i++)
        if (!alone || i == index || message_is_instruction(&sample->messages[i]))
            messages[part.message_count++] = sample->messages[i];
    return part;
}

static void set_content(struct row_lengths *row, uint32_t index, struct text plain)
{
    struct buffer quoted = {0};
    struct json_writer json = {.out = &quoted};
    json_string(&json, plain);
    buffer_free(&row->contents[index]);
    row->contents[index] = quoted;
    row->sample.messages[index].content = buffer_text(&quoted);
}

/* Takes `excess` off the tokens that are kept of the question; before the first cut all are. */
static void cut_question(struct making *making, struct token_reader *reader,
                         struct row_lengths *row, uint32_t index, uint32_t excess, uint32_t *tokens)
{
    struct buffer plain = {0}, kept = {0};
    struct text content = row->sample.messages[index].content;
    json_unescape(&plain, (struct text){content.data + 1, content.size - 2});
    if (*tokens == 0)
        *tokens = token_reader_count(reader, buffer_text(&plain));
    *tokens = *tokens > excess ? *tokens - excess : 1;
    token_reader_cut(reader, buffer_text(&plain), *tokens, making->shape->config->truncate, &kept);
    set_content(row, index, buffer_text(&kept));
    buffer_free(&plain);
    buffer_free(&kept);
}

static void fit_question(struct making *making, struct token_reader *reader,
                         struct row_lengths *row, uint32_t index, bool alone)
{
    const struct config *config = making->shape->config;
    uint32_t limit = (uint32_t)config->max_input_tokens;
    struct message *messages = xcalloc(index + 1u, sizeof *messages);
    bool is_text = row->sample.messages[index].content.data[0] == '"', fits = false;
    uint32_t kept = 0;
    for (int cuts = 0; !fits; cuts++) {
        struct sample part = request_of(&row->sample, index, alone, messages);
        struct buffer plain = {0};
        request_plain_text(&plain, config, &part);
        uint32_t tokens = 0;
        fits = plain.size + TEMPLATE_BYTES <= limit ||
               (tokens = token_reader_count_request(reader, making->shape, &part, making->salt)) <=
                   limit;
        buffer_free(&plain);
        if (fits || cuts == CUTS_MAX || !is_text)
            break;
        row->cut += cuts == 0;
        cut_question(making, reader, row, index, tokens - limit, &kept);
    }
    row->too_long |= !fits;
    free(messages);
}

static void fit_row(struct making *making, struct token_reader *reader, struct row_lengths *row)
{
    struct sample *sample = &row->sample;
    bool alone = conversation_turns(making->shape->config, sample) > 1;
    for (uint32_t i = 0; i < sample->message_count; i++)
        if (message_is_question(&sample->messages[i]) && (alone || i + 1 == sample->message_count))
            fit_question(making, reader, row, i, alone);
}

static void count_row(struct making *making, struct token_reader *reader, struct row_lengths *row)
{
    const struct config *config = making->shape->config;
    const struct sample *sample = &row->sample;
    struct buffer plain = {0};
    row->messages.tokens = xcalloc(sample->message_count, sizeof *row->messages.tokens);
    for (uint32_t i = 0; i < sample->message_count; i++) {
        struct sample one = {.messages = &sample->messages[i], .message_count = 1};
        buffer_clear(&plain);
        sample_plain_text(&one, &plain);
        row->messages.tokens[i] = token_reader_count(reader, buffer_text(&plain));
    }
    row->messages.beside = tokenizer_template_tokens(making->shape->tokenizer) +
                           token_reader_count(reader, making->salt);
    if (request_has_system_prompt(config, sample))
        row->messages.beside += token_reader_count(reader, text_of(config->system_prompt));
    buffer_free(&plain);
}

static void estimate_row(struct making *making, struct row_lengths *row)
{
    const struct sample *sample = &row->sample;
    struct message *messages = xcalloc(sample->message_count, sizeof *messages);
    bool alone = conversation_turns(making->shape->config, sample) > 1;
    uint32_t question = sample->message_count - 1;
    for (uint32_t i = 0; alone && i < question; i++)
        if (message_is_question(&sample->messages[i]))
            question = i;
    struct sample first = request_of(sample, question, alone, messages);
    struct buffer plain = {0};
    request_plain_text(&plain, making->shape->config, &first);
    row->estimated_tokens = tokens_estimate(buffer_text(&plain)) + tokens_estimate(making->salt);
    buffer_free(&plain);
    free(messages);
}

static void make_row(struct making *making, struct token_reader *reader, struct row_lengths *row,
                     const struct sample *sample)
{
    const struct config *config = making->shape->config;
    size_t count = sample->message_count;
    row->sample = *sample;
    row->sample.messages = xcalloc(count, sizeof *sample->messages);
    memcpy(row->sample.messages, sample->messages, count * sizeof *sample->messages);
    row->contents = xcalloc(count, sizeof *row->contents);
    if (config->max_input_tokens >= 0)
        fit_row(making, reader, row);
    if (config->max_context_tokens >= 0)
        count_row(making, reader, row);
    estimate_row(making, row);
}

/* ---- all rows ---- */

struct share {
    struct making *making;
    const struct sample *const *samples;
};

static void *make_rows(void *argument)
{
    const struct share *share = argument;
    struct making *making = share->making;
    struct token_reader *reader = token_reader_new(making->shape->tokenizer);
    uint32_t i;
    while ((i = atomic_fetch_add(&making->next, 1)) < making->lengths->count)
        make_row(making, reader, &making->lengths->rows[i], share->samples[i]);
    token_reader_free(reader);
    return NULL;
}

void lengths_make(struct lengths *lengths, const struct body_shape *shape,
                  const struct sample *const *samples, uint32_t count, struct text salt)
{
    *lengths = (struct lengths){.rows = xcalloc(count, sizeof *lengths->rows), .count = count};
    struct making making = {.shape = shape, .lengths = lengths, .salt = salt};
    struct share share = {&making, samples};
    pthread_t threads[THREADS];
    uint32_t started = 0;
    if (count >= MANY_ROWS)
        log_info("counting the tokens of %u rows", count);
    while (started < THREADS && started + 1 < count &&
           pthread_create(&threads[started], NULL, make_rows, &share) == 0)
        started++;
    make_rows(&share);
    while (started)
        pthread_join(threads[--started], NULL);

    for (uint32_t i = 0; i < count; i++) {
        lengths->cut += lengths->rows[i].cut;
        lengths->too_long += lengths->rows[i].too_long;
    }
    tokenizer_report(shape->tokenizer);
    if (lengths->too_long)
        log_warning("%u rows stay longer than --max-input-length: what stands beside their last "
                    "question is too long, or it is no plain text",
                    lengths->too_long);
}

void lengths_free(struct lengths *lengths)
{
    for (uint32_t i = 0; i < lengths->count; i++) {
        struct row_lengths *row = &lengths->rows[i];
        for (uint32_t m = 0; m < row->sample.message_count; m++)
            buffer_free(&row->contents[m]);
        free(row->contents);
        free(row->sample.messages);
        free(row->messages.tokens);
    }
    free(lengths->rows);
    *lengths = (struct lengths){0};
}
