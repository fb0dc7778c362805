/* Requests to a plain http:// endpoint, without a library in between: a read of a socket is one
 * system call, which tells when its bytes arrived, and goes through the stream in one piece. */
#ifndef CLIENT_PLAIN_TRANSPORT_H
#define CLIENT_PLAIN_TRANSPORT_H

#include "client/transport.h"

extern const struct transport_kind plain_transport;

struct curl_slist;

/* Whether it can do what is asked for: HTTP/1.1 by TCP straight to the server, and nothing else. */
bool plain_transport_fits(const char *url, const struct http_settings *http,
                          const struct curl_slist *headers);

#endif
