/* What all requests of a run begin with on the wire, written once: request line and headers, which
 * mean what they mean to libcurl. */
#ifndef CLIENT_REQUEST_HEAD_H
#define CLIENT_REQUEST_HEAD_H

#include "base/buffer.h"

struct curl_slist;

struct request_head {
    struct buffer fields; /* from Host on; each ends with its line */
    struct buffer post;   /* the same behind the line of a POST to the endpoint */
};

/* `headers` holds lines as CURLOPT_HTTPHEADER takes them: they replace Host, User-Agent and Accept,
 * and one without a value takes that header away. False when `url` is none. */
bool request_head_init(struct request_head *head, const char *url, const char *user_agent,
                       const struct curl_slist *headers);
void request_head_free(struct request_head *head);

/* Appends all of a GET of another URL of the same server. */
void request_head_put_get(const struct request_head *head, const char *url, struct buffer *out);

/* Whether a header asks for more than writing a request and reading its answer: 100 Continue,
 * another framing, another protocol. */
bool request_head_is_special(const struct curl_slist *headers);
/* Whether the URL has a user or a password in it. */
bool request_head_has_user(const char *url);

#endif
