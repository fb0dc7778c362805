#include "base/http.h"

#include <arpa/inet.h>
#include <curl/curl.h>
#include <errno.h>
#include <inttypes.h>
#include <netdb.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
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

const char *http_library_version(void)
{
    return curl_version();
}

static bool is_literal_address(const char *host)
{
    struct in_addr v4;
    return host[0] == '[' || inet_pton(AF_INET, host, &v4) == 1;
}

/* The same addresses in the form CURLOPT_RESOLVE wants. */
static void list_for_curl(struct http_settings *settings, const char *host, const char *port,
                          const struct addrinfo *found)
{
    struct buffer list = {0};
    buffer_printf(&list, "%s:%s:", host, port);
    for (const struct addrinfo *at = found; at; at = at->ai_next) {
        char address[64];
        if (getnameinfo(at->ai_addr, at->ai_addrlen, address, sizeof address, NULL, 0,
                        NI_NUMERICHOST) != 0)
            continue;
        bool v6 = at->ai_family == AF_INET6;
        buffer_printf(&list, "%s%s%s%s", at == found ? "" : ",", v6 ? "[" : "", address,
                      v6 ? "]" : "");
    }
    settings->resolve = curl_slist_append(NULL, list.data);
    buffer_free(&list);
}

static void keep_addresses(struct http_settings *settings, const struct addrinfo *found)
{
    for (const struct addrinfo *at = found; at; at = at->ai_next) {
        if (at->ai_addrlen > sizeof *settings->addresses)
            continue;
        size_t count = settings->address_count++;
        settings->addresses =
            xreallocarray(settings->addresses, count + 1, sizeof *settings->addresses);
        settings->addresses[count] = (struct sockaddr_storage){0};
        memcpy(&settings->addresses[count], at->ai_addr, at->ai_addrlen);
    }
}

static bool resolve_host(struct http_settings *settings, const char *host, const char *port,
                         struct error *error)
{
    /* An IPv6 address has its brackets. */
    size_t size = strlen(host), skip = host[0] == '[' && size > 2;
    char *name = xstrndup(host + skip, size - 2 * skip);
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM}, *found;
    int failure = getaddrinfo(name, port, &hints, &found);
    free(name);
    if (failure)
        return error_set(error, "cannot resolve %s: %s", host, gai_strerror(failure));
    http_settings_free(settings);
    keep_addresses(settings, found);
    if (!is_literal_address(host))
        list_for_curl(settings, host, port, found);
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
    ok = ok ? resolve_host(settings, host, port, error) : error_set(error, "%s is not a URL", url);
    curl_free(host);
    curl_free(port);
    curl_url_cleanup(parts);
    return ok;
}

void http_settings_free(struct http_settings *settings)
{
    curl_slist_free_all(settings->resolve);
    free(settings->addresses);
    settings->resolve = NULL;
    settings->addresses = NULL;
    settings->address_count = 0;
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
    curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, clock_real_ms(settings->connect_timeout_s));
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

void http_set_receiver(void *easy, char *curl_error,
                       size_t (*body)(char *data, size_t size, size_t count, void *context),
                       size_t (*header)(char *data, size_t size, size_t count, void *context),
                       void *context)
{
    curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, curl_error);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, body);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, context);
    curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, header);
    curl_easy_setopt(easy, CURLOPT_HEADERDATA, context);
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
    http_set_receiver(client->easy, client->curl_error, on_body, on_header, client);
    return client;
}

static int on_progress(void *context, curl_off_t down, curl_off_t down_now, curl_off_t up,
                       curl_off_t up_now)
{
    (void)down, (void)down_now, (void)up, (void)up_now;
    sched_yield();
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
    curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, clock_real_ms(request->timeout_s));
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
    curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &response->status);
    curl_easy_getinfo(easy, CURLINFO_NUM_CONNECTS, &connects);
    curl_easy_getinfo(easy, CURLINFO_CONTENT_TYPE, &type);
    response->new_connection = connects > 0;
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

/* ---- downloads ---- */

struct receiver {
    CURL *easy;
    const struct http_download *download;
    char *part_path, *tag_path;
    FILE *part;
    uint64_t offset;      /* bytes that an earlier attempt left */
    char tag[256];        /* of the answer: its ETag, else its Last-Modified */
    struct buffer answer; /* the beginning of one that is no file */
};

static size_t on_part_header(char *data, size_t size, size_t count, void *context)
{
    static const char *const names[] = {"etag:", "last-modified:"};
    struct receiver *receiver = context;
    struct text line = text_trim((struct text){data, size * count});
    if (text_starts_with(line, "HTTP/"))
        receiver->tag[0] = '\0'; /* of a redirection */
    for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
        size_t length = strlen(names[i]);
        if (line.size < length || strncasecmp(line.data, names[i], length) != 0)
            continue;
        struct text value = text_trim((struct text){line.data + length, line.size - length});
        /* A weak ETag does not promise the same bytes. */
        if (value.size < sizeof receiver->tag && !text_starts_with(value, "W/") &&
            (i == 0 || !receiver->tag[0]))
            snprintf(receiver->tag, sizeof receiver->tag, "%.*s", (int)value.size, value.data);
    }
    return size * count;
}

/* 206 goes on behind what is there; 200 is the file from its start. */
static bool open_part(struct receiver *receiver, long status)
{
    if (status != 206)
        receiver->offset = 0;
    receiver->part =
        file_open_stream(receiver->part_path, status == 206 ? O_APPEND : O_TRUNC, 0666);
    if (receiver->part && status != 206) {
        if (!receiver->tag[0])
            unlink(receiver->tag_path);
        else if (!file_write_whole(receiver->tag_path, text_of(receiver->tag), 0666, NULL))
            return false;
    }
    return receiver->part != NULL;
}

static size_t on_part(char *data, size_t size, size_t count, void *context)
{
    struct receiver *receiver = context;
    size_t bytes = size * count;
    long status = 0;
    curl_easy_getinfo(receiver->easy, CURLINFO_RESPONSE_CODE, &status);
    if (status != 200 && status != 206) {
        if (receiver->answer.size < 500)
            buffer_add(&receiver->answer, data, bytes);
        return bytes;
    }
    if (!receiver->part && !open_part(receiver, status))
        return 0;
    return fwrite(data, 1, bytes, receiver->part);
}

static int on_part_progress(void *context, curl_off_t total, curl_off_t done, curl_off_t up_total,
                            curl_off_t up)
{
    (void)up_total;
    (void)up;
    struct receiver *receiver = context;
    if (receiver->part && receiver->download->progress)
        receiver->download->progress(receiver->download->context, receiver->offset + (uint64_t)done,
                                     total ? receiver->offset + (uint64_t)total : 0);
    return 0;
}

/* What asks for the rest of an earlier attempt: nothing when there is none, or when nobody could
 * tell whether the file is still the same. */
static struct curl_slist *resume_headers(struct receiver *receiver)
{
    struct buffer tag = {0};
    struct stat part;
    struct curl_slist *headers = NULL;
    if (stat(receiver->part_path, &part) == 0 && part.st_size > 0 &&
        file_exists(receiver->tag_path) && file_read(receiver->tag_path, &tag, NULL)) {
        char line[512];
        receiver->offset = (uint64_t)part.st_size;
        snprintf(line, sizeof line, "Range: bytes=%" PRIu64 "-", receiver->offset);
        headers = curl_slist_append(headers, line);
        snprintf(line, sizeof line, "If-Range: %s", tag.data);
        headers = curl_slist_append(headers, line);
    }
    buffer_free(&tag);
    return headers;
}

static void prepare_download(struct receiver *receiver, const struct http_settings *settings,
                             struct curl_slist *headers, char *curl_error)
{
    CURL *easy = receiver->easy;
    http_apply_settings(easy, settings);
    /* Nothing is measured here: redirections are followed, and the environment's proxy is used. */
    curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 1L);
    curl_easy_setopt(easy, CURLOPT_MAXREDIRS, 10L);
    if (!settings->proxy)
        curl_easy_setopt(easy, CURLOPT_PROXY, NULL);
    curl_easy_setopt(easy, CURLOPT_URL, receiver->download->url);
    curl_easy_setopt(easy, CURLOPT_BUFFERSIZE, 262144L);
    curl_easy_setopt(easy, CURLOPT_HTTPHEADER, headers);
    curl_easy_setopt(easy, CURLOPT_LOW_SPEED_LIMIT, 1L);
    curl_easy_setopt(easy, CURLOPT_LOW_SPEED_TIME, 60L);
    http_set_receiver(easy, curl_error, on_part, on_part_header, receiver);
    curl_easy_setopt(easy, CURLOPT_XFERINFOFUNCTION, on_part_progress);
    curl_easy_setopt(easy, CURLOPT_XFERINFODATA, receiver);
    curl_easy_setopt(easy, CURLOPT_NOPROGRESS, 0L);
}

/* False with the reason; `curl_error` is what libcurl said with `code`. */
static bool judge_download(struct receiver *receiver, CURLcode code, const char *curl_error,
                           struct error *error)
{
    long status = 0;
    curl_easy_getinfo(receiver->easy, CURLINFO_RESPONSE_CODE, &status);
    const char *url = receiver->download->url;
    if (code == CURLE_WRITE_ERROR)
        return error_set(error, "cannot write %s: %s", receiver->part_path, strerror(errno));
    if (code != CURLE_OK)
        return error_set(error, "cannot fetch %s (%s)%s", url,
                         http_failure_text(receiver->easy, (int)code, curl_error),
                         receiver->part ? ": run this again to go on from here" : "");
    if (status != 200 && status != 206)
        return error_set(error, "cannot fetch %s: the server answers %ld: %.*s", url, status,
                         (int)text_head(buffer_text(&receiver->answer), 300).size,
                         receiver->answer.data ? receiver->answer.data : "");
    if (!receiver->part && !open_part(receiver, status)) /* an empty file */
        return error_set(error, "cannot write %s: %s", receiver->part_path, strerror(errno));
    return true;
}

static CURLcode fetch(struct receiver *receiver, const struct http_settings *settings,
                      char curl_error[static CURL_ERROR_SIZE])
{
    for (;;) {
        struct curl_slist *headers = resume_headers(receiver);
        prepare_download(receiver, settings, headers, curl_error);
        CURLcode code = curl_easy_perform(receiver->easy);
        curl_easy_setopt(receiver->easy, CURLOPT_HTTPHEADER, NULL);
        curl_slist_free_all(headers);
        long status = 0;
        curl_easy_getinfo(receiver->easy, CURLINFO_RESPONSE_CODE, &status);
        if (status != 416 || unlink(receiver->tag_path) != 0)
            return code;
        /* There is nothing behind what we have: it is of another file. From the start, then. */
        buffer_clear(&receiver->answer);
        receiver->offset = 0;
    }
}

bool http_download(const struct http_settings *settings, const struct http_download *download,
                   struct error *error)
{
    char curl_error[CURL_ERROR_SIZE] = "";
    struct receiver receiver = {.download = download,
                                .easy = curl_easy_init(),
                                .part_path = xasprintf("%s.part", download->path),
                                .tag_path = xasprintf("%s.part.etag", download->path)};
    if (!receiver.easy)
        die("libcurl cannot make a handle");
    CURLcode code = fetch(&receiver, settings, curl_error);
    bool ok = judge_download(&receiver, code, curl_error, error);
    if (receiver.part && fclose(receiver.part) != 0 && ok)
        ok = error_set(error, "cannot write %s: %s", receiver.part_path, strerror(errno));
    if (ok && rename(receiver.part_path, download->path) != 0)
        ok = error_set(error, "cannot write %s: %s", download->path, strerror(errno));
    if (ok)
        unlink(receiver.tag_path);
    curl_easy_cleanup(receiver.easy);
    buffer_free(&receiver.answer);
    free(receiver.part_path);
    free(receiver.tag_path);
    return ok;
}
