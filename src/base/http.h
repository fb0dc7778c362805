/* Blocking GET and POST for everything that is not measured, and the connection settings that
 * measured transfers share. The only place below client/ that knows libcurl. */
#ifndef BASE_HTTP_H
#define BASE_HTTP_H

#include <sys/socket.h>

#include "base/buffer.h"
#include "base/error.h"

/* How to reach servers. Strings are the caller's and outlive all use. */
struct http_settings {
    bool insecure;
    const char *cacert, *cert, *key; /* files; NULL = none */
    const char *proxy;               /* NULL = none, whatever the environment says */
    const char *unix_socket;
    bool http2;
    double connect_timeout_s;
    const char *user_agent;
    /* made by http_resolve */
    void *resolve;                      /* curl's list "host:port:addr,addr"; NULL = none */
    struct sockaddr_storage *addresses; /* the same, of literal ones too */
    size_t address_count;
};

/* Once, before other threads start. */
void http_global_init(void);
/* "libcurl 7.88.1 OpenSSL/3.0.17 …" */
const char *http_library_version(void);

/* Resolves the URL's host once and keeps all its addresses. Proxies and unix sockets need none.
 * False with "cannot resolve HOST: reason". */
bool http_resolve(struct http_settings *settings, const char *url, struct error *error);
void http_settings_free(struct http_settings *settings);

/* `easy` is a CURL *. Puts everything on it that all requests to a server have in common. */
void http_apply_settings(void *easy, const struct http_settings *settings);

/* Where an answer goes, for all that `easy` fetches: libcurl's write and header functions, which
 * share their context, and what it says of failures. */
void http_set_receiver(void *easy, char *curl_error,
                       size_t (*body)(char *data, size_t size, size_t count, void *context),
                       size_t (*header)(char *data, size_t size, size_t count, void *context),
                       void *context);

/* What failed, in words without addresses and times, so that equal failures read equal. `code` is a
 * CURLcode, `curl_error` the handle's error buffer. The text is static or in `curl_error`. */
const char *http_failure_text(void *easy, int code, const char *curl_error);

struct http_request {
    const char *url;
    const char *const *headers; /* "Name: value", NULL-terminated; NULL = none */
    bool post;
    struct text body; /* of a POST, sent as application/json */
    double timeout_s;
    size_t max_body_bytes;
};

struct http_response {
    long status;
    struct buffer body;
    char content_type[64];
    char server[64];     /* of the Server: header; "" = none */
    bool new_connection; /* false when a kept one was used */
};

/* Keeps its connection between requests. */
struct http_client;
struct http_client *http_client_new(const struct http_settings *settings);
void http_client_free(struct http_client *client);
/* Requests end, as failed, within a second after the flag was set. It outlives the client. Between
 * pieces of a long answer the processor is offered to other threads. */
void http_client_stop_by(struct http_client *client, const _Atomic bool *stop);
/* True for any answer, whatever its status. `response` is filled anew; its body is freed by
 * http_response_free. The error says what failed in plain words: "connection refused". */
bool http_perform(struct http_client *client, const struct http_request *request,
                  struct http_response *response, struct error *error);
void http_response_free(struct http_response *response);

struct http_download {
    const char *url;
    const char *path; /* of the whole file; until it is whole, "path.part" stands beside it */
    /* Now and then; `total` is 0 where the server does not say. */
    void (*progress)(void *context, uint64_t done, uint64_t total);
    void *context;
};

/* GETs into a file, following redirections. What an earlier attempt left is gone on from, where the
 * server can tell that its file is still the same. False with what failed. */
bool http_download(const struct http_settings *settings, const struct http_download *download,
                   struct error *error);

#endif
