#include "client/trial.h"

#include <stdlib.h>

#include "base/clock.h"
#include "base/memory.h"
#include "client/pool.h"

#define CAPTURE_BYTES ((uint64_t)16 << 20)

static void build_request(struct request *request, struct buffer *body, const struct config *config,
                          const struct probe *probe, struct text prompt)
{
    struct body_shape shape = {.completions = endpoint_is_completions(config->endpoint),
                               .model = probe->model,
                               .include_usage = probe->include_usage,
                               .max_completion_tokens = probe->max_completion_tokens,
                               .config = config};
    struct buffer content = {0};
    struct json_writer json = {.out = &content};
    json_string(&json, prompt);
    struct message message = {.role = "user", .content = buffer_text(&content)};
    struct sample sample = {
        .messages = &message, .message_count = 1, .max_tokens = -1, .prompt = prompt};
    request_build_body(body, &shape, &sample, (struct text){0});
    buffer_free(&content);
    *request = (struct request){.turn = 1,
                                .turns = 1,
                                .body = buffer_text(body),
                                .body_hash = text_hash(TEXT_HASH_SEED, buffer_text(body)),
                                .prompt_bytes = (uint32_t)prompt.size};
}

/* The lane holds all events of one short request, so it is read when the work is over. */
static struct record *take_record(struct event_lane *lane)
{
    struct record *record = NULL;
    struct event event;
    while (ring_take(&lane->ring, &event, 1))
        if (event.kind == EVENT_FINISHED)
            record = (struct record *)(uintptr_t)event.value;
    return record;
}

bool trial_run(struct trial *trial, const struct config *config, const struct server *server,
               const struct probe *probe, struct text prompt, struct error *error)
{
    *trial = (struct trial){.budget = {.limit_bytes = CAPTURE_BYTES, .events = true}};
    struct buffer body = {0};
    struct request request;
    build_request(&request, &body, config, probe, prompt);
    struct transfer_settings settings = {.transport = server->transport,
                                         .url = config->endpoint,
                                         .http = &server->http,
                                         .headers = server->stream,
                                         .timeout_s = config->timeout_s,
                                         .first_token_timeout_s = config->first_token_timeout_s,
                                         .max_response_bytes = (size_t)config->max_response_bytes,
                                         .keep_text = true,
                                         .origin_ns = now_ns(),
                                         .capture = &trial->budget};
    struct control control = {.concurrency = 1, .connect_failures_limit = 1};
    struct pool *pool = pool_new(&settings, &control, 1, error);
    if (pool) {
        const struct request *requests[] = {&request};
        struct work work = {.level = 1,
                            .round = 1,
                            .requests = requests,
                            .count = 1,
                            .start_ns = now_ns(),
                            .deadline_ns = UINT64_MAX,
                            .worker_count = 1};
        pool_begin(pool, &work);
        while (!pool_wait(pool, NS_PER_S))
            ;
        trial->record = take_record(pool_lane(pool, 0));
        pool_free(pool);
    }
    buffer_free(&body);
    return trial->record != NULL;
}

void trial_free(struct trial *trial)
{
    if (trial->record)
        record_free_owned(trial->record);
    free(trial->record);
    *trial = (struct trial){0};
}
