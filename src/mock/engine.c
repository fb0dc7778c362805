#include "mock/engine.h"

#include <math.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/memory.h"
#include "mock/reply.h"

/* Due timers served before the sockets get their turn. */
#define RUN_MOST 256
/* A client that does not read gets no more tokens than this; they go on when it has caught up. */
#define BACKLOG_MAX_BYTES (256u << 10)
#define BACKLOG_RETRY_NS  (10 * NS_PER_MS)
#define STALL_NS          (60ull * NS_PER_S)
/* Long enough for the two halves of a character to be read apart. */
#define SPLIT_NS         (3 * NS_PER_MS)
#define COALESCED_EVENTS 4

enum phase { PHASE_QUEUED, PHASE_PREFILL, PHASE_DECODE };

struct stream {
    struct timer timer; /* first, so that one leads to the other */
    struct stream *queue_next, *queue_previous;
    struct connection *connection;
    struct prompt prompt; /* its text is given up once it is in blocks */
    struct prompt_blocks blocks;
    struct reply reply;
    struct faults faults;
    struct random random;
    enum phase phase;
    uint64_t arrived_ns, slot_ns, first_ns, last_ns; /* first_ns: when the first token is due */
    uint64_t cached_tokens;
    uint64_t emitted, most; /* tokens */
    uint64_t fault_at;      /* tokens before the faults in mid-stream */
    uint64_t events;        /* that held tokens */
    bool fault_ahead, splits, streams;
};

void engine_init(struct engine *engine, const struct mock_knobs *knobs)
{
    *engine = (struct engine){.knobs = knobs};
    prefix_cache_init(&engine->cache, knobs->cache_tokens);
}

void engine_free(struct engine *engine)
{
    timers_free(&engine->timers);
    prefix_cache_free(&engine->cache);
    buffer_free(&engine->frame);
    buffer_free(&engine->tokens);
}

uint64_t engine_due_ns(const struct engine *engine)
{
    return timers_first_ns(&engine->timers);
}

void engine_forget_cache(struct engine *engine)
{
    prefix_cache_clear(&engine->cache);
    mock_metrics_forget_latest(&engine->metrics);
}

void engine_write_metrics(const struct engine *engine, struct buffer *out)
{
    const struct mock_state state = {
        .model = engine->knobs->model,
        .running = engine->running,
        .waiting = engine->waiting,
        .slots = engine->knobs->slots,
        .cached_tokens = prefix_cache_tokens(&engine->cache),
        .cache_tokens = (uint64_t)engine->cache.most * BLOCK_TOKENS,
        .evicted_blocks = engine->cache.evicted,
    };
    mock_metrics_write(&engine->metrics, &state, out);
}

/* ---- the schedule ---- */

/* A factor of 1 ± jitter. */
static double jittered(const struct engine *engine, struct stream *stream)
{
    return 1 + engine->knobs->jitter * (2 * random_unit(&stream->random) - 1);
}

static uint64_t ms_ns(double ms)
{
    return ms > 0 ? (uint64_t)(ms * NS_PER_MS) : 0;
}

/* The slot is taken: looks the prompt up and sets the instant of the first token. */
static void begin_prefill(struct engine *engine, struct stream *stream, uint64_t at_ns)
{
    const struct mock_knobs *knobs = engine->knobs;
    engine->running++;
    stream->phase = PHASE_PREFILL;
    stream->slot_ns = at_ns;
    stream->cached_tokens = prefix_cache_match(&engine->cache, &stream->blocks);
    mock_metrics_lookup(&engine->metrics, stream->blocks.tokens, stream->cached_tokens);

    double ttft_ms = knobs->ttft_ms;
    if (knobs->prefill_tokens_per_s > 0) {
        double uncached = (double)(stream->blocks.tokens - stream->cached_tokens);
        ttft_ms += 1000 * uncached / knobs->prefill_tokens_per_s;
    }
    stream->first_ns = at_ns + ms_ns(ttft_ms * jittered(engine, stream));
    timers_set(&engine->timers, &stream->timer, stream->first_ns);
}

/* The instants of all tokens stand on first_ns, so that neither jitter nor lateness adds up. */
static void schedule_next(struct engine *engine, struct stream *stream)
{
    const struct mock_knobs *knobs = engine->knobs;
    double offset = (double)stream->emitted;
    if (stream->streams)
        offset += (double)knobs->chunk_tokens * 0.5 * (jittered(engine, stream) - 1);
    else
        offset = (double)(stream->most - 1);
    timers_set(&engine->timers, &stream->timer,
               stream->first_ns + ms_ns(knobs->itl_ms * fmax(0, offset)));
}

/* ---- the queue ---- */

static void queue_push(struct engine *engine, struct stream *stream)
{
    stream->queue_previous = engine->queue_last;
    if (engine->queue_last)
        engine->queue_last->queue_next = stream;
    else
        engine->queue_first = stream;
    engine->queue_last = stream;
    engine->waiting++;
}

static void queue_remove(struct engine *engine, struct stream *stream)
{
    if (stream->queue_previous)
        stream->queue_previous->queue_next = stream->queue_next;
    else
        engine->queue_first = stream->queue_next;
    if (stream->queue_next)
        stream->queue_next->queue_previous = stream->queue_previous;
    else
        engine->queue_last = stream->queue_previous;
    stream->queue_next = stream->queue_previous = NULL;
    engine->waiting--;
}

static bool slot_free(const struct engine *engine)
{
    return engine->knobs->slots <= 0 || engine->running < (uint64_t)engine->knobs->slots;
}

/* Frees the stream and gives its slot on. */
static void drop(struct engine *engine, struct stream *stream, uint64_t now)
{
    timers_remove(&engine->timers, &stream->timer);
    if (stream->phase == PHASE_QUEUED)
        queue_remove(engine, stream);
    else
        engine->running--;
    prompt_free(&stream->prompt);
    prompt_blocks_free(&stream->blocks);
    reply_free(&stream->reply);
    free(stream);

    while (engine->queue_first && slot_free(engine)) {
        struct stream *next = engine->queue_first;
        queue_remove(engine, next);
        begin_prefill(engine, next, now);
    }
}

void engine_cancel(struct engine *engine, struct stream *stream, uint64_t now)
{
    engine->metrics.aborted++;
    drop(engine, stream, now);
}

/* ---- the reply ---- */

static bool has_fault(const struct stream *stream, enum fault kind)
{
    return faults_have(stream->faults, kind);
}

static bool runs_to_limit(const struct stream *stream)
{
    return stream->prompt.max_tokens || stream->prompt.ignore_eos;
}

static const char *finish_reason(const struct stream *stream)
{
    return runs_to_limit(stream) ? "length" : "stop";
}

static struct usage usage_now(const struct stream *stream)
{
    return (struct usage){stream->blocks.tokens, stream->cached_tokens, stream->emitted};
}

/* Starts an event in engine->frame. */
static void begin_event(struct engine *engine, const struct stream *stream)
{
    frame_begin(&engine->frame);
    if (has_fault(stream, FAULT_COMMENTS))
        reply_comment(&stream->reply, &engine->frame);
}

static void send_event(struct engine *engine, struct stream *stream)
{
    struct connection *connection = stream->connection;
    connection_send(connection, connection_frame(connection, &engine->frame));
    if (!has_fault(stream, FAULT_COALESCE))
        return;
    /* What comes up to the first token goes alone, so that it is not late. */
    if (stream->events == 0 || stream->events % COALESCED_EVENTS == 1)
        connection_release(connection);
    connection_hold(connection);
}

/* Sends the frame in two halves, the second one later, cut within its first wide character. */
static void send_split(struct engine *engine, struct stream *stream)
{
    struct connection *connection = stream->connection;
    struct text framed = connection_frame(connection, &engine->frame);
    size_t cut = 0;
    while (cut + 1 < framed.size && (unsigned char)framed.data[cut] < 0x80)
        cut++;
    cut++;
    connection_release(connection);
    connection_send(connection, (struct text){framed.data, cut});
    connection_hold(connection);
    connection_send(connection, (struct text){framed.data + cut, framed.size - cut});
}

static void finish(struct engine *engine, struct stream *stream, uint64_t now)
{
    struct mock_metrics *metrics = &engine->metrics;
    struct connection *connection = stream->connection;
    *(runs_to_limit(stream) ? &metrics->cut : &metrics->stopped) += 1;
    metrics->last_latency_ns = now - stream->arrived_ns;
    mock_histogram_add(&metrics->e2e, metrics->last_latency_ns);

    bool closes = has_fault(stream, FAULT_CLOSE_KEPT);
    drop(engine, stream, now);
    if (closes)
        connection->keep = false;
    connection_end_reply(connection);
}

/* The end of the event stream: usage, [DONE] and the end of the HTTP body. */
static void end_stream(struct engine *engine, struct stream *stream, bool usage, bool done,
                       uint64_t now)
{
    struct connection *connection = stream->connection;
    if (usage) {
        struct usage total = usage_now(stream);
        begin_event(engine, stream);
        reply_usage_event(&stream->reply, &total, &engine->frame);
        send_event(engine, stream);
    }
    frame_begin(&engine->frame);
    if (done)
        reply_done_event(&stream->reply, &engine->frame);
    connection_send(connection, connection_last_frame(connection, &engine->frame));
    finish(engine, stream, now);
}

/* What goes wrong at this point. True when the stream does not go on by itself. */
static bool meet_faults(struct engine *engine, struct stream *stream, uint64_t now)
{
    if (!stream->fault_ahead || stream->emitted < stream->fault_at)
        return false;
    stream->fault_ahead = false;
    stream->splits = has_fault(stream, FAULT_SPLIT_UTF8);
    if (has_fault(stream, FAULT_GARBAGE)) {
        begin_event(engine, stream);
        reply_garbage_event(&stream->reply, &engine->frame);
        send_event(engine, stream);
    }
    if (has_fault(stream, FAULT_RESET)) {
        connection_doom(stream->connection, true);
        return true;
    }
    if (has_fault(stream, FAULT_ERROR_EVENT)) {
        begin_event(engine, stream);
        reply_error_event(&stream->reply, &engine->frame);
        send_event(engine, stream);
        end_stream(engine, stream, false, true, now);
        return true;
    }
    if (has_fault(stream, FAULT_STALL)) {
        stream->first_ns += STALL_NS;
        timers_set(&engine->timers, &stream->timer, now + STALL_NS);
        return true;
    }
    return false;
}

/* How many tokens the next event holds: no further than the end, or the fault. */
static uint64_t event_tokens(const struct engine *engine, const struct stream *stream)
{
    uint64_t most = stream->fault_ahead ? stream->fault_at : stream->most;
    uint64_t left = most - stream->emitted;
    uint64_t wanted = engine->knobs->chunk_tokens > 0 ? (uint64_t)engine->knobs->chunk_tokens : 1;
    return wanted < left ? wanted : left;
}

static void observe_event(struct engine *engine, struct stream *stream, uint64_t now)
{
    if (stream->last_ns)
        mock_histogram_add(&engine->metrics.itl, now - stream->last_ns);
    stream->last_ns = now;
    stream->events++;
}

static void emit_tokens(struct engine *engine, struct stream *stream, uint64_t now)
{
    const struct prompt *prompt = &stream->prompt;
    uint64_t count = event_tokens(engine, stream);
    buffer_clear(&engine->tokens);
    for (uint64_t i = 0; i < count; i++)
        if (stream->splits && i == 0)
            buffer_add_string(&engine->tokens, " thé");
        else
            reply_add_token(&stream->reply, &engine->tokens);
    stream->emitted += count;
    engine->metrics.generated_tokens += count;
    observe_event(engine, stream, now);

    bool usage = prompt->usage_in_every_chunk && !has_fault(stream, FAULT_NO_USAGE);
    bool last = stream->emitted == stream->most && !has_fault(stream, FAULT_NO_FINISH);
    struct usage so_far = usage_now(stream);
    begin_event(engine, stream);
    reply_text_event(&stream->reply, buffer_text(&engine->tokens),
                     last ? finish_reason(stream) : NULL, usage ? &so_far : NULL, &engine->frame);
    if (stream->splits)
        send_split(engine, stream);
    else
        send_event(engine, stream);
}

/* With the knob, a cache that fills over several passes. */
static size_t store_prompt(struct engine *engine, const struct stream *stream)
{
    struct prompt_blocks stored = stream->blocks;
    size_t most = (stream->cached_tokens + (size_t)engine->knobs->store_tokens) / BLOCK_TOKENS;
    if (engine->knobs->store_tokens && stored.count > most)
        stored.count = most;
    return prefix_cache_insert(&engine->cache, &stored);
}

/* Prefill is over: the prompt is in the cache from now on. */
static void begin_decode(struct engine *engine, struct stream *stream, uint64_t now)
{
    struct mock_metrics *metrics = &engine->metrics;
    stream->phase = PHASE_DECODE;
    metrics->stored_tokens += store_prompt(engine, stream);
    mock_histogram_add(&metrics->queue, stream->slot_ns - stream->arrived_ns);
    mock_histogram_add(&metrics->prefill, now - stream->slot_ns);
    mock_histogram_add(&metrics->ttft, now - stream->arrived_ns);
    if (!stream->streams || !stream->prompt.chat)
        return;
    bool usage = stream->prompt.usage_in_every_chunk && !has_fault(stream, FAULT_NO_USAGE);
    struct usage so_far = usage_now(stream);
    begin_event(engine, stream);
    reply_role_event(&stream->reply, usage ? &so_far : NULL, &engine->frame);
    send_event(engine, stream);
}

/* Sends what is due now. False when what comes next has its instant already, or nothing comes. */
static bool step(struct engine *engine, struct stream *stream, uint64_t now)
{
    if (stream->splits && stream->connection->held) {
        stream->splits = false;
        connection_release(stream->connection);
        return true;
    }
    if (connection_backlog_bytes(stream->connection) > BACKLOG_MAX_BYTES) {
        timers_set(&engine->timers, &stream->timer, now + BACKLOG_RETRY_NS);
        return false;
    }
    if (meet_faults(engine, stream, now))
        return false;
    emit_tokens(engine, stream, now);
    if (stream->splits)
        timers_set(&engine->timers, &stream->timer, now + SPLIT_NS);
    return !stream->splits;
}

static void run_stream(struct engine *engine, struct stream *stream, uint64_t now)
{
    if (!step(engine, stream, now))
        return;
    if (stream->emitted < stream->most) {
        schedule_next(engine, stream);
        return;
    }
    bool finishes = !has_fault(stream, FAULT_NO_FINISH);
    bool usage = finishes && stream->prompt.include_usage && !has_fault(stream, FAULT_NO_USAGE);
    end_stream(engine, stream, usage, finishes && !has_fault(stream, FAULT_NO_DONE), now);
}

static void reply_at_once(struct engine *engine, struct stream *stream, uint64_t now)
{
    struct connection *connection = stream->connection;
    buffer_clear(&engine->tokens);
    buffer_clear(&engine->frame);
    while (stream->emitted < stream->most) {
        reply_add_token(&stream->reply, &engine->tokens);
        stream->emitted++;
    }
    engine->metrics.generated_tokens += stream->emitted;
    struct usage usage = usage_now(stream);
    reply_whole(&stream->reply, buffer_text(&engine->tokens), finish_reason(stream),
                has_fault(stream, FAULT_NO_USAGE) ? NULL : &usage, &engine->frame);
    connection_send_reply(connection, 200, "application/json", "", buffer_text(&engine->frame));
    finish(engine, stream, now);
}

static void run_timer(struct engine *engine, struct stream *stream, uint64_t now)
{
    bool first = stream->phase == PHASE_PREFILL;
    if (first)
        begin_decode(engine, stream, now);
    if (stream->streams)
        run_stream(engine, stream, now);
    else if (first)
        schedule_next(engine, stream);
    else
        reply_at_once(engine, stream, now);
}

void engine_run(struct engine *engine, uint64_t now)
{
    for (int i = 0; i < RUN_MOST && timers_first_ns(&engine->timers) <= now; i++) {
        struct stream *stream = (struct stream *)timers_first(&engine->timers);
        timers_remove(&engine->timers, &stream->timer);
        /* A doomed one waits for engine_cancel. */
        if (stream->connection->fd >= 0)
            run_timer(engine, stream, now);
    }
}

/* ---- the beginning ---- */

static uint64_t reply_tokens(const struct mock_knobs *knobs, const struct prompt *prompt)
{
    int64_t tokens = prompt->max_tokens ? prompt->max_tokens : knobs->reply_tokens;
    if (tokens < prompt->min_tokens)
        tokens = prompt->min_tokens;
    return tokens > 0 ? (uint64_t)tokens : 1;
}

void engine_submit(struct engine *engine, struct connection *connection, struct prompt *prompt,
                   struct faults faults, uint64_t now)
{
    struct stream *stream = xcalloc(1, sizeof *stream);
    uint64_t prompt_hash = text_hash(TEXT_HASH_SEED, buffer_text(&prompt->text));
    *stream = (struct stream){
        .connection = connection,
        .prompt = *prompt,
        .faults = faults,
        .arrived_ns = now,
        .most = reply_tokens(engine->knobs, prompt),
        .fault_ahead = faults_any_in_mid_stream(faults),
        .streams = prompt->stream && !faults_have(faults, FAULT_NOT_A_STREAM),
    };
    *prompt = (struct prompt){0};
    connection->stream = stream;
    prompt_blocks_init(&stream->blocks, buffer_text(&stream->prompt.text), stream->prompt.salt);
    buffer_free(&stream->prompt.text);
    random_seed(&stream->random, engine->knobs->seed ^ prompt_hash);
    if (stream->most > 1)
        stream->fault_at = 1 + (uint64_t)(faults.where * (double)(stream->most - 1));
    reply_init(&stream->reply, stream->prompt.chat,
               stream->prompt.model ? stream->prompt.model : engine->knobs->model,
               stream->prompt.session, prompt_hash, ++engine->served);
    if (faults_have(faults, FAULT_CRLF))
        stream->reply.line_end = "\r\n";
    if (stream->streams)
        connection_begin_stream(connection);

    if (slot_free(engine))
        begin_prefill(engine, stream, now);
    else
        queue_push(engine, stream);
}
