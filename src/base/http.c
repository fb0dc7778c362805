#include "base/http.h"

#include <arpa/inet.h>
#include <curl/curl.h>
#include <netdb.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

#include "base/memory.h"

struct http_client {
    CURL *easy;
    char curl_error[CURL_ERROR_SIZE];
    struct http_response *response;
    size_t max_body_bytes;
};

void http_global_init(void)
{
    if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
        die("libcurl cannot be initialised");
}

void http_global_cleanup(void)
{
    curl_global_cleanup();
}

const char *http_library_version(void)
{
    return curl_version();
}

static bool is_literal_address(const char *host)
{
    struct in_addr v4;
    return host[0] == '[' || inet_pton(AF_INET, host, &v4) == 1;
}

/* Every address of `host` in the form CURLOPT_RESOLVE wants. */
static bool list_addresses(const char *host, const char *port, struct buffer *out,
                           struct error *error)
{
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM}, *found;
    int failure = getaddrinfo(host, port, &hints, &found);
    if (failure)
        return error_set(error, "cannot resolve %s: %s", host, gai_strerror(failure));
    buffer_printf(out, "%s:%s:", host, port);
    for (struct addrinfo *at = found; at; at = at->ai_next) {
        char address[64];
        if (getnameinfo(at->ai_addr, at->ai_addrlen, address, sizeof address, NULL, 0,
                        NI_NUMERICHOST) != 0)
            continue;
        bool v6 = at->ai_family == AF_INET6;
        buffer_printf(out, "%s%s%s%s", at == found ? "" : ",", v6 ? "[" : "", address,
                      v6 ? "]" : "");
    }
    freeaddrinfo(found);
    return true;
}

bool http_resolve(struct http_settings *settings, const char *url, struct error *error)
{
    if (settings->proxy || settings->unix_socket)
        return true;
    CURLU *parts = curl_url();
    char *host = NULL, *port = NULL;
    bool ok = curl_url_set(parts, CURLUPART_URL, url, 0) == CURLUE_OK &&
              curl_url_get(parts, CURLUPART_HOST, &host, 0) == CURLUE_OK &&
              curl_url_get(parts, CURLUPART_PORT, &port, CURLU_DEFAULT_PORT) == CURLUE_OK;
    if (!ok) {
        error_set(error, "%s is not a URL", url);
    } else if (!is_literal_address(host)) {
        struct buffer list = {0};
        ok = list_addresses(host, port, &list, error);
        if (ok) {
            http_settings_free(settings);
            settings->resolve = curl_slist_append(NULL, list.data);
        }
        buffer_free(&list);
    }
    curl_free(host);
    curl_free(port);
    curl_url_cleanup(parts);
    return ok;
}

void http_settings_free(struct http_settings *settings)
{
    curl_slist_free_all(settings->resolve);
    settings->resolve = NULL;
}

void http_apply_settings(void *easy, const struct http_settings *settings)
{
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
    curl_easy_setopt(easy, CURLOPT_TCP_NODELAY, 1L);
    curl_easy_setopt(easy, CURLOPT_PROXY, settings->proxy ? settings->proxy : "");
    curl_easy_setopt(easy, CURLOPT_HTTP_VERSION,
                     settings->http2 ? CURL_HTTP_VERSION_2TLS : CURL_HTTP_VERSION_1_1);
    curl_easy_setopt(easy, CURLOPT_USERAGENT, settings->user_agent);
    curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, (long)(settings->connect_timeout_s * 1e3));
    curl_easy_setopt(easy, CURLOPT_BUFFERSIZE, 16384L);
    curl_easy_setopt(easy, CURLOPT_UPLOAD_BUFFERSIZE, 16384L);
    if (settings->insecure) {
        curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 0L);
        curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 0L);
    }
    if (settings->cacert)
        curl_easy_setopt(easy, CURLOPT_CAINFO, settings->cacert);
    if (settings->cert)
        curl_easy_setopt(easy, CURLOPT_SSLCERT, settings->cert);
    if (settings->key)
        curl_easy_setopt(easy, CURLOPT_SSLKEY, settings->key);
    if (settings->unix_socket)
        curl_easy_setopt(easy, CURLOPT_UNIX_SOCKET_PATH, settings->unix_socket);
    if (settings->resolve)
        curl_easy_setopt(easy, CURLOPT_RESOLVE, settings->resolve);
}

const char *http_failure_text(void *easy, int code, const char *curl_error)
{
    long os_error = 0;
    curl_easy_getinfo(easy, CURLINFO_OS_ERRNO, &os_error);
    if (code == CURLE_COULDNT_CONNECT && os_error)
        return strerrordesc_np((int)os_error);
    if (code == CURLE_OPERATION_TIMEDOUT)
        return "timed out";
    return curl_error[0] ? curl_error : curl_easy_strerror((CURLcode)code);
}

static size_t on_body(char *data, size_t size, size_t count, void *context)
{
    struct http_client *client = context;
    struct buffer *body = &client->response->body;
    size_t bytes = size * count;
    if (body->size + bytes > client->max_body_bytes)
        return 0;
    buffer_add(body, data, bytes);
    return bytes;
}

static size_t on_header(char *data, size_t size, size_t count, void *context)
{
    struct http_client *client = context;
    struct text line = text_trim((struct text){data, size * count});
    if (line.size > 7 && strncasecmp(line.data, "server:", 7) == 0) {
        struct text value = text_trim((struct text){line.data + 7, line.size - 7});
        snprintf(client->response->server, sizeof client->response->server, "%.*s",
                 (int)(value.size < 63 ? value.size : 63), value.data);
    }
    return size * count;
}

struct http_client *http_client_new(const struct http_settings *settings)
{
    struct http_client *client = xcalloc(1, sizeof *client);
    client->easy = curl_easy_init();
    if (!client->easy)
        die("libcurl cannot make a handle");
    http_apply_settings(client->easy, settings);
    curl_easy_setopt(client->easy, CURLOPT_ERRORBUFFER, client->curl_error);
    curl_easy_setopt(client->easy, CURLOPT_WRITEFUNCTION, on_body);
    curl_easy_setopt(client->easy, CURLOPT_WRITEDATA, client);
    curl_easy_setopt(client->easy, CURLOPT_HEADERFUNCTION, on_header);
    curl_easy_setopt(client->easy, CURLOPT_HEADERDATA, client);
    return client;
}

static int on_progress(void *context, curl_off_t down, curl_off_t down_now, curl_off_t up,
                       curl_off_t up_now)
{
    (void)down, (void)down_now, (void)up, (void)up_now;
    return atomic_load((const _Atomic bool *)context);
}

void http_client_stop_by(struct http_client *client, const _Atomic bool *stop)
{
    curl_easy_setopt(client->easy, CURLOPT_XFERINFOFUNCTION, on_progress);
    curl_easy_setopt(client->easy, CURLOPT_XFERINFODATA, (void *)(uintptr_t)stop);
    curl_easy_setopt(client->easy, CURLOPT_NOPROGRESS, 0L);
}

void http_client_free(struct http_client *client)
{
    if (!client)
        return;
    curl_easy_cleanup(client->easy);
    free(client);
}

bool http_perform(struct http_client *client, const struct http_request *request,
                  struct http_response *response, struct error *error)
{
    CURL *easy = client->easy;
    *response = (struct http_response){0};
    client->response = response;
    client->max_body_bytes = request->max_body_bytes ? request->max_body_bytes : 16u << 20;
    client->curl_error[0] = '\0';

    struct curl_slist *headers = curl_slist_append(NULL, "Expect:");
    if (request->post)
        headers = curl_slist_append(headers, "Content-Type: application/json");
    for (const char *const *header = request->headers; header && *header; header++)
        headers = curl_slist_append(headers, *header);
    curl_easy_setopt(easy, CURLOPT_URL, request->url);
    curl_easy_setopt(easy, CURLOPT_HTTPHEADER, headers);
    curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, (long)(request->timeout_s * 1e3));
    if (request->post) {
        curl_easy_setopt(easy, CURLOPT_POST, 1L);
        curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)request->body.size);
        curl_easy_setopt(easy, CURLOPT_POSTFIELDS, request->body.data ? request->body.data : "");
    } else {
        curl_easy_setopt(easy, CURLOPT_HTTPGET, 1L);
    }

    CURLcode code = curl_easy_perform(easy);
    long connects = 0;
    const char *type = NULL;
    curl_off_t sent = 0;
    curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &response->status);
    curl_easy_getinfo(easy, CURLINFO_NUM_CONNECTS, &connects);
    curl_easy_getinfo(easy, CURLINFO_CONTENT_TYPE, &type);
    curl_easy_getinfo(easy, CURLINFO_PRETRANSFER_TIME_T, &sent);
    response->new_connection = connects > 0;
    response->connect_failed = code != CURLE_OK && sent == 0;
    snprintf(response->content_type, sizeof response->content_type, "%s", type ? type : "");
    curl_easy_setopt(easy, CURLOPT_HTTPHEADER, NULL);
    curl_slist_free_all(headers);
    if (code == CURLE_OK)
        return true;
    return error_set(error, "%s", http_failure_text(easy, (int)code, client->curl_error));
}

void http_response_free(struct http_response *response)
{
    buffer_free(&response->body);
}
