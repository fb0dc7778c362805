/* The server under test, as this run reaches it: libcurl's settings and every request's headers. */
#ifndef CLIENT_SERVER_H
#define CLIENT_SERVER_H

#include "base/http.h"
#include "config/config.h"

struct curl_slist;
struct transport_kind;

struct server {
    struct http_settings http;
    const struct transport_kind *transport; /* of measured requests */
    char **headers;            /* key and --header, NULL-terminated, for unmeasured requests */
    struct curl_slist *stream; /* the same and what a streamed POST needs */
};

/* Resolves the endpoint's name. False when that fails. `config` outlives it. */
bool server_init(struct server *server, const struct config *config, struct error *error);
void server_free(struct server *server);

#endif
