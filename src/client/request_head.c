#include "client/request_head.h"

#include <curl/curl.h>

#include "base/memory.h"

/* "Name: value", or "Name:" and "Name;" as libcurl reads them. */
struct field {
    struct text name, value;
    bool is_empty_by_wish; /* "Name;": sent without a value */
};

static struct field field_of(const char *line)
{
    const char *end = strchr(line, ':') ? strchr(line, ':') : strchr(line, ';');
    if (!end)
        return (struct field){.name = text_of(line)};
    struct text value = text_trim(text_of(end + 1));
    return (struct field){.name = {line, (size_t)(end - line)},
                          .value = value,
                          .is_empty_by_wish = *end == ';' && value.size == 0};
}

/* The line that names it; NULL when none does. */
static const char *line_of(const struct curl_slist *headers, const char *name)
{
    for (; headers; headers = headers->next)
        if (text_is_nocase(field_of(headers->data).name, name))
            return headers->data;
    return NULL;
}

static void put_field(struct buffer *out, struct text name, struct text value)
{
    buffer_add_text(out, name);
    buffer_add_string(out, value.size ? ": " : ":");
    buffer_add_text(out, value);
    buffer_add_string(out, "\r\n");
}

/* Unless a line of the user's says otherwise. */
static void put_default(struct buffer *out, const struct curl_slist *headers, const char *name,
                        struct text value)
{
    if (!line_of(headers, name))
        put_field(out, text_of(name), value);
}

/* The port is left out where it is the scheme's. */
static void put_host(struct buffer *out, const char *host, const char *port)
{
    bool usual = strcmp(port, "80") == 0;
    buffer_printf(out, "Host: %s%s%s\r\n", host, usual ? "" : ":", usual ? "" : port);
}

static void put_lines(struct buffer *out, const struct curl_slist *headers)
{
    for (; headers; headers = headers->next) {
        struct field field = field_of(headers->data);
        if (field.value.size || field.is_empty_by_wish)
            put_field(out, field.name, field.value);
    }
}

/* Path and query as libcurl would ask for them: without dot segments and fragment. */
static void put_target(struct buffer *out, CURLU *parts)
{
    char *path = NULL, *query = NULL;
    curl_url_get(parts, CURLUPART_PATH, &path, 0);
    curl_url_get(parts, CURLUPART_QUERY, &query, 0);
    buffer_printf(out, "%s%s%s", path ? path : "/", query ? "?" : "", query ? query : "");
    curl_free(path);
    curl_free(query);
}

static void put_request_line(struct buffer *out, const char *method, CURLU *parts)
{
    buffer_printf(out, "%s ", method);
    put_target(out, parts);
    buffer_add_string(out, " HTTP/1.1\r\n");
}

bool request_head_init(struct request_head *head, const char *url, const char *user_agent,
                       const struct curl_slist *headers)
{
    *head = (struct request_head){0};
    CURLU *parts = curl_url();
    char *host = NULL, *port = NULL;
    bool ok = curl_url_set(parts, CURLUPART_URL, url, 0) == CURLUE_OK &&
              curl_url_get(parts, CURLUPART_HOST, &host, 0) == CURLUE_OK &&
              curl_url_get(parts, CURLUPART_PORT, &port, CURLU_DEFAULT_PORT) == CURLUE_OK;
    if (ok) {
        if (!line_of(headers, "Host"))
            put_host(&head->fields, host, port);
        put_default(&head->fields, headers, "User-Agent", text_of(user_agent));
        put_default(&head->fields, headers, "Accept", TEXT("*/*"));
        put_lines(&head->fields, headers);
        put_request_line(&head->post, "POST", parts);
        buffer_add_text(&head->post, buffer_text(&head->fields));
    }
    curl_free(host);
    curl_free(port);
    curl_url_cleanup(parts);
    return ok;
}

void request_head_free(struct request_head *head)
{
    buffer_free(&head->fields);
    buffer_free(&head->post);
}

void request_head_put_get(const struct request_head *head, const char *url, struct buffer *out)
{
    CURLU *parts = curl_url();
    if (curl_url_set(parts, CURLUPART_URL, url, 0) == CURLUE_OK) {
        put_request_line(out, "GET", parts);
        buffer_add_text(out, buffer_text(&head->fields));
        buffer_add_string(out, "\r\n");
    }
    curl_url_cleanup(parts);
}

bool request_head_is_special(const struct curl_slist *headers)
{
    static const char *const names[] = {
        "Expect", "Transfer-Encoding", "Content-Length", "Upgrade", "TE", "Trailer"};
    for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
        const char *line = line_of(headers, names[i]);
        if (line && field_of(line).value.size)
            return true;
    }
    return false;
}

bool request_head_has_user(const char *url)
{
    CURLU *parts = curl_url();
    char *user = NULL, *password = NULL;
    bool has = curl_url_set(parts, CURLUPART_URL, url, 0) == CURLUE_OK &&
               (curl_url_get(parts, CURLUPART_USER, &user, 0) == CURLUE_OK ||
                curl_url_get(parts, CURLUPART_PASSWORD, &password, 0) == CURLUE_OK);
    curl_free(user);
    curl_free(password);
    curl_url_cleanup(parts);
    return has;
}
