#include "client/stream.h"

#include <stdlib.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/memory.h"

#define ERROR_BODY_BYTES 500

static void push_event(struct stream *stream, enum event_kind kind, uint64_t at_ns, uint64_t value)
{
    struct event event = {.at_ns = at_ns,
                          .value = value,
                          .request = stream->record.index,
                          .round = stream->record.round,
                          .kind = (uint8_t)kind,
                          .count = stream->record.turn,
                          .spare = stream->record.sample};
    event_push(stream->owner->lane, &event);
}

/* The first reason holds: what follows a failure is its consequence. */
static void set_error(struct stream *stream, enum error_class class, struct text text)
{
    if (stream->record.error != ERR_NONE)
        return;
    stream->record.error = (uint8_t) class;
    size_t size = text.size < ERROR_BODY_BYTES ? text.size : ERROR_BODY_BYTES;
    stream->record.error_text = xstrndup(text.data, size);
}

static void set_escaped_error(struct stream *stream, enum error_class class, struct text escaped)
{
    struct buffer plain = {0};
    json_unescape(&plain, escaped);
    set_error(stream, class, buffer_text(&plain));
    buffer_free(&plain);
}

/* ---- a chunk's way: stamped by what brings it, read here ---- */

static void take_usage(struct record *record, const struct delta *delta)
{
    if (delta->has_usage) {
        record->prompt_tokens = delta->usage.prompt_tokens;
        record->completion_tokens = delta->usage.completion_tokens;
        if (delta->usage.cached_tokens != TOKENS_UNKNOWN)
            record->cached_tokens = delta->usage.cached_tokens;
        if (delta->usage.reasoning_tokens != TOKENS_UNKNOWN)
            record->reasoning_tokens = delta->usage.reasoning_tokens;
    }
    if (record->cached_tokens != TOKENS_UNKNOWN)
        return;
    if (delta->engine_cached_tokens != TOKENS_UNKNOWN)
        record->cached_tokens = delta->engine_cached_tokens;
    else if (delta->engine_prompt_tokens != TOKENS_UNKNOWN &&
             record->prompt_tokens != TOKENS_UNKNOWN &&
             delta->engine_prompt_tokens <= record->prompt_tokens)
        record->cached_tokens = record->prompt_tokens - delta->engine_prompt_tokens;
}

/* Tokens in this chunk: told by usage in every chunk, else one. */
static uint32_t chunk_tokens(struct stream *stream, const struct delta *delta)
{
    uint32_t total = delta->has_usage ? delta->usage.completion_tokens : TOKENS_UNKNOWN;
    if (total == TOKENS_UNKNOWN || total <= stream->tokens_seen)
        return 1;
    uint32_t tokens = total - stream->tokens_seen;
    stream->tokens_seen = total;
    return tokens;
}

static void keep_chunk_time(struct stream *stream)
{
    struct record *record = &stream->record;
    if (record->chunk_count == stream->chunk_capacity) {
        stream->chunk_capacity = stream->chunk_capacity ? 2 * stream->chunk_capacity : 256;
        stream->chunk_us =
            xreallocarray(stream->chunk_us, stream->chunk_capacity, sizeof *stream->chunk_us);
    }
    uint64_t us = (stream->stamp_ns - record->sent_ns) / NS_PER_US;
    stream->chunk_us[record->chunk_count++] = us < UINT32_MAX ? (uint32_t)us : UINT32_MAX;
}

static void take_first_token(struct stream *stream, const struct delta *delta)
{
    struct transfer_owner *owner = stream->owner;
    struct record *record = &stream->record;
    record->first_token_ns = stream->stamp_ns;
    record->first_token_lag_ns =
        stream->stamp_ns > owner->lag.arrival_ns ? stream->stamp_ns - owner->lag.arrival_ns : 0;
    record->lag_at_least = owner->lag.arrival_is_wake;
    owner->lag.first = record;
    if (delta->has_usage && delta->usage.completion_tokens != TOKENS_UNKNOWN)
        record->first_chunk_tokens = delta->usage.completion_tokens;
    push_event(stream, EVENT_FIRST_TOKEN, stream->stamp_ns, stream->stamp_ns - record->sent_ns);
}

void stream_read_ends(struct stream *stream)
{
    if (stream->chunk.count)
        event_push_chunk(stream->owner->lane, &stream->chunk);
    stream->chunk.count = 0;
}

/* Chunks that came together are one event: a read may bring a hundred. */
static void push_chunk(struct stream *stream, const struct event *event)
{
    if (stream->chunk.count && stream->chunk.at_ns == event->at_ns) {
        stream->chunk.count += event->count;
        stream->chunk.spare++;
        return;
    }
    stream_read_ends(stream);
    stream->chunk = *event;
}

static void take_text(struct stream *stream, const struct delta *delta)
{
    struct transfer_owner *owner = stream->owner;
    struct record *record = &stream->record;
    struct event event = {.at_ns = stream->stamp_ns,
                          .request = record->index,
                          .round = record->round,
                          .kind = EVENT_CHUNK,
                          .count = chunk_tokens(stream, delta)};
    if (record->first_token_ns) {
        event.value = stream->stamp_ns - record->last_token_ns;
        event.detail = 1;
        record->coalesced_chunks += stream->last_turn == owner->lag.turn;
    } else {
        take_first_token(stream, delta);
    }
    if (owner->lag.chunks++ == 0)
        owner->lag.gap_ns = event.value;
    stream->last_turn = owner->lag.turn;
    record->last_token_ns = stream->stamp_ns;
    record->chunks++;
    record->streamed_reasoning |= delta->reasoning.size != 0;
    if (delta->answer.size && !record->first_answer_ns)
        record->first_answer_ns = stream->stamp_ns;
    keep_chunk_time(stream);
    if (owner->settings->keep_text || stream->request->turns > 1)
        delta_add_answer(delta, &stream->reply);
    push_chunk(stream, &event);
}

/* `event: error`, with JSON, other text, or only a comment behind it. */
static void take_error_event(struct stream *stream, const struct sse_event *event)
{
    set_error(stream, ERR_STREAM_ERROR, event->data.size ? event->data : event->comment);
}

/* For the debug log. */
static void capture_event(struct stream *stream, const struct sse_event *event)
{
    if (stream->owner->settings->capture->events)
        capture_add_event(
            stream->record.capture,
            &(struct captured_event){.at_ns = stream->stamp_ns - stream->owner->settings->origin_ns,
                                     .name = event->name,
                                     .data = event->data.size ? event->data : event->comment});
}

/* Of the first event, whose stamp is taken: nothing is allocated unless it is escaped, which no
 * server does. */
static void keep_reply_id(struct stream *stream, struct text data)
{
    struct buffer plain = {0};
    struct text id;
    if (!delta_read_id(data, &id))
        return;
    if (memchr(id.data, '\\', id.size)) {
        json_unescape(&plain, id);
        id = buffer_text(&plain);
    }
    id = text_head(id, REPLY_ID_BYTES);
    memcpy(stream->reply_id, id.data, id.size);
    stream->reply_id[id.size] = '\0';
    buffer_free(&plain);
}

static void on_event(void *context, const struct sse_event *event)
{
    struct stream *stream = context;
    struct record *record = &stream->record;
    struct delta delta;
    bool is_error = text_is(event->name, "error");
    if (record->capture)
        capture_event(stream, event);
    if (event->data.size == 0 && !is_error)
        return;
    record->events++;
    switch (delta_memo_read(&stream->memo, &delta, event->data)) {
    case DELTA_DONE:
        record->done_seen = true;
        record->end_ns = stream->done_ns = stream->stamp_ns;
        return;
    case DELTA_BAD_JSON:
        if (is_error)
            take_error_event(stream, event);
        else if (stream->ending)
            set_error(stream, ERR_TRUNCATED, TEXT("the stream ended inside an event"));
        else
            set_error(stream, ERR_BAD_JSON, event->data);
        return;
    case DELTA_CHUNK:
        break;
    }
    bool is_first = !record->first_event_ns;
    if (is_first)
        record->first_event_ns = stream->stamp_ns;
    if (delta_has_text(&delta))
        take_text(stream, &delta);
    if (is_first)
        keep_reply_id(stream, event->data);
    take_usage(record, &delta);
    if (delta.has_finish)
        record->finish = (uint8_t)delta.finish;
    if (delta.has_error)
        set_escaped_error(stream, ERR_STREAM_ERROR, delta.error);
    else if (is_error)
        take_error_event(stream, event);
}

/* What begins like JSON or HTML, or comes with an error status, is no stream. */
static enum body_kind kind_of_body(const struct stream *stream, struct text body)
{
    uint16_t status = stream->record.http_status;
    struct text rest = text_trim(body);
    char first = rest.size ? rest.data[0] : ':';
    bool other = status < 200 || status > 299 || first == '{' || first == '[' || first == '<';
    return other ? BODY_OTHER : BODY_STREAM;
}

bool stream_take(struct stream *stream, struct text piece, uint64_t stamp_ns)
{
    stream->stamp_ns = stamp_ns;
    stream->record.response_bytes += piece.size;
    if (stream->body_kind == BODY_UNSEEN)
        stream->body_kind = kind_of_body(stream, piece);
    if (stream->body_kind == BODY_OTHER) {
        size_t room = ERROR_BODY_BYTES - stream->other_body.size;
        buffer_add(&stream->other_body, piece.data, piece.size < room ? piece.size : room);
    } else if (!sse_feed(&stream->sse, piece)) {
        set_error(stream, ERR_TOO_LARGE, TEXT("one event is larger than 16 MiB"));
        return false;
    }
    if (stream->record.response_bytes > stream->owner->settings->max_response_bytes) {
        set_error(stream, ERR_TOO_LARGE, TEXT("the response is larger than --max-response-bytes"));
        return false;
    }
    return true;
}

void stream_note_head(struct stream *stream, uint64_t at_ns)
{
    if (!stream->record.first_byte_ns)
        stream->record.first_byte_ns = at_ns;
}

void stream_note_sent(struct stream *stream, uint64_t opened_ns)
{
    struct record *record = &stream->record;
    record->sent_ns = now_ns();
    if (!record->first_sent_ns)
        record->first_sent_ns = record->sent_ns;
    if (record->attempts < UINT8_MAX)
        record->attempts++;
    record->reused_connection = opened_ns == 0;
    record->connect_ns = opened_ns ? record->sent_ns - opened_ns : 0;
    stream->owner->connects += opened_ns != 0;
    push_event(stream, EVENT_SENT, record->sent_ns, 0);
}

/* ---- life ---- */

void stream_init(struct stream *stream, struct transfer_owner *owner)
{
    *stream = (struct stream){.owner = owner};
    sse_init(&stream->sse, on_event, stream);
}

void stream_free(struct stream *stream)
{
    sse_free(&stream->sse);
    delta_memo_free(&stream->memo);
    buffer_free(&stream->reply);
    buffer_free(&stream->other_body);
    free(stream->chunk_us);
}

void stream_begin(struct stream *stream, const struct request *request, uint64_t intended_ns,
                  bool ramped)
{
    const struct transfer_owner *owner = stream->owner;
    stream->request = request;
    stream->record = (struct record){.index = request->index,
                                     .sample = request->sample,
                                     .level = owner->level,
                                     .round = owner->round,
                                     .segment = owner->segment,
                                     .turn = request->turn,
                                     .body_hash = request->body_hash,
                                     .prompt_bytes = request->prompt_bytes,
                                     .shared_bytes = request->shared_bytes,
                                     .dropped_turns = request->dropped_turns,
                                     .intended_ns = intended_ns,
                                     .prompt_tokens = TOKENS_UNKNOWN,
                                     .completion_tokens = TOKENS_UNKNOWN,
                                     .cached_tokens = TOKENS_UNKNOWN,
                                     .reasoning_tokens = TOKENS_UNKNOWN,
                                     .ramped = ramped};
    if (owner->settings->capture)
        stream->record.capture =
            capture_new(owner->settings->capture, request->body, request->session_id);
    sse_reset(&stream->sse);
    delta_memo_reset(&stream->memo);
    buffer_clear(&stream->reply);
    buffer_clear(&stream->other_body);
    stream->done_ns = stream->last_turn = 0;
    stream->tokens_seen = 0;
    stream->body_kind = BODY_UNSEEN;
    stream->ending = false;
    stream->reply_id[0] = '\0';
    stream->record.dispatched_ns = now_ns();
    push_event(stream, EVENT_DISPATCHED, stream->record.dispatched_ns, 0);
}

/* An answer that came to its end by HTTP's rules: was it a whole stream with a token? */
static void judge_answer(struct stream *stream)
{
    struct record *record = &stream->record;
    if (record->http_status < 200 || record->http_status > 299)
        set_error(stream, ERR_HTTP_STATUS, buffer_text(&stream->other_body));
    else if (stream->body_kind == BODY_OTHER)
        set_error(stream, ERR_NOT_A_STREAM, buffer_text(&stream->other_body));
    else if (record->finish == FINISH_NONE && !record->done_seen)
        set_error(stream, ERR_TRUNCATED,
                  record->events ? TEXT("the stream ended with neither a finish reason nor [DONE]")
                                 : TEXT("the answer was empty"));
    else if (record->chunks == 0)
        set_error(stream, ERR_EMPTY, TEXT("the stream was complete but held no token"));
}

static void say_stalled(struct stream *stream)
{
    set_error(stream, ERR_STALLED_CLIENT,
              TEXT("fluxperf was not running for more than 250 ms while this was in flight"));
}

/* Instants become relative to the run's start. */
static void make_relative(struct record *record, uint64_t origin_ns)
{
    uint64_t *const instants[] = {&record->intended_ns,    &record->dispatched_ns,
                                  &record->first_sent_ns,  &record->sent_ns,
                                  &record->first_byte_ns,  &record->first_event_ns,
                                  &record->first_token_ns, &record->first_answer_ns,
                                  &record->last_token_ns,  &record->end_ns};
    for (size_t i = 0; i < ARRAY_SIZE(instants); i++)
        if (*instants[i])
            *instants[i] -= origin_ns;
}

/* Copies what the record owns out of the stream and passes it on. */
static void give_record(struct stream *stream, uint64_t at_ns)
{
    struct record *record = xmalloc(sizeof *record);
    *record = stream->record;
    stream->record.capture = NULL; /* they went with the record */
    stream->record.error_text = NULL;
    make_relative(record, stream->owner->settings->origin_ns);
    if (record->chunk_count) {
        size_t bytes = record->chunk_count * sizeof *record->chunk_us;
        record->chunk_us = xmalloc(bytes);
        memcpy(record->chunk_us, stream->chunk_us, bytes);
    }
    if (stream->reply.size) {
        record->reply = xstrndup(stream->reply.data, stream->reply.size);
        record->reply_size = (uint32_t)stream->reply.size;
    }
    if (stream->reply_id[0])
        record->reply_id = xstrdup(stream->reply_id);
    struct event event = {.at_ns = at_ns,
                          .value = (uint64_t)(uintptr_t)record,
                          .request = record->index,
                          .round = record->round,
                          .kind = EVENT_FINISHED,
                          .detail = record->error};
    event_push(stream->owner->lane, &event);
}

static void finish(struct stream *stream, uint64_t at_ns)
{
    struct record *record = &stream->record;
    stream_read_ends(stream);
    if (stream->owner->stalled_ns >= record->dispatched_ns)
        say_stalled(stream);
    if (!record->end_ns)
        record->end_ns = at_ns;
    give_record(stream, at_ns);
}

void stream_end(struct stream *stream, uint64_t at_ns)
{
    if (!stream->done_ns) {
        stream->stamp_ns = at_ns;
        stream->ending = true;
        sse_finish(&stream->sse);
    }
    judge_answer(stream);
    finish(stream, at_ns);
}

void stream_break(struct stream *stream, uint64_t at_ns, enum error_class class, const char *text)
{
    if (stream->record.done_seen)
        judge_answer(stream);
    else
        set_error(stream, class, text_of(text));
    finish(stream, at_ns);
}
