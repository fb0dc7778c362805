#include "client/tokenizer.h"

#include <math.h>
#include <stdlib.h>

#include "base/log.h"
#include "base/memory.h"
#include "client/conversation.h"
#include "client/token_server.h"
#include "dataset/tokens.h"

/* Where the probe's answer had no usage. */
#define TEMPLATE_TOKENS 8
/* A server that fails so often before a level is asked no more for it. */
#define FAILURES_MAX 16
/* However odd the usage, the estimate stays an estimate. */
#define SCALE_MIN 0.5
#define SCALE_MAX 3.0

struct tokenizer {
    bool by_server;
    struct token_server server;
    uint32_t template_tokens;
    double estimated, counted; /* sums of what was learnt */
    double scale;
    _Atomic uint32_t failures;
    const _Atomic bool *stop;
};

struct token_reader {
    struct tokenizer *tokenizer;
    struct http_client *client; /* NULL = estimate */
};

/* ---- choice ---- */

static uint32_t measure_template(struct tokenizer *tokenizer, const struct probe *probe)
{
    struct token_reader *reader = token_reader_new(tokenizer);
    uint32_t text = token_reader_count(reader, text_of(PROBE_PROMPT));
    token_reader_free(reader);
    if (probe->prompt_tokens == TOKENS_UNKNOWN)
        return TEMPLATE_TOKENS;
    return probe->prompt_tokens > text ? probe->prompt_tokens - text : 0;
}

struct tokenizer *tokenizer_new(const struct config *config, const struct server *server,
                                const struct probe *probe, const _Atomic bool *stop,
                                struct error *error)
{
    struct tokenizer *tokenizer = xcalloc(1, sizeof *tokenizer);
    tokenizer->scale = 1;
    tokenizer->stop = stop;
    tokenizer->by_server = config->tokenizer != TOKENIZER_ESTIMATE &&
                           token_server_find(&tokenizer->server, config, server, probe->model,
                                             text_of(PROBE_PROMPT), stop);
    if (!tokenizer->by_server && config->tokenizer == TOKENIZER_SERVER) {
        error_set(error, "--tokenizer server: the server has no /tokenize that fluxperf "
                         "understands; --tokenizer estimate needs none");
        free(tokenizer);
        return NULL;
    }
    if (config->tokenizer == TOKENIZER_AUTO)
        log_info(tokenizer->by_server
                     ? "the server counts tokens for the length limits (/tokenize)"
                     : "tokens are estimated for the length limits: the server has no /tokenize");
    tokenizer->template_tokens = measure_template(tokenizer, probe);
    return tokenizer;
}

void tokenizer_free(struct tokenizer *tokenizer)
{
    if (!tokenizer)
        return;
    token_server_free(&tokenizer->server);
    free(tokenizer);
}

const char *tokenizer_name(const struct tokenizer *tokenizer)
{
    return tokenizer->by_server ? "server" : "estimate";
}

uint32_t tokenizer_estimate(const struct tokenizer *tokenizer, struct text text)
{
    return (uint32_t)ceil(tokens_estimate(text) * tokenizer->scale);
}

uint32_t tokenizer_template_tokens(const struct tokenizer *tokenizer)
{
    return tokenizer->template_tokens;
}

void tokenizer_learn(struct tokenizer *tokenizer, double estimated, double counted)
{
    tokenizer->estimated += estimated;
    tokenizer->counted += counted;
    if (tokenizer->estimated <= 0)
        return;
    double scale = tokenizer->counted / tokenizer->estimated;
    tokenizer->scale = fmin(fmax(scale, SCALE_MIN), SCALE_MAX);
}

void tokenizer_report(struct tokenizer *tokenizer)
{
    uint32_t failures = atomic_exchange(&tokenizer->failures, 0);
    if (failures)
        log_warning("the server's /tokenize failed %u times: some texts are estimated", failures);
}

/* ---- counting ---- */

struct token_reader *token_reader_new(struct tokenizer *tokenizer)
{
    struct token_reader *reader = xcalloc(1, sizeof *reader);
    reader->tokenizer = tokenizer;
    if (!tokenizer->by_server)
        return reader;
    reader->client = http_client_new(&tokenizer->server.server->http);
    http_client_stop_by(reader->client, tokenizer->stop);
    return reader;
}

void token_reader_free(struct token_reader *reader)
{
    http_client_free(reader->client);
    free(reader);
}

static bool may_ask(const struct token_reader *reader)
{
    const struct tokenizer *tokenizer = reader->tokenizer;
    return reader->client && atomic_load(&tokenizer->failures) < FAILURES_MAX &&
           !atomic_load(tokenizer->stop);
}

static bool split(struct token_reader *reader, struct text text, struct token_ids *ids)
{
    if (!may_ask(reader))
        return false;
    if (token_server_split(&reader->tokenizer->server, reader->client, text, ids))
        return true;
    atomic_fetch_add(&reader->tokenizer->failures, 1);
    return false;
}

uint32_t token_reader_count(struct token_reader *reader, struct text text)
{
    struct token_ids ids;
    if (text.size == 0)
        return 0;
    if (!split(reader, text, &ids))
        return tokenizer_estimate(reader->tokenizer, text);
    free(ids.ids);
    return (uint32_t)ids.count;
}

static bool count_chat(struct token_reader *reader, const struct body_shape *shape,
                       const struct sample *sample, struct text salt, uint32_t *tokens)
{
    const struct token_server *server = &reader->tokenizer->server;
    if (!may_ask(reader) || !server->takes_messages || shape->completions)
        return false;
    struct buffer messages = {0};
    struct json_writer json = {.out = &messages};
    request_put_messages(&json, shape->config, sample, salt);
    struct text array = buffer_text(&messages);
    size_t key = sizeof "\"messages\":" - 1;
    bool ok = token_server_count_chat(server, reader->client,
                                      (struct text){array.data + key, array.size - key}, tokens);
    buffer_free(&messages);
    if (!ok)
        atomic_fetch_add(&reader->tokenizer->failures, 1);
    return ok;
}

uint32_t token_reader_count_request(struct token_reader *reader, const struct body_shape *shape,
                                    const struct sample *sample, struct text salt)
{
    uint32_t tokens;
    if (count_chat(reader, shape, sample, salt, &tokens))
        return tokens;
    struct buffer plain = {0};
    if (salt.size)
        buffer_printf(&plain, "%.*s\n", (int)salt.size, salt.data);
    request_plain_text(&plain, shape->config, sample);
    tokens = token_reader_count(reader, buffer_text(&plain)) + reader->tokenizer->template_tokens;
    if (!shape->completions && sample->message_count > 1)
        tokens += MESSAGE_TEMPLATE_TOKENS * (sample->message_count - 1);
    buffer_free(&plain);
    return tokens;
}

/* ---- cutting ---- */

static bool is_continuation(char byte)
{
    return ((unsigned char)byte & 0xc0) == 0x80;
}

static struct text text_tail(struct text text, size_t most)
{
    size_t skip = text.size > most ? text.size - most : 0;
    while (skip < text.size && is_continuation(text.data[skip]))
        skip++;
    return (struct text){text.data + skip, text.size - skip};
}

static struct text end_of(struct text text, size_t most, bool tail)
{
    return tail ? text_tail(text, most) : text_head(text, most);
}

/* The longest start or end of the text that is estimated to have no more tokens. */
static struct text cut_by_estimate(const struct tokenizer *tokenizer, struct text text,
                                   uint32_t tokens, bool tail)
{
    size_t fits = 0, too_long = text.size + 1;
    while (too_long - fits > 1) {
        size_t middle = fits + (too_long - fits) / 2;
        if (tokenizer_estimate(tokenizer, end_of(text, middle, tail)) <= tokens)
            fits = middle;
        else
            too_long = middle;
    }
    return end_of(text, fits, tail);
}

static size_t common_start(struct text a, struct text b)
{
    size_t size = 0;
    while (size < a.size && size < b.size && a.data[size] == b.data[size])
        size++;
    return size;
}

static size_t common_end(struct text a, struct text b)
{
    size_t size = 0;
    while (size < a.size && size < b.size && a.data[a.size - 1 - size] == b.data[b.size - 1 - size])
        size++;
    return size;
}

/* What the server makes of the tokens tells where to cut the text; a space that it puts in front,
 * and half a character at either end, are not the text's. False when it makes another text of them.
 */
static bool cut_by_server(struct token_reader *reader, struct text text,
                          const struct token_ids *ids, uint32_t tokens, bool tail,
                          struct text *kept)
{
    struct buffer joined = {0};
    const int64_t *first = ids->ids + (tail ? ids->count - tokens : 0);
    bool ok = token_server_join(&reader->tokenizer->server, reader->client, first, tokens, &joined);
    struct text made = buffer_text(&joined);
    if (!tail && text_starts_with(made, " ") && !text_starts_with(text, " "))
        made = (struct text){made.data + 1, made.size - 1};
    size_t same = tail ? common_end(text, made) : common_start(text, made);
    *kept = end_of(text, same, tail);
    ok = ok && same * 2 >= made.size;
    buffer_free(&joined);
    return ok;
}

static struct text cut_end(struct token_reader *reader, struct text text,
                           const struct token_ids *ids, uint32_t tokens, bool tail)
{
    struct text kept = {text.data, 0};
    if (tokens == 0)
        return kept;
    if (ids->ids && tokens >= ids->count)
        return text;
    if (ids->ids && cut_by_server(reader, text, ids, tokens, tail, &kept))
        return kept;
    return cut_by_estimate(reader->tokenizer, text, tokens, tail);
}

void token_reader_cut(struct token_reader *reader, struct text text, uint32_t tokens,
                      enum truncate_mode keep, struct buffer *out)
{
    uint32_t from_end = keep == TRUNCATE_TAIL ? tokens : keep == TRUNCATE_MIDDLE ? tokens / 2 : 0;
    struct token_ids ids = {0};
    if (!split(reader, text, &ids))
        ids = (struct token_ids){0};
    struct text head = cut_end(reader, text, &ids, tokens - from_end, false);
    struct text tail = cut_end(reader, text, &ids, from_end, true);
    if (head.size + tail.size > text.size)
        tail = text_tail(tail, text.size - head.size);
    buffer_add_text(out, head);
    buffer_add_text(out, tail);
    free(ids.ids);
}
