/* Engines that serve models: how each is known, and where it tells its version. */
#ifndef CLIENT_ENGINE_H
#define CLIENT_ENGINE_H

#include "base/http.h"

struct engine {
    const char *sign; /* what the owner in /v1/models, or the Server header, begins with */
    const char *name;
    const char *version_path, *version_key; /* NULL = it does not tell */
    const char *reset_path;                 /* of its cache; NULL = none is known */
};

/* NULL when it is none of these; `sign` may be NULL. */
const struct engine *engine_find(const char *sign);
/* "vllm 0.11.0", or the name alone. `request` has what a GET to this server needs but for the URL,
 * which is made beside `endpoint`. Freed by the caller. */
char *engine_title(const struct engine *engine, struct http_client *client, const char *endpoint,
                   const struct http_request *request);

#endif
