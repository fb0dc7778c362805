#include "client/transfer.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/memory.h"
#include "client/arrival.h"

#define ERROR_BODY_BYTES 500
/* How long a server may take to end its answer after [DONE]. */
#define DONE_GRACE_NS    NS_PER_S
#define PIECES_PER_STAMP 16
#define SMALL_PIECE      1024

static void push_event(struct transfer *transfer, enum event_kind kind, uint64_t at_ns,
                       uint64_t value)
{
    struct event event = {.at_ns = at_ns,
                          .value = value,
                          .request = transfer->record.index,
                          .round = transfer->record.round,
                          .kind = (uint8_t)kind,
                          .count = transfer->record.turn,
                          .spare = transfer->record.sample};
    event_push(transfer->owner->lane, &event);
}

/* The first reason holds: what follows a failure is its consequence. */
static void set_error(struct transfer *transfer, enum error_class class, struct text text)
{
    if (transfer->record.error != ERR_NONE)
        return;
    transfer->record.error = (uint8_t) class;
    snprintf(transfer->error_text, sizeof transfer->error_text, "%.*s",
             (int)(text.size < ERROR_BODY_BYTES ? text.size : ERROR_BODY_BYTES), text.data);
}

static void set_escaped_error(struct transfer *transfer, enum error_class class,
                              struct text escaped)
{
    struct buffer plain = {0};
    json_unescape(&plain, escaped);
    set_error(transfer, class, buffer_text(&plain));
    buffer_free(&plain);
}

/* ---- a chunk's way: stamped by the write callback, read here ---- */

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
static uint32_t chunk_tokens(struct transfer *transfer, const struct delta *delta)
{
    uint32_t total = delta->has_usage ? delta->usage.completion_tokens : TOKENS_UNKNOWN;
    if (total == TOKENS_UNKNOWN || total <= transfer->tokens_seen)
        return 1;
    uint32_t tokens = total - transfer->tokens_seen;
    transfer->tokens_seen = total;
    return tokens;
}

static void keep_chunk_time(struct transfer *transfer)
{
    struct record *record = &transfer->record;
    if (record->chunk_count == transfer->chunk_capacity) {
        transfer->chunk_capacity = transfer->chunk_capacity ? 2 * transfer->chunk_capacity : 256;
        transfer->chunk_us =
            xreallocarray(transfer->chunk_us, transfer->chunk_capacity, sizeof *transfer->chunk_us);
    }
    uint64_t us = (transfer->stamp_ns - record->sent_ns) / NS_PER_US;
    transfer->chunk_us[record->chunk_count++] = us < UINT32_MAX ? (uint32_t)us : UINT32_MAX;
}

static void take_first_token(struct transfer *transfer, const struct delta *delta)
{
    struct transfer_owner *owner = transfer->owner;
    struct record *record = &transfer->record;
    record->first_token_ns = transfer->stamp_ns;
    record->first_token_lag_ns =
        transfer->stamp_ns > owner->arrival_ns ? transfer->stamp_ns - owner->arrival_ns : 0;
    record->lag_at_least = owner->arrival_is_wake;
    owner->turn_first = record;
    if (delta->has_usage && delta->usage.completion_tokens != TOKENS_UNKNOWN)
        record->first_chunk_tokens = delta->usage.completion_tokens;
    push_event(transfer, EVENT_FIRST_TOKEN, transfer->stamp_ns,
               transfer->stamp_ns - record->sent_ns);
}

static void take_text(struct transfer *transfer, const struct delta *delta)
{
    struct transfer_owner *owner = transfer->owner;
    struct record *record = &transfer->record;
    struct event event = {.at_ns = transfer->stamp_ns,
                          .request = record->index,
                          .round = record->round,
                          .kind = EVENT_CHUNK,
                          .count = chunk_tokens(transfer, delta)};
    if (record->first_token_ns) {
        event.value = transfer->stamp_ns - record->last_token_ns;
        event.detail = 1;
        record->coalesced_chunks += transfer->last_turn == owner->turn;
    } else {
        take_first_token(transfer, delta);
    }
    if (owner->turn_chunks++ == 0)
        owner->turn_gap_ns = event.value;
    transfer->last_turn = owner->turn;
    record->last_token_ns = transfer->stamp_ns;
    record->chunks++;
    record->streamed_reasoning |= delta->reasoning.size != 0;
    if (delta->answer.size && !record->first_answer_ns)
        record->first_answer_ns = transfer->stamp_ns;
    keep_chunk_time(transfer);
    if (owner->settings->keep_text || transfer->request->turns > 1)
        delta_add_answer(delta, &transfer->reply);
    event_push_chunk(owner->lane, &event);
}

/* `event: error`, with JSON, other text, or only a comment behind it. */
static void take_error_event(struct transfer *transfer, const struct sse_event *event)
{
    set_error(transfer, ERR_STREAM_ERROR, event->data.size ? event->data : event->comment);
}

/* For the debug log. */
static void capture_event(struct transfer *transfer, const struct sse_event *event)
{
    if (transfer->owner->settings->capture->events)
        capture_add_event(transfer->record.capture,
                          &(struct captured_event){
                              .at_ns = transfer->stamp_ns - transfer->owner->settings->origin_ns,
                              .name = event->name,
                              .data = event->data.size ? event->data : event->comment});
}

static void on_event(void *context, const struct sse_event *event)
{
    struct transfer *transfer = context;
    struct record *record = &transfer->record;
    struct delta delta;
    bool is_error = text_is(event->name, "error");
    if (record->capture)
        capture_event(transfer, event);
    if (event->data.size == 0 && !is_error)
        return;
    record->events++;
    switch (delta_memo_read(&transfer->memo, &delta, event->data)) {
    case DELTA_DONE:
        record->done_seen = true;
        record->end_ns = transfer->done_ns = transfer->stamp_ns;
        return;
    case DELTA_BAD_JSON:
        if (is_error)
            take_error_event(transfer, event);
        else if (transfer->ending)
            set_error(transfer, ERR_TRUNCATED, TEXT("the stream ended inside an event"));
        else
            set_error(transfer, ERR_BAD_JSON, event->data);
        return;
    case DELTA_CHUNK:
        break;
    }
    if (!record->first_event_ns)
        record->first_event_ns = transfer->stamp_ns;
    if (delta_has_text(&delta))
        take_text(transfer, &delta);
    take_usage(record, &delta);
    if (delta.has_finish)
        record->finish = (uint8_t)delta.finish;
    if (delta.has_error)
        set_escaped_error(transfer, ERR_STREAM_ERROR, delta.error);
    else if (is_error)
        take_error_event(transfer, event);
}

/* ---- libcurl's callbacks ---- */

/* What begins like JSON or HTML, or comes with an error status, is no stream. */
static enum body_kind kind_of_body(struct transfer *transfer, struct text body)
{
    long status = 0;
    curl_easy_getinfo(transfer->easy, CURLINFO_RESPONSE_CODE, &status);
    struct text rest = text_trim(body);
    char first = rest.size ? rest.data[0] : ':';
    bool other = status < 200 || status > 299 || first == '{' || first == '[' || first == '<';
    return other ? BODY_OTHER : BODY_STREAM;
}

/* libcurl hands over each HTTP chunk by itself, though many came in one read: small ones share a
 * reading of the clock, which would be a tenth of their cost. They are parsed within some µs. */
static uint64_t stamp_of_piece(struct transfer_owner *owner, size_t bytes)
{
    if (owner->stamp_uses == 0 || owner->stamp_uses == PIECES_PER_STAMP || bytes > SMALL_PIECE) {
        owner->stamp_ns = now_ns();
        owner->stamp_uses = 0;
    }
    owner->stamp_uses++;
    return owner->stamp_ns;
}

static size_t on_body(char *data, size_t size, size_t count, void *context)
{
    struct transfer *transfer = context;
    struct text piece = {data, size * count};
    uint64_t stamp_ns = stamp_of_piece(transfer->owner, piece.size);
    transfer->stamp_ns = stamp_ns;
    if (transfer->owner->lag_pending) {
        transfer->owner->lag_pending = false;
        transfer->owner->lag_stamp_ns = stamp_ns;
    }

    transfer->record.response_bytes += piece.size;
    if (transfer->body_kind == BODY_UNSEEN)
        transfer->body_kind = kind_of_body(transfer, piece);
    if (transfer->body_kind == BODY_OTHER) {
        size_t room = ERROR_BODY_BYTES - transfer->other_body.size;
        buffer_add(&transfer->other_body, piece.data, piece.size < room ? piece.size : room);
    } else if (!sse_feed(&transfer->sse, piece)) {
        set_error(transfer, ERR_TOO_LARGE, TEXT("one event is larger than 16 MiB"));
        return 0;
    }
    if (transfer->record.response_bytes > transfer->owner->settings->max_response_bytes) {
        set_error(transfer, ERR_TOO_LARGE,
                  TEXT("the response is larger than --max-response-bytes"));
        return 0;
    }
    return piece.size;
}

static size_t on_header(char *data, size_t size, size_t count, void *context)
{
    struct transfer *transfer = context;
    (void)data;
    if (!transfer->record.first_byte_ns)
        transfer->record.first_byte_ns = now_ns();
    return size * count;
}

/* The connection is ready and the request about to be written. Fires again when libcurl retries on
 * a fresh connection because the server had closed a kept one: the last time counts. */
static int on_ready(void *context, char *ip, char *local_ip, int port, int local_port)
{
    struct transfer *transfer = context;
    struct record *record = &transfer->record;
    (void)ip, (void)local_ip, (void)port, (void)local_port;
    record->sent_ns = now_ns();
    if (!record->first_sent_ns)
        record->first_sent_ns = record->sent_ns;
    if (record->attempts < UINT8_MAX)
        record->attempts++;
    record->reused_connection = transfer->socket_opened_ns == 0;
    record->connect_ns =
        transfer->socket_opened_ns ? record->sent_ns - transfer->socket_opened_ns : 0;
    transfer->owner->connects += transfer->socket_opened_ns != 0;
    transfer->socket_opened_ns = 0;
    push_event(transfer, EVENT_SENT, record->sent_ns, 0);
    return CURL_PREREQFUNC_OK;
}

static int on_socket(void *context, curl_socket_t fd, curlsocktype purpose)
{
    struct transfer *transfer = context;
    (void)purpose;
    transfer->socket_opened_ns = now_ns();
    arrival_enable(fd);
    return CURL_SOCKOPT_OK;
}

/* ---- life ---- */

struct transfer *transfer_new(struct transfer_owner *owner)
{
    const struct transfer_settings *settings = owner->settings;
    CURL *easy = curl_easy_init();
    if (!easy)
        return NULL;
    struct transfer *transfer = xcalloc(1, sizeof *transfer);
    transfer->easy = easy;
    transfer->owner = owner;
    sse_init(&transfer->sse, on_event, transfer);
    http_apply_settings(easy, settings->http);
    curl_easy_setopt(easy, CURLOPT_PRIVATE, transfer);
    curl_easy_setopt(easy, CURLOPT_URL, settings->url);
    curl_easy_setopt(easy, CURLOPT_POST, 1L);
    curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, transfer->curl_error);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_body);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, transfer);
    curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, on_header);
    curl_easy_setopt(easy, CURLOPT_HEADERDATA, transfer);
    curl_easy_setopt(easy, CURLOPT_PREREQFUNCTION, on_ready);
    curl_easy_setopt(easy, CURLOPT_PREREQDATA, transfer);
    curl_easy_setopt(easy, CURLOPT_SOCKOPTFUNCTION, on_socket);
    curl_easy_setopt(easy, CURLOPT_SOCKOPTDATA, transfer);
    curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, clock_real_ms(settings->timeout_s));
    curl_easy_setopt(easy, CURLOPT_QUICK_EXIT, 1L);
    if (settings->fresh_connections) {
        curl_easy_setopt(easy, CURLOPT_FRESH_CONNECT, 1L);
        curl_easy_setopt(easy, CURLOPT_FORBID_REUSE, 1L);
    }
    return transfer;
}

void transfer_free(struct transfer *transfer)
{
    if (!transfer)
        return;
    curl_easy_cleanup(transfer->easy);
    sse_free(&transfer->sse);
    delta_memo_free(&transfer->memo);
    buffer_free(&transfer->reply);
    buffer_free(&transfer->other_body);
    free(transfer->chunk_us);
    free(transfer);
}

static struct curl_slist *headers_for(struct transfer *transfer, const struct request *request)
{
    const struct transfer_settings *settings = transfer->owner->settings;
    if (!settings->session_header || !request->session_id)
        return settings->headers;
    snprintf(transfer->session_line, sizeof transfer->session_line, "%s: %s",
             settings->session_header, request->session_id);
    transfer->session_node =
        (struct curl_slist){.data = transfer->session_line, .next = settings->headers};
    return &transfer->session_node;
}

bool transfer_start(struct transfer *transfer, const struct request *request, uint64_t intended_ns,
                    bool ramped)
{
    CURL *easy = transfer->easy;
    struct transfer_owner *owner = transfer->owner;
    transfer->request = request;
    transfer->record = (struct record){.index = request->index,
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
        transfer->record.capture =
            capture_new(owner->settings->capture, request->body, request->session_id);
    sse_reset(&transfer->sse);
    delta_memo_reset(&transfer->memo);
    buffer_clear(&transfer->reply);
    buffer_clear(&transfer->other_body);
    transfer->socket_opened_ns = transfer->done_ns = transfer->last_turn = 0;
    transfer->tokens_seen = 0;
    transfer->body_kind = BODY_UNSEEN;
    transfer->stalled = transfer->ending = false;
    transfer->error_text[0] = transfer->curl_error[0] = '\0';

    curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)request->body.size);
    curl_easy_setopt(easy, CURLOPT_POSTFIELDS, request->body.data);
    curl_easy_setopt(easy, CURLOPT_HTTPHEADER, headers_for(transfer, request));
    transfer->record.dispatched_ns = now_ns();
    transfer->in_flight = curl_multi_add_handle(owner->multi, easy) == CURLM_OK;
    push_event(transfer, EVENT_DISPATCHED, transfer->record.dispatched_ns, 0);
    return transfer->in_flight;
}

/* Which failure a libcurl code is, when the stream itself did not say. */
static enum error_class class_of(const struct transfer *transfer, CURLcode code)
{
    bool sent = transfer->record.sent_ns != 0;
    switch ((int)code) {
    case CURLE_OPERATION_TIMEDOUT:
        return sent ? ERR_TIMEOUT_TOTAL : ERR_TIMEOUT_CONNECT;
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CERTPROBLEM:
    case CURLE_SSL_CIPHER:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_ISSUER_ERROR:
        return ERR_TLS;
    default:
        return sent ? ERR_TRUNCATED : ERR_CONNECT;
    }
}

/* An answer that came to its end by HTTP's rules: was it a whole stream with a token? */
static void judge_answer(struct transfer *transfer)
{
    struct record *record = &transfer->record;
    if (record->http_status < 200 || record->http_status > 299)
        set_error(transfer, ERR_HTTP_STATUS, buffer_text(&transfer->other_body));
    else if (transfer->body_kind == BODY_OTHER)
        set_error(transfer, ERR_NOT_A_STREAM, buffer_text(&transfer->other_body));
    else if (record->finish == FINISH_NONE && !record->done_seen)
        set_error(transfer, ERR_TRUNCATED,
                  record->events ? TEXT("the stream ended with neither a finish reason nor [DONE]")
                                 : TEXT("the answer was empty"));
    else if (record->chunks == 0)
        set_error(transfer, ERR_EMPTY, TEXT("the stream was complete but held no token"));
}

static void say_stalled(struct transfer *transfer)
{
    set_error(transfer, ERR_STALLED_CLIENT,
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

/* Copies what the record owns out of the transfer and passes it on. */
static void give_record(struct transfer *transfer)
{
    struct record *record = xmalloc(sizeof *record);
    *record = transfer->record;
    transfer->record.capture = NULL; /* it went with the record */
    make_relative(record, transfer->owner->settings->origin_ns);
    if (record->chunk_count) {
        size_t bytes = record->chunk_count * sizeof *record->chunk_us;
        record->chunk_us = xmalloc(bytes);
        memcpy(record->chunk_us, transfer->chunk_us, bytes);
    }
    if (transfer->reply.size) {
        record->reply = xstrndup(transfer->reply.data, transfer->reply.size);
        record->reply_size = (uint32_t)transfer->reply.size;
    }
    if (!record_succeeded(record))
        record->error_text = xstrdup(transfer->error_text);
    struct event event = {.at_ns = now_ns(),
                          .value = (uint64_t)(uintptr_t)record,
                          .request = record->index,
                          .round = record->round,
                          .kind = EVENT_FINISHED,
                          .detail = record->error};
    event_push(transfer->owner->lane, &event);
}

void transfer_finish(struct transfer *transfer, CURLcode code)
{
    struct record *record = &transfer->record;
    uint64_t now = now_ns();
    long status = 0;
    if (transfer->in_flight)
        curl_multi_remove_handle(transfer->owner->multi, transfer->easy);
    transfer->in_flight = false;
    curl_easy_getinfo(transfer->easy, CURLINFO_RESPONSE_CODE, &status);
    record->http_status = (uint16_t)status;

    if (!transfer->done_ns && code == CURLE_OK) {
        transfer->stamp_ns = now;
        transfer->ending = true;
        sse_finish(&transfer->sse);
    }
    /* What comes after [DONE] is the connection's end, not the answer's. */
    if (code == CURLE_OK || record->done_seen)
        judge_answer(transfer);
    else
        set_error(transfer, class_of(transfer, code),
                  text_of(http_failure_text(transfer->easy, (int)code, transfer->curl_error)));
    if (transfer->stalled)
        say_stalled(transfer);
    if (!record->end_ns)
        record->end_ns = now;
    transfer->free_since_ns = now;
    give_record(transfer);
}

void transfer_abort(struct transfer *transfer, enum error_class class, const char *text)
{
    if (!transfer->done_ns)
        set_error(transfer, class, text_of(text));
    transfer_finish(transfer, CURLE_ABORTED_BY_CALLBACK);
}

bool transfer_check_limits(struct transfer *transfer, uint64_t at_ns)
{
    const struct record *record = &transfer->record;
    double limit_s = transfer->owner->settings->first_token_timeout_s;
    if (transfer->done_ns && at_ns > transfer->done_ns + DONE_GRACE_NS) {
        /* FORBID_REUSE would come too late: removing an unfinished transfer closes its connection.
         */
        transfer_finish(transfer, CURLE_OK);
        return true;
    }
    if (!isnan(limit_s) && record->sent_ns && !record->first_token_ns && at_ns > record->sent_ns &&
        (double)(at_ns - record->sent_ns) > limit_s * 1e9) {
        transfer_abort(transfer, ERR_TIMEOUT_FIRST_TOKEN, "no token within --first-token-timeout");
        return true;
    }
    return false;
}
