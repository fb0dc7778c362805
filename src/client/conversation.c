#include "client/conversation.h"

#include <stdlib.h>

#include "base/memory.h"
#include "client/tokenizer.h"

/* ---- the messages of a turn ---- */

/* As they will be sent, and what each has of tokens. */
struct history {
    struct message *messages;
    uint32_t *tokens;
    uint32_t count;
    uint16_t dropped_turns;
};

static uint64_t history_tokens(const struct history *history)
{
    uint64_t tokens = history->count * (uint64_t)MESSAGE_TEMPLATE_TOKENS;
    for (uint32_t i = 0; i < history->count; i++)
        tokens += history->tokens[i];
    return tokens - (history->count ? MESSAGE_TEMPLATE_TOKENS : 0);
}

static uint32_t find_question(const struct history *history, uint32_t from)
{
    while (from < history->count && !message_is_question(&history->messages[from]))
        from++;
    return from;
}

static bool is_dropped(const struct history *history, uint32_t index, uint32_t before)
{
    return index < before && !message_is_instruction(&history->messages[index]);
}

/* Drops the oldest questions with all that answered them until no more than `limit` tokens are
 * left; never an instruction, never the last question. `beside` counts towards the limit. */
static void history_fit(struct history *history, uint64_t beside, uint64_t limit)
{
    uint64_t tokens = beside + history_tokens(history);
    uint32_t before = 0, next, kept = 0;
    while (tokens > limit &&
           (next = find_question(history, find_question(history, before) + 1)) < history->count) {
        for (; before < next; before++)
            if (is_dropped(history, before, next))
                tokens -= history->tokens[before] + MESSAGE_TEMPLATE_TOKENS;
        history->dropped_turns++;
    }
    for (uint32_t i = 0; i < history->count; i++)
        if (!is_dropped(history, i, before))
            history->messages[kept++] = history->messages[i];
    history->count = kept;
}

static void history_add(struct history *history, const struct message *message, uint32_t tokens)
{
    history->messages[history->count] = *message;
    history->tokens[history->count++] = tokens;
}

static bool has_limit(const struct conversation *conversation)
{
    return conversation->lengths && conversation->lengths->tokens;
}

/* Up to the question of `turn`. With the model's replies, those of the dataset and what belongs to
 * them are left out. */
static void collect(const struct conversation *conversation, uint16_t turn, struct history *history)
{
    const struct sample *sample = conversation->sample;
    const uint32_t *tokens = has_limit(conversation) ? conversation->lengths->tokens : NULL;
    bool as_in_dataset = conversation->rules->shape->config->history == HISTORY_DATASET ||
                         conversation->requests->turns == 1;
    uint16_t asked = 0;
    for (uint32_t i = 0; i < sample->message_count && (as_in_dataset || asked < turn); i++) {
        const struct message *message = &sample->messages[i];
        bool question = message_is_question(message);
        if (question || as_in_dataset || message_is_instruction(message))
            history_add(history, message, tokens ? tokens[i] : 0);
        asked += question;
        if (question && asked == turn && conversation->requests->turns > 1)
            return;
        if (question && !as_in_dataset) {
            const struct conversation_turn *answered = &conversation->turns[asked - 1];
            struct message said = {.role = "assistant", .content = buffer_text(&answered->reply)};
            history_add(history, &said, answered->reply_tokens);
        }
    }
}

/* Appends the texts of its messages to `texts`. */
static void build_body(struct conversation *conversation, uint16_t turn, struct buffer *texts)
{
    const struct body_shape *shape = conversation->rules->shape;
    const struct sample *sample = conversation->sample;
    struct request *request = &conversation->requests[turn - 1];
    struct buffer *body = &conversation->turns[turn - 1].body;
    uint32_t room = sample->message_count + turn;
    struct history history = {.messages = xcalloc(room, sizeof *history.messages),
                              .tokens = xcalloc(room, sizeof *history.tokens)};
    collect(conversation, turn, &history);
    if (has_limit(conversation))
        history_fit(&history, conversation->lengths->beside,
                    (uint64_t)shape->config->max_context_tokens);

    struct sample sent = {.messages = history.messages,
                          .message_count = history.count,
                          .max_tokens = sample->max_tokens};
    request_build_body(body, shape, &sent, conversation->rules->salt);
    size_t before = texts->size;
    request_plain_text(texts, shape->config, &sent);
    request->body = buffer_text(body);
    request->body_hash = text_hash(TEXT_HASH_SEED, request->body);
    request->prompt_bytes = (uint32_t)(texts->size - before);
    request->dropped_turns = history.dropped_turns;
    free(history.messages);
    free(history.tokens);
}

/* ---- life ---- */

uint16_t conversation_turns(const struct config *config, const struct sample *sample)
{
    if (config->mode == MODE_DUAL_ROUND || !sample->is_session)
        return 1;
    return sample->user_turns < UINT16_MAX ? (uint16_t)sample->user_turns : UINT16_MAX;
}

void conversation_init(struct conversation *conversation, const struct conversation_rules *rules,
                       const struct sample *sample, const struct message_lengths *lengths,
                       struct request *requests, struct buffer *texts)
{
    uint16_t turns = conversation_turns(rules->shape->config, sample);
    *conversation = (struct conversation){.rules = rules,
                                          .sample = sample,
                                          .lengths = lengths,
                                          .requests = requests,
                                          .open_turns = turns,
                                          .turns = xcalloc(turns, sizeof *conversation->turns)};
    uint32_t first = requests->index;
    for (uint16_t i = 0; i < turns; i++)
        requests[i] = (struct request){.index = first + i,
                                       .sample = sample->row,
                                       .turn = (uint16_t)(i + 1),
                                       .turns = turns,
                                       .session_id = sample->session_id,
                                       .conversation = conversation};
    build_body(conversation, 1, texts);
}

void conversation_free(struct conversation *conversation)
{
    for (uint16_t i = 0; i < conversation->requests->turns; i++) {
        buffer_free(&conversation->turns[i].body);
        buffer_free(&conversation->turns[i].reply);
    }
    free(conversation->turns);
}

/* ---- in a round ---- */

/* By usage, without what the model only thought; else the estimate. */
static uint32_t reply_tokens(const struct conversation *conversation, const struct record *record,
                             struct text escaped)
{
    if (!has_limit(conversation))
        return 0;
    uint32_t thought = record->reasoning_tokens == TOKENS_UNKNOWN ? 0 : record->reasoning_tokens;
    if (record->completion_tokens != TOKENS_UNKNOWN && record->completion_tokens >= thought)
        return record->completion_tokens - thought;
    struct buffer plain = {0};
    json_unescape(&plain, escaped);
    uint32_t tokens =
        tokenizer_estimate(conversation->rules->shape->tokenizer, buffer_text(&plain));
    buffer_free(&plain);
    return tokens;
}

static void keep_reply(struct conversation *conversation, const struct request *ended,
                       const struct record *record, struct text escaped)
{
    struct conversation_turn *turn = &conversation->turns[ended->turn - 1];
    buffer_add_char(&turn->reply, '"');
    buffer_add_text(&turn->reply, escaped);
    buffer_add_char(&turn->reply, '"');
    turn->reply_tokens = reply_tokens(conversation, record, escaped);
}

const struct request *conversation_next(const struct request *ended, const struct record *record,
                                        struct text reply)
{
    struct conversation *conversation = ended->conversation;
    if (!conversation)
        return NULL;
    if (!record_succeeded(record))
        conversation_end_with(ended);
    if (ended->turn >= conversation->open_turns)
        return NULL;
    if (conversation->requests[ended->turn].body.size == 0) {
        struct buffer texts = {0};
        keep_reply(conversation, ended, record, reply);
        build_body(conversation, (uint16_t)(ended->turn + 1), &texts);
        buffer_free(&texts);
    }
    return &conversation->requests[ended->turn];
}

void conversation_end_with(const struct request *last)
{
    struct conversation *conversation = last->conversation;
    if (conversation && last->turn < conversation->open_turns)
        conversation->open_turns = last->turn;
}
