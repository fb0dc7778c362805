/* One unmeasured request before the first round: is the server there, which engine and model, which
 * fields does it take, what does it report. The body's shape is fixed by it. */
#ifndef CLIENT_PROBE_H
#define CLIENT_PROBE_H

#include <stdatomic.h>

#include "client/request.h"
#include "client/server.h"

/* What it asks. */
#define PROBE_PROMPT "Say: ready"

struct probe {
    char *model;            /* as given, else the first of /v1/models */
    char *models;           /* "a, b": the first of those that /v1/models lists; NULL = none */
    char *engine;           /* "vllm 0.11.0", "llama.cpp"; NULL = not told */
    const char *reset_path; /* that empties this engine's prefix cache; NULL = none known */
    bool answered;          /* the probe request was answered with a stream */
    bool gives_usage;
    uint32_t prompt_tokens; /* of the probe, by usage; TOKENS_UNKNOWN */
    bool gives_cached_tokens;
    bool include_usage;         /* stream_options are taken */
    bool max_completion_tokens; /* max_tokens is refused by name */
    bool keeps_connections;     /* false: the server closes after each streamed answer */
};

/* False when the server cannot be reached, or refuses the request in a way that every request would
 * meet (4xx other than 429). A server error or an odd answer is a warning. Polls for up to
 * config->wait_ready_s while nobody listens. False within a second after `stop` was set, without a
 * reason: here and below it ends a request that waits for a server that hangs. */
bool probe_run(struct probe *probe, const struct config *config, const struct server *server,
               const _Atomic bool *stop, struct error *error);
void probe_free(struct probe *probe);

/* Whether anything answers at the endpoint's /v1/models right now. */
bool probe_is_up(const struct config *config, const struct server *server,
                 const _Atomic bool *stop);
/* POSTs the reset URL; success is a 2xx. "auto" has been resolved by probe_reset_url. */
bool probe_reset_cache(const char *url, const struct server *server, const _Atomic bool *stop,
                       struct error *error);
/* The URL that empties this engine's prefix cache; NULL with the reason when it has none. Freed by
 * the caller. */
char *probe_reset_url(const struct probe *probe, const struct config *config, struct error *error);

#endif
