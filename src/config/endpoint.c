/* Where requests go: the forms in which people write an endpoint, made one. */
#include "config/config.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <strings.h>

#include "base/buffer.h"
#include "base/memory.h"

/* Pieces of a URL, all inside it. */
struct url {
    struct text scheme;    /* "http" */
    struct text userinfo;  /* "user:password", without the @ */
    struct text host;      /* brackets of an IPv6 address included */
    struct text port;      /* without the colon */
    struct text authority; /* userinfo, host and port as written */
    struct text path;      /* from the slash on */
    struct text rest;      /* from ? or # on */
};

static struct text cut(struct text *rest, size_t size)
{
    struct text piece = {rest->data, size};
    rest->data += size;
    rest->size -= size;
    return piece;
}

static size_t span_until(struct text text, const char *stops)
{
    size_t size = 0;
    while (size < text.size && !strchr(stops, text.data[size]))
        size++;
    return size;
}

static struct url url_split(const char *whole)
{
    struct url url = {0};
    struct text rest = text_of(whole);
    size_t scheme_size = span_until(rest, ":/?#@");
    if (strncmp(whole + scheme_size, "://", 3) == 0) {
        url.scheme = cut(&rest, scheme_size);
        cut(&rest, 3);
    }
    url.authority = cut(&rest, span_until(rest, "/?#"));
    url.path = cut(&rest, span_until(rest, "?#"));
    url.rest = rest;

    struct text host = url.authority;
    const char *at = memrchr(host.data, '@', host.size);
    if (at) {
        url.userinfo = cut(&host, (size_t)(at - host.data));
        cut(&host, 1);
    }
    bool is_bracketed = host.size && host.data[0] == '[';
    size_t size = span_until(host, is_bracketed ? "]" : ":");
    url.host = cut(&host, is_bracketed && size < host.size ? size + 1 : size);
    url.port = host;
    return url;
}

static bool scheme_is(const struct url *url, const char *scheme)
{
    return url->scheme.size == strlen(scheme) &&
           strncasecmp(url->scheme.data, scheme, url->scheme.size) == 0;
}

static bool has_odd_character(const char *text)
{
    for (; *text; text++)
        if ((unsigned char)*text <= ' ' || (unsigned char)*text >= 0x7f || strchr("\\\"<>", *text))
            return true;
    return false;
}

static bool host_is_right(struct text host)
{
    if (host.size && host.data[0] == '[') {
        if (host.data[host.size - 1] != ']')
            return false;
        char *address = xstrndup(host.data + 1, host.size - 2);
        struct in6_addr ignored;
        bool ok = inet_pton(AF_INET6, address, &ignored) == 1;
        free(address);
        return ok;
    }
    return host.size > 0;
}

/* Nothing, or a colon and a number. */
static bool port_is_right(struct text port)
{
    int64_t number;
    if (port.size == 0)
        return true;
    struct text digits = {port.data + 1, port.size - 1};
    return port.data[0] == ':' && digits.size && strspn(digits.data, "0123456789") >= digits.size &&
           text_to_int64(digits, &number) && number >= 1 && number <= 65535;
}

/* Messages show no more than the host: what stands before it may be a password. */
static bool url_check(const char *given, const struct url *url, struct error *error)
{
    int host_size = (int)(url->host.size < 200 ? url->host.size : 200);
    if (has_odd_character(given))
        return error_set(error, "an endpoint has no blanks and no special characters in it");
    if (url->scheme.data && !scheme_is(url, "http") && !scheme_is(url, "https"))
        return error_set(error, "%.*s://%.*s: must begin with http:// or https://",
                         (int)url->scheme.size, url->scheme.data, host_size, url->host.data);
    if (url->port.size > 1 && memchr(url->port.data + 1, ':', url->port.size - 1))
        return error_set(error, "an IPv6 address stands in brackets, as in http://[::1]:8000");
    if (!host_is_right(url->host))
        return error_set(error, "an endpoint needs a host, as in http://localhost:8000");
    if (!port_is_right(url->port))
        return error_set(error, "%.*s%.*s: the port must be between 1 and 65535", host_size,
                         url->host.data, (int)(url->port.size < 40 ? url->port.size : 40),
                         url->port.data);
    return true;
}

char *endpoint_normalise(const char *given, struct error *error)
{
    struct url url = url_split(given);
    if (!url_check(given, &url, error))
        return NULL;

    struct text path = url.path;
    while (path.size && path.data[path.size - 1] == '/')
        path.size--;
    struct buffer out = {0};
    buffer_add_string(&out, scheme_is(&url, "https") ? "https://" : "http://");
    buffer_add_text(&out, url.authority);
    if (path.size == 0)
        buffer_add_string(&out, "/v1/chat/completions");
    else if (text_ends_with(path, "/v1"))
        buffer_printf(&out, "%.*s/chat/completions", (int)path.size, path.data);
    else
        buffer_add_text(&out, url.path);
    buffer_add(&out, url.rest.data, span_until(url.rest, "#"));
    return buffer_take(&out);
}

bool endpoint_is_completions(const char *endpoint)
{
    struct text path = url_split(endpoint).path;
    return text_ends_with(path, "/completions") && !text_ends_with(path, "/chat/completions");
}

char *endpoint_sibling(const char *endpoint, const char *path)
{
    struct url url = url_split(endpoint);
    return xasprintf("%.*s://%.*s%s", (int)url.scheme.size, url.scheme.data,
                     (int)url.authority.size, url.authority.data, path);
}

bool endpoint_is_loopback(const char *endpoint)
{
    struct text host = url_split(endpoint).host;
    if (host.size == strlen("localhost") && strncasecmp(host.data, "localhost", host.size) == 0)
        return true;
    if (text_is(host, "[::1]"))
        return true;
    char address[INET_ADDRSTRLEN];
    struct in_addr parsed;
    if (host.size >= sizeof address)
        return false;
    memcpy(address, host.data, host.size);
    address[host.size] = '\0';
    return inet_pton(AF_INET, address, &parsed) == 1 && ntohl(parsed.s_addr) >> 24 == 127;
}

struct text endpoint_password(const char *url)
{
    struct text password = url_split(url).userinfo;
    const char *colon = password.size ? memchr(password.data, ':', password.size) : NULL;
    if (!colon)
        return TEXT("");
    cut(&password, (size_t)(colon - password.data) + 1);
    return password;
}
