#include "client/server.h"

#include <curl/curl.h>
#include <stdlib.h>
#include <strings.h>

#include "base/memory.h"
#include "client/curl_transport.h"
#include "client/plain_transport.h"

#define USER_AGENT "fluxperf/" FLUXPERF_VERSION

/* Whether --header has one of that line's name. */
static bool is_given(const struct string_list *headers, const char *line)
{
    size_t size = strcspn(line, ":") + 1;
    for (size_t i = 0; i < headers->count; i++)
        if (strncasecmp(headers->values[i], line, size) == 0)
            return true;
    return false;
}

static void make_headers(struct server *server, const struct config *config)
{
    size_t count = 0;
    server->headers = xcalloc(config->headers.count + 2, sizeof *server->headers);
    if (config->api_key)
        server->headers[count++] = xasprintf("Authorization: Bearer %s", config->api_key);
    for (size_t i = 0; i < config->headers.count; i++)
        server->headers[count++] = xstrdup(config->headers.values[i]);

    /* An empty Expect: bodies above 1 MB would else wait for a "100 Continue". */
    static const char *const fixed[] = {"Content-Type: application/json",
                                        "Accept: text/event-stream", "Expect:"};
    for (size_t i = 0; i < ARRAY_SIZE(fixed); i++)
        if (!is_given(&config->headers, fixed[i]))
            server->stream = curl_slist_append(server->stream, fixed[i]);
    for (size_t i = 0; i < count; i++)
        server->stream = curl_slist_append(server->stream, server->headers[i]);
}

bool server_init(struct server *server, const struct config *config, struct error *error)
{
    *server = (struct server){.http = {.insecure = config->insecure,
                                       .cacert = config->cacert,
                                       .cert = config->cert,
                                       .key = config->key,
                                       .proxy = config->proxy,
                                       .unix_socket = config->unix_socket,
                                       .http2 = config->http2,
                                       .connect_timeout_s = config->connect_timeout_s,
                                       .user_agent = USER_AGENT}};
    make_headers(server, config);
    if (!http_resolve(&server->http, config->endpoint, error))
        return false;
    bool plain = plain_transport_fits(config->endpoint, &server->http, server->stream);
    server->transport = plain ? &plain_transport : &curl_transport;
    return true;
}

void server_free(struct server *server)
{
    for (char **header = server->headers; header && *header; header++)
        free(*header);
    free(server->headers);
    curl_slist_free_all(server->stream);
    http_settings_free(&server->http);
}
